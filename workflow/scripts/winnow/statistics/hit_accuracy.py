"""How many hits get their class: in all, per class, per plane, and against an event's hits."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PLANE, ROW, SAMPLE, SOURCE
from winnow.statistics.diagnostics import predicted_class

ALL = "all"
BINS = 8


def event_hits(scores: pd.DataFrame, class_names: tuple[str, ...]) -> pd.DataFrame:
    """Return how many hits each event has in a plane and class, and how many get their class.

    Args:
        scores: columns source, row, sample, plane, class and a score per class; one row a hit.
        class_names: the classes in the order of the `class` column.

    Returns:
        source, row, sample, plane, class (name), hits, right; one row for what has hits.
    """
    keys = [SOURCE, ROW, SAMPLE, PLANE, CLASS]
    right = predicted_class(scores, class_names) == scores[CLASS].to_numpy()
    own = scores[keys].assign(hits=1, right=right.astype(np.int64))
    table = own.groupby(keys, sort=True, observed=True)[["hits", "right"]].sum().reset_index()
    names = np.array(class_names, dtype=object)
    return table.assign(**{CLASS: names[table[CLASS].to_numpy()]})


def hit_accuracies(events: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Tabulate the share of hits that get their class.

    Hits of one event are no independent ones. The uncertainty is that of a ratio of sums over
    events, √Σ(right − accuracy·hits)² / Σhits (Cochran, Sampling Techniques, 1977, section 2.11).

    Args:
        events: as of `event_hits`.
        class_names: the classes.

    Returns:
        sample, plane (or all), class (or all), accuracy, uncertainty, hits, events.
    """
    rows = []
    for sample, own in events.groupby(SAMPLE, sort=False, observed=True):
        planes: list[object] = [ALL, *sorted(own[PLANE].unique())]
        for plane in planes:
            of_plane = own if plane == ALL else own[own[PLANE] == plane]
            for name in (ALL, *class_names):
                part = of_plane if name == ALL else of_plane[of_plane[CLASS] == name]
                rows.append({SAMPLE: sample, PLANE: plane, CLASS: name} | _accuracy(part))
    return pd.DataFrame(rows)


def accuracy_by_hits(events: pd.DataFrame, sample: str, bins: int = BINS) -> pd.DataFrame:
    """Tabulate the share of right hits against how many hits an event has.

    Args:
        events: as of `event_hits`.
        sample: the sample.
        bins: ranges of about as many events each.

    Returns:
        low, high (hits an event; high is included), and the columns of `hit_accuracies`.
    """
    own = events[events[SAMPLE] == sample]
    total = own.groupby([SOURCE, ROW], sort=True, observed=True)[["hits", "right"]].sum()
    edges = np.unique(np.quantile(total["hits"], np.linspace(0, 1, bins + 1)).round())
    return pd.DataFrame(
        [
            {"low": low, "high": high} | _accuracy(part.reset_index())
            for low, high, part in _ranges(total, edges)
        ]
    )


def shown_events(events: pd.DataFrame, sample: str, least_hits: int = 50) -> pd.DataFrame:
    """Return source, row, accuracy and hits of the best, the median and the worst event.

    Args:
        events: as of `event_hits`.
        sample: the sample.
        least_hits: events with fewer hits are passed over, where others are left.
    """
    own = events[events[SAMPLE] == sample]
    total = own.groupby([SOURCE, ROW], sort=True, observed=True)[["hits", "right"]].sum()
    total = total.assign(accuracy=total["right"] / total["hits"]).reset_index()
    large = total[total["hits"] >= least_hits]
    ranked = (large if len(large) else total).sort_values(
        ["accuracy", "hits"], ascending=False, kind="stable"
    )
    chosen = ranked.iloc[[0, len(ranked) // 2, -1]]
    return chosen.assign(which=["best", "median", "worst"]).reset_index(drop=True)


def _ranges(
    total: pd.DataFrame, edges: NDArray[np.float64]
) -> Iterator[tuple[float, float, pd.DataFrame]]:
    if len(edges) == 1:
        yield edges[0], edges[0], total
    for index, (low, high) in enumerate(pairwise(edges)):
        above = total["hits"] >= low if index == 0 else total["hits"] > low
        part = total[above & (total["hits"] <= high)]
        if len(part):
            yield low, high, part


def _accuracy(part: pd.DataFrame) -> dict[str, float]:
    events = part.groupby([SOURCE, ROW], sort=False, observed=True)[["hits", "right"]].sum()
    hits, right = events["hits"].to_numpy(np.float64), events["right"].to_numpy(np.float64)
    if not hits.sum():
        return {"accuracy": np.nan, "uncertainty": np.nan, "hits": 0, "events": 0}
    accuracy = right.sum() / hits.sum()
    spread = np.sqrt(np.square(right - accuracy * hits).sum()) / hits.sum()
    return {
        "accuracy": accuracy,
        "uncertainty": spread,
        "hits": int(hits.sum()),
        "events": len(events),
    }
