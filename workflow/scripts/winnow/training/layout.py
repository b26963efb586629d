"""What the events of a sample are like, whatever their shape."""

import math
from dataclasses import dataclass
from typing import Literal

import tensorflow as tf

from winnow.networks.batches import batch_events
from winnow.study.keys.model import Target


@dataclass(frozen=True)
class Layout:
    """What the events of a sample are like.

    Attributes:
        shape: of an event's features: of a table (inputs,).
        label_shape: of an event's label: () where it is one class.
        target: what networks learn to give of them.
        feature_type: how features are held; networks get float32.
        pixel_weights: of pixels, what each class weighs in the loss; the first class is of pixels
            where nothing is, which no accuracy counts. Empty: all weigh 1, and all count.
        spectator: whether events have one that the score is not to tell.
    """

    shape: tuple[int, ...]
    label_shape: tuple[int, ...] = ()
    target: Target = "class"
    feature_type: Literal["float32", "float16"] = "float32"
    pixel_weights: tuple[float, ...] = ()
    spectator: bool = False

    @property
    def label_type(self) -> tf.DType:
        """Type of the labels as tensors."""
        if self.target == "input":
            return tf.as_dtype(self.feature_type)
        return tf.uint8 if self.target == "pixel" else tf.int32

    @property
    def specs(self) -> tuple[tf.TensorSpec, ...]:
        """Features, labels, weights and, where there is one, the spectator of events."""
        return (
            tf.TensorSpec((None, *self.shape), tf.as_dtype(self.feature_type)),
            tf.TensorSpec((None, *self.label_shape), self.label_type),
            tf.TensorSpec((None,), tf.float32),
            *([tf.TensorSpec((None,), tf.float32)] if self.spectator else []),
        )

    @property
    def event_bytes(self) -> int:
        """Bytes that an event takes as tensors."""
        types = tf.as_dtype(self.feature_type), self.label_type
        shapes = self.shape, self.label_shape
        sizes = [int(kind.size) * math.prod(own) for kind, own in zip(types, shapes, strict=True)]
        return sum(sizes) + int(tf.float32.size) * (1 + self.spectator)

    @property
    def evaluation_batch(self) -> int:
        """Events that are evaluated at once."""
        return batch_events(self.shape)

    def seen(self, features: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return features and labels as networks and losses take them: float32, and int32."""
        kind = tf.float32 if self.target == "input" else tf.int32
        return tf.cast(features, tf.float32), tf.cast(labels, kind)
