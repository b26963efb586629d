"""What a training is of, and how it may end before its time."""

from dataclasses import dataclass

from winnow.errors import ModelError, WinnowError
from winnow.networks.devices import FLOAT32
from winnow.study.keys.training import Training
from winnow.training.evaluation import TrainingData


class DivergedError(ModelError):
    """The loss is not finite."""


class TrainingStoppedError(WinnowError):
    """Training was asked to stop; its state is on disk, and the next attempt goes on from it."""


@dataclass(frozen=True)
class Run:
    """What a network is trained on, and how.

    Attributes:
        training: the events trained on.
        validation: the events whose loss chooses the best epoch.
        settings: the config's `training` section.
        seed: the run's seed.
        signal: the output that is the signal's score, where a spectator is kept from it.
        compute: dtype policy of forward and backward pass (`winnow.networks.devices.policy`).
    """

    training: TrainingData
    validation: TrainingData
    settings: Training
    seed: int
    compute: str = FLOAT32
    signal: int = 0
