"""Networks as lists of operations: they compute what Keras computes."""

import keras
import numpy as np
import pytest

import sections
from winnow.networks.graph import graph_of
from winnow.networks.graph_types import ACTIVATIONS

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


def evaluate(graph, features):
    """Return what a graph gives for rows, in float64, activations by Keras."""
    values = {graph.name: features.astype(np.float64)}
    for own in graph.operations:
        inputs = [values[name] for name in own.inputs]
        if own.kind == "dense":
            values[own.name] = inputs[0] @ own.kernel + own.bias
        elif own.kind == "scale":
            values[own.name] = inputs[0] * own.kernel + own.bias
        elif own.kind == "add":
            values[own.name] = sum(inputs)
        else:
            values[own.name] = np.asarray(getattr(keras.activations, own.function)(inputs[0]))
    return values[graph.operations[-1].name]


def disturbed(network, generator):
    """Give every weight but the kernels a value of its own, as training does."""
    for weight in network.weights:
        if "variance" in weight.path:
            weight.assign(generator.uniform(0.5, 2, weight.shape))
        elif "kernel" not in weight.path:
            weight.assign(generator.normal(size=weight.shape))
    return network


def network(**changes):
    own = {"family": "dense", "layers": [8, 8], "activation": "tanh", "dropout": 0.2, **changes}
    return disturbed(sections.built(own, 5, 3, 1), np.random.default_rng(1))


@pytest.mark.parametrize("family", ["dense", "residual"])
@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("batch_normalisation", [False, True])
def test_a_graph_computes_what_its_network_does(family, activation, batch_normalisation):
    own = network(family=family, activation=activation, batch_normalisation=batch_normalisation)
    features = np.random.default_rng(0).normal(size=(500, 5)).astype(np.float32)
    graph = graph_of(own)
    assert (graph.width, graph.outputs) == (5, 3)
    np.testing.assert_allclose(evaluate(graph, features), own(features), atol=3e-6)


def test_the_schema_offers_no_activation_that_a_graph_does_not_know():
    from winnow.networks.hidden import Hidden
    from winnow.study.typed import object_schema

    offered = object_schema(Hidden)["properties"]["activation"]["enum"]
    assert set(offered) <= set(ACTIVATIONS)


def test_an_activation_inside_a_dense_layer_is_one_of_its_own():
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(2, "softmax")(keras.layers.Dense(3, "relu")(inputs))
    own = keras.Model(inputs, outputs)
    features = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    np.testing.assert_allclose(evaluate(graph_of(own), features), own(features), atol=1e-6)


@keras.saving.register_keras_serializable("tests")
class Mine(keras.layers.Dense):
    """A layer that computes something else."""

    def call(self, inputs):
        """Return twice what a dense layer does."""
        return 2 * super().call(inputs)


def test_a_network_with_a_layer_that_is_not_known_has_no_graph():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3)(inputs)
    for layer in (Mine(2), keras.layers.LayerNormalization(), keras.layers.Dense(2, abs)):
        assert graph_of(keras.Model(inputs, layer(hidden))) is None
    shared = keras.layers.Dense(4)
    assert graph_of(keras.Model(inputs, shared(shared(inputs)))) is None
    assert graph_of(keras.Model(inputs, [hidden, hidden])) is None
    image = keras.Input((4, 4))
    assert graph_of(keras.Model(image, keras.layers.Dense(2)(image))) is None
