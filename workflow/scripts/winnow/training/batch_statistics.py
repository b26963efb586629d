"""Statistics of batch normalisation, taken anew for weights that were not trained but averaged."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import keras
import tensorflow as tf

from winnow.training.evaluation import EVALUATION_BATCHES, TrainingData
from winnow.training.windows import prefetched


def make_statistics(
    model: keras.Model, data: TrainingData, batch_size: int, held: tf.Tensor | None = None
) -> Callable[[], None]:
    """Return a function that sets batch normalisation's statistics to those of the present weights.

    One pass over the events in their order, in batches as in training: the mean over the batches of
    their means and variances, each batch counting by its events (section 3.2 of Izmailov et al.,
    arXiv:1803.05407). Layers that act in training alone, such as dropout, rest meanwhile: what is
    normalised is what an evaluation sees. A model without batch normalisation is left as it is.

    Args:
        model: a built model; its moving means and variances change.
        data: the events trained on.
        batch_size: events a batch.
        held: the features, where training keeps them in memory; else they are read anew each time.
    """
    layers = normalisations(model)
    if not layers:
        return lambda: None
    count = data.count
    strategy = tf.distribute.get_strategy()

    @tf.function(
        autograph=False,
        input_signature=[
            data.layout.specs[0],
            tf.TensorSpec((), tf.int64),
        ],
    )
    def renew(features: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
        def meet(start: tf.Tensor, seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            batch = tf.cast(features[start : start + batch_size], tf.float32)
            size = tf.shape(batch, tf.int64)[0]
            momentum = tf.cast(seen / (seen + size), tf.float32)
            with _learning(layers, momentum):
                strategy.run(partial(model, training=False), args=(batch,))
            return start + batch_size, seen + size

        events = tf.shape(features)[0]
        # each batch moves the means that the next one moves on
        going = tf.while_loop(lambda start, _: start < events, meet, (tf.constant(0), seen))
        return going[1]

    window = -(-EVALUATION_BATCHES * data.layout.evaluation_batch // batch_size) * batch_size
    slices = [slice(start, start + window) for start in range(0, count, window)]

    def whole() -> None:
        seen = tf.constant(0, tf.int64)
        if held is not None:
            renew(held, seen)
            return
        for features, *_ in prefetched([partial(data.tensors, rows) for rows in slices]):
            seen = renew(features, seen)

    return whole


def normalisations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Return the layers of batch normalisation that learn, those in layers of layers included."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]


@contextmanager
def _learning(layers: list[keras.layers.BatchNormalization], momentum: tf.Tensor) -> Iterator[None]:
    """Let layers take the statistics of what they meet, in a model that does not train."""

    def always(layer: keras.layers.BatchNormalization) -> Callable[..., tf.Tensor]:
        call = layer.call
        return lambda inputs, training=None, mask=None: call(inputs, training=True, mask=mask)

    before = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum, layer.call = momentum, always(layer)
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.momentum = own
            del layer.call
