"""The figure of correlations between the inputs."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from winnow.columns import CLASS
from winnow.figures import style
from winnow.figures.parts import Labels, class_ticks, rows_with

# Beyond this many features a matrix has signs in place of numbers, of correlations from here on.
_LARGE_MATRIX = 12
_SEEN = 0.05


@style.context()
def correlations(
    table: pd.DataFrame,
    labels: Labels,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the weighted correlation matrix of the features, one panel per class.

    Args:
        table: class, feature_x, feature_y, correlation (NaN where undefined).
        labels: `label` of a feature.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    names = list(table[CLASS].unique())
    features = list(table["feature_x"].unique())
    ticks = [labels.get(feature, {}).get("label") or feature for feature in features]
    large = len(features) > _LARGE_MATRIX
    side = 0.17 * len(features) if large else 1.0 + 0.3 * len(features)
    told = [style.short(tick, 28) for tick in ticks]
    margin = 0.4 + 0.07 * max(map(len, told))
    across = int(min(len(names), max(1, (style.PAGE_WIDTH - margin - 1.0) // (side + 0.15))))
    down = -(-len(names) // across)
    width = min(style.PAGE_WIDTH, (side + 0.2) * across + margin + 1.2)
    side = min(side, (width - margin - 1.0) / across)
    figure = style.new_figure(width, (side + 0.45) * down + margin + 0.8)
    figure.set_layout_engine("compressed")
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for axes, name in zip(grid.flat, names, strict=False):
        values = rows_with(table, **{CLASS: name})["correlation"].to_numpy()
        image = _draw_correlations(axes, values.reshape(len(features), len(features)))
        letters = max(10, int(side / 0.075))
        axes.set_title(style.wrapped(looks.name(name), letters), fontsize="small")
        class_ticks(axes, told, 8 if large else "small")
    for number, axes in enumerate(grid.flat[len(names) :], len(names)):
        axes.set_axis_off()
        above = grid.flat[number - across]
        above.tick_params(labelbottom=True)
    unit = "linear correlation" if large else "linear correlation (numbers: %)"
    figure.colorbar(image, ax=grid, shrink=min(0.7, 3.0 / (side * down)), pad=0.01).set_label(unit)
    style.header(figure, title, label)
    return figure


def _draw_correlations(axes: Axes, matrix: NDArray[np.float64]) -> Any:
    """Draw one matrix with its numbers in percent, which carry the sign in grey."""
    image = axes.imshow(np.ma.masked_invalid(matrix), cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_facecolor(style.LIGHT_GREY)
    large = len(matrix) > _LARGE_MATRIX
    for (row, column), value in np.ndenumerate(matrix):
        text = "–" if np.isnan(value) else f"{100 * value:.0f}".replace("-", "−")
        colour = "white" if abs(value) > 0.6 else style.INK
        if large and text != "–":
            # a number would not fit; its sign tells red from blue in grey
            text = ("+" if value > 0 else "−") if abs(value) >= _SEEN else "0"
        if text not in ("0", "−0"):
            number = axes.text(
                column, row, text, ha="center", va="center", color=colour, fontsize=8
            )
            number.set_in_layout(False)
    return image
