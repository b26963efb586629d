"""The contestant `keras`: the same network, trained by `keras.Model.fit` from NumPy arrays."""

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from winnow.contest.task import Task, Trained, Translation, beyond, patience
from winnow.networks.hidden import Hidden
from winnow.study.keys.training import Training

SCANNED = True

_SCORED_AT_ONCE = 5000


def lacking() -> str:
    """Return what of the software is not there: nothing, the workflow itself needs it."""
    return ""


def translated(model: Hidden, training: Training) -> Translation:
    """Return the settings in Keras' words."""
    return Translation(
        {
            "layout": f"Dense × {list(model.layers)}, Dense(1, sigmoid)",
            "activation": model.activation,
            "initial weights": f"{model.initializer}; output glorot_uniform",
            "dropout": f"Dropout({model.dropout:g})" if model.dropout else "none",
            "loss": "binary_crossentropy with sample_weight, Σwl/N",
            "optimiser": f"keras.optimizers, {training.optimizer}",
            "learning rate": f"learning_rate={training.learning_rate:g}",
            "momentum": f"momentum={training.momentum:g}",
            "batch": f"batch_size={training.batch_size}, the last one smaller",
            "most epochs": f"epochs={training.epochs}",
            "convergence": f"EarlyStopping(patience={patience(training)})",
            "validation": "validation_data after each epoch; restore_best_weights",
        },
        beyond(model, training),
    )


def set_up(threads: int) -> Mapping[str, str]:
    """Import Keras and fix TensorFlow's threads; return versions."""
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.set_visible_devices([], "GPU")
    return {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}


def train(task: Task) -> Trained:
    """Train with `fit`, its callbacks ending it and keeping the best weights."""
    import keras

    from winnow.networks.families.dense import build
    from winnow.training.optimizers import make_optimizer

    keras.utils.set_random_seed(task.seed)
    network = build(task.model, task.training.features.shape[1:], 2, task.seed)
    network.compile(optimizer=make_optimizer(task.settings), loss="binary_crossentropy")
    laps = [time.perf_counter()]
    kept = keras.callbacks.EarlyStopping(
        "val_loss", patience=task.patience or task.settings.epochs, restore_best_weights=True
    )
    lap = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: laps.append(time.perf_counter())
    )
    own, held = task.training, task.validation
    history = network.fit(
        own.features,
        own.labels.astype(np.float32),
        sample_weight=own.weights.astype(np.float32),
        validation_data=(
            held.features,
            held.labels.astype(np.float32),
            held.weights.astype(np.float32),
        ),
        batch_size=task.settings.batch_size,
        epochs=task.settings.epochs,
        callbacks=[kept, lap],
        verbose=0,
    )
    losses = history.history["val_loss"]

    def scores(features: NDArray[np.float32]) -> NDArray[np.float64]:
        told = network.predict(features, batch_size=_SCORED_AT_ONCE, verbose=0)
        return np.asarray(told[:, 0], np.float64)

    return Trained(scores, len(losses), int(np.argmin(losses)), np.diff(laps).tolist())
