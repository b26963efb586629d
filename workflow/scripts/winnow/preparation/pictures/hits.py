"""The pictures `hits`: charge of a detector's hits, a picture for each plane of wires.

The layout of the training of Pandora's track and shower network (AndyChappell/
SemanticSegmentation, 2019): each plane is a picture of wire against drift, a pixel's class that of
most of its charge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.preparation.sparse import OUTSIDE, Sparse, bins, grouped
from winnow.study.keys.bounds import Count, Positive
from winnow.study.keys.images import Images
from winnow.study.lists import Lists, event_of
from winnow.study.typed import says

Array = NDArray[np.float64]
Range = Annotated[tuple[float, ...], says(minItems=2, maxItems=2)]
CLASS = "class"


@dataclass(frozen=True)
class Keys(Images):
    """How hits are drawn."""

    wanted = (("wire", "x", "charge"), ("plane", "wire", "x", "charge"))
    optional = (CLASS,)

    planes: Count = 3
    """For `hits`, planes of wires, each a picture of its own; `objects.plane` counts them from
    0."""
    region: Literal["full", "hits"] = "full"
    """For `hits`, what a picture shows: `full`, the ranges given by `wire` and `x`; `hits`, no more
    than where the plane has hits."""
    wire: Range = (0.0, 1.0)
    """For `hits`, lower and upper end of the wires' coordinate, in the unit of its column."""
    x: Range = (0.0, 1.0)
    """For `hits`, lower and upper end of the drift coordinate."""
    charge_unit: Positive = 1.0
    """For `hits`, the charge that is 1 in the picture."""
    classes: tuple[Annotated[str, says(minLength=1)], ...] = ("void", "shower", "track")
    """For `hits`, the classes of pixels, the first where nothing is; `objects.class` is a hit's
    position in this list."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an event's pictures: planes, rows of wires, columns of drift, 1."""
        return (self.planes, *self.pixels, 1)

    @property
    def pixel_classes(self) -> tuple[str, ...]:
        """The classes of pixels."""
        return self.classes

    def faults(self) -> Iterator[str]:
        """List ranges without width, and planes that nothing tells apart."""
        yield from super().faults()
        for name, (low, high) in (("wire", self.wire), ("x", self.x)):
            if low >= high:
                yield f"config key `images.{name}`: found [{low:g}, {high:g}], expected low < high."
        if self.planes > 1 and "plane" not in self.objects:
            yield (
                f"config key `images.objects.plane`: missing, though there are {self.planes} "
                "planes; name the column that counts them from 0, or set `images.planes: 1`."
            )
        if len(self.classes) < 3 or len(set(self.classes)) < len(self.classes):
            yield (
                f"config key `images.classes`: found {', '.join(self.classes)}, expected three "
                "names or more that differ, the first for pixels where nothing is."
            )


def draw(keys: Keys, objects: Mapping[str, Lists]) -> Sparse:
    """Draw hits.

    Charges in a pixel are summed with their sign, each hit as often as it stands in the event. Hits
    outside the picture or with a value that is NaN are in no pixel.

    Args:
        keys: how.
        objects: plane, wire, x, charge and class of each event's hits; class may be left out, and
            plane where there is one.

    Returns:
        Pictures of shape (planes, rows, columns, 1). A pixel's class is the one with the largest
        sum of charge, of equals the first; without classes there is none.

    Raises:
        DataError: a plane or class that does not exist.
    """
    lists = objects["wire"]
    event, events = event_of(lists.counts), len(lists.counts)
    plane = np.zeros(len(event), np.int64)
    if "plane" in objects:
        plane = _whole(objects["plane"].content, keys.planes, "plane")
    image = event * keys.planes + plane
    places = objects["wire"].content, objects["x"].content
    ranges: tuple[tuple[float, ...], ...] = (keys.wire, keys.x)
    if keys.region == "hits":
        places = _spread(places, image, ranges)
        ranges = ((0.0, 1.0), (0.0, 1.0))
    row, column = (
        bins(own, limits[0], limits[1], count)
        for own, limits, count in zip(places, ranges, keys.pixels, strict=True)
    )
    charge = objects["charge"].content / keys.charge_unit
    inside = (row != OUTSIDE) & (column != OUTSIDE) & np.isfinite(charge)
    size = keys.pixels[0] * keys.pixels[1]
    pixel = np.where(inside, plane * size + row * keys.pixels[1] + column, OUTSIDE)
    own = np.flatnonzero(inside)
    cells = event[own] * (keys.planes * size) + pixel[own]
    filled, inverse, own = grouped(cells, own)
    value = np.bincount(inverse, charge[own], len(filled))
    label = None
    if CLASS in objects:
        classes = _whole(objects[CLASS].content, len(keys.classes), CLASS)[own]
        shares = np.bincount(
            inverse * len(keys.classes) + classes, charge[own], len(filled) * len(keys.classes)
        )
        label = shares.reshape(-1, len(keys.classes)).argmax(axis=1).astype(np.uint8)
    owner = filled // (keys.planes * size)
    return Sparse(
        np.bincount(owner, minlength=events),
        (filled % (keys.planes * size)).astype(np.int32),
        value.astype(np.float32),
        pixel.astype(np.int32),
        label,
    )


def _spread(
    places: tuple[Array, Array], image: NDArray[np.int64], ranges: tuple[tuple[float, ...], ...]
) -> tuple[Array, Array]:
    """Return coordinates from 0 to 1 of where each picture has hits, NaN of what is beyond."""
    inside = np.ones(len(image), bool)
    for own, (low, high) in zip(places, ranges, strict=True):
        with np.errstate(invalid="ignore"):
            inside &= (own >= low) & (own <= high)
    found = []
    for own in places:
        first = np.full(int(image.max(initial=0)) + 1, np.inf)
        last = np.full(len(first), -np.inf)
        np.minimum.at(first, image[inside], own[inside])
        np.maximum.at(last, image[inside], own[inside])
        spread = np.full(len(own), np.nan)
        at = image[inside]
        width = last[at] - first[at]
        spread[inside] = (own[inside] - first[at]) / np.where(width > 0, width, 1.0)
        found.append(spread)
    return found[0], found[1]


def _whole(values: NDArray[np.float64], count: int, name: str) -> NDArray[np.int64]:
    """Return planes or classes as whole numbers, a missing one as 0."""
    whole = np.where(np.isnan(values), 0.0, values).astype(np.int64)
    wrong = np.flatnonzero(
        (whole != np.where(np.isnan(values), 0.0, values)) | (whole < 0) | (whole >= count)
    )
    if wrong.size:
        raise DataError(
            f"config key `images.objects.{name}`: a hit has the {name} {values[wrong[0]]:g}, "
            f"expected a whole number from 0 to {count - 1}. Correct the column, or "
            f"`images.{'planes' if name == 'plane' else 'classes'}`."
        )
    return whole
