"""The figure of a parametrised network: figure of merit and area against the hypothesis."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from winnow.figures import style
from winnow.figures.parts import rows_with
from winnow.statistics.hypothesis_means import HYPOTHESIS, TRAINED


@style.context()
def hypotheses(
    points: pd.DataFrame, axis: Mapping[str, Any], title: str = "", label: str = ""
) -> Figure:
    """Draw each scan point's figure of merit and area on test, one panel each.

    Open markers are of hypotheses whose signal the networks of the point were not trained on.

    Args:
        points: from `winnow.statistics.hypothesis_means.of_all_runs`.
        axis: `label` and `unit` of the parameter.
        title: Title of the figure.
        label: The study's label.
    """
    figure = style.new_figure(7.0, 7.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    drawn = {"fom_test": (upper, "fom_uncertainty_test"), "auc": (lower, "auc_uncertainty")}
    left_out = False
    for index, point in enumerate(dict.fromkeys(points["point"])):
        own, look = (
            rows_with(points, point=point).sort_values(HYPOTHESIS),
            style.class_points(index),
        )
        for value, (axes, uncertainty) in drawn.items():
            axes.plot(own[HYPOTHESIS], own[value], color=look["color"], linewidth=0.8)
            for trained, part in own.groupby(TRAINED):
                faces = {} if trained else {"markerfacecolor": "white"}
                axes.errorbar(
                    part[HYPOTHESIS],
                    part[value],
                    yerr=part[uncertainty],
                    linestyle="none",
                    elinewidth=0.8,
                    label=point if trained else "_",
                    **look | {"markersize": 6} | faces,
                )
                left_out |= not trained
    if left_out:
        upper.plot(
            [], [], "o", color=style.GREY, markerfacecolor="white", label="signal not trained on"
        )
    upper.set_ylabel(f"{points['label'].iloc[0]}, test")
    lower.set_ylabel("area under the ROC curve, test")
    lower.set_xlabel(style.axis_label(axis.get("label") or "hypothesis", axis.get("unit", "")))
    for axes in (upper, lower):
        axes.margins(0.06, 0.12)
    style.legend_below(figure, *upper.get_legend_handles_labels())
    style.header(figure, title, label)
    return figure
