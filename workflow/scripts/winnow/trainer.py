"""The training loop: compiled TensorFlow graph calls of about a second, and a state on disk.

Gathering, forward and backward pass and optimiser step run inside the graph, for as many steps as
fill about a second; where the calls are cut never changes a result. The loss optimised is
`Σ w·l / N` over a batch, with `w` the training weights, plus the penalties of the layers.

Runs with equal settings, seed, inputs and threads give identical bytes, killed and resumed or not.
With another number of threads the order of floating-point sums changes: the losses of an epoch
then differ by about 1e-6, relatively, and the difference grows as training goes on.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from winnow.errors import ModelError, WinnowError
from winnow.evaluation import TrainingData, batch_sums, evaluation, event_loss, make_evaluator
from winnow.identity import key
from winnow.optimizers import make_optimizer, momentum_setter
from winnow.schedules import learning_rates, momenta
from winnow.tables import atomic

CALL_SECONDS = 1.0

HISTORY_COLUMNS = (
    "epoch",
    "phase",
    "learning_rate",
    "loss",
    "mean_loss",
    "penalty",
    "accuracy",
    "validation_loss",
    "validation_mean_loss",
    "validation_accuracy",
)
_COUNTERS = ("phase", "phase_start", "epoch", "step", "seconds", "best_epoch", "counted_epoch")
TIMING_COLUMNS = ("epoch", "training_seconds", "validation_seconds", "events_per_second")


class TrainingStoppedError(WinnowError):
    """Training was asked to stop; its state is on disk, and the next attempt goes on from it."""


def phases(training: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings of each phase: those of `training`, with the phase's own over them."""
    common = {name: value for name, value in training.items() if name != "phases"}
    return [_over(common, phase) for phase in training["phases"] or [{}]]


def _over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**common, **own}
    for name in ("schedule", "early_stopping"):
        merged[name] = {**common[name], **own.get(name, {})}
    return merged


Steps = Callable[..., tuple[tf.Tensor, tf.Tensor]]


def make_steps(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    data: tuple[tf.Tensor, tf.Tensor, tf.Tensor],
    batch_size: int,
    label_smoothing: float = 0.0,
) -> Steps:
    """Return a function that trains some steps of an epoch in one compiled graph call.

    It takes the epoch's order of events (int32), the first step and the one after the last, the
    rate and momentum of each step, and the sums so far (float64: Σwl, Σw, Σw·correct, N, Σ penalty
    × N); it returns the sums, and the step whose loss was not finite (the call stops there, before
    the update), or -1.
    """
    features, labels, weights = data
    optimizer.build(model.trainable_variables)
    set_momentum = momentum_setter(optimizer)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((5,), tf.float64),
        ]
    )
    def steps(
        order: tf.Tensor,
        first: tf.Tensor,
        last: tf.Tensor,
        rates: tf.Tensor,
        momentum: tf.Tensor,
        sums: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        diverged = tf.constant(-1, tf.int32)
        for step in tf.range(first, last):
            chosen = order[step * batch_size : (step + 1) * batch_size]
            x, y, w = (tf.gather(array, chosen) for array in (features, labels, weights))
            optimizer.learning_rate.assign(rates[step - first])
            if set_momentum is not None:
                set_momentum(momentum[step - first])
            with tf.GradientTape() as tape:
                scores = model(x, training=True)
                losses = event_loss(y, scores, label_smoothing)
                penalty = tf.add_n(model.losses) if model.losses else tf.constant(0.0)
                loss = tf.reduce_mean(w * losses) + penalty
            if not tf.math.is_finite(loss):
                diverged = step
                break
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            share = tf.cast(tf.size(y), tf.float64) * tf.cast(penalty, tf.float64)
            sums += tf.concat([batch_sums(y, losses, scores, w), [share]], axis=0)
        return sums, diverged

    compiled: Steps = steps
    return compiled


@dataclass
class Progress:
    """Where training stands: all of it that is not in the model or the optimiser.

    Attributes:
        phase: index of the phase.
        phase_start: the phase's first epoch.
        epoch: the epoch that is being trained, counted over all phases.
        step: the epoch's next step.
        sums: the epoch's sums so far.
        seconds: the epoch's training seconds so far.
        best: lowest validation loss.
        best_epoch: its epoch; -1 before the first.
        counted: lowest validation loss of the phase that counted as better.
        counted_epoch: its epoch.
        history: rows of HISTORY_COLUMNS.
        timing: rows of TIMING_COLUMNS.
    """

    phase: int = 0
    phase_start: int = 0
    epoch: int = 0
    step: int = 0
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(5))
    seconds: float = 0.0
    best: float = np.inf
    best_epoch: int = -1
    counted: float = np.inf
    counted_epoch: int = 0
    history: list[list[float]] = field(default_factory=list)
    timing: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """How a training keeps its state.

    Attributes:
        load: returns the arrays and numbers of an earlier attempt, None where there are none.
        save: takes them.
        every: seconds between two states, at least.
        stop: whether training is to stop, after a last state.
    """

    load: Callable[[], tuple[dict[str, NDArray[Any]], dict[str, Any]] | None]
    save: Callable[[dict[str, NDArray[Any]], dict[str, Any]], None]
    every: float = 30.0
    stop: Callable[[], bool] = lambda: False


NO_CHECKPOINT = Checkpoint(load=lambda: None, save=lambda arrays, meta: None, every=np.inf)


class Trainer:
    """One training: the model, what it is trained on, and where it stands."""

    def __init__(
        self,
        model: keras.Model,
        training: TrainingData,
        validation: TrainingData,
        settings: Mapping[str, Any],
        seed: int,
        report: Callable[[str], None],
        checkpoint: Checkpoint = NO_CHECKPOINT,
    ) -> None:
        """Set up a training, or take up an earlier attempt's.

        Args:
            model: a built Keras model; changed in place.
            training: the events trained on.
            validation: the events whose loss chooses the best epoch.
            settings: the config's `training` section.
            seed: the run's seed.
            report: takes one line per epoch.
            checkpoint: how the state is kept.
        """
        self.model, self.seed, self.report, self.checkpoint = model, seed, report, checkpoint
        self.phases = phases(settings)
        self.count = len(training.labels)
        self.data = training.tensors()
        self.evaluate = make_evaluator(model, validation)
        self.progress = Progress()
        self.best_weights = model.get_weights()
        self.saved = time.monotonic()
        self.steps_per_second = 0.0
        state = checkpoint.load()
        if state is None:
            self._enter_phase()
        else:
            self._restore(*state)

    @property
    def phase(self) -> dict[str, Any]:
        """The settings of the present phase."""
        return self.phases[self.progress.phase]

    def run(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Train to the end and return history and timing, one row an epoch.

        Raises:
            ModelError: the loss is not finite.
            TrainingStoppedError: the checkpoint asked to stop.
        """
        while self.progress.phase < len(self.phases):
            self._train_epoch()
            self._finish_epoch()
            self._keep_state()
        history = pd.DataFrame(self.progress.history, columns=list(HISTORY_COLUMNS))
        timing = pd.DataFrame(self.progress.timing, columns=list(TIMING_COLUMNS))
        whole = {"epoch": np.int64}
        return history.astype({**whole, "phase": np.int64}), timing.astype(whole)

    def _enter_phase(self) -> None:
        self.optimizer = make_optimizer(self.phase)
        size, smoothing = self.phase["batch_size"], self.phase["label_smoothing"]
        self.steps = make_steps(self.model, self.optimizer, self.data, size, smoothing)
        self.steps_per_epoch = -(-self.count // size)
        self.steps_per_second = 0.0

    def _train_epoch(self) -> None:
        """Train what is left of the epoch, in calls of about CALL_SECONDS."""
        at = self.progress
        generator = np.random.Generator(np.random.Philox(key("permutation", self.seed, at.epoch)))
        order = tf.constant(generator.permutation(self.count).astype(np.int32))
        before = (at.epoch - at.phase_start) * self.steps_per_epoch
        total = self.phase["epochs"] * self.steps_per_epoch
        while at.step < self.steps_per_epoch:
            begin = time.perf_counter()
            # the first call traces the graph: a few steps, then as many as fill a call
            wanted = int(CALL_SECONDS * self.steps_per_second) or 8
            last = min(self.steps_per_epoch, at.step + wanted)
            rates = self._rates(before + at.step, before + last, total)
            moved = momenta(self.phase["schedule"], before + at.step, before + last, total)
            sums, diverged = self.steps(
                order,
                at.step,
                last,
                rates.astype(np.float32),
                np.zeros(0, np.float32) if moved is None else moved.astype(np.float32),
                at.sums,
            )
            if diverged.numpy() >= 0:
                self._raise_diverged(int(diverged.numpy()), rates[int(diverged.numpy()) - at.step])
            at.sums = sums.numpy()
            seconds = time.perf_counter() - begin
            if self.steps_per_second or last - at.step < 8:
                self.steps_per_second = (last - at.step) / seconds
            else:
                self.steps_per_second = 8.0  # tracing is not counted
            at.step, at.seconds = last, at.seconds + seconds
            if at.step < self.steps_per_epoch:
                self._keep_state()

    def _rates(self, first: int, last: int, total: int) -> NDArray[np.float64]:
        phase = self.phase
        return learning_rates(
            phase["schedule"], phase["learning_rate"], phase["decay"], first, last, total
        )

    def _finish_epoch(self) -> None:
        """Evaluate, record the epoch, keep the best, and go on to the next epoch or phase."""
        at, begin = self.progress, time.perf_counter()
        measured, checked = evaluation(at.sums), self.evaluate()
        validation_seconds = time.perf_counter() - begin
        if not np.isfinite(checked.loss):
            self._raise_diverged(self.steps_per_epoch - 1, float(self.optimizer.learning_rate))
        first = (at.epoch - at.phase_start) * self.steps_per_epoch
        rate = self._rates(first, first + 1, self.phase["epochs"] * self.steps_per_epoch)[0]
        penalty = float(at.sums[4] / at.sums[3])
        row = [at.epoch, at.phase, rate, measured.loss, measured.mean_loss, penalty]
        row += [measured.accuracy, checked.loss, checked.mean_loss, checked.accuracy]
        at.history.append(row)
        speed = self.count / at.seconds
        at.timing.append([at.epoch, at.seconds, validation_seconds, speed])
        if checked.loss < at.best:
            at.best, at.best_epoch = checked.loss, at.epoch
            self.best_weights = self.model.get_weights()
        stopping = self.phase["early_stopping"]
        if checked.loss < at.counted - stopping["min_delta"]:
            at.counted, at.counted_epoch = checked.loss, at.epoch
        last = at.phase_start + self.phase["epochs"] - 1
        self.report(
            f"epoch {at.epoch} of {last + 1}: loss {measured.loss:.6g}, validation loss "
            f"{checked.loss:.6g}, accuracy {checked.accuracy:.4f}, {speed:.3g} events/s, best "
            f"epoch {at.best_epoch} ({at.best:.6g}), "
            f"{(last - at.epoch) * (at.seconds + validation_seconds):.0f} s to go at most"
        )
        waited = at.epoch - at.counted_epoch
        at.epoch, at.step, at.sums, at.seconds = at.epoch + 1, 0, np.zeros(5), 0.0
        if at.epoch > last or (stopping["patience"] and waited >= stopping["patience"]):
            if at.epoch <= last:
                self.report(f"stopped early: no better validation loss in {waited} epochs")
            self._next_phase()

    def _next_phase(self) -> None:
        at = self.progress
        at.phase, at.phase_start = at.phase + 1, at.epoch
        at.counted, at.counted_epoch = np.inf, at.epoch
        if at.phase < len(self.phases):
            self.model.set_weights(self.best_weights)
            self._enter_phase()

    def _raise_diverged(self, step: int, rate: float) -> None:
        largest = max(float(np.max(np.abs(w))) for w in self.model.get_weights() if w.size)
        raise ModelError(
            f"training diverged in epoch {self.progress.epoch} at step {step} of "
            f"{self.steps_per_epoch}, learning rate {rate:g}: the loss is not finite, the largest "
            f"weight is {largest:.4g}. Lower training.learning_rate, set training.clip_norm, or "
            "check the features for extreme values."
        )

    def _keep_state(self) -> None:
        """Write the state if it is time to, or if training is to stop."""
        stop = self.checkpoint.stop()
        if not stop and time.monotonic() - self.saved < self.checkpoint.every:
            return
        self.checkpoint.save(*self._state())
        self.saved = time.monotonic()
        if stop:
            at = self.progress
            raise TrainingStoppedError(
                f"training was asked to stop in epoch {at.epoch} at step {at.step}; its state is "
                "saved, and the next attempt goes on from there."
            )

    def _state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        at = self.progress
        arrays = {
            **_numbered("model", [v.numpy() for v in self.model.variables]),
            **_numbered("optimizer", [v.numpy() for v in self.optimizer.variables]),
            **_numbered("best", self.best_weights),
            "sums": at.sums,
            "history": np.array(at.history, np.float64).reshape(-1, len(HISTORY_COLUMNS)),
            "timing": np.array(at.timing, np.float64).reshape(-1, len(TIMING_COLUMNS)),
            "losses": np.array([at.best, at.counted]),
        }
        return arrays, {name: getattr(at, name) for name in _COUNTERS}

    def _restore(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        self.progress = Progress(
            **{name: meta[name] for name in _COUNTERS},
            best=float(arrays["losses"][0]),
            counted=float(arrays["losses"][1]),
            sums=arrays["sums"],
            history=arrays["history"].tolist(),
            timing=arrays["timing"].tolist(),
        )
        self.best_weights = _listed("best", arrays)
        if self.progress.phase < len(self.phases):
            self._enter_phase()
            for variable, value in zip(
                self.optimizer.variables, _listed("optimizer", arrays), strict=True
            ):
                variable.assign(value)
        for variable, value in zip(self.model.variables, _listed("model", arrays), strict=True):
            variable.assign(value)
        self.report(f"going on in epoch {self.progress.epoch} at step {self.progress.step}")


def _numbered(name: str, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{name}-{position:04d}": array for position, array in enumerate(arrays)}


def _listed(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    return [arrays[entry] for entry in sorted(arrays) if entry.startswith(f"{name}-")]


def save_weights(model: keras.Model, path: str | Path) -> None:
    """Write a model's weights to `path` (`*.weights.h5`), whole or not at all."""
    with atomic(path, ".weights.h5") as temporary:
        model.save_weights(temporary)


def train(
    model: keras.Model,
    training: TrainingData,
    validation: TrainingData,
    settings: Mapping[str, Any],
    seed: int,
    best_path: str | Path,
    last_path: str | Path,
    report: Callable[[str], None],
    checkpoint: Checkpoint = NO_CHECKPOINT,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train a model and write the weights of its best and of its last epoch.

    Args:
        model: a built Keras model; changed in place, left with the best epoch's weights.
        training: the events trained on.
        validation: the events whose loss chooses the best epoch.
        settings: the config's `training` section.
        seed: the run's seed.
        best_path: where the weights with the lowest validation loss go (`*.weights.h5`).
        last_path: where the weights of the last epoch go.
        report: takes one line per epoch.
        checkpoint: how the state is kept.

    Returns:
        The history, one row an epoch (counted from 0), deterministic; and the seconds and events
        per second of each epoch.

    Raises:
        ModelError: the loss is not finite.
        TrainingStoppedError: the checkpoint asked to stop.
    """
    trainer = Trainer(model, training, validation, settings, seed, report, checkpoint)
    history, timing = trainer.run()
    save_weights(model, last_path)
    model.set_weights(trainer.best_weights)
    save_weights(model, best_path)
    return history, timing
