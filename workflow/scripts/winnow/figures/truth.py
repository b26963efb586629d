"""The figure of fitted against true probabilities."""

import pandas as pd
from matplotlib.figure import Figure

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import by_probability, class_size, draw_pulls, rows_with


@style.context()
def truth(
    table: pd.DataFrame,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the mean fitted probability of each class against the true one, with its spread.

    Args:
        table: class, low, high, truth, fitted, spread, pull.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    names = list(table[CLASS].unique())
    figure = style.new_figure(*class_size(len(names), 3.6))
    told = "fitted, mean ± r.m.s.", "pull", "true probability"
    for index, name, upper, lower in by_probability(figure, names, told, looks):
        part, look = rows_with(table, **{CLASS: name}), looks.points(name, index)
        upper.errorbar(part["truth"], part["fitted"], yerr=part["spread"], linestyle="none", **look)
        draw_pulls(lower, part, "pull", look)
    style.header(figure, title, label)
    return figure
