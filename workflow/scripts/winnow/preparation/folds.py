"""Events and their samples: which of them train, validate and test, as a fold sees them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.columns import FOLD, ROW, SAMPLE, SAMPLES, SOURCE, TEST, TRAIN, VALIDATION
from winnow.errors import DataError
from winnow.tables import BLOCK, event_blocks, open_parquet, read_events, read_parquet


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
    count = _fold_count(samples)
    return {fold: _seen_by(fold, table, split, count) for fold in folds}


def read_fold(
    events: Sequence[str | Path], samples: str | Path, fold: int, columns: Sequence[str]
) -> FoldEvents:
    """Read events as one fold sees them; Args and Raises as in `read_folds`."""
    return read_folds(events, samples, [fold], columns)[fold]


class Fold:
    """A study's events as one fold sees them, gone through some at a time, as often as needed.

    It holds a byte an event, and what `winnow.tables.BLOCK` events take.

    Attributes:
        codes: (events,) int8, each event's sample as an index into SAMPLES.
        events: the event tables.
    """

    def __init__(self, events: Sequence[str | Path], samples: str | Path, fold: int) -> None:
        """Read which sample every event has.

        Args:
            events: the event tables.
            samples: the split table.
            fold: the fold that tests; 0 without folds.

        Raises:
            DataError: a file cannot be read, or the split table is of other events.
        """
        self.events = events
        folds, found = _fold_count(samples), [np.empty(0, np.int8)]
        with open_parquet(samples) as file:
            split = _Parts(file)
            for part in event_blocks(events, [SOURCE, ROW]):
                own = split.take(len(part))
                check_aligned(part, own)
                found.append(sample_codes(samples_of_fold(own, fold, folds)))
            if split.take(1).num_rows:
                raise _foreign(ROW)
        self.codes = np.concatenate(found)

    def count(self, sample: str) -> int:
        """Return how many events a sample has."""
        return int(np.count_nonzero(self.codes == SAMPLES.index(sample)))

    def blocks(self, columns: Sequence[str]) -> Iterator[FoldEvents]:
        """Yield some columns of all events, in order, `rows` being positions in the block."""
        start = 0
        for part in event_blocks(self.events, columns):
            codes = self.codes[start : start + len(part)]
            start += len(part)
            kind = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(SAMPLES))
            yield FoldEvents(part, pa.chunked_array([kind]), _rows(codes))

    def of_sample(self, sample: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of a sample's events, in order; none of the tables is empty."""
        for block in self.blocks(columns):
            if len(rows := block.rows[sample]):
                yield block.events.take(pa.array(rows))


class _Parts:
    """A table that is read from its begin on, as many rows at a time as are asked for."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self._batches = file.iter_batches(BLOCK)
        self._waiting = file.schema_arrow.empty_table()

    def take(self, count: int) -> pa.Table:
        """Return the next rows; fewer at the end."""
        found, missing = [self._waiting], count - len(self._waiting)
        while missing > 0 and (batch := next(self._batches, None)) is not None:
            found.append(pa.Table.from_batches([batch]))
            missing -= len(batch)
        whole = pa.concat_tables(found).unify_dictionaries()
        self._waiting = whole.slice(count)
        return whole.slice(0, count)


def _fold_count(samples: str | Path) -> int:
    """Return how many folds a split table has, 0 without folds."""
    with open_parquet(samples) as file:
        if FOLD not in file.schema_arrow.names:
            return 0
        parts = file.iter_batches(BLOCK, columns=[FOLD])
        return 1 + max(int(pc.max(part[0]).as_py()) for part in parts)


def _seen_by(fold: int, events: pa.Table, split: pa.Table, count: int) -> FoldEvents:
    sample = samples_of_fold(split, fold, count)
    return FoldEvents(events, sample, rows_by_sample(sample))


def samples_of_fold(split: pa.Table, fold: int, count: int) -> pa.ChunkedArray:
    """Return the sample of every event as one fold sees it.

    With k folds, fold i tests, fold i + 1 (after the last the first) validates, and the others
    train.

    Args:
        split: the split table, with a column `sample`, or with `fold` in cross-training.
        fold: the fold that tests; unused without folds.
        count: of folds; 0 without folds.
    """
    if not count:
        return split[SAMPLE]
    folds = split[FOLD].to_numpy()
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
    return _rows(sample_codes(sample))


def _rows(codes: NDArray[np.int8]) -> dict[str, NDArray[np.int64]]:
    return {name: np.flatnonzero(codes == code) for code, name in enumerate(SAMPLES)}


def check_aligned(events: pa.Table, samples: pa.Table) -> None:
    """Raise DataError unless the two tables hold the same events in the same order."""
    name = differing_key(events, samples)
    if name is not None:
        raise _foreign(name)


def _foreign(column: str) -> DataError:
    return DataError(
        f"the split table does not belong to these events: their `{column}` columns differ. "
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
