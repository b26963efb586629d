"""The table of scores: one row an event, whatever classifier gave them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import (
    CLASS,
    EVENT_ID,
    FOLD,
    PROCESS,
    ROW,
    SAMPLE,
    SAMPLES,
    SOURCE,
    TEST,
    VALIDATION,
    WEIGHT,
    score_column,
)
from winnow.errors import DataError
from winnow.preparation.arrays import check_aligned, read_samples, rows_of
from winnow.tables import read_events, read_parquet


def scores_table(
    events: Sequence[str | Path],
    samples: str | Path,
    fold: int,
    spectators: Sequence[str],
    class_names: Sequence[str],
    scores: Mapping[str, NDArray[np.float32]],
) -> pa.Table:
    """Join scores to what travels with them.

    Args:
        events: the event tables.
        samples: the split table.
        fold: the fold whose samples these are.
        spectators: columns carried along.
        class_names: the classes in order.
        scores: sample → (events of the sample, classes) float32, in the events' order.

    Returns:
        One row an event, in the events' order: source, row, event_id, process, class, sample,
        weight, the spectators and `score_<class>`.

    Raises:
        DataError: the split table is of other events.
    """
    kept = [SOURCE, ROW, EVENT_ID, PROCESS, CLASS, WEIGHT]
    table = read_events(events, [*kept, *spectators])
    split = read_samples(samples, fold)
    check_aligned(table, split)
    joined = np.empty((len(table), len(class_names)), np.float32)
    for name in SAMPLES:
        joined[rows_of(split, name)] = scores[name]
    columns = {name: table[name] for name in kept[:-1]}
    columns |= {SAMPLE: split[SAMPLE], WEIGHT: table[WEIGHT]}
    columns |= {name: table[name] for name in spectators}
    columns |= {
        score_column(name): pa.array(joined[:, position])
        for position, name in enumerate(class_names)
    }
    return pa.table(columns)


def mean_scores(paths: Sequence[str | Path], class_names: Sequence[str]) -> pa.Table:
    """Return the scores of an ensemble: the mean over its members, event by event.

    Args:
        paths: score tables of the same events.
        class_names: the classes in order.

    Raises:
        DataError: the tables are of different events.
    """
    table = read_parquet(paths[0])
    names = [score_column(name) for name in class_names]
    total = {name: np.zeros(len(table)) for name in names}
    for path in paths:
        member = read_parquet(path, [SOURCE, ROW, *names])
        check_aligned(table, member)
        for name in names:
            total[name] += member[name].to_numpy()
    for name in names:
        mean = pa.array((total[name] / len(paths)).astype(np.float32))
        table = table.set_column(table.column_names.index(name), name, mean)
    return table


def crossed(paths: Sequence[str | Path]) -> pa.Table:
    """Join the scores of all folds: of each event that of the fold which tests it.

    Args:
        paths: score tables of the folds, in order.

    Returns:
        One row an event, in the events' order, with `fold` in place of `sample`.

    Raises:
        DataError: an event is tested by no fold, or by several.
    """
    tables = [read_parquet(path) for path in paths]
    order, parts = [], []
    for fold, table in enumerate(tables):
        check_aligned(tables[0], table)
        rows = rows_of(table, TEST)
        order.append(rows)
        position = table.column_names.index(SAMPLE)
        own = table.set_column(position, FOLD, pa.array(np.full(len(table), fold, np.int8)))
        parts.append(own.take(pa.array(rows)))
    rows = np.concatenate(order)
    times = np.bincount(rows, minlength=len(tables[0]))
    if np.any(times != 1):
        raise DataError(
            f"{np.sum(times == 0)} events are tested by no fold and {np.sum(times > 1)} by "
            "several, expected one each. Remove the study's split folder and run again."
        )
    return pa.concat_tables(parts).unify_dictionaries().take(pa.array(np.argsort(rows)))


def joined(paths: Sequence[str | Path]) -> pa.Table:
    """Put the validation and test rows of all folds below each other.

    Every event stands there twice: as one of test, with the score of the network that never saw it,
    and as one of validation, with the score of the network that it chose the epoch of.

    Args:
        paths: score tables of the folds, in order.

    Returns:
        The columns of a fold's table, and `fold`; the folds in order, each in the events' order.
    """
    parts = []
    for fold, path in enumerate(paths):
        table = read_parquet(path)
        rows = np.union1d(rows_of(table, VALIDATION), rows_of(table, TEST))
        part = table.take(pa.array(rows))
        parts.append(part.append_column(FOLD, pa.array(np.full(len(part), fold, np.int8))))
    return pa.concat_tables(parts).unify_dictionaries()
