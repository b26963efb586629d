"""The figure of ROC curves."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from winnow.columns import SAMPLES, TEST
from winnow.figures import style
from winnow.figures.parts import rows_with

# of a name in the legend, where two stand on a line
_LETTERS = 32


@style.context()
def roc(
    curves: pd.DataFrame,
    summary: pd.DataFrame,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw weighted ROC curves: background rejection and background efficiency.

    One curve per sample; where a signal stands against several classes, or several signals against
    all else, colours tell these apart and lines the samples.

    Args:
        curves: sample, signal, against, threshold, signal_efficiency, background_efficiency.
        summary: sample, signal, against, auc, auc_uncertainty, and for each working point e
            rejection_at_e, rejection_lower_at_e and rejection_upper_at_e.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    figure = style.new_figure(style.PAGE_WIDTH, 4.2)
    left, right = figure.subplots(1, 2)
    pairs = list(dict.fromkeys(zip(summary["signal"], summary["against"], strict=True)))
    points = [name for name in map(str, summary.columns) if name.startswith("rejection_at_")]
    for index, (name, against) in enumerate(pairs):
        for sample in SAMPLES:
            curve = rows_with(curves, sample=sample, signal=name, against=against)
            row = rows_with(summary, sample=sample, signal=name, against=against)
            if curve.empty:
                continue
            look = style.SAMPLE_STYLES[sample]
            told = looks.style(name if against == "all" else against, index)
            colour = look.colour if len(pairs) == 1 else told.colour
            line = {"color": colour, "linestyle": look.line}
            signal, background = curve["signal_efficiency"], curve["background_efficiency"]
            passing = background > 0
            left.plot(signal[passing], 1 / background[passing], **line)
            right.plot(background, signal, label=_roc_label(row, sample, len(pairs), looks), **line)
            if sample == TEST:
                _mark_rejections(left, row, points, index, colour, written=len(pairs) == 1)
    left.set_yscale("log")
    left.set_xlim(0, 1)
    left.set_ylim(bottom=0.8)
    left.set_xlabel(r"signal efficiency $\varepsilon_s$")
    left.set_ylabel(r"background rejection $1/\varepsilon_b$")
    right.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.8)
    right.set_xlim(0, 1)
    right.set_ylim(0, 1.01)
    right.set_xlabel(r"background efficiency $\varepsilon_b$")
    right.set_ylabel(r"signal efficiency $\varepsilon_s$")
    handles, _ = right.get_legend_handles_labels()
    style.legend_below(figure, handles, title="area under the curve")
    if len(pairs) > 1:
        left.legend(handles=_sample_lines(), loc="upper right")
    style.header(figure, title, label)
    return figure


def _roc_label(row: pd.DataFrame, sample: str, pairs: int, looks: style.Looks) -> str | None:
    """Return a curve's legend entry; of several pairs only the test sample has one."""
    area = style.with_uncertainty(row["auc"].iloc[0], row["auc_uncertainty"].iloc[0])
    if pairs == 1:
        return f"{style.sample_name(sample)}: {area}"
    signal, against = row["signal"].iloc[0], row["against"].iloc[0]
    other = "all else" if against == "all" else style.short(looks.name(against), _LETTERS)
    if sample != TEST:
        return None
    return f"{style.short(looks.name(signal), _LETTERS)} against {other}: {area}"


def _mark_rejections(
    axes: Axes, row: pd.DataFrame, points: Sequence[str], index: int, colour: str, written: bool
) -> None:
    """Mark the background rejections of a summary's row, with their values where there is room."""
    marker = style.class_style(index).marker
    for point in points:
        efficiency, value = float(point.removeprefix("rejection_at_")), float(row[point].iloc[0])
        low, high = (
            float(row[point.replace("_at_", f"_{end}_at_")].iloc[0]) for end in ("lower", "upper")
        )
        axes.errorbar(
            efficiency,
            value,
            # an end that is 1, as the value is, may miss it by rounding
            yerr=np.maximum([[value - low], [high - value]], 0.0),
            marker=marker,
            markersize=6,
            color=colour,
            markeredgecolor=style.INK,
            elinewidth=1.2,
            capsize=3,
        )
        if written and np.isfinite(value):
            axes.annotate(
                f"{value:,.0f}" if value >= 100 else f"{value:.3g}",
                (efficiency, value),
                (-4, -5),
                textcoords="offset points",
                ha="right",
                va="top",
                fontsize="small",
            )


def _sample_lines() -> list[Line2D]:
    """Return legend handles of the samples' line styles."""
    return [
        Line2D([], [], color=style.INK, linestyle=look.line, label=style.sample_name(sample))
        for sample, look in style.SAMPLE_STYLES.items()
    ]
