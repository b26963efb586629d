"""Tables behind the figures of features: distributions and correlations, event block by block."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, WEIGHT
from winnow.preparation.values import Values
from winnow.statistics.histograms import (
    Axis,
    asked_edges,
    bin_axis,
    bin_count,
    cell_axes,
    share,
    weighted_sums,
)
from winnow.study.keys.plot_axes import UNASKED, PlotAxis
from winnow.tables import event_blocks

INPUT_BINS = 50
# A variance below this share of the feature's own is rounding: the feature is constant there.
_CONSTANT = 1e-12

Float64 = NDArray[np.float64]
Parts = Callable[[Sequence[str]], Iterator[pd.DataFrame]]
"""Gives some columns of all events anew each time, some events at a time."""


def parts_of(paths: Sequence[str | Path]) -> Parts:
    """Return what gives the events of some tables."""
    return lambda columns: (table.to_pandas() for table in event_blocks(paths, columns))


def input_histograms(
    parts: Parts,
    features: Sequence[str],
    class_names: tuple[str, ...],
    bins: int | None = None,
    axes: Mapping[str, PlotAxis] = UNASKED,
) -> pd.DataFrame:
    """Tabulate the weighted distribution of every feature in every class.

    The range holds the 0.5 to 99.5 % quantiles of the events of all classes, unweighted, missing
    values aside, where no other is asked for. A feature of whole numbers that fit gets one bin for
    each number.

    Args:
        parts: columns class, weight and the features (NaN: missing); one row per event.
        features: names of feature columns.
        class_names: the classes in the order of the `class` column.
        bins: number of equal bins; None for what the effective events of the smallest class allow.
        axes: of features, those that are asked for.

    Returns:
        feature, class, low, high, density (of the class's present events; what lies outside of
        the range is missing from the area), uncertainty √Σw² in the same unit, entries (raw),
        missing_fraction and outside_fraction (weighted, of the class: without a value, and beyond
        the range). Density and fractions are NaN where the weights they refer to sum to <= 0.
        Classes without events have no rows.
    """
    count = len(class_names)
    totals, squares, entries = _sums_of(parts, count)
    fewest = [w**2 / v for w, v in zip(totals, squares, strict=True) if v > 0]
    bins = bins or bin_count(min(fewest, default=0.0), INPUT_BINS)
    tables = []
    for feature in features:
        values = Values(partial(_present, parts, feature))
        edges = asked_edges(axes.get(feature, PlotAxis()), values, bins)
        axis: list[Axis] = [*cell_axes(count), bin_axis(edges)]
        sums, variances, counts = np.zeros((3, count, len(edges) - 1))
        missing, outside = np.zeros((2, count))
        for part in parts([CLASS, WEIGHT, feature]):
            label, weight = part[CLASS].to_numpy(np.intp), part[WEIGHT].to_numpy(np.float64)
            own = part[feature].to_numpy(np.float64)
            found = weighted_sums(axis, [label, own], weight)
            sums, variances, counts = (sums + found[0], variances + found[1], counts + found[2])
            missing += np.bincount(label, weight * np.isnan(own), count)
            beyond = (own < edges[0]) | (own > edges[-1])
            outside += np.bincount(label, weight * beyond, count)
        norm = (totals - missing)[:, None] * np.diff(edges)
        for index in np.flatnonzero(entries):
            table = pd.DataFrame(
                {
                    "feature": feature,
                    CLASS: class_names[index],
                    "low": edges[:-1],
                    "high": edges[1:],
                    "density": share(sums[index], norm[index]),
                    "uncertainty": share(np.sqrt(variances[index]), norm[index]),
                    "entries": counts[index].astype(np.int64),
                    "missing_fraction": float(share(missing[index], totals[index])),
                    "outside_fraction": float(share(outside[index], totals[index])),
                }
            )
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def correlations(
    parts: Parts, features: Sequence[str], class_names: tuple[str, ...]
) -> pd.DataFrame:
    """Tabulate weighted Pearson correlations of all pairs of features in every class.

    Each pair uses the events in which both are present.

    Args:
        parts: as of `input_histograms`.
        features: names of feature columns.
        class_names: the classes in the order of the `class` column.

    Returns:
        class, feature_x, feature_y, correlation; NaN where a feature is constant, never present
        together with the other, or has no positive variance under negative weights. Classes without
        events have no rows.
    """
    names, count = list(features), len(class_names)
    entries, centre, spread = _scales(parts, names, count)
    # Sums over events where both are present: w, w·x, w·x² and w·x·y, x the row and y the column.
    sums = np.zeros((count, 4, len(names), len(names)))
    for part in parts([CLASS, WEIGHT, *names]):
        label, weights = part[CLASS].to_numpy(), part[WEIGHT].to_numpy(np.float64)
        for index in np.unique(label):
            inside = label == index
            values = part.loc[inside, names].to_numpy(np.float64, copy=True)
            values -= centre[index]
            values /= spread[index]
            missing = np.isnan(values)
            present = (~missing).astype(np.float64)
            values[missing] = 0.0
            weight = weights[inside][:, np.newaxis]
            weighted = weight * values
            sums[index, 0] += (weight * present).T @ present
            sums[index, 1] += weighted.T @ present
            sums[index, 2] += (weighted * values).T @ present
            sums[index, 3] += weighted.T @ values
    tables = [
        pd.DataFrame(
            {
                CLASS: class_names[index],
                "feature_x": np.repeat(names, len(names)),
                "feature_y": np.tile(names, len(names)),
                "correlation": _correlation_matrix(sums[index]).ravel(),
            }
        )
        for index in np.flatnonzero(entries)
    ]
    return pd.concat(tables, ignore_index=True)


def _present(parts: Parts, feature: str) -> Iterator[Float64]:
    for part in parts([feature]):
        yield part[feature].dropna().to_numpy(np.float64)


def _sums_of(parts: Parts, count: int) -> tuple[Float64, Float64, Float64]:
    """Return Σw, Σw² and the number of events of each class."""
    found = np.zeros((3, count))
    for part in parts([CLASS, WEIGHT]):
        label, weight = part[CLASS].to_numpy(np.intp), part[WEIGHT].to_numpy(np.float64)
        for place, own in enumerate((weight, np.square(weight), np.ones(len(weight)))):
            found[place] += np.bincount(label, own, count)
    return found[0], found[1], found[2]


def _scales(
    parts: Parts, features: list[str], count: int
) -> tuple[NDArray[np.int64], Float64, Float64]:
    """Return events (classes,), and mean and deviation (classes, features) of what is present.

    Where nothing is, they are 0 and 1. They only set the scale at which sums are taken, so that
    these lose no digits.
    """
    entries, sums = np.zeros(count, np.int64), np.zeros((3, count, len(features)))
    for part in parts([CLASS, *features]):
        label = part[CLASS].to_numpy()
        for index in np.unique(label):
            values = part.loc[label == index, features].to_numpy(np.float64, copy=True)
            there = ~np.isnan(values)
            values[~there] = 0.0
            entries[index] += len(values)
            for place, own in enumerate((there, values, np.square(values))):
                sums[place, index] += own.sum(axis=0)
    events = np.maximum(sums[0], 1.0)
    centre = sums[1] / events
    spread = np.sqrt(np.maximum(sums[2] / events - centre**2, 0.0))
    return entries, centre, np.where(spread > 0, spread, 1.0)


def _correlation_matrix(sums: Float64) -> Float64:
    """Return the correlations (f, f) of sums (4, f, f) over pairwise present events."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums[1] / sums[0]
        variance = sums[2] / sums[0] - mean**2
        covariance = sums[3] / sums[0] - mean * mean.T
        defined = (sums[0] > 0) & (variance > _CONSTANT) & (variance.T > _CONSTANT)
        matrix = np.where(defined, covariance / np.sqrt(variance * variance.T), np.nan)
    within = np.clip(matrix, -1.0, 1.0)
    # Beyond ±1 by more than rounding there is no correlation: the weights are not a measure.
    return np.where(np.abs(matrix - within) > 1e-9, np.nan, within)
