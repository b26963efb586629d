"""What a figure of merit takes from the config."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.statistics.binning import BinnedSettings
from winnow.statistics.bootstrap import BootstrapSettings
from winnow.statistics.selection import SelectionSettings
from winnow.statistics.yields import YieldSettings
from winnow.study.keys.fom import Cuts, Fom

POINTS = 2000
"""Rows of a curve that are kept at most, where the config asks for no grid."""


def even_cuts(asked: Cuts) -> NDArray[np.float64]:
    """Return cuts at even distances, ascending, shape (count,).

    >>> even_cuts(Cuts(0.5, 1.0, 2)).tolist()
    [0.5, 0.75]
    """
    steps = np.arange(asked.count, dtype=np.float64)
    cuts: NDArray[np.float64] = asked.low + steps * (asked.high - asked.low) / asked.count
    return cuts


@dataclass(frozen=True)
class FomSettings(SelectionSettings):
    """What a figure of merit is computed from: what it counts, and how the cut is chosen.

    Attributes:
        min_background_entries: background events, raw and effective, left on validation.
        headline: the definition whose best cut the yields are given at.
        points: the most cuts kept in the table, the optima aside.
        grid: cuts that are scanned beside the exact scan.
        bootstrap: of the bands; without replicas they are NaN.
    """

    min_background_entries: int = Fom.min_background_entries
    headline: str = Fom.definition
    points: int = POINTS
    grid: Cuts | None = None
    bootstrap: BootstrapSettings = field(default_factory=lambda: BootstrapSettings(0, 0))


def fom_settings(
    fom: Fom, yields: Mapping[str, Any], seed: int
) -> tuple[FomSettings, BinnedSettings]:
    """Return the settings of the figure of merit and of its binned reading.

    Args:
        fom: the config's section.
        yields: arguments of YieldSettings.
        seed: of the bootstrap.
    """
    lists = {n: tuple(yields[n]) for n in ("class_names", "split_sources") if n in yields}
    settings = FomSettings(
        yields=YieldSettings(**{**yields, **lists}),
        systematic=fom.systematic,
        signal=fom.signal,
        selection=fom.selection,
        min_background_entries=fom.min_background_entries,
        headline=fom.definition,
        grid=fom.cuts,
        bootstrap=BootstrapSettings(seed, fom.bootstrap.replicas),
    )
    least = fom.min_background_entries
    return settings, BinnedSettings(**asdict(fom.bins), min_background_entries=least)
