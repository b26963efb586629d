"""A network as a list of simple operations, which other languages can be written from."""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from winnow.networks.graph_types import ACTIVATIONS, Graph, Operation


def graph_of(network: keras.Model) -> Graph | None:
    """Return a network as a graph; None where it has a layer that is none of the known ones.

    Known are Dense, Activation, BatchNormalization over the last axis, Dropout (which does nothing
    to a trained network) and Add, of a functional or sequential model with one input and output.
    """
    if not isinstance(network, keras.Model) or len(network.inputs) != 1:
        return None
    if len(network.outputs) != 1 or len(network.inputs[0].shape) != 2:
        return None
    names: dict[int, str] = {id(network.inputs[0]): "features"}
    found: list[Operation] = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if type(layer) not in _READERS:
            return None
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = tuple(names.get(id(tensor), "") for tensor in given)
        steps = _READERS[type(layer)](layer, inputs) if all(inputs) else None
        if steps is None:
            return None
        found += steps
        names[id(layer.output)] = steps[-1].name if steps else inputs[0]
    if not found or names.get(id(network.outputs[0])) != found[-1].name:
        return None
    return Graph("features", network.inputs[0].shape[1], tuple(found), network.outputs[0].shape[1])


Reader = Callable[[keras.layers.Layer, tuple[str, ...]], list[Operation] | None]


def _dense(layer: keras.layers.Layer, inputs: tuple[str, ...]) -> list[Operation] | None:
    kernel = np.asarray(layer.kernel, np.float32)
    bias = np.zeros(kernel.shape[1], np.float32)
    if layer.use_bias:
        bias = np.asarray(layer.bias, np.float32)
    own, function = Operation(layer.name, "dense", inputs, kernel, bias), _function(layer)
    if function is None:
        return None
    if function == "linear":
        return [own]
    return [own, Operation(f"{own.name}_{function}", "activation", (own.name,), function=function)]


def _function(layer: keras.layers.Layer) -> str | None:
    """Return the name of a layer's activation, None where it is none of Keras' own at defaults."""
    name = getattr(layer.activation, "__name__", "")
    name = {"silu": "swish"}.get(name, name)
    known = name in ACTIVATIONS and layer.activation is getattr(keras.activations, name)
    return name if known else None


def _activation(layer: keras.layers.Layer, inputs: tuple[str, ...]) -> list[Operation] | None:
    function = _function(layer)
    if function is None:
        return None
    return [Operation(layer.name, "activation", inputs, function=function)]


def _normalisation(layer: keras.layers.Layer, inputs: tuple[str, ...]) -> list[Operation] | None:
    if layer.axis not in (-1, 1):
        return None
    variance = np.asarray(layer.moving_variance, np.float64)
    scale = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        scale = scale * np.asarray(layer.gamma, np.float64)
    bias = -np.asarray(layer.moving_mean, np.float64) * scale
    if layer.center:
        bias = bias + np.asarray(layer.beta, np.float64)
    own = scale.astype(np.float32), bias.astype(np.float32)
    return [Operation(layer.name, "scale", inputs, *own)]


def _dropout(layer: keras.layers.Layer, inputs: tuple[str, ...]) -> list[Operation] | None:
    del layer, inputs
    return []


def _add(layer: keras.layers.Layer, inputs: tuple[str, ...]) -> list[Operation] | None:
    return [Operation(layer.name, "add", inputs)]


_READERS: Mapping[type[keras.layers.Layer], Reader] = {
    keras.layers.Dense: _dense,
    keras.layers.Activation: _activation,
    keras.layers.BatchNormalization: _normalisation,
    keras.layers.Dropout: _dropout,
    keras.layers.Add: _add,
}
