"""What a systematic variation changes: yields at the cut, bins of the score, its distribution.

Nominal and shifted events are the same events, paired by source and row. What both have alike adds
nothing to the uncertainty of a difference D = Σ_shifted w - Σ_nominal w, which is that of the
events that moved or whose weight changed: Var D = Σ (w_shifted - w_nominal)², a weight being 0
where an event is not counted. A relative shift r = D / Σ_nominal w has
Σ (w_shifted - (1 + r) w_nominal)² / (Σ_nominal w)²: a common factor on all weights is known
exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import (
    CLASS,
    DIRECTION,
    PROCESS,
    ROW,
    SAMPLE,
    SOURCE,
    TEST,
    VARIATION,
    WEIGHT,
    score_column,
)
from winnow.statistics.binning import bin_of
from winnow.statistics.kinds import Kinds, kinds_of
from winnow.statistics.selection import (
    BACKGROUND,
    NEITHER,
    ROLES,
    SIGNAL,
    SelectionSettings,
    passing,
    roles_of,
)
from winnow.statistics.yields import factors_of_test

Array = NDArray[np.float64]
Index = NDArray[np.intp]

NOMINAL = "nominal"
ALL = "all"
"""The class and the process of a row of all signal, or of all background."""

COUNTS_AS = "counts_as"


@dataclass(frozen=True)
class Pairs:
    """The test events that are there nominally, shifted, or both, each once.

    Attributes:
        class_names: the classes.
        process_names: the processes.
        roles: what a class's process counts as, an index into ROLES, shape (classes, processes).
        kind: class × processes + process of each event, shape (n,).
        there: whether an event is there before and after, shape (2, n).
        passed: whether it passes what is asked before the cut, shape (2, n).
        score: the signal's, shape (2, n), NaN where the event is not there.
        weight: expected events, shape (2, n), 0 where the event is not there.
    """

    class_names: tuple[str, ...]
    process_names: tuple[str, ...]
    roles: NDArray[np.int8]
    kind: Index
    there: NDArray[np.bool_]
    passed: NDArray[np.bool_]
    score: Array
    weight: Array

    @property
    def role(self) -> NDArray[np.int8]:
        """What each event counts as, an index into ROLES, shape (n,)."""
        return self.roles.ravel()[self.kind]


@dataclass(frozen=True)
class Changes:
    """What is in each of some cells before and after, and what changed; each of shape (cells,).

    Attributes:
        before: Σw.
        before_variance: Σw².
        after: Σw, `before` + `shift`.
        after_variance: Σw².
        shift: what was added.
        shift_variance: its variance.
        relative: shift / before, NaN where that is 0.
        relative_uncertainty: its uncertainty.
        entries: events before and after, shape (2, cells).
        moved: events that are in the cell before or after alone.
    """

    before: Array
    before_variance: Array
    after: Array
    after_variance: Array
    shift: Array
    shift_variance: Array
    relative: Array
    relative_uncertainty: Array
    entries: NDArray[np.int64]
    moved: NDArray[np.int64]


def changes(cell: Index, weight: Array, size: int) -> Changes:
    """Sum up events in cells before and after a shift.

    Args:
        cell: shape (2, n), the cell that each event is in before and after; -1: none.
        weight: shape (2, n).
        size: number of cells.
    """
    stays = (cell[0] == cell[1]) & (cell[0] >= 0)
    left, came = (~stays & (own >= 0) for own in cell)

    def summed(
        of_stays: Array, of_left: Array | None = None, of_came: Array | None = None
    ) -> Array:
        total: Array = np.bincount(cell[0][stays], of_stays, size).astype(np.float64)
        if of_left is not None:
            total += np.bincount(cell[0][left], of_left, size)
        if of_came is not None:
            total += np.bincount(cell[1][came], of_came, size)
        return total

    (kept_0, kept_1), gone, new = weight[:, stays], weight[0, left], weight[1, came]
    before, shift = summed(kept_0, gone), summed(kept_1 - kept_0, -gone, new)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(before != 0, shift / before, np.nan)
    grown = 1 + relative
    residual = summed(
        np.square(kept_1 - grown[cell[0][stays]] * kept_0),
        np.square(grown[cell[0][left]] * gone),
        np.square(new),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        relative_uncertainty = np.sqrt(residual) / np.abs(before)
    ones = [np.ones(own.size) for own in (kept_0, gone, new)]
    entries = [summed(ones[0], ones[1]), summed(ones[0], None, ones[2])]
    return Changes(
        before=before,
        before_variance=summed(np.square(kept_0), np.square(gone)),
        after=before + shift,
        after_variance=summed(np.square(kept_1), None, np.square(new)),
        shift=shift,
        shift_variance=summed(np.square(kept_1 - kept_0), np.square(gone), np.square(new)),
        relative=relative,
        relative_uncertainty=relative_uncertainty,
        entries=np.array(entries).astype(np.int64),
        moved=summed(0 * ones[0], ones[1], ones[2]).astype(np.int64),
    )


def beside(nominal: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return events of samples of a direction's own, and those of test of all other processes.

    Args:
        nominal: source, row, sample and process at least; all samples.
        own: the same columns, of other sources.
    """
    processes = set(own[PROCESS].astype(str))
    kept = (nominal[SAMPLE] == TEST) & ~nominal[PROCESS].astype(str).isin(processes)
    plain = {name: str for name in (SOURCE, PROCESS, SAMPLE) if name in own}
    tables = [table.astype(plain) for table in (own, nominal[kept.to_numpy()])]
    return pd.concat(tables, ignore_index=True)


def paired(nominal: pd.DataFrame, shifted: pd.DataFrame, settings: SelectionSettings) -> Pairs:
    """Return shifted events beside the nominal ones, normalised as those are.

    Args:
        nominal: the columns that `settings` names, source and row; all samples.
        shifted: the same, only events of test.
        settings: what counts, and how weights become expected events.

    Raises:
        ConfigError: as of `winnow.statistics.selection.select_events`.
        DataError: a class with a total has weights that sum to <= 0.
    """
    names = sorted({str(name) for own in (nominal, shifted) for name in own[PROCESS].unique()})
    kind = pd.CategoricalDtype(names)
    whole, own = (
        table.astype({PROCESS: str}).astype({PROCESS: kind}) for table in (nominal, shifted)
    )
    kinds = _kinds(whole, settings)
    factors = factors_of_test(kinds, whole[WEIGHT].to_numpy(np.float64), settings.yields)
    return _pair((whole[kinds.inside(TEST)], own), factors, roles_of(kinds, settings), settings)


def _kinds(table: pd.DataFrame, settings: SelectionSettings) -> Kinds:
    return kinds_of(table, settings.yields.class_names, settings.yields.split_sources)


def _pair(
    tables: tuple[pd.DataFrame, pd.DataFrame],
    factors: Array,
    roles: NDArray[np.int8],
    settings: SelectionSettings,
) -> Pairs:
    place, count = _places(*tables)
    kind = np.zeros(count, np.intp)
    there, passed = np.zeros((2, 2, count), bool)
    score, weight = np.full((2, count), np.nan), np.zeros((2, count))
    column = score_column(str(settings.yields.signal))
    for side, (table, own) in enumerate(zip(tables, place, strict=True)):
        kinds = _kinds(table, settings)
        own_kind = kinds.label.astype(np.intp) * kinds.shape[2] + kinds.process
        brought = np.zeros(len(table), np.intp) if kinds.brought is None else kinds.brought
        factor = factors.reshape(2, -1)[brought.astype(np.intp), own_kind]
        kind[own], there[side, own] = own_kind, True
        passed[side, own] = passing(table, settings)
        score[side, own] = table[column].to_numpy(np.float64)
        weight[side, own] = table[WEIGHT].to_numpy(np.float64) * factor
    names = kinds.class_names, kinds.process_names
    return Pairs(*names, roles, kind, there, passed, score, weight)


def _places(*tables: pd.DataFrame) -> tuple[list[Index], int]:
    """Return where each table's events stand among those of all, by source and row."""
    joined = pd.concat([table[[SOURCE, ROW]].astype({SOURCE: str}) for table in tables])
    place = joined.groupby([SOURCE, ROW], sort=True).ngroup().to_numpy(np.intp)
    ends = np.cumsum([len(table) for table in tables])
    return np.split(place, ends[:-1]), int(place.max(initial=-1)) + 1


# Tables ------------------------------------------------------------------------------------------


def variation_tables(
    nominal: pd.DataFrame,
    shifted: Iterable[tuple[str, str, pd.DataFrame]],
    settings: SelectionSettings,
    cut: float,
    edges: tuple[Array, Array],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what all variations change; Raises as in `paired`.

    Args:
        nominal: as of `paired`.
        shifted: variation, direction, and its events as of `paired`.
        settings: what counts.
        cut: as of `cut_table`.
        edges: of the bins of fits, and of those that are drawn.

    Returns:
        variation, direction, and the columns of `cut_table`, `bin_table` and `score_histograms`.
    """
    found: list[list[pd.DataFrame]] = [[], [], []]
    for variation, direction, own in shifted:
        pairs = paired(nominal, own, settings)
        tables = (
            cut_table(pairs, cut),
            bin_table(pairs, edges[0]),
            score_histograms(pairs, edges[1]),
        )
        for place, table in zip(found, tables, strict=True):
            table.insert(0, VARIATION, variation)
            table.insert(1, DIRECTION, direction)
            place.append(table)
    at_cut, bins, drawn = (pd.concat(own, ignore_index=True) for own in found)
    return at_cut, bins, drawn


def cut_table(pairs: Pairs, cut: float) -> pd.DataFrame:
    """Return what a shift does to the yields at a cut, a row a process, then all of a role.

    Args:
        pairs: the events.
        cut: on the signal's score; NaN: all events, whatever their score.

    Returns:
        class, process, counts_as, cut, entries_nominal, entries_shifted, entries_moved (that pass
        before or after alone), yield_nominal, yield_nominal_uncertainty, yield_shifted,
        yield_shifted_uncertainty (√Σw²), shift, shift_uncertainty, relative_shift,
        relative_shift_uncertainty, efficiency_nominal, efficiency_shifted (yield over that of all
        events before the cut).
    """
    lowest = -np.inf if np.isnan(cut) else cut
    with np.errstate(invalid="ignore"):
        inside = pairs.there & pairs.passed & (pairs.score >= lowest)
    labels, processes = np.divmod(np.arange(pairs.roles.size), len(pairs.process_names))
    own = {
        CLASS: np.asarray(pairs.class_names, object)[labels],
        PROCESS: np.asarray(pairs.process_names, object)[processes],
        COUNTS_AS: np.asarray(ROLES)[pairs.roles.ravel()],
    }
    whole = {CLASS: ALL, PROCESS: ALL, COUNTS_AS: np.asarray(ROLES)}
    tables = []
    for names, cell in ((own, pairs.kind), (whole, pairs.role.astype(np.intp))):
        table, present = _cut_rows(pairs, cell, inside, len(names[COUNTS_AS]))
        tables.append(pd.DataFrame(names).assign(cut=cut).join(table)[present])
    tables[1] = tables[1][tables[1][COUNTS_AS] != NEITHER]
    return pd.concat(tables, ignore_index=True)


def _cut_rows(
    pairs: Pairs, cell: Index, inside: NDArray[np.bool_], size: int
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the columns of `cut_table` of each cell, and which cells have events."""
    found = changes(np.where(inside, cell, -1), pairs.weight, size)
    whole = changes(np.where(pairs.there, cell, -1), pairs.weight, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = found.before / whole.before, found.after / whole.after
    columns = {
        "entries_nominal": found.entries[0],
        "entries_shifted": found.entries[1],
        "entries_moved": found.moved,
        "yield_nominal": found.before,
        "yield_nominal_uncertainty": np.sqrt(found.before_variance),
        "yield_shifted": found.after,
        "yield_shifted_uncertainty": np.sqrt(found.after_variance),
        "shift": found.shift,
        "shift_uncertainty": np.sqrt(found.shift_variance),
        "relative_shift": found.relative,
        "relative_shift_uncertainty": found.relative_uncertainty,
        "efficiency_nominal": np.where(whole.before > 0, before, np.nan),
        "efficiency_shifted": np.where(whole.after > 0, after, np.nan),
    }
    present: NDArray[np.bool_] = whole.entries.sum(axis=0) > 0
    return pd.DataFrame(columns), present


def bin_table(pairs: Pairs, edges: Array) -> pd.DataFrame:
    """Return the shifted yields in bins of the score, as fits take them.

    Args:
        pairs: the events.
        edges: of the bins.

    Returns:
        bin, low, high, process, class, yield (shifted), shift (against nominal) and uncertainty
        (√Σw²) of every bin of each process that is signal or background.
    """
    bins = max(0, edges.size - 1)
    counted = pairs.there & pairs.passed & (pairs.role != ROLES.index(NEITHER))
    index = np.stack([bin_of(np.where(np.isnan(own), -1, own), edges) for own in pairs.score])
    cell = np.where(counted & (index >= 0), pairs.kind * bins + index, -1)
    found = changes(cell, pairs.weight, pairs.roles.size * bins)
    present = np.unique(pairs.kind[counted.any(axis=0)])
    kept = (present[:, np.newaxis] * bins + np.arange(bins)).ravel()
    label, process = np.divmod(np.repeat(present, bins), len(pairs.process_names))
    return pd.DataFrame(
        {
            "bin": np.tile(np.arange(bins), present.size),
            "low": np.tile(edges[:-1], present.size),
            "high": np.tile(edges[1:], present.size),
            PROCESS: np.asarray(pairs.process_names, object)[process],
            CLASS: np.asarray(pairs.class_names, object)[label],
            "yield": found.after[kept],
            "shift": found.shift[kept],
            "uncertainty": np.sqrt(found.after_variance[kept]),
        }
    )


def score_histograms(pairs: Pairs, edges: Array) -> pd.DataFrame:
    """Return signal and background in bins of the score before and after a shift.

    Args:
        pairs: the events.
        edges: of the bins; what lies beyond is in the outer ones.

    Returns:
        counts_as, low, high, nominal, nominal_uncertainty, shifted, shifted_uncertainty (√Σw²),
        ratio (shifted over nominal) and ratio_uncertainty (of events that moved).
    """
    bins, tables = edges.size - 1, []
    clipped = np.clip(pairs.score, edges[0], np.nextafter(edges[-1], -np.inf))
    index = np.searchsorted(edges, np.where(pairs.there, clipped, edges[0]), side="right") - 1
    for name in (SIGNAL, BACKGROUND):
        counted = pairs.there & (pairs.role == ROLES.index(name))
        found = changes(np.where(counted, index, -1), pairs.weight, bins)
        columns: Mapping[str, object] = {
            COUNTS_AS: name,
            "low": edges[:-1],
            "high": edges[1:],
            NOMINAL: found.before,
            f"{NOMINAL}_uncertainty": np.sqrt(found.before_variance),
            "shifted": found.after,
            "shifted_uncertainty": np.sqrt(found.after_variance),
            "ratio": 1 + found.relative,
            "ratio_uncertainty": found.relative_uncertainty,
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
