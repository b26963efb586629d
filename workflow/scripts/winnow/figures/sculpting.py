"""The figure of the background's spectators in slices of the score."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from winnow.figures import style
from winnow.figures.parts import Labels, bin_edges, draw_between, draw_bins, rows_with
from winnow.statistics.sculpting import SHARES


@style.context()
def sculpting(
    distances: pd.DataFrame,
    histograms: pd.DataFrame,
    labels: Labels,
    title: str = "",
    label: str = "",
) -> Figure:
    """Draw each spectator's distribution in each slice of the score, and say how far they differ.

    Args:
        distances: spectator, distance, uncertainty, unrelated, p_value.
        histograms: spectator, slice, low, high, density, uncertainty.
        labels: `label` and `unit` of a spectator.
        title: Title of the figure.
        label: The study's label.
    """
    names = list(distances["spectator"])
    figure = style.new_figure(7.0, 4.4 * len(names))
    for axes, name in zip(figure.subplots(len(names), 1, squeeze=False).flat, names, strict=True):
        table = rows_with(histograms, spectator=name) if len(histograms) else histograms
        if table.empty:
            axes.set_axis_off()
            axes.text(0.5, 0.5, f"{name}: the background's weights sum to nothing", ha="center")
            continue
        for number in sorted(table["slice"].unique()):
            part, look = table[table["slice"] == number], style.class_style(int(number))
            edges, density = bin_edges(part), part["density"].to_numpy()
            error = part["uncertainty"].to_numpy()
            text = f"{SHARES[number]:.0%} to {SHARES[number + 1]:.0%}"
            draw_bins(density, edges, ax=axes, color=look.colour, linestyle=look.line, label=text)
            shade = {"facecolor": look.colour, "edgecolor": look.colour, "alpha": 0.2}
            draw_between(axes, density - error, density + error, edges, **shade)
            axes.set_xlim(edges[0], edges[-1])
        own = distances[distances["spectator"] == name].iloc[0]
        told = style.with_uncertainty(own["distance"], own["uncertainty"])
        axes.legend(
            loc="upper right",
            title=f"background by score\ndistance {told}\n(unrelated: {own['unrelated']:.2g})",
            alignment="left",
        )
        unit = labels.get(name, {}).get("unit", "")
        axes.set_xlabel(style.feature_label(name, labels))
        axes.set_ylabel(style.axis_label("density", f"1/{unit}" if unit else ""))
        axes.set_ylim(0, 2.0 * float(np.max(table["density"] + table["uncertainty"])))
    style.header(figure, title, label)
    return figure
