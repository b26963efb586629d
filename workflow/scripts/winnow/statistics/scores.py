"""The table of scores: one row an event, whatever classifier gave them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    SOURCE,
    TEST,
    VALIDATION,
    WEIGHT,
    score_column,
)
from winnow.errors import DataError
from winnow.preparation.folds import Fold, check_aligned, rows_by_sample
from winnow.tables import read_parquet


def scores_table(
    events: Sequence[str | Path],
    samples: str | Path,
    fold: int,
    spectators: Sequence[str],
    names: Sequence[str],
    scores: Mapping[str, NDArray[np.float32]],
) -> pa.Table:
    """Join scores to what travels with them.

    Args:
        events: the event tables.
        samples: the split table.
        fold: the fold whose samples these are.
        spectators: columns carried along.
        names: the columns of the scores (`winnow.networks.targets.score_names`).
        scores: sample → (events of the sample, columns) float32, in the events' order; of pixels
            (events, columns, ...), which become Arrow's tensors of a fixed shape.

    Returns:
        One row an event, in the events' order: source, row, event_id, process, class, sample,
        weight, the spectators and the scores.

    Raises:
        DataError: the split table is of other events.
    """
    given = {name: taker(iter([own])) for name, own in scores.items()}
    blocks = score_blocks(Fold(events, samples, fold), spectators, names, given)
    return pa.concat_tables(blocks).unify_dictionaries()


def score_blocks(
    fold: Fold,
    spectators: Sequence[str],
    names: Sequence[str],
    take: Mapping[str, Callable[[int], NDArray[np.float32]]],
) -> Iterator[pa.Table]:
    """Yield the table of scores as of `scores_table`, some events at a time.

    Args:
        fold: the events.
        spectators: columns carried along.
        names: the columns of the scores.
        take: sample → what returns the scores of its next events.
    """
    kept = [SOURCE, ROW, EVENT_ID, PROCESS, CLASS]
    for block in fold.blocks([*kept, WEIGHT, *spectators]):
        parts = {name: take[name](len(rows)) for name, rows in block.rows.items()}
        joined = np.empty((len(block.events), *parts[TEST].shape[1:]), np.float32)
        for name, rows in block.rows.items():
            joined[rows] = parts[name]
        columns = {name: block.events[name] for name in kept} | {SAMPLE: block.sample}
        columns |= {name: block.events[name] for name in (WEIGHT, *spectators)}
        columns |= {name: _column(joined[:, position]) for position, name in enumerate(names)}
        yield pa.table(columns)


def taker(
    parts: Iterator[NDArray[np.float32]],
) -> Callable[[int], NDArray[np.float32]]:
    """Return what gives the next rows of arrays that come in parts, at least one.

    Raises (what is returned):
        DataError: there are fewer rows than are asked for.
    """
    waiting = next(parts)

    def take(count: int) -> NDArray[np.float32]:
        nonlocal waiting
        found = [waiting]
        while (missing := count - sum(map(len, found))) > 0:
            if (part := next(parts, None)) is None:
                raise DataError(
                    f"scores: {missing} more events than there are features of. Remove the study's "
                    "folder prepare and run again."
                )
            found.append(part)
        whole = np.concatenate(found)
        waiting = whole[count:]
        return whole[:count]

    return take


def _column(values: NDArray[np.float32]) -> pa.Array:
    if values.ndim == 1:
        return pa.array(values)
    return pa.FixedShapeTensorArray.from_numpy_ndarray(np.ascontiguousarray(values))


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


def crossed(paths: Sequence[str | Path]) -> tuple[pa.Table, pa.Table]:
    """Join the scores of all folds, each file read once.

    Args:
        paths: score tables of the folds, in order.

    Returns:
        crossed: one row an event, in the events' order, with the score of the fold that tests it;
            `fold` in place of `sample`.
        joined: the validation and test rows of all folds below each other, the folds in order,
            each in the events' order; the columns of a fold's table, and `fold`. Every event stands
            there twice: as one of test, with the score of the network that never saw it, and as
            one of validation, with the score of the network that it chose the epoch of.

    Raises:
        DataError: an event is tested by no fold, or by several.
    """
    keys: list[pa.Table] = []
    parts: list[pa.Table] = []
    places: list[NDArray[np.int64]] = []
    for fold, path in enumerate(paths):
        table = read_parquet(path)
        keys.append(table.select([SOURCE, ROW]))
        check_aligned(keys[0], keys[-1])
        rows = rows_by_sample(table[SAMPLE])
        places.append(np.union1d(rows[VALIDATION], rows[TEST]))
        part = table.take(pa.array(places[-1]))
        parts.append(part.append_column(FOLD, pa.array(np.full(len(part), fold, np.int8))))
    joined = pa.concat_tables(parts).unify_dictionaries()
    tested = rows_by_sample(joined[SAMPLE])[TEST]
    place = np.concatenate(places)[tested]
    times = np.bincount(place, minlength=len(keys[0]))
    if np.any(times != 1):
        raise DataError(
            f"{np.sum(times == 0)} events are tested by no fold and {np.sum(times > 1)} by "
            "several, expected one each. Remove the study's split folder and run again."
        )
    own = joined.take(pa.array(tested[np.argsort(place)]))
    names = [FOLD if name == SAMPLE else name for name in own.column_names[:-1]]
    return own.select(names), joined
