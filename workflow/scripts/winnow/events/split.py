"""Sharing events out to samples by a keyed hash of their ids."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, FOLD, PROCESS, ROW, SAMPLE, SAMPLES, SOURCE, WEIGHT
from winnow.errors import DataError
from winnow.events.roles import check_one_role
from winnow.identity import uniform
from winnow.preparation.folds import sample_codes

_FEW_IDS = 1000


def assign(
    event_id: NDArray[np.uint64], fractions: Mapping[str, float], key: int
) -> NDArray[np.int8]:
    """Share events out to samples.

    An event's sample depends on its id, the key and the fractions alone: not on file order, count,
    chunking or machine.

    Args:
        event_id: (n,) ids.
        fractions: sample name → share; they sum to 1.
        key: 64-bit key of the hash.

    Returns:
        (n,) int8, index into `SAMPLES`.
    """
    edges = np.cumsum([fractions[name] for name in SAMPLES])[:-1]
    return np.searchsorted(edges, uniform(event_id, key), side="right").astype(np.int8)


def assign_folds(event_id: NDArray[np.uint64], folds: int, key: int) -> NDArray[np.int8]:
    """Share events out to folds 0 … folds - 1 of equal size, by id and key alone: (n,) int8."""
    return np.floor(uniform(event_id, key) * folds).astype(np.int8)


class Split:
    """Sharing events out to samples or folds, some at a time.

    Attributes:
        folds: their number; 0: there are samples.
    """

    def __init__(self, fractions: Mapping[str, float], key: int, folds: int = 0) -> None:
        """Say how.

        Args:
            fractions: sample name → share.
            key: 64-bit key of the hash.
            folds: number of folds; above 0 there are folds instead of samples.
        """
        self._fractions, self._key, self.folds = fractions, key, folds
        self._parts: list[str] | list[int] = list(range(folds)) if folds else list(SAMPLES)
        # of each process, entries and sum of weights in each part
        self._entries: dict[str, NDArray[np.int64]] = {}
        self._sums: dict[str, NDArray[np.float64]] = {}
        # those seen, as long as they are few: events of one id stay together
        self._ids: NDArray[np.uint64] | None = np.empty(0, np.uint64)

    def tables(self, events: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Yield source, row and sample or fold of every event; a sample that it brings is kept.

        Args:
            events: columns source, row, event_id, process, weight and, for inputs that are split
                already, sample, null for those that are not.

        Raises:
            DataError: a sample or fold has no events, or the events bring one event in two samples,
                which is looked for where they bring samples at all; their ids are then held.
        """
        given = list[pa.Table]()
        for table in events:
            codes = self.codes(table)
            self._count(table, codes)
            if self._ids is not None:
                ids = np.union1d(self._ids, table[EVENT_ID].to_numpy())
                self._ids = ids if len(ids) < _FEW_IDS else None
            if SAMPLE in table.column_names:
                roles = pa.array(codes)
                given.append(table.select([SOURCE, ROW, EVENT_ID]).append_column(SAMPLE, roles))
            place = {SOURCE: table[SOURCE], ROW: table[ROW]}
            if self.folds:
                yield pa.table({**place, FOLD: pa.array(codes)})
            else:
                names = pa.array(codes.astype(np.int32)), pa.array(SAMPLES)
                yield pa.table({**place, SAMPLE: pa.DictionaryArray.from_arrays(*names)})
        if given:
            whole = pa.concat_tables(given).unify_dictionaries()
            check_one_role(whole, whole[SAMPLE].to_numpy(), "the inputs' own samples")
        self._check_filled()

    def summary(self) -> pd.DataFrame:
        """Return entries and sum of weights per process and sample or fold, and the entries' share.

        They are of the events that were shared out.
        """
        part = FOLD if self.folds else SAMPLE
        table = pd.DataFrame(
            [
                (process, name, entries, total)
                for process in sorted(self._entries)
                for name, entries, total in zip(
                    self._parts, self._entries[process], self._sums[process], strict=True
                )
            ],
            columns=[PROCESS, part, "entries", "sum_of_weights"],
        )
        table["share"] = table["entries"] / table.groupby(PROCESS)["entries"].transform("sum")
        return table

    def codes(self, table: pa.Table) -> NDArray[np.int8]:
        """Return each event's fold, or its sample as an index into SAMPLES: (n,).

        Args:
            table: event_id and, for inputs that are split already, sample.
        """
        event_id = table[EVENT_ID].to_numpy()
        if self.folds:
            return assign_folds(event_id, self.folds, self._key)
        codes = assign(event_id, self._fractions, self._key)
        if SAMPLE in table.column_names:
            given = sample_codes(table[SAMPLE])
            codes = np.where(given < 0, codes, given)
        return codes

    def _count(self, table: pa.Table, codes: NDArray[np.int8]) -> None:
        processes = table[PROCESS].combine_chunks().dictionary_encode()
        names, size = processes.dictionary.to_pylist(), len(self._parts)
        cells = processes.indices.to_numpy().astype(np.int64) * size + codes
        weights = table[WEIGHT].to_numpy()
        entries = np.bincount(cells, minlength=len(names) * size).reshape(-1, size)
        sums = np.bincount(cells, weights, len(names) * size).reshape(-1, size)
        for place, name in enumerate(names):
            self._entries[name] = self._entries.get(name, 0) + entries[place]
            self._sums[name] = self._sums.get(name, 0) + sums[place]

    def _check_filled(self) -> None:
        counts = sum(self._entries.values(), np.zeros(len(self._parts), np.int64))
        for name, count in zip(self._parts, counts, strict=True):
            if count:
                continue
            what = f"fold {name}" if self.folds else f"the {name} sample"
            mend = "fewer folds" if self.folds else "a larger share in split.fractions"
            told = f"the inputs have {counts.sum()} events in all"
            if self._ids is not None and len(self._ids) < counts.sum():
                told += (
                    f", of {len(self._ids)} ids, and events of one id (`columns.event_id`) share a "
                    "sample"
                )
            raise DataError(f"{what} has no events: {told}. Give more events, or {mend}.")


def samples_table(
    events: pa.Table, fractions: Mapping[str, float], key: int, folds: int = 0
) -> pa.Table:
    """Return source, row and sample or fold of events that are in memory, as of `Split`."""
    return pa.concat_tables(Split(fractions, key, folds).tables([events]))
