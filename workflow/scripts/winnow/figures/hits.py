"""The figure of how many hits get their class."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from winnow.columns import CLASS, PLANE, SAMPLE
from winnow.figures import style
from winnow.statistics.hit_accuracy import ALL

PLANES = ("U", "V", "W")


def plane_name(plane: object, count: int) -> str:
    """Return what a plane is called: of three U, V and W, else its number."""
    if plane == ALL:
        return "all planes"
    number = int(str(plane))
    return f"plane {PLANES[number] if count == len(PLANES) else number}"


@style.context()
def hit_accuracy(
    accuracies: pd.DataFrame,
    by_hits: pd.DataFrame,
    sample: str,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the share of right hits by plane and class, and against an event's hits.

    Args:
        accuracies: sample, plane, class, accuracy, uncertainty.
        by_hits: low, high, accuracy, uncertainty.
        sample: The sample that is drawn.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    own = accuracies[accuracies[SAMPLE] == sample]
    planes, classes = list(own[PLANE].unique()), list(own[CLASS].unique())
    figure = style.new_figure(style.PAGE_WIDTH, 3.6)
    left, right = figure.subplots(1, 2)
    for index, name in enumerate(classes):
        part = own[own[CLASS] == name]
        place = np.arange(len(planes)) + min(0.16, 0.8 / len(classes)) * (
            index - (len(classes) - 1) / 2
        )
        told = "all hits" if name == ALL else looks.name(name)
        look = {**looks.points(name, index), "markersize": 5}
        left.errorbar(
            place, part["accuracy"], part["uncertainty"], linestyle="none", label=told, **look
        )
    left.set_xticks(range(len(planes)), [plane_name(p, len(planes) - 1) for p in planes])
    left.set_xlim(-0.5, len(planes) - 0.5)
    left.tick_params(axis="x", which="minor", bottom=False, top=False)
    left.set_ylabel("share of hits with their class")
    left.margins(y=0.1)
    middle = (by_hits["low"] + by_hits["high"]) / 2
    right.errorbar(
        middle,
        by_hits["accuracy"],
        by_hits["uncertainty"],
        xerr=(by_hits["high"] - by_hits["low"]) / 2,
        linestyle="none",
        **{**style.class_points(0), "markersize": 5},
    )
    right.set_xlabel("hits of an event")
    right.set_ylabel("share of hits with their class")
    right.margins(y=0.2)
    right.xaxis.set_major_locator(MaxNLocator(5))
    style.legend_below(figure, *left.get_legend_handles_labels())
    style.header(figure, title, label)
    return figure
