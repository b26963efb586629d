"""The table of scores: one row an event, whatever classifier gave them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import (
    CLASS,
    EVENT_ID,
    PROCESS,
    ROW,
    SAMPLE,
    SAMPLES,
    SOURCE,
    WEIGHT,
    score_column,
)
from winnow.prepare import check_aligned, rows_of
from winnow.tables import read_events, read_parquet


def scores_table(
    events: Sequence[str | Path],
    samples: str | Path,
    spectators: Sequence[str],
    class_names: Sequence[str],
    scores: Mapping[str, NDArray[np.float32]],
) -> pa.Table:
    """Join scores to what travels with them.

    Args:
        events: the event tables.
        samples: the split table.
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
    split = read_parquet(samples)
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
