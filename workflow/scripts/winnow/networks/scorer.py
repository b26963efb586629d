"""Scores of a trained model, by Keras."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.networks.batches import batch_events
from winnow.networks.outputs import copy_error
from winnow.networks.targets import Scorer, class_scores
from winnow.study.keys.model import Target


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
        classes (n, classes), each row summing to 1; else as of `event_scores`.
    """
    shape = model.input_shape[1:]
    batch_size = batch_events(shape)

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec((None, *shape), tf.float32)],
    )
    def forward(batch: tf.Tensor) -> tf.Tensor:
        pieces = [batch[part * batch_size : (part + 1) * batch_size] for part in range(parts)]
        told = [event_scores(target, piece, model(piece, training=False)) for piece in pieces]
        return tf.concat(told, axis=0)

    def score(features: NDArray[np.float32]) -> NDArray[np.float32]:
        spec = forward.get_concrete_function().structured_outputs
        scores = np.empty((len(features), *spec.shape[1:]), np.float32)
        for start in range(0, len(features), parts * batch_size):
            chosen = slice(start, start + parts * batch_size)
            scores[chosen] = forward(np.ascontiguousarray(features[chosen], np.float32)).numpy()
        return class_scores(scores, class_count, positive) if target == "class" else scores

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


def event_scores(target: Target, features: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return what is told of each event, in the columns of `score_names`.

    Args:
        target: what the network gives.
        features: (n, ...) its input.
        outputs: (n, ...) what it gives; of classes (n, ..., classes), a sigmoid's (n, 1).

    Returns:
        (n, columns): a class's scores as they are, of pixels (n, classes, ...), of the input's
        copy (n, 1) its mean squared difference.
    """
    if target == "pixel":
        return tf.experimental.numpy.moveaxis(outputs, -1, 1)
    if target == "input":
        return copy_error(features, outputs)[:, None]
    return outputs
