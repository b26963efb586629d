"""The ledger: which role every event has in every fold, and the check that nothing leaks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, FOLD, HIT, ROW, SAMPLE, SAMPLES, SOURCE, TEST, TRAIN
from winnow.errors import DataError
from winnow.events.roles import check_one_role, in_two
from winnow.preparation.arrays import fitted_on
from winnow.preparation.folds import FoldEvents, check_aligned, sample_codes
from winnow.tables import read_json, read_parquet


def fold_ledger(own: FoldEvents, fold: int) -> pa.Table:
    """Return source, row, event_id, fold and sample (the role) of every event in one fold.

    Args:
        own: the events as the fold sees them, with their event_id.
        fold: the fold.

    Raises:
        DataError: an event, by its id, has two roles in the fold.
    """
    check_one_role(own.events, sample_codes(own.sample), f"fold {fold}")
    numbers = pa.array(np.full(len(own.events), fold, np.int8))
    return pa.table(
        {
            **{name: own.events[name] for name in (SOURCE, ROW, EVENT_ID)},
            FOLD: numbers,
            SAMPLE: own.sample.cast(pa.string()).combine_chunks().dictionary_encode(),
        }
    )


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
    expected, found = fitted_on([train]), read_json(path).get("fitted_on")
    if found != expected["fitted_on"]:
        raise DataError(
            f"{path}: the transform was fitted on {found}, expected the fold's training events, "
            f"{expected['fitted_on']}. Remove the file and run again."
        )


def check_scores(path: str | Path, ledger: pa.Table) -> None:
    """Raise DataError unless a score table's samples are the fold's roles."""
    scores = read_parquet(path, [SOURCE, ROW, SAMPLE])
    if HIT in pq.read_schema(path).names:
        ledger = _of_hits(path, ledger, scores)
    check_aligned(ledger, scores)
    wrong = np.flatnonzero(sample_codes(scores[SAMPLE]) != sample_codes(ledger[SAMPLE]))
    if wrong.size:
        raise DataError(
            f"{path}: {wrong.size} events are scored as another sample than their role in the "
            "fold. Remove the file and run again."
        )


def _of_hits(path: str | Path, ledger: pa.Table, scores: pa.Table) -> pa.Table:
    """Return the roles of the events that hits are of, one row a hit.

    Raises:
        DataError: a hit is of an event that does not exist.
    """
    plain = pa.schema([(SOURCE, pa.string()), (ROW, pa.int64())])
    keys = [table.select([SOURCE, ROW]).cast(plain).to_pandas() for table in (ledger, scores)]
    places = pd.MultiIndex.from_frame(keys[0]).get_indexer(pd.MultiIndex.from_frame(keys[1]))
    if (places < 0).any():
        raise DataError(
            f"{path}: {(places < 0).sum()} hits are of no event of this study. Remove the file and "
            "run again."
        )
    return ledger.take(pa.array(places))


def summary(ledgers: Mapping[int, pa.Table]) -> pd.DataFrame:
    """Return how many events have each role in each fold: fold, train, validation, test, in_two."""
    rows = []
    for fold, ledger in ledgers.items():
        row = {FOLD: fold} | {role: int(_is(ledger[SAMPLE], role).sum()) for role in SAMPLES}
        shared, _ = in_two(ledger[EVENT_ID].to_numpy(), sample_codes(ledger[SAMPLE]))
        rows.append(row | {"in_two": len(shared)})
    return pd.DataFrame(rows)


def roles_table(ledgers: Mapping[int, pa.Table]) -> pa.Table:
    """Return event_id, sample (the role) and fold of every event that the networks know.

    With several folds an event's fold is the one whose network never saw it, its role there test.

    Args:
        ledgers: fold → as of `fold_ledger`.

    Returns:
        One row an event, its ids rising.
    """
    parts = [
        ledger.filter(pa.array(_is(ledger[SAMPLE], TEST))) if len(ledgers) > 1 else ledger
        for ledger in ledgers.values()
    ]
    table = pa.concat_tables(parts).unify_dictionaries().select([EVENT_ID, SAMPLE, FOLD])
    _, first = np.unique(table[EVENT_ID].to_numpy(), return_index=True)
    return table.take(pa.array(first))


def _is(roles: pa.ChunkedArray, role: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = sample_codes(roles) == SAMPLES.index(role)
    return found
