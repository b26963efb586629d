"""The figure of sums of probabilities against counts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import draw_bins

# more ratios than these stand upright, as do names of more letters
_LEVEL = 6
_LETTERS = 70


@style.context()
def class_sums(
    sums: pd.DataFrame,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw each class's weighted count, its sum of probabilities, and what was drawn by these.

    Args:
        sums: class, detailed, detailed_uncertainty, parametrised, drawn, ratio, ratio_uncertainty.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    figure = style.new_figure(6.4, 5.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    place = np.arange(len(sums))
    edges = np.arange(len(sums) + 1) - 0.5
    draw_bins(
        sums["parametrised"].to_numpy(),
        edges,
        ax=upper,
        histtype="fill",
        facecolor=style.LIGHT_GREY,
        edgecolor=style.GREY,
        label="sum of probabilities",
    )
    upper.errorbar(
        place,
        sums["detailed"],
        yerr=sums["detailed_uncertainty"],
        linestyle="none",
        color=style.INK,
        marker="o",
        markersize=6,
        label="events of the class",
    )
    drawn = {"linestyle": "none", "marker": "D", "color": style.COLOURS[1], "markersize": 6}
    upper.plot(place + 0.2, sums["drawn"], label="drawn by probability", **drawn)
    upper.set_ylim(bottom=min(0.0, float(sums["detailed"].min())))
    upper.set_ylabel("sum of weights")
    style.legend_below(figure, *upper.get_legend_handles_labels())
    lower.errorbar(
        place,
        sums["ratio"],
        yerr=sums["ratio_uncertainty"],
        linestyle="none",
        color=style.INK,
        marker="o",
        capsize=3,
    )
    names, many = [looks.name(name) for name in sums[CLASS]], len(sums) > _LEVEL
    for x, (_, row) in zip(place, sums.iterrows(), strict=True):
        text = style.with_uncertainty(row["ratio"], row["ratio_uncertainty"])
        at = {"xycoords": ("data", "axes fraction"), "rotation": 90 if many else 0}
        lower.annotate(text, (x, 0.04), ha="center", va="bottom", size=9, **at)
    lower.axhline(1, color=style.GREY, linewidth=0.8)
    lower.margins(y=1.6 if many else 0.4)
    lower.set_ylabel("probabilities / events", fontsize="medium")
    turned = max(map(len, names)) * len(names) > _LETTERS
    told = [style.wrapped(style.short(name, 44), 22) for name in names] if turned else names
    lower.set_xticks(place, told, rotation=90 if turned else 0, fontsize="small")
    lower.tick_params(axis="x", which="both", length=0)
    lower.set_xlim(edges[0], edges[-1])
    style.header(figure, title, label)
    return figure
