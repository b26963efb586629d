"""Training: the loss optimised, what history records, reproducibility, and a known optimum."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy.stats import norm
from sklearn.metrics import accuracy_score, log_loss

import sections
from winnow.errors import ModelError
from winnow.networks.scorer import score
from winnow.statistics.counting import scan
from winnow.statistics.roc import area, area_uncertainty, roc_curve
from winnow.study.keys.model import model as keys
from winnow.study.keys.training import Training, phases
from winnow.study.typed import made
from winnow.training.checkpoint import LOSS_TOLERANCE, best_epoch, restored
from winnow.training.evaluation import TrainingData, make_evaluator
from winnow.training.optimizers import make_optimizer
from winnow.training.progress import Watch
from winnow.training.run import TrainingStoppedError
from winnow.training.state import Checkpoint
from winnow.training.steps import make_steps

MODEL = {**sections.MODEL, "layers": [16, 16], "activation": "tanh"}
TRAINING = {**sections.TRAINING, "learning_rate": 0.01, "epochs": 5, "batch_size": 100}


def gaussians(count, seed, distance=1.0, classes=2, dimensions=3):
    """Classes of unit Gaussians, `distance` apart along the first axis."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    features = generator.normal(size=(count, dimensions))
    features[:, 0] += distance * labels
    weights = generator.uniform(0.2, 3.0, count)
    return TrainingData(features.astype(np.float32), labels.astype(np.int32), weights)


def fitted(folder, training, model=MODEL, seed=1, data=None, validation=None, classes=2):
    data = data or gaussians(730, 1, classes=classes)
    validation = validation or gaussians(510, 2, classes=classes)
    network = sections.built(model, data.features.shape[1], classes, seed)
    history, timing = sections.trained(
        network,
        data,
        validation,
        training,
        seed,
        folder / "best.weights.h5",
        folder / "last.weights.h5",
        Watch(),
    )
    return network, history, timing


@pytest.mark.parametrize("classes", [2, 3])
def test_evaluation_is_the_designs_weighted_loss_and_accuracy(classes):
    data = gaussians(20_000, 5, classes=classes)
    network = sections.built(MODEL, 3, classes, 7)
    found = make_evaluator(network, data)()
    scores = score(network, data.features, classes, 1).astype(np.float64)
    scores /= scores.sum(axis=1, keepdims=True)  # float32 rows sum to 1 but for rounding
    mean = log_loss(data.labels, scores, sample_weight=data.weights)
    assert found.mean_loss == pytest.approx(mean, rel=1e-5)
    assert found.loss == pytest.approx(mean * data.weights.mean(), rel=1e-5)
    right = accuracy_score(data.labels, scores.argmax(axis=1), sample_weight=data.weights)
    assert found.accuracy == pytest.approx(right, abs=1e-6)


def stepped(model, optimizer, data, batch_size, last, rate, momentum=(), smoothing=0.0):
    """Train the first steps of an epoch in the events' own order; return the sums."""
    steps = make_steps(model, optimizer, data, batch_size, smoothing)
    order = np.arange(len(data.labels), dtype=np.int32)
    rates = np.full(last, rate, np.float32)
    sums, diverged = steps(order, 0, last, rates, np.array(momentum, np.float32), np.zeros(5))
    assert diverged.numpy() == -1
    return sums.numpy()


@pytest.mark.parametrize(("classes", "loss"), [(2, "binary"), (3, "sparse_categorical")])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
def test_steps_are_keras_own(classes, loss, optimizer):
    data = gaussians(192, 5, classes=classes)
    model = {**MODEL, "l2": 0.01, "l1": 0.001}
    settings = {**TRAINING, "optimizer": optimizer, "momentum": 0.9, "clip_norm": 0.5}
    ours, reference = (sections.built(model, 3, classes, 7) for _ in range(2))
    stepped(ours, make_optimizer(sections.first_phase(settings)), data, 64, 3, 0.01)
    kinds = {
        "adam": keras.optimizers.Adam(0.01, global_clipnorm=0.5),
        "adamw": keras.optimizers.AdamW(0.01, weight_decay=0.004, global_clipnorm=0.5),
        "rmsprop": keras.optimizers.RMSprop(0.01, momentum=0.9, global_clipnorm=0.5),
        "sgd": keras.optimizers.SGD(0.01, momentum=0.9, global_clipnorm=0.5),
    }
    reference.compile(kinds[optimizer], f"{loss}_crossentropy")
    for start in range(0, 192, 64):
        part = slice(start, start + 64)
        weights = data.weights[part].astype(np.float32)
        reference.train_on_batch(data.features[part], data.labels[part], weights)
    for mine, keras_own in zip(ours.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=0, atol=1e-5)


def test_a_moving_momentum_is_the_constant_one_where_it_stands_still():
    data = gaussians(192, 5)
    cycle = {**TRAINING["schedule"], "kind": "one_cycle", "momentum_high": 0.9}
    for optimizer in ("sgd", "adam"):
        settings = {**TRAINING, "optimizer": optimizer, "momentum": 0.9}
        moving, constant = (sections.built(MODEL, 3, 2, 7) for _ in range(2))
        stepped(
            moving,
            make_optimizer(sections.first_phase({**settings, "schedule": cycle})),
            data,
            64,
            3,
            0.01,
            [0.9] * 3,
        )
        stepped(constant, make_optimizer(sections.first_phase(settings)), data, 64, 3, 0.01)
        for mine, keras_own in zip(moving.get_weights(), constant.get_weights(), strict=True):
            np.testing.assert_allclose(mine, keras_own, rtol=0, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 4])
def test_label_smoothing_spreads_a_share_of_each_label(classes):
    data, smoothing = gaussians(64, 5, classes=classes), 0.2
    network = sections.built(MODEL, 3, classes, 7)
    scores = score(network, data.features, classes, 1).astype(np.float64)
    targets = np.eye(classes)[data.labels] * (1 - smoothing) + smoothing / classes
    expected = np.sum(data.weights * -np.sum(targets * np.log(scores), axis=1))
    sums = stepped(
        network,
        make_optimizer(sections.first_phase(TRAINING)),
        data,
        64,
        1,
        0.01,
        smoothing=smoothing,
    )
    assert sums[0] == pytest.approx(expected, rel=1e-5)


def test_an_epoch_meets_every_event_once(tmp_path):
    data = gaussians(1003, 5)
    frozen = {**TRAINING, "optimizer": "sgd", "learning_rate": 1e-30, "epochs": 1}
    network, history, _ = fitted(tmp_path, frozen, data=data)
    expected = make_evaluator(network, data)()
    assert history["loss"][0] == pytest.approx(expected.loss, rel=1e-6)
    assert history["accuracy"][0] == pytest.approx(expected.accuracy, rel=1e-12)


def test_phases_follow_each_other_from_the_best_weights(tmp_path):
    phases = [
        {"learning_rate": 0.3, "label_smoothing": 0.1, "epochs": 30,
         "early_stopping": {"patience": 2}},
        {"learning_rate": 1e-30, "epochs": 2, "optimizer": "sgd"},
    ]  # fmt: skip
    _, history, _ = fitted(tmp_path, {**TRAINING, "phases": phases})
    first, second = (history[history["phase"] == phase] for phase in (0, 1))
    assert len(second) == 2
    assert len(first) < 30
    assert list(history["epoch"]) == list(range(len(history)))
    # a rate of nothing leaves the best weights of the first phase as they are
    assert second["validation_loss"].tolist() == [first["validation_loss"].min()] * 2
    assert set(second["learning_rate"]) == {1e-30}


def test_where_calls_are_cut_changes_nothing(tmp_path, monkeypatch):
    histories = []
    for number, seconds in enumerate((1e-9, 60.0)):
        monkeypatch.setattr("winnow.training.loop.CALL_SECONDS", seconds)
        (tmp_path / str(number)).mkdir()
        model = {**MODEL, "dropout": 0.2}
        cycle = {**TRAINING["schedule"], "kind": "one_cycle"}
        data = gaussians(2500, 1)
        network, history, _ = fitted(
            tmp_path / str(number), {**TRAINING, "schedule": cycle}, model, data=data
        )
        histories.append((history, network.get_weights()))
    pd.testing.assert_frame_equal(histories[0][0], histories[1][0], check_exact=True)
    for first, second in zip(histories[0][1], histories[1][1], strict=True):
        assert np.array_equal(first, second)


def stopped(folder, training, calls, saved, data, validation):
    """Train until the state has been asked for `calls` times; go on from `saved` if it is there."""
    polls = iter(range(calls))
    checkpoint = Checkpoint(
        load=lambda: saved[-1] if saved else None,
        save=lambda arrays, meta: saved.append((arrays, meta)),
        every=np.inf,
        stop=lambda: next(polls, None) is None,
    )
    network = sections.built({**MODEL, "dropout": 0.2}, data.features.shape[1], 2, 1)
    paths = folder / "best.weights.h5", folder / "last.weights.h5"
    history, _ = sections.trained(
        network, data, validation, training, 1, *paths, Watch(), checkpoint
    )
    return history, network.get_weights()


def test_a_streamed_training_meets_every_event_and_goes_on_from_any_window(tmp_path, monkeypatch):
    """60,000 events of 20 bytes exceed 1 MB: windows of a quarter of it."""
    monkeypatch.setattr("winnow.training.loop.CALL_SECONDS", 1e-9)  # a step a call: stops anywhere
    data, validation = gaussians(60_000, 1), gaussians(9000, 2)
    order = np.argsort(data.labels, kind="stable")  # as files of one class after the other
    data = TrainingData(*(a[order] for a in (data.features, data.labels, data.weights)))
    training = {**TRAINING, "epochs": 2, "batch_size": 2000, "memory_budget": 1,
                "average_from": 1}  # fmt: skip
    lines = []
    network = sections.built({**MODEL, "dropout": 0.2}, 3, 2, 1)
    paths = tmp_path / "best.weights.h5", tmp_path / "last.weights.h5"
    history, _ = sections.trained(
        network, data, validation, training, 1, *paths, Watch(lines.append)
    )
    assert "1 MB of events against training.memory_budget of 1 MB: streamed" in lines[0]
    frozen = {**training, "optimizer": "sgd", "learning_rate": 1e-30, "epochs": 1}
    still, once, _ = fitted(tmp_path, frozen, data=data, validation=validation)
    expected = make_evaluator(still, data)()
    assert once["loss"][0] == pytest.approx(expected.loss, rel=1e-6)
    assert once["accuracy"][0] == pytest.approx(expected.accuracy, rel=1e-12)
    for calls in (0, 4, 7):  # after the first window, after the first epoch, in the second
        saved = []
        with pytest.raises(TrainingStoppedError):
            stopped(tmp_path, training, calls, saved, data, validation)
        again, weights = stopped(tmp_path, training, 10**9, saved, data, validation)
        pd.testing.assert_frame_equal(history, again, check_exact=True)
        for one, two in zip(network.get_weights(), weights, strict=True):
            assert np.array_equal(one, two)


def test_streamed_and_held_validation_agree_to_the_last_bit():
    data = gaussians(600_000, 2)
    network = sections.built(MODEL, 3, 2, 1)
    held, streamed = (make_evaluator(network, data, 1, held)() for held in (True, False))
    assert held == streamed


def test_another_number_of_threads_changes_the_last_digits_alone(tmp_path):
    data, validation = gaussians(12_000, 1), gaussians(5000, 2)
    results = []
    for threads in (1, 2):
        training = {**TRAINING, "epochs": 3, "batch_size": 2000, "threads": threads}
        network, history, _ = fitted(tmp_path, training, data=data, validation=validation)
        results.append((history, network.get_weights()))
    assert not results[0][0].equals(results[1][0])
    pd.testing.assert_frame_equal(results[0][0], results[1][0], rtol=1e-6)
    for one, two in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)


def test_averaged_weights_are_the_mean_over_the_epochs_ends(tmp_path):
    ends = []
    for epochs in (4, 5):
        fitted(tmp_path, {**TRAINING, "epochs": epochs})
        network = sections.built(MODEL, 3, 2, 1)
        network.load_weights(tmp_path / "last.weights.h5")
        ends.append(network.get_weights())
    _, plain, _ = fitted(tmp_path, {**TRAINING, "epochs": 5})
    _, history, _ = fitted(tmp_path, {**TRAINING, "epochs": 5, "average_from": 3})
    # the training itself, and what is kept before the mean begins, are those without it
    pd.testing.assert_series_equal(history["loss"], plain["loss"], check_exact=True)
    pd.testing.assert_frame_equal(history[:4], plain[:4], check_exact=True)
    network.set_weights([(one + two) / 2 for one, two in zip(*ends, strict=True)])
    mean = make_evaluator(network, gaussians(510, 2))().loss
    assert history["validation_loss"][4] == pytest.approx(mean, rel=1e-6)
    assert history["validation_loss"][4] != plain["validation_loss"][4]


def numpy_statistics(network, features, size):
    """Means and variances that a layer of batch normalisation meets, by numpy, size-weighted."""
    hidden = keras.Model(network.input, network.get_layer("dense_1").output)
    batches = [hidden(features[i : i + size]).numpy() for i in range(0, len(features), size)]
    sizes = [len(batch) for batch in batches]
    means = np.average([batch.mean(axis=0) for batch in batches], axis=0, weights=sizes)
    variances = np.average([batch.var(axis=0) for batch in batches], axis=0, weights=sizes)
    return means, variances


@pytest.mark.parametrize("streamed", [False, True])
def test_averaged_weights_meet_statistics_of_their_own(tmp_path, streamed):
    """Averaged statistics of batch normalisation would be those of no weights at all."""
    model = {**MODEL, "batch_normalisation": True, "dropout": 0.4}
    data = gaussians(60_000 if streamed else 730, 1)
    training = {**TRAINING, "epochs": 4, "learning_rate": 0.05, "average_from": 2}
    training |= {"memory_budget": 1, "batch_size": 7000} if streamed else {}
    _, before, _ = fitted(tmp_path, {**training, "average_from": 0}, model, data=data)
    _, history, _ = fitted(tmp_path, training, model, data=data)
    pd.testing.assert_series_equal(history["loss"], before["loss"], check_exact=True)
    assert history["validation_loss"][3] != before["validation_loss"][3]
    network = sections.built(model, 3, 2, 1)
    network.load_weights(tmp_path / "best.weights.h5")
    layer = network.get_layer("normalisation_1")
    means, variances = numpy_statistics(network, data.features, training["batch_size"])
    assert best_epoch(history) == 3
    np.testing.assert_allclose(layer.moving_mean.numpy(), means, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), variances, rtol=1e-5)


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path):
    model = {**MODEL, "dropout": 0.3}
    results = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        network, history, _ = fitted(tmp_path / name, TRAINING, model, seed)
        results.append((history, network.get_weights()))
    pd.testing.assert_frame_equal(results[0][0], results[1][0], check_exact=True)
    assert all(np.array_equal(x, y) for x, y in zip(results[0][1], results[1][1], strict=True))
    assert not np.array_equal(results[0][1][0], results[2][1][0])


def test_the_best_epochs_weights_are_kept_and_proved(tmp_path):
    # a large rate, so that the last epoch is not the best
    _, history, _ = fitted(tmp_path, {**TRAINING, "learning_rate": 0.3, "epochs": 7})
    best = best_epoch(history)
    assert best == history["validation_loss"].idxmin() != len(history) - 1
    validation = gaussians(510, 2)
    loss = history["validation_loss"].min()
    restored(keys(MODEL), 2, 1, tmp_path / "best.weights.h5", validation, loss)
    with pytest.raises(ModelError, match="The weights are not that epoch's"):
        restored(keys(MODEL), 2, 1, tmp_path / "last.weights.h5", validation, loss)


def tf32(values):
    """Round float32 to TF32's 10 explicit bits of mantissa, to nearest even."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0xFFF + ((bits >> 13) & 1)) & 0xFFFFE000
    return rounded.astype(np.uint32).view(np.float32)


def loss_in_tf32(network, data):
    """Weighted validation loss with every factor of every matrix product in TF32."""
    x = data.features
    for layer in network.layers[1:]:
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = layer.get_weights()
            x = tf32(x) @ tf32(kernel) + bias
        else:
            x = layer(x).numpy()
    own = np.where(data.labels == 1, x[:, 0], 1 - x[:, 0]).astype(np.float64)
    return float(-(data.weights @ np.log(own)) / len(own))


def test_what_tf32_rounds_is_within_its_tolerance_and_not_within_float32s(tmp_path):
    """GPUs that train in TF32 record losses that a CPU, in float32, does not quite reproduce."""
    validation, found = gaussians(5000, 2), []
    for layers in ([16, 16], [64, 64, 64], [128] * 6):
        model = {**MODEL, "layers": layers}
        network, history, _ = fitted(tmp_path, TRAINING, model, validation=validation)
        recorded = loss_in_tf32(network, validation)
        check = keys(model), 2, 1, tmp_path / "best.weights.h5", validation, recorded
        restored(*check, "tf32")
        restored(*check, "mixed")
        found.append(abs(recorded / history["validation_loss"].min() - 1))
        if found[-1] > LOSS_TOLERANCE["float32"]:
            with pytest.raises(ModelError, match="The weights are not that epoch's"):
                restored(*check, "float32")
    assert LOSS_TOLERANCE["float32"] < max(found) < LOSS_TOLERANCE["tf32"] / 4, found


@pytest.mark.parametrize("layers", [[16, 16], [128] * 6])
def test_sums_in_another_order_are_within_float32s_tolerance(tmp_path, layers):
    """As on a GPU: every matrix product in blocks, summed up from the last to the first."""
    validation, model = gaussians(5000, 2), {**MODEL, "layers": layers}
    network, history, _ = fitted(tmp_path, TRAINING, model, validation=validation)
    x = validation.features
    for layer in network.layers[1:]:
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = layer.get_weights()
            total = np.zeros((len(x), kernel.shape[1]), np.float32)
            for start in reversed(range(0, len(kernel), 4)):
                total += x[:, start : start + 4] @ kernel[start : start + 4]
            x = total + bias
        else:
            x = layer(x).numpy()
    own = np.where(validation.labels == 1, x[:, 0], 1 - x[:, 0]).astype(np.float64)
    recorded = float(-(validation.weights @ np.log(own)) / len(own))
    assert recorded != history["validation_loss"].min()
    restored(keys(model), 2, 1, tmp_path / "best.weights.h5", validation, recorded)
    assert abs(recorded / history["validation_loss"].min() - 1) < LOSS_TOLERANCE["float32"] / 4


def test_early_stopping_counts_epochs_without_a_better_loss(tmp_path):
    stopping = {"patience": 3, "min_delta": 0.0}
    training = {**TRAINING, "learning_rate": 0.3, "epochs": 60, "early_stopping": stopping}
    _, history, _ = fitted(tmp_path, training)
    assert len(history) < 60
    assert len(history) - 1 - best_epoch(history) == 3


@pytest.mark.parametrize(
    ("own", "patience"),
    [
        ({}, 20),
        ({"average_from": 3}, 0),
        ({"schedule": {**TRAINING["schedule"], "kind": "one_cycle"}}, 0),
        ({"early_stopping": {"patience": 7, "min_delta": 0.0}, "average_from": 3}, 7),
    ],
)
def test_no_training_stops_before_the_end_that_it_counts_on(own, patience):
    automatic = {**TRAINING, "early_stopping": {"patience": "auto", "min_delta": 0.0}}
    (phase,) = phases(made(Training, {**automatic, **own}))
    assert phase.early_stopping.patience == patience
    first, second = phases(made(Training, {**automatic, "phases": [{}, own]}))
    assert first.early_stopping.patience == 20
    assert second.early_stopping.patience == patience


def test_a_small_improvement_keeps_the_weights_but_does_not_count(tmp_path):
    stopping = {"patience": 2, "min_delta": 10.0}
    training = {**TRAINING, "learning_rate": 0.001, "epochs": 9, "early_stopping": stopping}
    _, history, _ = fitted(tmp_path, training)
    assert len(history) == 3
    assert best_epoch(history) == 2


def test_decay_is_keras_2s(tmp_path):
    _, history, _ = fitted(tmp_path, {**TRAINING, "decay": 0.1, "epochs": 3})
    steps = 8 * np.arange(3)  # 730 events in batches of 100
    np.testing.assert_allclose(history["learning_rate"], 0.01 / (1 + 0.1 * steps), rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_every_optimiser_learns(tmp_path, optimizer):
    training = {**TRAINING, "optimizer": optimizer, "momentum": 0.5, "epochs": 15}
    data = gaussians(2000, 1, distance=3.0)
    _, history, timing = fitted(tmp_path, training, data=data, validation=data)
    # 93 % is the best possible: Φ(3/2)
    assert history["validation_accuracy"].iloc[-1] > 0.9
    assert (timing["events_per_second"] > 0).all()


def test_penalties_are_recorded_beside_the_loss(tmp_path):
    frozen = {**TRAINING, "optimizer": "sgd", "learning_rate": 1e-30, "epochs": 1}
    network, history, _ = fitted(tmp_path, frozen, {**MODEL, "l2": 0.1, "l1": 0.01})
    kernels = [w for w in network.get_weights() if w.ndim == 2]
    expected = sum(0.1 * np.sum(k**2) + 0.01 * np.sum(np.abs(k)) for k in kernels)
    assert history["penalty"][0] == pytest.approx(expected, rel=1e-6)


def test_weights_decide_what_is_learned(tmp_path):
    data = gaussians(2000, 1, distance=0.0)
    weights = np.where(data.labels == 1, 3.0, 1.0)
    heavy = TrainingData(data.features, data.labels, weights)
    network, _, _ = fitted(tmp_path, {**TRAINING, "epochs": 20}, data=heavy)
    mean = score(network, data.features, 2, 1)[:, 1].mean()
    prior = weights[data.labels == 1].sum() / weights.sum()
    assert mean == pytest.approx(prior, abs=0.03)


def test_divergence_stops_with_one_message(tmp_path):
    data = gaussians(200, 1)
    data.features[0, 0] = np.nan
    where = r"diverged in epoch 0 at step \d of 2, learning rate 0.01: the loss is not finite"
    with pytest.raises(ModelError, match=where):
        fitted(tmp_path, TRAINING, data=data)


def test_a_diverged_training_keeps_its_last_good_weights(tmp_path):
    phases = [{"epochs": 3}, {"learning_rate": 1e30, "optimizer": "sgd"}]
    good = tmp_path / "last-good.weights.h5"
    with pytest.raises(ModelError, match=r"The weights of epoch \d are kept: .*last-good"):
        fitted(tmp_path, {**TRAINING, "phases": phases}, {**MODEL, "l2": 0.1})
    network = sections.built(MODEL, 3, 2, 1)
    network.load_weights(good)
    _, history, _ = fitted(tmp_path, {**TRAINING, "epochs": 3}, {**MODEL, "l2": 0.1})
    expected = make_evaluator(network, gaussians(510, 2))().loss
    assert history["validation_loss"].min() == expected
    assert not good.exists()


def test_the_two_gaussian_optimum_is_reached(tmp_path):
    """The likelihood ratio of unit Gaussians d apart has the area Φ(d/√2)."""
    distance = 1.5
    training = {**TRAINING, "epochs": 15, "batch_size": 200}
    network, _, _ = fitted(
        tmp_path,
        training,
        data=gaussians(20_000, 1, distance),
        validation=gaussians(10_000, 2, distance),
    )
    test = gaussians(30_000, 3, distance)
    scores = score(network, test.features, 2, 1)[:, 1]
    signal = test.labels == 1
    found = area(roc_curve(scores, signal, test.weights))
    error = area_uncertainty(scan(scores, signal, test.weights))
    assert abs(found - norm.cdf(distance / np.sqrt(2))) < 3 * error
    assert error < 0.005


def test_parameters_of_a_dense_network():
    """The CMS tutorial's 17-100-100-5 network: 17·100+100 + 100·100+100 + 100·5+5 parameters."""
    assert sections.built({**MODEL, "layers": [100, 100]}, 17, 5, 1).count_params() == 12_405


def test_layers_are_built_as_configured():
    model = {**MODEL, "dropout": 0.2, "batch_normalisation": True, "layers": [8]}
    kinds = [type(layer) for layer in sections.built(model, 4, 3, 1).layers]
    layers = keras.layers
    assert kinds == [
        layers.InputLayer,
        layers.Dense,
        layers.BatchNormalization,
        layers.Activation,
        layers.Dropout,
        layers.Dense,
        layers.Activation,
    ]


def test_scores_do_not_depend_on_how_events_are_cut():
    network = sections.built(MODEL, 3, 3, 1)
    features = gaussians(20_001, 1).features
    whole = score(network, features, 3, 1)
    part = score(network, features[8192:8200], 3, 1)
    np.testing.assert_allclose(whole[8192:8200], part, rtol=0, atol=1e-6)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-6)
    assert score(network, features[:0], 3, 1).shape == (0, 3)


def test_a_sigmoids_other_class_gets_the_rest():
    network = sections.built(MODEL, 3, 2, 1)
    features = gaussians(10, 1).features
    raw = network(tf.constant(features)).numpy()[:, 0]
    np.testing.assert_allclose(score(network, features, 2, 0)[:, 0], raw, atol=1e-6)
    np.testing.assert_allclose(score(network, features, 2, 1)[:, 0], 1 - raw, atol=1e-6)
