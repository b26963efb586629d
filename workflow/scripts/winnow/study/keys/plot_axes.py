"""The key `axes` of the section `plots`: axes of histograms."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from winnow.study.typed import made, says


@dataclass(frozen=True)
class PlotAxis:
    """An axis of histograms."""

    bins: Annotated[int, says(minimum=1, maximum=1000)] | None = None
    """Number of bins; default that which the effective number of events allows."""
    range: Annotated[tuple[float, ...], says(minItems=2, maxItems=2)] | None = None
    """Where the axis begins and ends; default around nearly all events, whole decades where it is
    logarithmic."""
    log: bool = False
    """Whether the axis is logarithmic; values of 0 and below lie beyond it."""


UNASKED: Mapping[str, PlotAxis] = MappingProxyType({})
"""No axis is asked for."""


def plot_axes(values: Mapping[str, Mapping[str, Any]]) -> dict[str, PlotAxis]:
    """Return the key `axes` of the section as objects."""
    return {name: made(PlotAxis, own) for name, own in values.items()}
