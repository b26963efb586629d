"""A table of pandas in HDF5, `table`, which grows piece by piece."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_TABLE = "table"
_ROWS = 10_000  # read at once


def write_frames(frames: Iterable[pd.DataFrame], path: str | Path) -> None:
    """Write pieces of a table after one another; `pandas.read_hdf(path, "table")` reads it.

    The index counts the rows on, whatever the pieces have. Of no rows at all comes no table.
    Compressed with zlib, which every HDF5 library reads.
    """
    written = 0
    with pd.HDFStore(path, "w", complevel=1, complib="zlib") as store:
        for frame in frames:
            if frame.empty:
                continue
            counted = frame.set_axis(np.arange(written, written + len(frame)), axis=0)
            store.append(_TABLE, counted, index=False)
            written += len(frame)


def read_frames(path: str | Path) -> Iterator[pd.DataFrame]:
    """Yield the table in pieces, none where there is none."""
    store: Any  # the stubs take it for a frame
    with pd.HDFStore(path, "r") as store:
        if _TABLE in store:
            for start in range(0, store.get_storer(_TABLE).nrows, _ROWS):
                yield store.select(_TABLE, start=start, stop=start + _ROWS)
