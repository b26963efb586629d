"""The family `residual`: dense layers, each of which adds its input to its output."""

from collections.abc import Mapping
from typing import Any

import keras

from winnow.errors import ConfigError
from winnow.networks.layers import hidden_layer, output_layer


def residual(
    model: Mapping[str, Any], input_count: int, class_count: int, seed: int
) -> keras.Model:
    """Build dense layers with additive skips: h₁ = f₁(x), hₙ = hₙ₋₁ + fₙ(hₙ₋₁) from the second on.

    The skips of He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385, over
    one layer each. Arguments and result are those of `models.build`.

    Raises:
        ConfigError: the hidden layers differ in width.
    """
    widths = model["layers"]
    if len(set(widths)) > 1:
        raise ConfigError(
            f"model.layers: {list(widths)} has layers of different widths, but a residual network "
            "adds each layer's input to its output. Give all layers one width, or take the family "
            "dense."
        )
    inputs = keras.Input((input_count,), name="features")
    hidden = inputs
    for number, units in enumerate(widths, start=1):
        outputs = hidden_layer(model, hidden, units, number, seed)
        if number > 1:
            outputs = keras.layers.Add(name=f"skip_{number}")([hidden, outputs])
        hidden = outputs
    return keras.Model(inputs, output_layer(model, hidden, class_count, seed), name="residual")
