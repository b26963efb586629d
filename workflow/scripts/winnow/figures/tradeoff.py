"""The figure of separation against sculpting: which classifier tells how much, at which price."""

import pandas as pd
from matplotlib.figure import Figure

from winnow.figures import style
from winnow.figures.parts import Labels, rows_with
from winnow.statistics.choice import NETWORK
from winnow.statistics.tradeoff import AREA


@style.context()
def tradeoff(table: pd.DataFrame, labels: Labels, title: str = "", label: str = "") -> Figure:
    """Draw the area on test against the distance, one panel a spectator and a point a classifier.

    Args:
        table: from `winnow.statistics.tradeoff.tradeoff`.
        labels: `label` and `unit` of a spectator.
        title: Title of the figure.
        label: The study's label.
    """
    spectators = list(dict.fromkeys(table["spectator"]))
    names = list(dict.fromkeys(zip(table["kind"], table["point"], strict=True)))
    figure = style.new_figure(7.0, 4.6 * len(spectators))
    grid = figure.subplots(len(spectators), 1, squeeze=False)[:, 0]
    for axes, spectator in zip(grid, spectators, strict=True):
        for index, (kind, point) in enumerate(names):
            own = rows_with(table, spectator=spectator, kind=kind, point=point)
            axes.errorbar(
                own["distance"],
                own[AREA],
                xerr=own["uncertainty"],
                yerr=own[f"{AREA}_uncertainty"],
                linestyle="none",
                elinewidth=0.8,
                label=point if kind == NETWORK else f"{point} ({kind})",
                **style.class_points(index) | {"markersize": 6},
            )
        axes.axvline(
            rows_with(table, spectator=spectator)["unrelated"].mean(),
            color=style.GREY,
            linewidth=1.0,
            linestyle=":",
            label="distance by chance alone",
        )
        axes.margins(0.08)
        name = labels.get(spectator, {}).get("label") or spectator
        axes.set_xlabel(f"distance of {name} in slices of the score")
        axes.set_ylabel("area under the ROC curve, test")
    handles, texts = grid[0].get_legend_handles_labels()
    style.legend_below(figure, handles, texts)
    style.header(figure, title, label)
    return figure
