"""What several figures share."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import mplhep
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

Labels = Mapping[str, Mapping[str, str]]
"""feature → its `label` and `unit`."""

# the bins of a table hold all that is to be drawn
draw_bins = partial(mplhep.histplot, flow="none")
"""`mplhep.histplot` of heights and edges."""


def rows_with(table: pd.DataFrame, **keys: str) -> pd.DataFrame:
    """Return the rows in which each column has its value."""
    inside = np.ones(len(table), dtype=bool)
    for column, value in keys.items():
        inside &= (table[column] == value).to_numpy()
    return table[inside]


def bin_edges(part: pd.DataFrame) -> NDArray[np.float64]:
    """Return the bin edges of a histogram's rows."""
    return np.append(part["low"].to_numpy(), part["high"].to_numpy()[-1])


def draw_between(
    axes: Axes,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    edges: NDArray[np.float64],
    **look: Any,
) -> None:
    """Fill each bin from a height to another; the look is plain where it says nothing.

    Args:
        axes: What is drawn on.
        low: Shape (n,).
        high: Shape (n,).
        edges: Shape (n + 1,).
        look: Properties of a patch.
    """
    plain = {"alpha": None, "hatch": None}
    error = np.array([np.zeros(low.size), high - low])
    draw_bins(low, edges, ax=axes, yerr=error, histtype="band", **{**plain, **look})


def class_ticks(axes: Axes, names: Sequence[str], size: str = "medium") -> None:
    """Write names beside the rows and below the columns of a matrix."""
    axes.set_xticks(range(len(names)), names, fontsize=size, rotation=90 if len(names) > 4 else 0)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.tick_params(which="both", length=0)
