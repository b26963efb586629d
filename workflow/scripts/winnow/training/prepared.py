"""What a training is of, from a rule's inputs and params."""

from dataclasses import replace
from typing import Any

from winnow.columns import TRAIN, VALIDATION
from winnow.study.keys.model import Model
from winnow.study.keys.training import Training
from winnow.training.decorrelation import background_spectator
from winnow.training.evaluation import read_sample, some
from winnow.training.run import Run


def read_run(
    inputs: Any,
    settings: Training,
    labels: tuple[Model, int, int],
    seed: int,
    fold: int,
    compute: str,
) -> Run:
    """Memory-map what a network is trained on.

    Args:
        inputs: as of `read_sample`, of training and validation; `events` and `samples`, the event
            tables and the split table, where a spectator is kept from the score.
        settings: the config's `training` section.
        labels: its `model` section, the number of classes, and for a sigmoid output the class that
            is 1.
        seed: the run's seed.
        fold: the fold that tests; 0 without folds.
        compute: as of `Run`.
    """
    positive = labels[2]
    training, validation = (read_sample(inputs, name, *labels) for name in (TRAIN, VALIDATION))
    if settings.decorrelation.acts:
        where = inputs.events, inputs.samples, fold
        told = background_spectator(*where, settings.decorrelation.spectator, positive)
        training = replace(training, spectator=told[TRAIN])
        validation = replace(validation, spectator=told[VALIDATION])
    training = some(training, settings.fraction, seed)
    signal = positive if training.positive is None else 0
    return Run(training, validation, settings, seed, compute, signal)
