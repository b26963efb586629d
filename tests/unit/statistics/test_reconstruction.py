"""Errors of copies against sums done by hand, their uncertainties against the spread of many."""

import numpy as np
import pytest

from winnow.statistics.reconstruction import ALL_FEATURES, CopyErrors, anomaly_histograms

CLASSES = ["background", "signal"]
NAMES = ["a", "b", "c"]


def sample(count=400, seed=1):
    generator = np.random.default_rng(seed)
    features = generator.normal([0, 5, 1], [1, 2, 0.5], (count, 3)).astype(np.float32)
    copies = features + generator.normal(0, [0.3, 1.0, 0.1], (count, 3)).astype(np.float32)
    weights = generator.uniform(0.5, 2, count) * np.where(generator.random(count) < 0.1, -1, 1)
    return features, copies, generator.integers(0, 2, count).astype(np.int8), weights


def errors_of(*arrays, size=None):
    own, told = CopyErrors(NAMES, CLASSES), []
    count = len(arrays[0])
    for start in range(0, count, size or count):
        told.append(own.add(*(array[start : start + (size or count)] for array in arrays)))
    return own.table("test"), np.concatenate(told)


def test_errors_are_weighted_means_of_each_class_and_feature():
    features, copies, classes, weights = sample()
    table, told = errors_of(features, copies, classes, weights)
    squares = (features.astype(float) - copies) ** 2
    np.testing.assert_allclose(told, squares.mean(axis=1), rtol=1e-5)
    assert (weights < 0).any()
    table = table.set_index(["class", "feature"])
    for index, name in enumerate(CLASSES):
        own = classes == index
        for column, feature in enumerate(NAMES):
            row = table.loc[(name, feature)]
            mean = np.average(squares[own, column], weights=weights[own])
            assert row["error"] == pytest.approx(np.sqrt(mean))
            assert row["entries"] == own.sum()
            x = features[own, column].astype(float)
            middle = np.average(x, weights=weights[own])
            spread = np.average((x - middle) ** 2, weights=weights[own])
            assert row["spread"] == pytest.approx(np.sqrt(spread), rel=1e-5)
        whole = np.average(squares[own].mean(axis=1), weights=weights[own])
        assert table.loc[(name, ALL_FEATURES), "error"] == pytest.approx(np.sqrt(whole))
    assert list(table.index.get_level_values(1)[:4]) == [*NAMES, ALL_FEATURES]


@pytest.mark.parametrize("size", [1, 7, 399])
def test_how_events_come_changes_nothing(size):
    arrays = sample()
    whole, parts = errors_of(*arrays), errors_of(*arrays, size=size)
    for column in ("error", "uncertainty", "spread"):
        np.testing.assert_allclose(whole[0][column], parts[0][column], rtol=1e-9)
    np.testing.assert_array_equal(whole[1], parts[1])


def test_an_uncertainty_is_the_spread_over_samples():
    tables = [errors_of(*sample(seed=seed))[0] for seed in range(300)]
    found = np.array([table["error"] for table in tables])
    told = np.mean([table["uncertainty"] for table in tables], axis=0)
    np.testing.assert_allclose(told, found.std(axis=0), rtol=0.2)


def test_a_class_without_weight_has_no_error():
    features, copies, classes, weights = sample()
    table, _ = errors_of(features, copies, np.zeros_like(classes), weights)
    own = table[table["class"] == "signal"]
    assert own["error"].isna().all()
    assert own["uncertainty"].isna().all()
    assert (own["entries"] == 0).all()


def test_the_anomaly_score_is_histogrammed_by_class():
    generator = np.random.default_rng(1)
    scores = generator.lognormal(0, 1, 5000).astype(np.float32)
    classes, weights = generator.integers(0, 2, 5000), generator.uniform(-0.2, 1, 5000)
    table = anomaly_histograms(scores, classes.astype(np.int8), weights, CLASSES)
    for index, name in enumerate(CLASSES):
        part, own = table[table["class"] == name], classes == index
        edges = np.append(part["low"], part["high"].iloc[-1])
        np.testing.assert_allclose(np.diff(np.log(edges)), np.log(edges[1] / edges[0]), rtol=1e-9)
        expected, _ = np.histogram(scores[own], edges, weights=weights[own])
        np.testing.assert_allclose(part["share"], expected / weights[own].sum(), atol=1e-3)
        assert 0.97 < part["share"].sum() < 1


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_equal_scores_have_a_histogram_too(value):
    scores, classes = np.full(5, value, np.float32), np.zeros(5, np.int8)
    table = anomaly_histograms(scores, classes, np.ones(5), CLASSES)
    assert np.all(table["high"] > table["low"])
    assert table["entries"].sum() == (5 if value else 0)
