"""Tables for a paper: the Particle Data Group's rounding, and LaTeX that is what it says."""

import numpy as np
import pandas as pd
import pytest

from winnow.output.paper import at_the_cut, fom_paper, latex, rounded, yields_paper


@pytest.mark.parametrize(
    ("value", "uncertainty", "told"),
    [
        # the three examples of the Review of Particle Physics
        (0.827, 0.119, "0.83 ± 0.12"),
        (0.827, 0.367, "0.8 ± 0.4"),
        (14.674, 0.964, "14.7 ± 1.0"),
        # at the borders of its rule
        (100.0, 35.4, "100 ± 35"),
        (100.0, 35.5, "100 ± 40"),
        (1000.0, 94.9, "1000 ± 90"),
        (1000.0, 95.0, "1000 ± 100"),
        (1234.0, 99.96, "1230 ± 100"),
        (0.0012345, 0.00001, "0.001234 ± 0.000010"),
        (123456.0, 3540.0, "123500 ± 3500"),
        (-5.26, 1.04, "-5.3 ± 1.0"),
        (12.3456, 0.0, "12.35"),
        (12.3456, np.nan, "12.35"),
        (np.nan, 1.0, "undefined"),
    ],
)
def test_values_are_rounded_with_their_uncertainties(value, uncertainty, told):
    assert rounded(value, uncertainty) == told


YIELDS = pd.DataFrame(
    {
        "scan": ["exact", "exact", "exact", "grid"],
        "chosen_on": ["validation", "validation", "test", "validation"],
        "sample": ["test", "train", "test", "test"],
        "class": "b",
        "process": ["a_1 & 50%", "x", "x", "x"],
        "counts_as": "background",
        "entries": [33, 1, 1, 1],
        "yield": [793.2, 1, 1, 1],
        "uncertainty": [170.1, 1, 1, 1],
        "efficiency": 0.115,
        "efficiency_lower": 0.091,
        "efficiency_upper": 0.141,
    }
)


def test_yields_are_those_on_test_at_the_cut_of_validation():
    own = at_the_cut(YIELDS)
    assert list(own["process"]) == ["a_1 & 50%"]
    joined = YIELDS.drop(columns=["scan", "chosen_on"])
    assert len(at_the_cut(joined)) == 4
    row = yields_paper(own).iloc[0]
    assert row["yield"] == "790 ± 170"
    assert row["efficiency (%)"] == "11.5 ± 2.5"
    assert "efficiency (%)" not in yields_paper(own.drop(columns=["efficiency"]))


def test_latex_shows_texts_as_they_are():
    table = yields_paper(at_the_cut(YIELDS))
    text = latex(table)
    assert r"a\_1 \& 50\% &" in text
    assert r"$790 \pm 170$" in text
    assert text.count(r"\\") == 2
    assert text.count("&") == 2 * 5 + 1
    odd = latex(pd.DataFrame({"x": ["a\\b~c^d{e}#$"]}))
    assert r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\{e\}\#\$" in odd


def test_figures_of_merit_keep_their_mathematics():
    best = pd.DataFrame(
        {
            "label": ["$s/\\sqrt{b}$", "other"],
            "scan": ["exact", "grid"],
            "cut": 0.64737,
            "s_test": 3855.3,
            "s_uncertainty_test": 374.6,
            "b_test": 923.04,
            "b_uncertainty_test": 179.05,
            "sigma_test": 92.3,
            "fom_test": 21.74,
            "fom_uncertainty_test": 3.04,
        }
    )
    table = fom_paper(best)
    assert table.to_numpy().tolist() == [
        ["$s/\\sqrt{b}$", "0.6474", "3900 ± 400", "920 ± 180", "92.3", "21.7 ± 3.0"]
    ]
    assert latex(table, ("figure of merit",)).count("$s/\\sqrt{b}$ & 0.6474") == 1
