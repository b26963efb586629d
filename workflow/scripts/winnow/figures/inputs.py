"""The figure of the inputs by class."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import Labels, class_lines, draw_class, rows_with

_INPUT_COLUMNS = 3


@style.context()
def inputs(
    histograms: pd.DataFrame,
    labels: Labels,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the weighted distribution of every feature by class, three features a row.

    Args:
        histograms: feature, class, low, high, density, uncertainty, missing_fraction,
            outside_fraction.
        labels: `label` and `unit` of a feature.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    features = list(histograms["feature"].unique())
    names = list(histograms[CLASS].unique())
    columns = min(_INPUT_COLUMNS, len(features))
    rows = -(-len(features) // columns)
    figure = style.new_figure(min(style.PAGE_WIDTH, 3.1 * columns), 2.5 * rows + 0.7)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, feature in zip(grid.flat, features, strict=False):
        for index, name in enumerate(names):
            part = rows_with(histograms, feature=feature, **{CLASS: name})
            if not part.empty:
                draw_class(axes, part, looks.style(name, index))
        unit = labels.get(feature, {}).get("unit", "")
        told = [
            style.feature_label(feature, labels),
            *_left_out(rows_with(histograms, feature=feature)),
        ]
        axes.set_xlabel("\n".join(told), fontsize="small")
        axes.set_ylabel(style.axis_label("density", f"1/{unit}" if unit else ""), fontsize="small")
        axes.tick_params(labelsize="small")
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(4))
    for axes in grid.flat[len(features) :]:
        axes.set_axis_off()
    style.legend_below(figure, class_lines(names, looks))
    style.header(figure, title, label)
    return figure


def _left_out(part: pd.DataFrame) -> list[str]:
    """Return which shares of the classes have no value, and lie beyond the axis, a line each."""
    shares = part.drop_duplicates(CLASS)
    told = []
    for column, word in (("missing_fraction", "missing"), ("outside_fraction", "beyond")):
        low, high = shares[column].min(), shares[column].max()
        if high > 0:
            ends = dict.fromkeys(f"{100 * share:.2g}" for share in (low, high))
            told.append(f"{word} {'–'.join(ends)} %")
    return told
