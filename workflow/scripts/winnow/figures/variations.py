"""The figure of the score's stability: signal and background as each variation has them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from winnow.columns import DIRECTION, DIRECTIONS, DOWN, UP, VARIATION
from winnow.figures import style
from winnow.figures.parts import bin_edges, draw_bins, hide, panels, rows_with
from winnow.statistics.selection import BACKGROUND, SIGNAL
from winnow.statistics.variations import COUNTS_AS, NOMINAL

_COLUMNS = 2
_LINES: dict[str, Any] = {NOMINAL: "-", UP: (0, (5, 1.5)), DOWN: (0, (1.5, 1))}
_ROLES = BACKGROUND, SIGNAL
# bins with less of the signal or background than this share do not stretch the axis of ratios
_LEAST = 0.002


@style.context()
def variations(
    histograms: pd.DataFrame,
    node: str,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the score of signal and background, nominal and shifted, and the ratios below.

    Args:
        histograms: variation, direction, counts_as, low, high, nominal, shifted, ratio and
            ratio_uncertainty.
        node: The class whose score is drawn.
        title: Title of the figure.
        label: The study's label.
        looks: How the class looks.
    """
    names = list(histograms[VARIATION].unique())
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = style.new_figure(style.PAGE_WIDTH if columns > 1 else 5.0, 3.6 * rows + 0.6)
    grid = panels(figure, rows, columns)
    pairs = grid.reshape(-1, 2)
    for (upper, lower), name in zip(pairs, names, strict=False):
        table = rows_with(histograms, **{VARIATION: name})
        _draw_scores(upper, table)
        _draw_ratios(lower, table)
        upper.set_title(style.short(name, 30), fontsize="small")
        lower.set_xlabel(style.wrapped(f"{looks.name(node)} score", 32), fontsize="small")
    hide(pairs[len(names) :])
    for upper, lower in grid[:, 0]:
        upper.set_ylabel("share of events / bin", fontsize="small")
        lower.set_ylabel("shifted /\nnominal", fontsize="small", loc="center")
    drawn = [NOMINAL, *(name for name in DIRECTIONS if name in set(histograms[DIRECTION]))]
    handles = [
        *(Line2D([], [], color=_colour(name), label=name) for name in reversed(_ROLES)),
        *(Line2D([], [], color=style.INK, linestyle=_LINES[name], label=name) for name in drawn),
    ]
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


def _colour(role: str) -> str:
    return style.class_style(_ROLES.index(role)).colour


def _draw_scores(axes: Axes, table: pd.DataFrame) -> None:
    """Draw each distribution as a share of the nominal events, so that rates are seen too."""
    heights = []
    for role in _ROLES:
        own = rows_with(table, **{COUNTS_AS: role})
        whole = float(rows_with(own, **{DIRECTION: own[DIRECTION].iloc[0]})[NOMINAL].sum())
        for name, part in own.groupby(DIRECTION, sort=False):
            scale = 1 / whole if whole > 0 else np.nan
            for column, line in ((NOMINAL, NOMINAL), ("shifted", str(name))):
                values = part[column].to_numpy() * scale
                look = {"color": _colour(role), "linestyle": _LINES[line], "linewidth": 1.1}
                draw_bins(values, bin_edges(part), ax=axes, **look)
                heights.append(values)
    found = np.concatenate(heights)
    found = found[np.isfinite(found) & (found > 0)]
    edges = bin_edges(rows_with(table, **{COUNTS_AS: SIGNAL}).drop_duplicates("low"))
    axes.set_xlim(edges[0], edges[-1])
    if found.size and found.max() > 20 * np.median(found):
        axes.set_yscale("log")
        axes.set_ylim(max(found.min(), 1e-5) / 2, 3 * found.max())
    elif found.size:
        axes.set_ylim(0, 1.15 * found.max())


def _draw_ratios(axes: Axes, table: pd.DataFrame) -> None:
    """Draw shifted over nominal with the uncertainty of the events that moved."""
    axes.axhline(1, color=style.GREY, linewidth=0.8)
    reach = 0.01
    for (role, name), part in table.groupby([COUNTS_AS, DIRECTION], sort=False):
        ratio, error = part["ratio"].to_numpy(), part["ratio_uncertainty"].to_numpy()
        look = {"color": _colour(str(role)), "linewidth": 1.1}
        draw_bins(ratio, bin_edges(part), ax=axes, linestyle=_LINES[str(name)], edges=False, **look)
        middle = (part["low"] + part["high"]) / 2
        axes.errorbar(middle, ratio, yerr=error, fmt="none", elinewidth=0.8, color=look["color"])
        reach = max(reach, _reach(part, ratio, error))
    axes.set_ylim(1 - reach, 1 + reach)


def _reach(part: pd.DataFrame, ratio: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """Return a little more than how far from 1 nine tenths of the full bins lie, 1 at most."""
    held = part[NOMINAL].to_numpy()
    counted = np.isfinite(ratio) & np.isfinite(error) & (held > _LEAST * held.sum())
    if not counted.any():
        return 0.0
    far = np.quantile(np.abs(ratio[counted] - 1) + error[counted], 0.9)
    return float(min(1.3 * far, 1.0))
