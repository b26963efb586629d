"""Scores of a trained model."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.networks.targets import class_scores

BATCH = 8192

Scorer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def make_scorer(model: keras.Model, class_count: int, positive: int, parts: int = 1) -> Scorer:
    """Return a function that scores events in batches, by a graph that is traced once.

    Args:
        model: a trained model.
        class_count: number of classes.
        positive: for a sigmoid output the class whose score it is.
        parts: how many batches are computed side by side: TensorFlow's threads.

    Returns:
        A function from (n, inputs) float32, normalised, which may be a memory map, to (n, classes)
        float32, each row summing to 1.
    """
    width, outputs = model.input_shape[-1], model.output_shape[-1]

    @tf.function(input_signature=[tf.TensorSpec((None, width), tf.float32)])
    def forward(batch: tf.Tensor) -> tf.Tensor:
        pieces = [batch[part * BATCH : (part + 1) * BATCH] for part in range(parts)]
        return tf.concat([model(piece, training=False) for piece in pieces], axis=0)

    def score(features: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = np.empty((len(features), outputs), np.float32)
        for start in range(0, len(features), parts * BATCH):
            chosen = slice(start, start + parts * BATCH)
            scores[chosen] = forward(np.ascontiguousarray(features[chosen])).numpy()
        return class_scores(scores, class_count, positive)

    return score


def score(
    model: keras.Model, features: NDArray[np.float32], class_count: int, positive: int
) -> NDArray[np.float32]:
    """Score events once: `make_scorer`'s function on `features`."""
    return make_scorer(model, class_count, positive)(features)
