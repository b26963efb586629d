"""Figures of hits: how many get their class, and events with truth and prediction."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from winnow.columns import CLASS, PLANE, SAMPLE, score_column
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
    accuracies: pd.DataFrame, by_hits: pd.DataFrame, sample: str, title: str = "", label: str = ""
) -> Figure:
    """Draw the share of right hits by plane and class, and against an event's hits.

    Args:
        accuracies: sample, plane, class, accuracy, uncertainty.
        by_hits: low, high, accuracy, uncertainty.
        sample: The sample that is drawn.
        title: Title of the figure.
        label: The study's label.
    """
    own = accuracies[accuracies[SAMPLE] == sample]
    planes, classes = list(own[PLANE].unique()), list(own[CLASS].unique())
    figure = style.new_figure(9.0, 3.8)
    left, right = figure.subplots(1, 2)
    for index, name in enumerate(classes):
        part = own[own[CLASS] == name]
        place = np.arange(len(planes)) + 0.16 * (index - (len(classes) - 1) / 2)
        told = "all hits" if name == ALL else name
        look = {**style.class_points(index), "markersize": 5}
        left.errorbar(
            place, part["accuracy"], part["uncertainty"], linestyle="none", label=told, **look
        )
    left.set_xticks(range(len(planes)), [plane_name(p, len(planes) - 1) for p in planes])
    left.set_xlim(-0.5, len(planes) - 0.5)
    left.tick_params(axis="x", which="minor", bottom=False, top=False)
    left.set_ylabel("share of hits with their class")
    left.margins(y=0.1)
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(classes))
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
    style.header(figure, title, label)
    return figure


@style.context()
def displays(
    events: Sequence[tuple[str, pd.DataFrame]],
    class_names: Sequence[str],
    axes_names: Mapping[str, str],
    title: str = "",
    label: str = "",
) -> Figure:
    """Draw events, a row each: the hits' true class, the predicted one, and its probability.

    Args:
        events: What is written beside each, and its hits: wire, x, class (position in
            `class_names`, -1 for noise), predicted, and a score per class.
        class_names: The classes.
        axes_names: Labels of wire and x.
        title: Title of the figure.
        label: The study's label.
    """
    colours = [style.class_style(index).colour for index in range(len(class_names))]
    figure = style.new_figure(10.0, 1.2 + 2.8 * len(events))
    grid = figure.subplots(len(events), 3, squeeze=False)
    last = class_names[-1]
    for row, (told, hits) in zip(grid, events, strict=True):
        shown = [style.GREY if c < 0 else colours[c] for c in hits[CLASS]]
        row[0].scatter(hits["wire"], hits["x"], s=2, c=shown, linewidths=0)
        predicted = [colours[c] for c in hits["predicted"]]
        row[1].scatter(hits["wire"], hits["x"], s=2, c=predicted, linewidths=0)
        image = row[2].scatter(
            hits["wire"],
            hits["x"],
            s=2,
            c=hits[score_column(last)],
            cmap=_between(colours),
            vmin=0,
            vmax=1,
            linewidths=0,
        )
        bar = figure.colorbar(image, ax=row[2])
        bar.set_label(f"probability of {last}", fontsize="small")
        for axes in row:
            axes.tick_params(labelsize="small")
            axes.margins(0.05)
            axes.set_xlabel(axes_names["wire"], fontsize="small")
        row[0].set_ylabel(f"{told}\n{axes_names['x']}", fontsize="small", loc="center")
    for axes, name in zip(grid[0], ("truth", "prediction", "probability"), strict=True):
        axes.set_title(name, fontsize="medium")
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=colour, label=name)
        for name, colour in zip((*class_names, "noise"), (*colours, style.GREY), strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    style.header(figure, title, label)
    return figure


def _between(colours: Sequence[str]) -> "ListedColormap | str":
    """Return a map from the first to the last class's colour, of two classes."""
    if len(colours) != 2:
        return "viridis"
    from matplotlib.colors import LinearSegmentedColormap

    steps = LinearSegmentedColormap.from_list("classes", list(colours))
    return ListedColormap(steps(np.linspace(0, 1, 64)))
