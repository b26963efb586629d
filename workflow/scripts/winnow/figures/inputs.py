"""The figure of the inputs by class."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import Labels, bin_edges, draw_between, draw_bins, rows_with, set_range

_INPUT_COLUMNS = 5


@style.context()
def inputs(
    histograms: pd.DataFrame,
    labels: Labels,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the weighted distribution of every feature by class, five features a row.

    Args:
        histograms: feature, class, low, high, density, missing_fraction.
        labels: `label` and `unit` of a feature.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    features = list(histograms["feature"].unique())
    names = list(histograms[CLASS].unique())
    columns = min(_INPUT_COLUMNS, len(features))
    rows = -(-len(features) // columns)
    figure = style.new_figure(3.1 * columns, 2.5 * rows + 0.7)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, feature in zip(grid.flat, features, strict=False):
        for index, name in enumerate(names):
            part = rows_with(histograms, feature=feature, **{CLASS: name})
            if not part.empty:
                _draw_input(axes, part, looks.style(name, index))
        unit = labels.get(feature, {}).get("unit", "")
        axes.set_xlabel(style.feature_label(feature, labels), fontsize="small")
        axes.set_ylabel(style.axis_label("density", f"1/{unit}" if unit else ""), fontsize="small")
        axes.tick_params(labelsize="small")
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        _note_missing(axes, rows_with(histograms, feature=feature), looks)
    for axes in grid.flat[len(features) :]:
        axes.set_axis_off()
    handles = [
        Line2D([], [], color=look.colour, linestyle=look.line, label=looks.name(name))
        for name, look in ((name, looks.style(name, i)) for i, name in enumerate(names))
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(names))
    style.header(figure, title, label)
    return figure


def _draw_input(axes: Axes, part: pd.DataFrame, look: style.Style) -> None:
    """Draw one class of one feature, its uncertainty as a band."""
    edges, density = bin_edges(part), part["density"].to_numpy()
    error = part["uncertainty"].to_numpy()
    draw_bins(density, edges, ax=axes, color=look.colour, linestyle=look.line, linewidth=1.3)
    shade = {"facecolor": look.colour, "edgecolor": look.colour, "alpha": 0.2}
    draw_between(axes, density - error, density + error, edges, **shade)
    set_range(axes, edges)


def _note_missing(axes: Axes, part: pd.DataFrame, looks: style.Looks) -> None:
    """Write the share of missing values of each class, where there are any."""
    shares = part.drop_duplicates(CLASS).set_index(CLASS)["missing_fraction"]
    if (shares > 0).any():
        lines = [
            "missing",
            *(f"{looks.name(str(name))} {share:.0%}" for name, share in shares.items()),
        ]
        axes.legend(
            handles=[Line2D([], [], linestyle="none", label=line) for line in lines],
            handlelength=0,
            handletextpad=0,
            fontsize="x-small",
            borderaxespad=1.2,
            loc="best",
        )
