"""Applying a fitted normalisation, which is one JSON object that another language can apply too.

Format (version 1)
------------------
`inputs` lists the input columns in order: `name`, `impute` (the value, in the feature's own
unit, that stands in for NaN) and `indicator` (the name of its 0/1 output, 1 where it was NaN, or
null); an input that is an array, such as an image, has its `shape` too, and is the only one.
`steps` lists the operations in order, `outputs` the names of the output columns in order.
All numbers are float64. To apply it to one event:

1. Start with a table name → value: each input, NaN replaced by `impute`.
2. For each step, by its `operation`, with the parameters at position i for `features[i]`:

   `log`          x → ln(max(x, floor[i])).
   `linear`       x → (x − centre[i]) / scale[i].
   `interpolate`  x → linear interpolation through the points (x[i][j], y[i][j]), x[i] rising;
                  below the first and above the last point, that point's y.
   `matrix`       joint: remove all `features`, then add, for each name outputs[i],
                  Σ_j matrix[i][j] · (x_j − centre[j]).

3. Give out the table's values in the order of `outputs`; an indicator's value is 0 or 1.

The names that a config knows are built from these operations: log is `log` (floor: the smallest
training value); minmax, standard and robust are `linear`; quantile is `interpolate`; decorrelate
and pca are `matrix`.

Features are fitted one by one on the training events where they are not missing; the joint steps
(decorrelate, pca) are fitted on all training events, imputed. No event weights enter.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import DataError

FORMAT = "winnow-normalisation"
VERSION = 1

CHUNK = 65_536
"""Events of a block."""

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
Transform = dict[str, Any]


def apply(
    transform: Transform, features: Float32, out: Float32 | None = None, first: int = 0
) -> Float32:
    """Apply a fitted normalisation, in chunks, so that the memory beside the output is bounded.

    Args:
        transform: What `fit` returned, or the JSON read back.
        features: Events, shape (events, inputs), float32, NaN where missing; may be a memory map.
        out: Where to write, shape (events, outputs), float32; may be a memory map.
        first: Number of the first event, for messages.

    Returns:
        The normalised features, float32, shape (events, outputs), columns as in `output_names`; of
        an array (events, *shape).

    Raises:
        DataError: The columns do not fit the transform, or a result is not finite.
    """
    outputs = output_names(transform)
    names = [item["name"] for item in transform["inputs"]]
    shape, shaped = input_shape(transform), "shape" in transform["inputs"][0]
    if features.shape[1:] != shape:
        expected = f"arrays of {shape}" if shaped else f"{len(names)} columns ({', '.join(names)})"
        raise DataError(
            f"normalise: the features have the shape {features.shape}, but the transform expects "
            f"{expected}. Apply it to the features it was fitted on."
        )
    if out is None:
        out = np.empty((len(features), *output_shape(transform)), dtype=np.float32)
    if shaped:
        return _imputed(transform["inputs"][0], features, out, first)
    for start, block in blocks(features):
        columns = evaluate(transform, by_name(block, names), outputs)
        with np.errstate(over="ignore"):
            result = np.array([columns[name] for name in outputs], dtype=np.float32)
        _check_finite(result, outputs, first + start)
        out[start : start + len(block)] = result.T
    return out


def output_names(transform: Transform) -> list[str]:
    """Return the names of a transform's output columns, in order; refuse an unknown format."""
    found = (transform.get("format"), transform.get("version"))
    if found != (FORMAT, VERSION):
        raise DataError(
            f"normalise: the transform has the format {found[0]!r}, version {found[1]!r}, but this "
            f"program reads {FORMAT!r}, version {VERSION}. Fit it again with this program."
        )
    return list(transform["outputs"])


def input_shape(transform: Transform) -> tuple[int, ...]:
    """Return the shape of an event's features before the transform."""
    return tuple(transform["inputs"][0].get("shape", [len(transform["inputs"])]))


def output_shape(transform: Transform) -> tuple[int, ...]:
    """Return the shape of an event's normalised features: of a table (outputs,)."""
    return tuple(transform["inputs"][0].get("shape", [len(output_names(transform))]))


def constant_features(transform: Transform) -> list[str]:
    """Return the features that `fit` left out because training events have one value of them."""
    mixed = {
        name for s in transform["steps"] if s["operation"] == "matrix" for name in s["features"]
    }
    used = mixed | set(transform["outputs"])
    return [item["name"] for item in transform["inputs"] if item["name"] not in used]


def blocks(features: Float32) -> Iterator[tuple[int, Float32]]:
    """Yield (first row, rows) in chunks of bounded size."""
    for start in range(0, len(features), CHUNK):
        yield start, features[start : start + CHUNK]


def by_name(block: Float32, names: Sequence[str]) -> dict[str, Float32]:
    """Return the features of a block by their names; one feature may be an array."""
    if block.ndim > 2:
        return {names[0]: block}
    return {name: block[:, position] for position, name in enumerate(names)}


def inputs_of(transform: Transform, wanted: Sequence[str]) -> list[str]:
    """Return the inputs that the wanted columns are made of after the steps so far."""
    needed = _needed(transform, wanted)[0]
    return [
        item["name"]
        for item in transform["inputs"]
        if item["name"] in needed or item["indicator"] in needed
    ]


def evaluate(
    transform: Transform, features: Mapping[str, Float32], wanted: Sequence[str]
) -> dict[str, Float64]:
    """Return the wanted columns after the steps so far, computing no more than they need.

    Args:
        transform: the steps so far.
        features: at least those of `inputs_of`, (events,) each, NaN where missing.
        wanted: names of columns.
    """
    needed = _needed(transform, wanted)
    columns = {}
    for item in transform["inputs"]:
        name, indicator = item["name"], item["indicator"]
        if name not in needed[0] and indicator not in needed[0]:
            continue
        values = features[name].astype(np.float64)
        missing = np.isnan(values)
        if indicator:
            columns[indicator] = missing.astype(np.float64)
        values[missing] = item["impute"]
        columns[name] = values
    for step, after in zip(transform["steps"], needed[1:], strict=True):
        if step["operation"] == "matrix":
            _apply_matrix(step, columns, after)
        else:
            _apply_single(step, columns, after)
    return columns


def _imputed(item: Mapping[str, Any], features: Float32, out: Float32, first: int) -> Float32:
    """Return arrays with a value in place of what is missing, in chunks."""
    for start, block in blocks(features):
        values = np.where(np.isnan(block), np.float32(item["impute"]), block)
        if not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            raise DataError(
                f"normalise: {item['name']!r} of event {first + start + row} (counted from 0) "
                "holds an infinite value, expected finite numbers. Reject infinite values at "
                "ingest."
            )
        out[start : start + len(block)] = values
    return out


def _check_finite(result: Float32, outputs: Sequence[str], start: int) -> None:
    """Raise DataError naming the first output and event that is not finite."""
    if not np.isfinite(result).all():
        column, row = np.argwhere(~np.isfinite(result))[0]
        raise DataError(
            f"normalise: the output {outputs[column]!r} of event {start + row} (counted from 0) is "
            f"{result[column, row]}, expected a finite number. Reject infinite values at ingest."
        )


def _needed(transform: Transform, wanted: Sequence[str]) -> list[set[str]]:
    """Return the columns that are needed before the first step and after each."""
    needed = [set(wanted)]
    for step in reversed(transform["steps"]):
        needed.append(_needed_before(step, needed[-1]))
    return needed[::-1]


def _needed_before(step: Mapping[str, Any], after: set[str]) -> set[str]:
    """Return the columns a step must be given so that those in `after` come out."""
    if step["operation"] != "matrix" or after.isdisjoint(step["outputs"]):
        return after
    return (after - set(step["outputs"])) | set(step["features"])


def _apply_single(step: Mapping[str, Any], columns: dict[str, Float64], needed: set[str]) -> None:
    """Apply a step that treats features one by one, in place."""
    for position, name in enumerate(step["features"]):
        if name not in needed:
            continue
        values = columns[name]
        if step["operation"] == "linear":
            values -= step["centre"][position]
            values /= step["scale"][position]
        elif step["operation"] == "log":
            np.log(np.maximum(values, step["floor"][position]), out=values)
        else:
            columns[name] = np.interp(values, step["x"][position], step["y"][position])


def _apply_matrix(step: Mapping[str, Any], columns: dict[str, Float64], needed: set[str]) -> None:
    """Apply a joint step: its features make way for its outputs."""
    if needed.isdisjoint(step["outputs"]):
        return
    values = np.array([columns.pop(name) for name in step["features"]])
    values -= np.array(step["centre"])[:, None]
    columns.update(zip(step["outputs"], np.array(step["matrix"]) @ values, strict=True))
