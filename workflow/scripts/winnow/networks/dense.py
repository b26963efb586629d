"""The family `dense`: a chain of dense layers."""

from collections.abc import Mapping
from typing import Any

import keras

from winnow.networks.layers import hidden_layer, output_layer


def dense(model: Mapping[str, Any], input_count: int, class_count: int, seed: int) -> keras.Model:
    """Build a chain of dense layers of the widths in `layers`.

    Arguments and result are those of `models.build`.
    """
    inputs = keras.Input((input_count,), name="features")
    hidden = inputs
    for number, units in enumerate(model["layers"], start=1):
        hidden = hidden_layer(model, hidden, units, number, seed)
    return keras.Model(inputs, output_layer(model, hidden, class_count, seed), name="dense")
