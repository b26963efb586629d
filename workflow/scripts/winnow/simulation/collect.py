"""Many parts of a sample to one file."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from winnow.simulation.frames import read_frames, write_frames
from winnow.storage import atomic


def collect(parts: Sequence[str | Path], target: str | Path) -> None:
    """Write files after one another, in the given order, into one.

    Args:
        parts: headerless text files whose last line ends with a line feed, Parquet files of the
            same columns, or HDF5 files of a pandas table, whose index is counted on.
        target: the file to be written, whose ending tells which; it appears whole or not at all.
    """
    with atomic(target) as temporary:
        if str(target).endswith(".parquet"):
            _join_tables(parts, temporary)
        elif str(target).endswith(".h5"):
            write_frames((piece for part in parts for piece in read_frames(part)), temporary)
        else:
            _join_texts(parts, temporary)


def _join_texts(parts: Sequence[str | Path], target: Path) -> None:
    with target.open("wb") as output:
        for part in parts:
            with Path(part).open("rb") as stream:
                shutil.copyfileobj(stream, output, 1 << 20)


def _join_tables(parts: Sequence[str | Path], target: Path) -> None:
    """Copy row groups, so that memory does not grow with the number of parts."""
    schema = pq.read_schema(parts[0])
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(group))
