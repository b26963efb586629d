"""The arrays that training memory-maps: one feature matrix per sample, in the events' order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.columns import FOLD, ROW, SAMPLE, SAMPLES, SOURCE, TEST, TRAIN, VALIDATION
from winnow.errors import DataError
from winnow.identity import digest
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


def read_samples(path: str | Path, fold: int) -> pa.Table:
    """Read a split table as one fold sees it.

    With k folds, fold i tests, fold i + 1 (after the last the first) validates, and the others
    train.

    Args:
        path: the split table, with a column `sample`, or with `fold` in cross-training.
        fold: the fold that tests; unused without folds.

    Returns:
        Columns source, row and sample.
    """
    table = read_parquet(path)
    if FOLD not in table.column_names:
        return table
    folds = table[FOLD].to_numpy()
    count = int(folds.max()) + 1
    code = np.full(len(folds), SAMPLES.index(TRAIN), np.int8)
    code[folds == (fold + 1) % count] = SAMPLES.index(VALIDATION)
    code[folds == fold] = SAMPLES.index(TEST)
    sample = pa.DictionaryArray.from_arrays(pa.array(code), pa.array(SAMPLES))
    return pa.table({SOURCE: table[SOURCE], ROW: table[ROW], SAMPLE: sample})


def rows_of(samples: pa.Table, name: str) -> NDArray[np.int64]:
    """Return the positions of a sample's events, rising: (n,) int64."""
    chosen = pc.equal(samples[SAMPLE].cast(pa.string()), name)
    return np.flatnonzero(chosen.to_numpy(zero_copy_only=False))


def fitted_on(event_id: NDArray[np.uint64]) -> dict[str, dict[str, int | str]]:
    """Return what a transform records of the events it was fitted on: how many, and their hash."""
    return {"fitted_on": {"events": len(event_id), "digest": digest(event_id)}}


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
    events: Sequence[str | Path],
    samples: str | Path,
    fold: int,
    features: Sequence[str],
    count: int,
) -> NDArray[np.float32]:
    """Return features of a fold's first validation events, as ingested: (count, features)."""
    table = read_events(events, list(features))
    rows = rows_of(read_samples(samples, fold), VALIDATION)
    return feature_matrix(table, features, rows[:count])
