"""Scores of a trained model."""

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.networks.targets import class_scores
from winnow.study.keys.model import Target

# events at once; fewer where an event is large
BATCH = 8192
BATCH_BYTES = 2**26

Scorer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def make_scorer(
    model: keras.Model,
    class_count: int,
    positive: int,
    parts: int = 1,
    target: Target = "class",
) -> Scorer:
    """Return a function that scores events in batches, by a graph that is traced once.

    Args:
        model: a trained model.
        class_count: number of classes.
        positive: for a sigmoid output the class whose score it is.
        parts: how many batches are computed side by side: TensorFlow's threads.
        target: what the network gives.

    Returns:
        A function from (n, ...) float32, normalised, which may be a memory map, to float32: of
        classes (n, classes), each row summing to 1; else what the network gives, (n, ...).
    """
    shape = model.input_shape[1:]
    batch_size = min(BATCH, max(1, BATCH_BYTES // (4 * math.prod(shape))))

    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.float32)])
    def forward(batch: tf.Tensor) -> tf.Tensor:
        pieces = [batch[part * batch_size : (part + 1) * batch_size] for part in range(parts)]
        return tf.concat([model(piece, training=False) for piece in pieces], axis=0)

    def score(features: NDArray[np.float32]) -> NDArray[np.float32]:
        outputs = np.empty((len(features), *model.output_shape[1:]), np.float32)
        for start in range(0, len(features), parts * batch_size):
            chosen = slice(start, start + parts * batch_size)
            outputs[chosen] = forward(np.ascontiguousarray(features[chosen])).numpy()
        return class_scores(outputs, class_count, positive) if target == "class" else outputs

    return score


def score(
    model: keras.Model,
    features: NDArray[np.float32],
    class_count: int,
    positive: int,
    target: Target = "class",
) -> NDArray[np.float32]:
    """Score events once: `make_scorer`'s function on `features`."""
    return make_scorer(model, class_count, positive, target=target)(features)
