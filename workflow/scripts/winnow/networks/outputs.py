"""What networks take and give, event by event, whatever the shape of an event."""

import math
from collections.abc import Sequence

import tensorflow as tf

# events that go through a network at once where nothing is learnt; fewer where an event is large
BATCH = 8192
BATCH_BYTES = 2**26


def batch_events(shape: Sequence[int]) -> int:
    """Return how many events of float32 features of a shape go through a network at once."""
    return min(BATCH, max(1, BATCH_BYTES // (4 * math.prod(shape))))


def over_events(values: tf.Tensor) -> tf.Tensor:
    """Return the mean over all axes but the events', (events,)."""
    axes = list(range(1, len(values.shape)))
    return tf.reduce_mean(values, axis=axes) if axes else values


def copy_error(features: tf.Tensor, copies: tf.Tensor) -> tf.Tensor:
    """Return each event's mean squared difference between its features and their copy."""
    return over_events(tf.math.squared_difference(features, copies))
