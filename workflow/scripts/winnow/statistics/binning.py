"""Bins of the score: their edges, merged until each holds enough background."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from winnow.errors import ConfigError
from winnow.statistics.counting import CountedEvents, check_scores, scan
from winnow.statistics.histograms import bin_axis, weighted_sums
from winnow.statistics.merit import enough_background
from winnow.study.keys.fom import Bins, Fom

LOW, HIGH = 0.0, 1.0
"""What scores lie between."""


@dataclass(frozen=True)
class BinnedSettings(Bins):
    """How the score is binned.

    Attributes:
        min_background_entries: background events, raw and effective, that a bin holds on
            validation; one with fewer joins its neighbour.
    """

    min_background_entries: int = Fom.min_background_entries


def fixed_edges(edges: ArrayLike) -> NDArray[np.float64]:
    """Return given bin edges; raise ConfigError unless there are two or more and they ascend."""
    values = np.asarray(edges, dtype=np.float64)
    if values.size < 2 or not np.all(np.diff(values) > 0):
        raise ConfigError(
            f"fom.bins.edges: found {values.tolist()}, expected two or more numbers, each larger "
            "than the one before. Write the edges of the bins from low to high score."
        )
    return values


def read_edges(path: str | Path) -> NDArray[np.float64]:
    """Return the edges of the bins of a table of yields in bins; none: empty."""
    table = pd.read_csv(path, usecols=["low", "high"])
    return np.unique(table.to_numpy(np.float64))


def equal_signal_edges(
    score: NDArray[np.floating], weight: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return edges from 0 to 1 between which equal shares of signal lie.

    Each share is met within one event's weight, or within that of all events of one score; scores
    that hold several shares make for fewer bins.

    Args:
        score: of the signal, shape (n,), in [0, 1].
        weight: expected events, shape (n,); negative ones are allowed.
        count: number of bins.

    Returns:
        Shape (bins + 1,); empty where the weights sum to <= 0, which no bins share equally.

    Raises:
        DataError: a score is NaN.
    """
    counts = scan(score, np.ones(score.size, dtype=bool), weight)
    total = counts.s[0] if counts.s.size else 0.0
    if not total > 0:
        return np.empty(0)
    shares = total * np.arange(1, count) / count
    # With negative weights a share can be passed several times: the highest score counts.
    reached = np.maximum.accumulate(counts.s[::-1])
    inner = counts.cut[::-1][np.searchsorted(reached, shares, side="left")]
    return np.unique(np.concatenate([[LOW], inner[(inner > LOW) & (inner < HIGH)], [HIGH]]))


def merge_bins(
    edges: NDArray[np.float64],
    entries: NDArray[np.int64],
    sums: NDArray[np.float64],
    variances: NDArray[np.float64],
    least: int,
) -> NDArray[np.float64]:
    """Join each bin without enough background with its left neighbour, from the right on.

    What is left over at the lowest scores joins its right neighbour; the last bin left stays,
    however few its entries.

    Args:
        edges: shape (n + 1,), ascending.
        entries: raw background events in each bin, shape (n,).
        sums: their sums of weights, shape (n,).
        variances: their sums of squared weights, shape (n,).
        least: the entries that a bin needs, raw and effective.

    Returns:
        The edges that remain, the first and the last among them.
    """
    kept, held = [edges[-1]], np.zeros(3)
    for low, found in zip(
        edges[:-1][::-1], np.stack([entries, sums, variances], axis=1)[::-1], strict=True
    ):
        held = held + found
        if enough_background(held[0], held[1], held[2], least):
            kept.append(low)
            held = np.zeros(3)
    if kept[-1] != edges[0]:
        # The lowest bins together hold too few.
        kept = [*kept[: max(1, len(kept) - 1)], edges[0]]
    return np.array(kept[::-1])


def bin_of(score: NDArray[np.floating], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the bin that holds each score, low <= score < high, the last high edge inside too.

    Returns:
        Shape (n,), -1 for scores outside all bins.
    """
    if edges.size == 0:
        return np.full(score.shape, -1, dtype=np.intp)
    index: NDArray[np.intp] = np.searchsorted(edges, score, side="right") - 1
    index[score == edges[-1]] = edges.size - 2
    return np.where(index < edges.size - 1, index, -1)


def binning(events: CountedEvents, settings: BinnedSettings) -> NDArray[np.float64]:
    """Return the bin edges that a validation sample asks for, shape (bins + 1,).

    They are empty where bins of equal signal are asked for and the signal sums to <= 0.

    Raises:
        ConfigError: given edges do not ascend.
        DataError: a score is NaN.
    """
    check_scores(events.score)
    edges = _initial_edges(events, settings)
    if edges.size == 0:
        return edges
    background = events.of(events.counted & ~events.is_signal)
    sums, variances, entries = weighted_sums(
        [bin_axis(edges)], [background.score], background.weight
    )
    return merge_bins(edges, entries, sums, variances, settings.min_background_entries)


def _initial_edges(events: CountedEvents, settings: BinnedSettings) -> NDArray[np.float64]:
    if settings.edges is not None:
        return fixed_edges(settings.edges)
    if settings.kind == "equal_width":
        return np.linspace(LOW, HIGH, settings.count + 1)
    signal = events.counted & events.is_signal
    return equal_signal_edges(events.score[signal], events.weight[signal], settings.count)
