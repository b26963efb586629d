"""The training loop: epochs as one compiled TensorFlow graph call each.

Permutation, gathering, forward and backward pass and optimiser step run inside the graph. The loss
optimised is `Σ w·l / N` over a batch, with `w` the training weights, plus the penalties of the
layers. Runs with equal seed, inputs and threads give identical bytes; with another number of
threads the order of floating-point sums changes and losses differ in their last digits.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.identity import key
from winnow.tables import atomic, read_array
from winnow.targets import labels_for, output_kind

EVALUATION_BATCH = 8192


@dataclass(frozen=True)
class TrainingData:
    """One sample as training sees it.

    Attributes:
        features: (events, inputs) float32.
        labels: (events,) class index; for a sigmoid output 1 for signal and 0 for all else.
        weights: (events,) float training weights.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.integer[Any]]
    weights: NDArray[np.floating[Any]]

    def tensors(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return features, labels and weights as tensors in memory."""
        return (
            tf.convert_to_tensor(np.asarray(self.features), tf.float32),
            tf.convert_to_tensor(np.asarray(self.labels), tf.int32),
            tf.convert_to_tensor(np.asarray(self.weights), tf.float32),
        )


def read_data(
    features: str | Path,
    classes: str | Path,
    weights: str | Path,
    model: Mapping[str, Any],
    class_count: int,
    positive: int,
) -> TrainingData:
    """Memory-map a sample's prepared arrays.

    Args:
        features: `.npy` of normalised features.
        classes: `.npy` of class indices.
        weights: `.npy` of training weights.
        model: the config's `model` section, whose output tells how classes become labels.
        class_count: number of classes.
        positive: for a sigmoid output the class that is 1.
    """
    labels = labels_for(read_array(classes), output_kind(model, class_count), positive)
    return TrainingData(read_array(features), labels, read_array(weights))


@dataclass(frozen=True)
class Evaluation:
    """Weighted loss and accuracy of a model on one sample.

    Attributes:
        loss: `Σ w·l / N`, without penalties.
        mean_loss: `Σ w·l / Σ w`.
        accuracy: `Σ w·correct / Σ w`.
    """

    loss: float
    mean_loss: float
    accuracy: float


def set_threads(threads: int) -> None:
    """Fix TensorFlow's thread pools; must be called before TensorFlow computes anything."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def make_optimizer(training: Mapping[str, Any]) -> keras.optimizers.Optimizer:
    """Build the configured optimiser; `decay` is Keras 2's: rate / (1 + decay × step)."""
    rate: Any = training["learning_rate"]
    if training["decay"] > 0:
        rate = keras.optimizers.schedules.InverseTimeDecay(rate, 1, training["decay"])
    if training["optimizer"] == "adam":
        return keras.optimizers.Adam(rate)
    if training["optimizer"] == "rmsprop":
        return keras.optimizers.RMSprop(rate, momentum=training["momentum"])
    return keras.optimizers.SGD(rate, momentum=training["momentum"])


def event_loss(labels: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return each event's cross-entropy, binary for one output and categorical for several."""
    if scores.shape[-1] == 1:
        targets = tf.cast(labels, scores.dtype)[:, None]
        return keras.losses.binary_crossentropy(targets, scores)
    return keras.losses.sparse_categorical_crossentropy(labels, scores)


def event_correct(labels: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return 1 where an event is classified correctly (a sigmoid's border is 0.5), else 0."""
    if scores.shape[-1] == 1:
        predicted = tf.cast(scores[:, 0] > 0.5, labels.dtype)
    else:
        predicted = tf.argmax(scores, axis=-1, output_type=labels.dtype)
    return tf.cast(predicted == labels, tf.float32)


def _sums(labels: tf.Tensor, scores: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    # float64, so that the sum over millions of events does not depend on how they are cut
    wide = tf.cast(weights, tf.float64)
    loss = tf.cast(event_loss(labels, scores), tf.float64)
    correct = tf.cast(event_correct(labels, scores), tf.float64)
    return tf.stack(
        [
            tf.reduce_sum(wide * loss),
            tf.reduce_sum(wide),
            tf.reduce_sum(wide * correct),
            tf.cast(tf.size(labels), tf.float64),
        ]
    )


def _evaluation(sums: NDArray[np.float64]) -> Evaluation:
    loss, weight, correct, count = (float(value) for value in sums[:4])
    return Evaluation(loss / count, loss / weight, correct / weight)


def make_evaluator(model: keras.Model, data: TrainingData) -> Callable[[], Evaluation]:
    """Return a function that evaluates the model on `data` in one compiled graph call."""
    features, labels, weights = data.tensors()
    count = len(data.labels)

    @tf.function
    def evaluate() -> tf.Tensor:
        sums = tf.zeros(4, tf.float64)
        for start in tf.range(0, count, EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            scores = model(features[part], training=False)
            sums += _sums(labels[part], scores, weights[part])
        return sums

    return lambda: _evaluation(evaluate().numpy())


def make_epoch(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    data: TrainingData,
    batch_size: int,
    seed: int,
) -> Callable[[int], tuple[Evaluation, float]]:
    """Return a function that trains one epoch, given its number, in one compiled graph call.

    The permutation depends on (seed, epoch) alone, so that any epoch can be repeated by itself.
    The function returns loss and accuracy as met during the epoch, and the mean penalty.
    """
    features, labels, weights = data.tensors()
    count = len(data.labels)
    optimizer.build(model.trainable_variables)

    @tf.function
    def train(epoch_seed: tf.Tensor) -> tf.Tensor:
        order = tf.random.experimental.stateless_shuffle(tf.range(count), seed=epoch_seed)
        sums = tf.zeros(5, tf.float64)
        for start in tf.range(0, count, batch_size):
            chosen = order[start : start + batch_size]
            x, y, w = (tf.gather(array, chosen) for array in (features, labels, weights))
            with tf.GradientTape() as tape:
                scores = model(x, training=True)
                penalty = tf.add_n(model.losses) if model.losses else tf.constant(0.0)
                loss = tf.reduce_mean(w * event_loss(y, scores)) + penalty
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            share = tf.cast(tf.size(y), tf.float64) / count
            sums += tf.concat([_sums(y, scores, w), [tf.cast(penalty, tf.float64) * share]], axis=0)
        return sums

    def run(epoch: int) -> tuple[Evaluation, float]:
        epoch_key = key("permutation", seed, epoch)
        sums = train(tf.constant([epoch_key >> 33, epoch_key & 0x7FFFFFFF], tf.int32)).numpy()
        return _evaluation(sums), float(sums[4])

    return run


def train(
    model: keras.Model,
    training: TrainingData,
    validation: TrainingData,
    settings: Mapping[str, Any],
    seed: int,
    best_path: str | Path,
    last_path: str | Path,
    report: Callable[[str], None],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train a model and keep the weights of its best and of its last epoch.

    Args:
        model: a built Keras model; changed in place.
        training: the events trained on.
        validation: the events whose loss chooses the best epoch.
        settings: the config's `training` section.
        seed: the run's seed.
        best_path: where the weights with the lowest validation loss go (`*.weights.h5`).
        last_path: where the weights of the last epoch go.
        report: takes one line per epoch.

    Returns:
        The history, one row an epoch (counted from 0), deterministic; and the seconds and events
        per second of each epoch.

    Raises:
        ModelError: the loss of an epoch is not finite.
    """
    optimizer = make_optimizer(settings)
    run_epoch = make_epoch(model, optimizer, training, settings["batch_size"], seed)
    evaluate = make_evaluator(model, validation)
    stopping = settings["early_stopping"]
    best, best_epoch, patience_from = np.inf, -1, 0
    history, timing = [], []
    for epoch in range(settings["epochs"]):
        rate = float(optimizer.learning_rate)
        begin = time.perf_counter()
        measured, penalty = run_epoch(epoch)
        middle = time.perf_counter()
        checked = evaluate()
        end = time.perf_counter()
        if not np.isfinite(measured.loss + penalty + checked.loss):
            raise ModelError(
                f"training diverged in epoch {epoch} at learning rate {rate:g}: training loss "
                f"{measured.loss:g}, validation loss {checked.loss:g}. Lower "
                "training.learning_rate, or check the features for extreme values."
            )
        history.append(
            {
                "epoch": epoch,
                "learning_rate": rate,
                "loss": measured.loss,
                "mean_loss": measured.mean_loss,
                "penalty": penalty,
                "accuracy": measured.accuracy,
                "validation_loss": checked.loss,
                "validation_mean_loss": checked.mean_loss,
                "validation_accuracy": checked.accuracy,
            }
        )
        timing.append(
            {
                "epoch": epoch,
                "training_seconds": middle - begin,
                "validation_seconds": end - middle,
                "events_per_second": len(training.labels) / (middle - begin),
            }
        )
        # an improvement below min_delta still moves the best epoch, it only does not reset patience
        if checked.loss < best - stopping["min_delta"]:
            patience_from = epoch
        if checked.loss < best:
            best, best_epoch = checked.loss, epoch
            save_weights(model, best_path)
        report(
            f"epoch {epoch}: loss {measured.loss:.6g}, validation loss {checked.loss:.6g}, "
            f"accuracy {checked.accuracy:.4f}, {timing[-1]['events_per_second']:.3g} events/s, "
            f"best epoch {best_epoch}"
        )
        if stopping["patience"] and epoch - patience_from >= stopping["patience"]:
            report(f"stopped early: no improvement in {stopping['patience']} epochs")
            break
    save_weights(model, last_path)
    return pd.DataFrame(history), pd.DataFrame(timing)


def save_weights(model: keras.Model, path: str | Path) -> None:
    """Write a model's weights to `path` (`*.weights.h5`), whole or not at all."""
    with atomic(path, ".weights.h5") as temporary:
        model.save_weights(temporary)
