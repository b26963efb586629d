"""A trained network as plain operations on arrays, for programs that have no Keras."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "silu",
    "gelu",
    "elu",
    "selu",
    "leaky_relu",
    "softplus",
    "softmax",
)
"""Keras' own names of activations, all with its defaults: gelu by erf, leaky_relu of slope 0.2."""
LEAKY_SLOPE = 0.2


@dataclass(frozen=True)
class Operation:
    """One operation of a network; the last one's output is the network's.

    Attributes:
        kind: `linear` x·kernel + bias; `scale` x·factor + shift, value by value; `add`;
            `activation`.
        inputs: what it acts on: 0 the network's input, k the output of the k-th operation.
        width: number of values it gives.
        arrays: float32, kernel (inputs, width) and bias (width,), or factor and shift (width,).
        activation: its name, one of `ACTIVATIONS`.
    """

    kind: Literal["linear", "scale", "add", "activation"]
    inputs: tuple[int, ...]
    width: int
    arrays: tuple[Float32, ...] = ()
    activation: str = ""


def operations(network: Any) -> tuple[Operation, ...] | None:
    """Return the operations of a Keras network, or None where it has others than these.

    Args:
        network: a Keras model of one input (n, inputs) and one output (n, outputs), float32; or
            several of them in a `Sequential`, each of which takes what the one before it gives.
    """
    parts = getattr(network, "layers", [])
    if type(network).__name__ == "Sequential" and all(hasattr(part, "layers") for part in parts):
        return _in_turn([operations(part) for part in parts])
    if len(network.inputs) != 1 or len(network.outputs) != 1 or len(network.inputs[0].shape) != 2:
        return None
    made: list[Operation] = []
    places = {id(network.inputs[0]): 0}
    for layer in network.layers:
        if type(layer).__name__ == "InputLayer" and type(layer).__module__.startswith("keras."):
            continue
        try:
            given, told = layer.input, layer.output
        except (AttributeError, ValueError):  # used twice, or not called at all
            return None
        tensors = given if isinstance(given, list) else [given]
        if any(id(tensor) not in places or len(tensor.shape) != 2 for tensor in tensors):
            return None
        own = _of_layer(layer, [places[id(tensor)] for tensor in tensors], len(made))
        if own is None:
            return None
        made += own
        places[id(told)] = len(made) if own else places[id(tensors[0])]
    if not made or places.get(id(network.outputs[0])) != len(made):
        return None
    return tuple(made)


def _in_turn(parts: Sequence[tuple[Operation, ...] | None]) -> tuple[Operation, ...] | None:
    """Return the operations of networks one after another, None where one has others."""
    made: list[Operation] = []
    for part in parts:
        if part is None:
            return None
        before = len(made)
        made += [replace(own, inputs=tuple(place + before for place in own.inputs)) for own in part]
    return tuple(made) or None


def _of_layer(layer: Any, inputs: Sequence[int], before: int) -> list[Operation] | None:
    """Return the operations of one layer, none where it passes its input on; None: unknown."""
    kind, width = type(layer).__name__, int(layer.output.shape[-1])
    if not type(layer).__module__.startswith("keras.") or layer.compute_dtype != "float32":
        return None
    if kind == "Dropout":
        return []
    if kind == "Add":
        same = all(tensor.shape[-1] == width for tensor in layer.input)
        return [Operation("add", tuple(inputs), width)] if same else None
    if kind == "BatchNormalization":
        return [Operation("scale", tuple(inputs), width, _factor_and_shift(layer, width))]
    if kind == "Activation":
        return _activation(layer.activation, inputs[0], width)
    if kind == "Dense":
        bias = _array(layer.bias) if layer.use_bias else np.zeros(width, np.float32)
        linear = Operation("linear", tuple(inputs), width, (_array(layer.kernel), bias))
        after = _activation(layer.activation, before + 1, width)
        return None if after is None else [linear, *after]
    return None


def _activation(function: Any, place: int, width: int) -> list[Operation] | None:
    name, module = getattr(function, "__name__", ""), getattr(function, "__module__", "") or ""
    if not module.startswith("keras."):
        return None
    if name == "linear":
        return []
    if name not in ACTIVATIONS:
        return None
    return [Operation("activation", (place,), width, activation=name)]


def _factor_and_shift(layer: Any, width: int) -> tuple[Float32, Float32]:
    """Return what batch normalisation does once its moments are fixed (Ioffe & Szegedy 2015)."""
    ones, zeros = np.ones(width), np.zeros(width)
    scale = _array(layer.gamma).astype(np.float64) if layer.scale else ones
    shift = _array(layer.beta).astype(np.float64) if layer.center else zeros
    variance = _array(layer.moving_variance).astype(np.float64)
    factor = scale / np.sqrt(variance + layer.epsilon)
    shift = shift - _array(layer.moving_mean).astype(np.float64) * factor
    return factor.astype(np.float32), shift.astype(np.float32)


def _array(variable: Any) -> Float32:
    return np.asarray(variable.numpy(), dtype=np.float32)
