"""Tables behind the diagnostic figures of scores: distributions, confusion, accuracies."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, SAMPLE, WEIGHT, score_column
from winnow.preparation.values import held
from winnow.statistics.histograms import (
    asked_edges,
    bin_axis,
    bin_count,
    cell_axes,
    score_axis,
    share,
    weighted_sums,
    within,
)
from winnow.statistics.parts import by_class, by_sample
from winnow.study.keys.plot_axes import PlotAxis

SCORE_BINS = 40
_UNASKED = PlotAxis()


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
    asked: PlotAxis = _UNASKED,
) -> pd.DataFrame:
    """Tabulate the weighted score distributions of every class in every sample.

    The range is [0, 1] where no other is asked for; the outer bins hold what lies beyond it.

    Args:
        scores: columns sample, class, weight and a score per class; one row per event.
        class_names: the classes in the order of the `class` column.
        bins: number of bins, where no other is asked for; None for what the effective events of the
            smallest class in a sample allow.
        nodes: the classes whose scores are tabulated; None for all.
        asked: of the axis.

    Returns:
        sample, class, node, low, high, density (unit area per sample, class and node; NaN where
        the weights sum to <= 0), uncertainty √Σw² in the same unit, entries (raw).
    """
    fewest = min(_fewest(part, class_names) for _, part in by_sample(scores))
    default = bins or bin_count(fewest, SCORE_BINS)
    edges = asked_edges(score_axis(asked), held(np.empty(0)), default)
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


def _fewest(events: pd.DataFrame, class_names: tuple[str, ...]) -> float:
    """Return the effective events, (Σw)²/Σw², of the class that has fewest of them."""
    weights = [part[WEIGHT].to_numpy(np.float64) for _, part in by_class(events, class_names)]
    return min((w.sum() ** 2 / np.square(w).sum() for w in weights if w.any()), default=0.0)


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
