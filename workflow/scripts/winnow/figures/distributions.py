"""The figure of a class's distributions against those of all events by its probability."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import (
    Labels,
    bin_edges,
    draw_bins,
    draw_points,
    hide,
    panels,
    rows_with,
)

_COLUMNS = 3


@style.context()
def distributions(
    table: pd.DataFrame,
    name: str,
    labels: Labels,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw each column's distribution for one class, three a row, with ratios below.

    Args:
        table: column, class, low, high, detailed, detailed_uncertainty, parametrised, ratio,
            ratio_uncertainty.
        name: The class.
        labels: `label` and `unit` of a column.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    index = list(table[CLASS].unique()).index(name)
    own = rows_with(table, **{CLASS: name})
    drawn = list(own["column"].unique())
    columns = min(_COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = style.new_figure(min(style.PAGE_WIDTH, 3.1 * columns), 3.0 * rows + 0.6)
    pairs = panels(figure, rows, columns).reshape(-1, 2)
    points = looks.points(name, index)
    for (upper, lower), column in zip(pairs, drawn, strict=False):
        _draw_column(upper, lower, rows_with(own, column=column), points)
        lower.set_xlabel(style.feature_label(column, labels), fontsize="small")
    hide(pairs[len(drawn) :])
    for upper, lower in pairs[: len(drawn) : columns]:
        upper.set_ylabel("sum of weights", fontsize="small")
        lower.set_ylabel("ratio", fontsize="small", loc="center")
    handles = [
        Line2D([], [], linestyle="none", label=f"{looks.name(name)} events", **points),
        Line2D([], [], color=style.INK, label=f"all events × probability of {looks.name(name)}"),
    ]
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


def _draw_column(upper: Axes, lower: Axes, part: pd.DataFrame, points: dict[str, object]) -> None:
    """Draw one column: parametrised as a line, detailed as points, the ratio with its error."""
    draw_bins(part["parametrised"].to_numpy(), bin_edges(part), ax=upper, color=style.INK)
    draw_points(upper, part, "detailed", "detailed_uncertainty", points)
    upper.set_xlim(part["low"].min(), part["high"].max())
    heights = part["detailed"].to_numpy()
    if heights.min() >= 0 < heights.max():
        # what one bin holds nearly all of would hide all others
        if np.mean(heights > 0.01 * heights.max()) < 0.5:
            upper.set_yscale("log")
            upper.set_ylim(0.5 * heights[heights > 0].min(), 3 * heights.max())
            upper.minorticks_off()
        else:
            upper.set_ylim(bottom=0)
    lower.axhline(1, color=style.GREY, linewidth=0.8)
    draw_points(lower, part, "ratio", "ratio_uncertainty", points)
    # bins with few events would hide all others
    far = np.nanquantile(np.abs(part["ratio"] - 1), 0.9) if part["ratio"].notna().any() else 0.0
    reach = float(np.clip(2 * far, 0.05, 1.0))
    lower.set_ylim(1 - reach, 1 + reach)
