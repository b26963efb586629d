"""The figure of reliability: how often events of a probability are of the class."""

import pandas as pd
from matplotlib.figure import Figure

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import bin_edges, by_probability, class_size, draw_bins, rows_with


@style.context()
def reliability(
    table: pd.DataFrame,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the fraction of each class against its probability, and how many events there are.

    Args:
        table: class, low, high, entries, probability, fraction, lower, upper.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    names = list(table[CLASS].unique())
    figure = style.new_figure(*class_size(len(names), 3.6))
    told = "fraction of the class", "events", "probability"
    for index, name, upper, lower in by_probability(figure, names, told, looks):
        part, look = rows_with(table, **{CLASS: name}), looks.points(name, index)
        value = part["fraction"]
        # an end that is the value itself may miss it by rounding
        error = [(value - part["lower"]).clip(0), (part["upper"] - value).clip(0)]
        upper.errorbar(part["probability"], value, yerr=error, linestyle="none", **look)
        edges = bin_edges(part)
        line = looks.style(name, index)
        heights = part["entries"].to_numpy(float)
        draw_bins(heights, edges, ax=lower, color=line.colour, linestyle=line.line)
        if heights.max() > 0:
            lower.set_yscale("log")
            lower.set_ylim(0.5, 5 * heights.max())
        lower.minorticks_off()
    style.header(figure, title, label)
    return figure
