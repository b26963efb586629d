"""The figure of every class's score, where there are more than two."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from winnow.columns import CLASS, TEST
from winnow.figures import style
from winnow.figures.parts import LINE, class_grid, class_lines, class_size, draw_class, rows_with


@style.context()
def nodes(
    histograms: pd.DataFrame,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the distributions of each class's score on test events, by class, three scores a row.

    Args:
        histograms: sample, class, node, low, high, density, uncertainty.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    table = rows_with(histograms, sample=TEST)
    names = list(table["node"].unique())
    rows, columns = class_grid(len(names))
    figure = style.new_figure(*class_size(len(names), 2.6))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, node in zip(grid.flat, names, strict=False):
        for index, name in enumerate(names):
            part = rows_with(table, node=node, **{CLASS: name})
            if not part.empty:
                draw_class(axes, part, looks.style(name, index))
        told = style.wrapped(f"{looks.name(node)} score", LINE)
        axes.set_xlabel(told, fontsize="small")
        axes.tick_params(labelsize="small")
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    positive = table.loc[table["density"] > 0, "density"]
    if not positive.empty:
        grid[0, 0].set_yscale("log")
        # whole decades: ticks between them have no names
        ends = np.floor(np.log10(positive.min())), np.ceil(np.log10(1.2 * positive.max()))
        grid[0, 0].set_ylim(*np.power(10.0, ends))
        grid[0, 0].yaxis.set_minor_formatter(NullFormatter())
    for axes in grid[:, 0]:
        axes.set_ylabel("density", fontsize="small")
    style.legend_below(figure, class_lines(names, looks))
    style.header(figure, title, label)
    return figure
