"""Planing: weights that make a spectator's distribution the same in every class.

What all classes share no network can learn from. With training weights that flatten the spectator
in each class, a network uses what tells of it only as far as that helps to tell classes apart at
one value of it (Chang, Cohen, Ostdiek, arXiv:1709.10106).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.columns import CLASS, WEIGHT
from winnow.errors import DataError
from winnow.preparation.folds import Fold
from winnow.preparation.values import Values

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Weighted:
    """Some events with their weights.

    Attributes:
        weights: (events,).
        classes: (events,) index into the class names.
        spectator: (events,) the column that is made flat, not finite where it is missing; None
            where none is.
    """

    weights: Float64
    classes: NDArray[np.int8]
    spectator: Float64 | None = None


def weighted(fold: Fold, sample: str, spectator: str | None) -> Iterator[Weighted]:
    """Yield a sample's events with their physical weights.

    Args:
        fold: the events.
        sample: the sample.
        spectator: the column that is made flat, if there is one.
    """
    for table in fold.of_sample(sample, [CLASS, WEIGHT, *([spectator] if spectator else [])]):
        column = table[spectator].to_numpy() if spectator else None
        yield Weighted(table[WEIGHT].to_numpy(), table[CLASS].to_numpy(), column)


Parts = Callable[[], Iterator[Weighted]]
"""Gives events anew each time, some at a time."""


@dataclass(frozen=True)
class PlaningWeights:
    """Weights with which each class has the same sum in every bin where it has events.

    Attributes:
        edges: (bins - 1,) inner edges, rising; what is missing is a bin of its own, the last.
        scale: (classes, bins + 1) what a weight is multiplied by.
    """

    edges: Float64
    scale: Float64

    def weights(self, events: Weighted) -> Float64:
        """Return the new weights of some events, (events,)."""
        scaled: Float64 = events.weights * self.scale.ravel()[_cells(events, self.edges)]
        return scaled


def fit_planing(parts: Parts, bins: int, class_names: Sequence[str]) -> PlaningWeights:
    """Return the weights that make a spectator flat.

    The bins hold equal numbers of the events of all classes; events whose spectator is missing are
    a bin of their own. A class keeps its sum, and in a bin its weights keep their ratios.

    Args:
        parts: the events, each with its spectator.
        bins: how many.
        class_names: the classes, for messages.

    Raises:
        DataError: the weights of a class do not sum above zero in a bin.
    """
    there = Values(lambda: (_column(own)[np.isfinite(_column(own))] for own in parts()))
    edges = np.empty(0)
    if there.count:
        edges = np.unique(there.quantiles(np.arange(1, bins) / bins))
    shape = len(class_names), len(edges) + 2
    sums, counts = np.zeros(shape), np.zeros(shape, np.int64)
    for own in parts():
        cells = _cells(own, edges)
        sums += np.bincount(cells, own.weights, sums.size).reshape(shape)
        counts += np.bincount(cells, minlength=sums.size).reshape(shape)
    filled = counts > 0
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
    return PlaningWeights(edges, scale)


def _column(events: Weighted) -> Float64:
    if events.spectator is None:
        raise ValueError("planing needs the spectator of every event")
    return events.spectator


def _cells(events: Weighted, edges: Float64) -> NDArray[np.int64]:
    """Return each event's class and bin as one number: (events,)."""
    spectator = _column(events)
    missing = len(edges) + 1
    place = np.searchsorted(edges, spectator, side="right")
    place = np.where(np.isfinite(spectator), place, missing)
    return events.classes.astype(np.int64) * (missing + 1) + place
