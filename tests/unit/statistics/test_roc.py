"""ROC curves against scikit-learn, the two-Gaussian toy, and toys of the area's uncertainty."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics

from winnow.errors import DataError
from winnow.statistics.counting import scan
from winnow.statistics.roc import (
    LEAST_EFFECTIVE,
    area,
    area_uncertainty,
    area_warning,
    background_rejection,
    fewest_effective,
    roc_curve,
    roc_tables,
    thin,
    unweighted_area,
)


def toy(generator, size=3000, separation=1.2, ties=False, negative=False):
    is_signal = generator.random(size) < 0.3
    score = generator.normal(size=size) + separation * is_signal
    weight = generator.exponential(size=size) * np.where(is_signal, 0.01, 3.0)
    if ties:
        score = np.round(score, 1)
    if negative:
        weight *= np.where(generator.random(size) < 0.15, -1.0, 1.0)
    return score, is_signal, weight


@pytest.mark.parametrize("ties", [False, True])
def test_curve_and_area_equal_scikit_learn(ties):
    score, is_signal, weight = toy(np.random.default_rng(1), ties=ties)
    curve = roc_curve(score, is_signal, weight)
    background, signal, threshold = metrics.roc_curve(
        is_signal, score, sample_weight=weight, drop_intermediate=False
    )
    np.testing.assert_array_equal(curve.threshold, threshold)
    np.testing.assert_allclose(curve.signal_efficiency, signal, atol=1e-12)
    np.testing.assert_allclose(curve.background_efficiency, background, atol=1e-12)
    expected = metrics.roc_auc_score(is_signal, score, sample_weight=weight)
    assert area(curve) == pytest.approx(expected, rel=1e-12)
    counts = scan(score, is_signal, weight)
    assert unweighted_area(counts) == pytest.approx(metrics.roc_auc_score(is_signal, score))


@pytest.mark.parametrize("negative", [False, True])
def test_area_is_the_weighted_mann_whitney_statistic(negative):
    score, is_signal, weight = toy(np.random.default_rng(2), 500, ties=True, negative=negative)
    s, b = score[is_signal][:, None], score[~is_signal]
    pairs = weight[is_signal][:, None] * weight[~is_signal]
    expected = (pairs * ((s > b) + 0.5 * (s == b))).sum() / pairs.sum()
    assert area(roc_curve(score, is_signal, weight)) == pytest.approx(expected, rel=1e-12)


def test_two_gaussians_reach_the_analytic_area():
    # The likelihood ratio of unit Gaussians d apart has the area Φ(d/√2).
    generator = np.random.default_rng(3)
    separation, size = 1.5, 200_000
    is_signal = np.arange(size) < size // 2
    x = generator.normal(size=size) + separation * is_signal
    ratio = stats.norm.pdf(x, separation) / stats.norm.pdf(x)
    counts = scan(ratio, is_signal, np.ones(size))
    reached = area(roc_curve(ratio, is_signal, np.ones(size)))
    pull = (reached - stats.norm.cdf(separation / np.sqrt(2))) / area_uncertainty(counts)
    assert area_uncertainty(counts) < 0.001
    assert abs(pull) < 3


def test_uncertainty_is_delongs_for_unit_weights():
    # DeLong 1988, eqs. (5) and (6), pair by pair.
    score, is_signal, _ = toy(np.random.default_rng(4), 400, ties=True)
    s, b = score[is_signal][:, None], score[~is_signal]
    kernel = (s > b) + 0.5 * (s == b)
    expected = np.sqrt(
        kernel.mean(axis=1).var(ddof=1) / s.size + kernel.mean(axis=0).var(ddof=1) / b.size
    )
    counts = scan(score, is_signal, np.ones(score.size))
    assert area_uncertainty(counts) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("negative", [False, True])
def test_pulls_of_the_weighted_area_have_unit_width(negative):
    # Weights that depend on the score, as real ones do; the truth is from one large sample.
    generator = np.random.default_rng(6)

    def draw(size):
        score, is_signal, weight = toy(generator, size, negative=negative)
        return scan(score, is_signal, weight * np.exp(0.3 * score))

    truth = draw_area(draw(1_000_000))
    toys = [draw(1500) for _ in range(400)]
    pulls = np.array([(draw_area(t) - truth) / area_uncertainty(t) for t in toys])
    assert abs(pulls.mean()) < 0.2
    assert 0.9 < pulls.std() < 1.12
    assert 0.63 < np.mean(np.abs(pulls) < 1) < 0.74


def draw_area(counts):
    signal = np.append(0.0, counts.s[::-1] / counts.s[0])
    return np.trapezoid(signal, np.append(0.0, counts.b[::-1] / counts.b[0]))


def test_rejection_is_that_of_a_cut_that_can_be_made():
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    is_signal = np.array([True, False, True, False, True, False])
    weight = np.array([1.0, 2.0, 1.0, 3.0, 2.0, 5.0])
    curve = roc_curve(score, is_signal, weight)
    half = background_rejection(curve, 0.5)
    assert (half.rejection, half.background_entries) == (5.0, 1)
    # 2 of 10 pass, with 4 of 38: (1 − ε)² 4 + ε² 34 is 3.92, and n* = 0.16 · 100/3.92
    trials, tail = 16 / 3.92, stats.norm.cdf(-1)
    low = stats.beta.ppf(tail, 0.2 * trials, 0.8 * trials + 1)
    high = stats.beta.ppf(1 - tail, 0.2 * trials + 1, 0.8 * trials)
    assert (half.lower, half.upper) == pytest.approx((1 / high, 1 / low), rel=1e-9)
    nothing_left = background_rejection(curve, 0.25)
    assert np.isnan(nothing_left.rejection)
    # 38/100 of an event: as many as 100/38 events of one weight
    assert nothing_left.lower == pytest.approx(1 / (1 - tail**0.38), rel=1e-9)
    assert np.isnan(nothing_left.upper)
    assert nothing_left.background_entries == 0


def test_rejection_of_an_efficiency_just_met_is_not_lost_to_rounding():
    size = 1000
    is_signal = np.arange(2 * size) < size
    score = np.tile(np.arange(size), 2)
    curve = roc_curve(score, is_signal, np.full(2 * size, 0.1))
    assert background_rejection(curve, 0.3).background_entries == 300


def test_a_thinned_curve_keeps_its_shape():
    curve = roc_curve(*toy(np.random.default_rng(7), 100_000))
    thinned = thin(curve, 500)
    assert thinned.threshold.size <= 500
    assert area(thinned) == pytest.approx(area(curve), abs=1e-5)
    assert thinned.signal_efficiency[[0, -1]].tolist() == [0.0, 1.0]
    assert np.diff(thinned.signal_efficiency).max() < 2.5 / 500
    assert np.diff(thinned.background_efficiency).max() < 2.5 / 500


def test_an_absent_class_is_undefined_not_a_crash():
    counts = scan([0.1, 0.4], [True, True], [1.0, 1.0])
    assert np.isnan(area_uncertainty(counts))
    curve = roc_curve([0.1, 0.4], [True, True], [1.0, 1.0])
    assert np.isnan(area(curve))
    assert np.isnan(background_rejection(curve, 0.5).rejection)


def test_a_score_that_is_no_number_is_an_error():
    with pytest.raises(DataError, match="1 of 2 events have the score NaN"):
        roc_curve([0.1, np.nan], [True, False], [1.0, 1.0])


def scored(generator, names, size=2000):
    label = generator.integers(0, len(names), size).astype(np.int8)
    frame = pd.DataFrame(
        {
            "sample": pd.Categorical(generator.choice(["train", "validation", "test"], size)),
            "class": label,
            "weight": generator.exponential(size=size),
        }
    )
    for index, name in enumerate(names):
        frame[f"score_{name}"] = (generator.random(size) + 0.5 * (label == index)).astype("f4")
    return frame


def test_tables_of_several_classes_use_the_signal_node_alone():
    names = ("s", "w", "t")
    frame = scored(np.random.default_rng(8), names)
    curves, summary = roc_tables(frame, names, "s", points=50)
    assert (
        list(zip(summary["signal"], summary["against"], strict=True))
        == [
            ("s", "all"),
            ("s", "w"),
            ("s", "t"),
        ]
        * 3
    )
    part = frame[(frame["sample"] == "test") & (frame["class"] != 2)]
    row = summary[(summary["sample"] == "test") & (summary["against"] == "w")].iloc[0]
    expected = metrics.roc_auc_score(
        part["class"] == 0, part["score_s"], sample_weight=part["weight"]
    )
    assert row["auc"] == pytest.approx(expected, rel=1e-12)
    assert curves.groupby(["sample", "against"], observed=True).size().max() <= 50
    assert {
        f"{k}_at_{e}" for k in ("rejection", "background_entries") for e in (0.3, 0.5, 0.7)
    } <= {*summary.columns}


def test_tables_without_a_signal_class_take_each_node_against_the_rest():
    names = ("long", "upstream", "downstream")
    frame = scored(np.random.default_rng(9), names)
    _, summary = roc_tables(frame, names, None)
    assert summary["signal"].tolist() == list(names) * 3
    part = frame[frame["sample"] == "train"]
    expected = metrics.roc_auc_score(
        part["class"] == 1, part["score_upstream"], sample_weight=part["weight"]
    )
    assert summary["auc"][1] == pytest.approx(expected, rel=1e-12)


def test_a_sample_without_signal_has_a_row_but_no_curve():
    names = ("s", "b")
    frame = scored(np.random.default_rng(10), names)
    frame.loc[frame["sample"] == "test", "class"] = 1
    curves, summary = roc_tables(frame, names, "s")
    assert summary["sample"].tolist() == ["train", "validation", "test"]
    assert summary["auc"].isna().tolist() == [False, False, True]
    assert set(curves["sample"]) == {"train", "validation"}


def test_the_area_says_where_its_uncertainty_does_not_cover():
    # Log-normal weights of width 1.5; two unit Gaussians 1.2 apart have the area Φ(1.2/√2).
    generator = np.random.default_rng(12)
    truth = stats.norm.cdf(1.2 / np.sqrt(2))

    def coverage(width, size, toys=400):
        covered, effective = [], []
        for _ in range(toys):
            is_signal = generator.random(size) < 0.3
            score = generator.normal(size=size) + 1.2 * is_signal
            weight = np.exp(width * generator.normal(size=size))
            counts = scan(score, is_signal, weight)
            covered.append(abs(draw_area(counts) - truth) < area_uncertainty(counts))
            effective.append(fewest_effective(counts))
        return np.mean(covered), np.median(effective)

    dominated, few = coverage(1.5, 300)
    assert few < LEAST_EFFECTIVE
    assert dominated < 0.64
    plain, enough = coverage(0.5, 300)
    assert enough > LEAST_EFFECTIVE
    assert plain == pytest.approx(0.683, abs=0.07)


def test_the_summary_and_a_warning_name_the_areas_whose_uncertainty_does_not_hold():
    names = ("s", "b")
    frame = scored(np.random.default_rng(13), names, 1500)
    own = frame.index[(frame["sample"] == "test") & (frame["class"] == 0)][0]
    frame["weight"] = 1.0
    assert roc_tables(frame, names, "s")[1]["auc_uncertainty_holds"].all()
    assert area_warning(roc_tables(frame, names, "s")[1]) == ""
    frame.loc[own, "weight"] = 1000.0
    summary = roc_tables(frame, names, "s")[1]
    assert summary["auc_uncertainty_holds"].tolist() == [True, True, False]
    part = frame[(frame["sample"] == "test") & (frame["class"] == 0)]["weight"]
    expected = part.sum() ** 2 / (part**2).sum()
    assert summary["effective_entries"].iloc[2] == pytest.approx(expected)
    assert area_warning(summary).endswith(
        f"of a class are left:\n  test: 's' against 'all', {expected:.1f} effective entries"
    )
    assert fewest_effective(scan([], [], [])) == 0.0
    assert fewest_effective(scan([0.5], [True], [2.0])) == 0.0
