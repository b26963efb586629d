"""The figure of single events: the truth of their hits, the prediction and its probability."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from winnow.columns import CLASS, score_column
from winnow.figures import style

_LINE = 26


@style.context()
def displays(
    events: Sequence[tuple[str, pd.DataFrame]],
    class_names: Sequence[str],
    axes_names: Mapping[str, str],
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw events, a row each: the hits' true class, the predicted one, and its probability.

    Args:
        events: What is written beside each, and its hits: wire, x, class (position in
            `class_names`, -1 for noise), predicted, and a score per class.
        class_names: The classes.
        axes_names: Labels of wire and x.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    colours = [looks.style(name, index).colour for index, name in enumerate(class_names)]
    figure = style.new_figure(style.PAGE_WIDTH, 1.2 + 2.4 * len(events))
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
        bar.set_label(style.wrapped(f"probability of {looks.name(last)}", _LINE), fontsize="small")
        for axes in row:
            axes.tick_params(labelsize="small")
            axes.margins(0.05)
            axes.set_xlabel(axes_names["wire"], fontsize="small")
        row[0].set_ylabel(
            f"{style.wrapped(told, _LINE)}\n{axes_names['x']}", fontsize="small", loc="center"
        )
    for axes, name in zip(grid[0], ("truth", "prediction", "probability"), strict=True):
        axes.set_title(name, fontsize="medium")
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=colour, label=looks.name(name))
        for name, colour in zip((*class_names, "noise"), (*colours, style.GREY), strict=True)
    ]
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


def _between(colours: Sequence[str]) -> ListedColormap | str:
    """Return a map from the first to the last class's colour, of two classes."""
    if len(colours) != 2:
        return "viridis"
    steps = LinearSegmentedColormap.from_list("classes", list(colours))
    return ListedColormap(steps(np.linspace(0, 1, 64)))
