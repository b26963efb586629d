"""The score in bins, as an analysis fits it: yields per process, and significances of all bins.

The bins are made on validation alone and then read on every sample.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, SAMPLES, VALIDATION
from winnow.errors import ConfigError
from winnow.statistics.counting import Contents, Events, check_scores, scan, shares_of
from winnow.statistics.likelihood import discovery_significance
from winnow.statistics.merit import (
    background_uncertainty,
    eligible_cuts,
    enough_background,
    figure_of_merit,
)
from winnow.statistics.significance import DEFINITIONS, Definition
from winnow.statistics.yields import class_wholes, fraction_variance

# Scores are probabilities.
LOW, HIGH = 0.0, 1.0

# Relative step of the numerical slopes behind error propagation.
_STEP = 1e-4


@dataclass(frozen=True)
class BinnedSettings:
    """How the score is binned.

    Attributes:
        class_names: the classes in the order of the `class` column.
        min_background_entries: background events, raw and effective, that a bin holds on
            validation; one with fewer joins its neighbour.
        simulation_statistics: whether the Asimov significance with systematic is told what the
            simulation's own statistics leave unknown of each bin's background.
        edges: of the bins, ascending; None for `count` bins from 0 to 1.
        count: number of bins before any are joined.
        kind: equal_width or equal_signal, what `count` bins have in common.
    """

    class_names: tuple[str, ...]
    min_background_entries: int = 50
    simulation_statistics: bool = True
    edges: tuple[float, ...] | None = None
    count: int = 10
    kind: str = "equal_signal"


def fixed_edges(edges: ArrayLike) -> NDArray[np.float64]:
    """Return given bin edges; raise ConfigError unless there are two or more and they ascend."""
    values = np.asarray(edges, dtype=np.float64)
    if values.size < 2 or not np.all(np.diff(values) > 0):
        raise ConfigError(
            f"fom.bins.edges: found {values.tolist()}, expected two or more numbers, each larger "
            "than the one before. Write the edges of the bins from low to high score."
        )
    return values


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


def binning(events: Events, settings: BinnedSettings) -> NDArray[np.float64]:
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
    index = bin_of(background.score, edges)
    inside = index >= 0
    sums, variances, entries = _sums(index[inside], background.weight[inside], (edges.size - 1,))
    return merge_bins(edges, entries, sums, variances, settings.min_background_entries)


def binned_tables(
    scores: pd.DataFrame,
    events: Events,
    fractions: NDArray[np.float64],
    settings: BinnedSettings,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Bin the score as validation asks, and read yields and significances of every sample.

    Args:
        scores: columns sample, class, process; one row per event.
        events: the same rows.
        fractions: relative uncertainty of each group of background, shape (groups,), which moves
            the group together in all bins.
        settings: the bins.

    Returns:
        yields: per sample, bin and process: sample, bin, low, high, process, class, is_signal,
            yield (Σw), its statistical uncertainty, entries (raw).
        bins: per sample and bin: sample, bin, low, high, s, s_uncertainty, b, b_uncertainty,
            sigma (systematic), s_entries, b_entries, eligible (as decided on validation), then
            each definition's value, NaN where undefined.
        summary: per definition and sample: definition, label, sample, binned: of the bins that are
            eligible and defined together (NaN without any), see `joint`, uncertainty (statistical,
            propagated linearly), bins
            (their number), undefined_bins (the others' numbers, separated by blanks),
            entries_outside (events that count, in no bin).
        Without bins (see `binning`), yields and bins have no rows and binned is NaN.

    Raises:
        ConfigError: given edges do not ascend.
        DataError: a score is NaN.
    """
    check_scores(events.score)
    inside = {name: (scores[SAMPLE] == name).to_numpy() for name in SAMPLES}
    edges = binning(events.of(inside[VALIDATION]), settings)
    index = np.where(events.counted, bin_of(events.score, edges), -1)
    size = max(0, edges.size - 1)
    contents = {
        name: _contents(events.of(rows), index[rows], size, fractions.size)
        for name, rows in inside.items()
    }
    eligible = eligible_cuts(contents[VALIDATION], settings.min_background_entries)
    tables, summary = [], []
    for name, found in contents.items():
        table = _bin_table(name, edges, found, fractions, eligible)
        outside = int(np.count_nonzero(events.counted[inside[name]] & (index[inside[name]] < 0)))
        summary += [
            _summary_row(definition, name, table, found, fractions, outside, settings)
            for definition in DEFINITIONS.values()
        ]
        tables.append(table)
    yields = _process_yields(scores, events, index, edges, settings.class_names)
    return yields, pd.concat(tables, ignore_index=True), pd.DataFrame(summary)


def joint(
    definition: Definition,
    s: NDArray[np.float64],
    background: NDArray[np.float64],
    fractions: NDArray[np.float64],
    variance: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Return a figure of merit of bins together, shape (...).

    - `asimov`: the profile likelihood of all bins, in which each relative uncertainty moves its
      group together in every bin (`likelihood.discovery_significance`);
    - `s_over_sqrt_s_plus_b_sigma2`: √(sᵀV⁻¹s), V = diag(s+b) + Σ_g σ_g σ_gᵀ, the same in the
      Gaussian limit;
    - the others know no systematic, so that bins are independent: √ΣZ².

    Args:
        definition: which.
        s: expected signal, shape (..., bins), of bins in which the definition is defined.
        background: expected background, shape (..., groups, bins).
        fractions: relative uncertainty of each group, shape (groups,).
        variance: of the simulation's b, shape (..., bins), for `asimov`; None: known exactly.
    """
    total = background.sum(axis=-2)
    if definition.name == "asimov":
        return discovery_significance(s, background, fractions, variance)
    if definition.name == "s_over_sqrt_s_plus_b_sigma2":
        sigma = background * fractions[:, np.newaxis]
        covariance = np.einsum("...gi,...gj->...ij", sigma, sigma)
        covariance = covariance + (s + total)[..., np.newaxis] * np.eye(s.shape[-1])
        solved = np.linalg.solve(covariance, s[..., np.newaxis])[..., 0]
        quadratic: NDArray[np.float64] = np.sqrt(np.maximum((s * solved).sum(axis=-1), 0.0))
        return quadratic
    values = definition.function(s, total, np.zeros_like(total))
    added: NDArray[np.float64] = np.sqrt(np.square(values).sum(axis=-1))
    return added


def joint_uncertainty(
    definition: Definition,
    contents: Contents,
    fractions: NDArray[np.float64],
    variance: NDArray[np.float64] | None,
) -> float:
    """Propagate the statistical variances of all bins to `joint`, linearly, by numerical slopes.

    Args:
        definition: which.
        contents: of bins in which the definition is defined.
        fractions: relative uncertainty of each group, shape (groups,).
        variance: as `joint` has it; it is kept while the contents move.
    """
    cells = np.vstack([contents.s, contents.background])
    variances = np.vstack([contents.s_variance, contents.background_variance])
    scale = np.vstack([np.abs(contents.s), np.broadcast_to(contents.b, contents.background.shape)])
    steps = (_STEP * scale).ravel()
    moved = np.flatnonzero((variances.ravel() > 0) & (steps > 0))
    if moved.size == 0:
        return 0.0
    shift = np.zeros((moved.size, cells.size))
    shift[np.arange(moved.size), moved] = steps[moved]
    values = []
    for sign in (1.0, -1.0):
        found = (cells.ravel() + sign * shift).reshape(-1, *cells.shape)
        own = None if variance is None else np.broadcast_to(variance, found[:, 0].shape)
        values.append(joint(definition, found[:, 0], found[:, 1:], fractions, own))
    slopes = np.zeros(cells.size)
    slopes[moved] = np.nan_to_num((values[0] - values[1]) / (2.0 * steps[moved]))
    return float(np.sqrt(contents.variance_along(slopes.reshape(cells.shape), together=True)))


# Parts -------------------------------------------------------------------------------------------


def _initial_edges(events: Events, settings: BinnedSettings) -> NDArray[np.float64]:
    if settings.edges is not None:
        return fixed_edges(settings.edges)
    if settings.kind == "equal_width":
        return np.linspace(LOW, HIGH, settings.count + 1)
    signal = events.counted & events.is_signal
    return equal_signal_edges(events.score[signal], events.weight[signal], settings.count)


def _sums(
    cell: NDArray[np.intp], weight: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return Σw, Σw² and the number of events in every cell."""
    size = math.prod(shape)
    # The stubs know bincount as one of integers only.
    sums, variances = (
        np.asarray(np.bincount(cell, values, minlength=size), dtype=np.float64)
        for values in (weight, np.square(weight))
    )
    entries = np.bincount(cell, minlength=size)
    return sums.reshape(shape), variances.reshape(shape), entries.reshape(shape)


def _contents(events: Events, index: NDArray[np.intp], bins: int, groups: int) -> Contents:
    """Sum up the events of one sample, those with index -1 left out."""
    binned = index >= 0
    row = events.row
    shape = (1 + groups, bins)
    cell = (row * bins + index)[binned]
    sums, variances, entries = _sums(cell, events.weight[binned], shape)
    return Contents(
        s=sums[0],
        background=sums[1:],
        s_variance=variances[0],
        background_variance=variances[1:],
        s_entries=entries[0],
        b_entries=entries[1:].sum(axis=0),
        shares=shares_of(events, index, bins),
    )


def _bin_table(
    sample: str,
    edges: NDArray[np.float64],
    contents: Contents,
    fractions: NDArray[np.float64],
    eligible: NDArray[np.bool_],
) -> pd.DataFrame:
    columns = {
        SAMPLE: sample,
        "bin": np.arange(contents.s.size),
        "low": edges[:-1],
        "high": edges[1:],
        "s": contents.s,
        "s_uncertainty": contents.s_uncertainty,
        "b": contents.b,
        "b_uncertainty": contents.b_uncertainty,
        "sigma": background_uncertainty(contents.background, fractions),
        "s_entries": contents.s_entries,
        "b_entries": contents.b_entries,
        "eligible": eligible,
    }
    for name, definition in DEFINITIONS.items():
        columns[name] = figure_of_merit(definition, contents.s, contents.background, fractions)
    return pd.DataFrame(columns)


def _summary_row(
    definition: Definition,
    sample: str,
    table: pd.DataFrame,
    contents: Contents,
    fractions: NDArray[np.float64],
    outside: int,
    settings: BinnedSettings,
) -> dict[str, object]:
    values = table[definition.name].to_numpy()
    counted = np.isfinite(values) & table["eligible"].to_numpy()
    binned, uncertainty = np.nan, np.nan
    if counted.any():
        own = contents.of(counted)
        variance = np.square(own.b_uncertainty) if settings.simulation_statistics else None
        binned = float(joint(definition, own.s, own.background, fractions, variance))
        uncertainty = joint_uncertainty(definition, own, fractions, variance)
    return {
        "definition": definition.name,
        "label": definition.axis_label(bool(fractions.any())),
        SAMPLE: sample,
        "binned": binned,
        "uncertainty": uncertainty if binned > 0 else np.nan,
        "bins": len(table),
        "undefined_bins": " ".join(map(str, np.flatnonzero(~counted))),
        "entries_outside": outside,
    }


def _process_yields(
    scores: pd.DataFrame,
    events: Events,
    index: NDArray[np.intp],
    edges: NDArray[np.float64],
    class_names: tuple[str, ...],
) -> pd.DataFrame:
    """Tabulate each process of each sample in every bin, empty bins too."""
    bins = max(0, edges.size - 1)
    counted = events.counted
    given = np.zeros(len(scores), bool) if events.fixed is None else events.fixed >= 0
    fixed = [class_names[label] for label in np.unique(scores.loc[given, CLASS])]
    wholes = class_wholes(scores, events.weight, class_names, fixed)
    scores, index, events = scores[counted], index[counted], events.of(counted)
    columns = {
        SAMPLE: pd.Categorical(scores[SAMPLE].astype(str), SAMPLES),
        CLASS: scores[CLASS].to_numpy(),
        PROCESS: pd.Categorical(scores[PROCESS]),
        "is_signal": events.is_signal,
    }
    groups = pd.DataFrame(columns).groupby(list(columns), observed=True)
    keys = groups.size().index.to_frame(index=False)
    binned = index >= 0
    cell = (groups.ngroup().to_numpy() * bins + index)[binned]
    sums, variances, entries = _sums(cell, events.weight[binned], (len(keys) * bins,))
    rows = keys.loc[np.repeat(keys.index, bins)]
    of_class = keys[SAMPLE].cat.codes.to_numpy(np.intp) * len(class_names)
    of_class = of_class + keys[CLASS].to_numpy(np.intp)
    whole, whole_squares = (np.repeat(values[of_class], bins) for values in wholes)
    return pd.DataFrame(
        {
            SAMPLE: rows[SAMPLE].to_numpy(str),
            "bin": np.tile(np.arange(bins), len(keys)),
            "low": np.tile(edges[:-1], len(keys)),
            "high": np.tile(edges[1:], len(keys)),
            PROCESS: rows[PROCESS].to_numpy(str),
            CLASS: np.asarray(class_names)[rows[CLASS].to_numpy(np.intp)],
            "is_signal": rows["is_signal"].to_numpy(),
            "yield": sums,
            "uncertainty": np.sqrt(fraction_variance(sums, variances, whole, whole_squares)),
            "entries": entries,
        }
    )
