"""Tables behind the diagnostic figures: score and input distributions, confusion, correlations."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, SAMPLE, WEIGHT, score_column
from winnow.statistics.histograms import (
    asked_edges,
    bin_axis,
    bin_count,
    cell_axes,
    share,
    weighted_sums,
    within,
)
from winnow.statistics.parts import by_class, by_sample

SCORE_BINS = 40
INPUT_BINS = 50
_NOTHING: Mapping[str, Any] = MappingProxyType({})

# Rows handled at once where temporaries are as large as the features in float64.
_CHUNK = 131_072
# A variance below this share of the feature's own is rounding: the feature is constant there.
_CONSTANT = 1e-12


def predicted_class(scores: pd.DataFrame, class_names: tuple[str, ...]) -> NDArray[np.intp]:
    """Return the class of each event's largest score (of equal ones the first), shape (n,)."""
    columns = [scores[score_column(name)].to_numpy() for name in class_names]
    largest: NDArray[np.intp] = np.argmax(np.stack(columns, axis=1), axis=1)
    return largest


def score_histograms(
    scores: pd.DataFrame,
    class_names: tuple[str, ...],
    bins: int | None = None,
    nodes: Sequence[str] | None = None,
    asked: Mapping[str, Any] = _NOTHING,
) -> pd.DataFrame:
    """Tabulate the weighted score distributions of every class in every sample.

    The range is [0, 1] where no other is asked for; the outer bins hold what lies beyond it.

    Args:
        scores: columns sample, class, weight and a score per class; one row per event.
        class_names: the classes in the order of the `class` column.
        bins: number of bins, where no other is asked for; None for what the effective events of the
            smallest class in a sample allow.
        nodes: the classes whose scores are tabulated; None for all.
        asked: of the axis, as `histograms.asked_edges` takes it.

    Returns:
        sample, class, node, low, high, density (unit area per sample, class and node; NaN where
        the weights sum to <= 0), uncertainty √Σw² in the same unit, entries (raw).
    """
    fewest = min(_fewest(part, class_names) for _, part in by_sample(scores))
    default = bins or bin_count(fewest, SCORE_BINS)
    edges = asked_edges({"range": (0.0, 1.0), **asked}, np.empty(0), default)
    tables = []
    for sample, part in by_sample(scores):
        for name, events in by_class(part, class_names):
            weight = events[WEIGHT].to_numpy(np.float64)
            for node in nodes or class_names:
                histogram = _histogram(
                    within(events[score_column(node)].to_numpy(), edges), weight, edges
                )
                keys = pd.DataFrame({SAMPLE: sample, CLASS: name, "node": node}, histogram.index)
                tables.append(keys.join(histogram))
    return pd.concat(tables, ignore_index=True)


def confusion(scores: pd.DataFrame, class_names: tuple[str, ...]) -> pd.DataFrame:
    """Tabulate the weighted confusion matrix of every sample, each true class summing to 1.

    An event is predicted to be of the class of its largest score; with two classes that is the
    signal where its score is above 0.5.

    Returns:
        sample, true_class, predicted_class, fraction (NaN where the true class's weights sum to
        <= 0), weight_sum (physical weights), entries (raw).
    """
    count = len(class_names)
    tables = []
    for sample, part in by_sample(scores):
        cell = part[CLASS].to_numpy(np.intp), predicted_class(part, class_names)
        weight = part[WEIGHT].to_numpy(np.float64)
        sums, _, entries = weighted_sums(cell_axes(count, count), cell, weight)
        rows = sums.sum(axis=1, keepdims=True)
        tables.append(
            pd.DataFrame(
                {
                    SAMPLE: sample,
                    "true_class": np.repeat(class_names, count),
                    "predicted_class": np.tile(class_names, count),
                    "fraction": share(sums, rows).ravel(),
                    "weight_sum": sums.ravel(),
                    "entries": entries.ravel(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def accuracies(scores: pd.DataFrame, class_names: tuple[str, ...]) -> pd.DataFrame:
    """Tabulate the share of rightly predicted events of every sample.

    Returns:
        sample, accuracy (by physical weights, so that the largest class rules), balanced_accuracy
        (mean over classes of the weighted share in the class), unweighted_accuracy.
    """
    table = confusion(scores, class_names)
    rows = []
    for sample, part in table.groupby(SAMPLE, sort=False, observed=True):
        right = (part["true_class"] == part["predicted_class"]).to_numpy()
        weight_sum, entries = part["weight_sum"].to_numpy(), part["entries"].to_numpy()
        rows.append(
            {
                SAMPLE: sample,
                "accuracy": float(share(weight_sum[right].sum(), weight_sum.sum())),
                "balanced_accuracy": float(np.mean(part["fraction"].to_numpy()[right])),
                "unweighted_accuracy": float(entries[right].sum() / entries.sum()),
            }
        )
    return pd.DataFrame(rows)


def input_histograms(
    events: pd.DataFrame,
    features: Sequence[str],
    class_names: tuple[str, ...],
    bins: int | None = None,
    axes: Mapping[str, Mapping[str, Any]] = _NOTHING,
) -> pd.DataFrame:
    """Tabulate the weighted distribution of every feature in every class.

    The range holds the 0.5 to 99.5 % quantiles of the events of all classes, unweighted, missing
    values aside, where no other is asked for. A feature of whole numbers that fit gets one bin for
    each number.

    Args:
        events: columns class, weight and the features (NaN: missing); one row per event.
        features: names of feature columns.
        class_names: the classes in the order of the `class` column.
        bins: number of equal bins; None for what the effective events of the smallest class allow.
        axes: of features, what is asked for, as `histograms.asked_edges` takes it.

    Returns:
        feature, class, low, high, density (of the class's present events; what lies outside of
        the range is missing from the area), uncertainty √Σw² in the same unit, entries (raw),
        missing_fraction and outside_fraction (weighted, of the class: without a value, and beyond
        the range). Density and fractions are NaN where the weights they refer to sum to <= 0.
    """
    tables = []
    bins = bins or bin_count(_fewest(events, class_names), INPUT_BINS)
    for feature in features:
        values = events[feature].to_numpy()
        edges = asked_edges(axes.get(feature, {}), values[~np.isnan(values)], bins)
        for name, part in by_class(events[[CLASS, WEIGHT, feature]], class_names):
            inside = part[feature].to_numpy()
            weight = part[WEIGHT].to_numpy(np.float64)
            missing = np.isnan(inside)
            table = _histogram(inside[~missing], weight[~missing], edges)
            table.insert(0, "feature", feature)
            table.insert(1, CLASS, name)
            table["missing_fraction"] = float(share(weight[missing].sum(), weight.sum()))
            outside = (inside < edges[0]) | (inside > edges[-1])
            table["outside_fraction"] = float(share(weight[outside].sum(), weight.sum()))
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _fewest(events: pd.DataFrame, class_names: tuple[str, ...]) -> float:
    """Return the effective events, (Σw)²/Σw², of the class that has fewest of them."""
    weights = [part[WEIGHT].to_numpy(np.float64) for _, part in by_class(events, class_names)]
    return min((w.sum() ** 2 / np.square(w).sum() for w in weights if w.any()), default=0.0)


def correlations(
    events: pd.DataFrame, features: Sequence[str], class_names: tuple[str, ...]
) -> pd.DataFrame:
    """Tabulate weighted Pearson correlations of all pairs of features in every class.

    Each pair uses the events in which both are present.

    Args:
        events: columns class, weight and the features (NaN: missing); one row per event.
        features: names of feature columns.
        class_names: the classes in the order of the `class` column.

    Returns:
        class, feature_x, feature_y, correlation; NaN where a feature is constant, never present
        together with the other, or has no positive variance under negative weights.
    """
    names = list(features)
    tables = []
    for name, part in by_class(events, class_names):
        matrix = _correlation_matrix(part, names)
        tables.append(
            pd.DataFrame(
                {
                    CLASS: name,
                    "feature_x": np.repeat(names, len(names)),
                    "feature_y": np.tile(names, len(names)),
                    "correlation": matrix.ravel(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _correlation_matrix(events: pd.DataFrame, features: list[str]) -> NDArray[np.float64]:
    """Return the weighted correlations of features over pairwise present events, shape (f, f)."""
    centre, spread = _location_and_spread(events, features)
    # Sums over events where both are present: w, w·x, w·x² and w·x·y, x the row and y the column.
    sums = np.zeros((4, len(features), len(features)))
    for start in range(0, len(events), _CHUNK):
        chunk = events.iloc[start : start + _CHUNK]
        weight = chunk[WEIGHT].to_numpy(np.float64)[:, np.newaxis]
        values = (chunk[features].to_numpy(np.float64) - centre) / spread
        missing = np.isnan(values)
        present = (~missing).astype(np.float64)
        values[missing] = 0.0
        weighted = weight * values
        sums[0] += (weight * present).T @ present
        sums[1] += weighted.T @ present
        sums[2] += (weighted * values).T @ present
        sums[3] += weighted.T @ values
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums[1] / sums[0]
        variance = sums[2] / sums[0] - mean**2
        covariance = sums[3] / sums[0] - mean * mean.T
        defined = (sums[0] > 0) & (variance > _CONSTANT) & (variance.T > _CONSTANT)
        matrix = np.where(defined, covariance / np.sqrt(variance * variance.T), np.nan)
    within = np.clip(matrix, -1.0, 1.0)
    # Beyond ±1 by more than rounding there is no correlation: the weights are not a measure.
    return np.where(np.abs(matrix - within) > 1e-9, np.nan, within)


def _location_and_spread(
    events: pd.DataFrame, features: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of the present values, 0 and 1 where there are none.

    They only set the scale at which sums are taken, so that these lose no digits.
    """
    frame = events[features].astype(np.float64)
    centre = frame.mean().fillna(0.0).to_numpy()
    spread = frame.std(ddof=0).fillna(1.0).to_numpy()
    return centre, np.where(spread > 0, spread, 1.0)


def _histogram(
    values: NDArray[np.floating], weight: NDArray[np.float64], edges: NDArray[np.float64]
) -> pd.DataFrame:
    """Return low, high, density, uncertainty and entries of one weighted histogram.

    Densities refer to the sum of all weights given, inside the edges or not; the last bin holds
    its upper edge.
    """
    sums, squares, entries = weighted_sums([bin_axis(edges)], [values], weight)
    norm = float(weight.sum()) * np.diff(edges)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "density": share(sums, norm),
            "uncertainty": share(np.sqrt(squares), norm),
            "entries": entries,
        }
    )
