"""Columns of any type to float64, and what of them is no number."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.events.chunks import Chunk, Defect, RawChunk, no_number, several_values
from winnow.identity import LARGEST_WHOLE, spelled_number
from winnow.study.files import InputFile
from winnow.study.lists import Lists

_SAFE_INTEGER = "an integer that a float64 holds exactly, as all up to 2**53 are"


def converted(
    file: InputFile,
    raw: RawChunk,
    numbers: Sequence[str],
    others: Sequence[str],
    lists: Sequence[str] = (),
    numbered: Mapping[str, Sequence[str]] | None = None,
) -> Chunk:
    """Return a chunk with its columns of numbers converted, rows with other things left out.

    Raises:
        DataError: a column of numbers is of another type, or of several values a row though it is
            none of the lists.
    """
    if numbered:
        parts = list(itertools.chain.from_iterable(numbered.values()))
        whole = converted(file, raw, [*numbers, *parts], others, lists)
        return with_lists(whole, numbered, numbers)
    own = [name for name in lists if _is_list(raw.columns[name])]
    numbers = list(dict.fromkeys([*numbers, *(name for name in lists if name not in own)]))
    for name in (*numbers, *others):
        if pa.types.is_nested(raw.columns[name].type):
            raise several_values(file, name, _kind(raw.columns[name].type))
    good = np.ones(len(raw.rows), dtype=bool)
    defects = list(raw.defects)
    values: dict[str, NDArray[np.float64]] = {}
    found: dict[str, Lists] = {}
    for name in (*numbers, *own):
        column = raw.columns[name]
        if name in own:
            counts, column = _flat(file, name, column)
        content, bad, reason, expected = as_numbers(file, name, column)
        if name in own:
            found[name] = Lists(counts, content)
        else:
            values[name] = content
        if bad is None:
            continue
        cells = np.flatnonzero(bad)
        rows = np.repeat(np.arange(len(counts)), counts)[cells] if name in own else cells
        for position, cell in zip(rows.tolist(), cells.tolist(), strict=True):
            if good[position]:
                value = repr(column[cell].as_py())[:80]
                defects.append(Defect(int(raw.rows[position]), name, value, reason, expected))
            good[position] = False
    rest = {name: raw.columns[name] for name in others}
    halves = frozenset(n for n in raw.columns if pa.types.is_float16(_type(raw.columns[n])))
    if good.all():
        return Chunk(raw.rows, values, rest, tuple(defects), halves, found)
    mask = pa.array(good)
    return Chunk(
        raw.rows[good],
        {name: column[good] for name, column in values.items()},
        {name: column.filter(mask) for name, column in rest.items()},
        tuple(sorted(defects, key=lambda defect: defect.row)),
        halves,
        {name: column.of_events(good) for name, column in found.items()},
    )


def with_lists(chunk: Chunk, numbered: Mapping[str, Sequence[str]], kept: Sequence[str]) -> Chunk:
    """Return a chunk with lists made of numbered columns, which go but for those kept."""
    made = {}
    for name, parts in numbered.items():
        content = np.stack([chunk.numbers[part] for part in parts], axis=1).ravel()
        made[name] = Lists(np.full(len(chunk.rows), len(parts)), content)
    gone = set(itertools.chain.from_iterable(numbered.values())) - set(kept)
    numbers = {name: own for name, own in chunk.numbers.items() if name not in gone}
    return replace(chunk, numbers=numbers, lists={**chunk.lists, **made})


def _is_list(array: pa.Array) -> bool:
    kind = array.type
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _type(array: pa.Array) -> pa.DataType:
    return array.type.value_type if _is_list(array) else array.type


def _kind(kind: pa.DataType) -> str:
    """Return a type as C++ would say it, for a message."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"{_kind(kind.value_type)}[]"
    if pa.types.is_fixed_size_list(kind):
        return f"{_kind(kind.value_type)}[{kind.list_size}]"
    return str(kind)


def _flat(file: InputFile, name: str, array: pa.Array) -> tuple[NDArray[np.int64], pa.Array]:
    """Return how many values each row of a list has, of a null none, and all of them."""
    if pa.types.is_nested(array.type.value_type):
        raise several_values(file, name, _kind(array.type))
    counts = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    return counts.astype(np.int64), array.flatten()


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
        value = float(values[position])  # of a text of hundreds of digits it is infinite
        bad[position] = isinstance(number, int) and (np.isinf(value) or number != int(value))
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
