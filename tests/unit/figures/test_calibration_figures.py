"""Figures of calibration: what is drawn equals the table, and stays in sight."""

import numpy as np
import pandas as pd
import pytest

from winnow.figures import style
from winnow.figures.class_sums import class_sums
from winnow.figures.distributions import distributions
from winnow.figures.efficiencies import efficiencies
from winnow.figures.reliability import reliability
from winnow.figures.truth import truth

LABEL = "ATLAS open data"
LABELS = {"mass": {"label": "$m$", "unit": "GeV"}}


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def along(columns):
    """Three bins of each column in two classes."""
    rows = [
        {
            "column": column,
            "class": name,
            "low": float(low),
            "high": low + 1.0,
            "detailed": 0.2 + 0.1 * low,
            "detailed_uncertainty": 0.05,
            "detailed_lower": 0.1 + 0.1 * low,
            "detailed_upper": 0.4 + 0.1 * low,
            "parametrised": 0.25 + 0.1 * low,
            "truth": 0.3,
            "ratio": 1.1,
            "ratio_uncertainty": 0.2,
            "pull": 9.0 if low == 2 else -1.0,
        }
        for column in columns
        for name in ("background", "signal")
        for low in range(3)
    ]
    return pd.DataFrame(rows)


def test_distributions_draw_one_class_with_its_ratio():
    figure = distributions(along(["mass", "angle"]), "signal", LABELS, "t", LABEL)
    upper = [axes for axes in figure.axes if axes.get_ylabel() == "sum of weights"]
    lower = [axes for axes in figure.axes if axes.get_ylabel() == "ratio"]
    assert len(upper) == len(lower) == 1  # beside the leftmost alone
    assert [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()] == [
        "$m$ [GeV]",
        "angle",
    ]
    points = upper[0].lines[0]
    assert points.get_xdata().tolist() == [0.5, 1.5, 2.5]
    assert points.get_ydata().tolist() == pytest.approx([0.2, 0.3, 0.4])
    assert lower[0].lines[1].get_ydata().tolist() == pytest.approx([1.1] * 3)
    assert texts(figure.legends[0]) == ["signal events", "all events × probability of signal"]
    assert figure.legends[0].legend_handles[0].get_color() == style.class_style(1).colour


def test_a_column_that_one_bin_holds_nearly_all_of_has_a_logarithmic_axis():
    table = along(["mass"])
    assert distributions(table, "signal", {}).axes[0].get_yscale() == "linear"
    table["detailed"] = [4000.0, 2.0, 0.0] * 2
    assert distributions(table, "signal", {}).axes[0].get_yscale() == "log"


def test_efficiencies_draw_intervals_and_pulls_by_class():
    table = along(["mass", "angle"])
    figure = efficiencies(table, LABELS, "t", LABEL)
    pulls = [axes for axes in figure.axes if axes.get_ylim() == (-4.5, 4.5)]
    assert len(pulls) == 4
    # what lies beyond the axis stays in sight
    assert pulls[0].lines[1].get_ydata().tolist() == [-1.0, -1.0, 4.0]
    first = figure.axes[0]
    (bars,) = first.containers[-1].lines[2]
    ends = np.array(bars.get_segments())[:, :, 1]
    np.testing.assert_allclose(ends, table[["detailed_lower", "detailed_upper"]][:3])
    assert texts(figure.legends[0]) == ["detailed", "parametrised", "truth"]
    blind = efficiencies(table.drop(columns="truth"), LABELS)
    assert texts(blind.legends[0]) == ["detailed", "parametrised"]


def test_sums_write_each_ratio_with_its_uncertainty():
    table = pd.DataFrame(
        {
            "class": ["background", "signal"],
            "detailed": [900.0, -3.0],
            "detailed_uncertainty": [30.0, 4.0],
            "parametrised": [910.0, 2.0],
            "drawn": [890.0, 1.0],
            "ratio": [1.011, np.nan],
            "ratio_uncertainty": [0.012, np.nan],
        }
    )
    upper, lower = class_sums(table, "t", LABEL).axes
    assert [text.get_text() for text in lower.texts] == ["1.011 ± 0.012", "nan"]
    assert upper.get_ylim()[0] <= -3.0  # a negative sum is in sight
    assert [label.get_text() for label in lower.get_xticklabels()] == ["background", "signal"]


def test_reliability_and_truth_stand_beside_a_diagonal():
    rows = {"class": "signal", "low": [0.0, 0.5], "high": [0.5, 1.0], "entries": [90, 0]}
    empty = {"probability": [0.2, np.nan], "fraction": [0.3, np.nan], "lower": [0.25, np.nan]}
    table = pd.DataFrame({**rows, **empty, "upper": [0.4, np.nan]})
    upper, lower = reliability(table, "t", LABEL).axes
    assert lower.get_yscale() == "log"
    assert lower.get_xlabel() == "probability of signal"
    assert list(upper.lines[0].get_ydata()) == [0, 1]
    assert upper.lines[1].get_xdata()[0] == 0.2
    assert upper.lines[1].get_ydata()[0] == 0.3
    held = {"truth": [0.2, np.nan], "fitted": [0.3, np.nan], "spread": [0.1, np.nan], "pull": 1.0}
    upper, lower = truth(pd.DataFrame({**rows, **held}), "t", LABEL).axes
    assert upper.lines[1].get_ydata()[0] == 0.3
    assert lower.get_xlabel() == "true probability of signal"


def test_nothing_is_cut_off():
    table = along(["mass", "angle", "energy", "x", "y"])
    for figure in (
        distributions(table, "signal", LABELS, "t", LABEL),
        efficiencies(table, LABELS, "t", LABEL),
    ):
        with style.context():
            figure.draw_without_rendering()
            box = figure.get_tightbbox()
        assert min(box.x0, box.y0) > -0.02
        assert box.x1 < figure.get_figwidth() + 0.02
        assert box.y1 < figure.get_figheight() + 0.02
