"""Discovery significance of a binned score: a profile likelihood on Asimov data.

Cowan, Cranmer, Gross, Vitells, EPJC 71 (2011) 1554: Z = √q0, q0 = −2 ln L(0, θ̂̂)/L(1, θ̂), read on
data that equal the expectation. In bin i, s_i signal and Σ_g b_gi background events are expected.

* A relative uncertainty f_g of a group of background is one nuisance θ_g of unit Gaussian
  constraint that multiplies the group in every bin alike: by (1 + f)^θ from 1 on, by (1 − f)^−θ up
  to −1, by the polynomial of sixth order between them (HistFactory's normalisation, CERN-OPEN-
  2012-016, interpolation code 4, as `normsys` of pyhf).
* The simulation's own statistics are one factor γ_i a bin on its whole background, constrained by
  an auxiliary Poisson measurement of τ_i = (b_i/σ_i)² events, after Barlow and Beeston, Comput.
  Phys. Commun. 77 (1993) 219, with one factor a bin (`shapesys` of pyhf). It is profiled exactly.

One bin with γ alone is the Asimov significance with σ (`significance.asimov`).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STEPS = 60
_SMALLEST = 1e-12
# Of (1 − f)^−θ: an uncertainty of 100 % and more would leave nothing.
_LEAST_FACTOR = 0.01
_LARGEST_EXPONENT = 300.0


def discovery_significance(
    s: Array, background: Array, fractions: Array, variance: Array | None = None
) -> Array:
    """Return the median discovery significance of bins that are fitted together.

    Args:
        s: expected signal, shape (..., bins); n = s + b must be positive in every bin.
        background: expected events of each group, shape (..., groups, bins), b positive in every
            bin.
        fractions: relative uncertainty of each group, shape (groups,).
        variance: of the simulation's b, in events squared, shape (..., bins); None: known exactly.

    Returns:
        Shape (...); 0 where the whole signal is not positive, NaN where a bin is not as asked.

    One uncertainty of 20 % on all bins, and no shape: the number of bins is nothing to it.

    >>> fifth = np.array([0.2])
    >>> for bins in (1, 4):
    ...     s, b = np.full((1, bins), 100.0 / bins), np.full((1, 1, bins), 1000.0 / bins)
    ...     discovery_significance(s, b, fifth).round(3)
    array([0.506])
    array([0.506])
    """
    lead = s.shape[:-1]
    bins = s.shape[-1]
    signal = s.reshape(-1, bins)
    groups = background.reshape(-1, background.shape[-2], bins)
    b = groups.sum(axis=1)
    tau = np.full(b.shape, np.inf)
    if variance is not None:
        own = variance.reshape(-1, bins)
        np.divide(np.square(b), own, out=tau, where=own > 0)
    defined = ((b > 0) & (signal + b > 0)).all(axis=1)
    moved = np.flatnonzero(fractions > 0)
    fixed = b - groups[:, moved].sum(axis=1)
    found = np.full(len(signal), np.nan)
    found[defined] = _smallest(
        (signal + b)[defined], groups[defined][:, moved], fixed[defined], fractions[moved],
        tau[defined],
    )  # fmt: skip
    significance = np.sqrt(np.maximum(found, 0.0))
    significance[defined & (signal.sum(axis=1) <= 0)] = 0.0
    shaped: Array = significance.reshape(lead)
    return shaped


def _smallest(n: Array, groups: Array, fixed: Array, fractions: Array, tau: Array) -> Array:
    """Return q0 at the best θ, by Newton's method with a damping of each replica's own, (r,)."""
    theta = np.zeros(groups.shape[:2])
    value = _q0(n, groups, fixed, fractions, tau, theta)
    damping = np.full(len(n), 1e-3)
    identity = np.eye(fractions.size)
    for _ in range(_STEPS if fractions.size else 0):
        slope, curvature = _derivatives(n, groups, fixed, fractions, tau, theta)
        damped = curvature + damping[:, np.newaxis, np.newaxis] * identity
        step = np.linalg.solve(damped, slope[..., np.newaxis])[..., 0]
        trial = theta - step
        new = _q0(n, groups, fixed, fractions, tau, trial)
        better = new <= value
        gained = np.where(better, value - new, 0.0)
        theta = np.where(better[:, np.newaxis], trial, theta)
        value = np.where(better, new, value)
        damping = np.where(better, damping / 10.0, damping * 10.0)
        if np.all(gained <= _SMALLEST * (1.0 + value)) and np.all(better | (damping > 1e6)):
            break
    return value


def _polynomials(fractions: Array) -> Array:
    """Return the coefficients of θ¹ to θ⁶ between −1 and 1, shape (groups, 6).

    Value, slope and curvature are those of the exponentials at both ends.
    """
    up, down = 1.0 + fractions, np.maximum(1.0 - fractions, _LEAST_FACTOR)
    powers = np.arange(1, 7)
    rows = [
        sign ** (powers - order) * np.prod([powers - i for i in range(order)], axis=0)
        for order in range(3)
        for sign in (1.0, -1.0)
    ]
    wanted = [up - 1.0, down - 1.0, np.log(up) * up, -np.log(down) * down]
    wanted += [np.log(up) ** 2 * up, np.log(down) ** 2 * down]
    coefficients: Array = np.linalg.solve(np.array(rows), np.array(wanted)).T
    return coefficients


def _factors(fractions: Array, theta: Array) -> tuple[Array, Array, Array]:
    """Return what each group is multiplied with, and its two derivatives, (r, groups) each."""
    up, down = np.log1p(fractions), np.log(np.maximum(1.0 - fractions, _LEAST_FACTOR))
    rate = np.where(theta > 0, up, -down)
    with np.errstate(over="ignore"):
        outside = np.exp(np.clip(theta * rate, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
    found = [outside, outside * rate, outside * rate**2]
    coefficients = _polynomials(fractions)
    powers = np.arange(1, 7)
    clipped = np.clip(theta, -1.0, 1.0)[..., np.newaxis]
    for order in range(3):
        scale = np.prod([powers - i for i in range(order)], axis=0)
        terms = coefficients * scale * clipped ** np.maximum(powers - order, 0)
        inside = terms.sum(axis=-1) + (order == 0)
        found[order] = np.where(np.abs(theta) < 1.0, inside, found[order])
    return found[0], found[1], found[2]


def _expected(groups: Array, fixed: Array, factor: Array) -> Array:
    expected: Array = fixed + np.einsum("rg,rgb->rb", factor, groups)
    return expected


def _q0(n: Array, groups: Array, fixed: Array, fractions: Array, tau: Array, theta: Array) -> Array:
    factor, _, _ = _factors(fractions, theta)
    nu = _expected(groups, fixed, factor)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = nu - n + n * np.log(n / nu)
        finite = np.where(np.isfinite(tau), tau, 1.0)
        # (n+τ) ln((n+τ)/(ν+τ)) loses all digits for large τ when written so
        pull = (n + finite) * np.log1p((n - nu) / (nu + finite))
        profiled = n * np.log(n / nu) - pull
        terms = np.where(np.isfinite(tau), profiled, known).sum(axis=1)
    q0: Array = 2.0 * terms + np.square(theta).sum(axis=1)
    return np.where((nu > 0).all(axis=1) & np.isfinite(q0), q0, np.inf)


def _derivatives(
    n: Array, groups: Array, fixed: Array, fractions: Array, tau: Array, theta: Array
) -> tuple[Array, Array]:
    """Return slope (r, groups) and curvature (r, groups, groups) of q0."""
    factor, once, twice = _factors(fractions, theta)
    nu = _expected(groups, fixed, factor)
    finite = np.where(np.isfinite(tau), tau, 1.0)
    known = np.isinf(tau)
    first = -n / nu + np.where(known, 1.0, (n + finite) / (nu + finite))
    second = n / nu**2 - np.where(known, 0.0, (n + finite) / (nu + finite) ** 2)
    move = groups * once[..., np.newaxis]
    slope = 2.0 * np.einsum("rb,rgb->rg", first, move) + 2.0 * theta
    # the second derivative of a bin may be negative where it holds far fewer than ν events
    curvature = 2.0 * np.einsum("rb,rgb,rhb->rgh", np.maximum(second, 0.0), move, move)
    own = 2.0 * np.einsum("rb,rgb->rg", first, groups * twice[..., np.newaxis])
    diagonal = np.arange(fractions.size)
    curvature[:, diagonal, diagonal] += 2.0 + np.maximum(own, 0.0)
    return slope, curvature
