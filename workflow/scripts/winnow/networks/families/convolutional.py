"""The family `convolutional`: convolutions with pooling, then dense layers, on pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from winnow.networks.hidden import Hidden
from winnow.study.keys.bounds import Count
from winnow.study.typed import says

if TYPE_CHECKING:
    import keras

Filters = Annotated[tuple[Count, ...], says(minItems=1)]


@dataclass(frozen=True)
class Keys(Hidden):
    """Convolutions, then hidden dense layers of the widths in `layers`."""

    filters: Filters = (8, 8, 8, 8)
    """For `convolutional`, filters of each convolution."""
    kernel: Count = 4
    """For `convolutional`, rows and columns of each filter."""
    pool_after: tuple[Count, ...] = (2,)
    """For `convolutional`, the convolutions, counted from 1, after which the largest of each 2 × 2
    pixels goes on."""

    def faults(self) -> Iterator[str]:
        """List poolings after no convolution."""
        for number in self.pool_after:
            if number > len(self.filters):
                yield (
                    f"config key `model.pool_after`: found {number}, but there are "
                    f"{len(self.filters)} convolutions (`model.filters`)."
                )


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build convolutions of stride 1 that keep the size of pictures, pooling, and dense layers.

    By default, with `layers: [64, 64, 64]`, the network of 216,546 parameters of the jet images of
    the IML workshop 2019 (3pia/iml2019). Arguments and result are those of
    `winnow.networks.build.build`.
    """
    import keras

    from winnow.networks.layers import (
        check_pictures,
        convolution,
        hidden_layer,
        output_layer,
        penalty_of,
    )

    check_pictures("convolutional", shape, 3)
    inputs = keras.Input(shape, name="features")
    hidden = inputs
    for number, filters in enumerate(keys.filters, start=1):
        own, size = f"convolution_{number}", (filters, keys.kernel)
        hidden = convolution(hidden, size, own, keys.initializer, seed, penalty_of(keys))
        hidden = keras.layers.Activation(keys.activation, name=f"activation_c{number}")(hidden)
        if number in keys.pool_after:
            hidden = keras.layers.MaxPooling2D(name=f"pooling_{number}")(hidden)
    hidden = keras.layers.Flatten(name="flat")(hidden)
    for number, units in enumerate(keys.layers, start=1):
        hidden = hidden_layer(keys, hidden, units, number, seed)
    outputs = output_layer(keys, hidden, class_count, seed)
    return keras.Model(inputs, outputs, name="convolutional")
