"""The pictures `jets`: transverse momentum of a jet's constituents around its leading one.

The recipe of the jet images of the IML workshop 2019 (3pia/iml2019), after de Oliveira et al.,
"Jet-images: deep learning edition", arXiv:1511.05190.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from winnow.preparation.sparse import OUTSIDE, Sparse, bins, grouped
from winnow.study.keys.bounds import Positive
from winnow.study.keys.images import Images
from winnow.study.lists import Lists, event_of

Array = NDArray[np.float64]

_NONE = -1  # the constituent of a jet that has none


@dataclass(frozen=True)
class Keys(Images):
    """How jets are drawn."""

    wanted = (("px", "py", "pz"), ("pt", "eta", "phi"))

    extent: Positive = 0.8
    """For `jets`, half the width of the picture, in pseudorapidity and azimuth."""
    steps: tuple[Literal["centre", "rotate", "flip", "scale"], ...] = ("centre", "rotate", "scale")
    """For `jets`, what is done before and after drawing: `centre` on the leading constituent
    (without, on the jet's axis); `rotate`, so that the second leading one lies in the direction of
    the first axis; `flip`, so that the half with more transverse momentum is the upper one;
    `scale`, so that the largest pixel is 1."""

    def faults(self) -> Iterator[str]:
        """List steps that stand twice."""
        yield from super().faults()
        for name in dict.fromkeys(name for name in self.steps if self.steps.count(name) > 1):
            yield f"config key `images.steps`: `{name}` stands twice; list it once."


def draw(keys: Keys, objects: Mapping[str, Lists]) -> Sparse:
    """Draw jets.

    Constituents without transverse momentum, such as zero padding, and those with a value that is
    NaN are in no pixel and count nowhere.

    Args:
        keys: how.
        objects: px, py, pz, or pt, eta, phi, of each jet's constituents, in any order; momenta in
            one unit.

    Returns:
        Pictures of shape (rows, columns, 1): rows along pseudorapidity, or, rotated, the direction
        of the second leading constituent.
    """
    counts = next(iter(objects.values())).counts
    event = event_of(counts)
    pt, eta, phi = _cylindrical({name: lists.content for name, lists in objects.items()})
    leading, second = _two_leading(pt, event, len(counts))
    origin = (
        _at(leading, eta, phi) if "centre" in keys.steps else _axis(pt, eta, phi, event, counts)
    )
    x, y = eta - origin[0][event], wrapped(phi - origin[1][event])
    if "rotate" in keys.steps:
        x, y = _rotated(x, y, event, _direction(x, y, leading, second))
    if "flip" in keys.steps:
        upper = np.bincount(event, pt * np.sign(y), len(counts))
        y = np.where(upper[event] < 0, -y, y)
    return _pictures(keys, (x, y, pt), event, len(counts))


def wrapped(angle: Array) -> Array:
    """Return angles between -π and π, that of π being -π.

    >>> float(wrapped(np.array([1.5 * np.pi]))[0] / np.pi)
    -0.5
    """
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _cylindrical(momenta: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Return pT, pseudorapidity and azimuth, all 0 of what has no momentum to draw."""
    if "pt" in momenta:
        pt, eta, phi = (momenta[name] for name in ("pt", "eta", "phi"))
    else:
        px, py, pz = (momenta[name] for name in ("px", "py", "pz"))
        pt, phi = np.hypot(px, py), np.arctan2(py, px)
        with np.errstate(divide="ignore", invalid="ignore"):
            eta = np.arcsinh(pz / pt)  # artanh(pz / |p|), without its loss of digits ahead
    there = (pt > 0) & np.isfinite(eta) & np.isfinite(phi)
    if there.all():
        return pt, eta, phi
    return np.where(there, pt, 0.0), np.where(there, eta, 0.0), np.where(there, phi, 0.0)


def _two_leading(
    pt: Array, event: NDArray[np.int64], jets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of each jet's two constituents of largest pT, -1 where there is none."""
    first = _largest(pt, event, jets)
    rest = pt.copy()
    rest[first[first != _NONE]] = 0.0
    return first, _largest(rest, event, jets)


def _largest(pt: Array, event: NDArray[np.int64], jets: int) -> NDArray[np.int64]:
    best = np.zeros(jets)
    np.maximum.at(best, event, pt)
    found = np.full(jets, _NONE)
    candidates = np.flatnonzero((pt == best[event]) & (pt > 0))[::-1]
    found[event[candidates]] = candidates  # of equals the first, which is written last
    return found


def _at(position: NDArray[np.int64], *values: Array) -> tuple[Array, ...]:
    """Return values at positions, 0 where there is none."""
    there = position != _NONE
    found = []
    for own in values:
        taken = np.zeros(len(position))
        taken[there] = own[position[there]]
        found.append(taken)
    return tuple(found)


def _axis(
    pt: Array, eta: Array, phi: Array, event: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[Array, ...]:
    """Return pseudorapidity and azimuth of the sum of each jet's constituents."""
    x, y, z = (
        np.bincount(event, pt * part, len(counts))
        for part in (np.cos(phi), np.sin(phi), np.sinh(eta))
    )
    transverse = np.hypot(x, y)
    return np.arcsinh(z / np.where(transverse > 0, transverse, 1.0)), np.arctan2(y, x)


def _direction(
    x: Array, y: Array, leading: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return cosine and sine of the direction from each leading constituent to the second."""
    (x1, y1), (x2, y2) = _at(leading, x, y), _at(second, x, y)
    dx, dy = np.where(second == _NONE, 0.0, x2 - x1), np.where(second == _NONE, 0.0, y2 - y1)
    length = np.hypot(dx, dy)
    one_way = length > 0  # two in one place, or one alone, show no direction
    length = np.where(one_way, length, 1.0)
    return np.where(one_way, dx, 1.0) / length, np.where(one_way, dy, 0.0) / length


def _rotated(
    x: Array, y: Array, event: NDArray[np.int64], direction: tuple[Array, Array]
) -> tuple[Array, Array]:
    cosine, sine = direction[0][event], direction[1][event]
    return x * cosine + y * sine, y * cosine - x * sine


def _pictures(
    keys: Keys, points: tuple[Array, Array, Array], event: NDArray[np.int64], jets: int
) -> Sparse:
    """Sum pT in pixels."""
    x, y, pt = points
    rows, columns = keys.pixels
    row, column = (bins(v, -keys.extent, keys.extent, n) for v, n in ((x, rows), (y, columns)))
    inside = (row != OUTSIDE) & (column != OUTSIDE) & (pt > 0)
    pixel = np.where(inside, row * columns + column, OUTSIDE)
    size = rows * columns
    own = np.flatnonzero(inside)
    filled, inverse, own = grouped(event[own] * size + pixel[own], own)
    value: Array = np.bincount(inverse, pt[own], len(filled)).astype(np.float64)
    owner = filled // size
    if "scale" in keys.steps:
        largest = np.zeros(jets)
        np.maximum.at(largest, owner, value)
        value = value / largest[owner]
    return Sparse(
        np.bincount(owner, minlength=jets),
        (filled % size).astype(np.int32),
        value.astype(np.float32),
        pixel.astype(np.int32),
    )
