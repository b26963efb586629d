"""A trained network from its passport: built anew, given its weights, and checked.

The network comes from winnow's families or from the user's own file, which must be the one, to the
byte, that it was trained with; a model file gives nothing but weights, so that no code in it runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from winnow.networks.build import build
from winnow.networks.passport import check_format, check_golden, check_input, golden_features
from winnow.networks.scorer import Scorer, make_scorer
from winnow.preparation.normalise.apply import Transform, apply, output_shape
from winnow.study.keys.model import Target, model
from winnow.tables import read_json


def network(passport: Mapping[str, Any], weights: str | Path) -> keras.Model:
    """Build the network that a passport describes, with the weights of a `.keras` file.

    Raises:
        ModelError: the user's own file is missing, changed since, or fails.
    """
    shape, classes = output_shape(passport["transform"]), len(passport["classes"])
    built = build(model(passport["config"]["model"]), shape, classes, passport["seeds"]["run"])
    built.load_weights(weights)
    return built


def target_of(passport: str | Path) -> Target:
    """Return what the network of a passport gives."""
    return model(read_json(passport)["config"]["model"]).target


def checked_scorer(
    weights: str | Path,
    passport: str | Path,
    features: Sequence[Mapping[str, str]],
    transform: Transform,
    class_names: Sequence[str],
    reading: Mapping[str, Any],
    threads: int = 1,
) -> Scorer:
    """Return a model's scoring function once it is proved to fit its input and to be unharmed.

    Args:
        weights: the model file (`.keras`).
        passport: its passport.
        features: name and unit of each feature of the input, in order.
        transform: the normalisation of the input.
        class_names: the classes, in order.
        reading: how the input was read: missing values, derived columns, selection.
        threads: TensorFlow's threads.

    Raises:
        ModelError: the model does not fit the input, or does not give its golden scores.
    """
    facts = read_json(passport)
    check_format(facts)
    check_input(facts, features, transform, class_names, reading)
    positive = facts["classes"].index(facts["positive_class"])
    target = model(facts["config"]["model"]).target
    score = make_scorer(network(facts, weights), len(facts["classes"]), positive, threads, target)
    check_golden(facts, score(apply(transform, golden_features(facts))))
    return score
