"""The figure of what the filters of a first convolution look for."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from winnow.figures import style


@style.context()
def filters(kernels: NDArray[np.float32], title: str = "", label: str = "") -> Figure:
    """Draw the filters of a convolution, one panel a filter.

    Args:
        kernels: Shape (rows, columns, channels, filters); of several channels their sum is drawn.
        title: Title of the figure.
        label: The study's label.
    """
    count = kernels.shape[-1]
    across = min(count, 5)
    down = -(-count // across)
    figure = style.new_figure(1.2 + 1.15 * across, 0.9 + 1.15 * down)
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
