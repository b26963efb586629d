"""The contestant `winnow`: this workflow's own trainer."""

import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.contest.task import Events, Task, Trained, Translation, patience
from winnow.history import best_row
from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Training

SCANNED = True

# events that are scored at once
_BATCH = 5000


def lacking() -> str:
    """Return what of the software is not there: nothing, the workflow itself needs it."""
    return ""


def translated(model: Hidden, training: Training) -> Translation:
    """Return the settings as they stand in the config."""
    return Translation(
        {
            "layout": f"model.layers: {list(model.layers)}, one sigmoid",
            "activation": f"model.activation: {model.activation}",
            "initial weights": f"model.initializer: {model.initializer}; output glorot_uniform",
            "dropout": f"model.dropout: {model.dropout:g}",
            "loss": "binary cross-entropy, Σwl/N",
            "optimiser": f"training.optimizer: {training.optimizer}",
            "learning rate": f"training.learning_rate: {training.learning_rate:g}",
            "momentum": f"training.momentum: {training.momentum:g}",
            "batch": f"training.batch_size: {training.batch_size}, the last one smaller",
            "most epochs": f"training.epochs: {training.epochs}",
            "convergence": f"training.early_stopping.patience: {patience(training)} epochs",
            "validation": "after each epoch; best weights kept",
        }
    )


def set_up(threads: int) -> Mapping[str, str]:
    """Import TensorFlow and fix its threads; return versions."""
    from winnow.networks.lean import import_keras

    import_keras()
    from winnow.networks.devices import set_up_exact

    set_up_exact(threads)
    return {name: version(name) for name in ("keras", "numpy")} | {"tensorflow": _tensorflow()}


def train(task: Task) -> Trained:
    """Train with winnow's trainer, events held in memory."""
    from winnow.networks.families.dense import build
    from winnow.networks.scorer import score
    from winnow.training.progress import Watch
    from winnow.training.run import Run
    from winnow.training.train import train as trained

    network = build(task.model, task.training.features.shape[1:], 2, task.seed)
    run = Run(_data(task.training), _data(task.validation), task.settings, task.seed)
    with tempfile.TemporaryDirectory() as folder:
        best_weights, last = (Path(folder, f"{name}.weights.h5") for name in ("best", "last"))
        history, timing = trained(network, run, best_weights, last, Watch())

    def scores(features: NDArray[np.float32]) -> NDArray[np.float64]:
        return score(network, features, 2, 1)[:, 1].astype(np.float64)

    seconds = timing["training_seconds"] + timing["validation_seconds"]
    return Trained(scores, len(history), best_row(history), seconds.tolist())


def _data(events: Events) -> Any:
    from winnow.training.evaluation import TrainingData

    return TrainingData(events.features, events.labels, events.weights, positive=1)


def _tensorflow() -> str:
    import tensorflow as tf

    return str(tf.__version__)
