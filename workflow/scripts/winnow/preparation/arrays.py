"""The arrays that training memory-maps: one feature matrix per sample, in the events' order."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.identity import digest


def fitted_on(event_id: NDArray[np.uint64]) -> dict[str, dict[str, int | str]]:
    """Return what a transform records of the events it was fitted on: how many, and their hash."""
    return {"fitted_on": {"events": len(event_id), "digest": digest(event_id)}}


def feature_matrix(
    events: pa.Table, features: Sequence[str], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Gather features of some events.

    Args:
        events: a table with the feature columns, float32, NaN where missing.
        features: their names, in the order wanted.
        rows: (n,) positions.

    Returns:
        (n, features) float32.
    """
    matrix = np.empty((len(rows), len(features)), np.float32)
    for position, name in enumerate(features):
        matrix[:, position] = events[name].to_numpy()[rows]
    return matrix
