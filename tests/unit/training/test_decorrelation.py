"""The distance correlation: its definition, its gradient, and what it does to a training."""

import itertools
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import sections
from winnow.study.keys.training import Training
from winnow.study.typed import made
from winnow.training.decorrelation import (
    BLOCK,
    Decorrelate,
    background_spectator,
    distance_correlation,
    make_penalty,
)
from winnow.training.evaluation import TrainingData
from winnow.training.loop import Trainer
from winnow.training.progress import Watch
from winnow.training.run import Run, TrainingStoppedError
from winnow.training.state import Checkpoint
from winnow.training.windows import permutation


def by_definition(x, y, w):
    """dCorr² of arXiv:2001.05310, eq. 5 and 6, term by term over pairs and triples of events."""
    p = w / w.sum()
    n = range(len(x))

    def covariance(a, b):
        pairs = list(itertools.product(n, n))
        both = sum(p[i] * p[j] * abs(a[i] - a[j]) * abs(b[i] - b[j]) for i, j in pairs)
        one = sum(p[i] * p[j] * abs(a[i] - a[j]) for i, j in pairs)
        other = sum(p[i] * p[j] * abs(b[i] - b[j]) for i, j in pairs)
        three = sum(
            p[i] * p[j] * p[k] * abs(a[i] - a[j]) * abs(b[i] - b[k])
            for i, j, k in itertools.product(n, n, n)
        )
        return both + one * other - 2 * three

    return covariance(x, y) / np.sqrt(covariance(x, x) * covariance(y, y))


def events(count=12, seed=1):
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    return x, 0.5 * x + random.normal(size=count), random.uniform(0.5, 2.0, count)


def found(x, y, w):
    return float(distance_correlation(*(tf.constant(v, tf.float32) for v in (x, y, w))))


def test_it_is_the_papers_formula_with_weights():
    x, y, w = events()
    assert found(x, y, w) == pytest.approx(by_definition(x, y, w), rel=1e-5)
    w[3] = -0.2  # negative weights enter with their sign
    assert found(x, y, w) == pytest.approx(by_definition(x, y, w), rel=1e-5)


def test_it_is_one_for_proportional_numbers_whatever_their_units():
    x, y, w = events()
    assert found(x, -1000 * x, w) == pytest.approx(1, rel=1e-5)
    assert found(1e-3 * x, 5 + y, w) == pytest.approx(found(x, y, w), rel=1e-4)


def test_a_weight_of_two_is_an_event_twice():
    x, y, w = events(6)
    w[:] = 1
    w[2] = 2
    twice = [np.append(v, v[2]) for v in (x, y)]
    assert found(x, y, w) == pytest.approx(found(*twice, np.ones(7)), rel=1e-5)


def test_events_without_a_spectator_take_no_part():
    x, y, w = events()
    expected = found(x[2:], y[2:], w[2:])
    y[:2] = np.nan
    assert found(x, y, w) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("case", ["none", "one", "equal scores", "cancelling weights"])
def test_without_spread_the_penalty_and_its_gradient_are_zero(case):
    x, y, w = events()
    if case == "none":
        y[:] = np.nan
    elif case == "one":
        y[1:] = np.nan
    elif case == "equal scores":
        x[:] = 0.5
    else:
        w[:] = [1, -1] * 6
    score = tf.Variable(x, dtype=tf.float32)
    with tf.GradientTape() as tape:
        told = distance_correlation(score, tf.constant(y, tf.float32), tf.constant(w, tf.float32))
    assert float(told) == 0
    assert not np.any(tape.gradient(told, score).numpy())


def test_the_gradient_is_that_of_finite_differences():
    x, y, w = events()
    y[4] = np.nan
    there = np.arange(12) != 4
    score = tf.Variable(x, dtype=tf.float32)
    with tf.GradientTape() as tape:
        told = distance_correlation(score, tf.constant(y, tf.float32), tf.constant(w, tf.float32))
    expected, step = np.zeros(12), 1e-6
    for number in np.flatnonzero(there):
        shift = step * (np.arange(12) == number)
        up, down = (by_definition((x + s)[there], y[there], w[there]) for s in (shift, -shift))
        expected[number] = (up - down) / (2 * step)
    np.testing.assert_allclose(tape.gradient(told, score).numpy(), expected, atol=1e-4)
    assert np.abs(expected).max() > 0.01


def test_signal_and_missing_values_have_no_spectator_and_samples_are_standardised(tmp_path):
    table = pa.table(
        {
            "source": pa.array(["a"] * 6).dictionary_encode(),
            "row": np.arange(6),
            "class": np.array([0, 1, 0, 0, 0, 1], np.int8),
            "mass": [1e9 + 1, 1e9 + 2, 1e9 + 3, np.nan, 5.0, 6.0],
        }
    )
    pq.write_table(table, tmp_path / "events.parquet")
    split = table.select(["source", "row"]).append_column(
        "sample", pa.array(["train"] * 4 + ["validation"] * 2).dictionary_encode()
    )
    pq.write_table(split, tmp_path / "samples.parquet")
    where = [tmp_path / "events.parquet"], tmp_path / "samples.parquet", 0
    told = background_spectator(*where, "mass", signal=1)
    np.testing.assert_array_equal(told["train"], np.array([-1, np.nan, 1, np.nan], np.float32))
    # one event has no spread
    np.testing.assert_array_equal(told["validation"], np.array([0, np.nan], np.float32))


def toy(count, seed):
    """Signal and background that differ in x and y alike, and whose y the score is not to tell."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    x, y = random.normal(labels, 1.0), random.normal(labels, 1.0)
    features = np.stack([x, y], axis=1).astype(np.float32)
    spectator = np.where(labels == 1, np.nan, y).astype(np.float32)
    return TrainingData(features, labels, np.ones(count), spectator=spectator), y


def trained(strength, output="softmax", **changed):
    keras.utils.set_random_seed(3)
    width = {"softmax": 2, "sigmoid": 1}[output]
    layers = [keras.layers.Dense(16, "tanh"), keras.layers.Dense(width, output)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    given = {
        **sections.TRAINING,
        "epochs": 12,
        "learning_rate": 0.01,
        "batch_size": 200,
        "decorrelation": {"spectator": "y", "strength": strength},
        **changed,
    }
    samples = [toy(2000, seed)[0] for seed in (1, 2)]
    if output == "sigmoid":
        samples = [replace(sample, positive=1) for sample in samples]
    if not strength:
        samples = [replace(sample, spectator=None) for sample in samples]
    settings = made(Training, given)
    run = Run(*samples, settings, seed=5, signal=width - 1)
    trainer = Trainer(model, run, Watch(lambda line: None))
    history, _ = trainer.train()
    model.set_weights(trainer.best_weights)
    return model, history


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_a_strong_penalty_makes_the_score_independent_of_the_spectator(output):
    data, y = toy(4000, 9)
    background = data.labels == 0
    told = {}
    for strength in (0.0, 10.0):
        model, history = trained(strength, output)
        scores = model.predict(data.features, verbose=0)[:, -1]
        own = scores[background], y[background], np.ones(background.sum())
        told[strength] = found(*own)
        # the score still tells x: what is left to it has the area of Φ(1/√2), 0.76
        signal = scores[data.labels == 1]
        area = np.mean(signal[:500, None] > scores[background][None, :500])
        assert area > 0.7
        assert (history["validation_penalty"] > 0).all() == (strength > 0)
    assert told[0.0] > 0.3
    assert told[10.0] < 0.02


def test_the_epoch_is_kept_whose_loss_and_penalty_are_least():
    _, history = trained(10.0)
    whole = history["validation_loss"] + history["validation_penalty"]
    keep = trained(10.0)[0]
    data = toy(2000, 2)[0]
    penalty = make_penalty(keep, data, Decorrelate(10.0, 1), seed=5)()
    assert penalty == pytest.approx(history["validation_penalty"][whole.argmin()], rel=1e-6)


def test_the_penalty_of_a_sample_is_the_mean_over_blocks_of_shuffled_events():
    data, _ = toy(BLOCK + 500, 4)
    model = trained(0.0)[0]
    order = permutation(data.count, 7, "decorrelation")
    scores = model.predict(data.features, verbose=0)[:, 1]
    parts = [order[:BLOCK], order[BLOCK:]]
    each = [found(scores[p], data.spectator[p], np.ones(len(p))) for p in parts]
    expected = 3.0 * (BLOCK * each[0] + 500 * each[1]) / (BLOCK + 500)
    assert make_penalty(model, data, Decorrelate(3.0, 1), 7)() == pytest.approx(expected, rel=1e-4)


def test_the_strength_grows_step_by_step_over_the_warm_up():
    x, y, w = (tf.constant(v, tf.float32) for v in events())
    penalty = Decorrelate(3.0, 0, warm_up=4)
    whole = 3.0 * found(x, y, w)
    at = [float(penalty.at_step(tf.constant(n), x[:, None], w, y)) for n in range(6)]
    np.testing.assert_allclose(at, whole * np.array([0.25, 0.5, 0.75, 1, 1, 1]), rtol=1e-6)
    assert float(penalty(x[:, None], w, y)) == pytest.approx(whole)


@pytest.mark.parametrize(("budget", "calls"), [(4000, 1), (1, 7)])
def test_a_training_that_is_stopped_in_the_warm_up_ends_with_the_same_bits(
    monkeypatch, budget, calls
):
    """60,000 events of 20 bytes exceed 1 MB, so that they are streamed; a step a call."""
    monkeypatch.setattr("winnow.training.loop.CALL_SECONDS", 1e-9)
    data, validation = toy(60_000, 6)[0], toy(2000, 2)[0]
    given = {
        **sections.TRAINING,
        "epochs": 2,
        "batch_size": 4000,
        "memory_budget": budget,
        "decorrelation": {"spectator": "y", "strength": 5.0, "warm_up": 3},
    }
    run = Run(data, validation, made(Training, given), seed=5, signal=1)

    def attempt(calls, saved):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "softmax")])
        polls, lines = iter(range(calls)), []
        checkpoint = Checkpoint(
            load=lambda: saved[-1] if saved else None,
            save=lambda arrays, meta: saved.append((arrays, meta)),
            every=np.inf,
            stop=lambda: next(polls, None) is None,
        )
        history, _ = Trainer(model, run, Watch(lines.append), checkpoint).train()
        assert ("streamed" in lines[0]) == (budget == 1)
        return history, model.get_weights()

    history, weights = attempt(10**9, [])
    assert history["penalty"][0] > 0.1 * history["validation_penalty"][0] > 0
    saved = []
    with pytest.raises(TrainingStoppedError):
        attempt(calls, saved)
    again, resumed = attempt(10**9, saved)
    pd.testing.assert_frame_equal(history, again, check_exact=True)
    for one, two in zip(weights, resumed, strict=True):
        assert np.array_equal(one, two)
