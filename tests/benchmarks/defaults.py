"""The schema's default normalisation, network and training against other settings, on real samples.

Areas under the weighted ROC curve on test events, of winnow's networks and of two classifiers of
scikit-learn with their own defaults: gradient boosting, and a network on standardised features with
early stopping. Each sample is taken at several sizes: 60 % of so many events train, 20 % validate,
all else of the sample tests. Classes weigh the same in training, and the split is the seed's.

The folder holds the samples as subfolders `higgsml`, `uci-higgs`, `tmva-example`, `qg-jets` and
`h4l-2e2mu`; those that are not there are left out. Beside them stands `toy`, two Gaussian classes
of known densities, some features exponentiated, with the likelihood ratio's own area. A size beyond
a sample takes all of it.

    python tests/benchmarks/defaults.py FOLDER [--sizes 2000 5500 500000] [--seeds 1 2 3]
        [--samples higgsml toy] [--settings earlier default boosting]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keras
import numpy as np
import pandas as pd
import uproot
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sections
from winnow.networks.devices import set_up_exact
from winnow.networks.scorer import score
from winnow.preparation.balance import balance
from winnow.preparation.normalise.apply import apply
from winnow.preparation.planing import Weighted
from winnow.statistics.roc import area, roc_curve
from winnow.study.keys.balance import Balance
from winnow.study.schema import load_schema, with_defaults
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch

ROOT = Path(__file__).resolve().parents[2]
SIZES = (2000, 5500, 500_000)
SEEDS = (1, 2, 3)
TRAIN, VALIDATION = 0.6, 0.2
CLASSES = ("background", "signal")
TOY_EVENTS = 500_000

Overrides = Mapping[str, Mapping[str, Any]]
Float64 = NDArray[np.float64]


# sections of a config over the schema's defaults
NETWORKS: Mapping[str, Overrides] = {
    "default": {},
    "earlier": {
        "normalise": {"steps": ["minmax"]},
        "model": {"activation": "relu", "dropout": 0},
        "training": {"batch_size": 1000, "early_stopping": {"patience": 0}},
    },
    "quantile": {"normalise": {"steps": ["quantile"]}},
    "relu": {"model": {"activation": "relu"}},
    "deep": {"model": {"layers": [100, 100, 100, 100]}},
    "batch-128": {"training": {"batch_size": 128}},
    "long": {"training": {"epochs": 200}},
}


@dataclass(frozen=True)
class Events:
    """Some events of two classes.

    Attributes:
        features: (events, features) float32, NaN where missing.
        classes: (events,) 0 for background, 1 for signal.
        weights: (events,) physical weights.
        optimal: (events,) the likelihood ratio's logarithm, where the densities are known.
    """

    features: NDArray[np.float32]
    classes: NDArray[np.int8]
    weights: Float64
    optimal: Float64 | None = None

    def __getitem__(self, rows: NDArray[np.int64]) -> "Events":
        """Return some of the events."""
        optimal = None if self.optimal is None else self.optimal[rows]
        return Events(self.features[rows], self.classes[rows], self.weights[rows], optimal)

    def area(self, scores: NDArray[np.floating[Any]]) -> float:
        """Return the weighted area of scores."""
        return area(roc_curve(scores, self.classes == 1, self.weights))


def from_tables(background: pd.DataFrame, signal: pd.DataFrame, weight: str | None) -> Events:
    """Join two classes' events, the features being all columns but the weight."""
    table = pd.concat([background, signal], ignore_index=True)
    weights = np.ones(len(table)) if weight is None else table[weight].to_numpy(np.float64)
    features = table.drop(columns=[] if weight is None else [weight]).to_numpy(np.float32)
    classes = np.repeat(np.array([0, 1], np.int8), [len(background), len(signal)])
    return Events(features, classes, weights)


def tree(path: Path, name: str) -> pd.DataFrame:
    """Read a ROOT tree."""
    with uproot.open(path) as file:
        return file[name].arrays(library="pd")


def higgsml(folder: Path) -> Events:
    """Return the ATLAS Higgs ML challenge's events, -999 standing for a missing value."""
    table = pd.read_csv(next(folder.glob("*.csv.gz")), na_values=[-999.0])
    label = table["Label"]
    table = table.drop(columns=["EventId", "Weight", "Label", "KaggleSet"])
    return from_tables(table[label == "b"], table[label == "s"], "KaggleWeight")


def uci_higgs(folder: Path) -> Events:
    """Return the events of Baldi et al. 2014."""
    trees = [tree(folder / "Higgs_data.root", name) for name in ("bkg_tree", "sig_tree")]
    return from_tables(*(table.drop(columns="Type") for table in trees), None)


def tmva_example(folder: Path) -> Events:
    """Return TMVA's classification example; its signal has no weights."""
    path = folder / "tmva_class_example.root"
    return from_tables(tree(path, "TreeB"), tree(path, "TreeS").assign(weight=1.0), "weight")


def qg_jets(folder: Path) -> Events:
    """Return quark against gluon jets, ten constituents in a row."""
    with np.load(next(folder.glob("*.npz"))) as arrays:
        features = arrays["constituents"].reshape(len(arrays["is_quark"]), -1)
        return Events(features, arrays["is_quark"], np.ones(len(features)))


def h4l(folder: Path) -> Events:
    """Return H → ZZ → 2e2μ against ZZ, without the four-lepton mass."""
    trees = [tree(next(folder.glob(f"{name}*.root")), "Events") for name in ("ZZ", "SMHiggs")]
    return from_tables(*(table.drop(columns=["run", "Higgs_mass"]) for table in trees), "Weight")


def toy() -> Events:
    """Return Gaussian classes of ten features that differ in means and in correlations."""
    generator = np.random.default_rng(1)
    classes = (np.arange(TOY_EVENTS) % 2).astype(np.int8)
    mixing = np.eye(10) + 0.12 * generator.normal(size=(2, 10, 10))
    means = np.array([np.zeros(10), 0.2 * generator.normal(size=10)])
    normal = generator.normal(size=(TOY_EVENTS, 10))
    values = np.einsum("nj,nij->ni", normal, mixing[classes]) + means[classes]
    logs = [
        -0.5 * (np.linalg.solve(matrix, (values - mean).T) ** 2).sum(axis=0)
        - np.linalg.slogdet(matrix)[1]
        for matrix, mean in zip(mixing, means, strict=True)
    ]
    # falling spectra, as of momenta: the likelihood ratio stays as it is
    values[:, :5] = np.exp(values[:, :5])
    return Events(values.astype(np.float32), classes, np.ones(TOY_EVENTS), logs[1] - logs[0])


SAMPLES: Mapping[str, Callable[[Path], Events]] = {
    "higgsml": higgsml,
    "uci-higgs": uci_higgs,
    "tmva-example": tmva_example,
    "qg-jets": qg_jets,
    "h4l-2e2mu": h4l,
}


def split(events: Events, size: int, seed: int) -> tuple[Events, Events, Events]:
    """Return training and validation events of a sample of some size, and all else for testing."""
    order = np.random.default_rng(seed).permutation(len(events.classes))
    ends = [round(size * TRAIN), round(size * (TRAIN + VALIDATION))]
    train_rows, validation_rows, test_rows = np.split(order, ends)
    training, validation = (balanced(events[rows]) for rows in (train_rows, validation_rows))
    return training, validation, events[test_rows]


def balanced(events: Events) -> Events:
    """Return events with training weights: classes sum to the same, their mean is 1."""
    own = Weighted(events.weights, events.classes)
    made = balance(lambda: iter([own]), Balance("equal"), CLASSES, "signal", "training")
    return replace(events, weights=made.training_weights(own))


def network(own: Overrides) -> Callable[[Events, Events, Events, int], Float64]:
    """Return what trains winnow's network with settings over the schema's defaults."""
    schema = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
    config = {
        name: with_defaults(dict(own.get(name, {})), schema["properties"][name], schema)
        for name in ("normalise", "model", "training")
    }

    def scores(training: Events, validation: Events, test: Events, seed: int) -> Float64:
        names = [f"feature_{number}" for number in range(training.features.shape[1])]
        transform = sections.fitted(training.features, names, **config["normalise"])
        data = [
            TrainingData(apply(transform, part.features), part.classes, part.weights, 1)
            for part in (training, validation)
        ]
        keras.backend.clear_session()
        model = sections.built(config["model"], data[0].features.shape[1], 2, seed)
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{kind}.weights.h5" for kind in ("best", "last")]
            sections.trained(model, *data, config["training"], seed, *paths, Watch())
        return score(model, apply(transform, test.features), 2, 1)[:, 1]

    return scores


def boosting(training: Events, validation: Events, test: Events, seed: int) -> Float64:
    """Return the scores of scikit-learn's gradient boosting with its defaults."""
    classifier = HistGradientBoostingClassifier(random_state=seed)
    classifier.fit(training.features, training.classes, training.weights)
    return classifier.predict_proba(test.features)[:, 1]


def mlp(training: Events, validation: Events, test: Events, seed: int) -> Float64:
    """Return the scores of scikit-learn's network, which keeps a tenth to stop early by."""
    classifier = make_pipeline(
        SimpleImputer(strategy="median"),
        StandardScaler(),
        MLPClassifier(early_stopping=True, random_state=seed),
    )
    weights = {"mlpclassifier__sample_weight": training.weights}
    classifier.fit(training.features, training.classes, **weights)
    return classifier.predict_proba(test.features)[:, 1]


METHODS: Mapping[str, Callable[[Events, Events, Events, int], Float64]] = {
    **{name: network(own) for name, own in NETWORKS.items()},
    "mlp": mlp,
    "boosting": boosting,
}


def sizes_of(events: Events, sizes: Sequence[int]) -> list[int]:
    """Return the sizes at which a sample is taken, all of it where a size is beyond it."""
    return sorted({min(size, len(events.classes)) for size in sizes})


def measured(
    samples: Mapping[str, Events], sizes: Sequence[int], seeds: Sequence[int], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Train everything; yield area and seconds of each."""
    for sample, events in samples.items():
        for size in sizes_of(events, sizes):
            for seed in seeds:
                parts = split(events, size, seed)
                test = parts[-1]
                key = {"sample": sample, "events": size, "seed": seed}
                if test.optimal is not None:
                    yield {**key, "method": "optimal", "auc": test.area(test.optimal), "s": 0.0}
                for name in names:
                    begin = time.perf_counter()
                    auc = test.area(METHODS[name](*parts, seed))
                    yield {**key, "method": name, "auc": auc, "s": time.perf_counter() - begin}


def main() -> None:
    """Print a line for each training, then mean areas, mean ranks and mean seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--samples", nargs="+", default=[*SAMPLES, "toy"])
    parser.add_argument("--settings", nargs="+", default=list(METHODS), choices=METHODS)
    asked = parser.parse_args()
    set_up_exact(1)
    samples = {name: read(asked.folder / name) for name, read in SAMPLES.items()
               if name in asked.samples and (asked.folder / name).is_dir()}  # fmt: skip
    if "toy" in asked.samples:
        samples["toy"] = toy()
    rows = []
    for row in measured(samples, asked.sizes, asked.seeds, asked.settings):
        rows.append(row)
        print("{sample:12} {events:6d} {seed} {method:14} {auc:.4f} {s:.1f} s".format(**row),
              flush=True)  # fmt: skip
    table = pd.DataFrame(rows)
    means = table.pivot_table("auc", ["sample", "events"], "method", sort=False)
    print(means.to_string(float_format="{:.4f}".format))
    own = means[[name for name in asked.settings if name in NETWORKS]]
    print("mean area", own.mean().round(4).to_dict())
    print("mean rank", own.rank(axis=1, ascending=False).mean().round(2).to_dict())
    seconds = table.pivot_table("s", ["sample", "events"], "method", sort=False)
    print(seconds.to_string(float_format="{:.1f}".format))


if __name__ == "__main__":
    main()
