"""Intervals of efficiencies: published values, weights, what is not defined."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hist.intervals import clopper_pearson_interval
from scipy import stats

from winnow.statistics import efficiency
from winnow.statistics.efficiency import (
    ONE_SIGMA,
    _clopper_pearson,
    efficiency_interval,
    with_efficiencies,
)


def test_events_of_weight_1_have_the_published_intervals():
    """Clopper and Pearson's in Newcombe, Stat. Med. 17 (1998) 857, table I, at 95 %."""
    passed, trials = np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29])
    lower, upper = efficiency_interval(passed, passed, trials, trials, 0.95)
    np.testing.assert_allclose(lower, [0.2527, 0.0578, 0.0, 0.0009], atol=5e-5)
    np.testing.assert_allclose(upper, [0.3676, 0.1617, 0.1684, 0.1776], atol=5e-5)


@pytest.mark.parametrize(("passed", "trials"), [(0, 7), (3, 10), (250, 1000), (7, 7)])
def test_events_of_one_weight_have_scipys_exact_interval(passed, trials):
    level = stats.norm.cdf(1) - stats.norm.cdf(-1)
    expected = stats.binomtest(passed, trials).proportion_ci(level, "exact")
    found = efficiency_interval(passed * 0.3, passed * 0.09, trials * 0.3, trials * 0.09)
    assert found == pytest.approx(tuple(expected), rel=1e-9, abs=1e-12)


def test_weights_make_as_many_events_as_have_the_same_variance():
    """ε = 3/6; var(ε) = (1/4 · 5 + 1/4 · 9)/36 = 7/72, so that n* = 18/7, of which half pass."""
    lower, upper = efficiency_interval(1 + 2, 1 + 4, 1 + 2 + 3, 1 + 4 + 9)
    trials, tail = 18 / 7, stats.norm.cdf(-1)
    assert lower == pytest.approx(stats.beta.ppf(tail, trials / 2, trials / 2 + 1), rel=1e-9)
    assert upper == pytest.approx(stats.beta.ppf(1 - tail, trials / 2 + 1, trials / 2), rel=1e-9)


def test_events_of_both_signs_that_cancel_are_no_nothing():
    """50 of +1 and 50 of -1 pass of ΣW 1000, ΣW² 1100: σ = √100 / 1000; and so fail."""
    assert efficiency_interval(0, 100, 1000, 1100) == pytest.approx((0, 0.01), rel=1e-9)
    assert efficiency_interval(1000, 1000, 1000, 1100) == pytest.approx((0.99, 1), rel=1e-9)
    _, upper = efficiency_interval(0, 0, 1000, 1100)
    assert upper < 0.003


def test_the_interval_is_hists():
    trials = np.array([10, 10, 12.5, 3.2, 1e6])
    passed = np.array([0, 1.5, 7, 3.2, 3e5])
    found = _clopper_pearson(passed, trials, ONE_SIGMA)
    np.testing.assert_allclose(found, clopper_pearson_interval(passed, trials), rtol=1e-12)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.97])
def test_the_interval_covers_at_least_what_it_says(share):
    random = np.random.default_rng(11)
    weight = random.lognormal(0, 0.7, (3000, 150))
    passed = random.random(weight.shape) < share
    sums = [(weight**k * mask).sum(axis=1) for mask in (passed, True) for k in (1, 2)]
    lower, upper = efficiency_interval(*sums)
    covered = np.mean((lower <= share) & (share <= upper))
    assert 0.67 < covered < 0.85


def test_rounding_makes_nothing_of_all_that_passes():
    lower, upper = efficiency_interval(1 - 1e-15, 0.1, [1.0, 1.0], 0.1)
    expected = stats.norm.cdf(-1) ** (1 / 10)
    np.testing.assert_allclose(lower, expected, rtol=1e-9)
    assert upper.tolist() == [1.0, 1.0]


def test_what_is_no_share_has_no_interval():
    found = efficiency_interval([-1.0, 3.0, 1.0, 0.0, np.nan], 1.0, [2.0, 2.0, -1.0, 0.0, 1.0], 5.0)
    assert np.isnan(found).all()
    assert np.shape(efficiency_interval(np.array([]), np.array([]), 1.0, 1.0)) == (2, 0)


def test_a_cutflow_is_told_in_shares_of_each_process():
    cutflow = pd.DataFrame(
        {
            "process": ["a", "a", "a", "b", "b"],
            "cut": ["all", "one", "two", "all", "one"],
            "sum_of_weights": [20.0, 10.0, 0.0, -1.0, 3.0],
            "sum_of_squared_weights": [20.0, 10.0, 0.0, 5.0, 3.0],
        }
    )
    found = with_efficiencies(cutflow)
    ends = ["efficiency_lower", "efficiency_upper"]
    relative = [f"relative_{name}" for name in ("efficiency", *ends)]
    assert list(found) == ["process", "cut", "sum_of_weights", "efficiency", *ends, *relative]
    assert found["efficiency"].tolist()[:3] == [1.0, 0.5, 0.0]
    assert found.loc[3:, ["efficiency", *ends]].isna().all(axis=None)
    tail = stats.norm.cdf(-1)
    assert found.loc[1, ends].tolist() == pytest.approx(
        [stats.beta.ppf(tail, 10, 11), stats.beta.ppf(1 - tail, 11, 10)], rel=1e-9
    )
    assert found.loc[2, ends].tolist() == pytest.approx([0.0, 1 - tail ** (1 / 20)], rel=1e-9)
    # of the 10 that the first cut left
    np.testing.assert_array_equal(found.loc[:1, relative], found.loc[:1, ["efficiency", *ends]])
    assert found.loc[2, relative].tolist() == pytest.approx([0.0, 0.0, 1 - tail ** (1 / 10)])
    assert found.loc[3:, relative].isna().all(axis=None)


def test_intervals_do_not_import_all_distributions():
    code = f"import {efficiency.__name__}, sys; print('scipy.stats' in sys.modules)"
    path = efficiency.__file__.split("/winnow/statistics/")[0]
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "False\n"
