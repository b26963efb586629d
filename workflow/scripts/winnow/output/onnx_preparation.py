"""The normalisation of `winnow.preparation.normalise.apply` in an ONNX graph, in float64."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from winnow.networks.onnx_network import Graph


def add_preparation(graph: Graph, transform: Mapping[str, Any], features: str) -> str:
    """Add a fitted normalisation to a graph; return the name of its float32 output.

    Args:
        graph: what is written to.
        transform: the normalisation.
        features: name of (events, inputs) float32 in the order of its inputs, NaN where missing.
    """
    inputs = transform["inputs"]
    missing = graph.add("IsNaN", features)
    imputed = graph.constant(np.array([item["impute"] for item in inputs], np.float64))
    wide = graph.add("Cast", features, to=TensorProto.DOUBLE)
    values = graph.add("Where", missing, imputed, wide)
    names = [item["name"] for item in inputs]
    marked = [place for place, item in enumerate(inputs) if item["indicator"]]
    if marked:
        flags = _columns(graph, graph.add("Cast", missing, to=TensorProto.DOUBLE), marked)
        values = graph.add("Concat", values, flags, axis=1)
        names += [inputs[place]["indicator"] for place in marked]
    for step in transform["steps"]:
        values, names = _add_step(graph, step, values, names)
    chosen = _columns(graph, values, [names.index(name) for name in transform["outputs"]])
    return graph.add("Cast", chosen, to=TensorProto.FLOAT)


def _add_step(
    graph: Graph, step: Mapping[str, Any], values: str, names: Sequence[str]
) -> tuple[str, list[str]]:
    """Add one step; its columns come out first, and their names with them."""
    own = [names.index(name) for name in step["features"]]
    rest = [place for place in range(len(names)) if place not in own]
    given = _columns(graph, values, own)
    if step["operation"] == "log":
        floor = graph.constant(np.array(step["floor"], np.float64))
        made = graph.add("Log", graph.add("Max", given, floor))
    elif step["operation"] == "linear":
        centre, scale = (graph.constant(np.array(step[n], np.float64)) for n in ("centre", "scale"))
        made = graph.add("Div", graph.add("Sub", given, centre), scale)
    elif step["operation"] == "interpolate":
        made = _interpolated(graph, given, step["x"], step["y"])
    else:
        centre = graph.constant(np.array(step["centre"], np.float64))
        matrix = graph.constant(np.array(step["matrix"], np.float64).T)
        made = graph.add("MatMul", graph.add("Sub", given, centre), matrix)
    after = [*step.get("outputs", step["features"]), *(names[place] for place in rest)]
    if rest:
        made = graph.add("Concat", made, _columns(graph, values, rest), axis=1)
    return made, after


def _columns(graph: Graph, values: str, places: Sequence[int]) -> str:
    return graph.add("Gather", values, graph.constant(np.array(places, np.int64)), axis=1)


def _interpolated(
    graph: Graph, values: str, x: Sequence[Sequence[float]], y: Sequence[Sequence[float]]
) -> str:
    """Add linear interpolation, column by column: a binary search in all tables at once."""
    length = 2 ** int(np.ceil(np.log2(max(map(len, x)) + 1)))
    points, heights, slopes = (_table(rows, length) for rows in (x, y, [*map(_slopes, x, y)]))
    points[np.arange(length) >= np.array([[len(row)] for row in x])] = np.inf
    low, high = (graph.constant(np.array([row[end] for row in x])) for end in (0, -1))
    inside = graph.add("Min", graph.add("Max", values, low), high)
    flat = graph.constant(points.ravel())
    place = graph.constant(length * np.arange(len(x), dtype=np.int64)[None])
    step = length // 2
    while step:
        ahead = graph.add("Add", place, graph.constant(np.array(step, np.int64)))
        reached = graph.add("LessOrEqual", graph.add("Gather", flat, ahead), inside)
        place = graph.add("Where", reached, ahead, place)
        step //= 2
    away = graph.add("Sub", inside, graph.add("Gather", flat, place))
    slope = graph.add("Gather", graph.constant(slopes.ravel()), place)
    height = graph.add("Gather", graph.constant(heights.ravel()), place)
    return graph.add("Add", graph.add("Mul", slope, away), height)


def _slopes(x: Sequence[float], y: Sequence[float]) -> list[float]:
    """Return the slope after each point, 0 after the last."""
    return [*(np.diff(y) / np.diff(x)).tolist(), 0.0]


def _table(rows: Sequence[Sequence[float]], length: int) -> NDArray[np.float64]:
    table = np.zeros((len(rows), length))
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table
