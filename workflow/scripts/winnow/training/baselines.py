"""Reference classifiers of scikit-learn, trained on the arrays and weights that a network gets."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from winnow.columns import TRAIN
from winnow.errors import ConfigError, DataError

BOOSTING = "hist_gradient_boosting"
LOGISTIC = "logistic_regression"
KINDS = (BOOSTING, LOGISTIC)

# what each kind makes of negative weights, for the log
NEGATIVE_WEIGHTS: Mapping[str, str] = MappingProxyType(
    {BOOSTING: "absolute, scaled to the classes' sums", LOGISTIC: "kept"}
)

_ITERATIONS = 1000
_BLOCK = 131_072
# in the place of the sum of weights of a class without events
_TINY = np.finfo(np.float64).tiny


def fit_scores(
    kind: str,
    features: Mapping[str, NDArray[np.float32]],
    classes_train: NDArray[np.int8],
    weights_train: NDArray[np.float64],
    class_count: int,
    seed: int,
    threads: int,
) -> dict[str, NDArray[np.float32]]:
    """Train a reference classifier and score every sample.

    `hist_gradient_boosting` is scikit-learn's with its defaults (100 trees a class, rate 0.1, 31
    leaves), but without early stopping: scikit-learn's would, from 10,000 events on, put a tenth
    of the training events aside. `logistic_regression` has scikit-learn's defaults too (an L2
    penalty of half the squared coefficients beside Σwl), and iterations enough to converge.

    Neither reads the validation sample. With negative weights logistic regression minimises the
    same Σwl as a network. Boosting takes |w|, scaled to the same sum in each class: its Newton
    steps divide by sums of weights in small leaves, and one event in ten with a negative weight is
    enough to spoil it (an area of 0.66 instead of 0.72 on a toy whose signs are random).

    The scores do not depend on the number of threads: boosting orders its sums by feature and
    event, and linear algebra, whose sums depend on how they are shared out, has one thread.

    Args:
        kind: one of `KINDS`.
        features: sample → (n, ...) float32, normalised, which may be a memory map; of arrays an
            event every entry is an input. Those of `train` are trained on.
        classes_train: (events,) class indices.
        weights_train: (events,) training weights.
        class_count: number of classes.
        seed: chooses the 200,000 events that boosting takes its bins from where there are more;
            it has no other effect.
        threads: number of OpenMP threads.

    Returns:
        sample → (n, classes) float32 probabilities in the order of the classes, 0 for a class
        without training events.

    Raises:
        ConfigError: an unknown kind.
        DataError: the training events are of one class only.
    """
    if len(np.unique(classes_train)) < 2:
        raise DataError(
            f"baseline {kind!r}: the training events are of {len(np.unique(classes_train))} class, "
            "two or more were expected. Give the other classes training events, or take the "
            "baseline out of `baselines`."
        )
    with threadpool_limits({"openmp": threads, "blas": 1}):
        inputs = {name: matrix.reshape(len(matrix), -1) for name, matrix in features.items()}
        classifier = fitted(kind, inputs[TRAIN], classes_train, weights_train, seed)
        return {
            name: _probabilities(classifier, matrix, class_count) for name, matrix in inputs.items()
        }


def fitted(
    kind: str,
    features: NDArray[np.float32],
    classes: NDArray[np.int8],
    weights: NDArray[np.float64],
    seed: int,
) -> Any:
    """Return a trained classifier of scikit-learn.

    Args:
        kind: one of `KINDS`.
        features: (n, inputs) float32.
        classes: (n,) class indices.
        weights: (n,) training weights.
        seed: as of `fit_scores`.

    Raises:
        ConfigError: an unknown kind.
    """
    classifier = _classifier(kind, seed)
    classifier.fit(np.asarray(features, np.float64), classes, _weights(kind, classes, weights))
    return classifier


def _classifier(kind: str, seed: int) -> Any:
    """Return an untrained classifier."""
    if kind == BOOSTING:
        return HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
    if kind == LOGISTIC:
        return LogisticRegression(max_iter=_ITERATIONS)
    raise ConfigError(
        f"config key `baselines`: found {kind!r}, expected one of {', '.join(KINDS)}."
    )


def _weights(
    kind: str, classes: NDArray[np.int8], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights that a kind can be trained with."""
    if kind != BOOSTING or not (weights < 0).any():
        return weights
    absolute = np.abs(weights)
    scale = np.bincount(classes, weights) / np.maximum(np.bincount(classes, absolute), _TINY)
    return np.asarray(absolute * scale[classes], np.float64)


def _probabilities(
    classifier: Any, features: NDArray[np.float32], class_count: int
) -> NDArray[np.float32]:
    """Score events in blocks, so that the float64 copies beside the result are bounded."""
    scores = np.zeros((len(features), class_count), np.float32)
    for start in range(0, len(features), _BLOCK):
        part = slice(start, start + _BLOCK)
        block = np.asarray(features[part], np.float64)
        scores[part, classifier.classes_] = classifier.predict_proba(block)
    return scores
