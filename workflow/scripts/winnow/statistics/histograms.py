"""Weighted histograms: sums of weights, of their squares, and events, in bins and in cells.

`hist` imports no matplotlib, and takes 0.04 s beside NumPy and pandas.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hist import Hist, axis, storage
from numpy.typing import ArrayLike, NDArray

from winnow.preparation.values import Values, held
from winnow.study.keys.plot_axes import PlotAxis

Axis = axis.Variable | axis.Integer

_BINS = 40
_ROUND = np.array([1.0, 2.0, 2.5, 5.0, 10.0])
VISIBLE_QUANTILES = (0.005, 0.995)


def bin_axis(edges: ArrayLike) -> axis.Variable:
    """Return the axis of bins low <= value < high, the last high edge inside too.

    Args:
        edges: ascending, two or more.
    """
    return axis.Variable(np.asarray(edges, dtype=np.float64), flow=False)


def cell_axes(*sizes: int) -> list[axis.Integer]:
    """Return axes of whole numbers, each from 0 to below its size."""
    return [axis.Integer(0, size, flow=False) for size in sizes]


def weighted_sums(
    axes: Sequence[Axis], places: Sequence[NDArray[np.generic]], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return Σw, Σw² and the number of events in every bin, summed up in the order of the events.

    Args:
        axes: what is binned.
        places: of every axis, where each event lies, shape (n,); what lies outside does not count.
        weight: shape (n,); negative ones are allowed.

    Returns:
        Three arrays, their shape the axes' sizes.
    """
    summed = Hist(*axes, storage=storage.Weight()).fill(*places, weight=weight)
    counted = Hist(*axes, storage=storage.Int64()).fill(*places)
    return (
        np.ascontiguousarray(summed.values(), dtype=np.float64),
        np.ascontiguousarray(summed.variances(), dtype=np.float64),
        np.ascontiguousarray(counted.values(), dtype=np.int64),
    )


def round_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return edges of about 40 bins, at round numbers, around nearly all of some values.

    >>> round_edges(np.linspace(80, 480, 1001))[[0, 1, -1]].tolist()
    [80.0, 90.0, 480.0]
    """
    if not values.size:
        return np.array([0.0, 1.0])
    low, high = np.quantile(values, [0.005, 0.99])
    width = (high - low) / _BINS
    if not width > 0:
        return np.array([low - 0.5, low + 0.5])
    power = 10.0 ** np.floor(np.log10(width))
    step = float(power * _ROUND[np.argmin(np.abs(np.log(_ROUND * power / width)))])
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    edges: NDArray[np.float64] = np.arange(first, last + 1) * step
    return edges


def bin_count(effective: float, most: int) -> int:
    """Return how many bins so many effective events, (Σw)²/Σw², allow: twice the cube root.

    >>> bin_count(20, 50), bin_count(1000, 50), bin_count(1e6, 50)
    (10, 20, 50)
    """
    return int(np.clip(round(2 * effective ** (1 / 3)), 10, most))


def asked_edges(asked: PlotAxis, values: Values, bins: int) -> NDArray[np.float64]:
    """Return bin edges as the config asks for them in `plots.axes`.

    Args:
        asked: of the axis.
        values: present ones, which the range is around where none is asked for.
        bins: how many there are otherwise.

    >>> values = Values(lambda: iter([np.array([0.02, 3.0, -1.0])]))
    >>> asked_edges(PlotAxis(log=True, bins=4), values, 9).round(2).tolist()
    [0.01, 0.06, 0.32, 1.78, 10.0]
    """
    count = bins if asked.bins is None else asked.bins
    if not asked.log:
        if asked.range is not None:
            first, last = asked.range
            return np.linspace(first, last, count + 1)
        return visible_edges(values, count)
    low, high = asked.range or _decades(values.positive)
    return np.geomspace(low, high, count + 1)


def named_edges(asked: PlotAxis | None, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bin edges of present values: those asked for, round numbers where none are."""
    if asked is None:
        return round_edges(values)
    return asked_edges(asked, held(values), bin_count(values.size, _BINS))


def score_axis(asked: PlotAxis) -> PlotAxis:
    """Return the axis of a score: from 0 to 1 where no other range is asked for."""
    return replace(asked, range=asked.range or (0.0, 1.0))


def _decades(values: Values) -> tuple[float, float]:
    """Return the powers of ten around nearly all of some positive values."""
    if not values.count:
        return 0.1, 10.0
    low, high = np.log10(values.quantiles(VISIBLE_QUANTILES))
    first = np.floor(low)
    return float(10.0**first), float(10.0 ** max(np.ceil(high), first + 1))


def within(values: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values with those beyond the edges moved into the outer bins.

    >>> within(np.array([-5.0, 0.5, 1.0]), np.array([0.0, 0.5, 1.0])).round(9).tolist()
    [0.0, 0.5, 1.0]
    """
    inner = np.nextafter(edges[0], np.inf), np.nextafter(edges[-1], -np.inf)
    return np.clip(values.astype(np.float64), *inner)


def visible_edges(values: Values, bins: int) -> NDArray[np.float64]:
    """Return bin edges from the 0.5 to the 99.5 % quantile of present values.

    Whole numbers that fit get one bin each.
    """
    if not values.count:
        return np.linspace(0.0, 1.0, bins + 1)
    low, high = (float(edge) for edge in values.quantiles(VISIBLE_QUANTILES))
    if high - low < bins and values.whole:
        return np.arange(np.floor(low), np.ceil(high) + 2.0) - 0.5
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


def share(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """Return part / whole, NaN where the whole is not positive."""
    numerator, denominator = np.broadcast_arrays(
        np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    )
    found = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found
