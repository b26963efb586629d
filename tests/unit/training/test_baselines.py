"""Reference classifiers: they are scikit-learn's, reproducible, and no weight is lost."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from winnow.columns import SAMPLES
from winnow.errors import ConfigError, DataError
from winnow.statistics.scores import scores_table
from winnow.tables import write_parquet
from winnow.training.baselines import BOOSTING, KINDS, LOGISTIC, fit_scores

DIRECT = {
    BOOSTING: lambda: HistGradientBoostingClassifier(early_stopping=False, random_state=7),
    LOGISTIC: lambda: LogisticRegression(max_iter=1000),
}


def toy(size=400, classes=3, seed=1):
    generator = np.random.default_rng(seed)
    label = generator.integers(0, classes, size).astype(np.int8)
    features = generator.normal(size=(size, 4)).astype(np.float32)
    features[:, 0] += 0.8 * label
    return features, label, generator.exponential(size=size)


def scored(kind, train, other=None, class_count=3, threads=1, seed=7):
    other = train[0] if other is None else other
    samples = {"train": train[0], "validation": other}
    return fit_scores(kind, samples, *train[1:], class_count, seed, threads)["validation"]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_scikit_learns(kind, classes):
    train, (other, _, _) = toy(classes=classes), toy(300, seed=2)
    features, label, weight = train
    direct = DIRECT[kind]().fit(features.astype(np.float64), label, weight)
    scores = scored(kind, train, other, classes)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(
        scores, direct.predict_proba(other.astype(np.float64)).astype(np.float32)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_same_bytes_again_and_on_more_threads(kind):
    train = toy(20_000) if kind == LOGISTIC else toy()
    first = scored(kind, train).tobytes()
    assert scored(kind, train).tobytes() == first
    assert scored(kind, train, threads=3).tobytes() == first


def test_boosting_puts_no_training_events_aside():
    """From 10,000 events on scikit-learn would, by default, and draw them by the seed."""
    train, (other, _, _) = toy(12_000, classes=2), toy(500, seed=2)
    scores = [scored(BOOSTING, train, other, 2, seed=seed) for seed in (1, 2)]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_sample_is_scored_in_blocks_as_in_one(kind, monkeypatch):
    train, (other, _, _) = toy(600), toy(500, seed=2)
    whole = scored(kind, train, other)
    monkeypatch.setattr("winnow.training.baselines._BLOCK", 64)
    # a float64 matrix product may round otherwise in another shape: one float32 step
    np.testing.assert_allclose(scored(kind, train, other), whole, rtol=1.2e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_without_events_keeps_its_column(kind):
    features, label, weight = toy()
    present = label != 1
    scores = scored(kind, (features[present], label[present], weight[present]), features)
    assert scores.shape == (400, 3)
    assert not scores[:, 1].any()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    assert scores[label == 2, 2].mean() > scores[label == 0, 2].mean() + 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_used(kind):
    features, label, weight = toy(classes=2)
    heavy = np.where(label == 1, 20 * weight, weight)
    low, high = (scored(kind, (features, label, w), None, 2)[:, 1] for w in (weight, heavy))
    assert high.mean() > low.mean() + 0.2


def test_negative_weights_are_subtracted_by_logistic_regression():
    # events that enter once with w and once with -w are not there: only convergence differs
    features, label, weight = toy(classes=2)
    twice = (
        np.concatenate([features, features[::-1], features[::-1]]),
        np.concatenate([label, 1 - label[::-1], 1 - label[::-1]]),
        np.concatenate([weight, weight, -weight]),
    )
    expected = scored(LOGISTIC, (features, label, weight), features, 2)
    np.testing.assert_allclose(scored(LOGISTIC, twice, features, 2), expected, atol=1e-4)


def test_boosting_makes_negative_weights_positive_and_keeps_the_classes_sums():
    features, label, weight = toy(400, classes=2)
    signs = np.where(np.arange(400) % 5 == 0, -1, 1)
    absolute = weight.copy()
    for value in (0, 1):
        own = label == value
        absolute[own] *= (signs * weight)[own].sum() / weight[own].sum()
    np.testing.assert_array_equal(
        scored(BOOSTING, (features, label, signs * weight), None, 2),
        scored(BOOSTING, (features, label, absolute), None, 2),
    )


def test_faults_say_what_to_mend():
    features, label, weight = toy()
    with pytest.raises(ConfigError, match="`baselines`: found 'random_forest', expected one of"):
        scored("random_forest", (features, label, weight))
    with pytest.raises(DataError, match="of 1 class, two or more"):
        scored(BOOSTING, (features, np.zeros_like(label), weight))


def test_the_table_joins_scores_to_the_events_of_their_sample(tmp_path):
    rows = np.arange(6)
    own = {"source": pa.array(["a"] * 6).dictionary_encode(), "row": rows}
    events = {**own, "event_id": rows.astype(np.uint64), "process": ["p"] * 6}
    events |= {"class": rows.astype(np.int8) % 2, "weight": rows - 1.5, "mass": rows * 10.0}
    write_parquet(pa.table(events), tmp_path / "events.parquet")
    names = [SAMPLES[i] for i in (2, 0, 1, 0, 2, 1)]
    write_parquet(pa.table({**own, "sample": names}), tmp_path / "samples.parquet")
    scores = {name: np.array([[i, 0.1], [i, 0.2]], np.float32) for i, name in enumerate(SAMPLES)}
    table = scores_table(
        [tmp_path / "events.parquet"],
        tmp_path / "samples.parquet",
        0,
        ["mass"],
        ["score_b", "score_s"],
        scores,
    )
    assert table.column_names == [
        *("source", "row", "event_id", "process", "class", "sample", "weight", "mass"),
        *("score_b", "score_s"),
    ]
    frame = table.to_pandas()
    assert frame["score_b"].tolist() == [2, 0, 1, 0, 2, 1]
    np.testing.assert_allclose(frame["score_s"], [0.1, 0.1, 0.1, 0.2, 0.2, 0.2], rtol=1e-6)
    assert frame["weight"].tolist() == [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]
