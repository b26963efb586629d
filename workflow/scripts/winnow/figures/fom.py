"""The figure of merit against the cut, with its bands, and the yields behind it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from winnow.columns import SAMPLE, SAMPLES, TEST, VALIDATION
from winnow.figures import style


@style.context()
def fom(
    curves: pd.DataFrame, best: pd.DataFrame, headline: str, title: str = "", label: str = ""
) -> Figure:
    """Draw a figure of merit, the yields behind it and their efficiencies against the cut.

    Args:
        curves: sample, cut, s, b, s_uncertainty, b_uncertainty, s_efficiency, b_efficiency, the
            ends of their intervals (s_efficiency_lower, ...), eligible, a column per definition and
            its band's <definition>_lower and _upper, NaN where there is none.
        best: definition, label, scan, cut (NaN where no cut is eligible) and per sample X fom_X
            and fom_uncertainty_X; the exact scan's cut is drawn.
        headline: The definition that is drawn.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(7.0, 8.6)
    if curves.empty:
        style.header(figure, title, label)
        return style.write_instead(figure, "no event of validation is classified as signal")
    upper, middle, lower = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 1.5))
    own = (best["definition"] == headline) & (best["scan"] == "exact")
    row = best[own].iloc[0].to_dict()
    chosen = bool(np.isfinite(row["cut"]))
    for sample in SAMPLES:
        curve = curves[curves[SAMPLE] == sample]
        if not curve[["s", "b"]].any(axis=None):
            continue
        look = style.SAMPLE_STYLES[sample]
        name = style.sample_name(sample)
        if chosen:
            value, error = row[f"fom_{sample}"], row[f"fom_uncertainty_{sample}"]
            name += f": {style.with_uncertainty(value, error)}"
        upper.plot(
            curve["cut"], curve[headline], color=look.colour, linestyle=look.line, label=name
        )
        upper.fill_between(
            curve["cut"],
            curve[f"{headline}_lower"],
            curve[f"{headline}_upper"],
            color=look.colour,
            alpha=0.25,
            linewidth=0,
        )
    _draw_yields(middle, curves)
    _draw_efficiencies(lower, curves)
    reference = curves[curves[SAMPLE] == VALIDATION]
    for axes in (upper, middle, lower):
        _shade_ineligible(axes, reference)
        if chosen:
            axes.axvline(row["cut"], color=style.INK, linewidth=1)
    if chosen:
        upper.plot(
            row["cut"],
            row[f"fom_{VALIDATION}"],
            marker="*",
            markersize=12,
            linestyle="none",
            color=style.INK,
            zorder=5,
        )
    eligible = curves.loc[curves["eligible"], headline]
    top = float(eligible.max()) if eligible.notna().any() else float(curves[headline].max())
    height = 1.45 * top if top > 0 else 1.0
    upper.set_ylim(0, height)
    upper.set_ylabel(row["label"])
    above = bool((curves[headline] > height).any())
    heading = f"at the cut {row['cut']:.4g}, chosen on validation"
    handles, _ = upper.get_legend_handles_labels()
    upper.legend(
        handles=[*handles, *_band_handles(curves, headline), *_shade_handles(reference, above)],
        title=heading if chosen else "no cut is eligible",
        loc="upper left",
        alignment="left",
    )
    lower.set_xlabel("cut on the signal's score")
    lower.set_xlim(float(curves["cut"].min()), float(curves["cut"].max()))
    style.header(figure, title, label)
    return figure


def _draw_yields(axes: Axes, curves: pd.DataFrame) -> None:
    """Draw signal and background yields of validation and test, test with its uncertainty."""
    for index, (column, name) in enumerate((("b", "background"), ("s", "signal"))):
        colour = style.class_style(index).colour
        for sample in (VALIDATION, TEST):
            curve = curves[curves[SAMPLE] == sample]
            curve = curve[curve[column] > 0]
            axes.plot(
                curve["cut"],
                curve[column],
                color=colour,
                linestyle=style.SAMPLE_STYLES[sample].line,
                label=f"{name}, {style.sample_name(sample)}",
            )
        error = curve[f"{column}_uncertainty"]
        low = (curve[column] - error).where(curve[column] > error, curve[column])
        axes.fill_between(
            curve["cut"], low, curve[column] + error, color=colour, alpha=0.25, linewidth=0
        )
    axes.set_yscale("log")
    axes.set_ylabel("events above the cut")
    axes.legend(ncols=2, loc="lower left")


def _draw_efficiencies(axes: Axes, curves: pd.DataFrame) -> None:
    """Draw which share of validation's signal and background is left, its interval as a band."""
    own = curves[curves[SAMPLE] == VALIDATION]
    for index, (column, name) in enumerate((("b", "background"), ("s", "signal"))):
        curve = own[own[f"{column}_efficiency"] > 0]
        axes.plot(
            curve["cut"],
            curve[f"{column}_efficiency"],
            color=style.class_style(index).colour,
            linestyle=style.SAMPLE_STYLES[VALIDATION].line,
            label=f"{name}, {style.sample_name(VALIDATION)}",
        )
        axes.fill_between(
            curve["cut"],
            # less than one effective event would stretch a logarithmic axis
            curve[f"{column}_efficiency_lower"].clip(lower=0.1 * curve[f"{column}_efficiency"]),
            curve[f"{column}_efficiency_upper"],
            color=style.class_style(index).colour,
            alpha=0.25,
            linewidth=0,
        )
    axes.set_yscale("log")
    axes.set_ylabel("efficiency")
    axes.legend(loc="lower left")


def _band_handles(curves: pd.DataFrame, headline: str) -> list[Patch]:
    """Return the legend entry of the bands, where there are any."""
    if curves[f"{headline}_lower"].isna().all():
        return []
    return [Patch(color=style.GREY, alpha=0.4, linewidth=0, label="68 % of bootstrap replicas")]


def _shade_ineligible(axes: Axes, reference: pd.DataFrame) -> None:
    """Grey out the cuts that leave too few background events on validation."""
    axes.fill_between(
        reference["cut"],
        0,
        1,
        where=~reference["eligible"].to_numpy(bool),
        transform=axes.get_xaxis_transform(),
        facecolor=style.LIGHT_GREY,
        edgecolor="white",
        hatch="////",
        linewidth=0,
        zorder=0,
    )


def _shade_handles(reference: pd.DataFrame, above: bool) -> list[Patch]:
    """Return the legend entry of the shade, where there is any, and that curves leave the axis."""
    if reference["eligible"].all():
        return []
    name = "not eligible: too few background events"
    if above:
        name += " (curves leave the axis)"
    return [Patch(facecolor=style.LIGHT_GREY, edgecolor="white", hatch="////", label=name)]
