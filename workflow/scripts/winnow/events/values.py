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
    UNEQUAL,
    UNKNOWN_PROCESS,
    Findings,
)
from winnow.events.numbers import as_numbers, text_as_numbers
from winnow.events.plan import Plan
from winnow.events.processes import UNKNOWN, Processes
from winnow.events.settings import IngestSettings
from winnow.study.expressions import Expression
from winnow.study.files import InputFile
from winnow.study.lists import Lists, Values


def checked_values(
    chunk: Chunk,
    file: InputFile,
    settings: IngestSettings,
    plan: Plan,
    text_spectators: Sequence[str],
    findings: Findings,
) -> dict[str, Values]:
    """Return the columns that must hold numbers, missing values as NaN."""
    values: dict[str, Values] = {}
    for name in (*plan.checked, *plan.lists, *plan.numbered):
        if name in text_spectators:
            continue
        missing_values = stored(settings.missing_values, chunk, name)
        if name in chunk.lists:
            values[name] = _checked_lists(
                chunk.lists[name], name, missing_values, settings.nan_is_missing, findings
            )
            continue
        if name in chunk.numbers:
            found = chunk.numbers[name]
        else:
            column = chunk.others[name]
            found, bad, reason, expected = as_numbers(file, name, column)
            if bad is not None:
                findings.flag(bad, name, column.to_pylist(), reason, expected, "")
        values[name] = own = _with_missing(found, missing_values)
        if np.isfinite(own).all():
            continue
        findings.flag(np.isinf(own), name, found, *INFINITE)
        if not settings.nan_is_missing:
            findings.flag(np.isnan(found), name, found, *MISSING)
    return values


def _checked_lists(
    lists: Lists,
    name: str,
    missing_values: Sequence[float],
    nan_is_missing: bool,
    findings: Findings,
) -> Lists:
    """Return lists with missing values as NaN, and flag the rows with values that are none."""
    own = Lists(lists.counts, _with_missing(lists.content, missing_values))
    if not np.isfinite(own.content).all():
        infinite = np.isinf(own.content)
        findings.flag(own.any(infinite), name, _Found("an infinite value"), *INFINITE)
        if not nan_is_missing:
            nan = np.isnan(lists.content)
            findings.flag(own.any(nan), name, _Found("a value that is NaN"), *MISSING)
    return own


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
    values: dict[str, Values],
    settings: IngestSettings,
    plan: Plan,
    findings: Findings,
) -> None:
    """Add the derived columns to the values, and flag what came out infinite or undefined.

    Lists that are computed value by value and differ in length are flagged in the selection, too.
    What is shifted is so before anything is derived of it; a derived column once it is there.
    """

    def made(name: str, expression: Expression) -> NDArray[np.float64]:
        _flag_unequal(expression, values, name, findings)
        result = expression.evaluate(values)
        if not np.isfinite(result).all():
            findings.flag(np.isinf(result), name, result, *INFINITE)
            if not settings.nan_is_missing:
                undefined = np.isnan(result) & ~expression.lacks(values)
                findings.flag(undefined, name, result, *UNDEFINED)
        return result

    own = {name: made(name, e) for name, e in plan.shifted.items() if name not in plan.derived}
    values.update(own)
    for name, expression in plan.derived.items():
        values[name] = made(name, expression)
        if name in plan.shifted:
            values[name] = made(name, plan.shifted[name])
    for expression in plan.selection.values():
        _flag_unequal(expression, values, None, findings)


def _flag_unequal(
    expression: Expression, values: Mapping[str, Values], name: str | None, findings: Findings
) -> None:
    for names, differing in expression.unequal(values):
        findings.flag(differing, name, Lengths(names, values), *UNEQUAL)


def physical_weights(
    chunk: Chunk,
    values: Mapping[str, Values],
    scales: NDArray[np.float64],
    settings: IngestSettings,
    plan: Plan,
    findings: Findings,
) -> NDArray[np.float64]:
    """Return the product of the weight columns and the processes' scales, shape (n,)."""
    weight = np.ones(len(chunk.rows))
    for name in plan.weights:
        computed = name in plan.derived or name in plan.shifted
        column = np.asarray(values[name] if computed else chunk.numbers[name])
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
    values: Mapping[str, Values], settings: IngestSettings, findings: Findings
) -> dict[str, NDArray[np.float32]]:
    """Return the features as float32, and flag what that does not hold."""
    features = {}
    for name in settings.features:
        own = np.asarray(values[name])
        with np.errstate(over="ignore"):  # such rows are flagged
            features[name] = own.astype(np.float32)
        too_large = np.isinf(features[name])
        if too_large.any():
            findings.flag(too_large, name, own, *BEYOND_FLOAT32)
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
    shown = Named(names, codes)
    findings.flag(nameless[codes], processes.column, shown, *NO_PROCESS)
    findings.flag(classless[codes], processes.column, shown, *UNKNOWN_PROCESS)


@dataclass(frozen=True)
class Named:
    """The process name of a row, by its position in the chunk."""

    names: Sequence[str]
    codes: NDArray[np.int64]

    def __getitem__(self, position: int) -> str:
        """Return the name of the row at a position."""
        return self.names[int(self.codes[position])]


@dataclass(frozen=True)
class _Found:
    """What is wrong with each row that is flagged, in words."""

    told: str

    def __getitem__(self, position: int) -> "_Found":
        return self

    def __repr__(self) -> str:
        return self.told


@dataclass(frozen=True)
class Lengths:
    """How many values two lists have in a row where they differ, by its position in the chunk."""

    names: Sequence[str]
    values: Mapping[str, Values]

    def __getitem__(self, position: int) -> _Found:
        """Return what is told of a row."""
        lists = {n: v for n in self.names if isinstance(v := self.values[n], Lists)}
        counts = {name: int(own.counts[position]) for name, own in lists.items()}
        first = next(iter(counts))
        other = next(name for name in counts if counts[name] != counts[first])
        return _Found(f"{counts[first]} values of {first!r} and {counts[other]} of {other!r}")
