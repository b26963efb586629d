"""Planing: weights that make a spectator's distribution the same in every class.

What all classes share no network can learn from. With training weights that flatten the spectator
in each class, a network uses what tells of it only as far as that helps to tell classes apart at
one value of it (Chang, Cohen, Ostdiek, arXiv:1709.10106).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from winnow.errors import DataError

Float64 = NDArray[np.float64]


def planed(
    weights: Float64,
    classes: NDArray[np.int8],
    spectator: Float64,
    bins: int,
    class_names: Sequence[str],
) -> Float64:
    """Return weights with which each class has the same sum in every bin where it has events.

    The bins hold equal numbers of the events of all classes; events whose spectator is missing are
    a bin of their own. A class keeps its sum, and in a bin its weights keep their ratios.

    Args:
        weights: (events,).
        classes: (events,) index into `class_names`.
        spectator: (events,) not finite where it is missing.
        bins: how many.
        class_names: the classes, for messages.

    Returns:
        (events,) weights.

    Raises:
        DataError: the weights of a class do not sum above zero in a bin.
    """
    there = np.isfinite(spectator)
    inner = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(spectator[there], inner)) if there.any() else np.empty(0)
    place = np.where(there, np.searchsorted(edges, spectator, side="right"), len(edges) + 1)
    shape = len(class_names), len(edges) + 2
    cell = classes * shape[1] + place
    sums = np.bincount(cell, weights, shape[0] * shape[1]).reshape(shape)
    filled = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape) > 0
    for index, number in np.argwhere(filled & ~(sums > 0)):
        where = np.concatenate([[-np.inf], edges, [np.inf]])
        told = (
            f"between {where[number]:g} and {where[number + 1]:g}"
            if number <= len(edges)
            else "where it is missing"
        )
        raise DataError(
            f"config key `balance.planing`: the weights of class {class_names[index]!r} sum to "
            f"{sums[index, number]:g} {told}, a positive sum was expected. Take fewer bins, or set "
            "`balance.negative_weights` to `absolute` or `zero`."
        )
    whole, count = sums.sum(axis=1, keepdims=True), filled.sum(axis=1, keepdims=True)
    scale = np.divide(whole / np.maximum(count, 1), sums, out=np.ones(shape), where=filled)
    scaled: Float64 = weights * scale.ravel()[cell]
    return scaled
