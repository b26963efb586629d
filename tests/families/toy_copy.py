"""The family `toy_copy`: a linear autoencoder of events of any shape."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from winnow.study.keys.bounds import Count
from winnow.study.keys.model import Model, Target

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Keys(Model):
    """A linear autoencoder."""

    target: ClassVar[Target] = "input"

    bottleneck: Count = 2
    """Numbers that an event is squeezed into."""


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build the network."""
    import keras

    from winnow.networks.layers import layer_seed

    first, last = (
        keras.initializers.GlorotUniform(layer_seed(name, seed)) for name in ("first", "last")
    )
    inputs = keras.Input(shape)
    flat = keras.layers.Flatten()(inputs)
    code = keras.layers.Dense(keys.bottleneck, kernel_initializer=first)(flat)
    copy = keras.layers.Dense(math.prod(shape), kernel_initializer=last)(code)
    return keras.Model(inputs, keras.layers.Reshape(shape)(copy))
