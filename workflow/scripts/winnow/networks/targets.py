"""Classes as a network sees them: labels to train on, and one score per class."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from winnow.columns import RECONSTRUCTION_ERROR, score_column
from winnow.study.keys.model import Model, Target

Scorer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(n, ...) normalised features → (n, columns) scores."""


def output_kind(model: Model, class_count: int) -> str:
    """Return `sigmoid` or `softmax`: as configured, or what so many classes call for."""
    if model.output != "auto":
        return model.output
    return "sigmoid" if class_count == 2 else "softmax"


def score_names(target: Target, class_names: Sequence[str]) -> list[str]:
    """Return the columns of a table of scores: one a class, or the error of the input's copy."""
    return [RECONSTRUCTION_ERROR] if target == "input" else [score_column(c) for c in class_names]


def class_scores(
    scores: NDArray[np.float32], class_count: int, positive: int
) -> NDArray[np.float32]:
    """Turn a network's outputs into one score per class; a sigmoid's other class gets 1 - score."""
    if scores.shape[1] == class_count:
        return scores
    columns = [np.float32(1) - scores[:, 0], np.float32(1) - scores[:, 0]]
    columns[positive] = scores[:, 0]
    return np.stack(columns, axis=1)


def positive_class(class_names: Sequence[str], signal_class: str | None) -> int:
    """Return the index of the class whose score a sigmoid gives: the signal, else the last."""
    return len(class_names) - 1 if signal_class is None else class_names.index(signal_class)
