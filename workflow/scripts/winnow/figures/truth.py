"""The figure of fitted against true probabilities."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import draw_pulls, panels, rows_with


@style.context()
def truth(table: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw the mean fitted probability of each class against the true one, with its spread.

    Args:
        table: class, low, high, truth, fitted, spread, pull.
        title: Title of the figure.
        label: The study's label.
    """
    names = list(table[CLASS].unique())
    figure = style.new_figure(3.1 * max(len(names), 2), 4.2)
    row = panels(figure, 1, len(names))[0]
    for index, (name, (upper, lower)) in enumerate(zip(names, row, strict=True)):
        part, look = rows_with(table, **{CLASS: name}), style.class_points(index)
        upper.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.8)
        upper.errorbar(part["truth"], part["fitted"], yerr=part["spread"], linestyle="none", **look)
        upper.text(0.05, 0.95, name, transform=upper.transAxes, va="top", fontsize="small")
        upper.set_ylim(-0.02, 1.02)
        draw_pulls(lower, part, "pull", look)
        lower.set_xlim(0, 1)
        lower.xaxis.set_major_locator(MultipleLocator(0.25))
        lower.set_xlabel(f"true probability of {name}", fontsize="small")
    row[0, 0].set_ylabel("fitted, mean ± r.m.s.", fontsize="small")
    row[0, 1].set_ylabel("pull", fontsize="small", loc="center")
    style.header(figure, title, label)
    return figure
