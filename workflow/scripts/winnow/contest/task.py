"""What a contestant gets, and what it gives back."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Phase, Training, phases

Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""(events, inputs) float32 features → (events,) scores, larger is more like signal."""

_OWN_MODEL = ("layers", "activation", "initializer", "dropout", "output")
_OWN_TRAINING = (
    *("optimizer", "learning_rate", "momentum", "batch_size", "epochs", "early_stopping"),
    *("memory_budget", "threads"),
)


@dataclass(frozen=True)
class Events:
    """Events of one sample.

    Attributes:
        features: (n, inputs) float32, normalised.
        labels: (n,) int8, 1 for signal and 0 for background.
        weights: (n,) float64 training weights.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int8]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What is trained, on what, and how.

    Attributes:
        training: the events whose loss is lowered.
        validation: the events whose loss says after each epoch how good the network is: the same
            for every contestant.
        model: layers, activation, initial weights and dropout.
        settings: optimiser, learning rate, batch size, and after how many epochs without a better
            validation loss training ends.
        seed: the repeat's.
        threads: of the computation.
    """

    training: Events
    validation: Events
    model: Hidden
    settings: Training
    seed: int
    threads: int

    @property
    def patience(self) -> int:
        """Epochs without a better validation loss before training ends; 0 never ends it."""
        return patience(self.settings)


@dataclass(frozen=True)
class Trained:
    """What came out.

    Attributes:
        score: scores events with the best epoch's network.
        epochs: how many were trained; -1, here and below, where the contestant does not tell.
        best_epoch: counted from 0.
        epoch_seconds: of each epoch with its validation; none where the contestant does not tell.
    """

    score: Score
    epochs: int
    best_epoch: int = -1
    epoch_seconds: Sequence[float] = ()


@dataclass(frozen=True)
class Translation:
    """The settings in a contestant's words.

    Attributes:
        words: what is set → how the contestant says it, or why it says nothing.
        missing: what the contestant has no counterpart for, one line each; it is not trained then.
    """

    words: Mapping[str, str]
    missing: Sequence[str] = ()


def lacking(*packages: str) -> str:
    """Return the first of some packages that cannot be imported, nothing where all can."""
    return next((name for name in packages if importlib.util.find_spec(name) is None), "")


def patience(training: Training) -> int:
    """Return after how many epochs without a better validation loss training ends; 0 is never."""
    (phase,) = phases(replace(training, phases=()))
    return int(phase.early_stopping.patience)


def beyond(model: Hidden, training: Training) -> list[str]:
    """List settings that no contestant but winnow's own trainer knows, where they are set."""
    found = [
        f"model.{own.name}"
        for own in fields(Hidden)
        if own.name not in (*_OWN_MODEL, "family", "function", "sha256", "penalised")
        and getattr(model, own.name) != getattr(Hidden(), own.name)
    ]
    unused = () if training.optimizer == "adamw" else ("weight_decay",)
    found += [
        f"training.{own.name}"
        for own in fields(Training)
        if own.name not in (*_OWN_TRAINING, *unused)
        and getattr(training, own.name) != getattr(Training(), own.name)
    ]
    if training.early_stopping.min_delta != Phase().early_stopping.min_delta:
        found.append("training.early_stopping.min_delta")
    return [f"{name} is beyond the settings that contestants share" for name in found]
