"""The learning-rate range test (Smith, arXiv:1506.01186, section 3.3), at several weight decays.

A network is trained while its rate grows from step to step. Where the loss begins to fall the rate
is large enough to learn from, where it rises again it is too large. The test repeats this at
several weight decays, as they bound the rate too (Smith, arXiv:1803.09820).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.networks.build import build
from winnow.study.keys.model import Model
from winnow.study.keys.range_test import RangeTest
from winnow.study.keys.training import Phase, Schedule, Training, phases
from winnow.study.typed import key_names, made, plain
from winnow.training.evaluation import TrainingData
from winnow.training.optimizers import make_optimizer
from winnow.training.schedules import learning_rates
from winnow.training.steps import make_steps
from winnow.training.windows import permutation

# share of the test's steps that the smoothed loss remembers: of six decades a quarter of one
MEMORY = 0.04
# half the width of the slope's window, in memories; narrower ones find the noise of batches
REACH = 3.0
GROWTH = 4.0


def range_test(
    data: TrainingData,
    model: Model,
    training: Training,
    class_count: int,
    seed: int,
    settings: RangeTest,
) -> pd.DataFrame:
    """Train a network with a growing rate, anew for every weight decay.

    All start from the same weights and see the same batches, those that a training with this seed
    sees. The rate of step i of n is `start`·(`stop`/`start`)^(i/(n - 1)); under one cycle the
    momentum stays at `momentum_low`, which is what goes with the cycle's highest rate. A curve ends
    early where the loss is not finite, or where `smooth` ends it.

    Args:
        data: the events trained on.
        model: the config's `model` section.
        training: the config's `training` section; of phases the first counts.
        class_count: number of classes.
        seed: the run's seed.
        settings: the config's `range_test` section; its weight decays take the place of the
            optimiser's own for `adamw` and of the network's `l2` for the others.

    Returns:
        weight_decay, step (from 0), learning_rate, loss (`Σ w·l / N` of the step's batch before its
        update, without penalties) and smoothed_loss.

    Raises:
        ModelError: the loss of the first step is not finite.
    """
    first, steps = phases(training)[0], settings.steps
    growth = Schedule(kind="exponential", final=settings.stop / settings.start)
    rates = learning_rates(growth, settings.start, 0.0, 0, steps, steps)
    curves = []
    for weight_decay in settings.weight_decays:
        own, phase = with_weight_decay(model, first, weight_decay)
        network = build(own, data.layout.shape, class_count, seed)
        losses = smooth(_losses(network, phase, data, seed, rates), memory(steps))
        if not len(losses):
            raise ModelError(
                f"range_test: the loss of the first step, rate {rates[0]:g}, weight decay "
                f"{weight_decay:g}, is not finite. Lower range_test.start, or check the features "
                "and weights for extreme values."
            )
        curves.append(
            pd.DataFrame(
                {
                    "weight_decay": float(weight_decay),
                    "step": np.arange(len(losses)),
                    "learning_rate": rates[: len(losses)],
                    "loss": losses[:, 0],
                    "smoothed_loss": losses[:, 1],
                }
            )
        )
    return pd.concat(curves, ignore_index=True)


def with_weight_decay(model: Model, phase: Phase, weight_decay: float) -> tuple[Model, Phase]:
    """Return a `model` section and a phase's settings with a weight decay set in one of them.

    Raises:
        ModelError: it is the network's, whose family has no `l2`.
    """
    if phase.optimizer == "adamw":
        return model, replace(phase, weight_decay=weight_decay)
    if "l2" not in key_names(type(model)):
        raise ModelError(
            f"range_test: the family {model.family} has no `l2` that a weight decay could take the "
            "place of. Set training.optimizer to adamw, or range_test.weight_decays to [0]."
        )
    return made(type(model), {**plain(model), "l2": weight_decay}), phase


def memory(steps: int) -> float:
    """Return how many steps the smoothed loss of a test of so many steps remembers, at least 1."""
    return max(1.0, MEMORY * steps)


def smooth(losses: Iterable[float], memory: float) -> NDArray[np.float64]:
    """Smooth losses, up to the first whose smoothed value shows that the training fails.

    The smoothed loss is the exponentially weighted mean of the losses so far, with the bias of its
    start at 0 corrected for (Kingma and Ba, arXiv:1412.6980, section 3):
    `v ← βv + (1 - β)·loss`, `smoothed = v / (1 - β^k)` after k losses, with `β = 1 - 1/memory`. It
    lags behind the loss by up to `memory` - 1 steps. The first that is above `GROWTH` times the
    smallest (where that is negative, by as many times its size) is the last.

    Args:
        losses: in the order of the steps; taken one by one, none after the end.
        memory: steps that the mean remembers, at least 1 (no smoothing).

    Returns:
        (steps, 2) float64: loss, smoothed loss.
    """
    beta = 1 - 1 / memory
    pairs: list[tuple[float, float]] = []
    average, lowest = 0.0, np.inf
    for number, loss in enumerate(losses, start=1):
        average = beta * average + (1 - beta) * loss
        smoothed = average / (1 - beta**number)
        pairs.append((loss, smoothed))
        lowest = min(lowest, smoothed)
        if smoothed > lowest + (GROWTH - 1) * abs(lowest):
            break
    return np.array(pairs, np.float64).reshape(-1, 2)


def suggestions(curves: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Suggest a rate for every weight decay, and mark the best weight decay.

    The rate suggested is where the smoothed loss falls most steeply with the logarithm of the rate,
    at or before its minimum. The slope is that of the straight line (least squares) through
    `REACH·memory(steps)` steps to either side: from step to step the smoothed loss is noise.

    The largest usable rate is where the loss stops falling, the upper bound of a cyclical schedule
    (Smith, arXiv:1506.01186, section 3.3; for one cycle arXiv:1708.07120): where its mean over
    `memory(steps)` steps to either side, which does not lag behind as the smoothed loss does, is
    lowest. Where that is the test's last steps, larger rates may be usable, too.

    Args:
        curves: what `range_test` returns.
        steps: the test's number of steps.

    Returns:
        One row a weight decay: weight_decay; learning_rate, the rate suggested, NaN where the
        smoothed loss does not fall; largest_learning_rate, the largest usable, NaN there too;
        still_falling, whether the loss falls to the last of the rates tried;
        lowest_smoothed_loss; best, true for the weight decay with the lowest.
    """
    rows = []
    for weight_decay, curve in curves.groupby("weight_decay", sort=False):
        rates, losses = curve["learning_rate"].to_numpy(), curve["smoothed_loss"].to_numpy()
        lowest = int(losses.argmin())
        steepest = _steepest(losses, lowest, round(REACH * memory(steps)))
        reach = round(memory(steps))
        around = curve["loss"].rolling(2 * reach + 1, center=True, min_periods=1).mean()
        last = int(around.to_numpy().argmin())
        rows.append(
            {
                "weight_decay": weight_decay,
                "learning_rate": np.nan if steepest is None else rates[steepest],
                "largest_learning_rate": np.nan if steepest is None else rates[last],
                "still_falling": steepest is not None and last + reach >= steps,
                "lowest_smoothed_loss": losses[lowest],
            }
        )
    table = pd.DataFrame(rows)
    table["best"] = table.index == table["lowest_smoothed_loss"].idxmin()
    return table


def _losses(
    model: keras.Model,
    phase: Phase,
    data: TrainingData,
    seed: int,
    rates: NDArray[np.float64],
) -> Iterator[float]:
    """Train a step with each rate and yield its batch's loss, until one is not finite."""
    size, events = phase.batch_size, data.count
    steps = make_steps(model, make_optimizer(phase), data, size, phase.label_smoothing)
    momentum = np.array([phase.schedule.momentum_low], np.float32)
    batches = _batches(seed, events, -(-events // size))
    for rate, (order, step) in zip(rates, batches, strict=False):
        sums, diverged = steps(
            order, step, step + 1, np.array([rate], np.float32), momentum, np.zeros(5)
        )
        if diverged.numpy() >= 0:
            return
        total, _, _, number, _ = sums.numpy()
        yield float(total / number)


def _batches(seed: int, events: int, steps_per_epoch: int) -> Iterator[tuple[tf.Tensor, int]]:
    """Yield the order of events and the step in it for batch after batch, epoch after epoch."""
    for epoch in count():
        order = tf.constant(permutation(events, seed, epoch))
        for step in range(steps_per_epoch):
            yield order, step


def _steepest(losses: NDArray[np.float64], last: int, reach: int) -> int | None:
    """Return the step up to `last` where losses fall most steeply, None where they do not fall."""
    offsets = np.arange(-reach, reach + 1, dtype=np.float64)
    if last < reach or len(losses) < len(offsets):
        return None
    slopes = np.correlate(losses, offsets, mode="valid")[: last - reach + 1]
    steepest = int(slopes.argmin())
    return steepest + reach if slopes[steepest] < 0 else None
