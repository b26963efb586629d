"""Scores as probabilities: against toys of known probability, scikit-learn, and by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from winnow.statistics.calibration import (
    Judged,
    against_truth,
    class_sums,
    cross_entropies,
    distributions,
    draw_classes,
    efficiencies,
    reliability,
    tables,
)
from winnow.study.keys.plot_axes import PlotAxis

NAMES = ("none", "long", "down")
COUNT = 20_000


def toy(seed=1, count=COUNT, moved=0.0, negative=0.0):
    """Events of softmax probabilities along x, whose classes are drawn by them.

    moved: what the fitted probability of the second class is off by, in its logit.
    negative: the share of negative weights.
    """
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    logits = np.stack([0.0 * x, 1.0 + x, -1.0 + 0.5 * x * x], axis=1)
    truth, fitted = (
        np.exp(own) / np.exp(own).sum(axis=1, keepdims=True)
        for own in (logits, logits + np.array([0.0, moved, 0.0]))
    )
    drawn = random.random(count)[:, None]
    label = (drawn >= np.cumsum(truth, axis=1)[:, :2]).sum(axis=1)
    weight = random.uniform(0.5, 1.5, count)
    weight = np.where(random.random(count) < negative, -weight, weight)
    return x, Judged(NAMES, label, weight, fitted, draw_classes(fitted, 7), truth)


def unit(events):
    return Judged(
        events.class_names,
        events.label,
        np.ones(len(events.label)),
        events.probability,
        events.drawn,
        events.truth,
    )


def test_sums_are_those_of_weights_and_probabilities():
    _, events = toy(moved=0.3)
    table = class_sums(events).set_index("class")
    assert list(table.index) == list(NAMES)
    for index, name in enumerate(NAMES):
        row, inside = table.loc[name], events.label == index
        p, w = events.probability[:, index], events.weight
        assert row["entries"] == inside.sum()
        assert row["detailed"] == pytest.approx(w[inside].sum())
        assert row["detailed_uncertainty"] == pytest.approx(np.sqrt((w[inside] ** 2).sum()))
        assert row["parametrised"] == pytest.approx((w * p).sum())
        assert row["drawn"] == pytest.approx(w[events.drawn == index].sum())
        ratio = (w * p).sum() / w[inside].sum()
        assert row["ratio"] == pytest.approx(ratio)
        terms = (w * (p - ratio * inside)) ** 2
        assert row["ratio_uncertainty"] == pytest.approx(np.sqrt(terms.sum()) / w[inside].sum())


def test_brier_score_and_cross_entropy_are_scikit_learns():
    _, events = toy(moved=0.5)
    table = class_sums(events).set_index("class")
    for index, name in enumerate(NAMES):
        expected = brier_score_loss(
            events.label == index, events.probability[:, index], sample_weight=events.weight
        )
        assert table.loc[name, "brier_score"] == pytest.approx(expected)
    found = cross_entropies(events)
    for key, values in (
        ("cross_entropy", events.probability),
        ("truth_cross_entropy", events.truth),
    ):
        expected = log_loss(events.label, values, sample_weight=events.weight)
        assert found[key] == pytest.approx(expected)
    ratio = found["cross_entropy"] / found["truth_cross_entropy"]
    assert found["ratio"] == pytest.approx(ratio)
    one, best = (
        -np.log(values[np.arange(COUNT), events.label])
        for values in (events.probability, events.truth)
    )
    terms = (events.weight * (one - ratio * best)) ** 2
    error = np.sqrt(terms.sum()) / (events.weight @ best)
    assert found["ratio_uncertainty"] == pytest.approx(error)


@pytest.mark.parametrize("negative", [0.0, 0.2])
def test_uncertainties_are_the_scatter_of_toys(negative):
    """Pulls of 200 samples: the mean 0 within 5/√200, the spread 1 within 5/√400."""
    ratios, entropies, pulls = [], [], []
    for seed in range(200):
        x, events = toy(seed, 1000, negative=negative)
        row = class_sums(events).loc[2]
        ratios.append((row["ratio"] - 1) / row["ratio_uncertainty"])
        pulls.append(efficiencies(events, {"x": x}, 4)["pull"].to_numpy())
        worse = Judged(NAMES, events.label, events.weight, toy(seed, 1000, 0.4)[1].probability,
                       events.drawn, events.truth)  # fmt: skip
        found = cross_entropies(worse)
        entropies.append((found["ratio"], found["ratio_uncertainty"]))
    # a ratio has a bias of the order of one over the entries; pulls of it are a little skew
    assert abs(np.mean(ratios)) < 0.35
    assert np.std(ratios) == pytest.approx(1, abs=0.25)
    pulls = np.array(pulls)
    assert np.abs(pulls.mean(axis=0)).max() < 0.35
    np.testing.assert_allclose(pulls.std(axis=0), 1, atol=0.25)
    value, error = np.array(entropies).T
    assert np.std(value) == pytest.approx(np.median(error), rel=0.25)


def test_reliability_is_scikit_learns_curve():
    _, events = toy()
    own = unit(events)
    table = reliability(own, 10)
    for index, name in enumerate(NAMES):
        part = table[(table["class"] == name) & (table["entries"] > 0)]
        fraction, mean = calibration_curve(
            own.label == index, own.probability[:, index], n_bins=10, strategy="uniform"
        )
        np.testing.assert_allclose(part["fraction"], fraction)
        np.testing.assert_allclose(part["probability"], mean)
        assert (part["lower"] <= part["fraction"]).all()
        assert (part["upper"] >= part["fraction"]).all()
    assert table.groupby("class")["entries"].sum().eq(COUNT).all()


def test_right_probabilities_are_reliable_and_wrong_ones_are_not():
    for moved, inside in ((0.0, True), (0.6, False)):
        table = reliability(toy(moved=moved)[1], 10)
        own = table[(table["class"] == "long") & (table["entries"] > 200)]
        width = own["upper"] - own["lower"]
        pulls = (own["fraction"] - own["probability"]) / (width / 2)
        assert (np.abs(pulls).max() < 4) == inside


def test_weights_that_sum_to_nothing_leave_shares_undefined():
    events = Judged(
        ("a", "b"),
        np.array([0, 1, 0, 1]),
        np.array([1.0, -1.0, 1.0, 1.0]),
        np.array([[0.1, 0.9], [0.12, 0.88], [0.6, 0.4], [0.61, 0.39]]),
        np.array([0, 0, 1, 1]),
    )
    table = reliability(events, 2).set_index(["class", "low"])
    assert table.loc[("a", 0.0), ["fraction", "probability", "lower"]].isna().all()
    assert table.loc[("a", 0.0), "entries"] == 2
    assert table.loc[("a", 0.5), "fraction"] == pytest.approx(0.5)
    # a sum of weights that is not positive has no ratio, and none is dropped
    assert np.isnan(class_sums(events).set_index("class").loc["b", "ratio"])
    assert class_sums(events).set_index("class").loc["b", "detailed"] == 0.0


def test_distributions_hold_every_event_in_range_and_leave_out_missing_ones():
    x, events = toy()
    x = np.where(np.arange(COUNT) % 10 == 0, np.nan, x)
    flag = (events.label == 1).astype(float)
    table = distributions(events, {"x": x, "flag": flag}, 12)
    whole = table[table["column"] == "flag"].groupby("low")["parametrised"].sum()
    # of all classes together: all the weight there is
    assert whole.index.tolist() == [-0.5, 0.5]
    for value, low in ((0, -0.5), (1, 0.5)):
        assert whole[low] == pytest.approx(events.weight[flag == value].sum())
    own = table[(table["column"] == "x") & (table["class"] == "down")]
    low, high = np.nanquantile(x, [0.005, 0.995])
    kept = (x >= low) & (x <= high)
    inside = kept & (events.label == 2)
    assert own["detailed"].sum() == pytest.approx(events.weight[inside].sum())
    expected = (events.weight * events.probability[:, 2])[kept].sum()
    assert own["parametrised"].sum() == pytest.approx(expected)
    assert own["drawn"].sum() == pytest.approx(events.weight[kept & (events.drawn == 2)].sum())


def test_a_column_has_the_bins_that_are_asked_for():
    x, events = toy()
    asked = {"x": PlotAxis(3, (0.0, 1.5))}
    found = tables(events, {"x": x, "y": x}, ["x", "y"], 4, asked)
    for name in ("distributions", "efficiencies"):
        highs = found[name].groupby("column")["high"].unique()
        assert sorted(highs["x"]) == pytest.approx([0.5, 1.0, 1.5])
        assert len(highs["y"]) == 4


def test_efficiencies_are_shares_of_each_bin():
    x, events = toy(moved=0.2)
    table = efficiencies(events, {"x": x}, 5)
    summed = table.groupby("low")[["detailed", "parametrised", "truth", "drawn"]].sum()
    np.testing.assert_allclose(summed, 1)
    row = table[table["class"] == "long"].iloc[2]
    inside = (x >= row["low"]) & (x < row["high"])
    w, y, p, q = (
        own[inside]
        for own in (events.weight, events.label == 1, events.probability[:, 1], events.truth[:, 1])
    )
    assert row["entries"] == inside.sum()
    assert row["detailed"] == pytest.approx((w * y).sum() / w.sum())
    assert row["pull"] == pytest.approx((w * (y - p)).sum() / np.sqrt((w**2 * p * (1 - p)).sum()))
    error = np.sqrt((w**2 * q * (1 - q)).sum())
    assert row["truth_pull"] == pytest.approx((w * (p - q)).sum() / error)
    assert row["truth_pull"] > 2
    assert row["detailed_lower"] < row["detailed"] < row["detailed_upper"]


def test_fitted_probabilities_are_held_against_the_true_ones():
    _, events = toy(moved=0.0)
    table = against_truth(events, events.truth, 10)
    filled = table[table["entries"] > 0]
    np.testing.assert_allclose(filled["fitted"], filled["truth"])
    np.testing.assert_allclose(filled["spread"], 0, atol=1e-7)
    _, events = toy(moved=0.5)
    table = against_truth(events, events.truth, 10)
    own = table[(table["class"] == "long") & (table["entries"] > 500)]
    assert (own["fitted"] > own["truth"]).all()
    assert (own["pull"] > 1).all()
    assert cross_entropies(events)["ratio"] > 1.005


def test_classes_are_drawn_by_probability_and_again_with_the_same_seed():
    _, events = toy()
    p = events.probability
    drawn = draw_classes(p, 11)
    assert np.array_equal(drawn, draw_classes(p, 11))
    assert not np.array_equal(drawn, draw_classes(p, 12))
    # a class of probability 0 is never drawn, one of 1 always
    sure = np.eye(3)[events.label]
    assert np.array_equal(draw_classes(sure, 3), events.label)
    # rows in shares of their sum
    assert np.array_equal(draw_classes(2 * p, 11), drawn)
    for index in range(3):
        error = np.sqrt((p[:, index] * (1 - p[:, index])).sum())
        assert abs((drawn == index).sum() - p[:, index].sum()) < 5 * error


def test_a_probability_of_nothing_has_a_finite_loss():
    events = Judged(("a", "b"), np.array([0]), np.ones(1), np.array([[0.0, 1.0]]), np.array([1]))
    assert cross_entropies(events)["cross_entropy"] == pytest.approx(-np.log(1e-7))


def test_tables_come_with_a_truth_where_one_is_known():
    x, events = toy(count=500)
    made = tables(events, {"x": x, "y": 2 * x}, ["y"], 4)
    assert set(made) == {"sums", "distributions", "efficiencies", "reliability", "truth"}
    assert set(made["efficiencies"]["column"]) == {"y"}
    assert set(made["distributions"]["column"]) == {"x", "y"}
    blind = Judged(NAMES, events.label, events.weight, events.probability, events.drawn)
    assert set(tables(blind, {"x": x}, ["x"], 4)) == set(made) - {"truth"}
    assert "truth" not in efficiencies(blind, {"x": x}, 4)
    assert set(cross_entropies(blind)) == {"cross_entropy", "cross_entropy_uncertainty"}
    assert isinstance(made["sums"], pd.DataFrame)
