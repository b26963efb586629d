"""Columns of any type to float64, and what of them is no number."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.events.chunks import Chunk, Defect, RawChunk, no_number
from winnow.identity import LARGEST_WHOLE, spelled_number
from winnow.study.files import InputFile

_SAFE_INTEGER = "an integer that a float64 holds exactly, as all up to 2**53 are"


def converted(
    file: InputFile, raw: RawChunk, numbers: Sequence[str], others: Sequence[str]
) -> Chunk:
    """Return a chunk with its columns of numbers converted, rows with other things left out."""
    good = np.ones(len(raw.rows), dtype=bool)
    defects = list(raw.defects)
    values: dict[str, NDArray[np.float64]] = {}
    for name in numbers:
        values[name], bad, reason, expected = as_numbers(file, name, raw.columns[name])
        if bad is None:
            continue
        for position in np.flatnonzero(bad & good):
            value = repr(raw.columns[name][int(position)].as_py())[:80]
            defects.append(Defect(int(raw.rows[position]), name, value, reason, expected))
        good &= ~bad
    rest = {name: raw.columns[name] for name in others}
    halves = frozenset(n for n in raw.columns if pa.types.is_float16(raw.columns[n].type))
    if good.all():
        return Chunk(raw.rows, values, rest, tuple(defects), halves)
    mask = pa.array(good)
    return Chunk(
        raw.rows[good],
        {name: column[good] for name, column in values.items()},
        {name: column.filter(mask) for name, column in rest.items()},
        tuple(sorted(defects, key=lambda defect: defect.row)),
        halves,
    )


def as_numbers(
    file: InputFile, name: str, array: pa.Array
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None, str, str]:
    """Return a column as float64 (NaN: null or empty), and what is wrong with it.

    Returns:
        Values (n,), which are defective (n,) or None, the reason, and what was expected.

    Raises:
        DataError: the column is of a type that holds no numbers.
    """
    array = _decoded(array)
    kind = array.type
    if pa.types.is_integer(kind):
        try:
            return _plain(array.cast(pa.float64())), None, "", ""
        except pa.ArrowInvalid:
            values = _plain(array.cast(pa.float64(), safe=False))
            return values, _inexact(array, values), "integer too large", _SAFE_INTEGER
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return _plain(array.cast(pa.float64())), None, "", ""
    if pa.types.is_boolean(kind):
        return _plain(array.cast(pa.uint8()).cast(pa.float64())), None, "", ""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values, bad = text_as_numbers(array, file.decimal)
        large = _inexact(array, values)
        if bad is None:
            return values, large, "integer too large", _SAFE_INTEGER
        return values, bad if large is None else bad | large, "text in a number", "a number"
    raise no_number(file, name, kind)


def text_as_numbers(
    texts: pa.Array, decimal: str = "."
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Return the numbers that texts spell (NaN: empty) and which spell none (None: all do)."""
    trimmed = pc.utf8_trim_whitespace(_with_point(texts, decimal))
    filled = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)
    try:
        return _plain(filled.cast(pa.float64())), None
    except pa.ArrowInvalid:
        cells = filled.to_pylist()
    bad = np.array([cell is not None and spelled_number(cell) is None for cell in cells])
    values = np.array(
        [np.nan if cell is None or wrong else float(cell)
         for cell, wrong in zip(cells, bad, strict=True)]
    )  # fmt: skip
    return values, bad if bad.any() else None


def _decoded(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string()) if pa.types.is_string_view(array.type) else array


def _inexact(array: pa.Array, values: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Return which integers, or texts that spell them, are not their float64; None: all are."""
    doubtful = np.flatnonzero(np.abs(values) >= LARGEST_WHOLE)
    bad = np.zeros(len(values), dtype=bool)
    for position in doubtful:
        found = array[int(position)].as_py()
        number = spelled_number(found.strip()) if isinstance(found, str) else found
        bad[position] = isinstance(number, int) and number != int(values[position])
    return bad if bad.any() else None


def _plain(array: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = array.to_numpy(zero_copy_only=False)
    return values


def _with_point(texts: pa.Array, decimal: str) -> pa.Array:
    if decimal == ".":
        return texts
    # 1.234 is 1234 to whoever writes decimal commas: a point spells no number there
    texts = pc.replace_substring(texts, ".", "?")
    return pc.replace_substring(texts, decimal, ".")
