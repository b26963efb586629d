"""Poisson bootstrap of figures of merit: bands on their curves, their maximum, one fixed cut.

Every event counts k times, k drawn from a Poisson distribution of mean 1, in each replica: the
spread over replicas is that of the weighted sample, negative weights and correlations between
cuts included (ATLAS, ATL-PHYS-PUB-2021-011; Bohm and Zech, NIM A 748 (2014) 1). A class whose total
is given is rescaled to it in every replica.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.identity import key
from winnow.statistics.counting import CountedEvents, check_scores
from winnow.statistics.merit import background_uncertainty
from winnow.statistics.significance import DEFINITIONS, Definition
from winnow.study.keys.fom import Bootstrap

# Below this share of replicas in which a value is defined, its quantiles would mislead.
_DEFINED = 0.9
# Events handled at once: draws and products stay in the cache.
_BLOCK = 65_536
# Figures of merit computed at once.
_CACHED = 16_384
_DRAWS = 2**16
_LARGEST_DRAW = 20


@dataclass(frozen=True)
class BootstrapSettings:
    """How replicas are drawn and summarised.

    Attributes:
        seed: of the draws; a replica of a sample is the same whatever their number.
        replicas: how often the sample is drawn again; 0 leaves all bands undefined.
        quantiles: of the band's lower and upper end.
    """

    seed: int
    replicas: int = Bootstrap.replicas
    quantiles: tuple[float, float] = (0.16, 0.84)


@dataclass(frozen=True)
class Replicas:
    """What passes each of m cuts in each replica: float64, shape (replicas, m), in events."""

    s: NDArray[np.float64]
    b: NDArray[np.float64]
    sigma: NDArray[np.float64]

    def at(self, index: NDArray[np.intp]) -> "Replicas":
        """Return what passes some of the cuts."""
        return Replicas(self.s[:, index], self.b[:, index], self.sigma[:, index])


def replicate(
    events: CountedEvents,
    cuts: NDArray[np.float64],
    fractions: NDArray[np.float64],
    sample: str,
    settings: BootstrapSettings,
) -> Replicas:
    """Draw replicas of a sample and count what passes `score >= cut` in each.

    The n-th event of a sample is drawn alike whatever its score and whether it counts: tables of
    scores of the same events compare in pairs. Time is linear in the events; no array is as large
    as replicas × events.

    Args:
        events: all of the sample's, those that do not count in their place.
        cuts: shape (m,), ascending.
        fractions: relative uncertainty of each group of background, shape (groups,).
        sample: its name; the draws of different samples are independent.
        settings: seed and number of replicas.

    Raises:
        DataError: a score is NaN.
    """
    check_scores(events.score)
    interval = np.searchsorted(cuts, events.score, side="right") - 1
    # Parts of each total, 0 for none, apart; the last place takes what is not counted.
    fixed = np.zeros(events.score.size, np.intp) if events.fixed is None else 1 + events.fixed
    totals = 1 + int(fixed.max(initial=0))
    shape = (totals, 1 + fractions.size, cuts.size + 1)
    place = np.where(events.counted & (interval >= 0), interval, cuts.size)
    cell = (fixed * shape[1] + events.row) * shape[2] + place
    whole = np.asarray(np.bincount(fixed, events.weight, minlength=totals), dtype=np.float64)
    counts = _poisson_table()
    s, b, sigma = (np.empty((settings.replicas, cuts.size)) for _ in range(3))
    for replica in range(settings.replicas):
        stream = np.random.Philox(key("bootstrap", settings.seed, sample, replica))
        generator = np.random.Generator(stream)
        inside = _draw_sums(generator, counts, cell, events.weight, math.prod(shape))
        joined = _rescaled(inside.reshape(shape), whole)[:, :-1]
        above = np.cumsum(joined[:, ::-1], axis=1)[:, ::-1]
        s[replica] = above[0]
        b[replica] = above[1:].sum(axis=0)
        sigma[replica] = background_uncertainty(above[1:], fractions)
    return Replicas(s, b, sigma)


def quantile_band(
    values: NDArray[np.float64], quantiles: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two quantiles over replicas, NaN where fewer than 90 % of the replicas are defined.

    Args:
        values: shape (replicas, m), NaN where undefined.
        quantiles: lower and upper, in [0, 1].

    Returns:
        lower and upper, shape (m,) each.
    """
    band = np.full((2, values.shape[1]), np.nan)
    usable = _usable(values)
    whole = usable & np.isfinite(values).all(axis=0)
    partly = usable & ~whole
    # nanquantile takes a column at a time, thirteen times as long.
    for columns, quantile in ((whole, np.quantile), (partly, np.nanquantile)):
        if columns.any():
            band[:, columns] = quantile(values[:, columns], quantiles, axis=0)
    return band[0], band[1]


def largest(values: NDArray[np.float64], eligible: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each replica's maximum over the eligible cuts, NaN where none is defined.

    Args:
        values: shape (replicas, m).
        eligible: shape (m,), as decided once on validation, not again in each replica.
    """
    allowed = np.where(eligible & np.isfinite(values), values, -np.inf)
    top = allowed.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(top), top, np.nan)


def fom_bootstrap(
    replicas: Replicas,
    cuts: NDArray[np.float64],
    eligible: NDArray[np.bool_],
    chosen: Mapping[str, int | None],
    quantiles: tuple[float, float] = BootstrapSettings.quantiles,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate bands on the curves of all figures of merit, on their maxima and at a fixed cut.

    Bands are pointwise. The largest of several fluctuating values lies above the largest of their
    true values, in the replicas even more than in the sample: the maximum's band says how far it
    scatters, not where the best true value lies.

    Args:
        replicas: from `replicate`, at these cuts.
        cuts: shape (m,).
        eligible: shape (m,), the cuts over which the maximum is taken.
        chosen: definition → index of its chosen cut, None where no cut is eligible.
        quantiles: of the lower and upper ends.

    Returns:
        bands: cut, then <definition>_lower and <definition>_upper.
        spread: one row per definition: definition, max_mean, max_lower, max_upper of the maximum,
            fom_mean, fom_lower, fom_upper at the chosen cut. NaN marks what is undefined in more
            than a tenth of the replicas.
    """
    bands, rows = {"cut": cuts}, []
    for name, definition in DEFINITIONS.items():
        values = _values(definition, replicas)
        bands[f"{name}_lower"], bands[f"{name}_upper"] = quantile_band(values, quantiles)
        index = chosen[name]
        at_cut = np.full(len(values), np.nan) if index is None else values[:, index]
        row: dict[str, object] = {"definition": name}
        row |= _spread("max", largest(values, eligible), quantiles)
        row |= _spread("fom", at_cut, quantiles)
        rows.append(row)
    return pd.DataFrame(bands), pd.DataFrame(rows)


def _poisson_table() -> NDArray[np.uint8]:
    """Return a table whose 2^16 equally likely entries follow a Poisson distribution of mean 1.

    Five times faster than Poisson draws; of its probabilities each is right to 2^-16, its mean is
    1 and its variance 1 − 3e-5.
    """
    draws = np.arange(_LARGEST_DRAW)
    probability = np.array([math.exp(-1.0) / math.factorial(k) for k in draws.tolist()])
    midpoints = (np.arange(_DRAWS) + 0.5) / _DRAWS
    return np.searchsorted(np.cumsum(probability), midpoints).astype(np.uint8)


def _draw_sums(
    generator: np.random.Generator,
    counts: NDArray[np.uint8],
    cell: NDArray[np.intp],
    weight: NDArray[np.float64],
    cells: int,
) -> NDArray[np.float64]:
    """Return the sum of k·w in each cell, k drawn for each event."""
    sums = np.zeros(cells)
    for start in range(0, cell.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        drawn = counts[generator.integers(0, _DRAWS, weight[block].size, dtype=np.uint16)]
        sums += np.bincount(cell[block], weight[block] * drawn, minlength=cells)
    return sums


def _rescaled(drawn: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is counted, all totals together, each class of a total rescaled to it.

    Args:
        drawn: shape (totals, rows, places), the first total standing for none.
        whole: the classes' sums, shape (totals,).

    Returns:
        Shape (rows, places); NaN where a class was drawn with a sum <= 0.
    """
    sums = drawn.sum(axis=(1, 2))
    factors = np.divide(whole, sums, out=np.full(whole.size, np.nan), where=sums > 0)
    factors[0] = 1.0
    factors[whole == 0] = 1.0
    joined: NDArray[np.float64] = np.tensordot(factors, drawn, axes=1)
    return joined


def _values(definition: Definition, replicas: Replicas) -> NDArray[np.float64]:
    """Return a figure of merit at every cut of every replica, shape (replicas, m)."""
    values: NDArray[np.float64] = np.empty(replicas.s.shape)
    # As many replicas at once as stay in the cache.
    step = max(1, _CACHED // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        rows = slice(start, start + step)
        values[rows] = definition.function(replicas.s[rows], replicas.b[rows], replicas.sigma[rows])
    return values


def _usable(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for which columns enough replicas are defined."""
    defined = np.count_nonzero(np.isfinite(values), axis=0)
    usable: NDArray[np.bool_] = defined >= max(1.0, _DEFINED * len(values))
    return usable


def _spread(
    name: str, values: NDArray[np.float64], quantiles: tuple[float, float]
) -> dict[str, float]:
    """Return mean and quantiles of one value per replica."""
    column = values[:, np.newaxis]
    lower, upper = quantile_band(column, quantiles)
    mean = float(np.nanmean(values)) if _usable(column)[0] else math.nan
    return {
        f"{name}_mean": mean,
        f"{name}_lower": float(lower[0]),
        f"{name}_upper": float(upper[0]),
    }
