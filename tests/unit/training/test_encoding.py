"""Codes of events: on a scale of their own, and proved to be those of their passport."""

import numpy as np
import pandas as pd
import pytest

import sections
from winnow.errors import ModelError
from winnow.networks.autoencoder import autoencoder
from winnow.study.keys.transform import Transform
from winnow.study.typed import plain
from winnow.tables import new_array, read_array, write_json
from winnow.training.checkpoint import save_model, training_facts
from winnow.training.encoding import (
    make_encoder,
    read_encoder,
    restored_autoencoder,
    standardise,
    transform_passport,
)
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch
from winnow.training.run import TrainingStoppedError
from winnow.training.state import Checkpoint

NAMES = ["a", "b", "c", "d"]
KEYS = Transform(bottleneck=2, layers=(6,), noise=0.1)
UNITS = [{"name": name, "unit": ""} for name in NAMES]


def events(count=500, seed=1):
    generator = np.random.default_rng(seed)
    hidden = generator.normal(size=(count, 2))
    return (hidden @ generator.normal(size=(2, 4)) + [5, 0, -3, 1]).astype(np.float32)


def codes_and_copies(network, features):
    parts = list(make_encoder(network)(features))
    return [np.concatenate([part[k] for part in parts]) for k in (1, 2)]


def test_codes_come_batch_by_batch_in_the_order_of_the_events(monkeypatch):
    network, x = autoencoder(KEYS, (4,), 1), events(50)
    whole = codes_and_copies(network, x)
    monkeypatch.setattr("winnow.networks.batches.BATCH", 7)
    rows = [part[0] for part in make_encoder(network)(x)]
    assert [(own.start, own.stop) for own in rows][-1] == (49, 50)
    for one, other in zip(whole, codes_and_copies(network, x), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    # a graph sums in another order than single operations do
    np.testing.assert_allclose(whole[1], network(x), rtol=1e-5, atol=1e-6)


def test_a_code_gets_mean_0_and_spread_1_and_its_copies_stay():
    network, x = autoencoder(KEYS, (4,), 1), events()
    _, copies = codes_and_copies(network, x)
    standardise(network, x)
    codes, same = codes_and_copies(network, x)
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(codes.std(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(same, copies, atol=1e-5)


def test_a_number_of_the_code_that_says_nothing_stays_finite():
    network, x = autoencoder(Transform(bottleneck=2, layers=()), (4,), 1), events()
    kernel, bias = network.get_layer("code").get_weights()
    kernel[:, 1] = 0
    network.get_layer("code").set_weights([kernel, bias + 3])
    standardise(network, x)
    codes, _ = codes_and_copies(network, x)
    np.testing.assert_allclose(codes[:, 1], 0, atol=1e-6)
    assert codes[:, 0].std() == pytest.approx(1, abs=1e-5)


def trained(folder, checkpoint=None):
    folder.mkdir(exist_ok=True)
    x = events() - np.float32(1)
    data = TrainingData(x, x, np.linspace(-0.1, 2, len(x)), target="input")
    network = autoencoder(KEYS, (4,), 1)
    training = {**sections.TRAINING, "epochs": 6, "batch_size": 64, "learning_rate": 0.01}
    paths = folder / "best.weights.h5", folder / "last.weights.h5"
    others = () if checkpoint is None else (checkpoint,)
    history, _ = sections.trained(network, data, data, training, 1, *paths, Watch(), *others)
    return history, network, data


@pytest.mark.parametrize("stops", [1, 5])
def test_noise_goes_on_where_a_training_was_stopped(tmp_path, monkeypatch, stops):
    monkeypatch.setattr("winnow.training.loop.CALL_SECONDS", 1e-9)  # a few steps a call
    history, network, _ = trained(tmp_path / "whole")
    calls, state = [], {}
    checkpoint = Checkpoint(
        lambda: state.get("last"),
        lambda arrays, meta: state.update(last=(arrays, meta)),
        stop=lambda: calls.append(1) or len(calls) == stops,
    )
    with pytest.raises(TrainingStoppedError):
        trained(tmp_path / "cut", checkpoint)
    again, same, _ = trained(tmp_path / "cut", checkpoint)
    pd.testing.assert_frame_equal(again, history, check_exact=True)
    for one, other in zip(network.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_the_best_epochs_weights_are_taken(tmp_path):
    history, _, data = trained(tmp_path)
    loss = history["validation_loss"].min()
    assert restored_autoencoder(KEYS, 1, tmp_path / "best.weights.h5", data, loss)
    with pytest.raises(ModelError, match="The weights are not that epoch's"):
        restored_autoencoder(KEYS, 1, tmp_path / "best.weights.h5", data, 1.01 * loss)


@pytest.fixture
def saved(tmp_path):
    """A learned transform on disk, as `encode` leaves it."""
    x = events()
    normalisation = sections.fitted(x, NAMES, ["standard"])
    normalisation["fitted_on"] = {"events": len(x), "digest": "0" * 16}
    network = autoencoder(KEYS, (4,), 3)
    history = pd.DataFrame(
        {"epoch": [0], "loss": [0.7], "validation_loss": [0.7], "validation_penalty": [0.0]}
    )
    seeds = {"config": 1, "transform": 3}
    facts = training_facts({"transform": plain(KEYS)}, seeds, history, {})
    x[3, 1] = np.nan
    passport = transform_passport(network, x[:32], (UNITS, {}, normalisation), facts)
    write_json(passport, tmp_path / "passport.json")
    save_model(network, tmp_path / "autoencoder.keras")
    return network, tmp_path


def test_the_encoder_comes_back_from_file_and_passport(saved):
    network, folder = saved
    encoder, passport = read_encoder(folder / "autoencoder.keras", folder / "passport.json")
    x = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    np.testing.assert_allclose(encoder(x), codes_and_copies(network, x)[0], atol=1e-6)
    assert [own.name for own in encoder.layers] == ["features", "encoder_1", "code"]
    assert passport["golden"]["features"][3][1] is None
    assert np.shape(passport["golden"]["codes"]) == (32, 2)
    assert passport["fitted_on"]["events"] == 500
    assert passport["network_inputs"] == NAMES


def test_a_damaged_autoencoder_is_refused(saved):
    network, folder = saved
    network.set_weights([1.01 * own for own in network.get_weights()])
    save_model(network, folder / "autoencoder.keras")
    with pytest.raises(ModelError, match="does not reproduce the golden codes of its passport"):
        read_encoder(folder / "autoencoder.keras", folder / "passport.json")


def test_an_array_that_is_not_finished_is_not_there(tmp_path):
    with new_array(tmp_path / "a.npy", (4, 2), np.float32) as out:
        out[:] = 1
    assert read_array(tmp_path / "a.npy").sum() == 8

    def fail():
        with new_array(tmp_path / "b.npy", (4, 2), np.float32) as out:
            out[:] = 1
            raise ModelError("no")

    with pytest.raises(ModelError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
