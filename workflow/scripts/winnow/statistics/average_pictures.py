"""What pictures of a class look like on average, after each step of making them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from winnow.columns import CLASS, WEIGHT
from winnow.preparation.rasterise import drawn
from winnow.study.keys.images import Images
from winnow.study.lists import event_of
from winnow.tables import open_parquet

MOST_EVENTS = 50_000
"""Events that averages are taken of at most, evenly spread over the input."""

_EVENTS = 1024


def average_pictures(
    paths: Sequence[str | Path], keys: Images, steps: Sequence[str], class_names: Sequence[str]
) -> pd.DataFrame:
    """Return the weighted mean picture of each class with none, the first, and more of some steps.

    Args:
        paths: event tables.
        keys: the config's `images` section, of a kind that has `steps`.
        steps: the steps, in the order in which they are added.
        class_names: the classes in the order of the `class` column.

    Returns:
        step (`none`, `+ centre` and on), class, row, column, mean.
    """
    named = {"none": ()} | {f"+ {name}": tuple(steps[: i + 1]) for i, name in enumerate(steps)}
    size, kinds = int(np.prod(keys.shape)), len(class_names)
    sums = {name: np.zeros((kinds, size)) for name in named}
    total = np.zeros(kinds)
    for events in _some(paths, keys):
        label = events[CLASS].to_numpy().astype(np.int64)
        weight = events[WEIGHT].to_numpy()
        total += np.bincount(label, weight, kinds)
        for name, own in named.items():
            given: Any = {"steps": own}
            pictures = drawn(replace(keys, **given), events)
            event = event_of(pictures.counts)
            place = label[event] * size + pictures.pixel
            sums[name] += np.bincount(place, pictures.value * weight[event], kinds * size).reshape(
                kinds, size
            )
    rows, columns = np.divmod(np.arange(size), keys.pixels[1])
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "step": name,
                    "class": own,
                    "row": rows,
                    "column": columns,
                    "mean": sums[name][index] / total[index] if total[index] > 0 else np.nan,
                }
            )
            for name in named
            for index, own in enumerate(class_names)
        ],
        ignore_index=True,
    )


def _some(paths: Sequence[str | Path], keys: Images) -> Iterator[pa.Table]:
    """Yield events with their objects, no more than MOST_EVENTS, evenly spread."""
    stride = max(1, -(-sum(pq.read_metadata(path).num_rows for path in paths) // MOST_EVENTS))
    columns = [CLASS, WEIGHT, *keys.columns]
    for path in paths:
        with open_parquet(path) as file:
            for batch in file.iter_batches(batch_size=_EVENTS * stride, columns=columns):
                yield pa.Table.from_batches([batch]).take(pa.array(range(0, len(batch), stride)))
