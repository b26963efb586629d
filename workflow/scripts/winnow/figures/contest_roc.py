"""The figure of the contestants' ROC curves at one setting."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from winnow.figures import style
from winnow.statistics.contest import AREA


@style.context()
def contest_roc(
    curves: Sequence[tuple[str, pd.DataFrame]],
    runs: pd.DataFrame,
    setting: str,
    title: str = "",
    label: str = "",
) -> Figure:
    """Draw each contestant's background rejection on test, a thin line a repeat.

    Args:
        curves: contestant and signal_efficiency, background_efficiency of each repeat.
        runs: from `winnow.statistics.contest.runs_table`; the legend's areas are means of it.
        setting: the setting.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(6.4, 5.0)
    axes = figure.subplots()
    contestants = list(dict.fromkeys(runs["contestant"]))
    here = runs[runs["setting"] == setting]
    told: set[str] = set()
    for name, curve in curves:
        look = style.class_style(contestants.index(name))
        passing = curve["background_efficiency"] > 0
        area = here[here["contestant"] == name][AREA]
        text = style.with_uncertainty(area.mean(), area.std() if len(area) > 1 else 0.0)
        axes.plot(
            curve["signal_efficiency"][passing],
            1 / curve["background_efficiency"][passing],
            color=look.colour,
            linestyle=look.line,
            linewidth=1.0,
            label=None if name in told else f"{name}: {text}",
        )
        told.add(name)
    axes.set_yscale("log")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0.8)
    axes.set_xlabel(r"signal efficiency $\varepsilon_s$")
    axes.set_ylabel(r"background rejection $1/\varepsilon_b$")
    handles, names = axes.get_legend_handles_labels()
    style.legend_below(figure, handles, names, title="area on test, mean and spread of repeats")
    style.header(figure, title, label)
    return figure
