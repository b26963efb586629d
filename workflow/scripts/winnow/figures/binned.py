"""The figure of the binned score: processes stacked to luminosity, and each bin's significance."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from winnow.columns import PROCESS, SAMPLE, TEST, VALIDATION
from winnow.figures import style
from winnow.figures.parts import draw_between, draw_bins

# So many processes are drawn apart, the smaller ones together.
MOST_PROCESSES = 8
# A bin narrower than this share of all would hardly be seen.
_NARROW = 0.01
# Beyond this many edges not every one is written.
_WRITTEN_EDGES = 13


@style.context()
def binned(
    yields: pd.DataFrame,
    bins: pd.DataFrame,
    summary: pd.DataFrame,
    headline: str,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the test sample's score in bins, stacked by process, and the significance of each bin.

    Where one bin is very narrow, all are drawn equally wide, with their edges written below. The
    hatched band is the statistical uncertainty of the background and its systematic one in
    quadrature.

    Without bins the figure says so.

    Args:
        yields: sample, bin, process, is_signal, yield.
        bins: sample, bin, low, high, s, b, b_uncertainty, sigma, eligible, a column per definition.
        summary: definition, label, sample, binned, uncertainty, one_cut, one_cut_uncertainty.
        headline: The definition that is drawn below.
        title: Title of the figure.
        label: The study's label.
        looks: How processes look.
    """
    figure = style.new_figure(7.0, 6.6)
    if bins.empty:
        style.header(figure, title, label)
        text = "no bins: the signal's weights on validation sum to 0 or less"
        return style.write_instead(figure, text)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.3))
    test = bins[bins[SAMPLE] == TEST]
    edges = np.append(test["low"].to_numpy(), test["high"].to_numpy()[-1])
    true_widths = np.diff(edges).min() >= _NARROW * (edges[-1] - edges[0])
    places = edges if true_widths else np.arange(edges.size, dtype=np.float64)
    own = yields[yields[SAMPLE] == TEST]
    background, signal = _by_process(own, signal=False), _by_process(own, signal=True)
    floor = _floor(test, signal)
    _draw_stack(upper, background, places, floor, looks)
    for index, (name, values) in enumerate(signal.items()):
        look = replace(style.class_style(index), colour=looks.colours.get(name, style.INK))
        _draw_signal(upper, looks.name(name), values, places, look, floor)
    _draw_band(upper, test, places, floor)
    top = max(float(np.nanmax(test["b"] + test["s"].clip(lower=0))), 10 * floor)
    upper.set_yscale("log")
    upper.set_ylim(floor, 3 * top)
    upper.set_ylabel("expected events per bin")
    handles, _ = upper.get_legend_handles_labels()
    # The legend reads from the top of the stack down.
    handles = handles[: len(background)][::-1] + handles[len(background) :]
    style.legend_below(figure, handles)
    _draw_significances(lower, bins, summary, headline, places)
    lower.set_xlim(places[0], places[-1])
    lower.set_xlabel("signal's score")
    if not true_widths:
        _write_edges(lower, edges)
    style.header(figure, title, label)
    return figure


def _by_process(yields: pd.DataFrame, signal: bool) -> dict[str, NDArray[np.float64]]:
    """Return each process's yield in every bin, the smallest process first."""
    part = yields[yields["is_signal"] == signal]
    table = part.pivot_table("yield", "bin", PROCESS, aggfunc="sum")
    order = table.sum().sort_values(kind="stable").index
    small = order[: max(0, len(order) - MOST_PROCESSES)]
    shown = {str(name): table[name].to_numpy() for name in order[len(small) :]}
    if small.empty:
        return shown
    return {f"{len(small)} others": table[small].sum(axis=1).to_numpy(), **shown}


def _floor(test: pd.DataFrame, signal: dict[str, NDArray[np.float64]]) -> float:
    """Return the lower end of the logarithmic axis: below the least that is to be seen."""
    seen = np.concatenate([test["b"].to_numpy(), *signal.values()])
    seen = seen[seen > 0]
    return float(seen.min()) / 3.0 if seen.size else 0.1


def _draw_stack(
    axes: Axes,
    background: dict[str, NDArray[np.float64]],
    places: NDArray[np.float64],
    floor: float,
    looks: style.Looks,
) -> None:
    """Draw the background processes on top of each other."""
    below = np.zeros(places.size - 1)
    for index, (name, values) in enumerate(background.items()):
        # Plain colours go to the largest processes.
        position = len(background) - 1 - index
        look = looks.style(name, position)
        above = below + values
        draw_between(
            axes,
            np.maximum(below, floor),
            np.maximum(above, floor),
            places,
            facecolor=look.colour,
            edgecolor=style.INK,
            hatch=look.hatch if position >= len(style.COLOURS) else None,
            linewidth=0.5,
            label=looks.name(name),
        )
        below = above


def _draw_signal(
    axes: Axes,
    name: str,
    values: NDArray[np.float64],
    places: NDArray[np.float64],
    look: style.Style,
    floor: float,
) -> None:
    """Draw a signal process as a line, edged in white to be seen on the stack."""
    heights = np.maximum(values, floor)
    draw_bins(heights, places, ax=axes, edges=False, color="white", linewidth=4)
    draw_bins(
        heights,
        places,
        ax=axes,
        edges=False,
        color=look.colour,
        linestyle=look.line,
        linewidth=2,
        label=name,
    )


def _draw_band(axes: Axes, test: pd.DataFrame, places: NDArray[np.float64], floor: float) -> None:
    """Hatch the uncertainty of the whole background."""
    total, sigma = test["b"].to_numpy(), test["sigma"].to_numpy()
    error = np.hypot(test["b_uncertainty"].to_numpy(), sigma)
    draw_between(
        axes,
        np.maximum(total - error, floor),
        np.maximum(total + error, floor),
        places,
        facecolor="none",
        edgecolor=style.INK,
        hatch="/////",
        linewidth=0,
        label="uncertainty (stat. and syst.)" if sigma.any() else "statistical uncertainty",
    )


def _draw_significances(
    axes: Axes,
    bins: pd.DataFrame,
    summary: pd.DataFrame,
    headline: str,
    places: NDArray[np.float64],
) -> None:
    """Draw each bin's figure of merit on validation and test, and write what they add up to."""
    for sample in (VALIDATION, TEST):
        values = bins.loc[bins[SAMPLE] == sample, headline].to_numpy()
        row = summary[(summary[SAMPLE] == sample) & (summary["definition"] == headline)].iloc[0]
        look = style.SAMPLE_STYLES[sample]
        total = style.with_uncertainty(row["binned"], row["uncertainty"])
        if np.isfinite(row["one_cut"]):
            one = style.with_uncertainty(row["one_cut"], row["one_cut_uncertainty"])
            total += f" (one cut: {one})"
        draw_bins(
            values,
            places,
            ax=axes,
            edges=False,
            color=look.colour,
            linestyle=look.line,
            linewidth=1.5,
            label=f"{style.sample_name(sample)}: {total}",
        )
    shown = bins[headline].max()
    axes.set_ylim(0, 2.0 * shown if shown > 0 else 1)
    handles, _ = axes.get_legend_handles_labels()
    test = bins[bins[SAMPLE] == TEST]
    left_out = (~test["eligible"] | test[headline].isna()).to_numpy()
    for index in np.flatnonzero(left_out):
        axes.axvspan(
            places[index],
            places[index + 1],
            facecolor=style.LIGHT_GREY,
            edgecolor="white",
            hatch="////",
            linewidth=0,
            zorder=0,
        )
    if left_out.any():
        name = "does not count"
        shade = Patch(facecolor=style.LIGHT_GREY, edgecolor="white", hatch="////", label=name)
        handles.append(shade)
    axes.legend(
        handles=handles,
        title="all bins together",
        ncols=1,
        loc="upper left",
        alignment="left",
    )
    axes.set_ylabel(summary.loc[summary["definition"] == headline, "label"].iloc[0], loc="center")


def _write_edges(axes: Axes, edges: NDArray[np.float64]) -> None:
    """Write the scores at which bins that are drawn equally wide end."""
    step = -(-edges.size // _WRITTEN_EDGES)
    places = np.arange(edges.size - 1, -1, -step)[::-1]
    axes.set_xticks(places, [f"{edges[place]:.4g}" for place in places], fontsize="small")
    axes.xaxis.set_minor_locator(NullLocator())
