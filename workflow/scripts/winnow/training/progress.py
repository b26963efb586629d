"""Where a training stands, and who is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
    "validation_penalty",
    "validation_accuracy",
)
TIMING_COLUMNS = (
    "epoch",
    "training_seconds",
    "validation_seconds",
    "cpu_seconds",
    "events_per_second",
)
COUNTERS = (
    "phase",
    "phase_start",
    "epoch",
    "step",
    "seconds",
    "cpu_seconds",
    "best_epoch",
    "counted_epoch",
)
"""What of `Progress` is a whole number or a time, and so stands in a state's meta."""


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
        cpu_seconds: the epoch's processor seconds so far.
        best: lowest validation loss.
        best_epoch: its epoch; -1 before the first.
        counted: lowest validation loss of the phase that counted as better.
        counted_epoch: its epoch.
        history: rows of HISTORY_COLUMNS.
        timing: rows of TIMING_COLUMNS.
        average: the mean of the phase's weights at the ends of epochs, where it is asked for.
    """

    phase: int = 0
    phase_start: int = 0
    epoch: int = 0
    step: int = 0
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(5))
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    best: float = np.inf
    best_epoch: int = -1
    counted: float = np.inf
    counted_epoch: int = 0
    history: list[list[float]] = field(default_factory=list)
    timing: list[list[float]] = field(default_factory=list)
    average: list[NDArray[np.float32]] = field(default_factory=list)


@dataclass(frozen=True)
class Status:
    """What can be told of a training at any moment.

    Attributes:
        epoch: the epoch that is being trained.
        epochs: how many there will be at most, counted to the end of the phase.
        done: share of the epoch that is trained.
        loss: the epoch's training loss so far.
        validation_loss: of the epoch before; NaN in the first.
        events_per_second: in the epoch so far.
        seconds_left: until the phase ends, at most.
        best: lowest validation loss.
        best_epoch: its epoch; -1 before the first.
    """

    epoch: int
    epochs: int
    done: float
    loss: float
    validation_loss: float
    events_per_second: float
    seconds_left: float
    best: float
    best_epoch: int


@dataclass(frozen=True)
class Watch:
    """Who is told how a training goes.

    Attributes:
        report: takes one line for the log.
        status: takes the status about once a second.
        epoch: takes each row of the history by the names of its columns.
    """

    report: Callable[[str], None] = lambda line: None
    status: Callable[[Status], None] = lambda status: None
    epoch: Callable[[Mapping[str, float]], None] = lambda row: None
