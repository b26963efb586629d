"""The figure of time against quality: which contestant gives which area in which time."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from winnow.figures import style
from winnow.figures.parts import plain_decades
from winnow.statistics.contest import AREA


@style.context()
def pareto(summary: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw the area on test against the time to train, and join those that none beats in both.

    Args:
        summary: from `winnow.statistics.contest.summary_table`.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(6.8, 5.0)
    axes = figure.subplots()
    for index, name in enumerate(dict.fromkeys(summary["contestant"])):
        own = summary[summary["contestant"] == name]
        axes.errorbar(
            own["real_seconds"],
            own[AREA],
            xerr=own["real_seconds_spread"].fillna(0.0),
            yerr=own[f"{AREA}_spread"].fillna(0.0),
            linestyle="none",
            elinewidth=0.8,
            label=name,
            **style.class_points(index) | {"markersize": 5},
        )
    front = summary[undominated(summary["real_seconds"], summary[AREA])]
    front = front.sort_values("real_seconds")
    axes.step(
        front["real_seconds"],
        front[AREA],
        where="post",
        color=style.GREY,
        linewidth=1.0,
        label="none better and faster",
        zorder=0,
    )
    axes.set_xscale("log")
    axes.margins(0.06)
    plain_decades(axes.xaxis)
    axes.set_xlabel("time to train [s]")
    axes.set_ylabel("area under the ROC curve, test")
    style.legend_below(figure, *axes.get_legend_handles_labels())
    style.header(figure, title, label)
    return figure


def undominated(cost: pd.Series, quality: pd.Series) -> np.ndarray:
    """Return which entries no other one beats in cost and quality at once, shape (n,) bool.

    Args:
        cost: the smaller the better.
        quality: the larger the better.
    """
    order = np.lexsort([-quality.to_numpy(), cost.to_numpy()])
    best = np.maximum.accumulate(quality.to_numpy()[order])
    kept = np.zeros(len(order), dtype=bool)
    kept[order] = quality.to_numpy()[order] > np.append(-np.inf, best[:-1])
    return kept
