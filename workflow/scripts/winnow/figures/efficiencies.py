"""The figure of the share of each class along columns."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import (
    LINE,
    Labels,
    bin_edges,
    class_grid,
    class_size,
    draw_bins,
    draw_points,
    draw_pulls,
    hide,
    panels,
    rows_with,
)


@style.context()
def efficiencies(
    table: pd.DataFrame,
    labels: Labels,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw detailed and parametrised efficiencies, a row a column of the table, a column a class.

    Args:
        table: column, class, low, high, detailed, detailed_lower, detailed_upper, parametrised,
            pull; truth where it is known.
        labels: `label` and `unit` of a column.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    columns, names = list(table["column"].unique()), list(table[CLASS].unique())
    width, height = class_size(len(names), 3.3)
    figure = style.new_figure(width, height * len(columns))
    rows, across = class_grid(len(names))
    grid = panels(figure, rows * len(columns), across).reshape(len(columns), rows, across, 2)
    for part_grid, column in zip(grid, columns, strict=True):
        row = part_grid.reshape(-1, 2)
        hide(row[len(names) :])
        for index, (name, (upper, lower)) in enumerate(zip(names, row, strict=False)):
            part = rows_with(table, column=column, **{CLASS: name})
            _draw_class(upper, part, looks.points(name, index))
            draw_pulls(lower, part, "pull", looks.points(name, index))
            lower.set_xlabel(style.feature_label(column, labels), fontsize="small")
            upper.set_title(style.wrapped(looks.name(name), LINE), fontsize="small")
        for upper, lower in part_grid[:, 0]:
            upper.set_ylabel("efficiency", fontsize="small")
            lower.set_ylabel("pull", fontsize="small", loc="center")
    handles = [
        Line2D([], [], color=style.INK, marker="o", linestyle="none", label="detailed"),
        Line2D([], [], color=style.INK, label="parametrised"),
    ]
    if "truth" in table:
        handles.append(Line2D([], [], color=style.GREY, linestyle="--", label="truth"))
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


def _draw_class(axes: Axes, part: pd.DataFrame, points: Mapping[str, Any]) -> None:
    edges = bin_edges(part)
    draw_bins(part["parametrised"].to_numpy(), edges, ax=axes, color=style.INK, linewidth=1.2)
    if "truth" in part:
        line = {"color": style.GREY, "linestyle": "--", "linewidth": 1.2}
        draw_bins(part["truth"].to_numpy(), edges, ax=axes, **line)
    value = part["detailed"].to_numpy()
    ends = part["detailed_lower"].to_numpy(), part["detailed_upper"].to_numpy()
    # an end that is the value itself may miss it by rounding
    error = [(value - ends[0]).clip(0), (ends[1] - value).clip(0)]
    draw_points(axes, part, "detailed", error, points)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.1 * max(float(part["detailed_upper"].max()), 0.01))
