"""Which sample an event has, and the check that it has no second one."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, ROW, SAMPLES, SOURCE
from winnow.errors import DataError
from winnow.preparation.folds import sample_codes


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


def check_one_role(events: pa.Table, roles: pa.ChunkedArray, where: str) -> None:
    """Raise DataError where an event, by its id, has two roles: it would be tested as trained on.

    Args:
        events: columns source, row and event_id.
        roles: the sample of every entry.
        where: what the roles are of, for the message.
    """
    codes = sample_codes(roles)
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
