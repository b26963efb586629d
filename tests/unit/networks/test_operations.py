"""A network as operations and in ONNX gives what Keras gives, whatever its layers."""

import keras
import numpy as np
import pytest

import sections
from winnow.networks.hidden import Hidden
from winnow.networks.onnx_network import network_model
from winnow.networks.onnx_scorer import make_onnx_scorer
from winnow.networks.operations import operations
from winnow.networks.proof import TOLERANCE
from winnow.networks.scorer import score
from winnow.training.serving import onnx_network

ACTIVATIONS = Hidden.__annotations__["activation"].__args__
FEATURES = np.random.default_rng(3).normal(0, 2, (9000, 5)).astype(np.float32)


def shaken(network):
    """Give a network weights, biases and moments that are no initial ones."""
    generator = np.random.default_rng(1)
    for variable in network.variables:
        if variable.dtype == "float32" and "seed" not in variable.name:
            noise = generator.uniform(0.02, 0.1, variable.shape)
            variable.assign(variable.numpy() + noise)
    return network


def by_onnx(network, count=3):
    model = network_model(operations(network), FEATURES.shape[1])
    return make_onnx_scorer(model.SerializeToString(), count, count - 1)(FEATURES)


@pytest.mark.parametrize("family", ["dense", "residual"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_onnx_gives_what_keras_gives(family, activation):
    keys = {
        **sections.MODEL,
        "family": family,
        "layers": [16, 16, 16],
        "activation": activation,
        "dropout": 0.1,
        "batch_normalisation": activation == "tanh",
    }
    network = shaken(sections.built(keys, 5, 3, 1))
    expected = score(network, FEATURES, 3, 2)
    assert expected.std(axis=0).min() > 1e-3
    np.testing.assert_allclose(by_onnx(network), expected, atol=TOLERANCE, rtol=0)


def test_a_sigmoid_gives_both_classes():
    network = shaken(sections.built({**sections.MODEL, "output": "sigmoid"}, 5, 2, 1))
    found = by_onnx(network, 2)
    assert found.shape == (len(FEATURES), 2)
    np.testing.assert_allclose(found, score(network, FEATURES, 2, 1), atol=TOLERANCE, rtol=0)


def test_a_users_network_of_known_layers_is_served():
    inputs = keras.Input((5,))
    one = keras.layers.Dense(4, activation="gelu", use_bias=False)(inputs)
    two = keras.layers.Dense(4, activation="relu")(inputs)
    both = keras.layers.Dropout(0.5)(keras.layers.Add()([one, two, one]))
    network = shaken(keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(both)))
    written = onnx_network(network, FEATURES, 3, 2, "class")
    found = make_onnx_scorer(written, 3, 2)(FEATURES)
    np.testing.assert_allclose(found, score(network, FEATURES, 3, 2), atol=TOLERANCE, rtol=0)


def relu(values):
    return keras.ops.relu(values) * 2


def shared(inputs):
    layer = keras.layers.Dense(5)
    return layer(layer(inputs))


OTHERS = {
    "a layer": lambda x: keras.layers.LayerNormalization()(x),
    "an activation of ones own": lambda x: keras.layers.Dense(4, activation=relu)(x),
    "half precision": lambda x: keras.layers.Dense(4, dtype="float16")(x),
    "operations": lambda x: keras.ops.abs(x),
    "a layer twice": shared,
    "three axes": lambda x: keras.layers.Flatten()(keras.layers.Reshape((5, 1))(x)),
}


@pytest.mark.parametrize("part", OTHERS)
def test_other_networks_are_left_to_keras(part):
    inputs = keras.Input((5,))
    hidden = keras.layers.Activation("linear", dtype="float32")(OTHERS[part](inputs))
    network = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(hidden))
    assert operations(network) is None
    assert onnx_network(network, FEATURES, 3, 2, "class") == b""


@pytest.mark.parametrize("target", ["pixel", "input"])
def test_other_targets_are_left_to_keras(target):
    network = sections.built({**sections.MODEL, "output": "softmax"}, 5, 3, 1)
    assert onnx_network(network, FEATURES, 3, 2, "class")
    assert onnx_network(network, FEATURES, 3, 2, target) == b""


def test_threads_and_repetition_change_nothing():
    network = shaken(sections.built({**sections.MODEL, "output": "softmax"}, 5, 3, 1))
    written = onnx_network(network, FEATURES, 3, 2, "class")
    first, *others = (make_onnx_scorer(written, 3, 2, threads)(FEATURES) for threads in (1, 1, 2))
    for other in others:
        np.testing.assert_array_equal(first, other)
