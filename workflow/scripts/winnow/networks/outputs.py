"""What networks take and give, event by event, whatever the shape of an event."""

import tensorflow as tf


def over_events(values: tf.Tensor) -> tf.Tensor:
    """Return the mean over all axes but the events', (events,)."""
    axes = list(range(1, len(values.shape)))
    return tf.reduce_mean(values, axis=axes) if axes else values


def copy_error(features: tf.Tensor, copies: tf.Tensor) -> tf.Tensor:
    """Return each event's mean squared difference between its features and their copy."""
    return over_events(tf.math.squared_difference(features, copies))
