"""A training that is left at each rung and taken up again ends as if it had never been left."""

import logging
import sys

import numpy as np
import pandas as pd
import pytest
from test_trainer import MODEL, TRAINING, gaussians

import sections
from winnow.job import JobLogger
from winnow.networks.devices import Devices
from winnow.study.keys.training import Training
from winnow.study.typed import made
from winnow.training.attempt import Attempt
from winnow.training.loop import Trainer
from winnow.training.progress import Watch
from winnow.training.run import Run
from winnow.training.trial import make_trial, outcome

ONE_CYCLE = {**TRAINING, "schedule": {**TRAINING["schedule"], "kind": "one_cycle"}}
PHASES = {**TRAINING, "phases": [{"epochs": 3}, {"epochs": 2, "optimizer": "sgd"}]}
DATA, VALIDATION = gaussians(730, 1), gaussians(510, 2)


class Saved:
    """A state in memory, as one on disk is kept."""

    def __init__(self):
        self.state, self.every, self.writes = None, np.inf, 0

    def load(self):
        return self.state

    def save(self, arrays, meta):
        self.state, self.writes = (arrays, meta), self.writes + 1

    def stop(self):
        return False


def trainer(training, checkpoint):
    run = Run(DATA, VALIDATION, made(Training, training), 1)
    network = sections.built({**MODEL, "dropout": 0.2}, 3, 2, 1)
    return Trainer(network, run, Watch(), checkpoint)


@pytest.mark.parametrize("training", [ONE_CYCLE, PHASES], ids=["one cycle", "phases"])
def test_rungs_end_with_the_bits_of_a_training_that_went_right_through(training):
    """The learning rate is that of all epochs, of which a rung sees the first."""
    whole = trainer(training, Saved())
    expected, _ = whole.train()
    assert len(expected) == 5
    kept = Saved()
    for epochs in (1, 3, None):
        own = trainer(training, kept)
        history, timing = own.train(epochs)
        pd.testing.assert_frame_equal(history, expected[:epochs], check_exact=True)
        assert len(timing) == len(history)
    for one, two in zip(whole.model.get_weights(), own.model.get_weights(), strict=True):
        assert one.tobytes() == two.tobytes()
    for one, two in zip(whole.best_weights, own.best_weights, strict=True):
        assert one.tobytes() == two.tobytes()


def test_a_rung_that_is_asked_for_again_tells_the_same_and_trains_nothing():
    kept = Saved()
    first, _ = trainer(TRAINING, kept).train(2)
    trainer(TRAINING, kept).train(4)
    writes = kept.writes
    again, _ = trainer(TRAINING, kept).train(2)
    pd.testing.assert_frame_equal(again, first, check_exact=True)
    assert kept.writes == writes


def tried(folder, training, epochs):
    import tensorflow as tf

    run = Run(DATA, VALIDATION, made(Training, training), 1)
    attempt = Attempt("trial-000", {"training": training}, {}, np.inf, False)
    devices = Devices(tf.distribute.get_strategy(), "float32", "")
    log = JobLogger(logging.getLogger("trial"), sys.stderr)
    return make_trial(
        attempt, folder, run, lambda: sections.built(MODEL, 3, 2, 1), devices, epochs, log
    )


def test_a_trial_goes_on_from_its_state_and_one_that_diverges_fails_no_job(tmp_path):
    first = tried(tmp_path / "state", TRAINING, 2)
    assert (first["epochs"], first["fault"]) == (2, "")
    last = tried(tmp_path / "state", TRAINING, None)
    assert last["epochs"] == 5
    assert last["loss"] <= first["loss"]
    assert last["wall_seconds"] > first["wall_seconds"]
    straight = tried(tmp_path / "other", TRAINING, None)
    assert (straight["loss"], straight["best_epoch"]) == (last["loss"], last["best_epoch"])
    wild = {**TRAINING, "optimizer": "sgd", "learning_rate": 1e38}
    diverged = tried(tmp_path / "wild", wild, 2)
    assert diverged["loss"] is None
    assert diverged["best_epoch"] is None
    assert "training diverged in epoch 0" in diverged["fault"]


def test_an_outcome_is_that_of_the_best_epoch_by_loss_and_penalty():
    history = pd.DataFrame(
        {"epoch": [0, 1, 2], "validation_loss": [3.0, 1.0, 2.0], "validation_penalty": [0, 2, 0.5]}
    )
    timing = pd.DataFrame(
        {"training_seconds": [1.0] * 3, "validation_seconds": [0.5] * 3, "cpu_seconds": [2.0] * 3}
    )
    assert outcome(history, timing) == {
        "epochs": 3,
        "loss": 2.5,
        "best_epoch": 2,
        "wall_seconds": 4.5,
        "cpu_seconds": 6.0,
        "fault": "",
    }
