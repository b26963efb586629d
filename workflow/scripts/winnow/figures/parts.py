"""What several figures share."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import mplhep
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    MultipleLocator,
    NullFormatter,
    StrMethodFormatter,
)
from numpy.typing import NDArray

from winnow.figures.style import GREY, LIGHT_GREY, PAGE_WIDTH, Looks, Style, short, wrapped

# letters on a line of a panel's title, and of a name beside a matrix
LINE = 30
_LINE = 22
_LETTERS_BELOW = 40
_PANELS = 3

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


def set_range(axes: Axes, edges: NDArray[np.float64]) -> None:
    """Let the axis end where the bins do, logarithmic where they grow by a factor."""
    axes.set_xlim(edges[0], edges[-1])
    if edges[0] > 0 and edges.size > 2 and np.allclose(np.diff(np.log(edges), n=2), 0):
        axes.set_xscale("log")


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


def draw_class(axes: Axes, part: pd.DataFrame, look: Style) -> None:
    """Draw one class's density as a line, its uncertainty as a band."""
    edges, density = bin_edges(part), part["density"].to_numpy()
    error = part["uncertainty"].to_numpy()
    draw_bins(density, edges, ax=axes, color=look.colour, linestyle=look.line, linewidth=1.3)
    shade = {"facecolor": look.colour, "edgecolor": look.colour, "alpha": 0.2}
    draw_between(axes, density - error, density + error, edges, **shade)
    set_range(axes, edges)


def class_lines(names: Sequence[str], looks: Looks) -> list[Line2D]:
    """Return the entries of a legend of classes that are drawn as lines."""
    known = [(looks.name(name), looks.style(name, index)) for index, name in enumerate(names)]
    return [Line2D([], [], color=own.colour, linestyle=own.line, label=name) for name, own in known]


def class_ticks(axes: Axes, names: Sequence[str], size: str | float = "medium") -> None:
    """Write names beside the rows and below the columns of a matrix."""
    upright = len(names) * max(map(len, names)) > _LETTERS_BELOW
    # two lines of a name are as high as a cell
    told = [wrapped(short(name, 2 * _LINE), _LINE) for name in names]
    axes.set_xticks(range(len(names)), told, fontsize=size, rotation=90 if upright else 0)
    axes.set_yticks(range(len(names)), told, fontsize=size)
    axes.tick_params(which="both", length=0)


def panels(figure: Figure, rows: int, columns: int) -> NDArray[Any]:
    """Return pairs of axes, a large over a small one of the same x, shape (rows, columns, 2)."""
    grid = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=(3, 1.2) * rows)
    pairs = np.stack([grid[::2], grid[1::2]], axis=-1)
    for upper, lower in pairs.reshape(-1, 2):
        lower.sharex(upper)
        upper.tick_params(labelbottom=False)
        for axes in (upper, lower):
            axes.minorticks_off()
            axes.tick_params(labelsize="small")
        lower.yaxis.set_major_locator(MaxNLocator(3))
    return pairs


def class_grid(count: int) -> tuple[int, int]:
    """Return rows and columns of so many classes' panels.

    >>> class_grid(2), class_grid(12)
    ((1, 2), (4, 3))
    """
    columns = min(_PANELS, count)
    return -(-count // columns), columns


def class_size(count: int, high: float) -> tuple[float, float]:
    """Return inches of a figure of so many classes' panels, each so high."""
    rows, columns = class_grid(count)
    return min(PAGE_WIDTH, 3.1 * max(columns, 2)), high * rows + 0.6


def by_probability(
    figure: Figure, names: Sequence[str], told: tuple[str, str, str], looks: Looks
) -> Iterator[tuple[int, str, Axes, Axes]]:
    """Yield each class's position, name and pair of axes along a probability, to be drawn on.

    Args:
        figure: What is drawn on.
        names: The classes.
        told: What stands at the large and the small axes, and below them, before the class.
        looks: How classes look.
    """
    grid = panels(figure, *class_grid(len(names)))
    pairs = grid.reshape(-1, 2)
    hide(pairs[len(names) :])
    for index, (name, (upper, lower)) in enumerate(zip(names, pairs, strict=False)):
        upper.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        upper.set_title(wrapped(looks.name(name), LINE), fontsize="small")
        upper.set_ylim(-0.02, 1.02)
        yield index, name, upper, lower
        lower.set_xlim(0, 1)
        lower.xaxis.set_major_locator(MultipleLocator(0.25))
        lower.set_xlabel(wrapped(f"{told[2]} of {looks.name(name)}", LINE), fontsize="small")
    for upper, lower in grid[:, 0]:
        upper.set_ylabel(told[0], fontsize="small")
        lower.set_ylabel(told[1], fontsize="small", loc="center")


def plain_decades(axis: Axis) -> None:
    """Let a logarithmic axis that spans few decades tell 1, 2 and 5 of each as numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def hide(pairs: NDArray[Any]) -> None:
    """Leave out pairs of axes that nothing is drawn on."""
    for axes in pairs.ravel():
        axes.set_axis_off()


def draw_points(
    axes: Axes, part: pd.DataFrame, value: str, error: Any, look: Mapping[str, Any]
) -> None:
    """Draw a point in the middle of each bin with its error, a column's name or (2, n) lengths."""
    middle = (part["low"] + part["high"]) / 2
    length = part[error] if isinstance(error, str) else error
    axes.errorbar(middle, part[value], yerr=length, linestyle="none", elinewidth=1, **look)


def draw_pulls(axes: Axes, part: pd.DataFrame, value: str, look: Mapping[str, Any]) -> None:
    """Draw pulls between -4 and 4, bands at one and two standard deviations behind them."""
    for height, shade in ((2, "#eeeeee"), (1, LIGHT_GREY)):
        axes.axhspan(-height, height, color=shade, zorder=0)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot((part["low"] + part["high"]) / 2, part[value].clip(-4, 4), linestyle="none", **look)
    axes.set_ylim(-4.5, 4.5)
