"""The figure of contestants against one thing that is varied."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from winnow.figures import style
from winnow.figures.parts import plain_decades
from winnow.statistics.contest import AREA

_PANELS = (
    (AREA, "area under the ROC curve, test", False),
    ("real_seconds", "time to train [s]", True),
    ("cpu_seconds", "processor time [s]", True),
    ("peak_megabytes", "memory [MB]", False),
)
_DECADES = 20.0


@style.context()
def contest_scan(
    runs: pd.DataFrame,
    variable: str,
    values: Mapping[str, Any],
    settings: list[str],
    title: str = "",
    label: str = "",
) -> Figure:
    """Draw area, times and memory of each contestant against one thing that is varied.

    Lines are means over repeats, bands their standard deviation, small points the repeats. A
    contestant that is trained at one setting alone is a horizontal line.

    Args:
        runs: from `winnow.statistics.contest.runs_table`.
        variable: what is varied.
        values: setting → its value.
        settings: those that differ from the first in nothing else.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(style.PAGE_WIDTH, 6.2)
    grid = figure.subplots(2, 2, sharex=True)
    places = _places({setting: values[setting] for setting in settings})
    contestants = list(dict.fromkeys(runs["contestant"]))
    for axes, (quantity, name, log) in zip(grid.ravel(), _PANELS, strict=True):
        for index, contestant in enumerate(contestants):
            own = runs[(runs["contestant"] == contestant) & runs["setting"].isin(settings)]
            if not own.empty:
                _draw(axes, own.assign(x=own["setting"].map(places)), quantity, index)
        axes.set_ylabel(name, loc="center")
        if log:
            axes.set_yscale("log")
            plain_decades(axes.yaxis)
        else:
            axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.margins(x=0.05, y=0.1)
        _ticks(axes, {setting: values[setting] for setting in settings}, places)
    for axes in grid[-1]:
        axes.set_xlabel(variable)
    handles = [_handle(index, name) for index, name in enumerate(contestants)]
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


def _draw(axes: Axes, own: pd.DataFrame, quantity: str, index: int) -> None:
    """Draw one contestant: mean, band and single repeats."""
    look = style.class_style(index)
    groups = own.groupby("x")[quantity]
    mean, spread = groups.mean(), groups.std().fillna(0.0)
    axes.plot(own["x"], own[quantity], ".", color=look.colour, markersize=3, alpha=0.5)
    if len(mean) == 1:
        axes.axhline(mean.iloc[0], color=look.colour, linestyle=look.line, linewidth=1.0)
    x = mean.index.to_numpy(float)
    axes.fill_between(x, mean - spread, mean + spread, color=look.colour, alpha=0.2, linewidth=0)
    axes.plot(x, mean, color=look.colour, linestyle=look.line, marker=look.marker, markersize=4)


def _places(values: Mapping[str, Any]) -> dict[str, float]:
    """Return where each setting stands: at its number, or side by side."""
    if all(_is_number(value) for value in values.values()):
        return {setting: float(value) for setting, value in values.items()}
    order = list(dict.fromkeys(str(value) for value in values.values()))
    return {setting: float(order.index(str(value))) for setting, value in values.items()}


def _ticks(axes: Axes, values: Mapping[str, Any], places: Mapping[str, float]) -> None:
    numbers = [value for value in values.values() if _is_number(value)]
    if len(numbers) == len(values):
        if min(numbers) > 0 and max(numbers) > _DECADES * min(numbers):
            axes.set_xscale("log")
        return
    axes.set_xticks(
        [places[setting] for setting in values], [str(value) for value in values.values()]
    )
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)


def _handle(index: int, name: str) -> Line2D:
    look = style.class_style(index)
    drawn = {"color": look.colour, "linestyle": look.line, "marker": look.marker}
    return Line2D([], [], markersize=4, label=name, **drawn)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
