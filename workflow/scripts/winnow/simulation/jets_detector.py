"""From partons to the constituents of a jet: hadrons, a simple detector, a cone.

Places are pseudorapidity and azimuth, which is not wrapped around; momenta are transverse, in GeV.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.simulation.jets_cascade import Partons
from winnow.simulation.kinematics import circle
from winnow.simulation.kinematics import mass as invariant_mass

Array = NDArray[np.float64]

RADIUS = 0.8
"""Of the cone that is a jet, in pseudorapidity and azimuth."""

_CLUSTERS = (1.5, 0.77)  # GeV, of the first and the second decay: clusters, and a ρ
_WIDEST_DECAY = 1.0  # a daughter's distance to its parent
_CHARGED, _PHOTONS = 0.6, 0.27  # of hadrons, photons of π0 among them; the rest are neutral
_TRACKED = 0.95
_TRACK_ANGLE = 0.001
_TRACK_NOISE, _TRACK_SLOPE = 0.01, 1e-4  # σ/p = noise ⊕ slope × p
_SOFTEST_TRACK = 0.5
_CELL, _SAMPLING, _CONSTANT, _SOFTEST_CELL = 0.1, 0.10, 0.01, 0.5
_TOWER, _TOWER_SAMPLING, _TOWER_CONSTANT, _SOFTEST_TOWER = 0.1, 0.55, 0.05, 1.0
_ROUNDS = 3
_WIDE = 4096  # cells a direction of any jet


@dataclass(frozen=True)
class Objects:
    """What a detector sees of many jets, a row each; all of it without mass.

    Attributes:
        jet: whose it is, int64 (objects,).
        momentum: transverse, in GeV, float64 (objects,).
        place: pseudorapidity and azimuth, float64 (2, objects).
    """

    jet: NDArray[np.int64]
    momentum: Array
    place: Array

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "Objects":
        """Return those of a mask."""
        return Objects(self.jet[chosen], self.momentum[chosen], self.place[:, chosen])

    def vectors(self) -> Array:
        """Return energy, x, y and z in GeV, float64 (4, objects)."""
        eta, phi = self.place
        forward, backward = np.exp(eta), np.exp(-eta)
        unit = [0.5 * (forward + backward), np.cos(phi), np.sin(phi), 0.5 * (forward - backward)]
        found: Array = self.momentum * np.stack(unit)
        return found


def hadrons(random: np.random.Generator, partons: Partons) -> Objects:
    """Return the hadrons that partons become: each is a cluster, decays, and so do its daughters.

    All decay isotropically to two, so that the share of the momentum is flat, and the distance of
    the daughters is mass / (momentum √(z (1 - z))): the cluster model (Webber, Nucl. Phys. B 238
    (1984) 492) with two masses, and with no flavour. What is too slow for a mass stays as it is.
    """
    own = Objects(partons.jet, partons.momentum, partons.place)
    for mass in _CLUSTERS:
        share = random.random(own.jet.size)
        angle = mass / (own.momentum * np.sqrt(share * (1.0 - share)))
        across = angle * circle(random, own.jet.size)
        # the collinear limit is none of slow parents
        split = angle * np.maximum(share, 1.0 - share) < _WIDEST_DECAY
        sides = ((share, 1.0 - share), (1.0 - share, -share))
        daughters = [
            Objects(own.jet, part * own.momentum, own.place + lever * across)[split]
            for part, lever in sides
        ]
        own = objects_joined([own[~split], *daughters])
    return own


def drawn_in(objects: Objects, centre: Array, mass: Array) -> Objects:
    """Return what a decay became, nearer to its centre by what the cascades took it apart.

    A cascade gives mass to what it begins with; a decay has no more than its own, which the
    recoil within it sees to. Here all distances to the centre shrink by one factor.

    Args:
        objects: of all decays.
        centre: rapidity and azimuth of what decays, float64 (2, decays).
        mass: of what decays in GeV, float64 (decays,).
    """
    away = objects.place - centre[:, objects.jet]
    for _ in range(_ROUNDS):
        placed = Objects(objects.jet, objects.momentum, centre[:, objects.jet] + away)
        away = away * (mass / invariant_mass(summed(placed, mass.size)))[objects.jet]
    return Objects(objects.jet, objects.momentum, centre[:, objects.jet] + away)


def objects_joined(parts: Sequence[Objects]) -> Objects:
    """Return objects after one another."""
    return Objects(
        np.concatenate([np.empty(0, np.int64), *(part.jet for part in parts)]),
        np.concatenate([np.empty(0), *(part.momentum for part in parts)]),
        np.concatenate([np.empty((2, 0)), *(part.place for part in parts)], axis=1),
    )


def observe(random: np.random.Generator, particles: Objects) -> Objects:
    """Return tracks, cells of photons and towers of neutral hadrons; a lost track is a tower's."""
    kind = random.random(particles.jet.size)
    charged = kind < _CHARGED
    photon = ~charged & (kind < _CHARGED + _PHOTONS)
    track = charged & (random.random(kind.size) < _TRACKED) & (particles.momentum > _SOFTEST_TRACK)
    parts = [
        _tracks(random, particles[track]),
        _cells(random, particles[photon], _CELL, (_SAMPLING, _CONSTANT, _SOFTEST_CELL)),
        _cells(
            random,
            particles[~track & ~photon],
            _TOWER,
            (_TOWER_SAMPLING, _TOWER_CONSTANT, _SOFTEST_TOWER),
        ),
    ]
    return objects_joined(parts)


def _tracks(random: np.random.Generator, own: Objects) -> Objects:
    width = np.hypot(_TRACK_NOISE, _TRACK_SLOPE * own.momentum)
    momentum = own.momentum * np.maximum(1.0 + width * random.standard_normal(width.size), 0.1)
    place = own.place + random.normal(0.0, _TRACK_ANGLE, own.place.shape)
    return Objects(own.jet, momentum, place)


def _cells(
    random: np.random.Generator, own: Objects, size: float, response: tuple[float, float, float]
) -> Objects:
    """Sum up what falls into one cell of a jet; smear its energy; drop what is soft.

    Args:
        random: where numbers come from.
        own: what goes into the cells.
        size: of a cell, in pseudorapidity and azimuth.
        response: of σ/E = a/√E ⊕ b, in GeV, a and b, and the softest that is seen.
    """
    sampling, constant, softest = response
    address = np.floor(own.place / size).astype(np.int64) + _WIDE // 2
    inside = np.all((address >= 0) & (address < _WIDE), axis=0)
    name = ((own.jet * _WIDE + address[0]) * _WIDE + address[1])[inside]
    cells, which = np.unique(name, return_inverse=True)
    momentum = np.bincount(which, own.momentum[inside], cells.size)
    place = (np.stack([cells // _WIDE % _WIDE, cells % _WIDE]) - _WIDE // 2 + 0.5) * size
    energy = momentum * np.cosh(place[0])
    width = np.hypot(sampling / np.sqrt(energy), constant)
    momentum = momentum * (1.0 + width * random.standard_normal(width.size))
    seen = momentum > softest
    return Objects(cells // _WIDE**2, momentum, place)[seen]


def in_cones(objects: Objects, axes: Array) -> tuple[Objects, Array]:
    """Return what lies within RADIUS of each jet's axis, which is found in a few rounds.

    Args:
        objects: of all jets.
        axes: rapidity and azimuth to begin with, float64 (2, jets).

    Returns:
        What is in, and each jet's four-momentum (4, jets): energy, x, y and z in GeV.
    """
    for _ in range(_ROUNDS):
        kept = objects[np.hypot(*(objects.place - axes[:, objects.jet])) < RADIUS]
        total = summed(kept, axes.shape[1])
        axes = towards(total, axes[1])
    return kept, total


def summed(objects: Objects, count: int) -> Array:
    """Return the sums of the four-momenta of jets, float64 (4, count)."""
    return np.stack([np.bincount(objects.jet, own, count) for own in objects.vectors()])


def towards(momentum: Array, azimuth: Array) -> Array:
    """Return rapidity and azimuth, float64 (2, n), the latter within π of another; 0 of nothing."""
    energy, x, y, z = momentum
    rapidity = np.arctanh(np.divide(z, energy, out=np.zeros_like(z), where=energy > 0))
    turn = np.arctan2(y, x) - azimuth
    return np.stack([rapidity, azimuth + turn - 2.0 * np.pi * np.round(turn / (2.0 * np.pi))])
