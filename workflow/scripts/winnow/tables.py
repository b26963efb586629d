"""Reading and writing the files between stages: Parquet, CSV, JSON and NumPy arrays.

Every writer is atomic: the file appears whole or not at all. Tables and arrays carry checksums, and
are refused where a bit of them is not what was written.
"""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import DTypeLike, NDArray

from winnow.columns import SAMPLE
from winnow.errors import DataError
from winnow.seal import check_footer, check_seal, intact, seal, seal_footer
from winnow.storage import atomic

# how Parquet is written between stages, how it is read, and what readers of it raise
_WRITTEN = MappingProxyType({"compression": "zstd", "write_page_checksum": True})
_READ = MappingProxyType({"page_checksum_verification": True})
_PARQUET = "Parquet", OSError, ValueError, pa.ArrowException

BLOCK, BLOCK_BYTES = 262_144, 2**26
"""Events and bytes that are held at once where a table is gone through."""


def write_parquet(table: pa.Table | pd.DataFrame, path: str | Path) -> None:
    """Write a table as zstd-compressed Parquet."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    with atomic(path) as temporary:
        pq.write_table(table, temporary, **_WRITTEN)
        seal_footer(temporary)


@contextmanager
def parquet_writer(
    path: str | Path, schema: pa.Schema, **options: Any
) -> Iterator[pq.ParquetWriter]:
    """Yield a writer of a table as of `write_parquet`, part by part; not atomic."""
    with pq.ParquetWriter(path, schema, **_WRITTEN, **options) as writer:
        yield writer
    seal_footer(path)


def write_tables(tables: Iterator[pa.Table], path: str | Path) -> None:
    """Write a table as of `write_parquet` from its parts, at least one."""
    first = next(tables)
    with atomic(path) as temporary, parquet_writer(temporary, first.schema) as writer:
        for table in itertools.chain([first], tables):
            writer.write_table(table)


def read_parquet(
    path: str | Path, columns: list[str] | None = None, rows: pc.Expression | None = None
) -> pa.Table:
    """Read a Parquet file, of which those rows alone where they are given.

    Raises:
        DataError: it is missing, cannot be read, or is not what was written.
    """
    with intact(path, *_PARQUET):
        check_footer(path)
        return pq.read_table(path, columns=columns, filters=rows, partitioning=None, **_READ)


@contextmanager
def open_parquet(path: str | Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file that is read part by part, without keeping what was read.

    Raises:
        DataError: it is missing, cannot be read, or its footer is not what was written.
    """
    with intact(path, *_PARQUET):
        check_footer(path)
        opened = pq.ParquetFile(path, pre_buffer=False, **_READ)
    with opened as file:
        yield file


def read_events(paths: Sequence[str | Path], columns: Sequence[str] | None = None) -> pa.Table:
    """Return the events of several sources in the given order.

    Args:
        paths: event tables.
        columns: columns to read, those left out that no table has; None: all. `sample` is null
            where a table lacks it: its events are not split yet.

    Raises:
        DataError: a file cannot be read, or a column's type differs between files.
    """
    wanted, schema = _event_columns(paths, columns)
    tables = [_alike(read_parquet(path, names), schema) for path, names in wanted]
    return pa.concat_tables(tables).unify_dictionaries()


def event_blocks(
    paths: Sequence[str | Path], columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """Yield the events of several sources as `read_events` has them, some at a time.

    Args:
        paths: event tables.
        columns: as of `read_events`.

    Yields:
        Tables of at most `BLOCK` events, none of them empty.

    Raises:
        DataError: as of `read_events`.
    """
    wanted, schema = _event_columns(paths, columns)
    for path, names in wanted:
        with open_parquet(path) as file, intact(path, *_PARQUET):
            for batch in file.iter_batches(_block(schema), columns=names):
                yield _alike(pa.Table.from_batches([batch]), schema)


def _block(schema: pa.Schema) -> int:
    """Return how many events of some columns are held at once."""
    size = sum(_bytes(field.type) for field in schema)
    return max(1, min(BLOCK, BLOCK_BYTES // max(size, 1)))


def _bytes(kind: pa.DataType) -> int:
    """Return how many bytes a value takes, of texts and lists about."""
    if isinstance(kind, pa.FixedShapeTensorType):
        return int(math.prod(kind.shape)) * _bytes(kind.value_type)
    try:
        return -(-int(kind.bit_width) // 8)
    except ValueError:  # Arrow's word for kinds without a fixed width
        return 64


def _event_columns(
    paths: Sequence[str | Path], columns: Sequence[str] | None
) -> tuple[list[tuple[str | Path, list[str]]], pa.Schema]:
    """Return the files that have events, what is read of each, and the columns read from all.

    Where none has events it is the first file.

    Raises:
        DataError: a column's type differs between files.
    """
    found = list[tuple[str | Path, pa.Schema, int]]()
    for path in paths:
        with open_parquet(path) as file:
            own = file.schema_arrow
            names = (
                own.names if columns is None else [name for name in columns if name in own.names]
            )
            fields = pa.schema([own.field(name) for name in names])
            found.append((path, fields, file.metadata.num_rows))
    # a file without events does not know whether a column of it holds text
    schemas = [(path, own) for path, own, count in found if count] or [found[0][:2]]
    first, schema = schemas[0]
    for path, own in schemas:
        for field in own:
            if field.name == SAMPLE or field.type == schema.field(field.name).type:
                continue
            raise DataError(
                f"{path}: column {field.name!r} is {field.type}, but "
                f"{schema.field(field.name).type} in {first}. It holds numbers in one input file "
                "and text in the other: make them alike."
            )
    if len({SAMPLE in own.names for _, own in schemas}) > 1:
        others = [field for field in schema if field.name != SAMPLE]
        schema = pa.schema([*others, (SAMPLE, pa.dictionary(pa.int32(), pa.string()))])
    return [(path, own.names) for path, own in schemas], schema


def _alike(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of a schema; a sample that it does not have is null."""
    if table.schema.names == schema.names:
        return table
    kind = schema.field(SAMPLE).type
    if SAMPLE not in table.column_names:
        return table.append_column(SAMPLE, pa.nulls(len(table), kind))
    return table.drop_columns(SAMPLE).append_column(SAMPLE, table[SAMPLE].cast(kind))


def read_frame(
    path: str | Path, columns: list[str] | None = None, rows: pc.Expression | None = None
) -> pd.DataFrame:
    """Read a Parquet file as a DataFrame, as of `read_parquet`."""
    frame: pd.DataFrame = read_parquet(path, columns, rows).to_pandas(ignore_metadata=True)
    return frame


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a small table as CSV with a header, floats with full precision."""
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False)


def write_text(text: str, path: str | Path) -> None:
    """Write a text file in UTF-8."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(content: bytes, path: str | Path) -> None:
    """Write a file of bytes."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_json(content: Mapping[str, Any], path: str | Path) -> None:
    """Write a mapping as indented JSON; NaN and infinity are errors."""
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False)
    write_text(text + "\n", path)


def read_json(path: str | Path) -> dict[str, Any]:
    """Read a JSON object; raise DataError when it is missing or is none."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error}).") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a JSON object, found {type(content).__name__}.")
    return content


def write_array(array: NDArray[Any], path: str | Path) -> None:
    """Write an array as .npy, contiguous, without pickle."""
    with atomic(path) as temporary:
        with temporary.open("wb") as stream:
            np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
        seal(temporary)


@contextmanager
def array_writer(
    path: str | Path, shape: Sequence[int], kind: DTypeLike
) -> Iterator[Callable[[NDArray[Any]], None]]:
    """Yield a function that appends rows to a new .npy array, which is whole or not there.

    Args:
        path: the array, the same file as of `write_array`.
        shape: of the whole, the rows first.
        kind: its numbers.

    Raises:
        ValueError: more or fewer rows were written.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(kind)),
        "fortran_order": False,
        "shape": tuple(shape),
    }
    with atomic(path) as temporary:
        with temporary.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            end = stream.tell() + math.prod(shape) * np.dtype(kind).itemsize
            yield lambda rows: np.ascontiguousarray(rows, kind).tofile(stream)
            if stream.tell() != end:
                raise ValueError(f"{path}: {stream.tell()} bytes were written, expected {end}")
        seal(temporary)


@contextmanager
def array_reader(path: str | Path) -> Iterator[Callable[[int], NDArray[Any]]]:
    """Yield a function that returns the next rows of a .npy array, without mapping it to memory.

    At the end it returns fewer than are asked for.

    Raises:
        DataError: as of `read_array`.
    """
    mapped = read_array(path)
    shape, kind = mapped.shape[1:], mapped.dtype
    width, left = math.prod(shape), len(mapped)
    del mapped
    with Path(path).open("rb") as stream:
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)

        def take(count: int) -> NDArray[Any]:
            nonlocal left
            taken = min(count, left)
            left -= taken
            rows: NDArray[Any] = np.fromfile(stream, kind, taken * width)
            return rows.reshape(taken, *shape)

        yield take


@contextmanager
def new_array(path: str | Path, shape: Sequence[int], kind: DTypeLike) -> Iterator[NDArray[Any]]:
    """Yield a new .npy array that is written to part by part, whole or not at all."""
    with atomic(path, ".npy") as temporary:
        out = np.lib.format.open_memmap(temporary, "w+", np.dtype(kind), tuple(shape))
        yield out
        out.flush()
        del out
        seal(temporary)


def read_array(path: str | Path) -> NDArray[Any]:
    """Memory-map a .npy array, read only.

    Raises:
        DataError: it is missing, cannot be read, or is not what was written.
    """
    with intact(path, "an array", OSError, ValueError, EOFError):
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    check_seal(path)
    return array
