"""Figures of merit of a signal s over a background b known with the absolute uncertainty sigma.

All are vectorised over s, b and sigma (broadcast; expected events, float64) and obey one rule:
s <= 0 gives 0; b < 0 or s + b <= 0 gives NaN (undefined, which wins over 0); never infinity. At
b = 0 the Asimov Z and s/√b are undefined, the others are not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

AMS_REGULARISATION = 10.0

# Below this, log1p(t) is expanded: the first orders cancel in the significance.
_SMALL = 0.1
_SERIES = tuple(1.0 / power for power in range(3, 13, 2))


def asimov(s: ArrayLike, b: ArrayLike, sigma: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Return the median discovery significance of a counting experiment, the Asimov Z.

    Cowan, "Discovery sensitivity for a counting experiment with background uncertainty" (2012),
    eq. (20); at sigma = 0 Cowan, Cranmer, Gross, Vitells, EPJC 71 (2011) 1554, eq. (97).

    With r = s/b, v = σ²/b, x = r/(1+(1+r)v) and y = rv/(1+v), that formula reads
    Z² = 2b [(1+r) ln(1+x) − r/(1+v) · ln(1+y)/y], which needs no division by σ. For small x its
    terms cancel to second order; there it is written with what ln(1+t) falls short of t.

    Args:
        s: expected signal events.
        b: expected background events.
        sigma: absolute uncertainty of b, in events.

    Returns:
        Z in Gaussian standard deviations, of the broadcast shape.

    >>> asimov(50, 100, [0, 7]).round(4)
    array([4.6518, 3.7195])
    >>> asimov([0, 50, 50], [100, 0, -60]).round(4)
    array([ 0., nan, nan])
    """
    signal, background, uncertainty = _broadcast(s, b, sigma)
    with np.errstate(all="ignore"):
        r = signal / background
        v = np.square(uncertainty) / background
        x = r / (1.0 + (1.0 + r) * v)
        shrunk = r / (1.0 + v)
        shortfall = _log_shortfall(v * shrunk)
        large = (1.0 + r) * np.log1p(x) - shrunk * (1.0 - shortfall)
        small = shrunk * (x + shortfall) - (1.0 + r) * x * _log_shortfall(x)
        z = np.sqrt(2.0 * background * np.where(x < _SMALL, small, large))
    return _ruled(z, signal, background)


def asimov_no_systematic(s: ArrayLike, b: ArrayLike, sigma: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Return the Asimov Z of a background known exactly; `sigma` is ignored.

    >>> asimov_no_systematic([50], 100, 7).round(4)
    array([4.6518])
    """
    return asimov(s, b, np.zeros_like(np.asarray(sigma, dtype=np.float64)))


def ams(s: ArrayLike, b: ArrayLike, sigma: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Return the approximate median significance of the Higgs ML challenge; `sigma` is ignored.

    Adam-Bourdarios et al., JMLR W&CP 42 (2015) 19, eq. (7): the Asimov Z without uncertainty
    after 10 is added to b. It is defined at b = 0; no background that is negative is made positive.

    >>> bool(ams(50, 100) == asimov_no_systematic(50, 110))
    True
    """
    signal, background, _ = _broadcast(s, b, sigma)
    value = asimov_no_systematic(signal, background + AMS_REGULARISATION)
    return np.where((background < 0) | (signal + background < 0), np.nan, value)


def s_over_sqrt_b(s: ArrayLike, b: ArrayLike, sigma: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Return s/√b; `sigma` is ignored.

    >>> s_over_sqrt_b([50, 50], [100, 0])
    array([ 5., nan])
    """
    signal, background, _ = _broadcast(s, b, sigma)
    return _ruled(_ratio(signal, background), signal, background)


def s_over_sqrt_s_plus_b(s: ArrayLike, b: ArrayLike, sigma: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Return s/√(s+b), defined at b = 0; `sigma` is ignored.

    >>> s_over_sqrt_s_plus_b([50, 49], [100, 0]).round(4)
    array([4.0825, 7.    ])
    """
    return s_over_sqrt_s_plus_b_sigma2(s, b)


def s_over_sqrt_s_plus_b_sigma2(
    s: ArrayLike, b: ArrayLike, sigma: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Return s/√(s+b+σ²), defined at b = 0.

    >>> s_over_sqrt_s_plus_b_sigma2([50], 100, 7).round(4)
    array([3.5444])
    """
    signal, background, uncertainty = _broadcast(s, b, sigma)
    value = _ratio(signal, signal + background + np.square(uncertainty))
    value = np.where(signal <= 0, 0.0, value)
    return np.where((background < 0) | (signal + background <= 0), np.nan, value)


@dataclass(frozen=True)
class Definition:
    """A figure of merit: its name in tables and config, its axis label, its function."""

    name: str
    label: str
    function: Callable[[ArrayLike, ArrayLike, ArrayLike], NDArray[np.float64]]

    def axis_label(self, has_systematic: bool) -> str:
        """Return the label; without a systematic the Asimov Z is the one that knows none."""
        if self.name == "asimov" and not has_systematic:
            return DEFINITIONS["asimov_no_systematic"].label
        return self.label


DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        definition.name: definition
        for definition in (
            Definition("asimov", r"$Z_\mathrm{A}$ with systematic", asimov),
            Definition("asimov_no_systematic", r"$Z_\mathrm{A}$", asimov_no_systematic),
            Definition("ams", r"$\mathrm{AMS}$", ams),
            Definition("s_over_sqrt_b", r"$s/\sqrt{b}$", s_over_sqrt_b),
            Definition("s_over_sqrt_s_plus_b", r"$s/\sqrt{s+b}$", s_over_sqrt_s_plus_b),
            Definition(
                "s_over_sqrt_s_plus_b_sigma2",
                r"$s/\sqrt{s+b+\sigma^2}$",
                s_over_sqrt_s_plus_b_sigma2,
            ),
        )
    }
)


def _broadcast(*values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    return np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values))


def _ratio(signal: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        value: NDArray[np.float64] = signal / np.sqrt(variance)
    return value


def _ruled(
    value: NDArray[np.float64], signal: NDArray[np.float64], background: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Apply the module's rule to a figure of merit that is undefined at b = 0."""
    value = np.where(signal <= 0, 0.0, value)
    undefined = (background <= 0) | (signal + background <= 0) | ~np.isfinite(value)
    return np.where(undefined, np.nan, value)


def _log_shortfall(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 − ln(1+t)/t for t >= 0, to full relative precision down to t = 0."""
    u = t / (2.0 + t)
    u2 = np.square(u)
    # ln(1+t) = 2 artanh(u), whose leading term cancels exactly.
    series = np.zeros_like(t)
    for coefficient in reversed(_SERIES):
        series = series * u2 + coefficient
    return np.where(t < _SMALL, u - 2.0 * u2 / (2.0 + t) * series, 1.0 - np.log1p(t) / t)
