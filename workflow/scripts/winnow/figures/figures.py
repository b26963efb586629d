"""The figures: each function draws one of the tables that stand beside its figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import NDArray

from winnow.columns import CLASS, SAMPLE, SAMPLES, TEST, TRAIN, VALIDATION
from winnow.figures import style

Labels = Mapping[str, Mapping[str, str]]

# Beyond this many features the numbers of a correlation matrix are whole percents, small.
_LARGE_MATRIX = 12
_INPUT_COLUMNS = 5


@style.context()
def history(frame: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw loss and weighted accuracy against the epoch, the best epoch marked.

    Args:
        frame: epoch, loss, accuracy, validation_loss, validation_accuracy, one row per epoch. The
            best epoch is the first with the lowest validation loss.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(6.4, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    best = frame.iloc[int(frame["validation_loss"].fillna(np.inf).to_numpy().argmin())]
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
        axes.legend()
        axes.margins(x=0.02)
    upper.set_ylabel("loss")
    lower.set_ylabel("weighted accuracy")
    lower.set_xlabel("epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.header(figure, title, label)
    return figure


@style.context()
def roc(curves: pd.DataFrame, summary: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw weighted ROC curves: background rejection and background efficiency.

    One curve per sample; where a signal stands against several classes, or several signals against
    all else, colours tell these apart and lines the samples.

    Args:
        curves: sample, signal, against, threshold, signal_efficiency, background_efficiency.
        summary: sample, signal, against, auc, auc_uncertainty and rejection_at_e columns.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(10.0, 5.0)
    left, right = figure.subplots(1, 2)
    pairs = list(dict.fromkeys(zip(summary["signal"], summary["against"], strict=True)))
    points = [name for name in map(str, summary.columns) if name.startswith("rejection_at_")]
    for index, (name, against) in enumerate(pairs):
        for sample in SAMPLES:
            curve = _of(curves, sample=sample, signal=name, against=against)
            row = _of(summary, sample=sample, signal=name, against=against)
            if curve.empty:
                continue
            look = style.SAMPLE_STYLES[sample]
            colour = look.colour if len(pairs) == 1 else style.class_style(index).colour
            line = {"color": colour, "linestyle": look.line}
            signal, background = curve["signal_efficiency"], curve["background_efficiency"]
            passing = background > 0
            left.plot(signal[passing], 1 / background[passing], **line)
            right.plot(background, signal, label=_roc_label(row, sample, len(pairs)), **line)
            if sample == TEST:
                _mark_rejections(left, row, points, index, colour, written=len(pairs) == 1)
    left.set_yscale("log")
    left.set_xlim(0, 1)
    left.set_ylim(bottom=1)
    left.set_xlabel(r"signal efficiency $\varepsilon_s$")
    left.set_ylabel(r"background rejection $1/\varepsilon_b$")
    right.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.8)
    right.set_xlim(0, 1)
    right.set_ylim(0, 1.01)
    right.set_xlabel(r"background efficiency $\varepsilon_b$")
    right.set_ylabel(r"signal efficiency $\varepsilon_s$")
    handles, _ = right.get_legend_handles_labels()
    right.legend(handles=handles, title="area under the curve", loc="lower right")
    if len(pairs) > 1:
        left.legend(handles=_sample_lines(), loc="upper right")
    style.header(figure, title, label)
    return figure


@style.context()
def scores(
    histograms: pd.DataFrame,
    overtraining: pd.DataFrame,
    node: str,
    title: str = "",
    label: str = "",
) -> Figure:
    """Draw the score distributions of every class in the three samples, and their pulls.

    Where there are no training events, the pulls are those of test against validation.

    Args:
        histograms: sample, class, node, low, high, density, uncertainty.
        overtraining: class, node, p_value of training against validation.
        node: The class whose score is drawn.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(7.0, 6.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    table = _of(histograms, node=node)
    names = list(table[CLASS].unique())
    p_values = _of(overtraining, node=node).set_index(CLASS)["p_value"]
    entries = []
    pair = (TRAIN, VALIDATION) if (table[SAMPLE] == TRAIN).any() else (VALIDATION, TEST)
    for index, name in enumerate(names):
        look = style.class_style(index)
        parts = {sample: _of(table, sample=sample, **{CLASS: name}) for sample in SAMPLES}
        _draw_scores(upper, parts, look)
        _draw_pulls(lower, parts, pair, look, (index + 0.5) / len(names))
        known = name in p_values and np.isfinite(p_values[name])
        text = f"{name} (p = {p_values[name]:.2g})" if known else name
        entries.append(
            Patch(facecolor=_faded(look), edgecolor=look.colour, hatch=look.hatch, label=text)
        )
    positive = table.loc[table["density"] > 0, "density"]
    if not positive.empty:
        upper.set_yscale("log")
        upper.set_ylim(positive.min() / 2, positive.max() * 20)
    upper.set_ylabel("density")
    samples = upper.legend(handles=_sample_kinds()[SAMPLES.index(pair[0]) :], loc="upper left")
    upper.add_artist(samples)
    upper.legend(
        handles=entries,
        loc="upper right",
        title="class (p: training = validation)" if pair[0] == TRAIN else "class",
        alignment="left",
    )
    for height, shade in ((2, "#eeeeee"), (1, style.LIGHT_GREY)):
        lower.axhspan(-height, height, color=shade, zorder=0)
    lower.axhline(0, color=style.GREY, linewidth=0.8)
    lower.set_ylim(-4.5, 4.5)
    lower.set_xlim(float(table["low"].min()), float(table["high"].max()))
    lower.yaxis.set_major_locator(MultipleLocator(2))
    short = {TRAIN: "train.", VALIDATION: "val.", TEST: "test"}
    named = f"({short[pair[1]]} − {short[pair[0]]}) / σ"
    lower.set_ylabel(named, loc="center", fontsize="medium")
    lower.set_xlabel(f"{node} score")
    style.header(figure, title, label)
    return figure


@style.context()
def confusion(table: pd.DataFrame, sample: str, title: str = "", label: str = "") -> Figure:
    """Draw a sample's weighted confusion matrix, each true class summing to one.

    Args:
        table: sample, true_class, predicted_class, fraction, entries.
        sample: The sample that is drawn.
        title: Title of the figure.
        label: The study's label.
    """
    part = _of(table, sample=sample)
    names = list(part["true_class"].unique())
    shape = (len(names), len(names))
    fraction = part["fraction"].to_numpy().reshape(shape)
    entries = part["entries"].to_numpy().reshape(shape)
    side = 2.4 + 0.95 * len(names)
    figure = style.new_figure(side + 0.9, side)
    axes = figure.subplots()
    image = axes.imshow(fraction, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(fraction):
        text = f"{value:.3f}\n({entries[row, column]:,})" if np.isfinite(value) else "undefined"
        colour = "white" if value > 0.55 else style.INK
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize="small")
    _class_ticks(axes, names)
    axes.set_xlabel("predicted class", loc="center")
    axes.set_ylabel("true class", loc="center")
    axes.set_title(f"{style.sample_name(sample)} (in brackets: raw events)", fontsize="small")
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("weighted share of the true class", fontsize="medium")
    style.header(figure, title, label)
    return figure


@style.context()
def inputs(histograms: pd.DataFrame, labels: Labels, title: str = "", label: str = "") -> Figure:
    """Draw the weighted distribution of every feature by class, five features a row.

    Args:
        histograms: feature, class, low, high, density, missing_fraction.
        labels: `label` and `unit` of a feature.
        title: Title of the figure.
        label: The study's label.
    """
    features = list(histograms["feature"].unique())
    names = list(histograms[CLASS].unique())
    columns = min(_INPUT_COLUMNS, len(features))
    rows = -(-len(features) // columns)
    figure = style.new_figure(3.1 * columns, 2.5 * rows + 0.7)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, feature in zip(grid.flat, features, strict=False):
        for index, name in enumerate(names):
            part = _of(histograms, feature=feature, **{CLASS: name})
            if not part.empty:
                _draw_input(axes, part, style.class_style(index))
        unit = labels.get(feature, {}).get("unit", "")
        axes.set_xlabel(style.feature_label(feature, labels), fontsize="small")
        axes.set_ylabel(style.axis_label("density", f"1/{unit}" if unit else ""), fontsize="small")
        axes.tick_params(labelsize="small")
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        _note_missing(axes, _of(histograms, feature=feature))
    for axes in grid.flat[len(features) :]:
        axes.set_axis_off()
    handles = [
        Line2D([], [], color=look.colour, linestyle=look.line, label=name)
        for name, look in ((name, style.class_style(i)) for i, name in enumerate(names))
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(names))
    style.header(figure, title, label)
    return figure


@style.context()
def correlations(table: pd.DataFrame, labels: Labels, title: str = "", label: str = "") -> Figure:
    """Draw the weighted correlation matrix of the features, one panel per class.

    Args:
        table: class, feature_x, feature_y, correlation (NaN where undefined).
        labels: `label` of a feature.
        title: Title of the figure.
        label: The study's label.
    """
    names = list(table[CLASS].unique())
    features = list(table["feature_x"].unique())
    ticks = [labels.get(feature, {}).get("label") or feature for feature in features]
    side = 0.27 * len(features) if len(features) > _LARGE_MATRIX else 1.0 + 0.35 * len(features)
    margin = 0.4 + 0.065 * max(map(len, ticks))
    figure = style.new_figure((side + 0.2) * len(names) + margin + 1.2, side + margin + 0.8)
    figure.set_layout_engine("compressed")
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, name in zip(panels, names, strict=True):
        values = _of(table, **{CLASS: name})["correlation"].to_numpy()
        image = _draw_correlations(axes, values.reshape(len(features), len(features)))
        axes.set_title(name)
        _class_ticks(axes, ticks, "x-small" if len(features) > _LARGE_MATRIX else "small")
    unit = "linear correlation (numbers: %)"
    figure.colorbar(image, ax=list(panels), shrink=0.7, pad=0.01).set_label(unit)
    style.header(figure, title, label)
    return figure


# Parts -------------------------------------------------------------------------------------------


def _of(table: pd.DataFrame, **keys: str) -> pd.DataFrame:
    """Return the rows in which each column has its value."""
    inside = np.ones(len(table), dtype=bool)
    for column, value in keys.items():
        inside &= (table[column] == value).to_numpy()
    return table[inside]


def _roc_label(row: pd.DataFrame, sample: str, pairs: int) -> str | None:
    """Return a curve's legend entry; of several pairs only the test sample has one."""
    area = style.with_uncertainty(row["auc"].iloc[0], row["auc_uncertainty"].iloc[0])
    if pairs == 1:
        return f"{style.sample_name(sample)}: {area}"
    signal, against = row["signal"].iloc[0], row["against"].iloc[0]
    against = "all else" if against == "all" else against
    return f"{signal} against {against}: {area}" if sample == TEST else None


def _mark_rejections(
    axes: Axes, row: pd.DataFrame, points: Sequence[str], index: int, colour: str, written: bool
) -> None:
    """Mark the background rejections of a summary's row, with their values where there is room."""
    marker = style.class_style(index).marker
    for point in points:
        efficiency, value = float(point.removeprefix("rejection_at_")), float(row[point].iloc[0])
        axes.plot(
            efficiency, value, marker=marker, markersize=6, color=colour, markeredgecolor=style.INK
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


def _faded(look: style.Style) -> tuple[str, float]:
    return (look.colour, 0.18)


def _edges(part: pd.DataFrame) -> NDArray[np.float64]:
    """Return the bin edges of a histogram's rows."""
    return np.append(part["low"].to_numpy(), part["high"].to_numpy()[-1])


def _draw_scores(axes: Axes, parts: Mapping[str, pd.DataFrame], look: style.Style) -> None:
    """Draw a class: training filled and hatched, validation as line, test as points."""
    train, validation, test = (parts[sample] for sample in SAMPLES)
    if not train.empty:
        axes.stairs(
            train["density"],
            _edges(train),
            fill=True,
            facecolor=_faded(look),
            edgecolor=(look.colour, 0.6),
            hatch=look.hatch,
            linewidth=0,
        )
    if not validation.empty:
        axes.stairs(
            validation["density"],
            _edges(validation),
            color=look.colour,
            linestyle="-",
            linewidth=1.5,
        )
    shown = test[test["density"] > 0]
    density, error = shown["density"].to_numpy(), shown["uncertainty"].to_numpy()
    axes.errorbar(
        (shown["low"].to_numpy() + shown["high"].to_numpy()) / 2,
        density,
        # A bar that reaches zero has no lower end on a logarithmic axis.
        yerr=np.array([np.minimum(error, 0.999 * density), error]),
        marker=look.marker,
        linestyle="none",
        color=look.colour,
        markeredgecolor=style.INK,
        markeredgewidth=0.6,
        elinewidth=1,
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
        marker=look.marker,
        linestyle="none",
        color=look.colour,
        markeredgecolor=style.INK,
        markeredgewidth=0.6,
    )


def _sample_kinds() -> list[Any]:
    """Return legend handles of how samples are drawn in the score distributions."""
    return [
        Patch(facecolor=style.LIGHT_GREY, edgecolor=style.GREY, hatch="////", label="training"),
        Line2D([], [], color=style.INK, label="validation"),
        Line2D([], [], color=style.INK, marker="o", linestyle="none", label="test"),
    ]


def _class_ticks(axes: Axes, names: Sequence[str], size: str = "medium") -> None:
    """Write names beside the rows and below the columns of a matrix."""
    axes.set_xticks(range(len(names)), names, fontsize=size, rotation=90 if len(names) > 4 else 0)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.tick_params(which="both", length=0)


def _draw_input(axes: Axes, part: pd.DataFrame, look: style.Style) -> None:
    """Draw one class of one feature, its uncertainty as a band."""
    edges, density = _edges(part), part["density"].to_numpy()
    error = part["uncertainty"].to_numpy()
    axes.stairs(density, edges, color=look.colour, linestyle=look.line, linewidth=1.3)
    axes.stairs(
        density + error, edges, baseline=density - error, fill=True, color=look.colour, alpha=0.2
    )
    axes.set_xlim(edges[0], edges[-1])


def _note_missing(axes: Axes, part: pd.DataFrame) -> None:
    """Write the share of missing values of each class, where there are any."""
    shares = part.drop_duplicates(CLASS).set_index(CLASS)["missing_fraction"]
    if (shares > 0).any():
        lines = ["missing", *(f"{name} {share:.0%}" for name, share in shares.items())]
        axes.legend(
            handles=[Line2D([], [], linestyle="none", label=line) for line in lines],
            handlelength=0,
            handletextpad=0,
            fontsize="x-small",
            borderaxespad=1.2,
            loc="best",
        )


def _draw_correlations(axes: Axes, matrix: NDArray[np.float64]) -> Any:
    """Draw one matrix with its numbers in percent, which carry the sign in grey."""
    image = axes.imshow(np.ma.masked_invalid(matrix), cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_facecolor(style.LIGHT_GREY)
    size = 4.5 if len(matrix) > _LARGE_MATRIX else 8
    for (row, column), value in np.ndenumerate(matrix):
        text = "–" if np.isnan(value) else f"{100 * value:.0f}".replace("-", "−")
        colour = "white" if abs(value) > 0.6 else style.INK
        if text not in ("0", "−0"):
            number = axes.text(
                column, row, text, ha="center", va="center", color=colour, fontsize=size
            )
            number.set_in_layout(False)
    return image
