"""Efficiencies of weighted events: the variance and the interval of a part of a whole."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from winnow.columns import PROCESS

ONE_SIGMA = math.erf(math.sqrt(0.5))
# All of a sum that was taken in another order may miss 1 by rounding.
_ROUNDING = 1e-12


def fraction_variance(
    part: NDArray[np.float64],
    part_squares: NDArray[np.float64],
    whole: NDArray[np.float64],
    whole_squares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the variance of a part of a sum that is given, T²·var(ε), elementwise.

    (1 − ε)² Σ_in w² + ε² Σ_out w² with ε = Σ_in w / T: a weighted binomial, the variance of a ratio
    of correlated sums to first order.

    Args:
        part: Σw of the part, in units in which all weights sum to `whole`.
        part_squares: its Σw².
        whole: T; infinite where none is given, which leaves Σw².
        whole_squares: Σw² of all.
    """
    share = part / whole
    variance = np.square(1.0 - share) * part_squares
    variance = variance + np.square(share) * np.maximum(whole_squares - part_squares, 0.0)
    limited: NDArray[np.float64] = np.maximum(variance, 0.0)
    return limited


def efficiency_interval(
    part: ArrayLike,
    part_squares: ArrayLike,
    whole: ArrayLike,
    whole_squares: ArrayLike,
    coverage: float = ONE_SIGMA,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the central interval of the efficiency ε = part / whole of weighted events.

    Clopper and Pearson's (Biometrika 26 (1934) 404) for n* trials, of which ε·n* pass; n* is the
    effective number of events by which a binomial has the variance of the weighted one,
    ε(1 − ε)/var(ε) (Korn and Graubard, Survey Methodology 24 (1998) 193), var(ε) as in
    `fraction_variance`. Where nothing passes or all does, which leaves no variance, n* is
    (Σw)²/Σw² of all. For weights of 1 it is the number of events, and the interval exact. Where
    weights of both signs cancel to ε = 0 or 1, it is a Gaussian's, ± its standard deviations within
    [0, 1].

    Args:
        part: Σw of what passes, any shape.
        part_squares: its Σw².
        whole: Σw of all.
        whole_squares: its Σw².
        coverage: of the interval; that of one standard deviation, 68.3 %.

    Returns:
        The lower and the upper end, in [0, 1]; NaN where the whole is <= 0, or where negative
        weights leave ε outside of [0, 1].
    """
    given = (
        np.asarray(values, np.float64) for values in (part, part_squares, whole, whole_squares)
    )
    passed, squares, total, total_squares = np.broadcast_arrays(*given)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = passed / total
        share = np.where(np.abs(share - np.round(share)) < _ROUNDING, np.round(share), share)
        share = np.where((total > 0) & (share >= 0) & (share <= 1), share, np.nan)
        variance = fraction_variance(passed, squares, total, total_squares)
        trials = share * (1.0 - share) * np.square(total) / variance
        edge = (share == 0) | (share == 1)
        trials = np.where(edge, np.square(total) / total_squares, trials)
        lower, upper = _clopper_pearson(share * trials, trials, coverage)
        # events of both signs that cancel passed, or failed, too: they are no binomial's
        width = np.sqrt(variance) / total * NormalDist().inv_cdf((1 + coverage) / 2)
        cancelled = edge & (variance > _ROUNDING * total_squares)
        lower = np.where(cancelled, np.maximum(0.0, share - width), lower)
        upper = np.where(cancelled, np.minimum(1.0, share + width), upper)
    # [()] makes a number of an array without axes
    return lower[()], upper[()]


def _clopper_pearson(
    passed: NDArray[np.float64], trials: NDArray[np.float64], coverage: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the interval of a binomial's probability, trials being no whole numbers too.

    It equals hist.intervals', which imports scipy.stats: as long as half of a job's other imports.
    """
    tail = (1 - coverage) / 2
    lower = np.asarray(betaincinv(passed, trials - passed + 1, tail), np.float64)
    upper = np.asarray(betaincinv(passed + 1, trials - passed, 1 - tail), np.float64)
    return np.where(passed == 0, 0.0, lower), np.where(passed == trials, 1.0, upper)


def with_efficiencies(cutflow: pd.DataFrame) -> pd.DataFrame:
    """Return a cutflow with which share of each process is left, by weight, by each step.

    Args:
        cutflow: process, sum_of_weights, sum_of_squared_weights; of each process all steps in their
            order, before any cut first.

    Returns:
        The table without sum_of_squared_weights, with efficiency (NaN where the weights before any
        cut sum to <= 0), efficiency_lower and efficiency_upper (68.3 %), and the same of what was
        left by the step before (relative_efficiency).
    """
    sums, squares = cutflow["sum_of_weights"], cutflow["sum_of_squared_weights"]
    found = cutflow.drop(columns="sum_of_squared_weights")
    by_process = [values.groupby(cutflow[PROCESS]) for values in (sums, squares)]
    first = [values.transform("first") for values in by_process]
    before = [own.shift().fillna(of) for own, of in zip(by_process, first, strict=True)]
    for name, (whole, whole_squares) in (("efficiency", first), ("relative_efficiency", before)):
        lower, upper = efficiency_interval(sums, squares, whole, whole_squares)
        found[name] = (sums / whole).where(whole > 0)
        found[f"{name}_lower"], found[f"{name}_upper"] = lower, upper
    return found
