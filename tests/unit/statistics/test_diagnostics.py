"""Diagnostic tables against NumPy and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from winnow.statistics.diagnostics import (
    accuracies,
    confusion,
    predicted_class,
    score_histograms,
)
from winnow.statistics.input_tables import correlations, input_histograms
from winnow.study.keys.plot_axes import PlotAxis

NAMES = ("s", "w", "t")
FEATURES = ["mass", "pt", "njet", "flat", "empty"]


def cut(events, size=1111):
    """Return what gives columns of events, so many events at a time."""
    return lambda columns: (
        events[list(columns)].iloc[start : start + size] for start in range(0, len(events), size)
    )


@pytest.fixture
def scores():
    generator = np.random.default_rng(1)
    size = 3000
    label = generator.integers(0, 3, size)
    raw = np.exp(generator.normal(size=(size, 3)) + np.eye(3)[label])
    frame = pd.DataFrame(
        (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32),
        columns=[f"score_{name}" for name in NAMES],
    )
    frame["sample"] = pd.Categorical(generator.choice(["train", "validation", "test"], size))
    frame["class"] = label.astype(np.int8)
    frame["weight"] = generator.normal(1.0, 0.8, size)
    return frame


@pytest.fixture
def events():
    generator = np.random.default_rng(2)
    size = 5000
    mass = generator.exponential(50.0, size) + 125.0
    frame = pd.DataFrame(
        {
            "mass": mass,
            "pt": 1e6 + 0.4 * mass + generator.normal(0, 20, size),
            "njet": generator.poisson(2.0, size).astype(float),
            "flat": np.full(size, 7.1),
            "empty": np.full(size, np.nan),
        }
    ).astype(np.float32)
    frame.loc[generator.random(size) < 0.3, "mass"] = np.nan
    frame["class"] = generator.integers(0, 3, size).astype(np.int8)
    frame["weight"] = generator.normal(1.0, 0.5, size)
    return frame


def test_score_histograms_equal_numpys(scores):
    table = score_histograms(scores, NAMES, bins=20)
    assert len(table) == 3 * 3 * 3 * 20
    rows = table.query("sample == 'test' and `class` == 'w' and node == 's'")
    part = scores[(scores["sample"] == "test") & (scores["class"] == 1)]
    value, weight = part["score_s"].to_numpy(float), part["weight"].to_numpy()
    density, edges = np.histogram(value, 20, (0, 1), density=True, weights=weight)
    np.testing.assert_allclose(rows["density"], density, rtol=1e-10)
    squares, _ = np.histogram(value, edges, weights=weight**2)
    np.testing.assert_allclose(rows["uncertainty"], np.sqrt(squares) / weight.sum() * 20)
    np.testing.assert_array_equal(rows["entries"], np.histogram(value, edges)[0])
    assert (rows["density"] * (rows["high"] - rows["low"])).sum() == pytest.approx(1.0)


def test_scores_of_exactly_zero_and_one_are_counted(scores):
    scores.loc[:1, "score_s"] = [0.0, 1.0]
    table = score_histograms(scores, NAMES, nodes=["s"])
    assert set(table["node"]) == {"s"}
    assert table["entries"].sum() == len(scores)


def test_a_class_without_positive_weight_has_no_density(scores):
    scores.loc[scores["class"] == 2, "weight"] = -1.0
    table = score_histograms(scores, NAMES)
    assert table.loc[table["class"] == "t", "density"].isna().all()
    assert table.loc[table["class"] != "t", "density"].notna().all()


def test_confusion_equals_scikit_learns(scores):
    table = confusion(scores, NAMES)
    columns = [f"score_{name}" for name in NAMES]
    for sample, part in scores.groupby("sample", observed=True):
        rows = table[table["sample"] == sample]
        predicted = part[columns].to_numpy().argmax(axis=1)
        weighted = metrics.confusion_matrix(
            part["class"], predicted, sample_weight=part["weight"], normalize="true"
        )
        np.testing.assert_allclose(rows["fraction"], weighted.ravel(), rtol=1e-10)
        raw = metrics.confusion_matrix(part["class"], predicted)
        np.testing.assert_array_equal(rows["entries"], raw.ravel())
        assert rows["weight_sum"].sum() == pytest.approx(part["weight"].sum())
    assert table["true_class"].tolist()[:4] == ["s", "s", "s", "w"]


def test_two_classes_are_cut_at_one_half():
    score = np.array([0.2, np.nextafter(np.float32(0.5), np.float32(0)), 0.5000001, 0.9], "f4")
    frame = pd.DataFrame({"score_s": score, "score_b": np.float32(1) - score})
    np.testing.assert_array_equal(predicted_class(frame, ("s", "b")) == 0, score > 0.5)


def test_accuracies_equal_scikit_learns(scores):
    scores["weight"] = scores["weight"].abs()
    table = accuracies(scores, NAMES).set_index("sample")
    part = scores[scores["sample"] == "train"]
    predicted = part[[f"score_{name}" for name in NAMES]].to_numpy().argmax(axis=1)
    row = table.loc["train"]
    weight = part["weight"]
    assert row["accuracy"] == pytest.approx(
        metrics.accuracy_score(part["class"], predicted, sample_weight=weight)
    )
    assert row["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(part["class"], predicted, sample_weight=weight)
    )
    assert row["unweighted_accuracy"] == pytest.approx(
        metrics.accuracy_score(part["class"], predicted)
    )


def test_input_histograms_equal_numpys_over_the_central_range(events):
    table = input_histograms(cut(events), FEATURES, NAMES, bins=30)
    rows = table[(table["feature"] == "mass") & (table["class"] == "w")]
    low, high = np.nanquantile(events["mass"].to_numpy(), [0.005, 0.995])
    assert (rows["low"].min(), rows["high"].max()) == pytest.approx((low, high))
    part = events[events["class"] == 1]
    present = part[part["mass"].notna()]
    edges = np.append(rows["low"], rows["high"].iloc[-1])
    sums, _ = np.histogram(present["mass"].to_numpy(float), edges, weights=present["weight"])
    norm = present["weight"].sum() * (edges[1] - edges[0])
    np.testing.assert_allclose(rows["density"], sums / norm, rtol=1e-6)
    missing = part.loc[part["mass"].isna(), "weight"].sum() / part["weight"].sum()
    assert rows["missing_fraction"].unique() == pytest.approx([missing])
    assert (table.loc[table["feature"] == "pt", "missing_fraction"] == 0).all()


def test_an_input_has_the_bins_that_are_asked_for_and_says_what_lies_beyond(events):
    asked = {"mass": PlotAxis(4, (60.0, 110.0)), "pt": PlotAxis(6, log=True)}
    table = input_histograms(cut(events), ["mass", "pt"], NAMES, axes=asked)
    rows = table[(table["feature"] == "mass") & (table["class"] == "w")]
    assert np.append(rows["low"], 110.0).tolist() == [60.0, 72.5, 85.0, 97.5, 110.0]
    part = events[events["class"] == 1]
    beyond = (part["mass"] < 60) | (part["mass"] > 110)
    share = part.loc[beyond, "weight"].sum() / part["weight"].sum()
    assert rows["outside_fraction"].unique() == pytest.approx([share])
    logarithmic = table[(table["feature"] == "pt") & (table["class"] == "w")]
    assert np.log10(logarithmic["low"].iloc[0]) % 1 == pytest.approx(0)
    ratios = logarithmic["high"] / logarithmic["low"]
    assert ratios.to_numpy() == pytest.approx(np.full(6, ratios.iloc[0]))


def test_scores_beyond_the_range_are_in_the_outer_bins(events):
    scores = events.assign(sample="test", score_s=np.linspace(0, 1, len(events)), weight=1.0)
    table = score_histograms(scores, NAMES, 5, ["s"], PlotAxis(range=(0.2, 0.8)))
    counted = table.groupby("class")["entries"].sum()
    sizes = events["class"].value_counts()
    assert {name: counted[name] for name in counted.index} == {
        NAMES[number]: count for number, count in sizes.items()
    }
    assert (table["low"].min(), table["high"].max()) == (0.2, 0.8)


def test_few_events_get_few_bins(events):
    few = input_histograms(cut(events.groupby("class").head(30)), ["pt"], NAMES)
    many = input_histograms(cut(events), ["pt"], NAMES)
    assert few.groupby("class").size().max() == 10
    assert many.groupby("class").size().max() > 10


def test_whole_numbers_get_a_bin_each(events):
    table = input_histograms(cut(events), ["njet"], NAMES)
    rows = table[table["class"] == "s"]
    values = events.loc[events["class"] == 0, "njet"]
    assert (rows["high"] - rows["low"] == 1.0).all()
    two = rows[rows["low"] == 1.5].iloc[0]
    assert two["entries"] == (values == 2).sum()


def test_constant_and_wholly_missing_features_have_a_range(events):
    table = input_histograms(cut(events), ["flat", "empty"], NAMES)
    flat = table[(table["feature"] == "flat") & (table["class"] == "s")]
    assert flat["entries"].sum() == (events["class"] == 0).sum()
    empty = table[table["feature"] == "empty"]
    assert empty["density"].isna().all()
    assert (empty["missing_fraction"] == 1.0).all()


def test_correlations_equal_numpys_on_events_where_both_are_present(events):
    events["weight"] = events["weight"].abs()
    table = correlations(cut(events), FEATURES, NAMES)
    table = table.set_index(["class", "feature_x", "feature_y"]).sort_index()
    part = events[(events["class"] == 0) & events["mass"].notna()]
    covariance = np.cov(
        part["mass"].to_numpy(float), part["pt"].to_numpy(float), aweights=part["weight"]
    )
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert 0.3 < expected < 0.9
    value = table["correlation"]
    assert value["s", "mass", "pt"] == pytest.approx(expected, rel=1e-9)
    assert value["s", "pt", "mass"] == pytest.approx(expected, rel=1e-9)
    assert value["s", "pt", "pt"] == pytest.approx(1.0)
    assert value["s", "flat"].isna().all()
    assert value["s", "empty"].isna().all()


def test_a_feature_constant_where_the_other_is_present_has_no_correlation(events):
    events.loc[events["mass"].notna(), "njet"] = 3.0
    table = correlations(cut(events), ["mass", "njet"], NAMES).set_index(["feature_x", "feature_y"])
    assert table.loc[("mass", "njet"), "correlation"].isna().all()
    assert table.loc[("njet", "njet"), "correlation"].notna().all()


def test_inputs_do_not_depend_on_how_many_events_come_at_once(events):
    for table in (input_histograms, correlations):
        whole, pieces = (table(cut(events, size), FEATURES, NAMES) for size in (10**6, 97))
        pd.testing.assert_frame_equal(whole, pieces, rtol=1e-9)


def test_negative_weights_count_in_correlations(events):
    table = correlations(cut(events), ["pt", "njet"], ("s", "w", "t"))
    part = events[events["class"] == 0]
    x, y = part["pt"].to_numpy(float), part["njet"].to_numpy(float)
    w = part["weight"].to_numpy()
    assert (w < 0).any()
    dx, dy = x - np.average(x, weights=w), y - np.average(y, weights=w)
    expected = (w * dx * dy).sum() / np.sqrt((w * dx * dx).sum() * (w * dy * dy).sum())
    assert table["correlation"][1] == pytest.approx(expected, rel=1e-6)
