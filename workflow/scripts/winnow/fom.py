"""Figures of merit against the cut on the signal's score: chosen on validation, quoted on test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, SAMPLE, SAMPLES, TEST, TRAIN, VALIDATION, score_column
from winnow.counting import Scan, at_cuts, even_points, scan
from winnow.errors import ConfigError
from winnow.significance import DEFINITIONS, Definition
from winnow.yields import YieldSettings, process_yields, yield_weights

POINTS = 2000

# Relative step of the numerical derivatives behind error propagation.
_STEP = 1e-4
_BLOCK = 16_384


@dataclass(frozen=True)
class FomSettings:
    """What a figure of merit is computed from.

    Attributes:
        yields: classes, signal, luminosity and scales.
        systematic: relative uncertainty f of the background; σ = f·b.
        min_background_entries: raw background events that must be left on validation.
        headline: the definition whose best cut the yields are given at.
        points: the most cuts kept in the table, the optima aside.
    """

    yields: YieldSettings
    systematic: float = 0.0
    min_background_entries: int = 50
    headline: str = "asimov"
    points: int = POINTS


def figure_of_merit(
    definition: Definition,
    s: NDArray[np.float64],
    b: NDArray[np.float64],
    systematic: float,
) -> NDArray[np.float64]:
    """Return a figure of merit of yields s and b with the background uncertainty f·b.

    Args:
        definition: which.
        s: expected signal, shape (m,).
        b: expected background, shape (m,).
        systematic: the relative uncertainty f.
    """
    values = np.empty(s.size)
    # Blocks that stay in the cache make a scan of a million cuts twice as fast.
    for start in range(0, s.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        values[block] = definition.function(s[block], b[block], systematic * b[block])
    return values


def fom_uncertainty(definition: Definition, counts: Scan, systematic: float) -> NDArray[np.float64]:
    """Propagate the statistical variances of s and b to a figure of merit, linearly.

    The derivatives are numerical; b moves σ = f·b along. NaN where they are undefined (s or b
    not positive).

    Returns:
        Standard errors, one for each cut of `counts`.
    """
    s, b = counts.s, counts.b
    s_step = np.where(s > 0, _STEP * s, np.nan)
    b_step = np.where(b > 0, _STEP * b, np.nan)
    s_slope, b_slope = (
        (
            figure_of_merit(definition, s + ds, b + db, systematic)
            - figure_of_merit(definition, s - ds, b - db, systematic)
        )
        / (2.0 * (ds + db))
        for ds, db in ((s_step, np.zeros_like(b)), (np.zeros_like(s), b_step))
    )
    variance = np.square(s_slope) * counts.s_variance + np.square(b_slope) * counts.b_variance
    uncertainty: NDArray[np.float64] = np.sqrt(variance)
    return uncertainty


def best_cut(counts: Scan, values: NDArray[np.float64], min_background_entries: int) -> int | None:
    """Return the index of the first maximum among the eligible cuts.

    Args:
        counts: the scan that decides what is eligible, cuts ascending.
        values: shape (m,), the figure of merit at its cuts; NaN is never chosen.
        min_background_entries: raw background events that must pass an eligible cut.

    Returns:
        An index into the cuts (of equal maxima the loosest cut), or None when no cut is both
        eligible and defined.
    """
    allowed = (counts.b_entries >= min_background_entries) & np.isfinite(values)
    if not allowed.any():
        return None
    return int(np.argmax(np.where(allowed, values, -np.inf)))


def fom_tables(
    scores: pd.DataFrame, settings: FomSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scan the cut on the signal's score, choose it on validation, and read all samples there.

    Args:
        scores: columns sample, class, process, weight and the signal's score; one row per event.
        settings: yields, systematic and what is eligible.

    Returns:
        curves: sample, cut, s, b, s_uncertainty, b_uncertainty, s_entries, b_entries, eligible (as
            decided on validation at that cut) and a column per definition; the cuts are common to
            all samples, the best one of every definition among them.
        best: one row per definition: definition, label, headline (bool), cut, eligible_points,
            then for each sample X the fom_X, fom_uncertainty_X, s_X, s_uncertainty_X, b_X,
            b_uncertainty_X, s_entries_X, b_entries_X at that cut, then max_test and max_test_cut,
            chosen on test itself by the same rule and for comparison only. Everything but the
            names and eligible_points (0) is NaN when no cut is eligible.
        yields: per process and sample at the headline's best cut: cut, sample, class, process,
            entries, yield, uncertainty, efficiency, effective_entries; without rows when no cut
            is eligible.

    Raises:
        ConfigError: no signal class, an unknown definition, or a scale or total that is wrong.
        DataError: a score is NaN, or a class with a total has weights that sum to <= 0.
    """
    signal = _checked_signal(settings)
    weights = yield_weights(scores, settings.yields)
    score = scores[score_column(signal)].to_numpy()
    is_signal = scores[CLASS].to_numpy() == settings.yields.class_names.index(signal)
    scans = {}
    for sample in SAMPLES:
        inside = (scores[SAMPLE] == sample).to_numpy()
        scans[sample] = scan(score[inside], is_signal[inside], weights[inside])
    chosen = {name: _choose(scans[VALIDATION], name, settings) for name in DEFINITIONS}
    best = pd.DataFrame([_best_row(name, scans, chosen[name], settings) for name in DEFINITIONS])
    optima = [index for index in chosen.values() if index is not None]
    curves = _curves(scans, optima, settings)
    headline = chosen[settings.headline]
    cut = np.inf if headline is None else scans[VALIDATION].cut[headline]
    yields = process_yields(scores, weights, settings.yields.class_names, score >= cut)
    yields.insert(0, "cut", cut)
    return curves, best, yields if headline is not None else yields.iloc[:0]


def _checked_signal(settings: FomSettings) -> str:
    signal = settings.yields.signal
    if signal is None or signal not in settings.yields.class_names:
        raise ConfigError(
            f"signal: found {signal!r}, expected one of {list(settings.yields.class_names)}: a "
            "figure of merit needs a signal class."
        )
    if settings.headline not in DEFINITIONS:
        raise ConfigError(
            f"headline: unknown figure of merit '{settings.headline}', expected one of "
            f"{list(DEFINITIONS)}."
        )
    return signal


def _choose(counts: Scan, name: str, settings: FomSettings) -> int | None:
    values = figure_of_merit(DEFINITIONS[name], counts.s, counts.b, settings.systematic)
    return best_cut(counts, values, settings.min_background_entries)


def _best_row(
    name: str, scans: dict[str, Scan], index: int | None, settings: FomSettings
) -> dict[str, object]:
    validation, test = scans[VALIDATION], scans[TEST]
    definition = DEFINITIONS[name]
    cut = np.nan if index is None else float(validation.cut[index])
    eligible = validation.b_entries >= settings.min_background_entries
    row: dict[str, object] = {
        "definition": name,
        "label": definition.label,
        "headline": name == settings.headline,
        "cut": cut,
        "eligible_points": int(np.count_nonzero(eligible)),
    }
    for sample in (VALIDATION, TEST, TRAIN):
        quantities = _quantities(scans[sample], cut, definition, settings.systematic)
        row |= {f"{key}_{sample}": value for key, value in quantities.items()}
    best_on_test = _choose(test, name, settings)
    if best_on_test is None:
        return row | {"max_test": np.nan, "max_test_cut": np.nan}
    top = at_cuts(test, test.cut[[best_on_test]])
    value = figure_of_merit(definition, top.s, top.b, settings.systematic)
    return row | {"max_test": float(value[0]), "max_test_cut": float(top.cut[0])}


def _quantities(
    counts: Scan, cut: float, definition: Definition, systematic: float
) -> dict[str, float]:
    """Return a sample's figure of merit and what it is made of at one cut, NaN without a cut."""
    at = at_cuts(counts, [cut])
    values = {
        "fom": figure_of_merit(definition, at.s, at.b, systematic),
        "fom_uncertainty": fom_uncertainty(definition, at, systematic),
    } | _counted(at)
    return {key: np.nan if np.isnan(cut) else float(value[0]) for key, value in values.items()}


def _counted(counts: Scan) -> dict[str, NDArray[np.float64]]:
    return {
        "s": counts.s,
        "s_uncertainty": np.sqrt(counts.s_variance),
        "b": counts.b,
        "b_uncertainty": np.sqrt(counts.b_variance),
        "s_entries": counts.s_entries,
        "b_entries": counts.b_entries,
    }


def _curves(scans: dict[str, Scan], optima: list[int], settings: FomSettings) -> pd.DataFrame:
    validation = scans[VALIDATION]
    kept = even_points([validation.cut, validation.s, validation.b], settings.points)
    kept = np.union1d(kept, np.asarray(optima, dtype=np.intp))
    cuts = validation.cut[kept]
    eligible = validation.b_entries[kept] >= settings.min_background_entries
    tables = []
    for sample in SAMPLES:
        counts = at_cuts(scans[sample], cuts)
        columns = {SAMPLE: sample, "cut": cuts} | _counted(counts) | {"eligible": eligible}
        for name, definition in DEFINITIONS.items():
            columns[name] = figure_of_merit(definition, counts.s, counts.b, settings.systematic)
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
