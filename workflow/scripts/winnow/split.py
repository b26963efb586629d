"""Sharing events out to samples by a keyed hash of their ids."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.columns import EVENT_ID, PROCESS, ROW, SAMPLE, SAMPLES, SOURCE, WEIGHT
from winnow.errors import DataError
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


def samples_table(events: pa.Table, fractions: Mapping[str, float], key: int) -> pa.Table:
    """Return source, row and sample of every event; a sample that the events bring is kept.

    Args:
        events: columns source, row, event_id and, for inputs that are split already, sample.
        fractions: sample name → share.
        key: 64-bit key of the hash.

    Raises:
        DataError: a sample has no events.
    """
    if SAMPLE in events.column_names:
        sample = events[SAMPLE].combine_chunks().cast(pa.string())
    else:
        codes = assign(events[EVENT_ID].to_numpy(), fractions, key)
        sample = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(SAMPLES)).cast(
            pa.string()
        )
    present = set(pc.unique(sample).to_pylist())
    for name in SAMPLES:
        if name not in present:
            raise DataError(
                f"the {name} sample has no events: the inputs have {len(events)} events in all. "
                "Give more events, or a larger share in split.fractions."
            )
    return pa.table({SOURCE: events[SOURCE], ROW: events[ROW], SAMPLE: sample.dictionary_encode()})


def count_shared(event_id: NDArray[np.uint64], sample: Sequence[str] | NDArray[np.str_]) -> int:
    """Count the events, by id, that stand in more than one sample."""
    frame = pd.DataFrame({EVENT_ID: event_id, SAMPLE: sample})
    return int((frame.groupby(EVENT_ID)[SAMPLE].nunique() > 1).sum())


def summary(events: pa.Table, samples: pa.Table) -> pd.DataFrame:
    """Return entries and sum of weights per process and sample, with shares of the process."""
    frame = pd.DataFrame(
        {
            PROCESS: events[PROCESS].cast(pa.string()).to_pandas(),
            SAMPLE: samples[SAMPLE].cast(pa.string()).to_pandas(),
            WEIGHT: events[WEIGHT].to_pandas(),
        }
    )
    table = (
        frame.groupby([PROCESS, SAMPLE])[WEIGHT]
        .agg(entries="size", sum_of_weights="sum")
        .reindex(
            pd.MultiIndex.from_product(
                [sorted(set(frame[PROCESS])), SAMPLES], names=[PROCESS, SAMPLE]
            ),
            fill_value=0,
        )
        .reset_index()
    )
    totals = table.groupby(PROCESS)["entries"].transform("sum")
    table["share"] = table["entries"] / totals
    return table
