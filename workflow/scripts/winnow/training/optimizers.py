"""Optimisers whose rate and momentum are set from outside, step by step."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from winnow.study.keys.training import Phase


class ScheduledSGD(keras.optimizers.SGD):  # type: ignore[misc]  # Keras has no types
    """Keras' SGD with momentum, the momentum being a variable.

    Keras' own takes the momentum for a constant; the update is the same,
    `m ← μ·m − rate·g`, `w ← w + m`.
    """

    def __init__(self, learning_rate: float, momentum: float, **options: Any) -> None:
        """Start with a rate and a momentum above 0, so that the velocities exist."""
        super().__init__(learning_rate, momentum=momentum, **options)
        self.scheduled_momentum = tf.Variable(momentum, dtype=tf.float32, trainable=False)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply one update."""
        velocity = self.momentums[self._get_variable_index(variable)]
        rate = tf.cast(learning_rate, variable.dtype)
        momentum = tf.cast(self.scheduled_momentum, variable.dtype)
        self.assign(velocity, momentum * velocity - rate * gradient)
        self.assign_add(variable, velocity)


def make_optimizer(phase: Phase) -> keras.optimizers.Optimizer:
    """Build the optimiser of a training phase, its rate a variable.

    Args:
        phase: the phase's settings; `clip_norm` is the largest norm of the whole gradient, the
            weight decay AdamW's, decoupled.
    """
    rate, momentum = phase.learning_rate, phase.momentum
    # several devices bring equal shares of the gradient, each clipped before they are added up
    devices = tf.distribute.get_strategy().num_replicas_in_sync
    options = {"global_clipnorm": phase.clip_norm / devices or None}
    cyclic = phase.schedule.kind == "one_cycle"
    if phase.optimizer == "sgd":
        if cyclic:
            return ScheduledSGD(rate, phase.schedule.momentum_high, **options)
        return keras.optimizers.SGD(rate, momentum=momentum, **options)
    if phase.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate, momentum=momentum, **options)
    if phase.optimizer == "adamw":
        options["weight_decay"] = phase.weight_decay
        optimizer = keras.optimizers.AdamW(rate, **options)
    else:
        optimizer = keras.optimizers.Adam(rate, **options)
    if cyclic:
        optimizer.beta_1 = tf.Variable(optimizer.beta_1, dtype=tf.float32, trainable=False)
    return optimizer


def momentum_setter(optimizer: keras.optimizers.Optimizer) -> Callable[[tf.Tensor], Any] | None:
    """Return what sets an optimiser's momentum (Adam's beta 1), None where it is a constant."""
    if isinstance(optimizer, ScheduledSGD):
        return _assign(optimizer.scheduled_momentum)
    moved = getattr(optimizer, "beta_1", None)
    return _assign(moved) if isinstance(moved, tf.Variable) else None


def _assign(variable: tf.Variable) -> Callable[[tf.Tensor], Any]:
    return lambda value: variable.assign(value)
