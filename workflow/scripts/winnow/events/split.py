"""Sharing events out to samples by a keyed hash of their ids."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, FOLD, PROCESS, ROW, SAMPLE, SAMPLES, SOURCE, WEIGHT
from winnow.errors import DataError
from winnow.events.roles import check_one_role
from winnow.identity import uniform


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


def samples_table(
    events: pa.Table, fractions: Mapping[str, float], key: int, folds: int = 0
) -> pa.Table:
    """Return source, row and sample of every event; a sample that the events bring is kept.

    Args:
        events: columns source, row, event_id and, for inputs that are split already, sample, null
            for those that are not.
        fractions: sample name → share.
        key: 64-bit key of the hash.
        folds: number of folds; above 0 there is a column `fold` instead of `sample`.

    Raises:
        DataError: a sample or fold has no events, or the events bring one event in two samples.
    """
    place = {SOURCE: events[SOURCE], ROW: events[ROW]}
    if folds:
        fold = assign_folds(events[EVENT_ID].to_numpy(), folds, key)
        for number in np.flatnonzero(np.bincount(fold, minlength=folds) == 0):
            raise DataError(
                f"fold {number} has no events: {_counted(events)}. Give more events, or fewer "
                "folds."
            )
        return pa.table({**place, FOLD: pa.array(fold)})
    codes = assign(events[EVENT_ID].to_numpy(), fractions, key)
    sample = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(SAMPLES)).cast(pa.string())
    if SAMPLE in events.column_names:
        sample = pc.coalesce(events[SAMPLE].combine_chunks().cast(pa.string()), sample)
        check_one_role(events, sample, "the inputs' own samples")
    present = set(pc.unique(sample).to_pylist())
    for name in SAMPLES:
        if name not in present:
            raise DataError(
                f"the {name} sample has no events: {_counted(events)}. Give more events, or a "
                "larger share in split.fractions."
            )
    return pa.table({**place, SAMPLE: sample.dictionary_encode()})


def _counted(events: pa.Table) -> str:
    """Return how many events there are, and ids where those are fewer: one id stays together."""
    told = f"the inputs have {len(events)} events in all"
    ids = len(pc.unique(events[EVENT_ID]))
    if ids == len(events):
        return told
    return f"{told}, of {ids} ids, and events of one id (`columns.event_id`) share a sample"


def summary(events: pa.Table, samples: pa.Table) -> pd.DataFrame:
    """Return entries and sum of weights per process and sample or fold, and shares of the process.

    Args:
        events: columns process and weight.
        samples: from `samples_table`.
    """
    part = FOLD if FOLD in samples.column_names else SAMPLE
    kind = samples[part].type if part == FOLD else pa.string()
    frame = pd.DataFrame(
        {
            PROCESS: events[PROCESS].cast(pa.string()).to_pandas(),
            part: samples[part].cast(kind).to_pandas(),
            WEIGHT: events[WEIGHT].to_pandas(),
        }
    )
    parts = sorted(set(frame[part])) if part == FOLD else SAMPLES
    table = (
        frame.groupby([PROCESS, part])[WEIGHT]
        .agg(entries="size", sum_of_weights="sum")
        .reindex(
            pd.MultiIndex.from_product([sorted(set(frame[PROCESS])), parts], names=[PROCESS, part]),
            fill_value=0,
        )
        .reset_index()
    )
    totals = table.groupby(PROCESS)["entries"].transform("sum")
    table["share"] = table["entries"] / totals
    return table
