"""The arrays of pictures that training memory-maps, and the classes of their pixels."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import PICTURE, PIXEL, PIXEL_CLASS, VALUE
from winnow.errors import DataError
from winnow.preparation.normalise.apply import FORMAT, VERSION, Transform
from winnow.preparation.sparse import dense
from winnow.study.keys.images import Images
from winnow.tables import new_array

PICTURE_TYPE = np.float16
"""A pixel's value to three digits: less than what a detector knows of it."""

_PIXELS = 2**24


def picture_transform(keys: Images) -> Transform:
    """Return what normalises pictures: nothing, since they are drawn as networks see them."""
    item = {"name": PICTURE, "impute": 0.0, "indicator": None, "shape": list(keys.shape)}
    return {
        "format": FORMAT,
        "version": VERSION,
        "inputs": [item],
        "steps": [],
        "outputs": [PICTURE],
    }


def write_pictures(
    pictures: pa.Table, rows: NDArray[np.int64], keys: Images, path: str | Path
) -> None:
    """Write pictures of some events as `.npy`, (n, *shape) float16, a part at a time.

    Raises:
        DataError: a pixel holds more than float16 does.
    """
    _write_array(pictures, rows, (VALUE, keys.shape, PICTURE_TYPE), path)


def write_pixel_classes(
    pictures: pa.Table, rows: NDArray[np.int64], keys: Images, path: str | Path
) -> None:
    """Write the classes of the pixels of some events as `.npy`, (n, *shape but the last) uint8."""
    _write_array(pictures, rows, (PIXEL_CLASS, keys.shape[:-1], np.uint8), path)


def pixel_weights(
    pictures: pa.Table, rows: NDArray[np.int64], keys: Images, pixels: str
) -> NDArray[np.float32]:
    """Return the weight of each class of pixels in training, float32 (classes,).

    They are inverse to how many pixels of the class there are in some events, and such that the
    mean over all pixels of these is 1.

    Args:
        pictures: as of `winnow.preparation.rasterise.rasterise`.
        rows: (n,) positions of the training events.
        keys: the config's `images` section.
        pixels: `all`, or `filled`: pixels where nothing is count nothing.

    Raises:
        DataError: a class has no pixel.
    """
    classes = pictures[PIXEL_CLASS].take(pa.array(rows)).combine_chunks().flatten().to_numpy()
    count = np.bincount(classes, minlength=len(keys.pixel_classes)).astype(np.float64)
    total = len(rows) * math.prod(keys.shape)
    count[0] += total - len(classes)
    used = np.ones(len(count), bool)
    used[0] = pixels == "all"
    for name, own in zip(keys.pixel_classes, count, strict=True):
        if not own:
            raise DataError(
                f"class {name!r} of `images.classes` has no pixel in the training events. Give "
                "more events, or take the class out."
            )
    weights = np.where(used, total / (used.sum() * count), 0.0)
    return weights.astype(np.float32)


def _write_array(
    pictures: pa.Table,
    rows: NDArray[np.int64],
    what: tuple[str, Sequence[int], type[np.generic]],
    path: str | Path,
) -> None:
    column, shape, kind = what
    with new_array(path, (len(rows), *shape), kind) as out:
        size = max(1, _PIXELS // math.prod(shape))
        for start in range(0, len(rows), size):
            _write(pictures, rows[start : start + size], column, out[start : start + size])


def _write(pictures: pa.Table, rows: NDArray[np.int64], column: str, out: NDArray[Any]) -> None:
    own = pictures.select([PIXEL, column]).take(pa.array(rows)).combine_chunks()
    pixel, value = (own[name].combine_chunks() for name in (PIXEL, column))
    counts = pixel.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    values = value.flatten().to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):
        held = values.astype(out.dtype)
    if not np.isfinite(held).all():
        raise DataError(
            f"images: a pixel holds {np.abs(values).max():g}, more than float16 does. List `scale` "
            "in `images.steps`, or set `images.charge_unit`."
        )
    dense((counts, pixel.flatten().to_numpy(), held), math.prod(out.shape[1:]), out)
