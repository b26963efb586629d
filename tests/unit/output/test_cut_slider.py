"""The cut that a page moves: which cuts, what is said of them, and where they are drawn."""

import json

import numpy as np
import pandas as pd
import pytest

from winnow.output.cut_slider import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, cut_scan


def curves(count=1000):
    """A scan whose figure of merit is 4 · cut, that of validation undefined in the end."""
    cut = np.linspace(0.0, 1.0, count)
    parts = []
    for sample in ("train", "validation", "test"):
        table = pd.DataFrame({"sample": sample, "cut": cut, "s": 100 * (1 - cut)})
        table = table.assign(s_uncertainty=10.0, b=1000 * (1 - cut), b_uncertainty=80.0)
        table = table.assign(s_efficiency=1 - cut, b_efficiency=1 - cut, eligible=cut < 0.9)
        table["ams"] = np.where((sample == "validation") & (cut > 0.95), np.nan, 4 * cut)
        parts.append(table.assign(ams_lower=table["ams"] - 1, ams_upper=table["ams"] + 1))
    return pd.concat(parts, ignore_index=True)


def test_two_hundred_cuts_and_the_chosen_one_are_kept():
    table = curves()
    cut = table["cut"][333]
    scan = cut_scan(table, "ams", cut)
    assert len(scan.cuts) == 201
    assert scan.cuts[scan.chosen] == f"{cut:.4f}"
    assert (scan.cuts[0], scan.cuts[-1]) == ("0.0000", "1.0000")


def test_what_passes_is_told_of_test_and_validation():
    scan = cut_scan(curves(11), "ams", 0.5)
    row = ["50 ± 10", "500 ± 80", "0.5", "0.5", "2 [1, 3]", "yes"]
    assert list(scan.rows[scan.chosen]) == [row, row]
    test, validation = scan.rows[-1]
    assert test[-2:] == ["4 [3, 5]", "no"]
    assert validation[-2:] == ["undefined", "no"]


def test_curves_are_drawn_inside_their_axes():
    scan = cut_scan(curves(11), "ams", 0.5)
    assert (scan.x[0], scan.x[-1]) == (LEFT, WIDTH - RIGHT)
    assert scan.x[scan.chosen] == pytest.approx((LEFT + WIDTH - RIGHT) / 2)
    # 0 at the bottom, and the axis ends at the round number above 4 · 0.8 · 1.1
    assert scan.y["test"][0] == HEIGHT - BOTTOM
    assert scan.y["test"][-1] == TOP
    assert scan.y["validation"][-1] is None
    assert [mark for _, mark in scan.y_ticks] == ["0", "1", "2", "3", "4"]


def test_cuts_that_could_not_be_chosen_are_barred():
    scan = cut_scan(curves(11), "ams", 0.5)
    assert list(scan.barred) == [(scan.x[8], scan.x[10])]


def test_a_page_with_it_stays_small():
    scan = cut_scan(curves(2000), "ams", 0.3)
    assert len(json.dumps([scan.rows, scan.x, scan.y])) < 60_000
