"""The arrays that training memory-maps: one feature matrix per sample, in the events' order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import ROW, SAMPLE, SOURCE, VALIDATION
from winnow.errors import DataError
from winnow.tables import read_events, read_parquet


def check_aligned(events: pa.Table, samples: pa.Table) -> None:
    """Raise DataError unless the two tables hold the same events in the same order."""
    for name in (SOURCE, ROW):
        left, right = (table[name].cast(_plain(table[name].type)) for table in (events, samples))
        if not left.equals(right):
            raise DataError(
                f"the split table does not belong to these events: their `{name}` columns differ. "
                "Remove the study's split folder and run again."
            )


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def rows_of(samples: pa.Table, name: str) -> NDArray[np.int64]:
    """Return the positions of a sample's events, rising: (n,) int64."""
    return np.flatnonzero(samples[SAMPLE].cast(pa.string()).to_numpy(zero_copy_only=False) == name)


def feature_matrix(
    events: pa.Table, features: Sequence[str], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Gather features of some events.

    Args:
        events: a table with the feature columns, float32, NaN where missing.
        features: their names, in the order wanted.
        rows: (n,) positions.

    Returns:
        (n, features) float32.
    """
    matrix = np.empty((len(rows), len(features)), np.float32)
    for position, name in enumerate(features):
        matrix[:, position] = events[name].to_numpy()[rows]
    return matrix


def first_events(
    events: Sequence[str | Path], samples: str | Path, features: Sequence[str], count: int
) -> NDArray[np.float32]:
    """Return features of the first validation events, as ingested: (count, features) float32."""
    table = read_events(events, list(features))
    return feature_matrix(table, features, rows_of(read_parquet(samples), VALIDATION)[:count])
