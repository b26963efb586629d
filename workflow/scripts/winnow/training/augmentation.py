"""Pictures turned, mirrored and brightened at random while they are trained on, in the graph.

What is drawn follows from the run's seed and the step alone, so that a training that is killed and
goes on sees the same pictures.
"""

import math

import tensorflow as tf

from winnow.study.keys.training import Augmentation


def augmented(
    settings: Augmentation,
    features: tf.Tensor,
    labels: tf.Tensor | None,
    seed: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Return pictures, and the classes of their pixels, as another event could have looked.

    Each picture of an event is mirrored along each axis or not, turned about its middle, and
    multiplied by a factor. Pixels are moved whole, the nearest in place of each, so that what a
    pixel holds and its class stay together.

    Args:
        settings: the config's `training.augmentation`.
        features: (n, ..., rows, columns, channels) float32.
        labels: (n, ..., rows, columns) int32 classes of pixels, None where pixels have none.
        seed: (2,) int32.
    """
    shape, size = tf.shape(features), features.shape[-3:]
    pictures = tf.reshape(features, (-1, *size))
    count = tf.shape(pictures)[0]
    drawn = tf.random.stateless_uniform((count, 3), seed)
    turned = (2 * drawn[:, 2] - 1) * (settings.rotate * math.pi / 180)
    mirrored = tf.where(drawn[:, :2] < 0.5, 1.0, -1.0) if settings.flip else tf.ones((count, 2))
    moved = _moves(turned, mirrored, size)
    if settings.flip or settings.rotate:
        pictures = _moved(pictures, moved, size)
    if settings.scale:
        spread = tf.random.stateless_normal((count, 1, 1, 1), seed + tf.constant([0, 1]))
        pictures *= tf.exp(settings.scale * spread)
    pictures = tf.reshape(pictures, shape)
    if labels is None or not (settings.flip or settings.rotate):
        return pictures, labels
    flat = tf.reshape(labels, (-1, *size[:2], 1))
    return pictures, tf.reshape(_moved(flat, moved, size), tf.shape(labels))


def _moves(turned: tf.Tensor, mirrored: tf.Tensor, size: tf.TensorShape) -> tf.Tensor:
    """Return for each picture the 8 numbers by which TensorFlow finds what moves to a pixel."""
    middle = (size[1] - 1) / 2, (size[0] - 1) / 2  # column, row
    cosine, sine = tf.cos(turned), tf.sin(turned)
    a, b = cosine * mirrored[:, 0], -sine * mirrored[:, 0]
    c, d = sine * mirrored[:, 1], cosine * mirrored[:, 1]
    shift = middle[0] - a * middle[0] - b * middle[1], middle[1] - c * middle[0] - d * middle[1]
    none = tf.zeros_like(a)
    return tf.stack([a, b, shift[0], c, d, shift[1], none, none], axis=1)


def _moved(pictures: tf.Tensor, moves: tf.Tensor, size: tf.TensorShape) -> tf.Tensor:
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures,
        transforms=moves,
        output_shape=tf.constant(list(size[:2])),
        fill_value=0.0,
        interpolation="NEAREST",
        fill_mode="CONSTANT",
    )
