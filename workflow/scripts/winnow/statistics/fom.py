"""Figures of merit against the cut on the signal's score: chosen on validation, quoted on test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import (
    CLASS,
    EXACT,
    GRID,
    PROCESS,
    SAMPLE,
    SAMPLES,
    TEST,
    TRAIN,
    VALIDATION,
)
from winnow.errors import ConfigError
from winnow.statistics.bootstrap import fom_bootstrap, replicate
from winnow.statistics.counting import Contents, CountedEvents, Scan, at_cuts, even_points
from winnow.statistics.efficiency import efficiency_interval
from winnow.statistics.fom_settings import FomSettings, even_cuts
from winnow.statistics.merit import (
    background_uncertainty,
    best_cut,
    eligible_cuts,
    figure_of_merit,
    fom_uncertainty,
)
from winnow.statistics.selection import BACKGROUND, ROLES, SIGNAL, Selected
from winnow.statistics.significance import DEFINITIONS, Definition
from winnow.statistics.yields import beside_absent, class_targets, process_yields

# The samples whose curves have a band: training events are known to the network.
_BANDS = (VALIDATION, TEST)


@dataclass(frozen=True)
class _Search:
    """Cuts among which the best are looked for.

    Attributes:
        name: exact or grid.
        scans: sample → what passes; every sample's own distinct scores, or the grid for all.
        best: sample → definition → index of the cut that is best on the sample, None where none is
            eligible.
    """

    name: str
    scans: Mapping[str, Scan]
    best: Mapping[str, Mapping[str, int | None]]

    @property
    def chosen(self) -> Mapping[str, int | None]:
        """The cuts that count: those that are best on validation."""
        return self.best[VALIDATION]

    @property
    def cuts(self) -> NDArray[np.float64]:
        """The cuts of the validation sample, among which the best are chosen."""
        return self.scans[VALIDATION].cut


def fom_tables(
    selected: Selected, absent: pd.DataFrame, settings: FomSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scan the cut on the signal's score, choose it on validation, and read all samples there.

    Args:
        selected: the events.
        absent: what `absent_yields` says of them.
        settings: what is counted, its systematic, and what is eligible.

    Returns:
        curves: sample, cut, s, b, s_uncertainty, b_uncertainty, s_entries, b_entries,
            s_efficiency and b_efficiency (relative to all events of the sample that are signal or
            background, before any requirement) and the ends of their 68.3 % intervals
            (s_efficiency_lower, ...), eligible (as decided on validation at that cut),
            then a column per definition and its <definition>_lower and _upper, the bootstrap's 16
            and 84 % quantiles (NaN on train); the cuts are common to all samples, the best one of
            every definition among them.
        best: one row per definition, first of the exact scan, then, where there is one, of the
            grid: definition, label, scan (exact or grid), headline (bool, of the exact scan
            alone), cut, eligible_points, then for each sample X the fom_X, fom_uncertainty_X,
            sigma_X (systematic uncertainty of b_X), s_X, s_uncertainty_X, b_X, b_uncertainty_X,
            s_entries_X, b_entries_X at that cut; for X
            test and train max_X and max_X_cut, chosen on X itself by the same rule and for
            comparison only; for X validation and test, of bootstrap replicas, mean, lower and
            upper end of fom_X at that cut (fom_mean_X, ...) and of the maximum (max_mean_X, ...).
            All but the names and eligible_points (0) is NaN when no cut is eligible.
        yields: per process and sample at the headline's best cuts: scan (exact or grid), chosen_on
            (validation; test and train for comparison only), cut, sample, class, process,
            counts_as (signal, background or neither), entries, yield, uncertainty, efficiency
            (relative to all events of the process in the sample), efficiency_lower and
            efficiency_upper (68.3 %), effective_entries; a process without events in a sample has
            a yield of 0 with the uncertainty of one event; without rows where no cut is eligible.

    Raises:
        ConfigError: an unknown definition.
    """
    if settings.headline not in DEFINITIONS:
        raise ConfigError(
            f"headline: unknown figure of merit '{settings.headline}', expected one of "
            f"{list(DEFINITIONS)}."
        )
    fractions, scans = selected.fractions, selected.scans
    exact = _search(EXACT, scans, fractions, settings)
    cuts = exact.cuts[_kept(exact, settings)]
    searches = [(exact, cuts)]
    if settings.grid is not None:
        grid = even_cuts(settings.grid)
        at_grid = {sample: at_cuts(counts, grid) for sample, counts in scans.items()}
        searches.append((_search(GRID, at_grid, fractions, settings), grid))
    bands, spreads = _bootstrap(selected.parts, searches, fractions, settings)
    best = [
        _best_row(name, search, fractions, settings) | spreads[search.name, name]
        for search, _ in searches
        for name in DEFINITIONS
    ]
    eligible = eligible_cuts(at_cuts(scans[VALIDATION], cuts), settings.min_background_entries)
    whole = _whole(selected)
    curves = [
        _curve(sample, at_cuts(scans[sample], cuts), whole[sample], eligible, fractions).join(
            bands[sample]
        )
        for sample in SAMPLES
    ]
    found = [search for search, _ in searches]
    at_cuts_chosen = _yields_at(selected, found, absent, settings)
    return pd.concat(curves, ignore_index=True), pd.DataFrame(best), at_cuts_chosen


def headline_row(selected: Selected, settings: FomSettings) -> dict[str, object]:
    """Return the headline's row of the table `best` of `fom_tables`, without the bootstrap's."""
    search = _search(EXACT, selected.scans, selected.fractions, settings)
    return _best_row(settings.headline, search, selected.fractions, settings)


def beside_one_cut(summary: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Return the binned summary with the figures of merit of one cut beside them.

    Args:
        summary: definition, sample; from `binned_tables`.
        best: from `fom_tables`.

    Returns:
        `summary` with one_cut and one_cut_uncertainty, at the exact scan's best cut.
    """
    exact = best[best["scan"] == EXACT].set_index("definition")
    rows = list(zip(summary["definition"], summary[SAMPLE], strict=True))
    return summary.assign(
        one_cut=[exact.loc[name, f"fom_{sample}"] for name, sample in rows],
        one_cut_uncertainty=[exact.loc[name, f"fom_uncertainty_{sample}"] for name, sample in rows],
    )


def _search(
    name: str,
    scans: Mapping[str, Scan],
    fractions: NDArray[np.float64],
    settings: FomSettings,
) -> _Search:
    best = {
        sample: {own: _choose(counts, own, fractions, settings) for own in DEFINITIONS}
        for sample, counts in scans.items()
    }
    return _Search(name, scans, best)


def _choose(
    counts: Scan, name: str, fractions: NDArray[np.float64], settings: FomSettings
) -> int | None:
    values = figure_of_merit(DEFINITIONS[name], counts.s, counts.background, fractions)
    return best_cut(counts, values, settings.min_background_entries)


def _kept(search: _Search, settings: FomSettings) -> NDArray[np.intp]:
    """Return the indices of the cuts that stand in the table of curves."""
    validation = search.scans[VALIDATION]
    kept = even_points([validation.cut, validation.s, validation.b], settings.points)
    optima = [index for index in search.chosen.values() if index is not None]
    return np.union1d(kept, np.asarray(optima, dtype=np.intp))


def _best_row(
    name: str,
    search: _Search,
    fractions: NDArray[np.float64],
    settings: FomSettings,
) -> dict[str, object]:
    definition, index = DEFINITIONS[name], search.chosen[name]
    cut = np.nan if index is None else float(search.cuts[index])
    eligible = eligible_cuts(search.scans[VALIDATION], settings.min_background_entries)
    row: dict[str, object] = {
        "definition": name,
        "label": definition.axis_label(bool(fractions.any())),
        "scan": search.name,
        "headline": search.name == EXACT and name == settings.headline,
        "cut": cut,
        "eligible_points": int(np.count_nonzero(eligible)),
    }
    for sample in (VALIDATION, TEST, TRAIN):
        quantities = _quantities(search.scans[sample], cut, definition, fractions)
        row |= {f"{key}_{sample}": value for key, value in quantities.items()}
    for sample in (TEST, TRAIN):
        row |= _maximum(sample, search, definition, fractions)
    return row


def _quantities(
    counts: Scan, cut: float, definition: Definition, fractions: NDArray[np.float64]
) -> dict[str, float]:
    """Return a sample's figure of merit and what it is made of at one cut, NaN without a cut."""
    at = at_cuts(counts, [cut])
    values = {
        "fom": figure_of_merit(definition, at.s, at.background, fractions),
        "fom_uncertainty": fom_uncertainty(definition, at, fractions),
        "sigma": background_uncertainty(at.background, fractions),
    } | _counted(at)
    return {key: np.nan if np.isnan(cut) else float(value[0]) for key, value in values.items()}


def _maximum(
    sample: str, search: _Search, definition: Definition, fractions: NDArray[np.float64]
) -> dict[str, float]:
    """Return a sample's own largest figure of merit and its cut, NaN where none is eligible."""
    counts, index = search.scans[sample], search.best[sample][definition.name]
    value, cut = np.nan, np.nan
    if index is not None:
        cut = float(counts.cut[index])
        top = at_cuts(counts, [cut])
        value = float(figure_of_merit(definition, top.s, top.background, fractions)[0])
    return {f"max_{sample}": value, f"max_{sample}_cut": cut}


def _counted(counts: Contents) -> dict[str, NDArray[Any]]:
    return {
        "s": counts.s,
        "s_uncertainty": counts.s_uncertainty,
        "b": counts.b,
        "b_uncertainty": counts.b_uncertainty,
        "s_entries": counts.s_entries,
        "b_entries": counts.b_entries,
    }


def _bootstrap(
    parts: Mapping[str, CountedEvents],
    searches: Sequence[tuple[_Search, NDArray[np.float64]]],
    fractions: NDArray[np.float64],
    settings: FomSettings,
) -> tuple[dict[str, pd.DataFrame], dict[tuple[str, str], dict[str, float]]]:
    """Return the bands of the exact curves, and what the replicas say of the best cuts.

    Args:
        parts: sample → its events.
        searches: with the cuts at which bands are made and the maximum is looked for.
        fractions: relative uncertainty of each group of background.
        settings: what is eligible; the bootstrap's.

    Returns:
        bands: sample → <definition>_lower and _upper, one row a cut of the exact search.
        spreads: search and definition → columns of the row of the table of best cuts.
    """
    bands = {TRAIN: pd.DataFrame()}
    spreads: dict[tuple[str, str], dict[str, float]] = {
        (search.name, name): {} for search, _ in searches for name in DEFINITIONS
    }
    common = np.unique(np.concatenate([cuts for _, cuts in searches]))
    for sample in _BANDS:
        replicas = replicate(parts[sample], common, fractions, sample, settings.bootstrap)
        for search, cuts in searches:
            table, spread = fom_bootstrap(
                replicas.at(np.searchsorted(common, cuts)),
                cuts,
                eligible_cuts(at_cuts(search.scans[sample], cuts), settings.min_background_entries),
                {
                    name: None if index is None else int(np.searchsorted(cuts, search.cuts[index]))
                    for name, index in search.chosen.items()
                },
                settings.bootstrap.quantiles,
            )
            if search.name == EXACT:
                bands[sample] = table.drop(columns="cut")
            for name, row in spread.set_index("definition").iterrows():
                spreads[search.name, str(name)] |= {f"{key}_{sample}": v for key, v in row.items()}
    return bands, spreads


def _whole(selected: Selected) -> dict[str, NDArray[np.float64]]:
    """Return Σw and Σw² of all signal and all background of each sample, before any requirement.

    Returns:
        sample → shape (2, 2): signal and background, the sum of weights and that of their squares.
    """
    weight = selected.events.weight
    signal, background = (selected.role == ROLES.index(name) for name in (SIGNAL, BACKGROUND))
    parts = {
        sample: [weight[inside & signal], weight[inside & background]]
        for sample in SAMPLES
        for inside in [selected.kinds.inside(sample)]
    }
    return {
        sample: np.array([[own.sum(), np.square(own).sum()] for own in both])
        for sample, both in parts.items()
    }


def _curve(
    sample: str,
    counts: Scan,
    whole: NDArray[np.float64],
    eligible: NDArray[np.bool_],
    fractions: NDArray[np.float64],
) -> pd.DataFrame:
    table = pd.DataFrame({SAMPLE: sample, "cut": counts.cut} | _counted(counts))
    squares = {"s": counts.s_variance, "b": counts.b_variance}
    for (name, own), (total, total_squares) in zip(squares.items(), whole, strict=True):
        table[f"{name}_efficiency"] = table[name] / total if total > 0 else np.nan
        ends = efficiency_interval(table[name], own, total, total_squares)
        table[f"{name}_efficiency_lower"], table[f"{name}_efficiency_upper"] = ends
    table["eligible"] = eligible
    for name, definition in DEFINITIONS.items():
        table[name] = figure_of_merit(definition, counts.s, counts.background, fractions)
    return table


def _yields_at(
    selected: Selected,
    searches: Sequence[_Search],
    absent: pd.DataFrame,
    settings: FomSettings,
) -> pd.DataFrame:
    """Tabulate all processes at each search's best cuts by the headline; without any, no rows."""
    events, kinds, names = selected.events, selected.kinds, selected.role_names
    fixed = tuple(class_targets(settings.yields))
    tables = []
    for search in searches:
        for sample in (VALIDATION, TEST, TRAIN):
            index = search.best[sample][settings.headline]
            cut = np.inf if index is None else search.scans[sample].cut[index]
            passed = selected.passed & (events.score >= cut)
            table = process_yields(kinds, events.weight, passed, fixed)
            table = beside_absent(table, absent, kinds.class_names)
            keys = {"scan": search.name, "chosen_on": sample, "cut": cut}
            table = pd.DataFrame(keys, table.index).join(table)
            counts_as = [names[own] for own in zip(table[CLASS], table[PROCESS], strict=True)]
            table.insert(6, "counts_as", counts_as)
            tables.append(table if index is not None else table.iloc[:0])
    return pd.concat(tables, ignore_index=True)
