"""Parquet."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from winnow.events.chunks import RawChunk, rows_at_once
from winnow.events.reader import Reader
from winnow.study.files import InputFile

ENDINGS = (".parquet", ".pq")
KEYS = ()


def _count(file: InputFile) -> int:
    return int(pq.read_metadata(file.path).num_rows)


def _names(file: InputFile) -> tuple[str, ...]:
    with pq.ParquetFile(file.path) as parquet:
        return tuple(parquet.schema_arrow.names)


def _layout(file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
    with pq.ParquetFile(file.path) as parquet:
        schema = parquet.schema_arrow
    several = frozenset(field.name for field in schema if pa.types.is_nested(field.type))
    return tuple(schema.names), several


def _read(file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]) -> Iterator[RawChunk]:
    # with pre_buffer it keeps what it read
    with pq.ParquetFile(file.path, pre_buffer=False, page_checksum_verification=True) as parquet:
        first_row = 0
        for batch in parquet.iter_batches(
            batch_size=rows_at_once(len(wanted)), columns=list(wanted)
        ):
            rows = np.arange(first_row, first_row + batch.num_rows)
            first_row += batch.num_rows
            yield RawChunk(rows, {name: batch.column(name) for name in wanted})
        if first_row != parquet.metadata.num_rows:
            raise ValueError(f"{first_row} of {parquet.metadata.num_rows} rows are there")


READER = Reader("Parquet", _count, _names, _read, layout=_layout)
