"""The figures of the comparison: all runs, and every metric against every scanned key."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from winnow.columns import TEST, VALIDATION
from winnow.figures import style
from winnow.figures.scales import Keys, scale_of, scanned_keys, show, shown
from winnow.statistics.choice import ASKED, BASELINE, ENSEMBLE, NETWORK
from winnow.statistics.compare import METRICS

_AXIS_NAMES = {
    "validation_auc": "area\nvalidation",
    "test_auc": "area\ntest",
    "best_epoch": "best epoch",
    "validation_loss": "validation loss",
    **{
        name: f"{quantity.replace('_', ' ')}\n{sample}"
        for name in ASKED
        for sample, _, quantity in [name.partition("_")]
    },
    "wall_seconds": "wall time [s]",
    "cpu_seconds": "CPU time [s]",
}
_KIND_MARKERS = {NETWORK: "o", ENSEMBLE: "*", BASELINE: "D"}
_FOLD_BARS: Mapping[str, Any] = {"linestyle": "none", "elinewidth": 0.8, "capsize": 3}
# More lines than these in one panel are drawn in grey, without bands.
_MOST_SLICES = 6
# What a column's legend has room for, at the width of a page.
_SLICE_LETTERS = 24
# What a row's name has room for, before it takes a further line.
_ROW_LETTERS = 32


@style.context()
def runs_figure(
    runs: pd.DataFrame, points: pd.DataFrame, fom: str = "", title: str = "", label: str = ""
) -> Figure:
    """Draw area and figure of merit of all classifiers, one row per scan point and per reference.

    Args:
        runs: kind, point, chosen, validation_auc, test_auc and, where there is a signal,
            validation_fom, test_fom.
        points: kind, point and name of every row, ranked, networks before the rest.
        fom: Name of the figure of merit, as an axis shows it.
        title: Title of the figure.
        label: The study's label.
    """
    table = runs.merge(points[["kind", "point", "name"]], on=["kind", "point"])
    order = list(points["name"])
    panels = [("auc", "area under the ROC curve")]
    if "test_fom" in runs:
        panels.append(("fom", f"figure of merit {fom}"))
    names = [style.wrapped(name, _ROW_LETTERS) for name in order]
    heights = [max(0.55, 0.25 * len(name.splitlines())) for name in names]
    figure = style.new_figure(style.PAGE_WIDTH, 1.9 + sum(heights))
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    networks = int((points["kind"] == NETWORK).sum())
    for axes, (quantity, name) in zip(grid, panels, strict=True):
        for row, own in enumerate(order):
            part = table[table["name"] == own]
            for sample, offset in ((VALIDATION, -0.15), (TEST, 0.15)):
                _draw_runs(axes, part, sample, quantity, row + offset)
        chosen = table[table["chosen"]]
        place = order.index(chosen["name"].iloc[0]) + 0.15
        values = chosen[f"{TEST}_{quantity}"]
        axes.plot(values, np.full(len(values), place), **_ring(12))
        axes.set_xlabel(name)
        axes.margins(x=0.06)
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.tick_params(axis="y", which="minor", left=False, right=False)
        for row in range(1, len(order)):
            width, colour = (1.2, style.INK) if row == networks else (0.8, style.LIGHT_GREY)
            axes.axhline(row - 0.5, color=colour, linewidth=width)
    grid[0].set_yticks(range(len(order)), names)
    grid[0].set_ylim(len(order) - 0.5, -0.5)
    handles = [
        *(_sample_handle(sample) for sample in (VALIDATION, TEST)),
        Line2D([], [], **_mean_mark(11), label="mean of runs"),
        Line2D([], [], **_ring(10), label="chosen run"),
    ]
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


@style.context()
def points_figure(
    points: pd.DataFrame, keys: Keys, fom: str = "", title: str = "", label: str = ""
) -> Figure:
    """Draw every metric against every scanned key, the spread over replicas as a band.

    With folds the spread over them is a thin bar: it is of parts of the sample, not of the whole.

    Points that differ in that key alone are joined, in one colour; their ensembles are stars,
    baselines horizontal lines. A numeric key has an axis of its values, logarithmic where they
    span two decades; other values stand side by side, and so do all points without a scan.

    Args:
        points: rank, kind, name, point, each metric with its spread, and with folds its
            fold_spread; the best first.
        keys: of every scan point the value of each scanned key.
        fom: Name of the figure of merit, as an axis shows it.
        title: Title of the figure.
        label: The study's label.
    """
    metrics = [metric for metric in METRICS if metric in points]
    scanned = scanned_keys(keys)
    across = max(2, len(scanned))
    # of several keys each has its column; otherwise the metrics stand in pairs
    rows = len(metrics) if len(scanned) > 1 else -(-len(metrics) // 2)
    # a column needs its room: of many keys a figure is wider than a page
    figure = style.new_figure(max(style.PAGE_WIDTH, 2.4 * across), 1.6 + 1.6 * rows)
    grid = figure.subplots(rows, across, squeeze=False, sharex="col")
    for index, axes in enumerate(grid.flat):
        key = scanned[index % len(scanned)] if scanned else None
        metric = metrics[index // across if len(scanned) > 1 else index]
        if key is None:
            _draw_categories(axes, points, metric)
        else:
            _draw_key(axes, points, metric, keys, key)
            axes.margins(x=0.05)
        axes.set_ylabel(_axis_name(fom, metric), loc="center", fontsize="medium")
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.margins(y=0.12)
        if key is not None and axes in grid[-1]:
            # beside the power of ten that small values share
            axes.set_xlabel(key, loc="center")
    for axes, key in zip(grid[0], scanned, strict=False):
        _slice_legend(axes, _slices(points, keys, key))
    figure.align_ylabels()
    handles = _kind_handles(points, bool(scanned))
    style.legend_below(figure, handles)
    style.header(figure, title, label)
    return figure


# Parts -------------------------------------------------------------------------------------------


def _axis_name(fom: str, metric: str) -> str:
    sample = metric.removesuffix("_fom")
    return _AXIS_NAMES[metric] if metric == sample else f"{fom}\n{sample}"


def _draw_folds(
    axes: Axes, places: Any, part: pd.DataFrame, metric: str, colour: str | None = None
) -> None:
    """Draw the spread over folds of some points as thin bars with caps, where there are folds."""
    name = f"{metric}_fold_spread"
    if name in part:
        spread = part[name].fillna(0.0)
        axes.errorbar(places, part[metric], yerr=spread, color=colour or style.GREY, **_FOLD_BARS)


def _draw_runs(axes: Axes, part: pd.DataFrame, sample: str, quantity: str, row: float) -> None:
    """Draw the runs of a row in one sample, and their mean."""
    values = part[f"{sample}_{quantity}"]
    look = style.SAMPLE_STYLES[sample]
    single = part["kind"].iloc[0] != NETWORK
    axes.plot(
        values,
        np.full(len(values), row),
        marker=look.marker,
        linestyle="none",
        color=look.colour,
        markerfacecolor="white" if single else look.colour,
        markeredgewidth=1.4 if single else 0,
        alpha=0.8,
        markersize=6 if single else 5,
    )
    if len(values) > 1:
        axes.plot(values.mean(), row, **_mean_mark(13))


def _mean_mark(size: int) -> dict[str, Any]:
    return {"marker": "|", "markersize": size, "linestyle": "none", "color": style.INK}


def _ring(size: int) -> dict[str, Any]:
    return {
        "marker": "o",
        "markersize": size,
        "markerfacecolor": "none",
        "linestyle": "none",
        "color": style.INK,
    }


def _sample_handle(sample: str) -> Line2D:
    look = style.SAMPLE_STYLES[sample]
    name = style.sample_name(sample)
    return Line2D([], [], marker=look.marker, linestyle="none", color=look.colour, label=name)


def _draw_categories(axes: Axes, points: pd.DataFrame, metric: str) -> None:
    """Draw all rows of the table side by side."""
    rows = np.arange(len(points))
    kinds = points["kind"].to_numpy()
    for index, kind in enumerate(_KIND_MARKERS):
        own = kinds == kind
        axes.errorbar(
            rows[own],
            points.loc[own, metric],
            yerr=points.loc[own, f"{metric}_spread"].fillna(0.0),
            marker=_KIND_MARKERS[kind],
            markersize=8 if kind == ENSEMBLE else 5,
            linestyle="none",
            color=style.class_style(index).colour,
            markeredgecolor=style.INK,
            markeredgewidth=0.6,
        )
    _draw_folds(axes, rows, points, metric)
    axes.plot(rows[0], points[metric].iloc[0], **_ring(11))
    axes.set_xlim(-0.5, len(points) - 0.5)
    axes.set_xticks(rows, list(points["name"]), rotation=30, ha="right", fontsize="small")
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)


def _draw_key(axes: Axes, points: pd.DataFrame, metric: str, keys: Keys, key: str) -> None:
    """Draw a metric of all points against one key."""
    scale = scale_of(keys, key)
    table = points[points["point"].isin(scale.places)]
    table = table.assign(place=table["point"].map(scale.places)).sort_values("place")
    for index, own in enumerate(_slices(points, keys, key).values()):
        part = table[table["point"].isin(own)]
        _draw_slice(axes, part[part["kind"] == NETWORK], metric, index)
        ensembles = part[part["kind"] == ENSEMBLE]
        colour = _slice_style(index).colour
        axes.plot(ensembles["place"], ensembles[metric], color=colour, **_star())
    best = points.iloc[0]
    axes.plot(scale.places[best["point"]], best[metric], **_ring(11))
    for index, value in enumerate(points.loc[points["kind"] == BASELINE, metric]):
        if np.isfinite(value):
            axes.axhline(value, **_baseline_line(index))
    show(axes, scale)


def _draw_slice(axes: Axes, part: pd.DataFrame, metric: str, index: int) -> None:
    """Draw points joined by a line, their spread as a band, of a single point as a bar."""
    look = _slice_style(index)
    value, spread = part[metric].to_numpy(), part[f"{metric}_spread"].fillna(0.0).to_numpy()
    place = part["place"].to_numpy()
    axes.plot(place, value, marker=look.marker, linestyle=look.line, color=look.colour)
    _draw_folds(axes, place, part, metric, look.colour)
    if index >= _MOST_SLICES:
        return
    if len(part) > 1:
        axes.fill_between(
            place, value - spread, value + spread, color=look.colour, alpha=0.2, linewidth=0
        )
    else:
        axes.errorbar(place, value, yerr=spread, linestyle="none", color=look.colour)


def _slice_style(index: int) -> style.Style:
    if index < _MOST_SLICES:
        return style.class_style(index)
    return style.Style(style.LIGHT_GREY, "-", ".", "")


def _star() -> dict[str, Any]:
    return {
        "marker": "*",
        "markersize": 9,
        "linestyle": "none",
        "markeredgecolor": style.INK,
        "markeredgewidth": 0.6,
    }


def _baseline_line(index: int) -> dict[str, Any]:
    line = style.class_style(index + 1).line
    return {"color": style.GREY, "linestyle": line, "linewidth": 1.2}


def _slices(points: pd.DataFrame, keys: Keys, key: str) -> dict[str, list[str]]:
    """Group points that agree in all other keys, the group of the best point first.

    Where no two agree (keys that vary together), all points are one group.
    """
    groups: dict[str, list[str]] = {}
    for point in points.loc[points["kind"] == NETWORK, "point"]:
        others = {name: shown(value) for name, value in keys[point].items() if name != key}
        varied = [name for name in scanned_keys(keys) if name in others]
        text = ", ".join(f"{name.rsplit('.', 1)[-1]} {others[name]}" for name in varied)
        groups.setdefault(text, []).append(point)
    if all(len(own) == 1 for own in groups.values()):
        return {"": [point for own in groups.values() for point in own]}
    return groups


def _kind_handles(points: pd.DataFrame, scanned: bool) -> list[Line2D | Patch]:
    """Return legend handles of what is drawn whatever the key."""
    ring = Line2D([], [], **_ring(9), label="best by validation")
    handles: list[Line2D | Patch] = [ring]
    if any(str(name).endswith("_fold_spread") for name in points):
        thin = Line2D([], [], marker="$\\mathrm{I}$", markersize=11, linestyle="none")
        thin.set(color=style.GREY, markeredgewidth=0, label="spread over folds")
        handles.insert(0, thin)
    if not scanned:
        spread = Line2D([], [], marker="|", markersize=12, linestyle="none", color=style.GREY)
        spread.set_label("spread over replicas")
        return [spread, *handles]
    handles.insert(0, Patch(facecolor=style.GREY, alpha=0.3, label="spread over replicas"))
    if (points["kind"] == ENSEMBLE).any():
        handles.append(Line2D([], [], color="white", **_star(), label="ensemble of replicas"))
    baselines = points.loc[points["kind"] == BASELINE, "name"]
    for index, name in enumerate(baselines):
        handles.append(Line2D([], [], **_baseline_line(index), label=name))
    return handles


def _slice_legend(axes: Axes, slices: Mapping[str, Sequence[str]]) -> None:
    """Write above a column what its colours mean, where there are several."""
    named = [
        Line2D(
            [],
            [],
            color=look.colour,
            linestyle=look.line,
            marker=look.marker,
            label=style.wrapped(name, _SLICE_LETTERS),
        )
        for index, name in enumerate(slices)
        if index < _MOST_SLICES
        for look in [_slice_style(index)]
    ]
    if len(slices) > _MOST_SLICES:
        look = _slice_style(_MOST_SLICES)
        named.append(Line2D([], [], color=look.colour, linestyle=look.line, label="others"))
    if len(slices) > 1:
        columns = 2 if all(len(name) <= _SLICE_LETTERS // 2 for name in slices) else 1
        axes.legend(handles=named, loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=columns)
