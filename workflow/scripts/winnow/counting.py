"""Weighted counting above a cut: the sums that ROC curves and figures of merit are made of."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from winnow.errors import DataError

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True)
class Scan:
    """What passes `score >= cut`, at each of m cuts in ascending order.

    `s` and `b` are sums of weights of signal and background, `s_variance` and `b_variance` sums
    of squared weights (float64), `s_entries` and `b_entries` raw counts (int64); all shape (m,).
    """

    cut: NDArray[np.float64]
    s: NDArray[np.float64]
    b: NDArray[np.float64]
    s_variance: NDArray[np.float64]
    b_variance: NDArray[np.float64]
    s_entries: NDArray[np.int64]
    b_entries: NDArray[np.int64]


def check_scores(score: NDArray[np.floating]) -> None:
    """Raise DataError when a score is not a number: such an event passes no cut and fails none."""
    undefined = np.flatnonzero(np.isnan(score))
    if undefined.size:
        raise DataError(
            f"scores: {undefined.size} of {score.size} events have the score NaN (the first at "
            f"entry {undefined[0]} of the events compared, counted from 0), expected numbers. "
            "The network diverged in training or was given missing values: lower the learning "
            "rate, or give the normalisation an imputation."
        )


def scan(score: ArrayLike, is_signal: ArrayLike, weight: ArrayLike) -> Scan:
    """Count what passes the cut at every distinct score, in O(n log n).

    Args:
        score: shape (n,), floating; float32 is sorted as such, so that no tie is broken.
        is_signal: shape (n,), bool.
        weight: shape (n,), in the unit the sums shall have; negative weights are allowed.

    Returns:
        A Scan with one cut for each distinct score, ascending.

    Raises:
        DataError: a score is NaN.
    """
    values = np.asarray(score)
    check_scores(values)
    order = np.argsort(values)
    ascending = values[order]
    is_first = np.ones(values.size, dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    first = np.flatnonzero(is_first)
    signal = np.asarray(is_signal, dtype=bool)[order]
    weights = np.asarray(weight, dtype=np.float64)[order]
    signal_weights = np.where(signal, weights, 0.0)
    background_weights = np.where(signal, 0.0, weights)
    s_entries = _sum_above(signal.astype(np.int64), first)
    return Scan(
        cut=ascending[first].astype(np.float64),
        s=_sum_above(signal_weights, first),
        b=_sum_above(background_weights, first),
        s_variance=_sum_above(np.square(signal_weights), first),
        b_variance=_sum_above(np.square(background_weights), first),
        s_entries=s_entries,
        b_entries=values.size - first - s_entries,
    )


def at_cuts(counts: Scan, cuts: ArrayLike) -> Scan:
    """Return what passes `score >= cut` at other cuts than the scanned ones.

    Args:
        counts: the exact scan of a sample.
        cuts: shape (m,), in any order.

    Returns:
        A Scan with these cuts; zero above the sample's largest score.
    """
    wanted = np.asarray(cuts, dtype=np.float64)
    index = np.searchsorted(counts.cut, wanted, side="left")
    return Scan(
        cut=wanted,
        s=np.append(counts.s, 0.0)[index],
        b=np.append(counts.b, 0.0)[index],
        s_variance=np.append(counts.s_variance, 0.0)[index],
        b_variance=np.append(counts.b_variance, 0.0)[index],
        s_entries=np.append(counts.s_entries, 0)[index],
        b_entries=np.append(counts.b_entries, 0)[index],
    )


def even_points(coordinates: list[NDArray[np.float64]], points: int) -> NDArray[np.intp]:
    """Choose at most `points` indices along a curve so that its shape is kept.

    The steps are even in the summed absolute change of all coordinates, each in units of its own
    total change: no gap in any of k coordinates is wider than about k / points of its range.

    Args:
        coordinates: arrays of shape (m,), finite, along the curve.
        points: the largest number of indices wanted, at least 2.

    Returns:
        Ascending indices, the first and the last point among them.
    """
    size = coordinates[0].size
    if size <= points:
        return np.arange(size)
    length = np.zeros(size)
    for values in coordinates:
        travelled = np.cumsum(np.abs(np.diff(values)))
        if travelled[-1] > 0:
            length[1:] += travelled / travelled[-1]
    chosen = np.searchsorted(length, np.linspace(0.0, length[-1], points), side="left")
    chosen[-1] = size - 1
    return np.unique(chosen)


def effective_entries(sum_of_weights: ArrayLike, variance: ArrayLike) -> NDArray[np.float64]:
    """Return (Σw)²/Σw²: how many events of equal weight would fluctuate as much (0 if none)."""
    total = np.asarray(sum_of_weights, dtype=np.float64)
    squares = np.asarray(variance, dtype=np.float64)
    return np.divide(total**2, squares, out=np.zeros(total.shape), where=squares > 0)


def _sum_above(values: NDArray[Number], first: NDArray[np.intp]) -> NDArray[Number]:
    """Return the sum of `values[i:]` for every i in `first`."""
    summed: NDArray[Number] = np.cumsum(values[::-1])[::-1]
    return summed[first]
