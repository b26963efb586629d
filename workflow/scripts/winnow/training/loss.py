"""Loss and accuracy of an event, by what the family of networks learns to give.

`class`: the class of each event; cross-entropy, binary for one output. `pixel`: the class of each
pixel; the mean over pixels of their cross-entropies, each times its class's weight. `input`: the
features themselves; the mean squared difference, which has no accuracy (NaN).
"""

import keras
import tensorflow as tf

from winnow.networks.outputs import copy_error, over_events
from winnow.training.layout import Layout


def event_loss(
    layout: Layout, labels: tf.Tensor, outputs: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """Return each event's loss, (events,).

    Args:
        layout: what the events are like.
        labels: (events,) class, (events, ...) the pixels' classes, or (events, ...) features.
        outputs: what the network gives; of classes (events, ..., classes), or (events, 1).
        smoothing: share of each label that is spread over the classes.
    """
    if layout.target == "input":
        return copy_error(labels, outputs)
    losses = _cross_entropy(labels, outputs, smoothing)
    if layout.pixel_weights:
        losses *= tf.gather(tf.constant(layout.pixel_weights, losses.dtype), labels)
    return over_events(losses)


def event_correct(layout: Layout, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return the share of an event that is classified correctly (a sigmoid's border is 0.5).

    Where pixels have weights it is that of the pixels where something is, by the largest of the
    other classes' scores; 1 for an event without any.
    """
    if layout.target == "input":
        return tf.fill(tf.shape(labels)[:1], float("nan"))
    if layout.pixel_weights:
        predicted = 1 + tf.argmax(outputs[..., 1:], axis=-1, output_type=labels.dtype)
        wrong = (labels > 0) & (predicted != labels)
        axes = list(range(1, len(labels.shape)))
        filled = tf.math.count_nonzero(labels, axes, dtype=tf.float32)
        return 1 - tf.math.count_nonzero(wrong, axes, dtype=tf.float32) / tf.maximum(filled, 1)
    if outputs.shape[-1] == 1:
        predicted = tf.cast(outputs[..., 0] > 0.5, labels.dtype)
    else:
        predicted = tf.argmax(outputs, axis=-1, output_type=labels.dtype)
    return over_events(tf.cast(predicted == labels, tf.float32))


def _cross_entropy(labels: tf.Tensor, scores: tf.Tensor, smoothing: float) -> tf.Tensor:
    if scores.shape[-1] == 1:
        targets = tf.cast(labels, scores.dtype)[..., None]
        return keras.losses.binary_crossentropy(targets, scores, label_smoothing=smoothing)
    if smoothing:
        targets = tf.one_hot(labels, scores.shape[-1], dtype=scores.dtype)
        return keras.losses.categorical_crossentropy(targets, scores, label_smoothing=smoothing)
    return keras.losses.sparse_categorical_crossentropy(labels, scores)
