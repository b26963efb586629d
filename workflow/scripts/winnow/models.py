"""Network families: each builds a plain Keras model from the config's `model` section."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from winnow.identity import key
from winnow.targets import output_kind

Family = Callable[[Mapping[str, Any], int, int, int], keras.Model]


def build(model: Mapping[str, Any], input_count: int, class_count: int, seed: int) -> keras.Model:
    """Build the configured network.

    Args:
        model: the config's `model` section.
        input_count: number of inputs, indicator features included.
        class_count: number of classes.
        seed: the run's seed; every layer's own seed derives from it and the layer's name.

    Returns:
        A built Keras model, float32 inputs of shape (events, input_count), with one output for
        `sigmoid` (the score of the signal class) or one per class for `softmax`.
    """
    return FAMILIES[model["family"]](model, input_count, class_count, seed)


def dense(model: Mapping[str, Any], input_count: int, class_count: int, seed: int) -> keras.Model:
    """Build a chain of dense layers: linear map, batch normalisation, activation, dropout."""

    def layer_seed(name: str) -> int:
        return key("layer", name, seed) % 2**31

    def linear(units: int, name: str, initializer: str) -> keras.layers.Layer:
        return keras.layers.Dense(
            units,
            name=name,
            use_bias=not model["batch_normalisation"] or name == "output",
            kernel_initializer=keras.initializers.get(
                {"class_name": initializer, "config": {"seed": layer_seed(name)}}
            ),
            kernel_regularizer=_penalty(model),
        )

    inputs = keras.Input((input_count,), name="features")
    hidden = inputs
    for number, units in enumerate(model["layers"], start=1):
        hidden = linear(units, f"dense_{number}", model["initializer"])(hidden)
        if model["batch_normalisation"]:
            hidden = keras.layers.BatchNormalization(name=f"normalisation_{number}")(hidden)
        hidden = keras.layers.Activation(model["activation"], name=f"activation_{number}")(hidden)
        if model["dropout"] > 0:
            name = f"dropout_{number}"
            hidden = keras.layers.Dropout(model["dropout"], name=name, seed=layer_seed(name))(
                hidden
            )
    kind = output_kind(model, class_count)
    scores = linear(1 if kind == "sigmoid" else class_count, "output", "glorot_uniform")(hidden)
    # scikinC and other exporters want the softmax as a layer of its own
    scores = keras.layers.Activation(kind, name=kind)(scores)
    return keras.Model(inputs, scores, name="dense")


def _penalty(model: Mapping[str, Any]) -> keras.regularizers.Regularizer | None:
    if model["l1"] == 0 and model["l2"] == 0:
        return None
    return keras.regularizers.L1L2(l1=model["l1"], l2=model["l2"])


FAMILIES: Mapping[str, Family] = {"dense": dense}
