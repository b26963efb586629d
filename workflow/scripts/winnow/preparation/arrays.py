"""The arrays that training memory-maps: one feature matrix per sample, in the events' order."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import ConfigError
from winnow.identity import digest


def fitted_on(parts: Iterable[NDArray[np.uint64]]) -> dict[str, dict[str, int | str]]:
    """Return what a transform records of the events it was fitted on: how many, and their hash.

    Args:
        parts: their ids.
    """
    counts, sums = [0], [0]
    for event_id in parts:
        counts.append(len(event_id))
        sums.append(digest(event_id))
    return {"fitted_on": {"events": sum(counts), "digest": f"{sum(sums) % 2**64:016x}"}}


def feature_matrix(
    events: pa.Table, features: Sequence[str], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Gather features of some events.

    Args:
        events: a table with the feature columns, float32, NaN where missing; or with one column
            of Arrow's tensors of a fixed shape, such as images.
        features: their names, in the order wanted.
        rows: (n,) positions.

    Returns:
        (n, features) float32, of tensors (n, *shape).

    Raises:
        ConfigError: a column of tensors stands beside other features.
    """
    shaped = [name for name in features if isinstance(events[name].type, pa.FixedShapeTensorType)]
    if shaped and len(features) > 1:
        raise ConfigError(
            f"config key `columns.features`: `{shaped[0]}` is an array an event, which is a "
            "network's input alone; remove the other features."
        )
    if shaped:
        tensors = events[shaped[0]].take(pa.array(rows)).combine_chunks()
        return np.asarray(tensors.to_numpy_ndarray(), np.float32)
    matrix = np.empty((len(rows), len(features)), np.float32)
    for position, name in enumerate(features):
        matrix[:, position] = events[name].to_numpy()[rows]
    return matrix
