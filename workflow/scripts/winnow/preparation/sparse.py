"""Pictures as the pixels that something is in: a few in a hundred of a jet's, few in a thousand of
an event's in a detector of wires.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.study.lists import event_of

OUTSIDE = -1
"""The pixel of an object that is in none."""


@dataclass(frozen=True)
class Sparse:
    """The pictures of n events.

    Attributes:
        counts: (n,) int64, how many pixels of each event something is in.
        pixel: (sum of counts,) int32, rising in an event, into its picture, flattened.
        value: (sum of counts,) float32, what is in them.
        label: (sum of counts,) uint8, the pixels' classes; None where they have none.
        object_pixel: (objects,) int32, the pixel that each object is in, or OUTSIDE.
    """

    counts: NDArray[np.int64]
    pixel: NDArray[np.int32]
    value: NDArray[np.float32]
    object_pixel: NDArray[np.int32]
    label: NDArray[np.uint8] | None = None


def bins(values: NDArray[np.float64], low: float, high: float, count: int) -> NDArray[np.int64]:
    """Return each value's bin of `count` equal ones, as NumPy's histograms have them.

    The last holds its upper edge. What is outside, or NaN, has OUTSIDE.

    >>> bins(np.array([-0.9, -0.8, 0.0, 0.8, np.nan]), -0.8, 0.8, 40)
    array([-1,  0, 20, 39, -1])
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = (values >= low) & (values <= high)
        scaled = (np.where(inside, values, low) - low) * (count / (high - low))
    return np.where(inside, np.minimum(scaled.astype(np.int64), count - 1), OUTSIDE)


def grouped(
    places: NDArray[np.int64], own: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the places that there are, rising, and of each object, sorted by place, which, and it.

    Objects of one place keep their order, so that sums have the same digits on every machine.
    """
    # sorting numbers is many times faster than sorting their positions
    bits = len(places).bit_length()
    packed = np.sort((places << bits) | np.arange(len(places)))
    ordered = packed >> bits
    first = np.diff(ordered, prepend=-1) > 0
    return ordered[first], np.cumsum(first) - 1, own[packed & ((1 << bits) - 1)]


def dense(
    lists: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.generic]],
    size: int,
    out: NDArray[np.generic],
) -> None:
    """Write pictures as arrays.

    Args:
        lists: counts, pixels and their values or classes, as of `Sparse`.
        size: pixels of a picture.
        out: (n, ...) where they go; what no pixel is of becomes 0.
    """
    counts, pixel, value = lists
    flat = out.reshape(-1)
    flat[:] = 0
    flat[event_of(counts) * size + pixel] = value.astype(out.dtype)
