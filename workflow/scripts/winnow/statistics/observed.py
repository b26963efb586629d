"""Collision data beside the simulation that is expected of it: the score, and spectators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import gammaincinv

from winnow.columns import CLASS, EVENT_ID, PROCESS, SCORED, SOURCE, STATUS, TEST, WEIGHT
from winnow.errors import DataError
from winnow.preparation.values import held
from winnow.statistics.efficiency import ONE_SIGMA
from winnow.statistics.histograms import (
    asked_edges,
    bin_axis,
    named_edges,
    score_axis,
    weighted_sums,
    within,
)
from winnow.statistics.kinds import kinds_of
from winnow.statistics.yields import YieldSettings, process_yields, yield_weights
from winnow.study.keys.plot_axes import PlotAxis
from winnow.tables import read_parquet

DATA = "data"
SCORE = "score"
SCORE_BINS = 20


@dataclass(frozen=True)
class Observed:
    """Scored events of collision data.

    Attributes:
        events: one row an event that counts, its score and spectators.
        counts: source, entries, scored, duplicates (scored, and dropped).
    """

    events: pd.DataFrame
    counts: pd.DataFrame


def read_observed(
    paths: Sequence[str | Path], columns: Sequence[str], drop_duplicates: bool
) -> Observed:
    """Read what `apply` scored; of events that stand twice the first counts alone, if so asked.

    Args:
        paths: tables of scores, in the order in which the first of several counts.
        columns: the score and the spectators that are read.
        drop_duplicates: whether events are told by their id and count once.

    Raises:
        DataError: a file cannot be read, or a score is NaN.
    """
    tables = [read_parquet(path, [SOURCE, EVENT_ID, STATUS, *columns]) for path in paths]
    own = pa.concat_tables(tables).unify_dictionaries().to_pandas()
    scored = own[own[STATUS] == SCORED]
    for name in columns[:1]:
        if scored[name].isna().any():
            raise DataError(
                f"{paths[0]} and others, column {name!r}: found NaN for a scored event, expected "
                "numbers. The network diverged: train it with a lower learning rate."
            )
    twice = scored.duplicated(EVENT_ID) if drop_duplicates else np.zeros(len(scored), dtype=bool)
    counts = pd.DataFrame({"entries": own[SOURCE].value_counts(sort=False)})
    counts["scored"] = scored[SOURCE].value_counts(sort=False)
    counts["duplicates"] = scored.loc[twice, SOURCE].value_counts(sort=False)
    counts = counts.fillna(0).astype(int).rename_axis(SOURCE).reset_index()
    return Observed(scored.loc[~np.asarray(twice), list(columns)], counts)


def expected(scores: pd.DataFrame, settings: YieldSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the simulated test events with their yields, and the yields of each process.

    Args:
        scores: source, sample, class, process, weight and what is drawn; all samples.
        settings: how weights become expected events.

    Returns:
        * the events of the test sample, with a column `yield`;
        * their rows of `process_yields`.
    """
    kinds = kinds_of(scores, settings.class_names, settings.split_sources)
    weight = yield_weights(kinds, scores[WEIGHT].to_numpy(np.float64), settings)
    table = process_yields(kinds, weight)
    inside = kinds.inside(TEST)
    events = scores[inside].assign(**{"yield": weight[inside]})
    return events, table[table["sample"] == TEST].reset_index(drop=True)


def poisson_interval(
    counts: NDArray[np.int64], coverage: float = ONE_SIGMA
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the central interval of the mean behind counts (Garwood, Biometrika 28 (1936) 437).

    >>> [round(float(own[0]), 3) for own in poisson_interval(np.array([4]), 0.6827)]
    [2.086, 7.163]
    """
    tail = (1 - coverage) / 2
    lower = gammaincinv(np.maximum(counts, 1), tail) * (counts > 0)
    return lower, np.asarray(gammaincinv(counts + 1, 1 - tail), np.float64)


def drawn_edges(
    name: str, simulated: pd.Series, axes: Mapping[str, PlotAxis]
) -> NDArray[np.float64]:
    """Return the bin edges of a quantity: those asked for, else round numbers, the score's 20.

    Args:
        name: the quantity.
        simulated: its values in the simulation, NaN where there is none.
        axes: of quantities, those that are asked for.
    """
    values = simulated.dropna().to_numpy(np.float64)
    if name == SCORE:
        return asked_edges(score_axis(axes.get(name, PlotAxis())), held(values), SCORE_BINS)
    return named_edges(axes.get(name), values)


def histograms(
    data: pd.DataFrame,
    simulated: pd.DataFrame,
    edges: Mapping[str, NDArray[np.float64]],
    signal: int | None,
) -> pd.DataFrame:
    """Return how many events are seen and expected in each bin; the outer ones hold what is beyond.

    Args:
        data: a column for each quantity.
        simulated: the same, class, process and `yield`.
        edges: quantity → bin edges.
        signal: the class whose processes come last.

    Returns:
        quantity, process (`data` first, then by rising yield), low, high, yield, lower and upper
        (of data `poisson_interval`, else yield ∓ √Σw²), entries, missing (events without a value,
        which no bin holds).
    """
    ranked = simulated.groupby(PROCESS, observed=True).agg(
        signal=(CLASS, lambda own: (own == signal).any()), total=("yield", "sum")
    )
    order = ranked.sort_values(["signal", "total"])
    parts = []
    for name, own in edges.items():
        for process in (DATA, *order.index.astype(str)):
            table = data if process == DATA else simulated[simulated[PROCESS] == process]
            values = table[name].to_numpy(np.float64)
            weight = np.ones(len(table)) if process == DATA else table["yield"].to_numpy()
            there = np.isfinite(values)
            kept = within(values[there], own)
            sums, squares, entries = weighted_sums([bin_axis(own)], [kept], weight[there])
            error = np.sqrt(squares)
            interval = (
                poisson_interval(entries) if process == DATA else (sums - error, sums + error)
            )
            parts.append(
                pd.DataFrame(
                    {
                        "quantity": name,
                        PROCESS: process,
                        "low": own[:-1],
                        "high": own[1:],
                        "yield": sums,
                        "lower": interval[0],
                        "upper": interval[1],
                        "entries": entries,
                        "missing": int((~there).sum()),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
