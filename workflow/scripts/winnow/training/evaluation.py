"""What a model is worth on one sample: weighted loss and accuracy, and the data they are of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.networks.targets import output_kind
from winnow.tables import read_array
from winnow.training.windows import prefetched

EVALUATION_BATCH = 8192
# events read from disk at once where data is streamed
EVALUATION_WINDOW = 32 * EVALUATION_BATCH

Tensors = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


@dataclass(frozen=True)
class TrainingData:
    """One sample as training sees it.

    Attributes:
        features: (events, inputs) float32.
        labels: (events,) class index; without `positive`, for a sigmoid output 1 or 0.
        weights: (events,) float training weights.
        positive: for a sigmoid output the class that is 1, all else being 0.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.integer[Any]]
    weights: NDArray[np.floating[Any]]
    positive: int | None = None

    @property
    def event_bytes(self) -> int:
        """Bytes that an event takes as tensors."""
        return 4 * int(self.features.shape[1]) + 8

    def tensors(self, rows: slice | NDArray[np.int64] = slice(None)) -> Tensors:
        """Return features (float32), labels (int32) and weights (float32) of some events."""
        labels = np.asarray(self.labels[rows])
        if self.positive is not None:
            labels = labels == self.positive
        return (
            tf.convert_to_tensor(np.asarray(self.features[rows], np.float32)),
            tf.convert_to_tensor(np.asarray(labels, np.int32)),
            tf.convert_to_tensor(np.asarray(self.weights[rows], np.float32)),
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
    sigmoid = output_kind(model, class_count) == "sigmoid"
    return TrainingData(
        read_array(features),
        read_array(classes),
        read_array(weights),
        positive if sigmoid else None,
    )


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


def make_evaluator(
    model: keras.Model, data: TrainingData, parts: int = 1, in_memory: bool = True
) -> Callable[[], Evaluation]:
    """Return a function that evaluates the model on `data` in compiled graph calls.

    Args:
        model: any model.
        data: what it is evaluated on.
        parts: how many batches are computed side by side: TensorFlow's threads.
        in_memory: whether the data is kept as tensors; else it is read anew each time, with the
            same result to the last bit.
    """
    count, stride = len(data.labels), parts * EVALUATION_BATCH
    window = -(-EVALUATION_WINDOW // stride) * stride

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, data.features.shape[1]), tf.float32),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((4,), tf.float64),
        ]
    )
    def evaluate(
        features: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, sums: tf.Tensor
    ) -> tf.Tensor:
        for start in tf.range(0, tf.size(labels), stride):
            found = []
            for part in range(parts):
                begin = start + part * EVALUATION_BATCH
                piece = slice(begin, begin + EVALUATION_BATCH)
                scores = model(features[piece], training=False)
                losses = event_loss(labels[piece], scores)
                found.append(batch_sums(labels[piece], losses, scores, weights[piece]))
            sums += tf.add_n(found)
        return sums

    def whole(tensors: Iterable[Tensors]) -> Evaluation:
        sums = tf.zeros(4, tf.float64)
        for part in tensors:
            sums = evaluate(*part, sums)
        return evaluation(sums.numpy())

    if in_memory:
        held = [data.tensors()]
        return lambda: whole(held)
    slices = [slice(start, start + window) for start in range(0, count, window)]
    loads = [partial(data.tensors, piece) for piece in slices]
    return lambda: whole(prefetched(loads))
