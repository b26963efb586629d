"""The figure of the training history: loss and accuracy of each epoch."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from winnow.columns import TRAIN, VALIDATION
from winnow.figures import style
from winnow.history import best_row


@style.context()
def history(frame: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw loss and weighted accuracy against the epoch, the best epoch and phases marked.

    Args:
        frame: epoch, phase (from 0), learning_rate, loss, accuracy, validation_loss,
            validation_penalty, validation_accuracy, one row per epoch.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(6.4, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    best = frame.iloc[best_row(frame)]
    for axes, quantity in ((upper, "loss"), (lower, "accuracy")):
        for sample, column, how in (
            (TRAIN, quantity, ", running mean of the epoch"),
            (VALIDATION, f"validation_{quantity}", ", at its end"),
        ):
            look = style.SAMPLE_STYLES[sample]
            axes.plot(
                frame["epoch"],
                frame[column],
                color=look.colour,
                linestyle=look.line,
                label=f"{style.sample_name(sample)}{how}",
            )
        _mark_phases(axes, frame, named=axes is upper)
        axes.axvline(best["epoch"], color=style.GREY, linewidth=1)
        axes.plot(
            best["epoch"],
            best[f"validation_{quantity}"],
            marker="*",
            markersize=11,
            linestyle="none",
            color=style.INK,
            label=f"best epoch {best['epoch']:.0f}: {best[f'validation_{quantity}']:.4g}",
        )
        axes.legend(loc="best")
        axes.margins(x=0.02)
    upper.set_ylabel("loss")
    lower.set_ylabel("weighted accuracy")
    lower.set_xlabel("epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.header(figure, title, label)
    return figure


def _mark_phases(axes: Axes, frame: pd.DataFrame, named: bool) -> None:
    """Shade every second phase of several, and name them above the axes with their first rate."""
    first = frame.drop_duplicates("phase")
    if len(first) == 1:
        return
    starts = first["epoch"].to_numpy() - 0.5
    ends = np.append(starts[1:], frame["epoch"].iloc[-1] + 0.5)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if number % 2:
            axes.axvspan(start, end, color=style.LIGHT_GREY, alpha=0.6, linewidth=0, zorder=0)
        if named:
            axes.annotate(
                f"phase {number + 1}, rate {first['learning_rate'].iloc[number]:.3g}",
                # side by side they would not fit where there are many
                ((start + end) / 2, 1.02 + 0.06 * (len(first) > 2 and number % 2)),
                xycoords=("data", "axes fraction"),
                ha="center",
                fontsize="small",
            )
