"""Events and their samples: which of them train, validate and test, as a fold sees them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.columns import FOLD, ROW, SAMPLE, SAMPLES, SOURCE, TEST, TRAIN, VALIDATION
from winnow.errors import DataError
from winnow.tables import read_events, read_parquet


@dataclass(frozen=True)
class FoldEvents:
    """Events with the sample that a fold gives each.

    Attributes:
        events: source, row and the columns asked for; one row an event.
        sample: the sample of every event, text or a dictionary of it.
        rows: sample → positions of its events, rising: (n,) int64.
    """

    events: pa.Table
    sample: pa.ChunkedArray
    rows: Mapping[str, NDArray[np.int64]]


def read_folds(
    events: Sequence[str | Path],
    samples: str | Path,
    folds: Iterable[int],
    columns: Sequence[str],
) -> dict[int, FoldEvents]:
    """Read events once, with the samples that several folds give them.

    Args:
        events: the event tables.
        samples: the split table.
        folds: the folds that test; 0 without folds.
        columns: what is read of the events beside source and row; of any type, images too.

    Returns:
        fold → its view of the events.

    Raises:
        DataError: a file cannot be read, or the split table is of other events.
    """
    table = read_events(events, [*dict.fromkeys([SOURCE, ROW, *columns])])
    split = read_parquet(samples)
    check_aligned(table, split)
    return {fold: _seen_by(fold, table, split) for fold in folds}


def read_fold(
    events: Sequence[str | Path], samples: str | Path, fold: int, columns: Sequence[str]
) -> FoldEvents:
    """Read events as one fold sees them; Args and Raises as in `read_folds`."""
    return read_folds(events, samples, [fold], columns)[fold]


def _seen_by(fold: int, events: pa.Table, split: pa.Table) -> FoldEvents:
    sample = samples_of_fold(split, fold)
    return FoldEvents(events, sample, rows_by_sample(sample))


def samples_of_fold(split: pa.Table, fold: int) -> pa.ChunkedArray:
    """Return the sample of every event as one fold sees it.

    With k folds, fold i tests, fold i + 1 (after the last the first) validates, and the others
    train.

    Args:
        split: the split table, with a column `sample`, or with `fold` in cross-training.
        fold: the fold that tests; unused without folds.
    """
    if FOLD not in split.column_names:
        return split[SAMPLE]
    folds = split[FOLD].to_numpy()
    count = int(folds.max()) + 1
    code = np.full(len(folds), SAMPLES.index(TRAIN), np.int8)
    code[folds == (fold + 1) % count] = SAMPLES.index(VALIDATION)
    code[folds == fold] = SAMPLES.index(TEST)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(code), pa.array(SAMPLES))])


def sample_codes(sample: pa.ChunkedArray) -> NDArray[np.int8]:
    """Return each sample as its index into SAMPLES, -1 for none of them: numbers compare fast."""
    found = pc.index_in(sample.cast(pa.string()), pa.array(SAMPLES))
    codes: NDArray[np.int8] = pc.fill_null(found, -1).to_numpy().astype(np.int8)
    return codes


def rows_by_sample(sample: pa.ChunkedArray) -> dict[str, NDArray[np.int64]]:
    """Return sample → positions of its events, rising: (n,) int64."""
    codes = sample_codes(sample)
    return {name: np.flatnonzero(codes == code) for code, name in enumerate(SAMPLES)}


def check_aligned(events: pa.Table, samples: pa.Table) -> None:
    """Raise DataError unless the two tables hold the same events in the same order."""
    name = differing_key(events, samples)
    if name is not None:
        raise DataError(
            f"the split table does not belong to these events: their `{name}` columns differ. "
            "Remove the study's split folder and run again."
        )


def differing_key(one: pa.Table, other: pa.Table) -> str | None:
    """Return in which column two tables are of other events, or of other order; None: in none."""
    for name in (SOURCE, ROW):
        left, right = (table[name].cast(_plain(table[name].type)) for table in (one, other))
        if not left.equals(right):
            return name
    return None


def _plain(kind: pa.DataType) -> pa.DataType:
    own = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_large_string(own) else own  # pandas' texts
