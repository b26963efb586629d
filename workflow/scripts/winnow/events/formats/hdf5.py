"""HDF5: data sets of numbers, compound data sets, and tables that pandas wrote."""

import io
import math
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.events.chunks import (
    CHUNK_ROWS,
    RawChunk,
    fixed_lists,
    no_number,
    rows_at_once,
    several_values,
)
from winnow.events.heaps import Heaps
from winnow.events.reader import Reader
from winnow.study.files import InputFile

ENDINGS = (".h5", ".hdf5", ".hdf")
KEYS = ("key", "columns")


def _count(file: InputFile) -> int:
    with h5py.File(file.path) as root:
        key = _key(file, root)
        node = root[key]
        if _pandas_kind(node) is None:
            names = _plain_names(file, key, node)
            return len(node[names[0]]) if isinstance(node, h5py.Group) else len(node)
    with _pandas_store(file) as store:
        return int(store.get_storer(key).nrows)


def _names(file: InputFile) -> tuple[str, ...]:
    with h5py.File(file.path) as root:
        key = _key(file, root)
        node = root[key]
        if _pandas_kind(node) is None:
            return _plain_names(file, key, node)
        if _pandas_kind(node) != "frame_table":
            raise DataError(
                f"{file.path}: {key!r} is in pandas' fixed format, which cannot be read in pieces."
                " Write it with to_hdf(..., format='table')."
            )
    with _pandas_store(file) as store:
        names = store.get_storer(key).non_index_axes[0][1]
    if any(isinstance(name, tuple) for name in names):
        raise DataError(
            f"{file.path}: the columns of {key!r} have several levels (such as {names[0]!r}), "
            "expected one name each. Write the table with flat names: "
            "frame.columns = ['_'.join(name) for name in frame.columns]."
        )
    return tuple(str(name) for name in names)


def _read(file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]) -> Iterator[RawChunk]:
    with h5py.File(file.path) as root:
        key = _key(file, root)
        if _pandas_kind(root[key]) is None:
            with Path(file.path).open("rb") as stream:
                yield from _read_plain(file, root[key], wanted, Heaps(stream, root))
            return
        _check_written(root[key]["table"])
    with _pandas_store(file) as store:
        total = store.get_storer(key).nrows
        # a name may be a number to pandas, and is a text in a config
        own = {str(name): name for name in store.get_storer(key).non_index_axes[0][1]}
        chosen = [own[name] for name in wanted]
        size = rows_at_once(len(own))
        for start in range(0, total, size):
            stop = min(start + size, total)
            frame = store.select(key, start=start, stop=stop, columns=chosen)
            columns = {name: pa.array(frame[own[name]], from_pandas=True) for name in wanted}
            yield RawChunk(np.arange(start, stop), columns)


def _layout(file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
    names = _names(file)
    with h5py.File(file.path) as root:
        node = root[_key(file, root)]
        if _pandas_kind(node) is not None:
            return names, frozenset()
        if isinstance(node, h5py.Group):
            several = [n for n in names if node[n].ndim > 1 or _is_vlen(node[n].dtype)]
        else:
            fields = node.dtype.fields or {}
            several = [n for n, (kind, *_) in fields.items() if kind.shape or _is_vlen(kind)]
        return names, frozenset(several)


def _is_vlen(kind: np.dtype[Any]) -> bool:
    return h5py.check_vlen_dtype(kind) is not None


def _key(file: InputFile, root: h5py.File) -> str:
    """Return the name of the table, group or data set that holds the events."""
    if file.key is not None:
        if file.key not in root:
            raise DataError(
                f"{file.path}: there is no key {file.key!r}; it has: {', '.join(root)}. "
                "Correct `input.files[].key`."
            )
        return file.key
    if root and all(isinstance(item, h5py.Dataset) and item.ndim == 1 and item.dtype.names is None
                    for item in root.values()):  # fmt: skip
        return "/"
    if len(root) != 1:
        raise DataError(
            f"{file.path}: the file has {len(root)} keys ({', '.join(root) or 'none'}), expected"
            " one. Name it in `input.files[].key`."
        )
    return str(next(iter(root)))


def _pandas_kind(node: h5py.Group | h5py.Dataset) -> str | None:
    kind = node.attrs.get("pandas_type")
    return kind.decode() if isinstance(kind, bytes) else kind


def _pandas_store(file: InputFile) -> Any:
    """Open a file with pandas, after a look at its names and attributes.

    PyTables crashes on some names, and unpickles attributes, which may run any program.

    Raises:
        ValueError: a name in the file is no UTF-8 text, or an attribute is more than plain values.
    """

    def check(_: str, node: h5py.Group | h5py.Dataset) -> None:
        for name in (*node.attrs, *(node if isinstance(node, h5py.Group) else ())):
            if not isinstance(name, str):
                raise ValueError(f"{node.name} has the name {name!r} in it, which is no text")
        for name, value in node.attrs.items():
            if isinstance(value, np.bytes_) and value.endswith(b"."):
                _check_plain(value, f"the attribute {name!r} of {node.name}")

    with h5py.File(file.path) as root:
        check("", root)
        root.visititems(check)
    return pd.HDFStore(file.path, "r")


class _PlainUnpickler(pickle.Unpickler):
    """Reads pickled lists, mappings, texts and numbers, and nothing that would call anything."""

    def find_class(self, module: str, name: str) -> Any:
        raise _ProgramError(f"{module}.{name}")


class _ProgramError(Exception):
    """A pickle asks for a class or function."""


def _check_plain(value: bytes, what: str) -> None:
    """Refuse what, unpickled, would be more than plain values."""
    try:
        # latin1: texts that cannot be decoded do not hide what comes after them
        _PlainUnpickler(io.BytesIO(value), encoding="latin1").load()
    except _ProgramError as error:
        raise ValueError(
            f"{what} holds a Python object ({error}), which reading it would run; expected plain "
            "values. Write the table anew with pandas from a source you trust"
        ) from error
    except Exception:  # of many kinds, all of one cause: it is no pickle, but a text with a stop
        return


def _plain_names(file: InputFile, key: str, node: h5py.Group | h5py.Dataset) -> tuple[str, ...]:
    if isinstance(node, h5py.Group):
        columns = {name: item for name, item in node.items() if isinstance(item, h5py.Dataset)}
        lengths = {name: len(item) for name, item in columns.items() if item.ndim}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise DataError(
                f"{file.path}: the data sets of {key!r} differ in length ({told}), expected one"
                " value per event in each. Name another group in `input.files[].key`."
            )
        return tuple(lengths)
    if node.dtype.names is not None:
        return tuple(node.dtype.names)
    if node.ndim == 1:
        return (key.rsplit("/", 1)[-1],)
    if file.columns is None:
        raise DataError(
            f"{file.path}: the data set {key!r} of shape {node.shape} has no column names. "
            "List them in `input.files[].columns`."
        )
    if node.ndim != 2 or node.shape[1] != len(file.columns):
        raise DataError(
            f"{file.path}: the data set {key!r} has the shape {node.shape}, but "
            f"`input.files[].columns` names {len(file.columns)} columns. Name every column, in"
            " order."
        )
    return file.columns


def _read_plain(
    file: InputFile, node: h5py.Group | h5py.Dataset, wanted: Sequence[str], heaps: Heaps
) -> Iterator[RawChunk]:
    names = _plain_names(file, node.name, node)
    if isinstance(node, h5py.Group):
        for name in wanted:
            if node[name].ndim > 2:
                raise several_values(file, name, f"shape {node[name].shape[1:]}")
    sets = [node[name] for name in wanted] if isinstance(node, h5py.Group) else [node]
    for own in sets:
        _check_written(own)
    total = len(sets[0])
    for start in range(0, total, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, total)
        for own in sets:
            heaps.check(own, start, stop)
        if isinstance(node, h5py.Group):
            arrays = {name: node[name][start:stop] for name in wanted}
        else:
            block = node[start:stop]
            arrays = {
                name: block[name]
                if block.dtype.names is not None
                else block.reshape(len(block), -1)[:, names.index(name)]
                for name in wanted
            }
        columns = {name: _array(file, name, array) for name, array in arrays.items()}
        yield RawChunk(np.arange(start, stop), columns)


def _check_written(dataset: h5py.Dataset) -> None:
    """Refuse a data set of another size than its values: HDF5 reads zeros where nothing is.

    Raises:
        ValueError: there are more values in the file, or fewer.
    """
    plan = dataset.id.get_create_plist()
    if dataset.is_virtual or plan.get_external_count():
        return
    if dataset.chunks is None:
        size = dataset.size * dataset.id.get_type().get_size()
        kind, found = "bytes", dataset.id.get_storage_size()
        if dataset.dtype.hasobject:  # its values lie elsewhere
            return
    else:
        kind, found = "chunks", dataset.id.get_num_chunks()
        pairs = zip(dataset.shape, dataset.chunks, strict=True)
        size = math.prod(-(-length // step) for length, step in pairs)
    if found != size:
        raise ValueError(f"{dataset.name} has {found} {kind} in the file, and should have {size}")


def _array(file: InputFile, name: str, array: NDArray[Any]) -> pa.Array:
    if array.ndim > 2:
        raise several_values(file, name, f"shape {array.shape[1:]}")
    if array.dtype.kind == "O" and any(isinstance(item, np.ndarray) for item in array):
        content = _array(file, name, np.concatenate(array))
        offsets = np.append(0, np.cumsum([len(item) for item in array]))
        return pa.LargeListArray.from_arrays(offsets, content)
    if array.dtype.kind in "cV":
        raise no_number(file, name, array.dtype)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if array.ndim == 2:
        return fixed_lists(array.astype(array.dtype.newbyteorder("=")))
    if array.dtype.kind in "SO":
        return pa.array(
            [item.decode() if isinstance(item, bytes) else item for item in array], pa.string()
        )
    return pa.array(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")))


READER = Reader("HDF5", _count, _names, _read, layout=_layout)
