"""The figure of permutation importance."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from winnow.figures import style
from winnow.statistics.importance import AUC, LOSS

_PANELS = ((AUC, "loss of area under the ROC curve"), (LOSS, "rise of the weighted loss"))


@style.context()
def importance(table: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw what shuffling costs in area and in loss, the group that costs most area on top.

    The error bars are the spread over runs, or, of a single run, over its repeats.

    Args:
        table: what `merge_replicas` returned.
        title: Title of the figure.
        label: The study's label.
    """
    panels = {metric: table[table["metric"] == metric].set_index("group") for metric, _ in _PANELS}
    order = panels[AUC]["drop"].sort_values(ascending=False, kind="stable").index
    figure = style.new_figure(style.PAGE_WIDTH, 1.5 + 0.24 * len(order))
    grid = figure.subplots(1, len(_PANELS), sharey=True)
    rows = range(len(order))
    for index, (axes, (metric, name)) in enumerate(zip(grid, _PANELS, strict=True)):
        part = panels[metric].loc[order]
        error = part["drop_spread"].fillna(part["drop_std"]).fillna(0.0)
        axes.barh(
            rows,
            part["drop"],
            xerr=error,
            height=0.7,
            color=style.class_style(index).colour,
            error_kw={"ecolor": style.INK, "elinewidth": 1, "capsize": 2},
        )
        axes.axvline(0, color=style.GREY, linewidth=0.8)
        axes.set_xlabel(name)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.tick_params(axis="y", which="both", left=False, right=False)
    grid[0].set_yticks(rows, [style.wrapped(name, 24) for name in order])
    grid[0].set_ylim(len(order) - 0.5, -0.5)
    style.header(figure, title, label)
    return figure
