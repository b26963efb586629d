"""The family `toy_image`: one convolution and the mean of each of its pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from winnow.study.keys.bounds import Count
from winnow.study.keys.model import Model

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Keys(Model):
    """One convolution."""

    maps: Count = 4
    """Filters of the convolution."""


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build the network."""
    import keras

    from winnow.networks.layers import layer_seed, output_count
    from winnow.networks.targets import output_kind

    first, last = (
        keras.initializers.GlorotUniform(layer_seed(name, seed)) for name in ("first", "last")
    )
    inputs = keras.Input(shape)
    found = keras.layers.Conv2D(keys.maps, 3, activation="relu", kernel_initializer=first)(inputs)
    pooled = keras.layers.GlobalMaxPooling2D()(found)
    kind = output_kind(keys, class_count)
    outputs = keras.layers.Dense(
        output_count(keys, class_count), activation=kind, kernel_initializer=last
    )
    return keras.Model(inputs, outputs(pooled))
