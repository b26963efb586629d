"""A classifier in ONNX: raw features in, one probability a class out."""

import json

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from winnow.networks.members import Classifier
from winnow.networks.onnx_network import Graph, add_network
from winnow.networks.onnx_scorer import session
from winnow.output.onnx_preparation import add_preparation

PROBABILITIES = "probabilities"


def onnx_model(classifier: Classifier) -> onnx.ModelProto:
    """Write a classifier with all of its preparation, from raw features to probabilities.

    Each feature is an input of its own, (events, 1) float32, NaN where missing, so that a wrong
    name is refused and an order cannot be wrong. The output `probabilities` is (events, classes)
    float32, the mean over the networks. Metadata: `features` and `units` in order, `classes` and
    the networks' `passports`, as JSON.
    """
    graph = Graph()
    names = [feature["name"] for feature in classifier.features]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["events", 1]) for name in names
    ]
    features = graph.add("Concat", *names, axis=1)
    prepared: dict[str, str] = {}
    told = []
    for member in classifier.members:
        key = json.dumps(member.transform)
        if key not in prepared:
            prepared[key] = add_preparation(graph, member.transform, features)
        outputs = add_network(graph, member.operations, prepared[key])
        told.append(_both_classes(graph, outputs, classifier, member.operations[-1].width))
    mean = graph.add("Mean", *told) if len(told) > 1 else told[0]
    graph.name_output(mean, PROBABILITIES)
    model = graph.model(inputs, PROBABILITIES, len(classifier.classes))
    facts = {
        "features": names,
        "units": [feature["unit"] for feature in classifier.features],
        "classes": list(classifier.classes),
        "passports": list(classifier.passports),
    }
    helper.set_model_props(model, {name: json.dumps(value) for name, value in facts.items()})
    return model


def onnx_scores(model: bytes, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score raw features by ONNX Runtime: (n, inputs), in the model's order, to (n, classes)."""
    own = session(model)
    names = [item.name for item in own.get_inputs()]
    given = {n: np.ascontiguousarray(features[:, [i]]) for i, n in enumerate(names)}
    scores: NDArray[np.float32] = own.run([PROBABILITIES], given)[0]
    return scores


def _both_classes(graph: Graph, outputs: str, classifier: Classifier, width: int) -> str:
    """Give the other class of a network of one output what is left."""
    if width == len(classifier.classes):
        return outputs
    rest = graph.add("Sub", graph.constant(np.array(1, np.float32)), outputs)
    both = [rest, rest]
    both[classifier.positive] = outputs
    return graph.add("Concat", *both, axis=1)
