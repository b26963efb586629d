"""The family `toy_pixel`: a class for each pixel, from the pixel alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from winnow.study.keys.model import Model, Target

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Keys(Model):
    """A class for each pixel."""

    target: ClassVar[Target] = "pixel"


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build the network."""
    import keras

    from winnow.networks.layers import layer_seed

    kernel = keras.initializers.GlorotUniform(layer_seed("only", seed))
    inputs = keras.Input(shape)
    outputs = keras.layers.Conv2D(class_count, 1, activation="softmax", kernel_initializer=kernel)
    return keras.Model(inputs, outputs(inputs))
