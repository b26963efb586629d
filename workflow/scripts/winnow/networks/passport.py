"""A model's passport: what it was trained on and for, and proof that it still computes the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import ModelError

FORMAT = 3
GOLDEN_EVENTS = 32
# float32 scores of one model differ by rounding alone between machines and batch sizes
GOLDEN_TOLERANCE = 1e-5


@dataclass(frozen=True)
class RunFacts:
    """What the config says of a run.

    Attributes:
        class_names: the classes in order.
        positive: for a sigmoid output the class that its score is of.
        features: name and unit of each feature, in order.
        reading: how the input is read: missing values, derived columns, selection.
        config: the sections that make the model.
        seeds: the config's and the run's.
    """

    class_names: Sequence[str]
    positive: int
    features: Sequence[Mapping[str, Any]]
    reading: Mapping[str, Any]
    config: Mapping[str, Any]
    seeds: Mapping[str, int]


def config_hash(config: Mapping[str, Any]) -> str:
    """Hash the part of a config that makes a model, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def golden(features: NDArray[np.float32], scores: NDArray[np.float32]) -> dict[str, list[Any]]:
    """Return input rows in physical units, null where missing, with their scores.

    Args:
        features: (n, ...) float32, as ingested.
        scores: (n, ...) float32.
    """
    wide = features.astype(np.float64).astype(object)
    wide[np.isnan(features)] = None
    return {"features": wide.tolist(), "scores": scores.astype(np.float64).tolist()}


def positive_of(passport: Mapping[str, Any]) -> int:
    """Return the index of the class whose score a sigmoid gives."""
    classes: list[str] = passport["classes"]
    return classes.index(passport["positive_class"])


def golden_features(passport: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the golden input rows as (n, ...) float32, NaN where missing."""
    return np.array(passport["golden"]["features"], dtype=np.float64).astype(np.float32)


def check_format(passport: Mapping[str, Any]) -> None:
    """Refuse a passport that another version of winnow wrote in another format.

    Raises:
        ModelError: names both formats.
    """
    found = passport.get("format")
    if found != FORMAT:
        raise ModelError(
            f"the model's passport has format {found!r}, expected {FORMAT}: another version of "
            "winnow wrote it. Use that version, or make the model again."
        )


def check_input(
    passport: Mapping[str, Any],
    features: Sequence[Mapping[str, str]],
    transform: Mapping[str, Any],
    class_names: Sequence[str],
    reading: Mapping[str, Any],
) -> None:
    """Refuse a model whose passport does not match what it is to be applied to.

    Args:
        passport: the model's passport.
        features: name and unit of each feature of the input, in order.
        transform: the normalisation of the input.
        class_names: the classes, in order.
        reading: how the input was read: missing values, derived columns, selection.

    Raises:
        ModelError: names the first difference and what to do.
    """
    own = [f"{item['name']} [{item['unit']}]" for item in passport["features"]]
    given = [f"{item['name']} [{item['unit']}]" for item in features]
    for position, (expected, found) in enumerate(zip(own, given, strict=False)):
        if expected != found:
            raise ModelError(
                f"the model does not fit its input: feature {position} is {found}, but the model "
                f"was trained with {expected} there. Give the features in the model's order and "
                "units, or train again."
            )
    if len(own) != len(given):
        raise ModelError(
            f"the model does not fit its input: it was trained with {len(own)} features, the input "
            f"has {len(given)}. Give the model's features, or train again."
        )
    if passport["transform"] != transform:
        raise ModelError(
            "the model does not fit its input: the normalisation is not the one that the model was "
            "trained with. Apply the model's own (`transform` in its passport), or train again."
        )
    if passport["classes"] != list(class_names):
        raise ModelError(
            f"the model does not fit its input: its classes are {', '.join(passport['classes'])}, "
            f"the config's are {', '.join(class_names)}. Give them in the model's order, or train "
            "again."
        )
    for name, own_value in passport["reading"].items():
        if reading[name] != own_value:
            raise ModelError(
                f"the model does not fit its input: {name} is {reading[name]!r}, but the model was "
                f"trained with {own_value!r}. Read the input as the model's was, or train again."
            )


def check_golden(passport: Mapping[str, Any], scores: NDArray[np.float32]) -> None:
    """Refuse a model that does not reproduce its golden scores.

    Raises:
        ModelError: the largest difference is above `GOLDEN_TOLERANCE`.
    """
    difference = float(np.max(np.abs(np.array(passport["golden"]["scores"]) - scores)))
    if not difference <= GOLDEN_TOLERANCE:
        raise ModelError(
            f"the model does not reproduce the golden scores of its passport: they differ by up to "
            f"{difference:.3g}, allowed are {GOLDEN_TOLERANCE:g}. The model file is damaged or "
            "belongs to another passport: make it again from the training's weights."
        )
