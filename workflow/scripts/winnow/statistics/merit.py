"""Figures of merit of what is counted: with the background's uncertainty, and with an error."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from winnow.statistics.counting import Contents, effective_entries
from winnow.statistics.significance import Definition

# Relative step of the numerical derivatives behind error propagation.
_STEP = 1e-4
_ROUNDING = 1e-9
# Cuts computed at once: blocks that stay in the cache make a scan of a million twice as fast.
_BLOCK = 16_384


def background_uncertainty(background: ArrayLike, fractions: ArrayLike) -> NDArray[np.float64]:
    """Return σ = √Σ(f·b)² of groups of background whose uncertainties are independent.

    Args:
        background: expected events, shape (groups, ...).
        fractions: relative uncertainty f of every group, shape (groups,).

    Returns:
        The absolute uncertainty of the whole background, in events, shape (...).

    >>> background_uncertainty([[30, 10], [40, 0]], [0.1, 0.1])
    array([5., 1.])
    """
    groups = np.asarray(background, dtype=np.float64)
    squares = np.square(np.asarray(fractions, dtype=np.float64))
    sigma: NDArray[np.float64] = np.sqrt(np.tensordot(squares, np.square(groups), axes=1))
    return sigma


def figure_of_merit(
    definition: Definition,
    s: NDArray[np.float64],
    background: NDArray[np.float64],
    fractions: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return a figure of merit of signal over groups of background.

    Args:
        definition: which.
        s: expected signal, shape (m,).
        background: expected background, shape (groups, m).
        fractions: relative uncertainty of every group, shape (groups,).

    >>> from winnow.statistics.significance import DEFINITIONS
    >>> s, b, seven_percent = np.array([50.0]), np.array([[100.0]]), np.array([0.07])
    >>> figure_of_merit(DEFINITIONS["asimov"], s, b, seven_percent).round(4)
    array([3.7195])
    """
    values = np.empty(s.size)
    for start in range(0, s.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        b = background[:, block]
        sigma = background_uncertainty(b, fractions)
        values[block] = definition.function(s[block], b.sum(axis=0), sigma)
    return values


def fom_slopes(
    definition: Definition,
    s: NDArray[np.float64],
    background: NDArray[np.float64],
    fractions: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return a figure of merit's derivatives by s and by each group, shape (1 + groups, m).

    They are numerical; each group moves its own part of σ along. NaN where they are undefined (s
    not positive, or the whole background not).

    Args:
        definition: which.
        s: expected signal, shape (m,).
        background: expected background, shape (groups, m).
        fractions: relative uncertainty of every group, shape (groups,).
    """
    b = background.sum(axis=0)
    s_step = np.where(s > 0, _STEP * s, np.nan)
    b_step = np.where(b > 0, _STEP * b, np.nan)

    def slope(
        ds: NDArray[np.float64], db: NDArray[np.float64], step: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        up = figure_of_merit(definition, s + ds, background + db, fractions)
        down = figure_of_merit(definition, s - ds, background - db, fractions)
        difference: NDArray[np.float64] = (up - down) / (2.0 * step)
        return difference

    slopes = [slope(s_step, np.zeros_like(background), s_step)]
    for group in range(len(background)):
        moved = np.zeros_like(background)
        moved[group] = b_step
        slopes.append(slope(np.zeros_like(s), moved, b_step))
    return np.stack(slopes)


def fom_uncertainty(
    definition: Definition, counts: Contents, fractions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Propagate the statistical variances of s and of each group to a figure of merit, linearly.

    NaN where `fom_slopes` are (of a background without variance none is asked for).

    Args:
        definition: which.
        counts: what is counted, at m cuts or in m bins.
        fractions: relative uncertainty of every group, shape (groups,).

    Returns:
        Standard errors, shape (m,).
    """
    slopes = fom_slopes(definition, counts.s, counts.background, fractions)
    uncertainty: NDArray[np.float64] = np.sqrt(counts.variance_along(slopes))
    # The slopes of what has no events are not asked for; a signal there must be.
    return np.where(counts.s > 0, uncertainty + 0.0 * slopes[0], np.nan)


def enough_background(
    entries: ArrayLike, total: ArrayLike, variance: ArrayLike, least: int
) -> NDArray[np.bool_]:
    """Return where a background is known well enough to be judged by.

    Negative weights cancel: a hundred raw events may fluctuate as much as eight. Both counts must
    reach `least`, and events that there are must not sum to 0 or less.

    Args:
        entries: raw background events, shape (m,).
        total: their sum of weights Σw, shape (m,).
        variance: Σw², shape (m,).
        least: the entries asked for, raw and effective, (Σw)²/Σw².

    A hundred events of weight 1, and a hundred of which 36 have weight −1:

    >>> enough_background([100, 100], [100, 28], [100, 100], 50)
    array([ True, False])
    """
    raw, summed = np.asarray(entries), np.asarray(total, dtype=np.float64)
    # A count of equal weights must not miss its own number by rounding.
    effective = effective_entries(summed, variance) * (1.0 + _ROUNDING)
    enough: NDArray[np.bool_] = (raw >= least) & (effective >= least) & ((summed > 0) | (raw == 0))
    return enough


def eligible_cuts(counts: Contents, min_background_entries: int) -> NDArray[np.bool_]:
    """Return which cuts or bins leave enough background, shape (m,)."""
    return enough_background(counts.b_entries, counts.b, counts.b_variance, min_background_entries)


def best_cut(
    counts: Contents, values: NDArray[np.float64], min_background_entries: int
) -> int | None:
    """Return the index of the first maximum among the eligible cuts.

    Args:
        counts: what passes each of m cuts, ascending; it decides what is eligible.
        values: shape (m,), the figure of merit at its cuts; NaN is never chosen.
        min_background_entries: background events, raw and effective, that must pass.

    Returns:
        An index into the cuts (of equal maxima the loosest cut), or None when no cut is both
        eligible and defined.
    """
    allowed = eligible_cuts(counts, min_background_entries) & np.isfinite(values)
    if not allowed.any():
        return None
    return int(np.argmax(np.where(allowed, values, -np.inf)))
