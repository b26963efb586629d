"""Particles on their way through liquid argon: where they leave how much energy.

The loss of energy rises as a power of the way that is left. Scattering is Highland's (PDG, "Passage
of particles through matter", section 34.3), without the logarithm, since it is summed over short
steps. Showers radiate as the radiation length says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RADIATION_LENGTH = 14.0
"""Of liquid argon, cm (PDG)."""
CRITICAL_ENERGY = 32.0
"""Of electrons in liquid argon, MeV (PDG: 32.8)."""
MINIMUM_LOSS = 2.1
"""Energy that a fast particle of charge 1 leaves in a cm of liquid argon, MeV (PDG)."""

STEP = 0.3
_ELECTRON_MASS = 0.511
_SOFTEST = 0.05  # share of an electron's energy that a photon takes at least
_PAIR = 15.0  # MeV below which a photon knocks out an electron rather than making a pair
_LOST = 0.4  # MeV below which a photon is no longer followed
_STRAGGLING = 0.15
_MOST = 20_000


@dataclass(frozen=True)
class Particle:
    """What a track depends on.

    Attributes:
        mass: MeV.
        loss: A of the loss A·R^−b MeV/cm at R cm from where the particle stops.
        fall: b.
    """

    mass: float
    loss: float
    fall: float

    def reach(self, kinetic: Array | float) -> Array:
        """Return the range in cm of a kinetic energy in MeV: Bragg's, then of constant loss."""
        kinetic = np.asarray(kinetic, np.float64)
        slow = self._stopping(np.minimum(kinetic, self.fast))
        reach: Array = slow + np.maximum(kinetic - self.fast, 0) / MINIMUM_LOSS
        return reach

    def left(self, reach: Array) -> Array:
        """Return the kinetic energy in MeV of a particle that has some cm to go."""
        knee = float(self._stopping(self.fast))
        slow = self.loss / (1 - self.fall) * np.minimum(reach, knee) ** (1 - self.fall)
        left: Array = slow + np.maximum(reach - knee, 0) * MINIMUM_LOSS
        return left

    @property
    def fast(self) -> float:
        """The kinetic energy in MeV above which the loss is the least there is."""
        knee = (self.loss / MINIMUM_LOSS) ** (1 / self.fall)
        return float(self.loss / (1 - self.fall) * knee ** (1 - self.fall))

    def _stopping(self, kinetic: Array | float) -> Array:
        """Return the range in cm where the loss is a power of it: T = A / (1 − b) · R^(1 − b)."""
        own = np.asarray(kinetic, np.float64) * ((1 - self.fall) / self.loss)
        reach: Array = own ** (1 / (1 - self.fall))
        return reach


# ArgoNeuT, arXiv:1306.1712, table 1; particles of one speed have ranges as their masses
PROTON = Particle(938.27, 17.0, 0.42)
PION = Particle(139.57, 8.0, 0.37)
MUON = Particle(105.66, 8.0 * (105.66 / 139.57) ** 0.37, 0.37)


@dataclass(frozen=True)
class Deposits:
    """Energy left along the ways of particles.

    Attributes:
        points: (n, 3) x, y, z in cm.
        energy: (n,) MeV.
        pdg: (n,) the kind of the particle that an event's listing would name.
    """

    points: Array
    energy: Array
    pdg: NDArray[np.int64]

    def of(self, pdg: int) -> "Deposits":
        """Return the deposits as those of one kind of particle."""
        return Deposits(self.points, self.energy, np.full(len(self.energy), pdg))

    @staticmethod
    def joined(parts: Sequence["Deposits"]) -> "Deposits":
        """Return several as one."""
        none = Deposits(np.empty((0, 3)), np.empty(0), np.empty(0, np.int64))
        own = [none, *parts]
        return Deposits(
            np.concatenate([part.points for part in own]),
            np.concatenate([part.energy for part in own]),
            np.concatenate([part.pdg for part in own]),
        )


def scattering(momentum: Array, beta: Array, length: Array | float) -> Array:
    """Return the width in rad of the angle, projected, that a length in cm turns a particle by."""
    angle: Array = 13.6 / (beta * momentum) * np.sqrt(length / RADIATION_LENGTH)
    return angle


def track(
    particle: Particle,
    energy: tuple[float, float],
    start: Array,
    along: Array,
    random: np.random.Generator,
) -> tuple[Deposits, Array]:
    """Follow a heavy charged particle until it stops, or ends before.

    Args:
        particle: its kind.
        energy: kinetic energy in MeV, and cm after which it ends whatever is left.
        start: (3,) where, cm.
        along: (3,) its direction, of length 1.
        random: what chance is drawn from.

    Returns:
        Its deposits, one a step, and where it ends.
    """
    kinetic, limit = energy
    reach = float(particle.reach(kinetic))
    length = min(reach, limit)
    count = max(1, int(np.ceil(length / STEP)))
    edges = np.linspace(0, length, count + 1)
    left = particle.left(reach - edges)
    step = length / count
    middle = np.maximum((left[:-1] + left[1:]) / 2, 0.1)
    total = middle + particle.mass
    momentum = np.sqrt(total**2 - particle.mass**2)
    turn = scattering(momentum, momentum / total, step)
    points = start + _path(along, np.minimum(turn, 0.5), step, random)
    lost = -np.diff(left) * (1 + _STRAGGLING * random.standard_normal(count))
    kinds = np.zeros(count, np.int64)
    return Deposits(points, np.maximum(lost, 0), kinds), points[-1]


def _path(along: Array, turn: Array, step: float, random: np.random.Generator) -> Array:
    """Return points of a way that turns by random angles at each step, (steps, 3)."""
    side, up = _across(along[None])
    tilt = np.cumsum(random.standard_normal((2, len(turn))) * turn, axis=1)
    tilt = np.minimum(np.abs(tilt), 1.4) * np.sign(tilt)
    ahead = np.cos(np.hypot(*tilt))
    ways = ahead[:, None] * along + np.sin(tilt[0])[:, None] * side + np.sin(tilt[1])[:, None] * up
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    points: Array = np.cumsum(ways, axis=0) * step
    return points


def _across(along: Array) -> tuple[Array, Array]:
    """Return two directions across each of some, (n, 3) each."""
    other = np.where(np.abs(along[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    side = np.cross(along, other)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    return side, np.cross(along, side)


def _turned(along: Array, width: Array, random: np.random.Generator) -> Array:
    """Return directions turned by Gaussian angles of a width each."""
    side, up = _across(along)
    tilt = random.standard_normal((2, len(along))) * np.minimum(width, 1.0)
    ways = along + tilt[0][:, None] * side + tilt[1][:, None] * up
    turned: Array = ways / np.linalg.norm(ways, axis=1, keepdims=True)
    return turned


def shower(
    energy: float, start: Array, along: Array, pdg: int, random: np.random.Generator
) -> Deposits:
    """Follow an electron or a photon, and all electrons and photons that come of it.

    An electron radiates photons of 5 % of its energy or more by dN/dk ∝ 1/k, ln 20 of them in a
    radiation length, so that it loses 1/e of its energy as the length says; below the critical
    energy it goes on to its end. A photon makes a pair after 9/7 radiation lengths on average, or,
    soft, knocks out an electron.

    Args:
        energy: MeV.
        start: (3,) where, cm.
        along: (3,) its direction, of length 1.
        pdg: 22 for a photon, else an electron; the deposits are told as those of this kind.
        random: what chance is drawn from.
    """
    points, ways = np.array([start], np.float64), np.array([along], np.float64)
    energies, photons = np.array([float(energy)]), np.array([pdg == 22])
    parts = []
    while 0 < len(energies) < _MOST:
        electrons = ~photons
        left, own = _electrons(points[electrons], ways[electrons], energies[electrons], random)
        parts.append(own)
        made = _conversions(points[photons], ways[photons], energies[photons], random)
        points, ways, energies, photons = (
            np.concatenate([a, b]) for a, b in zip(left, made, strict=True)
        )
        alive = energies > np.where(photons, _LOST, 0.1)
        points, ways, energies, photons = (own[alive] for own in (points, ways, energies, photons))
    return Deposits.joined(parts).of(pdg)


State = tuple[Array, Array, Array, NDArray[np.bool_]]


def _conversions(points: Array, ways: Array, energies: Array, random: np.random.Generator) -> State:
    """Let photons travel and become electrons."""
    count = len(energies)
    pair = energies > _PAIR
    mean = np.where(pair, 9 / 7, 1.2) * RADIATION_LENGTH
    points = points + (random.exponential(1, count) * mean)[:, None] * ways
    share = random.random(count)
    first = np.where(pair, share, 0.3 + 0.6 * share) * energies
    second = np.where(pair, energies - first, 0.0)
    rest = np.where(pair, 0.0, energies - first)  # what a photon that knocks keeps
    width = np.where(pair, _ELECTRON_MASS / np.maximum(energies, 1), 0.6)
    return (
        np.concatenate([points, points, points]),
        np.concatenate([_turned(ways, width * scale, random) for scale in (1.0, 1.0, 1.5)]),
        np.concatenate([first, second, rest]),
        np.repeat([False, False, True], count),
    )


def _electrons(
    points: Array, ways: Array, energies: Array, random: np.random.Generator
) -> tuple[State, Deposits]:
    """Let electrons travel to where they radiate or stop."""
    count = len(energies)
    rate = -np.log(_SOFTEST) / RADIATION_LENGTH
    reach = energies / MINIMUM_LOSS
    free = random.exponential(1 / rate, count)
    stops = (energies < CRITICAL_ENERGY) | (free >= reach)
    length = np.where(stops, reach, free)
    steps = np.maximum(np.ceil(length / STEP).astype(np.int64), 1)
    owner = np.repeat(np.arange(count), steps)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(steps) - steps, steps)
    step = (length / steps)[owner]
    left = np.maximum(energies[owner] - MINIMUM_LOSS * step * (place + 0.5), 0.5)
    turn = np.minimum(scattering(left, np.ones(len(left)), step), 0.6)
    side, up = _across(ways)
    tilt = random.standard_normal((2, len(owner))) * turn
    first = np.cumsum(steps) - steps
    walked = np.cumsum(tilt, axis=1)
    walked -= np.repeat((walked - tilt)[:, first], steps, axis=1) if count else walked
    along = ways[owner] + walked[0][:, None] * side[owner] + walked[1][:, None] * up[owner]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    moved = np.cumsum(along * step[:, None], axis=0)
    before = np.repeat((moved - along * step[:, None])[first], steps, axis=0) if count else moved
    where = points[owner] + moved - before
    lost = MINIMUM_LOSS * step * (1 + _STRAGGLING * random.standard_normal(len(owner)))
    last = np.cumsum(steps) - 1
    go_on = np.flatnonzero(~stops)
    rest = energies[go_on] - MINIMUM_LOSS * length[go_on]
    radiated = rest * _SOFTEST ** random.random(len(go_on))
    width = _ELECTRON_MASS / np.maximum(rest, 1.0)
    at, direction = where[last[go_on]], along[last[go_on]]
    state = (
        np.concatenate([at, at]),
        np.concatenate([direction, _turned(direction, width, random)]),
        np.concatenate([rest - radiated, radiated]),
        np.repeat([False, True], len(go_on)),
    )
    kinds = np.zeros(len(owner), np.int64)
    return state, Deposits(where, np.maximum(lost, 0), kinds)
