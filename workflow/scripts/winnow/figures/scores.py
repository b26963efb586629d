"""The figure of score distributions, with what training and test differ by."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from winnow.columns import CLASS, SAMPLE, SAMPLES, TEST, TRAIN, VALIDATION
from winnow.figures import style
from winnow.figures.parts import bin_edges, draw_bins, rows_with, set_range


@style.context()
def scores(
    histograms: pd.DataFrame,
    overtraining: pd.DataFrame,
    node: str,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the score distributions of every class in the three samples, and their pulls.

    Where there are no training events, the pulls are those of test against validation.

    Args:
        histograms: sample, class, node, low, high, density, uncertainty.
        overtraining: class, node, p_value of training against validation.
        node: The class whose score is drawn.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    figure = style.new_figure(7.0, 6.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    table = rows_with(histograms, node=node)
    names = list(table[CLASS].unique())
    p_values = rows_with(overtraining, node=node).set_index(CLASS)["p_value"]
    entries = []
    pair = (TRAIN, VALIDATION) if (table[SAMPLE] == TRAIN).any() else (VALIDATION, TEST)
    for index, name in enumerate(names):
        look = looks.style(name, index)
        parts = {sample: rows_with(table, sample=sample, **{CLASS: name}) for sample in SAMPLES}
        _draw_scores(upper, parts, look)
        _draw_pulls(lower, parts, pair, look, (index + 0.5) / len(names))
        known = name in p_values and np.isfinite(p_values[name])
        text = looks.name(name) + (f" (p = {p_values[name]:.2g})" if known else "")
        entries.append(
            Patch(facecolor=_faded(look), edgecolor=look.colour, hatch=look.hatch, label=text)
        )
    positive = table.loc[table["density"] > 0, "density"]
    if not positive.empty:
        upper.set_yscale("log")
        upper.set_ylim(positive.min() / 2, positive.max() * 6)
    upper.set_ylabel("density")
    kinds = _sample_kinds()[SAMPLES.index(pair[0]) :]
    upper.legend(handles=kinds, loc="upper left", ncols=len(kinds))
    style.legend_below(
        figure,
        entries,
        title="class (p: training = validation)" if pair[0] == TRAIN else "class",
        alignment="left",
    )
    for height, shade in ((2, "#eeeeee"), (1, style.LIGHT_GREY)):
        lower.axhspan(-height, height, color=shade, zorder=0)
    lower.axhline(0, color=style.GREY, linewidth=0.8)
    lower.set_ylim(-4.5, 4.5)
    first = rows_with(table, sample=str(table[SAMPLE].iloc[0]), **{CLASS: names[0]})
    set_range(lower, bin_edges(first))
    lower.yaxis.set_major_locator(MultipleLocator(2))
    short = {TRAIN: "train.", VALIDATION: "val.", TEST: "test"}
    named = f"({short[pair[1]]} − {short[pair[0]]}) / σ"
    lower.set_ylabel(named, loc="center", fontsize="medium")
    lower.set_xlabel(f"{looks.name(node)} score")
    style.header(figure, title, label)
    return figure


def _faded(look: style.Style) -> tuple[str, float]:
    return (look.colour, 0.18)


def _draw_scores(axes: Axes, parts: Mapping[str, pd.DataFrame], look: style.Style) -> None:
    """Draw a class: training filled and hatched, validation as line, test as points."""
    train, validation, test = (parts[sample] for sample in SAMPLES)
    if not train.empty:
        draw_bins(
            train["density"].to_numpy(),
            bin_edges(train),
            ax=axes,
            histtype="fill",
            facecolor=_faded(look),
            edgecolor=(look.colour, 0.6),
            hatch=look.hatch,
            linewidth=0,
        )
    if not validation.empty:
        draw_bins(
            validation["density"].to_numpy(),
            bin_edges(validation),
            ax=axes,
            color=look.colour,
            linestyle="-",
            linewidth=1.5,
        )
    if test.empty:
        return
    # A logarithmic axis shows no point without events.
    density = test["density"].where(test["density"] > 0).to_numpy()
    error = test["uncertainty"].to_numpy()
    draw_bins(
        density,
        bin_edges(test),
        ax=axes,
        histtype="errorbar",
        # A bar that reaches zero has no lower end there.
        yerr=np.array([np.minimum(error, 0.999 * density), error]),
        elinewidth=1,
        **_points(look),
    )


def _draw_pulls(
    axes: Axes,
    parts: Mapping[str, pd.DataFrame],
    pair: tuple[str, str],
    look: style.Style,
    place: float,
) -> None:
    """Draw (second − first) / σ of two samples of a class, at a share `place` of each bin."""
    first, second = (parts[sample] for sample in pair)
    if first.empty or second.empty:
        return
    error = np.hypot(first["uncertainty"].to_numpy(), second["uncertainty"].to_numpy())
    difference = second["density"].to_numpy() - first["density"].to_numpy()
    pull = np.divide(difference, error, out=np.full(len(error), np.nan), where=error > 0)
    low, high = first["low"].to_numpy(), first["high"].to_numpy()
    axes.plot(
        low + place * (high - low),
        pull.clip(-4.3, 4.3),
        **_points(look),
    )


def _points(look: style.Style) -> dict[str, Any]:
    """Return how points of a class are drawn, without a line between them."""
    return {
        "marker": look.marker,
        "linestyle": "none",
        "color": look.colour,
        "markeredgecolor": style.INK,
        "markeredgewidth": 0.6,
    }


def _sample_kinds() -> list[Any]:
    """Return legend handles of how samples are drawn in the score distributions."""
    return [
        Patch(facecolor=style.LIGHT_GREY, edgecolor=style.GREY, hatch="////", label="training"),
        Line2D([], [], color=style.INK, label="validation"),
        Line2D([], [], color=style.INK, marker="o", linestyle="none", label="test"),
    ]
