"""What surrounds a hit: charge, density and straightness, for classifiers without pictures."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from winnow.study.lists import Lists, event_of

RADII = (3.0, 10.0)
"""How far around a hit is looked, in the unit of wire and drift coordinates."""

NEIGHBOUR_FEATURES = (
    "log_charge",
    *(f"{name}_{radius:g}" for radius in RADII for name in ("hits", "log_charge", "straightness")),
)


def neighbour_features(objects: Mapping[str, Lists]) -> NDArray[np.float32]:
    """Return features of each hit, (hits, len(NEIGHBOUR_FEATURES)) float32.

    Within each radius, in the hit's event and plane, itself included: how many hits there are, the
    logarithm of 1 + their charge, and how straight they lie: (λ₁ - λ₂) / (λ₁ + λ₂) of the two
    principal components' variances, 1 on a line and 0 in a disc.

    Args:
        objects: wire, x, charge and, where there are several, plane of each event's hits.
    """
    event = event_of(objects["wire"].counts)
    plane = (
        objects["plane"].content.astype(np.int64) if "plane" in objects else np.zeros_like(event)
    )
    points = np.stack([objects["wire"].content, objects["x"].content], axis=1)
    charge = np.nan_to_num(objects["charge"].content)
    image = event * (int(plane.max(initial=0)) + 1) + plane
    finite = np.isfinite(points).all(axis=1)
    found = np.zeros((len(event), len(NEIGHBOUR_FEATURES)), np.float32)
    found[:, 0] = np.log1p(np.maximum(charge, 0))
    order = np.flatnonzero(finite)[np.argsort(image[finite], kind="stable")]
    for own in np.split(order, np.flatnonzero(np.diff(image[order])) + 1):
        if len(own):
            for number, radius in enumerate(RADII):
                columns = slice(1 + 3 * number, 4 + 3 * number)
                found[own, columns] = _around(points[own], charge[own], radius)
    return found


def _around(
    points: NDArray[np.float64], charge: NDArray[np.float64], radius: float
) -> NDArray[np.float64]:
    """Return number, log charge and straightness of what is around each point, (n, 3)."""
    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray")
    itself = np.arange(len(points))
    one = np.concatenate([pairs[:, 0], pairs[:, 1], itself])
    other = np.concatenate([pairs[:, 1], pairs[:, 0], itself])
    number = np.bincount(one, minlength=len(points))
    apart = points[other] - points[one]
    x, y = (np.bincount(one, apart[:, axis]) / number for axis in (0, 1))
    xx, yy, xy = (
        np.bincount(one, apart[:, a] * apart[:, b]) / number for a, b in ((0, 0), (1, 1), (0, 1))
    )
    xx, yy, xy = xx - x * x, yy - y * y, xy - x * y
    spread = xx + yy
    straight = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / np.where(spread > 0, spread, 1)
    near = np.log1p(np.maximum(np.bincount(one, charge[other]), 0))
    return np.stack([number, near, np.where(spread > 0, straight, 0)], axis=1)
