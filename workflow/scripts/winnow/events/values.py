"""The columns of a chunk as the stages after it read them: checked, derived, weighted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.events.chunks import Chunk
from winnow.events.defects import (
    BAD_WEIGHT,
    BEYOND_FLOAT32,
    INFINITE,
    LARGE_WEIGHT,
    LARGEST_WEIGHT,
    MISSING,
    MISSING_WEIGHT,
    NO_PROCESS,
    UNDEFINED,
    UNKNOWN_PROCESS,
    Findings,
)
from winnow.events.numbers import as_numbers, text_as_numbers
from winnow.events.plan import Plan
from winnow.events.processes import UNKNOWN, Processes
from winnow.events.settings import IngestSettings
from winnow.study.files import InputFile


def checked_values(
    chunk: Chunk,
    file: InputFile,
    settings: IngestSettings,
    plan: Plan,
    text_spectators: Sequence[str],
    findings: Findings,
) -> dict[str, NDArray[np.float64]]:
    """Return the columns that must hold numbers, missing values as NaN."""
    values = {}
    for name in plan.checked:
        if name in text_spectators:
            continue
        if name in chunk.numbers:
            found = chunk.numbers[name]
        else:
            column = chunk.others[name]
            found, bad, reason, expected = as_numbers(file, name, column)
            if bad is not None:
                findings.flag(bad, name, column.to_pylist(), reason, expected, "")
        values[name] = _with_missing(found, stored(settings.missing_values, chunk, name))
        if np.isfinite(values[name]).all():
            continue
        findings.flag(np.isinf(values[name]), name, found, *INFINITE)
        if not settings.nan_is_missing:
            findings.flag(np.isnan(found), name, found, *MISSING)
    return values


def stored(missing_values: Sequence[float], chunk: Chunk, name: str) -> Sequence[float]:
    """Return the missing values as a column of float16 holds them too: -9999 is -10000 there."""
    if name not in chunk.halves:
        return missing_values
    with np.errstate(over="ignore"):  # what is infinite there stays a defect
        halves = [float(np.float16(value)) for value in missing_values]
    return [*missing_values, *(value for value in halves if math.isfinite(value))]


def _with_missing(
    values: NDArray[np.float64], missing_values: Sequence[float]
) -> NDArray[np.float64]:
    # a file's float32 column holds the nearest float32 of a value such as -999.9
    for value in {*missing_values, *(float(np.float32(value)) for value in missing_values)}:
        found = values == value
        if found.any():
            values = np.where(found, np.nan, values)
    return values


def add_derived(
    values: dict[str, NDArray[np.float64]],
    settings: IngestSettings,
    plan: Plan,
    findings: Findings,
) -> None:
    """Add the derived columns to the values, and flag what came out infinite or undefined."""
    for name, expression in plan.derived.items():
        result = expression.evaluate(values)
        if not np.isfinite(result).all():
            findings.flag(np.isinf(result), name, result, *INFINITE)
            if not settings.nan_is_missing:
                from_missing = np.any([np.isnan(values[c]) for c in expression.columns], axis=0)
                findings.flag(np.isnan(result) & ~from_missing, name, result, *UNDEFINED)
        values[name] = result


def physical_weights(
    chunk: Chunk,
    values: Mapping[str, NDArray[np.float64]],
    scales: NDArray[np.float64],
    settings: IngestSettings,
    plan: Plan,
    findings: Findings,
) -> NDArray[np.float64]:
    """Return the product of the weight columns and the processes' scales, shape (n,)."""
    weight = np.ones(len(chunk.rows))
    for name in plan.weights:
        column = values[name] if name in plan.derived else chunk.numbers[name]
        missing = stored(settings.missing_values, chunk, name)
        flag_weight(findings, name, column, missing)
        if name in settings.weight:
            with np.errstate(all="ignore"):  # such rows are flagged
                weight = weight * column
    with np.errstate(all="ignore"):
        weight = weight * scales
    too_large = ~(np.abs(weight) <= LARGEST_WEIGHT)
    findings.flag(too_large, None, weight, *LARGE_WEIGHT)
    # what an ignored row holds is not looked at, and must not enter sums
    return np.where(findings.unlooked & too_large, 0.0, weight)


def flag_weight(
    findings: Findings,
    name: str,
    values: NDArray[np.float64],
    missing_values: Sequence[float],
) -> None:
    """Flag the rows whose weight is no finite number, stands for a missing one or is too large."""
    findings.flag(~np.isfinite(values), name, values, *BAD_WEIGHT)
    if missing_values:
        missing = np.isnan(_with_missing(values, missing_values))
        findings.flag(missing, name, values, *MISSING_WEIGHT)
    findings.flag(np.abs(values) > LARGEST_WEIGHT, name, values, *LARGE_WEIGHT)


def feature_columns(
    values: Mapping[str, NDArray[np.float64]], settings: IngestSettings, findings: Findings
) -> dict[str, NDArray[np.float32]]:
    """Return the features as float32, and flag what that does not hold."""
    features = {}
    for name in settings.features:
        with np.errstate(over="ignore"):  # such rows are flagged
            features[name] = values[name].astype(np.float32)
        too_large = np.isinf(features[name])
        if too_large.any():
            findings.flag(too_large, name, values[name], *BEYOND_FLOAT32)
    return features


def spectators_of_text(
    chunk: Chunk, file: InputFile, settings: IngestSettings, plan: Plan
) -> tuple[str, ...]:
    """Return the spectators that are text: most of the file's first rows spell no number."""
    names = []
    for name in settings.spectators:
        if name in plan.derived or name in chunk.numbers:
            continue
        column = chunk.others[name]
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            values, bad = text_as_numbers(as_text(column), file.decimal)
            if bad is not None and bad.sum() > np.isfinite(values).sum():
                names.append(name)
    return tuple(names)


def as_text(column: pa.Array) -> pa.Array:
    """Return a column as texts."""
    return column.cast(pa.string())


def repeated(text: str, length: int) -> pa.DictionaryArray:
    """Return one text for every row, stored once."""
    return pa.DictionaryArray.from_arrays(np.zeros(length, dtype=np.int32), [text])


def flag_processes(findings: Findings, codes: NDArray[np.int64], processes: Processes) -> None:
    """Flag the rows whose process has no name, or belongs to no class."""
    names = list(processes.positions)
    classless = np.array(processes.classes, dtype=np.int64) == UNKNOWN
    nameless = np.array([not name for name in names], dtype=bool)
    shown = _Named(names, codes)
    findings.flag(nameless[codes], processes.column, shown, *NO_PROCESS)
    findings.flag(classless[codes], processes.column, shown, *UNKNOWN_PROCESS)


@dataclass(frozen=True)
class _Named:
    """The process name of a row, by its position in the chunk."""

    names: Sequence[str]
    codes: NDArray[np.int64]

    def __getitem__(self, position: int) -> str:
        return self.names[int(self.codes[position])]
