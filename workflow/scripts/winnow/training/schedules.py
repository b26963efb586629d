"""Learning rate and momentum as pure functions of the step, so that a resumed run repeats them."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from winnow.study.keys.training import Schedule

Shape = Callable[[Schedule, NDArray[np.int64], int], NDArray[np.float64]]


def learning_rates(
    schedule: Schedule, base: float, decay: float, first: int, last: int, total: int
) -> NDArray[np.float64]:
    """Return the learning rates of some steps of a phase.

    With N = total - 1 the last step and x = step / N, the rate is `base` times

    - `constant`: 1;
    - `exponential`: final^x;
    - `linear`: 1 - x (1 - final);
    - `cosine`: final + (1 - final) (1 + cos πx) / 2 (Loshchilov and Hutter, arXiv:1608.03983,
      without restarts);
    - `one_cycle`: straight lines from `start` at step 0 to 1 at step `rise`·N, back to `start` at
      step (1 - `annihilate`)·N, and on to `final` at step N (Smith, arXiv:1803.09820, section 4.2).
      Both corners are taken at the nearest step, so that `base` itself is reached. A share that
      rounds to no step is left out: without a rise the first rate is `base`, without a fall
      annihilation begins at `base`, without annihilation the last rate is base·start.

    A phase of one step has the rate `base`. A `final` above 1 lets the rate grow.

    Args:
        schedule: `kind`; `final`, `start` (factors of `base`), `rise` and `annihilate` (shares of
            the phase, together at most 1), as far as the kind uses them.
        base: the rate at the start, of one cycle the highest.
        decay: Keras 2's decay: every rate is divided by 1 + decay·step.
        first: the first step wanted, counted from 0.
        last: the step after the last one wanted, at most `total`.
        total: number of steps of the phase, at least 1.

    Returns:
        (last - first,) float64.
    """
    steps = np.arange(first, last, dtype=np.int64)
    return base * SHAPES[schedule.kind](schedule, steps, total - 1) / (1 + decay * steps)


def momenta(schedule: Schedule, first: int, last: int, total: int) -> NDArray[np.float64] | None:
    """Return the momenta of some steps of a phase; only one cycle changes them.

    They go opposite to the rate (Smith, arXiv:1803.09820, section 4.3): straight from
    `momentum_high` to `momentum_low` while the rate rises, back while it falls, and stay high while
    it annihilates.

    Args:
        schedule: as of `learning_rates`, with `momentum_high` and `momentum_low` of one cycle.
        first: the first step wanted, counted from 0.
        last: the step after the last one wanted, at most `total`.
        total: number of steps of the phase, at least 1.

    Returns:
        (last - first,) float64, or None where the optimiser keeps its own.
    """
    if schedule.kind != "one_cycle":
        return None
    high, low = schedule.momentum_high, schedule.momentum_low
    steps = np.arange(first, last, dtype=np.int64)
    return _lines(steps, _cycle(schedule, total - 1, outer=high, peak=low, end=high))


def _constant(schedule: Schedule, steps: NDArray[np.int64], end: int) -> NDArray[np.float64]:
    return np.ones(len(steps))


def _exponential(schedule: Schedule, steps: NDArray[np.int64], end: int) -> NDArray[np.float64]:
    return np.power(schedule.final, steps / max(end, 1))


def _linear(schedule: Schedule, steps: NDArray[np.int64], end: int) -> NDArray[np.float64]:
    return _lines(steps, {end: schedule.final, 0: 1.0})


def _cosine(schedule: Schedule, steps: NDArray[np.int64], end: int) -> NDArray[np.float64]:
    final = schedule.final
    return final + (1 - final) * (1 + np.cos(np.pi * (steps / max(end, 1)))) / 2


def _one_cycle(schedule: Schedule, steps: NDArray[np.int64], end: int) -> NDArray[np.float64]:
    start, final = schedule.start, schedule.final
    return _lines(steps, _cycle(schedule, end, outer=start, peak=1.0, end=final))


def _cycle(
    schedule: Schedule, last: int, outer: float, peak: float, end: float
) -> dict[int, float]:
    """Return the corners of a cycle, step → value; of corners on one step the inner one stays."""
    top = round(schedule.rise * last)
    foot = max(top, round((1 - schedule.annihilate) * last))
    return {last: end, 0: outer, foot: outer, top: peak}


def _lines(steps: NDArray[np.int64], corners: Mapping[int, float]) -> NDArray[np.float64]:
    places = sorted(corners)
    return np.interp(steps, places, [corners[place] for place in places])


SHAPES: Mapping[str, Shape] = {
    "constant": _constant,
    "exponential": _exponential,
    "linear": _linear,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
}
