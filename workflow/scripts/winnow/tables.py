"""Reading and writing the files between stages: Parquet, CSV, JSON and NumPy arrays.

Every writer is atomic: the file appears whole or not at all. Tables and arrays carry checksums, and
are refused where a bit of them is not what was written.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
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
from winnow.storage import name_file

# how Parquet is written between stages, how it is read, and what readers of it raise
_WRITTEN = MappingProxyType({"compression": "zstd", "write_page_checksum": True})
_READ = MappingProxyType({"page_checksum_verification": True})
_PARQUET = "Parquet", OSError, ValueError, pa.ArrowException


@contextmanager
def atomic(path: str | Path, ending: str = "") -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block ends well.

    Args:
        path: the file to be written.
        ending: what the temporary name ends with, for a writer that insists on it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part{ending}")
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        name_file(error, target)
        raise
    finally:
        temporary.unlink(missing_ok=True)


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
    present = [_column_names(path) for path in paths]
    tables = [
        read_parquet(path, None if columns is None else [name for name in columns if name in own])
        for path, own in zip(paths, present, strict=True)
    ]
    if len({SAMPLE in table.column_names for table in tables}) > 1:
        tables = [_with_sample(table) for table in tables]
    # a file without events does not know whether a column of it holds text
    first = next((index for index, table in enumerate(tables) if len(table)), 0)
    schema = tables[first].schema
    for index, (path, table) in enumerate(zip(paths, tables, strict=True)):
        if not len(table):
            tables[index] = schema.empty_table()
            continue
        for name, kind in zip(table.column_names, table.schema.types, strict=True):
            expected = schema.field(name).type
            if kind != expected:
                raise DataError(
                    f"{path}: column {name!r} is {kind}, but {expected} in {paths[first]}. It "
                    "holds numbers in one input file and text in the other: make them alike."
                )
    return pa.concat_tables(tables).unify_dictionaries()


def _column_names(path: str | Path) -> set[str]:
    with open_parquet(path) as file:
        return set(file.schema_arrow.names)


def _with_sample(table: pa.Table) -> pa.Table:
    kind = pa.dictionary(pa.int32(), pa.string())
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
