"""Figures of pictures: averages of the classes, and what a first layer's filters look for."""

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from winnow.figures import style

_DECADES = 4


@style.context()
def average_pictures(
    table: pd.DataFrame, extent: float, title: str = "", label: str = ""
) -> Figure:
    """Draw the mean picture of each class, after none, the first, and more steps.

    Args:
        table: step, class, row, column, mean.
        extent: Half the width of a picture.
        title: Title of the figure.
        label: The study's label.
    """
    steps, classes = list(table["step"].unique()), list(table["class"].unique())
    figure = style.new_figure(1.4 + 2.0 * len(steps), 0.9 + 2.0 * len(classes))
    grid = figure.subplots(len(classes), len(steps), squeeze=False, sharex=True, sharey=True)
    for column, step in enumerate(steps):
        part = table[table["step"] == step]
        largest = part["mean"].max()
        norm = LogNorm(largest * 10.0**-_DECADES, largest, clip=True) if largest > 0 else None
        for row, name in enumerate(classes):
            own = part[part["class"] == name].pivot_table("mean", "column", "row")
            axes = grid[row, column]
            image = axes.imshow(
                own.to_numpy(),
                norm=norm,
                cmap="viridis",
                origin="lower",
                extent=(-extent, extent, -extent, extent),
            )
            axes.minorticks_off()
            axes.tick_params(labelsize="small", top=False, right=False)
            axes.set_xticks([-extent / 2, 0, extent / 2])
            axes.set_yticks([-extent / 2, 0, extent / 2])
            if row == 0:
                axes.set_title(step, fontsize="medium")
            if column == 0:
                axes.set_ylabel(f"{name}\n$\\Delta\\varphi$", loc="center", fontsize="medium")
            if row == len(classes) - 1:
                axes.set_xlabel("$\\Delta\\eta$", loc="center", fontsize="medium")
        figure.colorbar(image, ax=grid[:, column], location="bottom", shrink=0.9, aspect=14)
    figure.supxlabel(
        f"mean of a pixel, {_DECADES} decades below the largest of a column", fontsize="small"
    )
    style.header(figure, title, label)
    return figure


@style.context()
def filters(kernels: NDArray[np.float32], title: str = "", label: str = "") -> Figure:
    """Draw the filters of a convolution, one panel a filter.

    Args:
        kernels: Shape (rows, columns, channels, filters); of several channels their sum is drawn.
        title: Title of the figure.
        label: The study's label.
    """
    count = kernels.shape[-1]
    across = min(count, 8)
    down = -(-count // across)
    figure = style.new_figure(1.5 + 1.15 * across, 0.9 + 1.15 * down)
    grid = figure.subplots(down, across, squeeze=False)
    largest = float(np.abs(kernels.sum(axis=2)).max()) or 1.0
    for number, axes in enumerate(grid.flat):
        axes.set_axis_off()
        if number < count:
            drawn = kernels[..., number].sum(axis=-1).T
            image = axes.imshow(drawn, cmap="RdBu_r", vmin=-largest, vmax=largest, origin="lower")
            axes.set_title(f"{number + 1}", fontsize="small")
    bar = figure.colorbar(image, ax=grid, shrink=0.9)
    bar.set_label("weight", fontsize="medium")
    style.header(figure, title, label)
    return figure
