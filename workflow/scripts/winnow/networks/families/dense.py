"""The family `dense`: a chain of dense layers."""

from typing import TYPE_CHECKING

from winnow.networks.hidden import Hidden as Keys

if TYPE_CHECKING:
    import keras

__all__ = ["Keys", "build"]


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build a chain of dense layers of the widths in `layers`.

    Arguments and result are those of `winnow.networks.build.build`.
    """
    import keras

    from winnow.networks.layers import hidden_layer, output_layer

    inputs = keras.Input(shape, name="features")
    hidden = inputs if len(shape) == 1 else keras.layers.Flatten(name="flat")(inputs)
    for number, units in enumerate(keys.layers, start=1):
        hidden = hidden_layer(keys, hidden, units, number, seed)
    return keras.Model(inputs, output_layer(keys, hidden, class_count, seed), name="dense")
