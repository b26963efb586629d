"""The figure of the confusion matrix."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from winnow.figures import style
from winnow.figures.parts import class_ticks, rows_with

# Of more classes each cell has whole percents alone.
_MOST_CLASSES = 5


@style.context()
def confusion(
    table: pd.DataFrame,
    sample: str,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw a sample's weighted confusion matrix, each true class summing to one.

    Args:
        table: sample, true_class, predicted_class, fraction, entries.
        sample: The sample that is drawn.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    part = rows_with(table, sample=sample)
    names = list(part["true_class"].unique())
    shape = (len(names), len(names))
    fraction = part["fraction"].to_numpy().reshape(shape)
    entries = part["entries"].to_numpy().reshape(shape)
    many = len(names) > _MOST_CLASSES
    width = min(style.PAGE_WIDTH, 3.3 + 0.95 * len(names))
    figure = style.new_figure(width, width + 0.6 if many else width - 0.9)
    axes = figure.subplots()
    image = axes.imshow(fraction, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(fraction):
        text = f"{value:.3f}\n({entries[row, column]:,})" if np.isfinite(value) else "undefined"
        if many:
            text = f"{100 * value:.0f}" if np.isfinite(value) else "–"
        colour = "white" if value > 0.55 else style.INK
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize="small")
    class_ticks(axes, [looks.name(name) for name in names], "small")
    axes.set_xlabel("predicted class", loc="center")
    axes.set_ylabel("true class", loc="center")
    numbers = "numbers: %" if many else "in brackets: raw events"
    axes.set_title(f"{style.sample_name(sample)} ({numbers})", fontsize="small")
    bar = figure.colorbar(image, ax=axes, shrink=0.5 if many else 0.8)
    bar.set_label("weighted share of the true class", fontsize="small")
    style.header(figure, title, label)
    return figure
