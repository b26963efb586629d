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
    inputs: Any, params: Any, keys: Model, settings: Training, fold: int, compute: str
) -> Run:
    """Memory-map what a network is trained on.

    Args:
        inputs: as of `read_sample`, of training and validation; `events` and `samples`, the event
            tables and the split table, where a spectator is kept from the score.
        params: `class_count`, `positive` and `seed`.
        keys: the config's `model` section.
        settings: its `training` section.
        fold: the fold that tests; 0 without folds.
        compute: as of `Run`.
    """
    labels = keys, params.class_count, params.positive
    training, validation = (read_sample(inputs, name, *labels) for name in (TRAIN, VALIDATION))
    if settings.decorrelation.acts:
        where = inputs.events, inputs.samples, fold
        told = background_spectator(*where, settings.decorrelation.spectator, params.positive)
        training = replace(training, spectator=told[TRAIN])
        validation = replace(validation, spectator=told[VALIDATION])
    training = some(training, settings.fraction, params.seed)
    signal = params.positive if training.positive is None else 0
    return Run(training, validation, settings, params.seed, compute, signal)
