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


def network(passport: Mapping[str, Any], weights: str | Path) -> keras.Model:
    """Build the network that a passport describes, with the weights of a `.keras` file.

    Raises:
        ModelError: the user's own file is missing, changed since, or fails.
    """
    shape, classes = output_shape(passport["transform"]), len(passport["classes"])
    built = build(model(passport["config"]["model"]), shape, classes, passport["seeds"]["run"])
    built.load_weights(weights)
    return built


def target_of(passport: Mapping[str, Any]) -> Target:
    """Return what the network of a passport gives."""
    return model(passport["config"]["model"]).target


def checked_scorer(
    weights: str | Path,
    passport: Mapping[str, Any],
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
    check_format(passport)
    check_input(passport, features, transform, class_names, reading)
    positive, target = passport["classes"].index(passport["positive_class"]), target_of(passport)
    built, count = network(passport, weights), len(passport["classes"])
    score = make_scorer(built, count, positive, threads, target)
    check_golden(passport, score(apply(transform, golden_features(passport))))
    return score
