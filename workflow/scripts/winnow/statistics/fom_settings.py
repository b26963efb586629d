"""What a figure of merit takes from the config."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.statistics.binning import BinnedSettings
from winnow.statistics.bootstrap import BootstrapSettings
from winnow.statistics.selection import SelectionSettings
from winnow.statistics.yields import YieldSettings

POINTS = 2000
"""Rows of a curve that are kept at most, where the config asks for no grid."""


@dataclass(frozen=True)
class Grid:
    """The cuts low + i · (high − low) / count, i from 0 to count − 1."""

    low: float
    high: float
    count: int

    @property
    def cuts(self) -> NDArray[np.float64]:
        """The cuts, ascending, shape (count,)."""
        steps = np.arange(self.count, dtype=np.float64)
        cuts: NDArray[np.float64] = self.low + steps * (self.high - self.low) / self.count
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

    min_background_entries: int = 50
    headline: str = "asimov"
    points: int = POINTS
    grid: Grid | None = None
    bootstrap: BootstrapSettings = field(default_factory=lambda: BootstrapSettings(0, 0))


def fom_settings(
    fom: Mapping[str, Any], yields: Mapping[str, Any], seed: int
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
        systematic=fom["systematic"],
        signal=tuple(fom["signal"]) if "signal" in fom else None,
        selection=fom["selection"],
        min_background_entries=fom["min_background_entries"],
        headline=fom["definition"],
        grid=Grid(**fom["cuts"]) if "cuts" in fom else None,
        bootstrap=BootstrapSettings(seed, fom["bootstrap"]["replicas"]),
    )
    bins = fom["bins"]
    binned = BinnedSettings(
        min_background_entries=settings.min_background_entries,
        edges=tuple(bins["edges"]) if "edges" in bins else None,
        count=bins["count"],
        kind=bins["kind"],
        simulation_statistics=bins["simulation_statistics"],
    )
    return settings, binned
