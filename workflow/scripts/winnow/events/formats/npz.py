"""NumPy's archives: arrays with the events along their first axis."""

import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence

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
    return _events(file, _shapes(file))


def _layout(file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
    found = _shapes(file)
    _events(file, found)
    axes = {
        column: min(len(shape), 2)
        for name, shape in found.items()
        for column in _named(name, shape)
    }
    return tuple(axes), frozenset(column for column, count in axes.items() if count > 1)


def _names(file: InputFile) -> tuple[str, ...]:
    return _layout(file)[0]


def _read(file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]) -> Iterator[RawChunk]:
    with np.load(file.path, allow_pickle=False) as arrays:
        columns = {
            column: own
            for name in arrays.files
            if name in wanted or any(w.startswith(f"{name}.") for w in wanted)
            for column, own in _columns(name, arrays[name]).items()
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


def _shapes(file: InputFile) -> dict[str, tuple[int, ...]]:
    """Return each array's shape, by the headers alone: a plan unpacks nothing.

    Raises:
        ValueError: a header says that there is more or less than there is.
    """
    shapes = {}
    with zipfile.ZipFile(file.path) as archive:
        for member in archive.namelist():
            with archive.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                header = (
                    np.lib.format.read_array_header_1_0(stream)
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0(stream)
                )
                begin = stream.tell()
            shape, _, kind = header
            size, length = math.prod(shape) * kind.itemsize, archive.getinfo(member).file_size
            if length - begin != size and not kind.hasobject:
                raise ValueError(
                    f"{member} says that it has the shape {shape} of {kind}, {size} bytes, and has "
                    f"{length - begin}"
                )
            shapes[member.removesuffix(".npy")] = shape
    return shapes


def _named(name: str, shape: tuple[int, ...]) -> list[str]:
    """Return an array's columns: of three axes one for each entry of the last, `name.0` and on."""
    if len(shape) == 3:
        return [f"{name}.{number}" for number in range(shape[2])]
    return [name] if len(shape) in (1, 2) else []


def _columns(name: str, array: NDArray[np.generic]) -> dict[str, NDArray[np.generic]]:
    """Return what of an array each of its columns is."""
    parts = np.moveaxis(array, -1, 0) if array.ndim == 3 else [array]
    return dict(zip(_named(name, array.shape), parts, strict=False))


def _events(file: InputFile, shapes: Mapping[str, tuple[int, ...]]) -> int:
    lengths = {name: shape[0] for name, shape in shapes.items() if len(shape) in (1, 2, 3)}
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
