"""How far a cut on the score changes the background's distribution of a spectator, such as a mass.

The background is cut into slices of the score, and the cumulative distribution of the spectator in
each, F_s, is held against that of all background, F:

    distance = √( Σ_s f_s ∫ (F_s − F)² dF ),   f_s the slice's share of the background's yield.

It is the flatness measure of Rogozhnikov et al. (arXiv:1410.4140, eq. 6, of Cramér and von Mises),
with slices of the score in place of regions of the mass: 0 where score and spectator have nothing
to do with each other, 0.05 where cumulative distributions differ by a twentieth. Only sums of
weights enter, so that negative ones keep their sign.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.identity import key
from winnow.statistics.histograms import bin_axis, cell_axes, named_edges, weighted_sums
from winnow.study.keys.plot_axes import UNASKED, PlotAxis

# shares of the background's yield below the slices' edges: a cut is made in the last of them
SHARES = (0.0, 0.5, 0.8, 0.95, 1.0)
REPLICAS = 100

_FINE = 500
"""Steps that F is told at: what lies between two of them moves the distance by less than 1/500."""


def slice_edges(score: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores between which the background's yield has the shares of SHARES.

    Args:
        score: (n,) at least one.
        weight: (n,), their sum above 0.

    Returns:
        (len(SHARES),), rising, the first and the last infinite; equal ones enclose an empty slice.
    """
    order = np.argsort(score, kind="stable")
    # negative weights bend the sum back: where it first gets to a share counts
    reached = np.maximum.accumulate(np.cumsum(weight[order]))
    places = np.searchsorted(reached, np.array(SHARES[1:-1]) * weight.sum())
    inner = score[order][np.minimum(places, len(score) - 1)]
    return np.concatenate([[-np.inf], inner, [np.inf]])


def distance(sums: NDArray[np.float64]) -> float:
    """Return the distance of the slices from all of them together, NaN where nothing is left.

    Args:
        sums: (slices, bins) sums of weights.

    >>> distance(np.array([[1.0, 1.0], [2.0, 2.0]]))
    0.0
    >>> round(distance(np.array([[1.0, 0.0], [0.0, 1.0]])), 4)  # F_s - F is ±1/2 in the first bin
    0.3536
    """
    own, total = sums.sum(axis=1), sums.sum()
    if not total > 0:
        return float("nan")
    # a slice whose weights cancel has no distribution
    used = sums[own > 0]
    whole = sums.sum(axis=0) / total
    apart = np.cumsum(used, axis=1) / own[own > 0, None] - np.cumsum(whole)
    squared = float((own[own > 0] / total) @ np.square(apart) @ whole)
    return float(np.sqrt(max(squared, 0.0)))


def sculpting(
    spectators: pd.DataFrame,
    score: NDArray[np.float64],
    weight: NDArray[np.float64],
    seed: int,
    axes: Mapping[str, PlotAxis] = UNASKED,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate how much the background's spectators depend on the score.

    Args:
        spectators: a column each, one row an event of the background; missing values are left out.
        score: (n,) the signal's score.
        weight: (n,) yields.
        seed: of the bootstrap and of the comparison without dependence.
        axes: of spectators, those that are asked for.

    Returns:
        * spectator, distance, uncertainty (standard deviation over bootstrap replicas), unrelated
          (the mean distance where the slices are dealt out by chance: what few events give),
          p_value (share of such deals with a distance at least as large), entries;
        * spectator, slice, score_low, score_high, low, high, density (of unit area), uncertainty.
    """
    rows, parts = [], list[pd.DataFrame]()
    for name in spectators.columns.astype(str):
        values = spectators[name].to_numpy(np.float64)
        there = np.isfinite(values)
        own, own_score, own_weight = values[there], score[there], weight[there]
        if not own_weight.sum() > 0:
            rows.append({"spectator": name, "entries": int(there.sum())})
            continue
        edges = slice_edges(own_score, own_weight)
        slices = np.searchsorted(edges[1:-1], own_score, side="right")
        rows.append({"spectator": name, **_measured(own, slices, own_weight, (name, seed))})
        bins = named_edges(axes.get(name), own)
        parts += _histograms(name, own, slices, own_weight, edges, bins)
    columns = ["spectator", "distance", "uncertainty", "unrelated", "p_value", "entries"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    return table, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _measured(
    values: NDArray[np.float64],
    slices: NDArray[np.intp],
    weight: NDArray[np.float64],
    words: tuple[str, int],
) -> dict[str, float]:
    """Return the distance with its uncertainty, and what chance alone gives."""
    steps = np.unique(np.quantile(values, np.linspace(0, 1, _FINE + 1)[1:-1]))
    bins, shape = np.searchsorted(steps, values, side="right"), (len(SHARES) - 1, len(steps) + 1)

    def summed(own: NDArray[np.intp], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        cells = np.bincount(own * shape[1] + bins, weights, shape[0] * shape[1]).astype(np.float64)
        table: NDArray[np.float64] = cells.reshape(shape)
        return table

    generator = np.random.Generator(np.random.Philox(key("sculpting", *words)))
    found = distance(summed(slices, weight))
    replicas, dealt = np.empty(REPLICAS), np.empty(REPLICAS)
    for number in range(REPLICAS):
        replicas[number] = distance(summed(slices, weight * generator.poisson(1, len(weight))))
        dealt[number] = distance(summed(generator.permutation(slices), weight))
    return {
        "distance": found,
        "uncertainty": float(np.nanstd(replicas)),
        "unrelated": float(np.nanmean(dealt)),
        "p_value": (1 + int((dealt >= found).sum())) / (1 + REPLICAS),
        "entries": len(values),
    }


def _histograms(
    name: str,
    values: NDArray[np.float64],
    slices: NDArray[np.intp],
    weight: NDArray[np.float64],
    edges: NDArray[np.float64],
    bins: NDArray[np.float64],
) -> Sequence[pd.DataFrame]:
    """Return the distribution in each slice."""
    (numbers,) = cell_axes(len(SHARES) - 1)
    sums, squares, _ = weighted_sums([numbers, bin_axis(bins)], [slices, values], weight)
    whole = np.bincount(slices, weight, minlength=len(SHARES) - 1)
    parts = []
    for number, total in enumerate(whole):
        if not total > 0:
            continue
        scale = 1 / (total * np.diff(bins))
        parts.append(
            pd.DataFrame(
                {
                    "spectator": name,
                    "slice": number,
                    "score_low": edges[number],
                    "score_high": edges[number + 1],
                    "low": bins[:-1],
                    "high": bins[1:],
                    "density": sums[number] * scale,
                    "uncertainty": np.sqrt(squares[number]) * scale,
                }
            )
        )
    return parts
