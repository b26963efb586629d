"""The figure of collision data over stacked simulation."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from winnow.columns import PROCESS
from winnow.figures import style
from winnow.figures.parts import Labels, bin_edges, draw_between, draw_bins, rows_with, set_range
from winnow.statistics.observed import DATA, SCORE

_COLUMNS = 2
_HATCHED: Mapping[str, Any] = MappingProxyType(
    {"facecolor": "none", "edgecolor": style.GREY, "hatch": "////////"}
)


@style.context()
def data(
    histograms: pd.DataFrame,
    node: str,
    labels: Labels,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw each quantity: data as points over the stacked processes, and their ratio below.

    Args:
        histograms: as of `winnow.statistics.observed.histograms`.
        node: the class whose score is drawn.
        labels: `label` and `unit` of a spectator.
        title: Title of the figure.
        label: The study's label.
        looks: How the class and processes look.
    """
    names = list(histograms["quantity"].unique())
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = style.new_figure(min(style.PAGE_WIDTH, 5.2 * columns), 4.0 * rows)
    grid = figure.subplots(
        2 * rows, columns, squeeze=False, height_ratios=[3, 1] * rows, sharex=False
    )
    processes = [name for name in histograms[PROCESS].unique() if name != DATA]
    for position, name in enumerate(names):
        row, column = divmod(position, columns)
        upper, lower = grid[2 * row, column], grid[2 * row + 1, column]
        table = rows_with(histograms, quantity=name)
        _draw_quantity(upper, lower, table, processes, looks)
        shown = f"{looks.name(node)} score" if name == SCORE else style.feature_label(name, labels)
        lower.set_xlabel(style.wrapped(shown, 32))
        unit = "" if name == SCORE else labels.get(name, {}).get("unit", "")
        width = table["high"].iloc[0] - table["low"].iloc[0]
        upper.set_ylabel(f"events / {width:.3g}{' ' + unit if unit else ''}")
    for axes in grid.T.ravel()[2 * len(names) :] if len(names) < columns * rows else []:
        axes.set_axis_off()
    style.legend_below(figure, _handles(processes, looks))
    style.header(figure, title, label)
    return figure


def _draw_quantity(
    upper: Axes,
    lower: Axes,
    table: pd.DataFrame,
    processes: list[str],
    looks: style.Looks,
) -> None:
    """Draw one quantity and the ratio of data to the sum of the simulation."""
    edges = bin_edges(rows_with(table, **{PROCESS: DATA}))
    total, variance = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for index, name in enumerate(processes):
        part, look = rows_with(table, **{PROCESS: name}), looks.style(name, index)
        below, total = total, total + part["yield"].to_numpy()
        variance += ((part["upper"] - part["lower"]).to_numpy() / 2) ** 2
        draw_between(upper, below, total, edges, **_filled(look), linewidth=0)
        draw_bins(total, edges, ax=upper, color=look.colour, linewidth=1)
    error, seen = np.sqrt(variance), rows_with(table, **{PROCESS: DATA})
    draw_between(upper, total - error, total + error, edges, **_HATCHED, linewidth=0)
    counts, low, high = (seen[name].to_numpy() for name in ("yield", "lower", "upper"))
    drawn = (counts > 0) | (total > 0)
    centres = (edges[:-1] + edges[1:]) / 2
    bars = np.array([counts - low, high - counts])
    points: dict[str, Any] = {"fmt": "o", "color": style.INK, "elinewidth": 1}
    upper.errorbar(centres[drawn], counts[drawn], bars[:, drawn], **points)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, wide = counts / total, error / total
        ends = bars / total
    known = total > 0
    flat = np.where(known, wide, 0)
    draw_between(lower, 1 - flat, 1 + flat, edges, **_HATCHED, linewidth=0)
    shown = known & (counts > 0)
    lower.errorbar(centres[shown], ratio[shown], ends[:, shown], **points)
    lower.axhline(1, color=style.GREY, linewidth=0.8)
    for axes in (upper, lower):
        set_range(axes, edges)
    upper.tick_params(labelbottom=False)
    top = max(high.max(), (total + error).max(), 1e-12)
    if table["quantity"].iloc[0] == SCORE and known.any():
        upper.set_yscale("log")
        upper.set_ylim(min(total[known].min(), 0.5) / 2, 5 * top)
    else:
        upper.set_ylim(0, 1.15 * top)
    lower.set_ylim(0, 2.5)
    lower.set_ylabel("data /\nexpected", loc="center", fontsize="small")
    lower.yaxis.set_major_locator(MaxNLocator(3))


def _filled(look: style.Style) -> dict[str, Any]:
    """Return how a process is filled."""
    return {"facecolor": (look.colour, 0.45), "edgecolor": look.colour, "hatch": look.hatch}


def _handles(processes: list[str], looks: style.Looks) -> list[Line2D | Patch]:
    """Return what the legend shows: data, each process, the uncertainty of the simulation."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=style.INK, marker="o", linestyle="none", label=DATA)
    ]
    for index, name in reversed(list(enumerate(processes))):
        look = looks.style(name, index)
        handles.append(Patch(**_filled(look), label=looks.name(name)))
    handles.append(Patch(**_HATCHED, label="simulation's σ"))
    return handles
