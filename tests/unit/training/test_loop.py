"""The loop alone, on losses that are given: what it keeps, when it stops, what each step is told.

Steps are stood in for by some that add 1 to every weight and write down what they were given,
evaluations by losses from a list: weights tell which epoch they are of, whole numbers all.
"""

import math
from itertools import chain
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import sections
from winnow.errors import ModelError
from winnow.training import loop
from winnow.training.evaluation import Evaluation, TrainingData
from winnow.training.progress import HISTORY_COLUMNS, Watch
from winnow.training.run import TrainingStoppedError
from winnow.training.state import Checkpoint

EVENTS, BATCH, STEPS = 10, 4, 3
TRAINING = {
    **sections.TRAINING,
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "batch_size": BATCH,
    "epochs": 4,
}


def numbered(count=EVENTS):
    """Events whose first feature is their number; the weights are 1, 2, 1, 2, …"""
    features = np.zeros((count, 2), np.float32)
    features[:, 0] = np.arange(count)
    return TrainingData(features, np.zeros(count, np.int32), 1.0 + np.arange(count) % 2)


VALIDATION = numbered(3)


class Driven:
    """A training whose steps and evaluations are stood in for."""

    def __init__(self, monkeypatch, losses, events=EVENTS, diverges=None):
        """`losses`: those of validation, by epoch; `diverges`: at which of all steps."""
        self.losses, self.data, self.diverges = losses, numbered(events), diverges
        self.steps, self.orders, self.compiled, self.evaluated = [], [], [], 0
        self.lines, self.rows, self.statuses, self.saved = [], [], [], []
        monkeypatch.setattr(loop, "compile_steps", self._compile)
        monkeypatch.setattr(loop, "make_evaluator", self._make_evaluator)

    def _compile(self, model, optimizer, layout, size, smoothing, how):
        optimizer.build(model.trainable_variables)
        self.compiled.append((type(optimizer).__name__, size, smoothing))

        def steps(data, order, first, last, rates, momenta, sums):
            features, _, weights = data
            self.orders.append(order.numpy())
            for step in range(first, last):
                if len(self.steps) == self.diverges:
                    return tf.constant(sums), tf.constant(step)
                chosen = order.numpy()[step * size : (step + 1) * size]
                moved = float(momenta[step - first]) if len(momenta) else None
                met = features.numpy()[chosen, 0].astype(int).tolist()
                rate = float(rates[step - first])
                self.steps.append((met, rate, moved, int(optimizer.iterations.numpy())))
                optimizer.iterations.assign_add(1)
                for variable in model.trainable_variables:
                    variable.assign_add(tf.ones_like(variable))
                weight = weights.numpy()[chosen].sum()
                # a loss of 2, three of four right, a penalty of 0.25
                sums = sums + np.array([2.0, 1.0, 0.75, 0, 0]) * weight
                sums = sums + np.array([0, 0, 0, 1.0, 0.25]) * len(chosen)
            return tf.constant(sums), tf.constant(-1)

        return steps

    def _make_evaluator(self, model, data, threads, in_memory):
        assert data is VALIDATION

        def evaluate():
            self.evaluated += 1
            loss = float(self.losses[self.evaluated - 1])
            return Evaluation(loss, loss + 100, loss + 200)

        return evaluate

    def train(self, folder, settings, checkpoint=None, seed=1):
        """Train a network whose weights are 0; return history, timing and both files' weights."""
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
        paths = folder / "best.weights.h5", folder / "last.weights.h5"
        watch = Watch(self.lines.append, self.statuses.append, self.rows.append)
        given = () if checkpoint is None else (checkpoint,)
        settings = {**TRAINING, **settings}
        samples = self.data, VALIDATION
        tables = sections.trained(model, *samples, settings, seed, *paths, watch, *given)
        self.left = int(model.get_weights()[0][0, 0])
        return *tables, *(weights_of(model, path) for path in paths)

    def checkpoint(self, polls=math.inf, every=math.inf):
        """Return a checkpoint in memory that asks to stop after some polls."""

        def stop():
            nonlocal polls
            polls -= 1
            return polls < 0

        return Checkpoint(
            load=lambda: self.saved[-1] if self.saved else None,
            save=lambda *state: self.saved.append(state),
            every=every,
            stop=stop,
        )


def weights_of(model, path):
    """Return the one number that all weights of a file are."""
    model.load_weights(path)
    values = np.concatenate([weight.ravel() for weight in model.get_weights()])
    assert len(set(values)) == 1
    return float(values[0])


def patience(epochs, patience=0, min_delta=0.0, **more):
    return {"epochs": epochs, "early_stopping": {"patience": patience, "min_delta": min_delta}} | {
        **more
    }


# phases, losses → epochs of each phase, best epoch, weights of the best file and of the last
STOPS = {
    "an equal loss is no better one": (
        [patience(9, 2)], [3, 3, 3], [3], 0, 3, 9),
    "to the end without patience": (
        [patience(5)], [1, 2, 3, 4, 5], [5], 0, 3, 15),
    "patience counts from the last better one": (
        [patience(9, 2)], [5, 6, 4, 5, 3, 4, 4], [7], 4, 15, 21),
    "exactly min_delta is not enough": (
        [patience(9, 2, 0.25)], [1, 0.75, 0.75], [3], 1, 6, 9),
    "small steps together are enough": (
        [patience(9, 3, 0.25)], [1, 0.875, 0.75, 0.625, 0.5, 0.5, 0.5], [7], 4, 15, 21),
    "the last epoch may be the best": (
        [patience(3, 3)], [3, 2, 1], [3], 2, 9, 9),
    "a phase counts anew, and the best of all is kept": (
        [patience(2), patience(9, 2)], [1, 0.5, 4, 3, 2, 2, 2], [2, 5], 1, 6, 21),
    "what a phase waited does not count in the next": (
        [patience(3, 9), patience(9, 2)], [1, 2, 2, 3, 4, 4], [3, 3], 0, 3, 12),
    "a phase that stops early takes none of the next one's epochs": (
        [patience(9, 1), patience(2), patience(3)], [1, 1, 2, 2, 0, 2, 2], [2, 2, 3], 4, 6, 12),
}  # fmt: skip


@pytest.mark.parametrize("case", STOPS)
def test_a_phase_stops_where_its_losses_say_and_the_best_weights_are_kept(
    monkeypatch, tmp_path, case
):
    phases, losses, epochs, best, best_weights, last_weights = STOPS[case]
    own = Driven(monkeypatch, losses)
    history, timing, kept, last = own.train(tmp_path, {"phases": phases})
    assert history["phase"].tolist() == np.repeat(range(len(epochs)), epochs).tolist()
    assert history["epoch"].tolist() == timing["epoch"].tolist() == list(range(len(losses)))
    assert history["validation_loss"].tolist() == losses
    # every step adds 1, and a phase begins from the best weights
    assert (kept, last, own.left) == (best_weights, last_weights, best_weights)
    stopped = sum("stopped early" in line for line in own.lines)
    planned = [phase["epochs"] for phase in phases]
    assert stopped == sum(a < b for a, b in zip(epochs, planned, strict=True))
    assert f"best epoch {best} " in [line for line in own.lines if line.startswith("epoch")][-1]


def test_a_row_of_the_history_says_what_its_columns_say(monkeypatch, tmp_path):
    own = Driven(monkeypatch, [7, 5])
    history, *_ = own.train(tmp_path, {"epochs": 2})
    expected = {
        "epoch": [0, 1],
        "phase": [0, 0],
        "learning_rate": [0.5, 0.5],
        "loss": [2 * 15 / EVENTS] * 2,  # Σw·l / N: the weights sum to 15
        "mean_loss": [2.0, 2.0],
        "penalty": [0.25, 0.25],
        "accuracy": [0.75, 0.75],
        "validation_loss": [7, 5],
        "validation_mean_loss": [107, 105],
        "validation_penalty": [0, 0],
        "validation_accuracy": [207, 205],
    }
    assert list(expected) == list(HISTORY_COLUMNS)
    pd.testing.assert_frame_equal(history, pd.DataFrame(expected), check_dtype=False)
    assert own.rows == history.to_dict("records")
    assert sum(line.startswith("epoch ") for line in own.lines) == 2


SHAPED = {
    "early_stopping": {"patience": 1, "min_delta": 0.0},
    "phases": [
        {"epochs": 4, "learning_rate": 0.5, "decay": 0.125, "label_smoothing": 0.25,
         "schedule": {"kind": "linear", "final": 0.25}},
        {"epochs": 3, "learning_rate": 2.0, "average_from": 1, "optimizer": "sgd", "momentum": 0.5,
         "schedule": {"kind": "one_cycle", "start": 0.5, "rise": 0.25, "annihilate": 0.25,
                      "final": 0.125, "momentum_high": 0.75, "momentum_low": 0.25}},
    ],
}  # fmt: skip
SHAPED_LOSSES = [3, 2, 2, 9, 8, 7]


def shaped_rates():
    """Rates and momenta of all steps, by numpy: of 12 steps 9 before the first phase stops."""
    steps = np.arange(9)
    first = np.linspace(0.5, 0.125, 12)[:9] / (1 + 0.125 * steps)
    corners, steps = [0, 2, 6, 8], np.arange(9)
    second = np.interp(steps, corners, [1.0, 2.0, 1.0, 0.25])
    momenta = np.interp(steps, corners, [0.75, 0.25, 0.75, 0.75])
    return [*first, *second], [None] * 9 + [*momenta]


def test_every_step_has_the_rate_and_momentum_of_its_place_in_the_phase(monkeypatch, tmp_path):
    own = Driven(monkeypatch, SHAPED_LOSSES)
    history, *_ = own.train(tmp_path, SHAPED)
    rates, momenta = shaped_rates()
    assert [step[1] for step in own.steps] == pytest.approx(rates, rel=1e-6)
    assert [step[2] for step in own.steps][:9] == momenta[:9]
    assert [step[2] for step in own.steps][9:] == pytest.approx(momenta[9:], rel=1e-6)
    # an epoch's rate is that of its first step
    assert history["learning_rate"].tolist() == pytest.approx(rates[::STEPS], rel=1e-12)
    assert own.compiled == [("SGD", BATCH, 0.25), ("ScheduledSGD", BATCH, 0.0)]
    # each phase has an optimiser of its own
    assert [step[3] for step in own.steps] == [*range(9), *range(9)]


def told(own):
    """What all steps and epochs of a training were, times aside."""
    return own.steps, own.rows, own.compiled[-1], own.evaluated


@pytest.mark.parametrize("budget", [10**9, 512])
def test_a_training_stopped_anywhere_goes_on_to_the_same_steps(monkeypatch, tmp_path, budget):
    """In memory, and streamed in windows of two batches; calls of eight steps."""
    monkeypatch.setattr(loop, "CALL_SECONDS", 1e-9)
    monkeypatch.setattr(loop, "MEGABYTE", 1)
    settings = {**SHAPED, "memory_budget": budget}
    whole = Driven(monkeypatch, SHAPED_LOSSES, events=38)  # ten steps an epoch
    history, timing, *files = whole.train(tmp_path, settings)
    assert ("streamed" in whole.lines[0]) == (budget == 512)
    for polls in range(100):
        own = Driven(monkeypatch, SHAPED_LOSSES, events=38)
        try:
            own.train(tmp_path, settings, own.checkpoint(polls))
        except TrainingStoppedError:
            assert len(own.saved) == 1
        else:
            break
        again, when, *found = own.train(tmp_path, settings, own.checkpoint())
        assert told(own) == told(whole)
        assert found == files
        pd.testing.assert_frame_equal(again, history, check_exact=True)
        assert when["epoch"].tolist() == timing["epoch"].tolist()
    assert polls == (12 if budget > 512 else 30)


def test_an_epoch_meets_every_event_once_in_an_order_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "MEGABYTE", 1)
    for budget, windows in ((10**9, 1), (640, 5)):
        met = {}
        for seed in (1, 2):
            own = Driven(monkeypatch, [1, 1], events=38)
            own.train(tmp_path, {"epochs": 2, "memory_budget": budget}, seed=seed)
            batches = [step[0] for step in own.steps]
            assert [len(batch) for batch in batches] == [*[BATCH] * 9, 2] * 2
            for epoch in (0, 1):
                met[seed, epoch] = list(chain(*batches[epoch * 10 : epoch * 10 + 10]))
                assert sorted(met[seed, epoch]) == list(range(38))
            # of equal windows none is ordered like another
            assert len({tuple(order) for order in own.orders}) == 2 * windows
        assert len({tuple(events) for events in met.values()}) == 4


@pytest.mark.parametrize("budget", [10**9, 640])
def test_a_phase_has_a_batch_size_and_an_optimiser_of_its_own(monkeypatch, tmp_path, budget):
    monkeypatch.setattr(loop, "MEGABYTE", 1)
    phases = [{"epochs": 1}, {"epochs": 2, "batch_size": 10, "optimizer": "adam"}]
    own = Driven(monkeypatch, [3, 2, 1], events=38)
    own.train(tmp_path, {"phases": phases, "memory_budget": budget})
    assert own.compiled == [("SGD", 4, 0.0), ("Adam", 10, 0.0)]
    batches = [step[0] for step in own.steps]
    assert [len(batch) for batch in batches] == [*[4] * 9, 2, *[10, 10, 10, 8] * 2]
    for first, last in ((0, 10), (10, 14), (14, 18)):
        assert sorted(chain(*batches[first:last])) == list(range(38))


def test_data_is_held_where_both_samples_fit_the_budget_and_streamed_beyond(monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "MEGABYTE", 1)
    size = (EVENTS + 3) * (2 * 4 + 8)
    for budget, where in ((size, "held in memory"), (size - 1, "streamed")):
        own = Driven(monkeypatch, [1])
        own.train(tmp_path, {"epochs": 1, "memory_budget": budget})
        assert own.lines[0].endswith(where)


def test_the_mean_of_the_epochs_ends_is_kept_and_training_goes_on_from_its_own(
    monkeypatch, tmp_path
):
    # three steps an epoch: the ends of epochs 2, 3, 4 and 5 are 9, 12, 15 and 18
    for losses, mean in (([9, 8, 7, 6, 5, 5], 12.0), ([9, 8, 7, 6, 5, 4], 13.5)):
        own = Driven(monkeypatch, losses)
        _, _, kept, last = own.train(tmp_path, {"epochs": 6, "average_from": 2})
        assert (kept, last) == (mean, 18.0)
    # the next phase begins from the mean, 13.5 after the first, and has one of its own:
    # epochs end at 16.5, 19.5 and 22.5
    phases = [{"epochs": 6, "average_from": 2}, {"epochs": 3, "average_from": 1}]
    own = Driven(monkeypatch, [9, 8, 7, 6, 5, 4, 4, 4, 3])
    _, _, kept, last = own.train(tmp_path, {"phases": phases})
    assert (kept, last) == (21.0, 22.5)


def ticking():
    """Return clocks that are a second later at each look."""
    names = ("monotonic", "perf_counter", "process_time")
    return SimpleNamespace(**{name: iter(np.arange(1000.0)).__next__ for name in names})


def test_a_state_is_written_when_it_is_time_and_once_at_the_end(monkeypatch, tmp_path):
    own = Driven(monkeypatch, [3, 2, 1])
    history, timing, *files = own.train(tmp_path, {"epochs": 3}, own.checkpoint())
    assert [meta["finished"] for _, meta in own.saved] == [True]
    # asked for again it ends at once, as before, and writes no state
    again, when, *found = own.train(tmp_path, {"epochs": 3}, own.checkpoint())
    assert (own.evaluated, len(own.saved), found) == (3, 1, files)
    assert own.lines[-1] == "going on after its end"
    pd.testing.assert_frame_equal(again, history, check_exact=True)
    pd.testing.assert_frame_equal(when, timing, check_exact=True)
    # a second passes between two looks at the clock: one after each epoch, and one after a state
    own = Driven(monkeypatch, [3] * 8)
    monkeypatch.setattr(loop, "time", ticking())
    own.train(tmp_path, {"epochs": 8}, own.checkpoint(every=2.5))
    assert [meta["epoch"] for _, meta in own.saved] == [3, 6, 8]


def test_seconds_are_those_of_each_epoch_alone(monkeypatch, tmp_path):
    """Every look at a clock takes 1 s: a call lasts 1 s, and so does an evaluation."""
    monkeypatch.setattr(loop, "CALL_SECONDS", 1e-9)  # calls of eight steps
    monkeypatch.setattr(loop, "time", ticking())
    own = Driven(monkeypatch, [1, 1], events=80)  # twenty steps an epoch, three calls
    _, timing, *_ = own.train(tmp_path, {"epochs": 2})
    assert timing.to_dict("list") == {
        "epoch": [0, 1],
        "training_seconds": [3, 3],
        "validation_seconds": [1, 1],
        "cpu_seconds": [4, 4],
        "events_per_second": [80 / 3, 80 / 3],
    }
    assert [line for line in own.lines if line.startswith("epoch")] == [
        "epoch 0 of 2: loss 3, validation loss 1, accuracy 201.0000, 26.7 events/s, best epoch 0 "
        "(1), 4 s to go at most",
        "epoch 1 of 2: loss 3, validation loss 1, accuracy 201.0000, 26.7 events/s, best epoch 0 "
        "(1), 0 s to go at most",
    ]
    assert [status.done for status in own.statuses] == [0.4, 0.8, 1.0] * 2
    for status in own.statuses:
        left = status.seconds_left * status.events_per_second
        assert left == pytest.approx((status.epochs - status.epoch - status.done) * 80)


def test_a_status_tells_the_epoch_so_far_and_the_one_before(monkeypatch, tmp_path):
    own = Driven(monkeypatch, [3, 1, 2, 5], events=40)
    own.train(tmp_path, {"phases": [{"epochs": 3}, {"epochs": 1}]})
    found = [(s.epoch, s.epochs, s.done, s.best, s.best_epoch) for s in own.statuses]
    # the first call is one of eight steps, so as not to be long in tracing
    ends = [(0, 3, 0.8, np.inf, -1), (0, 3, 1.0, np.inf, -1), (1, 3, 1.0, 3, 0), (2, 3, 1.0, 1, 1)]
    assert [row for row in found if row[0] == 0] == ends[:2]
    last = {epoch: row for epoch, *row in found}
    assert last == {
        0: [3, 1.0, np.inf, -1], 1: [3, 1.0, 3, 0], 2: [3, 1.0, 1, 1], 3: [4, 1.0, 1, 1],
    }  # fmt: skip
    for status, met in ((own.statuses[0], own.steps[:8]), (own.statuses[1], own.steps[:10])):
        weights = [1 + event % 2 for step in met for event in step[0]]
        assert status.loss == 2 * np.mean(weights)
    before = [(s.epoch, s.validation_loss) for s in own.statuses if s.done == 1.0]
    assert np.isnan(before[0][1])
    assert before[1:] == [(1, 3), (2, 1), (3, 2)]


def test_a_divergence_names_its_place_and_keeps_the_best_weights_there_are(monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "MEGABYTE", 1)
    good = tmp_path / "last-good.weights.h5"
    # windows of two steps, ten an epoch: steps 4 and 15 of all
    linear = {"schedule": {"kind": "linear", "final": 0.0}, "memory_budget": 544, "epochs": 2}
    own = Driven(monkeypatch, [3, 2], events=38, diverges=5)
    with pytest.raises(ModelError, match=r"in epoch 0 at step 5 of 10, learning rate 0.368421:"):
        own.train(tmp_path, linear)
    assert not good.exists()
    own = Driven(monkeypatch, [3, 2], events=38, diverges=15)
    where = "in epoch 1 at step 5 of 10, learning rate 0.105263:.* weights of epoch 0 are kept"
    with pytest.raises(ModelError, match=where):
        own.train(tmp_path, linear)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert weights_of(model, good) == 10
    own = Driven(monkeypatch, [3, 2, np.nan])
    with pytest.raises(ModelError, match=r"in epoch 2 at step 2 of 3, .* weights of epoch 1 are"):
        own.train(tmp_path, {"epochs": 3})
    assert weights_of(model, good) == 6
    Driven(monkeypatch, [3]).train(tmp_path, {"epochs": 1})
    assert not good.exists()
