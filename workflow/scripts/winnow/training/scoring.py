"""A trained network as a function from events to scores, checked, by ONNX Runtime or by Keras.

ONNX Runtime serves the networks whose layers `winnow.networks.operations` knows. TensorFlow is not
imported then, which takes longer than to score most samples. Keras serves the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.networks.batches import batch_events
from winnow.networks.onnx_names import ONNX
from winnow.networks.passport import (
    check_format,
    check_golden,
    check_input,
    golden_features,
    positive_of,
)
from winnow.networks.targets import Scorer
from winnow.preparation.normalise.apply import Transform, apply
from winnow.study.keys.model import Target, model
from winnow.tables import read_json

Scores = NDArray[np.float32]
Reader = Callable[[int], NDArray[np.float32]]
"""Returns the next rows of an array, fewer at its end (`winnow.tables.array_reader`)."""


@dataclass(frozen=True)
class ModelFiles:
    """The files of a trained network.

    Attributes:
        keras: the model file, which gives its weights to a network that is built anew.
        onnx: the network in ONNX; empty where Keras serves.
    """

    keras: str | Path
    onnx: str | Path


@dataclass(frozen=True)
class Input:
    """What a network is to be applied to.

    Attributes:
        features: name and unit of each feature, in order.
        transform: the normalisation.
        class_names: the classes, in order.
        reading: how it was read: missing values, derived columns, selection.
    """

    features: Sequence[Mapping[str, str]]
    transform: Transform
    class_names: Sequence[str]
    reading: Mapping[str, Any]


def set_up(passports: Iterable[Mapping[str, Any]], threads: int) -> None:
    """Import Keras where it serves one of several models, to compute in float32 on the CPU.

    Args:
        passports: the models'.
        threads: TensorFlow's.
    """
    if all(passport.get("serves") == ONNX for passport in passports):
        return
    from winnow.networks.lean import import_keras

    import_keras()
    from winnow.networks.devices import set_up_exact

    set_up_exact(threads)


def target_of(passport: Mapping[str, Any]) -> Target:
    """Return what the network of a passport gives."""
    return model(passport["config"]["model"]).target


def own_input(passport: Mapping[str, Any]) -> Input:
    """Return the input that a passport's network was trained on."""
    return Input(*(passport[key] for key in ("features", "transform", "classes", "reading")))


def read_scorer(
    paths: tuple[str | Path, str | Path, str | Path, str | Path],
    features: Sequence[Mapping[str, str]],
    class_names: Sequence[str],
    reading: Mapping[str, Any],
    threads: int,
) -> tuple[Scorer, dict[str, Any], Transform]:
    """Read a model, and return its scoring function, its passport and its input's normalisation.

    Args:
        paths: the model file, the network in ONNX, the passport, and the normalisation.
        features: as of `Input`, as are the names of the classes and the reading.
        class_names: the classes, in order.
        reading: how the input was read.
        threads: of the computation.

    Raises:
        ModelError: as of `checked_scorer`.
    """
    model_file, onnx, passport_file, transform_file = paths
    passport, transform = read_json(passport_file), read_json(transform_file)
    set_up([passport], threads)
    given = Input(features, transform, class_names, reading)
    score = checked_scorer(ModelFiles(model_file, onnx), passport, given, threads)
    return score, passport, transform


def checked_scorer(
    files: ModelFiles, passport: Mapping[str, Any], given: Input, threads: int = 1
) -> Scorer:
    """Return a model's scoring function once it is proved to fit its input and to be unharmed.

    Args:
        files: the model.
        passport: its passport.
        given: what it is to be applied to.
        threads: of the computation, which does not depend on their number.

    Raises:
        ModelError: the model does not fit the input, or does not give its golden scores.
    """
    check_format(passport)
    check_input(passport, given.features, given.transform, given.class_names, given.reading)
    if passport["serves"] == ONNX:
        score = _by_onnx(files.onnx, passport, threads)
    else:
        score = by_keras(files.keras, passport, threads)
    check_golden(passport, score(apply(given.transform, golden_features(passport))))
    return score


def _by_onnx(path: str | Path, passport: Mapping[str, Any], threads: int) -> Scorer:
    # a tenth of TensorFlow's time, but of no use where Keras serves
    from winnow.networks.onnx_scorer import make_onnx_scorer, read_network

    content, count = read_network(Path(path)), len(passport["classes"])
    return make_onnx_scorer(content, count, positive_of(passport), threads)


def by_keras(path: str | Path, passport: Mapping[str, Any], threads: int) -> Scorer:
    """Return a network's scoring function by Keras, from its model file and passport.

    Raises:
        ModelError: the user's own file is missing, changed since, or fails.
    """
    from winnow.networks.scorer import make_scorer
    from winnow.training.restore import network

    built, count = network(passport, path), len(passport["classes"])
    return make_scorer(built, count, positive_of(passport), threads, target_of(passport))


def scored(score: Scorer, features: Reader, beside: Reader | None = None) -> Iterator[Scores]:
    """Yield the scores of a sample's events, some at a time, at least once.

    Args:
        score: gives the scores.
        features: returns the next events' features.
        beside: returns a number of each of the next events that stands beside its scores, as a
            last column.
    """
    step, first = batch_events(features(0).shape[1:]), True
    while len(events := features(step)) or first:
        first, scores = False, score(events)
        yield scores if beside is None else np.column_stack([scores, beside(step)])
