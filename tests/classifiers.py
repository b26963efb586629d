"""Small trained-looking classifiers for the tests of exports: every step, missing values, folds."""

import numpy as np
import pandas as pd

import sections
from winnow.networks.members import classifier
from winnow.networks.passport import RunFacts
from winnow.networks.proof import LEVELS, proof_rows
from winnow.preparation.normalise.features import Matrix, feature_levels
from winnow.training.checkpoint import make_passport
from winnow.training.exported import keras_scores

FEATURES = [
    {"name": "pt", "unit": "GeV"},
    {"name": "eta", "unit": ""},
    {"name": "mass", "unit": "GeV"},
    {"name": "Jet_pt[0]", "unit": "GeV"},
]
NAMES = [feature["name"] for feature in FEATURES]
CLASSES = ["wjets", "ttbar", "signal"]
READING = {"missing_values": ["nan"], "derived": {}, "selection": []}
STEPS = {
    "log": [{"step": "log", "features": ["pt", "mass"]}, "minmax"],
    "minmax": ["minmax"],
    "robust": ["robust"],
    "standard": ["standard"],
    "quantile": ["quantile"],
    "few quantiles": [{"step": "quantile", "quantiles": 2, "features": ["eta"]}, "standard"],
    "decorrelate": ["standard", "decorrelate"],
    "pca": ["standard", {"step": "pca", "components": 3}],
    "chain": [
        {"step": "log", "features": ["mass", "pt"]},
        {"step": "pca", "features": ["pt", "eta"], "components": 1},
        "quantile",
        "minmax",
    ],
}


def events(count=2000, seed=1):
    """Return raw features, some of them missing, on very different scales."""
    generator = np.random.default_rng(seed)
    features = np.stack(
        [
            generator.exponential(40, count) + 20,
            generator.normal(0, 1.5, count).clip(-4, 4),
            generator.lognormal(4, 0.3, count),
            np.round(generator.exponential(30, count)),
        ],
        axis=1,
    ).astype(np.float32)
    features[generator.random(count) < 0.3, 3] = np.nan
    features[generator.random(count) < 0.1, 0] = np.nan
    return features


def shaken(network, size=0.3):
    """Give a network weights, biases and moments that are no initial ones."""
    generator = np.random.default_rng(1)
    for variable in network.variables:
        if variable.dtype == "float32":
            noise = generator.uniform(0, size, variable.shape)
            variable.assign(variable.numpy() + noise)
    return network


def member(steps, seed=1, classes=CLASSES, **keys):
    """Return a network and its passport; the seed is that of events and weights."""
    section = {**sections.MODEL, "layers": [16, 16], "output": "auto", **keys}
    features = events(seed=seed)
    transform = sections.fitted(features, NAMES, steps, indicators=True)
    network = shaken(sections.built(section, len(transform["outputs"]), len(classes), seed))
    history = pd.DataFrame(
        {"epoch": [0], "loss": [0.7], "validation_loss": [0.7], "validation_penalty": [0.0]}
    )
    facts = RunFacts(
        classes, len(classes) - 1, FEATURES, READING, {"model": section}, {"run": seed}
    )
    passport = make_passport(network, history, transform, features[:32], facts, {})
    return network, passport | {"levels": feature_levels(Matrix(features, NAMES), LEVELS)}


def exported(*members):
    """Return a classifier, the rows of its proof and Keras' scores of them."""
    networks, passports = zip(*members, strict=True)
    rows = proof_rows(passports)
    return classifier(networks, passports), rows, keras_scores(networks, passports, rows)
