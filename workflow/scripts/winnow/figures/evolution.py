"""The figure of how a scan's trainings go: loss and accuracy of validation by epoch."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from winnow.columns import VALIDATION
from winnow.figures import style
from winnow.figures.parts import rows_with
from winnow.statistics.choice import NETWORK

MOST = 12
"""Scan points that are told apart in one figure."""


@style.context()
def evolution(
    table: pd.DataFrame, points: pd.DataFrame, title: str = "", label: str = ""
) -> Figure:
    """Draw each point's mean loss and accuracy on validation, with a band over its trainings.

    Args:
        table: as of `winnow.statistics.evolution.evolution`.
        points: kind, point and name of scan points, best first; of more than MOST networks the
            first are drawn.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(6.4, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    handles = []
    networks = points[points["kind"] == NETWORK]
    drawn = networks[:MOST]
    for number, (point, name) in enumerate(zip(drawn["point"], drawn["name"], strict=True)):
        look = style.class_style(number)
        own = rows_with(table, point=point)
        how = {"color": look.colour, "linestyle": look.line, "linewidth": 1.3}
        for axes, quantity in ((upper, "loss"), (lower, "accuracy")):
            column = f"{VALIDATION}_{quantity}"
            axes.plot(own["epoch"], own[column], **how)
            if (own["trainings"] > 1).any():
                ends = own[f"{column}_low"], own[f"{column}_high"]
                axes.fill_between(own["epoch"], *ends, color=look.colour, alpha=0.2, linewidth=0)
        handles.append(Line2D([], [], label=name, **how))
    upper.set_ylabel("validation loss")
    lower.set_ylabel("weighted accuracy")
    lower.set_xlabel("epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (upper, lower):
        axes.margins(x=0.02)
    told = f"the best {MOST} of {len(networks)} points" if len(networks) > MOST else None
    style.legend_below(figure, handles, title=told)
    style.header(figure, title, label)
    return figure
