"""The ledger: which role every event has in every fold, and the check that nothing leaks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, FOLD, ROW, SAMPLE, SAMPLES, SOURCE, TRAIN
from winnow.errors import DataError
from winnow.prepare import check_aligned, fitted_on
from winnow.tables import read_json, read_parquet


def fold_ledger(events: pa.Table, samples: pa.Table, fold: int) -> pa.Table:
    """Return source, row, event_id, fold and sample (the role) of every event in one fold.

    Args:
        events: columns source, row and event_id; with `sample`, the inputs are split already.
        samples: the split table as the fold sees it (`read_samples`).
        fold: the fold.

    Raises:
        DataError: an event, by its id, has two roles in the fold. Inputs that are split already
            are taken as they are: there the summary counts such events.
    """
    check_aligned(events, samples)
    ids, roles = events[EVENT_ID].to_numpy(), _codes(samples[SAMPLE])
    first, second = _shared(ids, roles)
    if first.size and SAMPLE not in events.column_names:
        place = [
            f"{events[SOURCE][int(n[0])]} row {events[ROW][int(n[0])]}" for n in (first, second)
        ]
        raise DataError(
            f"fold {fold}: {first.size} events have two roles; the first is {place[0]} "
            f"({SAMPLES[roles[first[0]]]}) and {place[1]} ({SAMPLES[roles[second[0]]]}), which are "
            "the same event by `columns.event_id`. Take it out of one of the input files, or name "
            "columns that tell the two apart."
        )
    numbers = pa.array(np.full(len(ids), fold, np.int8))
    return pa.table(
        {
            SOURCE: events[SOURCE],
            ROW: events[ROW],
            EVENT_ID: events[EVENT_ID],
            FOLD: numbers,
            SAMPLE: samples[SAMPLE].cast(pa.string()).combine_chunks().dictionary_encode(),
        }
    )


def _shared(
    ids: NDArray[np.uint64], roles: NDArray[np.int8]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of pairs of entries that are one event in two roles."""
    order = np.argsort(ids, kind="stable")
    same = ids[order][1:] == ids[order][:-1]
    leaks = np.flatnonzero(same & (roles[order][1:] != roles[order][:-1]))
    return order[leaks], order[leaks + 1]


def check_each_tested_once(ledgers: Sequence[pa.Table]) -> None:
    """Raise DataError unless, over several folds, every event has each of test and validation once.

    Args:
        ledgers: of all folds, in order.
    """
    for role in SAMPLES[1:]:
        times = sum(_is(ledger[SAMPLE], role).astype(int) for ledger in ledgers)
        wrong = np.flatnonzero(np.asarray(times) != 1)
        if wrong.size:
            raise DataError(
                f"{wrong.size} events have the role {role} in none or several of the "
                f"{len(ledgers)} folds, expected in one. Remove the study's split folder and run "
                "again."
            )


def check_transform(path: str | Path, ledger: pa.Table) -> None:
    """Raise DataError unless a transform was fitted on just the fold's training events."""
    train = ledger[EVENT_ID].to_numpy()[_is(ledger[SAMPLE], TRAIN)]
    expected, found = fitted_on(train), read_json(path).get("fitted_on")
    if found != expected["fitted_on"]:
        raise DataError(
            f"{path}: the transform was fitted on {found}, expected the fold's training events, "
            f"{expected['fitted_on']}. Remove the file and run again."
        )


def check_scores(path: str | Path, ledger: pa.Table) -> None:
    """Raise DataError unless a score table's samples are the fold's roles."""
    scores = read_parquet(path, [SOURCE, ROW, SAMPLE])
    check_aligned(ledger, scores)
    wrong = np.flatnonzero(_codes(scores[SAMPLE]) != _codes(ledger[SAMPLE]))
    if wrong.size:
        raise DataError(
            f"{path}: {wrong.size} events are scored as another sample than their role in the "
            "fold. Remove the file and run again."
        )


def summary(ledgers: Mapping[int, pa.Table]) -> pd.DataFrame:
    """Return how many events have each role in each fold: fold, train, validation, test, in_two."""
    rows = []
    for fold, ledger in ledgers.items():
        row = {FOLD: fold} | {role: int(_is(ledger[SAMPLE], role).sum()) for role in SAMPLES}
        shared, _ = _shared(ledger[EVENT_ID].to_numpy(), _codes(ledger[SAMPLE]))
        rows.append(row | {"in_two": len(shared)})
    return pd.DataFrame(rows)


def _is(roles: pa.ChunkedArray, role: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = _codes(roles) == SAMPLES.index(role)
    return found


def _codes(roles: pa.ChunkedArray) -> NDArray[np.int8]:
    """Return each role as its index into SAMPLES: numbers compare a hundred times faster."""
    codes: NDArray[np.int8] = (
        pc.index_in(roles.cast(pa.string()), pa.array(SAMPLES)).to_numpy().astype(np.int8)
    )
    return codes
