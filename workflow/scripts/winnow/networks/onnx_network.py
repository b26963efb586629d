"""ONNX graphs of networks, written with `onnx.helper` from a network's operations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from winnow.networks.onnx_names import FEATURES, OUTPUTS
from winnow.networks.operations import LEAKY_SLOPE, Operation

# old enough for ONNX Runtime since 1.14, and with all that is needed
OPSET, IR_VERSION = 18, 8

_PLAIN = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "elu": "Elu",
    "selu": "Selu",
    "softplus": "Softplus",
}


class Graph:
    """Nodes and constants of a graph that is being written.

    Attributes:
        nodes: the nodes so far, in order.
        constants: the arrays so far.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output, and return the output's name."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        """Add an array, and return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def name_output(self, value: str, name: str) -> None:
        """Give a value the name of an output."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def model(
        self, inputs: Sequence[onnx.ValueInfoProto], output: str, width: int
    ) -> onnx.ModelProto:
        """Return the whole, checked, with one float32 output (events, width)."""
        told = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["events", width])
        graph = helper.make_graph(self.nodes, "winnow", inputs, [told], self.constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="winnow"
        )
        onnx.checker.check_model(model)
        return model


def network_model(operations: Sequence[Operation], width: int) -> onnx.ModelProto:
    """Return a network alone: `features` (events, width) float32 → `outputs`, as Keras gives them.

    Args:
        operations: the network.
        width: number of its inputs.
    """
    graph = Graph()
    graph.name_output(add_network(graph, operations, FEATURES), OUTPUTS)
    given = helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["events", width])
    return graph.model([given], OUTPUTS, operations[-1].width)


def add_network(graph: Graph, operations: Sequence[Operation], features: str) -> str:
    """Add a network to a graph; return the name of its output (events, outputs)."""
    values = [features]
    for operation in operations:
        inputs = [values[place] for place in operation.inputs]
        arrays = [graph.constant(array) for array in operation.arrays]
        if operation.kind == "linear":
            values.append(graph.add("Gemm", *inputs, *arrays))
        elif operation.kind == "scale":
            values.append(graph.add("Add", graph.add("Mul", inputs[0], arrays[0]), arrays[1]))
        elif operation.kind == "add":
            values.append(graph.add("Sum", *inputs))
        else:
            values.append(_activated(graph, operation.activation, inputs[0]))
    return values[-1]


def _activated(graph: Graph, name: str, value: str) -> str:
    if name in _PLAIN:
        return graph.add(_PLAIN[name], value)
    if name == "softmax":
        return graph.add("Softmax", value, axis=-1)
    if name == "leaky_relu":
        return graph.add("LeakyRelu", value, alpha=LEAKY_SLOPE)
    if name == "silu":
        return graph.add("Mul", value, graph.add("Sigmoid", value))
    # gelu: x (1 + erf(x / √2)) / 2, Hendrycks & Gimpel, arXiv:1606.08415
    half, one, root = (graph.constant(np.array(x, np.float32)) for x in (0.5, 1.0, np.sqrt(0.5)))
    spread = graph.add("Add", graph.add("Erf", graph.add("Mul", value, root)), one)
    return graph.add("Mul", graph.add("Mul", value, half), spread)
