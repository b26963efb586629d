"""What a model is worth on one sample: weighted loss and accuracy, and the data they are of."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.networks.targets import output_kind
from winnow.study.keys.model import Model, Target
from winnow.tables import read_array
from winnow.training.layout import Layout
from winnow.training.loss import event_correct, event_loss
from winnow.training.windows import permutation, prefetched

# batches read from disk at once where data is streamed
EVALUATION_BATCHES = 32

Tensors = tuple[tf.Tensor, ...]


@dataclass(frozen=True)
class TrainingData:
    """One sample as training sees it.

    Attributes:
        features: (events, ...) float32, of a table (events, inputs).
        labels: (events,) class index; without `positive`, for a sigmoid output 1 or 0. Of pixels
            (events, ...) class indices, of the input itself the features.
        weights: (events,) float training weights.
        positive: for a sigmoid output the class that is 1, all else being 0.
        target: what networks learn to give.
        pixel_weights: as of `Layout`.
        chosen: (n,) int64, rising, the events that are used; None: all.
        spectator: (events,) float32, what the score is not to tell, as of
            `winnow.training.decorrelation.background_spectator`; None: it may tell all.
    """

    features: NDArray[np.floating[Any]]
    labels: NDArray[np.generic]
    weights: NDArray[np.floating[Any]]
    positive: int | None = None
    target: Target = "class"
    pixel_weights: tuple[float, ...] = ()
    chosen: NDArray[np.int64] | None = None
    spectator: NDArray[np.float32] | None = None

    @property
    def count(self) -> int:
        """How many events there are."""
        return len(self.labels) if self.chosen is None else len(self.chosen)

    @property
    def layout(self) -> Layout:
        """What the events are like."""
        kind: Literal["float16", "float32"] = (
            "float16" if self.features.dtype == np.float16 else "float32"
        )
        shapes = self.features.shape[1:], self.labels.shape[1:]
        spectator = self.spectator is not None
        return Layout(*shapes, self.target, kind, self.pixel_weights, spectator)

    def tensors(self, rows: slice | NDArray[np.int64] = slice(None)) -> Tensors:
        """Return features, labels, weights and, where there is one, the spectator of events."""
        if self.chosen is not None:
            rows = self.chosen[rows]
        labels = np.asarray(self.labels[rows])
        if self.positive is not None:
            labels = labels == self.positive
        kinds = [spec.dtype.as_numpy_dtype for spec in self.layout.specs]
        arrays = [self.features[rows], labels, self.weights[rows]]
        if self.spectator is not None:
            arrays.append(self.spectator[rows])
        return tuple(
            tf.convert_to_tensor(np.asarray(array, kind))
            for array, kind in zip(arrays, kinds, strict=True)
        )


def read_data(
    features: str | Path,
    classes: str | Path,
    weights: str | Path,
    model: Model,
    class_count: int,
    positive: int,
    pixel_weights: str | Path | None = None,
) -> TrainingData:
    """Memory-map a sample's prepared arrays.

    Args:
        features: `.npy` of normalised features.
        classes: `.npy` of class indices.
        weights: `.npy` of training weights.
        model: the config's `model` section, whose output tells how classes become labels.
        class_count: number of classes.
        positive: for a sigmoid output the class that is 1.
        pixel_weights: `.npy` of what each class of pixels weighs; None where events have classes.
    """
    if model.target == "input":
        return copied(features, weights)
    events = read_array(features)
    if model.target == "pixel":
        own = () if pixel_weights is None else tuple(read_array(pixel_weights).tolist())
        arrays = events, read_array(classes), read_array(weights)
        return TrainingData(*arrays, target=model.target, pixel_weights=own)
    sigmoid = output_kind(model, class_count) == "sigmoid"
    labels = read_array(classes), read_array(weights), positive if sigmoid else None
    return TrainingData(events, *labels, model.target)


def copied(features: str | Path, weights: str | Path) -> TrainingData:
    """Memory-map a sample whose features are to be copied.

    Args:
        features: `.npy` of normalised features.
        weights: `.npy` of training weights.
    """
    events = read_array(features)
    return TrainingData(events, events, read_array(weights), target="input")


def read_sample(
    inputs: Any, sample: str, model: Model, class_count: int, positive: int
) -> TrainingData:
    """Memory-map a sample's prepared arrays from a rule's named inputs.

    Args:
        inputs: `features_<sample>`, `classes_<sample>` and `weights_<sample>`, and where events
            have no class but their pixels, `pixel_weights`.
        sample: the sample.
        model: the config's `model` section.
        class_count: number of classes.
        positive: for a sigmoid output the class that is 1.
    """
    features, classes, weights = (
        inputs[f"{kind}_{sample}"] for kind in ("features", "classes", "weights")
    )
    own = model, class_count, positive, inputs.get("pixel_weights")
    return read_data(features, classes, weights, *own)


def some(data: TrainingData, fraction: float, seed: int) -> TrainingData:
    """Return a share of a sample's events, rounded up; a smaller share is part of a larger one.

    Args:
        data: the sample.
        fraction: above 0, 1 for all.
        seed: the run's seed, which chooses them.
    """
    if fraction == 1:
        return data
    order = permutation(data.count, seed, "fraction")
    chosen = np.sort(order[: math.ceil(fraction * data.count)]).astype(np.int64)
    return replace(data, chosen=chosen)


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


def batch_sums(losses: tf.Tensor, correct: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return Σwl, Σw, Σw·correct and N of a batch, in float64 to keep the digits of long sums."""
    wide = tf.cast(weights, tf.float64)
    return tf.stack(
        [
            tf.reduce_sum(wide * tf.cast(losses, tf.float64)),
            tf.reduce_sum(wide),
            tf.reduce_sum(wide * tf.cast(correct, tf.float64)),
            tf.cast(tf.size(weights), tf.float64),
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
    count, layout = data.count, data.layout
    size = layout.evaluation_batch
    stride = parts * size
    window = -(-EVALUATION_BATCHES * size // stride) * stride

    @tf.function(
        autograph=False,
        input_signature=[*layout.specs[:3], tf.TensorSpec((4,), tf.float64)],
    )
    def evaluate(
        features: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, sums: tf.Tensor
    ) -> tf.Tensor:
        def add(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            found = []
            for part in range(parts):
                begin = start + part * size
                piece = slice(begin, begin + size)
                x, y = layout.seen(features[piece], labels[piece])
                outputs = model(x, training=False)
                losses = event_loss(layout, y, outputs)
                correct = event_correct(layout, y, outputs)
                found.append(batch_sums(losses, correct, weights[piece]))
            return start + stride, sums + tf.add_n(found)

        count = tf.size(weights)
        return tf.while_loop(lambda start, _: start < count, add, (tf.constant(0), sums))[1]

    def whole(tensors: Iterable[Tensors]) -> Evaluation:
        sums = tf.zeros(4, tf.float64)
        for part in tensors:
            sums = evaluate(*part[:3], sums)
        return evaluation(sums.numpy())

    if in_memory:
        held = [data.tensors()]
        return lambda: whole(held)
    slices = [slice(start, start + window) for start in range(0, count, window)]
    loads = [partial(data.tensors, piece) for piece in slices]
    return lambda: whole(prefetched(loads))
