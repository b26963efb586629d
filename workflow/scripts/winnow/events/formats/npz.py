"""NumPy's archives: arrays with the events along their first axis."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.events.chunks import RawChunk, fixed_lists, no_number, rows_at_once
from winnow.events.reader import Reader
from winnow.study.files import InputFile

ENDINGS = (".npz",)
KEYS = ()


def _count(file: InputFile) -> int:
    with np.load(file.path, allow_pickle=False) as arrays:
        return _events(file, {name: arrays[name] for name in arrays.files})


def _layout(file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
    with np.load(file.path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    _events(file, found)
    named = {
        column: array for name, array in found.items() for column, array in _columns(name, array)
    }
    return tuple(named), frozenset(name for name, array in named.items() if array.ndim > 1)


def _names(file: InputFile) -> tuple[str, ...]:
    return _layout(file)[0]


def _read(file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]) -> Iterator[RawChunk]:
    with np.load(file.path, allow_pickle=False) as arrays:
        columns = {
            column: own
            for name in arrays.files
            if name in wanted or any(w.startswith(f"{name}.") for w in wanted)
            for column, own in _columns(name, arrays[name])
        }
    total = len(columns[wanted[0]])
    size = rows_at_once(
        sum(columns[name].shape[-1] if columns[name].ndim > 1 else 1 for name in wanted)
    )
    for start in range(0, total, size):
        part = slice(start, min(start + size, total))
        yield RawChunk(
            np.arange(part.start, part.stop),
            {name: _array(file, name, columns[name][part]) for name in wanted},
        )


def _columns(name: str, array: NDArray[np.generic]) -> list[tuple[str, NDArray[np.generic]]]:
    """Return an array's columns: of three axes one for each entry of the last, `name.0` and on."""
    if array.ndim == 3:
        return [(f"{name}.{number}", array[..., number]) for number in range(array.shape[2])]
    return [(name, array)] if array.ndim in (1, 2) else []


def _events(file: InputFile, arrays: dict[str, NDArray[np.generic]]) -> int:
    lengths = {name: len(array) for name, array in arrays.items() if array.ndim in (1, 2, 3)}
    if len(set(lengths.values())) != 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items()) or "none"
        raise DataError(
            f"{file.path}: the arrays differ in length ({told}), expected one entry per event along"
            " the first axis of each. Write an archive of such arrays."
        )
    return next(iter(lengths.values()))


def _array(file: InputFile, name: str, array: NDArray[np.generic]) -> pa.Array:
    if array.dtype.kind in "cVO":
        raise no_number(file, name, array.dtype)
    own = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if array.dtype.kind in "SU":
        return pa.array([str(item.decode() if isinstance(item, bytes) else item) for item in own])
    return fixed_lists(own) if array.ndim == 2 else pa.array(own)


READER = Reader("NumPy archive", _count, _names, _read, layout=_layout)
