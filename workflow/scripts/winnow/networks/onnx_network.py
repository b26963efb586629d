"""A network as an ONNX graph, and its scores by ONNX Runtime, which starts without TensorFlow.

Operators are those of opset 21 (onnx.ai/onnx/operators); Keras' activations at their defaults are
theirs, swish is x·sigmoid(x).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from winnow.errors import ModelError
from winnow.networks.batches import Scorer, batch_events
from winnow.networks.graph_types import Graph, Operation
from winnow.networks.targets import class_scores

OPSET = 21
IR_VERSION = 10

_FUNCTIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "elu": ("Elu", {}),
        "gelu": ("Gelu", {}),
        "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
        "linear": ("Identity", {}),
        "relu": ("Relu", {}),
        "selu": ("Selu", {}),
        "sigmoid": ("Sigmoid", {}),
        "softmax": ("Softmax", {"axis": -1}),
        "softplus": ("Softplus", {}),
        "tanh": ("Tanh", {}),
    }
)


class Nodes:
    """The nodes and constants of an ONNX graph that is being written."""

    def __init__(self) -> None:
        """Begin with none."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], name: str = "", **attributes: Any) -> str:
        """Append a node and return the name of its one output."""
        output = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        """Append a constant and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def model(
        self,
        inputs: Sequence[onnx.ValueInfoProto],
        output: onnx.ValueInfoProto,
        metadata: Mapping[str, str],
    ) -> bytes:
        """Return the model, checked, as the bytes of its file."""
        graph = helper.make_graph(self.nodes, "winnow", list(inputs), [output], self.constants)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name = "winnow"
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def add_network(nodes: Nodes, graph: Graph, features: str, prefix: str = "") -> str:
    """Append a network's operations and return the name of what it gives.

    Args:
        nodes: what is written.
        graph: the network.
        features: the name of its input, (n, width) float32.
        prefix: of the names of its operations.
    """
    names = {graph.name: features}
    for own in graph.operations:
        inputs = [names[name] for name in own.inputs]
        names[own.name] = _operation(nodes, own, inputs, f"{prefix}{own.name}")
    return names[graph.operations[-1].name]


def _operation(nodes: Nodes, own: Operation, inputs: Sequence[str], name: str) -> str:
    if own.kind == "add":
        return nodes.add("Sum", inputs, name)
    if own.kind == "activation":
        if own.function == "swish":
            return nodes.add("Mul", [inputs[0], nodes.add("Sigmoid", inputs)], name)
        kind, attributes = _FUNCTIONS[own.function]
        return nodes.add(kind, inputs, name, **attributes)
    if own.kernel is None or own.bias is None:
        raise ValueError(f"{own.name}: a {own.kind} operation without its arrays")
    kernel, bias = nodes.constant(own.kernel), nodes.constant(own.bias)
    if own.kind == "dense":
        return nodes.add("Gemm", [inputs[0], kernel, bias], name)
    return nodes.add("Add", [nodes.add("Mul", [inputs[0], kernel]), bias], name)


def network_model(graph: Graph) -> bytes:
    """Return a network alone as the bytes of an ONNX file: `features` to `outputs`."""
    nodes = Nodes()
    inputs = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["events", graph.width])
    nodes.add("Identity", [add_network(nodes, graph, "features")], "outputs")
    output = helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["events", graph.outputs])
    return nodes.model([inputs], output, {})


def session(model: str | Path | bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return a session of ONNX Runtime on the CPU.

    Args:
        model: the file, or its bytes.
        threads: of each operation; its results do not depend on their number.

    Raises:
        ModelError: it is damaged, or no ONNX.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3  # warnings on machines without a GPU
    try:
        content = model if isinstance(model, bytes) else Path(model).read_bytes()
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of many kinds, all of one cause
        name = "the network" if isinstance(model, bytes) else str(model)
        raise ModelError(
            f"{name}: cannot be read as ONNX ({' '.join(str(error).split())[:200]}). Make it again "
            "from the training's weights."
        ) from error


def onnx_scorer(
    model: str | Path | bytes, class_count: int, positive: int, threads: int = 1
) -> Scorer:
    """Return a function that scores events in batches.

    Args:
        model: what `network_model` gave, or a file of it.
        class_count: number of classes.
        positive: for a sigmoid output the class whose score it is.
        threads: of each operation.

    Returns:
        As of `winnow.networks.scorer.make_scorer`, for a network that tells classes of events.
    """
    own = session(model, threads)
    width = own.get_inputs()[0].shape[1]
    size = batch_events([width])

    def score(features: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [
            own.run(None, {"features": np.ascontiguousarray(features[start : start + size])})[0]
            for start in range(0, len(features), size)
        ]
        outputs = own.get_outputs()[0].shape[1]
        scores = np.concatenate(parts) if parts else np.empty((0, outputs), np.float32)
        return class_scores(scores, class_count, positive)

    return score
