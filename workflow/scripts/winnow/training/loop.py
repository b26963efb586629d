"""The training loop: compiled TensorFlow graph calls of about a second, and a state on disk.

Gathering, forward and backward pass and optimiser step run inside the graph, for as many steps as
fill about a second; where the calls are cut never changes a result. The loss optimised is
`Σ w·l / N` over a batch, with `w` the training weights, plus the penalties of the layers. Data that
exceeds the memory budget is streamed (`winnow.training.windows`); an epoch then meets the events in
another order than in memory, one that follows from seed, epoch and budget.

With `average_from`, from that epoch of a phase on the weights evaluated and kept are the mean of
those at the epochs' ends (stochastic weight averaging, Izmailov et al., arXiv:1803.05407), with the
statistics of batch normalisation taken anew for them (`winnow.training.batch_statistics`, a pass
over the training events); the training itself goes on from its own.

Runs with equal settings, seed, inputs and threads give identical bytes, killed and resumed or not.
With another number of threads the order of floating-point sums changes: the losses of an epoch
then differ by about 1e-6, relatively, and the difference grows as training goes on.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from winnow.study.keys.training import Phase, phases
from winnow.training.batch_statistics import make_statistics
from winnow.training.decorrelation import Decorrelate, make_penalty
from winnow.training.evaluation import Tensors, evaluation, make_evaluator
from winnow.training.optimizers import make_optimizer
from winnow.training.progress import (
    COUNTERS,
    HISTORY_COLUMNS,
    TIMING_COLUMNS,
    Progress,
    Status,
    Watch,
)
from winnow.training.run import DivergedError, Run, TrainingStoppedError
from winnow.training.schedules import learning_rates, momenta
from winnow.training.state import NO_CHECKPOINT, Checkpoint
from winnow.training.steps import Augment, Computing, compile_steps, parts_of
from winnow.training.windows import BLOCK, permutation, prefetched, window_events, window_rows

CALL_SECONDS = 1.0
MEGABYTE = 1_000_000


class Trainer:
    """One training: the model, what it is trained on, and where it stands."""

    def __init__(
        self,
        model: keras.Model,
        run: Run,
        watch: Watch,
        checkpoint: Checkpoint = NO_CHECKPOINT,
    ) -> None:
        """Set up a training, or take up an earlier attempt's.

        Args:
            model: a built Keras model; changed in place.
            run: what it is trained on, and how.
            watch: who is told.
            checkpoint: how the state is kept.
        """
        self.model, self.seed, self.watch, self.checkpoint = model, run.seed, watch, checkpoint
        settings, training, validation = run.settings, run.training, run.validation
        self.compute, self.threads = run.compute, settings.threads
        drawing = settings.augmentation
        self.augment = Augment(drawing, run.seed) if drawing.acts else None
        self.decorrelation, self.signal = settings.decorrelation, run.signal
        self.penalty: Callable[[], float] = float
        if settings.decorrelation.acts:
            whole = Decorrelate(settings.decorrelation.strength, run.signal)
            self.penalty = make_penalty(model, validation, whole, run.seed)
        self.phases = phases(settings)
        self.training, self.count = training, training.count
        self.budget = settings.memory_budget * MEGABYTE
        size = (self.count + validation.count) * training.layout.event_bytes
        in_memory = size <= self.budget
        watch.report(
            f"{size / MEGABYTE:.0f} MB of events against training.memory_budget of "
            f"{settings.memory_budget} MB: {'held in memory' if in_memory else 'streamed'}"
        )
        self.tensors = training.tensors() if in_memory else None
        self.evaluate = make_evaluator(model, validation, self.threads, in_memory)
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
    def finished(self) -> bool:
        """Whether all phases are trained."""
        return self.progress.phase == len(self.phases)

    @property
    def phase(self) -> Phase:
        """The settings of the present phase."""
        return self.phases[self.progress.phase]

    def train(self, epochs: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Train to the end and return history and timing, one row an epoch.

        Args:
            epochs: after so many epochs of all phases together, training is left where it is; its
                state is kept, and who goes on from that ends as if it had never been left.

        Raises:
            DivergedError: the loss is not finite.
            TrainingStoppedError: the checkpoint asked to stop.
        """
        asked_for_again = self._ended(epochs)
        while not self._ended(epochs):
            self._train_epoch()
            self._finish_epoch()
            self._keep_state()
        if not asked_for_again:
            self.checkpoint.save(*self._state())
        return self.tables(epochs)

    def tables(self, epochs: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return history and timing, one row an epoch, of all that there were or of the first."""
        history = pd.DataFrame(self.progress.history[:epochs], columns=list(HISTORY_COLUMNS))
        timing = pd.DataFrame(self.progress.timing[:epochs], columns=list(TIMING_COLUMNS))
        whole = {"epoch": np.int64}
        return history.astype({**whole, "phase": np.int64}), timing.astype(whole)

    def _ended(self, epochs: int | None) -> bool:
        return self.finished or (epochs is not None and self.progress.epoch >= epochs)

    def _enter_phase(self) -> None:
        self.optimizer = make_optimizer(self.phase)
        size = self.phase.batch_size
        self.steps_per_epoch = -(-self.count // size)
        parts, decorrelate = 1, None
        if self.decorrelation.acts:  # in one part: several have fewer pairs than the batch
            warm_up = self.decorrelation.warm_up * self.steps_per_epoch
            decorrelate = Decorrelate(self.decorrelation.strength, self.signal, warm_up)
        else:
            parts = parts_of(self.model, size, self.threads)
        self.how = Computing(parts, self.compute, self.augment, decorrelate)
        self.steps = compile_steps(
            self.model,
            self.optimizer,
            self.training.layout,
            size,
            self.phase.label_smoothing,
            self.how,
        )
        self.window = self.count
        if self.tensors is None:
            self.window = window_events(
                self.count, self.training.layout.event_bytes, self.budget, size
            )
        self.steps_per_second = 0.0
        if self.phase.average_from:
            held = None if self.tensors is None else self.tensors[0]
            self.renew_statistics = make_statistics(self.model, self.training, size, held)

    def _train_epoch(self) -> None:
        """Train what is left of the epoch, in calls of about CALL_SECONDS."""
        at = self.progress
        steps_per_window = -(-self.window // self.phase.batch_size)
        first_window = at.step // steps_per_window
        for number, (data, order) in enumerate(self._windows(first_window), start=first_window):
            end = min((number + 1) * steps_per_window, self.steps_per_epoch)
            while at.step < end:
                self._train_call(data, order, number * steps_per_window, end)

    def _windows(self, first: int) -> Iterator[tuple[Tensors, tf.Tensor]]:
        """Yield the epoch's windows from one on, each with the order of its events."""
        words = self.seed, self.progress.epoch
        if self.tensors is not None:
            yield self.tensors, tf.constant(permutation(self.count, *words))
            return
        blocks = permutation(-(-self.count // BLOCK), *words, "blocks")

        def load(number: int) -> tuple[Tensors, tf.Tensor]:
            rows = window_rows(self.count, self.window, number, blocks)
            order = permutation(len(rows), *words, "window", number)
            return self.training.tensors(rows), tf.constant(order)

        windows = range(first, -(-self.count // self.window))
        yield from prefetched([partial(load, number) for number in windows])

    def _train_call(self, data: Tensors, order: tf.Tensor, offset: int, end: int) -> None:
        """Train some steps of a window that begins with step `offset` and ends before `end`."""
        at, begin, processor = self.progress, time.perf_counter(), time.process_time()
        # the first call traces the graph: a few steps, then as many as fill a call
        wanted = int(CALL_SECONDS * self.steps_per_second) or 8
        last = min(end, at.step + wanted)
        before = (at.epoch - at.phase_start) * self.steps_per_epoch
        total = self.phase.epochs * self.steps_per_epoch
        rates = self._rates(before + at.step, before + last, total)
        moved = momenta(self.phase.schedule, before + at.step, before + last, total)
        sums, diverged = self.steps(
            data,
            order,
            at.step - offset,
            last - offset,
            rates.astype(np.float32),
            np.zeros(0, np.float32) if moved is None else moved.astype(np.float32),
            at.sums,
            *([at.epoch * self.steps_per_epoch + offset] if self.how.counts else []),
        )
        if diverged.numpy() >= 0:
            step = int(diverged.numpy()) + offset
            self._raise_diverged(step, rates[step - at.step])
        at.sums = sums.numpy()
        seconds = time.perf_counter() - begin
        if self.steps_per_second or last - at.step < 8:
            self.steps_per_second = (last - at.step) / seconds
        else:
            self.steps_per_second = 8.0  # tracing is not counted
        at.step, at.seconds = last, at.seconds + seconds
        at.cpu_seconds += time.process_time() - processor
        self.watch.status(self._status())
        if at.step < self.steps_per_epoch:
            self._keep_state()

    def _status(self) -> Status:
        at = self.progress
        epochs, done = at.phase_start + self.phase.epochs, at.step / self.steps_per_epoch
        return Status(
            at.epoch,
            epochs,
            done,
            at.sums[0] / at.sums[3],
            at.history[-1][HISTORY_COLUMNS.index("validation_loss")] if at.history else np.nan,
            at.sums[3] / at.seconds,
            (epochs - at.epoch - done) * at.seconds / done,
            at.best,
            at.best_epoch,
        )

    def _rates(self, first: int, last: int, total: int) -> NDArray[np.float64]:
        phase = self.phase
        return learning_rates(phase.schedule, phase.learning_rate, phase.decay, first, last, total)

    def _finish_epoch(self) -> None:
        """Evaluate, record the epoch, keep the best, and go on to the next epoch or phase."""
        at, begin, processor = self.progress, time.perf_counter(), time.process_time()
        trained = self.model.get_weights()
        kept = self._averaged(trained)
        if kept is not trained:
            self.model.set_weights(kept)
            self.renew_statistics()
            kept = self.model.get_weights()
        measured, checked, told = evaluation(at.sums), self.evaluate(), self.penalty()
        total = checked.loss + told
        validation_seconds = time.perf_counter() - begin
        at.cpu_seconds += time.process_time() - processor
        if not np.isfinite(total):
            self._raise_diverged(self.steps_per_epoch - 1, float(self.optimizer.learning_rate))
        if kept is not trained:
            self.model.set_weights(trained)
        first = (at.epoch - at.phase_start) * self.steps_per_epoch
        rate = self._rates(first, first + 1, self.phase.epochs * self.steps_per_epoch)[0]
        penalty = float(at.sums[4] / at.sums[3])
        row = [at.epoch, at.phase, rate, measured.loss, measured.mean_loss, penalty]
        row += [measured.accuracy, checked.loss, checked.mean_loss, told, checked.accuracy]
        at.history.append(row)
        speed = self.count / at.seconds
        at.timing.append([at.epoch, at.seconds, validation_seconds, at.cpu_seconds, speed])
        if total < at.best:
            at.best, at.best_epoch = total, at.epoch
            self.best_weights = kept
        stopping = self.phase.early_stopping
        if total < at.counted - stopping.min_delta:
            at.counted, at.counted_epoch = total, at.epoch
        last = at.phase_start + self.phase.epochs - 1
        self.watch.epoch(dict(zip(HISTORY_COLUMNS, row, strict=True)))
        self.watch.report(
            f"epoch {at.epoch} of {last + 1}: loss {measured.loss:.6g}, validation loss "
            f"{checked.loss:.6g}, accuracy {checked.accuracy:.4f}, {speed:.3g} events/s, best "
            f"epoch {at.best_epoch} ({at.best:.6g}), "
            f"{(last - at.epoch) * (at.seconds + validation_seconds):.0f} s to go at most"
        )
        waited = at.epoch - at.counted_epoch
        at.epoch, at.step, at.sums = at.epoch + 1, 0, np.zeros(5)
        at.seconds, at.cpu_seconds = 0.0, 0.0
        patience = int(stopping.patience)
        if at.epoch > last or (patience and waited >= patience):
            if at.epoch <= last:
                self.watch.report(f"stopped early: no better validation loss in {waited} epochs")
            self._next_phase()

    def _averaged(self, trained: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Return the weights to evaluate and keep: those trained, or their mean over epochs."""
        at, begins = self.progress, self.phase.average_from
        number = at.epoch - at.phase_start - begins + 1
        if begins == 0 or number < 1:
            return trained
        if number == 1:
            at.average = trained
        else:
            share = np.float32(1 / number)
            at.average = [
                mean + (weight - mean) * share
                for mean, weight in zip(at.average, trained, strict=True)
            ]
        return at.average

    def _next_phase(self) -> None:
        at = self.progress
        at.phase, at.phase_start = at.phase + 1, at.epoch
        at.counted, at.counted_epoch, at.average = np.inf, at.epoch, []
        if at.phase < len(self.phases):
            self.model.set_weights(self.best_weights)
            self._enter_phase()

    def _raise_diverged(self, step: int, rate: float) -> None:
        largest = max(float(np.max(np.abs(w))) for w in self.model.get_weights() if w.size)
        raise DivergedError(
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
        optimizer = [] if self.finished else [v.numpy() for v in self.optimizer.variables]
        arrays = {
            **_numbered("model", [v.numpy() for v in self.model.variables]),
            **_numbered("optimizer", optimizer),
            **_numbered("best", self.best_weights),
            **_numbered("average", at.average),
            "sums": at.sums,
            "history": np.array(at.history, np.float64).reshape(-1, len(HISTORY_COLUMNS)),
            "timing": np.array(at.timing, np.float64).reshape(-1, len(TIMING_COLUMNS)),
            "losses": np.array([at.best, at.counted]),
        }
        return arrays, {
            **{name: getattr(at, name) for name in COUNTERS},
            "finished": self.finished,
        }

    def _restore(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        self.progress = Progress(
            **{name: meta[name] for name in COUNTERS},
            best=float(arrays["losses"][0]),
            counted=float(arrays["losses"][1]),
            sums=arrays["sums"],
            history=arrays["history"].tolist(),
            timing=arrays["timing"].tolist(),
            average=_listed("average", arrays),
        )
        self.best_weights = _listed("best", arrays)
        if not self.finished:
            self._enter_phase()
            for variable, value in zip(
                self.optimizer.variables, _listed("optimizer", arrays), strict=True
            ):
                variable.assign(value)
        for variable, value in zip(self.model.variables, _listed("model", arrays), strict=True):
            variable.assign(value)
        at = self.progress
        where = "after its end" if self.finished else f"in epoch {at.epoch} at step {at.step}"
        self.watch.report(f"going on {where}")


def _numbered(name: str, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{name}-{position:04d}": array for position, array in enumerate(arrays)}


def _listed(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    return [arrays[entry] for entry in sorted(arrays) if entry.startswith(f"{name}-")]
