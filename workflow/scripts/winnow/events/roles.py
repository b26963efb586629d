"""Which sample an event has, and the check that it has no second one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, FOLD, ROW, SAMPLE, SAMPLES, SOURCE
from winnow.errors import DataError
from winnow.preparation.folds import sample_codes
from winnow.tables import read_parquet


def in_two(
    ids: NDArray[np.uint64], codes: NDArray[np.int8]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, of each event that has several roles, the positions of two entries that differ.

    Args:
        ids: (n,) ids of the entries.
        codes: (n,) their roles.
    """
    order = np.argsort(ids, kind="stable")
    same = ids[order][1:] == ids[order][:-1]
    leaks = np.flatnonzero(same & (codes[order][1:] != codes[order][:-1]))
    _, once = np.unique(ids[order[leaks]], return_index=True)
    return order[leaks[once]], order[leaks[once] + 1]


@dataclass(frozen=True)
class KnownEvents:
    """The events that networks were made with, in order of their ids.

    Attributes:
        ids: (n,) uint64, rising.
        codes: (n,) int8, their roles, an index into SAMPLES.
        folds: (n,) int8, the fold whose network never saw them.
    """

    ids: NDArray[np.uint64]
    codes: NDArray[np.int8]
    folds: NDArray[np.int8]

    def look_up(self, ids: NDArray[np.uint64]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Return the role and the fold of events, both -1 where they are not known.

        Args:
            ids: (m,) the events' ids.
        """
        unknown = np.full(len(ids), -1, dtype=np.int8)
        if not len(self.ids):
            return unknown, unknown
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        known = self.ids[place] == ids
        codes, folds = (np.where(known, own[place], unknown) for own in (self.codes, self.folds))
        return codes, folds


def known_events(path: str | Path | None) -> KnownEvents:
    """Read what `winnow.events.ledger.roles_table` gave; None: no event is known."""
    if path is None:
        return KnownEvents(np.empty(0, np.uint64), *np.empty((2, 0), np.int8))
    table = read_parquet(path, [EVENT_ID, SAMPLE, FOLD])
    ids, folds = table[EVENT_ID].to_numpy(), table[FOLD].to_numpy()
    return KnownEvents(ids, sample_codes(table[SAMPLE]).astype(np.int8), folds)


def check_one_role(events: pa.Table, codes: NDArray[np.int8], where: str) -> None:
    """Raise DataError where an event, by its id, has two roles: it would be tested as trained on.

    Args:
        events: columns source, row and event_id.
        codes: the sample of every entry, as an index into SAMPLES.
        where: what they are of, for the message.
    """
    first, second = in_two(events[EVENT_ID].to_numpy(), codes)
    if not first.size:
        return
    at = min(zip(first.tolist(), second.tolist(), strict=True))
    places = [f"{events[SOURCE][n]} row {events[ROW][n]} ({SAMPLES[codes[n]]})" for n in at]
    raise DataError(
        f"{where}: {first.size} events have two roles, expected one each; the first is "
        f"{places[0]} and {places[1]}, which are the same event by `columns.event_id` (by all "
        "their columns where the config names none). Take it out of one of the input files, or "
        "name columns that tell the two apart."
    )
