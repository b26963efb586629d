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

# Beyond this many features the numbers of a correlation matrix are whole percents, small.
_LARGE_MATRIX = 12


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
    side = 0.27 * len(features) if len(features) > _LARGE_MATRIX else 1.0 + 0.35 * len(features)
    margin = 0.4 + 0.065 * max(map(len, ticks))
    figure = style.new_figure((side + 0.2) * len(names) + margin + 1.2, side + margin + 0.8)
    figure.set_layout_engine("compressed")
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, name in zip(panels, names, strict=True):
        values = rows_with(table, **{CLASS: name})["correlation"].to_numpy()
        image = _draw_correlations(axes, values.reshape(len(features), len(features)))
        axes.set_title(looks.name(name))
        class_ticks(axes, ticks, "x-small" if len(features) > _LARGE_MATRIX else "small")
    unit = "linear correlation (numbers: %)"
    figure.colorbar(image, ax=list(panels), shrink=0.7, pad=0.01).set_label(unit)
    style.header(figure, title, label)
    return figure


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
