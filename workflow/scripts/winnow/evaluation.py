"""What a model is worth on one sample: weighted loss and accuracy, and the data they are of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.tables import read_array
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


def event_loss(labels: tf.Tensor, scores: tf.Tensor, smoothing: float = 0.0) -> tf.Tensor:
    """Return each event's cross-entropy, binary for one output and categorical for several."""
    if scores.shape[-1] == 1:
        targets = tf.cast(labels, scores.dtype)[:, None]
        return keras.losses.binary_crossentropy(targets, scores, label_smoothing=smoothing)
    if smoothing:
        targets = tf.one_hot(labels, scores.shape[-1], dtype=scores.dtype)
        return keras.losses.categorical_crossentropy(targets, scores, label_smoothing=smoothing)
    return keras.losses.sparse_categorical_crossentropy(labels, scores)


def event_correct(labels: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return 1 where an event is classified correctly (a sigmoid's border is 0.5), else 0."""
    if scores.shape[-1] == 1:
        predicted = tf.cast(scores[:, 0] > 0.5, labels.dtype)
    else:
        predicted = tf.argmax(scores, axis=-1, output_type=labels.dtype)
    return tf.cast(predicted == labels, tf.float32)


def batch_sums(
    labels: tf.Tensor, losses: tf.Tensor, scores: tf.Tensor, weights: tf.Tensor
) -> tf.Tensor:
    """Return Σwl, Σw, Σw·correct and N of a batch, in float64 to keep the digits of long sums."""
    wide = tf.cast(weights, tf.float64)
    return tf.stack(
        [
            tf.reduce_sum(wide * tf.cast(losses, tf.float64)),
            tf.reduce_sum(wide),
            tf.reduce_sum(wide * tf.cast(event_correct(labels, scores), tf.float64)),
            tf.cast(tf.size(labels), tf.float64),
        ]
    )


def evaluation(sums: NDArray[np.float64]) -> Evaluation:
    """Return loss and accuracy from Σwl, Σw, Σw·correct and N."""
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
            losses = event_loss(labels[part], scores)
            sums += batch_sums(labels[part], losses, scores, weights[part])
        return sums

    return lambda: evaluation(evaluate().numpy())
