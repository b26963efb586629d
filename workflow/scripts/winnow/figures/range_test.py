"""The figure of the learning-rate range test."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from winnow.figures import style


@style.context()
def range_test(
    curves: pd.DataFrame, suggested: pd.DataFrame, title: str = "", label: str = ""
) -> Figure:
    """Draw the loss against the rate for every weight decay, the rates suggested marked.

    Args:
        curves: weight_decay, step, learning_rate, loss (dots), smoothed_loss (lines).
        suggested: weight_decay, learning_rate (star; NaN: none), largest_learning_rate (bar,
            likewise), lowest_smoothed_loss, best.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(7.0, 5.0)
    axes = figure.subplots()
    for index, (_, row) in enumerate(suggested.iterrows()):
        curve = curves.loc[curves["weight_decay"] == row["weight_decay"]]
        _draw_curve(axes, curve, row, style.class_style(index))
    axes.set_xscale("log")
    axes.set_xlim(float(curves["learning_rate"].min()), float(curves["learning_rate"].max()))
    axes.set_ylim(*_limits(curves))
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss of a batch")
    axes.legend(
        title="weight decay: rate suggested (★), largest usable (|)",
        loc="lower left",
        alignment="left",
    )
    style.header(figure, title, label)
    return figure


def _draw_curve(axes: Axes, curve: pd.DataFrame, row: pd.Series, look: style.Style) -> None:
    """Draw one weight decay's losses, and mark its rates on the smoothed one."""
    rates, smoothed = curve["learning_rate"], curve["smoothed_loss"]
    suggested, largest = row["learning_rate"], row["largest_learning_rate"]
    name = f"{suggested:.2g} (★), {largest:.2g} (|)" if np.isfinite(suggested) else "none"
    axes.plot(rates, curve["loss"], ".", color=look.colour, markersize=2, alpha=0.35)
    axes.plot(
        rates,
        smoothed,
        color=look.colour,
        linestyle=look.line,
        label=f"{row['weight_decay']:g}: {name}{', best' if row['best'] else ''}",
    )
    for rate, marker, size in ((suggested, "*", 13), (largest, "|", 18)):
        height = np.interp(rate, rates, smoothed)
        axes.plot(rate, height, marker, color=look.colour, markersize=size, markeredgewidth=1.5)


def _limits(curves: pd.DataFrame) -> tuple[float, float]:
    """Return limits that hold the smoothed losses, a growing one no higher than twice its start."""
    smoothed = curves["smoothed_loss"]
    start = float(smoothed[curves["step"] == 0].max())
    low, high = float(smoothed.min()), float(smoothed.max())
    high = min(high, start + abs(start))
    margin = 0.1 * (high - low) or 1.0
    return low - 3 * margin, high + margin
