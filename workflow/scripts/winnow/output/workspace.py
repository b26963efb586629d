"""Histograms of the score as fits read them: ROOT histograms and a pyhf workspace.

HistFactory (CERN-OPEN-2012-016) in pyhf's JSON: one channel, a sample a process, the signal's
strength `mu` free. Each entry of `fom.systematic` is one `normsys` that moves all that it covers
together; the simulation's statistics are one `staterror` a bin on the whole background (Barlow and
Beeston, Comput. Phys. Commun. 77 (1993) 219, with one factor a bin). Each variation is one
`histosys` that moves the bins of all processes together.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import hist
import numpy as np
import pandas as pd
import pyhf
from numpy.typing import NDArray
from scipy.optimize import brentq

from winnow.columns import CLASS, DIRECTION, DOWN, PROCESS, SAMPLE, TEST, UP, VARIATION
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
        shifts: (variation, direction) → what that adds to `sums`, and the variances once it has,
            both of shape (bins,).
    """

    process: str
    class_name: str
    is_signal: bool
    sums: Array
    variances: Array
    shifts: Mapping[tuple[str, str], tuple[Array, Array]] = field(default_factory=dict)

    def joined(self, starts: NDArray[np.intp]) -> "Yields":
        """Return the same in wider bins, each beginning with one of these."""

        def summed(values: Array) -> Array:
            found: Array = np.add.reduceat(values, starts)
            return found

        shifts = {
            key: (summed(own), summed(squares)) for key, (own, squares) in self.shifts.items()
        }
        return replace(
            self, sums=summed(self.sums), variances=summed(self.variances), shifts=shifts
        )


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


def fit_bins(
    table: pd.DataFrame, shifted: pd.DataFrame | None = None, sample: str = TEST
) -> Binned:
    """Return the yields of a sample in bins that a fit can use.

    A bin in which a process sums to a negative number, or the whole background to none, is joined
    with the next one towards the background.

    Args:
        table: sample, bin, low, high, process, class, is_signal, yield and uncertainty, of the
            processes that count, every bin of each.
        shifted: variation, direction, process, class, bin, shift and uncertainty in the same bins.
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
            _shifts(shifted, str(label), str(process)),
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


def _shifts(
    table: pd.DataFrame | None, label: str, process: str
) -> dict[tuple[str, str], tuple[Array, Array]]:
    """Return what each direction of each variation does to a class's process."""
    if table is None:
        return {}
    own = table[(table[CLASS] == label) & (table[PROCESS] == process)]
    return {
        (str(variation), str(direction)): (
            part["shift"].to_numpy(np.float64),
            np.square(part["uncertainty"].to_numpy(np.float64)),
        )
        for (variation, direction), part in own.groupby([VARIATION, DIRECTION], sort=False)
    }


def _merged(binned: Binned) -> Binned:
    """Join each bin that a fit cannot use with the next lower one, the lowest with the next."""
    sums = np.array([one.sums for one in binned.yields])
    background = np.array([not one.is_signal for one in binned.yields])
    starts = np.arange(sums.shape[1])
    while starts.size > 1:
        values = np.add.reduceat(sums, starts, axis=1)
        bad = (values < 0).any(axis=0) | (values[background].sum(axis=0) <= 0)
        if not bad.any():
            break
        last = int(np.flatnonzero(bad)[-1])
        starts = np.delete(starts, max(last - 1, 0) + 1)
    edges = np.append(binned.edges[starts], binned.edges[-1])
    yields = tuple(one.joined(starts) for one in binned.yields)
    return Binned(edges, yields, len(binned.edges) - len(edges))


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
        modifiers += _shapes(one)
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


def _shapes(one: Yields) -> list[dict[str, Any]]:
    """Return what moves a process with each variation that changes it.

    What has one direction alone is mirrored; no bin is moved below 0.
    """
    modifiers = []
    for name in dict.fromkeys(name for name, _ in one.shifts):
        given = [one.shifts.get((name, direction)) for direction in (UP, DOWN)]
        up, down = (None if own is None else own[0] for own in given)
        high = up if up is not None else -np.asarray(down)
        low = down if down is not None else -high
        if not (high.any() or low.any()):
            continue
        data = {
            key: np.maximum(one.sums + shift, 0.0).tolist()
            for key, shift in (("hi_data", high), ("lo_data", low))
        }
        modifiers.append({"name": name, "type": "histosys", "data": data})
    return modifiers


def histograms(binned: Binned) -> dict[str, hist.Hist[Any]]:
    """Return process → histogram with Σw and Σw², and `data_expected`, the sum of all.

    Shifted ones are called `<process>_<variation>Up` and `...Down`.
    """
    axis = hist.axis.Variable(binned.edges, name=CHANNEL)
    found = {}
    for one in binned.yields:
        found[one.process] = _filled(axis, one.sums, one.variances)
        for (name, direction), (shift, variances) in one.shifts.items():
            called = f"{one.process}_{name}{direction.capitalize()}"
            found[called] = _filled(axis, one.sums + shift, variances)
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
    shapes = {name for name, kind in model.config.modifiers if kind == "histosys"}
    kept = {index for name in shapes for index in _places(model, name)}

    def bounds(largest: float) -> list[tuple[float, float]]:
        # pyhf's own end where a large excess or a rough simulation is fitted; far along a shape
        # bins would hold less than nothing
        suggested = model.config.suggested_bounds()
        wide = [
            (low, high) if index in kept else (1e-10 if low > 0 else low, max(high, 1e3))
            for index, (low, high) in enumerate(suggested)
        ]
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


def _places(model: Any, name: str) -> range:
    """Return where the values of a parameter stand among those of all."""
    own = model.config.par_slice(name)
    return range(own.start, own.stop)


def _background_only(model: Any) -> Any:
    """Return the data that are expected without signal."""
    nominal = np.array(model.config.suggested_init())
    nominal[model.config.poi_index] = 0.0
    return model.expected_data(nominal)
