"""Toy events of neutrinos in liquid argon, as hits in three planes of wires.

A vertex with a lepton, protons and pions; tracks that lose energy and scatter, electromagnetic
showers as branching cascades, the electrons of stopped muons, delta rays; charge that diffuses on
its way to the wires, projections on three planes, noise. `docs/simulation.md` lists what is in it.

An event depends on the seed, the process, the chunk's number and its place in the chunk alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.identity import key
from winnow.simulation.hits_particles import (
    MUON,
    PION,
    PROTON,
    STEP,
    Deposits,
    Particle,
    shower,
    track,
)

Array = NDArray[np.float64]

PROCESSES = ("numu_cc", "nue_cc", "nc")

COLUMNS = (
    *("event", "process", "energy", "vertex_x", "vertex_y", "vertex_z"),
    *("hit_plane", "hit_wire", "hit_x", "hit_charge", "hit_class", "hit_pdg"),
)
"""Number of the event, its process, neutrino energy in GeV, vertex in cm; for each hit its plane
(0 U, 1 V, 2 W), the coordinate across the wires and the drift coordinate in cm, charge in MeV,
class (position in CLASSES) and the kind of particle that gave most of it."""

CLASSES = ("void", "shower", "track")
"""Noise is void: no particle made it."""

WIRE_RANGE = (0.0, 256.0)
DRIFT_RANGE = (0.0, 104.0)
"""What the coordinates of hits are in, cm."""

_LENGTH, _HEIGHT, _DRIFT = 256.0, 256.0 / np.sqrt(3.0), 104.0  # along z, y and x, cm
_PITCH = 0.5
_SMEARING, _THRESHOLD = 0.05, 0.15
_DIFFUSION = 0.02  # cm for each root of a cm of drift
_NOISE = 6.0  # hits of a plane
_NEUTRINO = MappingProxyType({"median": 1.1, "spread": 0.5})  # GeV, of a log-normal distribution
_SHOWERING = (11, -11, 22)
_PION_MASS = 139.57
_NEUTRAL_PION_MASS = 134.98
_ABSORPTION = 85.0  # cm that a charged pion goes before it meets a nucleus
_DECAYS = 0.75  # of stopped muons; the others are captured


@dataclass
class _Event:
    """Deposits of an event while it is made."""

    random: np.random.Generator
    parts: list[Deposits] = field(default_factory=list)

    def track(self, particle: Particle, kinetic: float, at: Array, along: Array, pdg: int) -> Array:
        """Follow a charged particle that makes no shower; return where it ends."""
        limit = self.random.exponential(_ABSORPTION) if particle is PION else np.inf
        own, end = track(particle, (kinetic, limit), at, along, self.random)
        self.parts.append(own.of(pdg))
        return end

    def shower(self, energy: float, at: Array, along: Array, pdg: int) -> None:
        """Follow an electron or photon and all that comes of it."""
        self.parts.append(shower(energy, at, along, pdg, self.random))


def simulated(process: str, count: int, seed: int, number: int) -> pa.Table:
    """Simulate the events of a chunk, columns COLUMNS.

    Args:
        process: a name in PROCESSES.
        count: number of events.
        seed: the study's seed.
        number: the chunk's number, from 0.
    """
    first = (PROCESSES.index(process) * 1_000_000 + number) * 1_000_000
    rows = [
        {"event": first + own, "process": process, **_event(process, (seed, number, own))}
        for own in range(count)
    ]
    return pa.Table.from_pylist(rows, _schema())


def _schema() -> pa.Schema:
    kinds = {
        "event": pa.int64(),
        "process": pa.string(),
        "hit_plane": pa.list_(pa.int8()),
        "hit_class": pa.list_(pa.int8()),
        "hit_pdg": pa.list_(pa.int32()),
    }
    lists = pa.list_(pa.float32())
    return pa.schema(
        [
            (name, kinds.get(name, lists if name.startswith("hit_") else pa.float32()))
            for name in COLUMNS
        ]
    )


def _event(process: str, place: tuple[int, int, int]) -> Mapping[str, object]:
    random = np.random.Generator(np.random.Philox(key("simulate", "hits", process, *place)))
    energy = float(_NEUTRINO["median"] * np.exp(_NEUTRINO["spread"] * random.standard_normal()))
    vertex = np.array(
        [random.uniform(15, _DRIFT - 15), random.uniform(-45, 45), random.uniform(15, 150)]
    )
    event = _Event(random)
    _interact(event, process, 1000.0 * energy, vertex)
    deposits = Deposits.joined(event.parts)
    hits = [
        _hits(deposits, plane, random) if len(deposits.energy) else _noise(plane, random)
        for plane in range(3)
    ]
    names = ("hit_plane", "hit_wire", "hit_x", "hit_charge", "hit_class", "hit_pdg")
    found = {
        name: np.concatenate([own[number] for own in hits]) for number, name in enumerate(names)
    }
    facts = dict(zip(("vertex_x", "vertex_y", "vertex_z"), map(float, vertex), strict=True))
    return {"energy": energy, **facts, **found}


def _interact(event: _Event, process: str, energy: float, vertex: Array) -> None:
    """Let a neutrino of some MeV, along z, meet a nucleus."""
    random = event.random
    lepton = random.beta(4, 3) * energy if process != "nc" else 0.0
    rest = max(energy * random.beta(5, 2) if process == "nc" else energy - lepton, 0.0)
    if process == "numu_cc":
        along = _forward(random, 4.0 * lepton / (lepton + 500.0))
        end = event.track(MUON, lepton, vertex, along, 13)
        _deltas(event, event.parts[-1].points, lepton)
        if random.random() < _DECAYS and _inside(end[None])[0]:
            event.shower(_michel(random), end, _forward(random, 0.0), 11)
    elif process == "nue_cc":
        event.shower(lepton, vertex, _forward(random, 5.0 * lepton / (lepton + 500.0)), 11)
    neutral = 0.8 if process == "nc" else 0.3
    if rest > 250 and random.random() < neutral:
        share = random.uniform(0.3, 0.8) * (rest - _NEUTRAL_PION_MASS)
        _neutral_pion(event, share, vertex)
        rest -= share + _NEUTRAL_PION_MASS
    for _ in range(random.poisson(0.5)):
        if rest > _PION_MASS + 60:
            kinetic = random.uniform(0.2, 0.7) * (rest - _PION_MASS)
            end = event.track(PION, kinetic, vertex, _forward(random, 1.5), 211)
            if random.random() < 0.5:
                event.track(PROTON, random.exponential(60) + 15, end, _forward(random, 0), 2212)
            rest -= kinetic + _PION_MASS
    for _ in range(1 + random.poisson(1.2)):
        kinetic = min(random.exponential(110) + 20, rest)
        if kinetic > 15:
            event.track(PROTON, kinetic, vertex, _forward(random, 1.0), 2212)
            rest -= kinetic
    for _ in range(random.poisson(1.5)):  # what is left of the nucleus
        event.track(PROTON, random.exponential(12) + 5, vertex, _forward(random, 0.0), 2212)


def _forward(random: np.random.Generator, strength: float) -> Array:
    """Return a direction, isotropic at 0 and the more along z the larger the strength."""
    u = random.random()
    cosine = 2 * u - 1
    if strength > 0:  # exp(strength · cosine)
        cosine = 1 + np.log(u + (1 - u) * np.exp(-2 * strength)) / strength
    sine, angle = np.sqrt(max(0.0, 1 - cosine**2)), random.uniform(0, 2 * np.pi)
    return np.array([sine * np.cos(angle), sine * np.sin(angle), cosine])


def _michel(random: np.random.Generator) -> float:
    """Return the energy of a muon's electron in MeV, by dN/dx ∝ x²(3 − 2x), x = E / 52.8 MeV."""
    while True:
        x, height = random.random(2)
        if height < x * x * (3 - 2 * x):
            return float(52.8 * x)


def _deltas(event: _Event, points: Array, energy: float) -> None:
    """Knock electrons of more than 4 MeV out of the way of a muon: 0.1 MeV/cm × (1/T² dT)."""
    random, length = event.random, STEP * len(points)
    largest = min(0.5 * energy, 300.0)
    if largest <= 4 or len(points) < 2:
        return
    for _ in range(random.poisson(0.1 * length * (1 / 4 - 1 / largest))):
        kinetic = 1 / (1 / 4 - random.random() * (1 / 4 - 1 / largest))
        place = random.integers(0, len(points) - 1)
        ahead = points[place + 1] - points[place]
        along = ahead / np.linalg.norm(ahead) + 0.7 * random.standard_normal(3)
        event.shower(kinetic, points[place], along / np.linalg.norm(along), 11)


def _neutral_pion(event: _Event, kinetic: float, vertex: Array) -> None:
    """Let a neutral pion decay to two photons, isotropic at rest."""
    random = event.random
    energy = kinetic + _NEUTRAL_PION_MASS
    along = _forward(random, 1.5)
    beta = np.sqrt(1 - (_NEUTRAL_PION_MASS / energy) ** 2)
    gamma = energy / _NEUTRAL_PION_MASS
    at_rest = _forward(random, 0.0)
    for sign in (1.0, -1.0):
        parallel = sign * float(at_rest @ along)
        across = sign * at_rest - parallel * along
        half = _NEUTRAL_PION_MASS / 2
        momentum = half * (across + gamma * (parallel + beta) * along)
        size = float(np.linalg.norm(momentum))
        event.shower(size, vertex, momentum / size, 22)


def projected(points: Array, plane: int) -> Array:
    """Return the coordinate across the wires of a plane, cm.

    U and V wires stand at 60° to those of W: with c = √3/2 · the detector's height, u + v = w + c.

    Args:
        points: (n, 3) x, y, z in cm.
        plane: 0 U, 1 V, 2 W.
    """
    y, z = points[:, 1], points[:, 2]
    if plane == 2:
        return z
    half = np.sqrt(3.0) / 2
    sign = -1.0 if plane == 0 else 1.0
    found: Array = 0.5 * z + sign * half * y + half * _HEIGHT / 2
    return found


def _inside(points: Array) -> NDArray[np.bool_]:
    x, y, z = points.T
    inside: NDArray[np.bool_] = (
        (x >= 0) & (x < _DRIFT) & (np.abs(y) < _HEIGHT / 2) & (z >= 0) & (z < _LENGTH)
    )
    return inside


def _hits(
    deposits: Deposits, plane: int, random: np.random.Generator
) -> Sequence[NDArray[np.generic]]:
    """Return plane, wire, x, charge, class and pdg of the hits of a plane, and its noise."""
    inside = _inside(deposits.points)
    points, energy = deposits.points[inside], deposits.energy[inside]
    pdg = deposits.pdg[inside]
    spread = _DIFFUSION * np.sqrt(np.maximum(points[:, 0], 0))
    x = np.clip(points[:, 0] + spread * random.standard_normal(len(points)), 0, _DRIFT - 1e-3)
    across = projected(points, plane) + spread * random.standard_normal(len(points))
    across = np.clip(across, 0, WIRE_RANGE[1] - 1e-3)
    wires, times = (across / _PITCH).astype(np.int64), (x / _PITCH).astype(np.int64)
    cells, inverse = np.unique(wires * 1000 + times, return_inverse=True)
    charge: Array = np.bincount(inverse, energy, len(cells)).astype(np.float64)
    middle = np.bincount(inverse, energy * x, len(cells)) / np.where(charge > 0, charge, 1)
    kinds, kind = np.unique(pdg, return_inverse=True)
    shares = np.bincount(inverse * len(kinds) + kind, energy, len(cells) * len(kinds))
    most = kinds[shares.reshape(len(cells), len(kinds)).argmax(axis=1)] if len(kinds) else pdg
    showers = np.bincount(inverse, energy * np.isin(pdg, _SHOWERING), len(cells))
    label = np.where(2 * showers > charge, 1, 2)
    charge = charge * (1 + _SMEARING * random.standard_normal(len(cells)))
    kept = charge > _THRESHOLD
    own = (
        (cells // 1000 + 0.5)[kept] * _PITCH,
        middle[kept],
        charge[kept],
        label[kept],
        most[kept],
    )
    noise = _noise(plane, random)[1:]
    both = [np.concatenate([one, other]) for one, other in zip(own, noise, strict=True)]
    order = np.lexsort((both[1], both[0]))
    return [np.full(len(order), plane), *(values[order] for values in both)]


def _noise(plane: int, random: np.random.Generator) -> Sequence[NDArray[np.generic]]:
    count = random.poisson(_NOISE)
    wire = (random.integers(0, int(WIRE_RANGE[1] / _PITCH), count) + 0.5) * _PITCH
    x = random.uniform(*DRIFT_RANGE, count)
    none = np.zeros(count, np.int64)
    charge = _THRESHOLD + random.exponential(0.3, count)
    return [np.full(count, plane), wire, x, charge, none, none]
