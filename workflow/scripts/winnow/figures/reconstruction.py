"""The figure of how well a learned transform copies events."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import bin_edges, draw_between, draw_bins

# rows that a spread's line reaches up and down
_HALF = 0.1


@style.context()
def reconstruction(
    errors: pd.DataFrame,
    histograms: pd.DataFrame,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the error of each feature by class, and the distribution of the error of events.

    A line in the colour of the class is the feature's spread in it: what a copy that is always the
    class's mean would miss.

    Args:
        errors: of one sample class, feature, error, uncertainty, spread.
        histograms: class, low, high, share, uncertainty.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    names, features = list(errors[CLASS].unique()), list(errors["feature"].unique())
    figure = style.new_figure(
        style.PAGE_WIDTH, 2.2 + max(0.26, 0.07 * len(names)) * max(len(features), 8)
    )
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    for index, name in enumerate(names):
        look = looks.style(name, index)
        offset = 0.8 * ((index + 0.5) / len(names) - 0.5)
        _draw_errors(left, errors[errors[CLASS] == name], look, offset)
        _draw_scores(right, histograms[histograms[CLASS] == name], look)
    left.set_yticks(range(len(features)), features, fontsize="small")
    left.set_ylim(len(features) - 0.5, -0.5)
    left.tick_params(axis="y", which="both", left=False, right=False)
    left.set_xlim(left=0)
    left.set_xlabel("error of the copy, in units of the normalised feature", fontsize="small")
    right.set_xscale("log")
    right.set_ylim(bottom=0)
    right.set_xlabel("mean squared difference of an event", fontsize="small")
    right.set_ylabel("share of the class's weight", fontsize="small")
    handles = left.containers
    style.legend_below(figure, handles, [looks.name(name) for name in names])
    style.header(figure, title, label)
    return figure


def _draw_errors(axes: Axes, part: pd.DataFrame, look: style.Style, offset: float) -> None:
    """Draw one class's errors of all features, and the features' spreads."""
    rows = np.arange(len(part)) + offset
    axes.errorbar(
        part["error"],
        rows,
        xerr=part["uncertainty"],
        linestyle="none",
        elinewidth=1,
        **look.points,
    )
    axes.vlines(part["spread"], rows - _HALF, rows + _HALF, color=look.colour)


def _draw_scores(axes: Axes, part: pd.DataFrame, look: style.Style) -> None:
    """Draw the distribution of one class's events, its uncertainty as a band."""
    edges = bin_edges(part)
    height, error = part["share"].to_numpy(), part["uncertainty"].to_numpy()
    draw_bins(height, edges, ax=axes, color=look.colour, linestyle=look.line, linewidth=1.3)
    shade = {"facecolor": look.colour, "edgecolor": look.colour, "alpha": 0.2}
    draw_between(axes, height - error, height + error, edges, **shade)
    axes.set_xlim(edges[0], edges[-1])
