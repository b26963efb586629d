"""The figure of the average pictures of classes."""

import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from winnow.figures import style

_DECADES = 4
_LINE = 16


@style.context()
def average_pictures(
    table: pd.DataFrame,
    extent: float,
    title: str = "",
    label: str = "",
    looks: style.Looks = style.PLAIN,
) -> Figure:
    """Draw the mean picture of each class, after none, the first, and more steps.

    Args:
        table: step, class, row, column, mean.
        extent: Half the width of a picture.
        title: Title of the figure.
        label: The study's label.
        looks: How classes look.
    """
    steps, classes = list(table["step"].unique()), list(table["class"].unique())
    figure = style.new_figure(
        min(style.PAGE_WIDTH, 1.4 + 2.0 * len(steps)), 0.9 + 2.0 * len(classes)
    )
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
                axes.set_title(style.wrapped(step, 12), fontsize="small")
            if column == 0:
                axes.set_ylabel(
                    f"{style.wrapped(looks.name(name), _LINE)}\n$\\Delta\\varphi$",
                    loc="center",
                    fontsize="medium",
                )
            if row == len(classes) - 1:
                axes.set_xlabel("$\\Delta\\eta$", loc="center", fontsize="small")
        figure.colorbar(image, ax=grid[:, column], location="bottom", shrink=0.9, aspect=14)
    told = f"mean of a pixel, {_DECADES} decades below the largest of a column"
    figure.legend([], [], title=told, loc="outside lower center")
    style.header(figure, title, label)
    return figure
