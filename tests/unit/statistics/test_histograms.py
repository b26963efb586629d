"""Weighted histograms: what falls where, and that sums keep the order of the events."""

import subprocess
import sys

import numpy as np

from winnow.statistics import histograms
from winnow.statistics.histograms import bin_axis, cell_axes, weighted_sums


def test_a_bin_holds_its_low_edge_and_the_last_its_high_one_too():
    values = np.array([-0.1, 0.0, 0.5, 1.0, 1.1, np.nan])
    weight = np.array([1.0, 2.0, -4.0, 8.0, 16.0, 32.0])
    sums, squares, entries = weighted_sums([bin_axis([0.0, 0.5, 1.0])], [values], weight)
    np.testing.assert_array_equal(sums, [2.0, 4.0])
    np.testing.assert_array_equal(squares, [4.0, 80.0])
    np.testing.assert_array_equal(entries, [1, 2])


def test_sums_are_numpys_to_the_last_bit():
    random = np.random.default_rng(7)
    weight = random.lognormal(size=5_000) * random.choice([1.0, -1.0], 5_000)
    one, other = random.integers(0, 3, 5_000), random.integers(0, 7, 5_000).astype(np.int8)
    cell = one * 7 + other
    sums, squares, entries = weighted_sums(cell_axes(3, 7), [one, other], weight)
    np.testing.assert_array_equal(sums.ravel(), np.bincount(cell, weight))
    np.testing.assert_array_equal(squares.ravel(), np.bincount(cell, weight**2))
    np.testing.assert_array_equal(entries.ravel(), np.bincount(cell))


def test_what_lies_outside_of_the_cells_does_not_count():
    place = np.array([-1, 0, 2])
    sums, _, entries = weighted_sums(cell_axes(2), [place], np.ones(3))
    assert (sums.tolist(), entries.tolist()) == ([1.0, 0.0], [1, 0])


def test_no_cells_hold_nothing():
    nothing = np.array([], dtype=np.intp)
    sums, _, entries = weighted_sums(cell_axes(2, 0), [nothing, nothing], np.array([]))
    assert sums.shape == entries.shape == (2, 0)


def test_computing_imports_no_matplotlib():
    code = f"import {histograms.__name__}, sys; print('matplotlib' in sys.modules)"
    path = histograms.__file__.split("/winnow/statistics/")[0]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False\n"
