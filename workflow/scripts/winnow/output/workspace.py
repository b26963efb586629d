"""Histograms of the score as fits read them: ROOT histograms and a pyhf workspace.

HistFactory (CERN-OPEN-2012-016) in pyhf's JSON: one channel, a sample a process, the signal's
strength `mu` free. Each entry of `fom.systematic` is one `normsys` that moves all that it covers
together; the simulation's statistics are one `staterror` a bin on the whole background (Barlow and
Beeston, Comput. Phys. Commun. 77 (1993) 219, with one factor a bin).
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import hist
import numpy as np
import pandas as pd
import pyhf
from numpy.typing import NDArray
from scipy.optimize import brentq

from winnow.columns import CLASS, PROCESS, SAMPLE, TEST
from winnow.errors import DataError
from winnow.statistics.selection import DEFAULT

Array = NDArray[np.float64]

CHANNEL = "score"
STRENGTH = "mu"
STATISTICS = f"staterror_{CHANNEL}"
# where an uncertainty of 100 % and more would leave nothing: as the binned reading has it
_LEAST_FACTOR = 0.01
# one minus the confidence level of limits
_LIMIT = 0.05
# signal strengths beyond are no limit
_LARGEST = 1e6


@dataclass(frozen=True)
class Yields:
    """What is expected of one process in each bin.

    Attributes:
        process: its name.
        class_name: its class.
        is_signal: whether it is signal; else it is background.
        sums: shape (bins,), of weights.
        variances: shape (bins,), statistical, Σw².
    """

    process: str
    class_name: str
    is_signal: bool
    sums: Array
    variances: Array


@dataclass(frozen=True)
class Binned:
    """Yields of all processes in the same bins.

    Attributes:
        edges: shape (bins + 1,).
        yields: of each process, signal first.
        merged: how many bins were joined with a neighbour.
    """

    edges: Array
    yields: tuple[Yields, ...]
    merged: int = 0


def fit_bins(table: pd.DataFrame, sample: str = TEST) -> Binned:
    """Return the yields of a sample in bins that a fit can use.

    A bin in which a process sums to a negative number, or the whole background to none, is joined
    with the next one towards the background.

    Args:
        table: sample, bin, low, high, process, class, is_signal, yield and uncertainty, of the
            processes that count, every bin of each.
        sample: whose yields.

    Raises:
        DataError: there are no bins, no signal or no background; a process is negative as a whole.
    """
    own = table[table[SAMPLE] == sample]
    kinds = own.groupby([CLASS, PROCESS], sort=False)
    # a process of two classes is two samples
    parted = [process for (_, process), _ in kinds]
    found = [
        Yields(
            str(process) if parted.count(process) == 1 else f"{process} {label}",
            str(label),
            bool(part["is_signal"].iloc[0]),
            part["yield"].to_numpy(np.float64),
            np.square(part["uncertainty"].to_numpy(np.float64)),
        )
        for (label, process), part in kinds
    ]
    found.sort(key=lambda one: not one.is_signal)
    signals = sum(one.is_signal for one in found)
    if not signals or signals == len(found):
        raise DataError(
            f"the workspace of the fit: found {signals} processes of signal and "
            f"{len(found) - signals} of background in bins of the {sample} sample, expected one of "
            "each at least. Give the study more events, or fewer bins (`fom.bins`)."
        )
    for one in found:
        if one.sums.sum() < 0:
            raise DataError(
                f"the workspace of the fit: the yield of process {one.process!r} is "
                f"{one.sums.sum():g} in all bins together, expected none below 0. Give it more "
                "events, or join it with another process."
            )
    (_, first), *_ = kinds
    edges = np.append(first["low"].to_numpy(np.float64), first["high"].to_numpy(np.float64)[-1])
    return _merged(Binned(edges, tuple(found)))


def _merged(binned: Binned) -> Binned:
    """Join each bin that a fit cannot use with the next lower one, the lowest with the next."""
    values = np.array([one.sums for one in binned.yields])
    variances = np.array([one.variances for one in binned.yields])
    background = np.array([not one.is_signal for one in binned.yields])
    edges, merged = binned.edges, 0
    while values.shape[1] > 1:
        bad = (values < 0).any(axis=0) | (values[background].sum(axis=0) <= 0)
        if not bad.any():
            break
        last = int(np.flatnonzero(bad)[-1])
        low = max(last - 1, 0)
        starts = np.delete(np.arange(values.shape[1]), low + 1)
        values, variances = (np.add.reduceat(own, starts, axis=1) for own in (values, variances))
        edges, merged = np.delete(edges, low + 1), merged + 1
    yields = tuple(
        Yields(one.process, one.class_name, one.is_signal, own, variance)
        for one, own, variance in zip(binned.yields, values, variances, strict=True)
    )
    return Binned(edges, yields, merged)


def workspace(binned: Binned, systematic: float | Mapping[str, float]) -> dict[str, Any]:
    """Return a pyhf workspace whose data are what signal and background give together.

    Args:
        binned: the yields.
        systematic: the config's `fom.systematic`.
    """
    samples = []
    for one in binned.yields:
        modifiers: list[dict[str, Any]] = []
        if one.is_signal:
            modifiers.append({"name": STRENGTH, "type": "normfactor", "data": None})
        else:
            modifiers += _moved(one, systematic)
            error = np.sqrt(one.variances).tolist()
            modifiers.append({"name": STATISTICS, "type": "staterror", "data": error})
        samples.append({"name": one.process, "data": one.sums.tolist(), "modifiers": modifiers})
    total = np.sum([one.sums for one in binned.yields], axis=0)
    return {
        "version": "1.0.0",
        "channels": [{"name": CHANNEL, "samples": samples}],
        "observations": [{"name": CHANNEL, "data": total.tolist()}],
        "measurements": [{"name": "winnow", "config": {"poi": STRENGTH, "parameters": []}}],
    }


def _moved(one: Yields, systematic: float | Mapping[str, float]) -> list[dict[str, Any]]:
    """Return what moves a background process with all that its uncertainty covers."""
    given = systematic if isinstance(systematic, Mapping) else {DEFAULT: systematic}
    name = next((n for n in (one.process, one.class_name) if n in given), DEFAULT)
    share = given.get(name, 0.0)
    if not share:
        return []
    factors = {"hi": 1.0 + share, "lo": max(1.0 - share, _LEAST_FACTOR)}
    return [{"name": f"systematic_{name}", "type": "normsys", "data": factors}]


def histograms(binned: Binned) -> dict[str, hist.Hist[Any]]:
    """Return process → histogram with Σw and Σw², and `data_expected`, the sum of all."""
    axis = hist.axis.Variable(binned.edges, name=CHANNEL)
    found = {}
    for one in binned.yields:
        found[one.process] = _filled(axis, one.sums, one.variances)
    parts = [(one.sums, one.variances) for one in binned.yields]
    values, variances = (np.sum(own, axis=0) for own in zip(*parts, strict=True))
    return found | {"data_expected": _filled(axis, values, variances)}


def _filled(axis: hist.axis.Variable, values: Array, variances: Array) -> hist.Hist[Any]:
    own = hist.Hist(axis, storage=hist.storage.Weight())
    view = own.view()
    view["value"], view["variance"] = values, variances
    return own


def expected(spec: Mapping[str, Any]) -> dict[str, float]:
    """Return what pyhf expects of a workspace.

    Median discovery significance √q0 on the data of `workspace`, and the upper limit at 95 % by
    CLs on the signal's strength that is expected without signal (asymptotic: Cowan, Cranmer, Gross,
    Vitells, EPJC 71 (2011) 1554).

    Args:
        spec: from `workspace`.
    """
    with warnings.catch_warnings():
        # of how pyhf calls jsonschema
        warnings.filterwarnings("ignore", "jsonschema.RefResolver", DeprecationWarning)
        own = pyhf.Workspace(dict(spec))
        model = own.model()
    start, fixed = model.config.suggested_init(), model.config.suggested_fixed()

    def bounds(largest: float) -> list[tuple[float, float]]:
        # pyhf's own end where a large excess or a rough simulation is fitted
        suggested = model.config.suggested_bounds()
        wide = [(1e-10 if low > 0 else low, max(high, 1e3)) for low, high in suggested]
        wide[model.config.poi_index] = (0.0, largest)
        return wide

    # q0 itself: the p-value of a large one is 0
    q0 = pyhf.infer.test_statistics.q0(0.0, own.data(model), model, start, bounds(10.0), fixed)
    significance = float(np.sqrt(max(float(q0), 0.0)))
    nothing = _background_only(model)

    def above(strength: float) -> float:
        found = pyhf.infer.hypotest(
            strength,
            nothing,
            model,
            par_bounds=bounds(20.0 * max(1.0, strength)),
            test_stat="qtilde",
            return_expected=True,
        )
        return float(found[1]) - _LIMIT

    largest = 1.0
    while above(largest) > 0:
        largest *= 2.0
        if largest > _LARGEST:
            return {"significance": significance, "upper_limit": float("inf")}
    smallest = largest / 2.0
    while above(smallest) < 0:
        smallest /= 2.0
    limit = float(brentq(above, smallest, largest, rtol=1e-4))
    return {"significance": significance, "upper_limit": limit}


def _background_only(model: Any) -> Any:
    """Return the data that are expected without signal."""
    nominal = np.array(model.config.suggested_init())
    nominal[model.config.poi_index] = 0.0
    return model.expected_data(nominal)
