"""The score in bins, as an analysis fits it: yields per process, and significances of all bins.

The bins are made on validation alone and then read on every sample.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, SAMPLES, VALIDATION
from winnow.statistics.binning import BinnedSettings, bin_of, binning
from winnow.statistics.counting import Contents, CountedEvents, check_scores, shares_of
from winnow.statistics.efficiency import fraction_variance
from winnow.statistics.histograms import cell_axes, weighted_sums
from winnow.statistics.likelihood import discovery_significance
from winnow.statistics.merit import (
    background_uncertainty,
    eligible_cuts,
    figure_of_merit,
)
from winnow.statistics.selection import ROLES, SIGNAL, Selected
from winnow.statistics.significance import DEFINITIONS, Definition
from winnow.statistics.yields import class_wholes

# Relative step of the numerical slopes behind error propagation.
_STEP = 1e-4


def binned_tables(
    selected: Selected, settings: BinnedSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Bin the score as validation asks, and read yields and significances of every sample.

    Args:
        selected: the events; a group's relative uncertainty moves it together in all bins.
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
    events, fractions = selected.events, selected.fractions
    check_scores(events.score)
    edges = binning(selected.parts[VALIDATION], settings)
    index = np.where(events.counted, bin_of(events.score, edges), -1)
    of_sample = {name: index[selected.kinds.inside(name)] for name in SAMPLES}
    contents = {
        name: _contents(part, of_sample[name], max(0, edges.size - 1), fractions.size)
        for name, part in selected.parts.items()
    }
    eligible = eligible_cuts(contents[VALIDATION], settings.min_background_entries)
    tables, summary = [], []
    for name, found in contents.items():
        table = _bin_table(name, edges, found, fractions, eligible)
        outside = int(np.count_nonzero(selected.parts[name].counted & (of_sample[name] < 0)))
        summary += [
            _summary_row(definition, name, table, found, fractions, outside, settings)
            for definition in DEFINITIONS.values()
        ]
        tables.append(table)
    yields = _process_yields(selected, index, edges)
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
        # sᵀV⁻¹s = min over θ of Σ(s - σᵀθ)²/(s+b) + θ²: least squares, which no matrix of other
        # orders of magnitude makes singular
        unit = np.sqrt(s + total)
        sigma = background * fractions[:, np.newaxis] / unit[..., np.newaxis, :]
        groups = np.broadcast_to(np.eye(fractions.size), (*s.shape[:-1], *[fractions.size] * 2))
        basis = np.linalg.qr(np.concatenate([sigma.swapaxes(-1, -2), groups], axis=-2))[0]
        own = np.concatenate([s / unit, np.zeros((*s.shape[:-1], fractions.size))], axis=-1)
        left = own - np.einsum("...ig,...jg,...j->...i", basis, basis, own)
        quadratic: NDArray[np.float64] = np.sqrt(np.square(left).sum(axis=-1))
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


def _contents(events: CountedEvents, index: NDArray[np.intp], bins: int, groups: int) -> Contents:
    """Sum up the events of one sample, those with index -1 left out."""
    axes = cell_axes(1 + groups, bins)
    sums, variances, entries = weighted_sums(axes, [events.row, index], events.weight)
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
    selected: Selected, index: NDArray[np.intp], edges: NDArray[np.float64]
) -> pd.DataFrame:
    """Tabulate each process of each sample in every bin, empty bins too."""
    bins, kinds, events = max(0, edges.size - 1), selected.kinds, selected.events
    given = np.zeros(index.size, bool) if events.fixed is None else events.fixed >= 0
    fixed = [kinds.class_names[label] for label in np.unique(kinds.label[given])]
    wholes = class_wholes(kinds, events.weight, fixed)
    size = kinds.entries.size
    kept = np.flatnonzero(np.bincount(kinds.of_process[events.counted], minlength=size))
    binned = index >= 0
    place = kinds.of_process[binned], index[binned]
    sums, variances, entries = weighted_sums(cell_axes(size, bins), place, events.weight[binned])
    codes = np.unravel_index(kept, kinds.shape)
    whole, whole_squares = (np.repeat(values[codes[:2]], bins) for values in wholes)
    sums, variances = sums[kept].ravel(), variances[kept].ravel()
    sample, label, process = (np.repeat(code, bins) for code in codes)
    return pd.DataFrame(
        {
            SAMPLE: np.asarray(SAMPLES)[sample],
            "bin": np.tile(np.arange(bins), kept.size),
            "low": np.tile(edges[:-1], kept.size),
            "high": np.tile(edges[1:], kept.size),
            PROCESS: np.asarray(kinds.process_names, dtype=str)[process],
            CLASS: np.asarray(kinds.class_names)[label],
            "is_signal": selected.roles[label, process] == ROLES.index(SIGNAL),
            "yield": sums,
            "uncertainty": np.sqrt(fraction_variance(sums, variances, whole, whole_squares)),
            "entries": entries[kept].ravel(),
        }
    )
