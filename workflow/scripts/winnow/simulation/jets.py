"""Jets of top quarks, and of quarks and gluons, in the layout of the top tagging reference data.

What is drawn is a parton, or a top quark and its decay t → bW → bqq'; `jets_cascade` lets quarks
and gluons radiate, `jets_detector` sees hadrons and keeps those of one cone. `docs/simulation.md`
lists what is in it. The layout is that of Kasieczka, Plehn, Thompson and Russell, "Top Quark
Tagging Reference Dataset", doi:10.5281/zenodo.2603256.

The jets of a chunk depend on the seed, the process and the chunk's number alone, and a shorter
chunk is the beginning of a longer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.identity import key
from winnow.simulation.jets_cascade import (
    C_A,
    LAMBDA,
    Partons,
    cascade,
    integrated_coupling,
    joined,
)
from winnow.simulation.jets_detector import (
    RADIUS,
    Objects,
    drawn_in,
    hadrons,
    in_cones,
    objects_joined,
    observe,
    towards,
)
from winnow.simulation.kinematics import (
    boost,
    circle,
    daughter,
    falling,
    helicity_cosine,
    mass,
    on_shell,
    ray,
    sphere,
)

Array = NDArray[np.float64]

PROCESSES = ("top", "qcd")

CONSTITUENTS = 200
"""Places of a jet for its constituents, the hardest first; zeros where it has fewer."""

NUMBERS = (
    *(f"{axis}_{index}" for index in range(CONSTITUENTS) for axis in ("E", "PX", "PY", "PZ")),
    *("truthE", "truthPX", "truthPY", "truthPZ"),
)
"""The float32 columns, in GeV: constituents, and the top quark as it decays, zeros of none."""

FLAGS = ("ttv", "is_signal_new")
"""The int64 columns: 0, 1, 2 for training, validation, test; 1 for `top`."""

COLUMNS = (*NUMBERS, *FLAGS)

FRACTIONS = (0.6, 0.2, 0.2)
"""Shares of training, validation and test."""

SOFTEST, HARDEST = 550.0, 650.0
"""GeV, of a jet's transverse momentum."""

WIDEST = 2.0
"""Largest pseudorapidity of a jet."""

TOP = (172.5, 1.42)
W = (80.4, 2.085)
"""Mass and width in GeV."""

_BATCH = 4096  # drawn at once, of which about half become jets
_DRAWN, _POWER = (530.0, 780.0), 5.0  # of the parton's transverse momentum, in GeV
_RAPIDITY = 1.0
_GLUONS = 0.5
_BOTTOM = 4.8
_INCOMING, _AROUND = (1.0, 120.0), 1.2  # GeV; radius around the jet's beginning
_WIDTHS = 15.0
_BACKWARD = (0.31, 0.69, 0.0)  # left-handed and longitudinal W of a top quark's decay


@dataclass(frozen=True)
class Jets:
    """Jets of a batch that have been selected.

    Attributes:
        constituents: E, px, py, pz in GeV, float32 (jets, CONSTITUENTS, 4).
        truth: of the top quark, float32 (jets, 4).
        part: 0, 1, 2 for training, validation, test, int64 (jets,).
    """

    constituents: NDArray[np.float32]
    truth: NDArray[np.float32]
    part: NDArray[np.int64]

    def __getitem__(self, rows: slice) -> "Jets":
        """Return some of them."""
        return Jets(self.constituents[rows], self.truth[rows], self.part[rows])

    def frame(self, process: str) -> pd.DataFrame:
        """Return the jets as COLUMNS: a block of float32 and one of int64."""
        count = len(self.part)
        numbers = np.concatenate(
            [self.constituents.reshape(count, 4 * CONSTITUENTS), self.truth], axis=1
        )
        flags = np.stack([self.part, np.full(count, int(process == "top"))], axis=1)
        blocks = [
            pd.DataFrame(values, columns=list(names))
            for values, names in ((numbers, NUMBERS), (flags, FLAGS))
        ]
        return pd.concat(blocks, axis=1)


def simulated(process: str, count: int, seed: int, number: int) -> Iterator[Jets]:
    """Simulate the jets of a chunk, batch after batch.

    Args:
        process: one of PROCESSES.
        count: number of jets.
        seed: the study's seed.
        number: the chunk's number, from 0.

    Yields:
        Batches, which have `count` jets together; an empty one of no jets.
    """
    batch = 0
    while count > 0 or batch == 0:
        name = key("simulate", seed, process, number, batch)
        jets = _batch(process, np.random.Generator(np.random.Philox(name)))[: max(count, 0)]
        yield jets
        count -= len(jets.part)
        batch += 1


def top_decays(random: np.random.Generator, top: Array) -> Array:
    """Let top quarks decay to a b and the two quarks of a W, all without mass.

    The b goes in any direction (the top quark has no spin here), the W's quarks as those of W
    bosons that are 31 % left-handed and 69 % longitudinal. Its mass is a Breit-Wigner's.

    Args:
        random: where numbers come from.
        top: four-momenta, float64 (4, events).

    Returns:
        b, q and q', float64 (3, 4, events).
    """
    count, whole = top.shape[1], mass(top)
    w = masses(random, count, W)
    direction = sphere(random, count)
    energy = (whole**2 - w**2) / (2.0 * whole)
    # in the frame of the top quark, against which the W's helicity is
    bottom = energy * ray(direction)
    boson = np.concatenate([(whole - energy)[None], -bottom[1:]])
    one = daughter(random, boson, helicity_cosine(random, count, _BACKWARD))
    return np.stack([boost(own, top) for own in (bottom, one, boson - one)])


def masses(random: np.random.Generator, count: int, shape: tuple[float, float]) -> Array:
    """Draw masses in GeV of a Breit-Wigner of (mass, width) within 15 widths, shape (count,)."""
    centre, width = shape
    edge = np.arctan(2.0 * _WIDTHS)
    drawn: Array = centre + 0.5 * width * np.tan(random.uniform(-edge, edge, count))
    return drawn


def _batch(process: str, random: np.random.Generator) -> Jets:
    transverse = falling(random, _BATCH, *_DRAWN, _POWER) * circle(random, _BATCH)
    rapidity = random.normal(0.0, _RAPIDITY, _BATCH)
    if process == "top":
        heavy = masses(random, _BATCH, TOP)
        whole, radiated = _radiating(random, on_shell(transverse, rapidity, heavy))
        quarks = top_decays(random, whole)
        own = _of_top(random, whole, quarks)
    else:
        whole, quarks = on_shell(transverse, rapidity, 0.0), np.empty((0, 4, _BATCH))
        radiated = _alone(whole, random.random(_BATCH) < _GLUONS, np.zeros(_BATCH))
        own = objects_joined([])
    others = cascade(random, joined([radiated, _incoming(random, whole)]))
    seen = observe(random, objects_joined([own, hadrons(random, others)]))
    kept, jet = in_cones(seen, towards(whole, np.arctan2(whole[2], whole[1])))
    good = selected(jet, quarks)
    part = np.searchsorted(np.cumsum(FRACTIONS)[:-1], random.random(_BATCH), side="right")
    truth = whole.T if process == "top" else np.zeros((_BATCH, 4))
    return Jets(
        _constituents(kept, good), truth[good].astype(np.float32), part[good].astype(np.int64)
    )


def _alone(momentum: Array, gluon: NDArray[np.bool_], own: Array) -> Partons:
    """Return the partons that jets begin with, of masses `own`; they split below a jet's radius."""
    return Partons(
        np.arange(gluon.size),
        np.hypot(momentum[1], momentum[2]),
        towards(momentum, np.arctan2(momentum[2], momentum[1])),
        np.full(gluon.size, RADIUS),
        gluon,
        own,
    )


def _radiating(random: np.random.Generator, top: Array) -> tuple[Array, Partons]:
    """Return top quarks (4, events) that have radiated, as they decay, and what they radiated."""
    count = top.shape[1]
    found = cascade(random, _alone(top, np.zeros(count, np.bool_), mass(top)))
    heavy = found.mass > 0.5 * TOP[0]
    own = found[heavy]
    order = np.argsort(own.jet)
    eta, phi = own.place[:, order]
    transverse = own.momentum[order] * np.stack([np.cos(phi), np.sin(phi)])
    return on_shell(transverse, eta, own.mass[order]), found[~heavy]


def _incoming(random: np.random.Generator, whole: Array) -> Partons:
    """Return gluons that the incoming partons radiate into the jets, and next to them.

    dN = α_s(kT)/π C_A dkT²/kT² dη dφ/2π of one dipole, whatever else is in the event.
    """
    low, high = np.log(np.array(_INCOMING) / LAMBDA)
    mean = C_A / np.pi * _AROUND**2 * integrated_coupling(low, high)
    jet = np.repeat(np.arange(whole.shape[1]), random.poisson(mean, whole.shape[1]))
    momentum = LAMBDA * np.exp(low * (high / low) ** random.random(jet.size))
    away = _AROUND * np.sqrt(random.random(jet.size)) * circle(random, jet.size)
    place = towards(whole, np.arctan2(whole[2], whole[1]))[:, jet] + away
    angle, none = np.full(jet.size, RADIUS), np.zeros(jet.size)
    return Partons(jet, momentum, place, angle, none == 0.0, none)


def _of_top(random: np.random.Generator, top: Array, quarks: Array) -> Objects:
    """Return the hadrons that the b and the W's quarks become; the masses of both decays stay.

    The quarks of the W are each other's partner in colour, and split below the angle between them;
    the b splits below its angle to the W, which it recoils against.
    """
    boson, axis = top - quarks[0], np.arctan2(top[2], top[1])
    places = [towards(own, axis) for own in quarks]
    centre = towards(boson, axis)
    light = [
        _quarks(own, place, places[1] - places[2], 0.0)
        for own, place in zip(quarks[1:], places[1:], strict=True)
    ]
    bottom = _quarks(quarks[0], places[0], places[0] - centre, _BOTTOM)
    of_boson = drawn_in(hadrons(random, cascade(random, joined(light))), centre, mass(boson))
    of_bottom = hadrons(random, cascade(random, bottom))
    return drawn_in(objects_joined([of_boson, of_bottom]), towards(top, axis), mass(top))


def _quarks(momentum: Array, place: Array, apart: Array, own: float) -> Partons:
    """Return quarks (4, events) of a mass, which split below the distance (2, events) given."""
    count = momentum.shape[1]
    return Partons(
        np.arange(count),
        np.hypot(momentum[1], momentum[2]),
        place,
        np.hypot(apart[0], apart[1]),
        np.zeros(count, np.bool_),
        np.full(count, own),
    )


def selected(jet: Array, quarks: Array) -> NDArray[np.bool_]:
    """Return which jets are as hard and as central as asked, with every quark inside.

    Args:
        jet: four-momenta, float64 (4, jets).
        quarks: of the decay, float64 (quarks, 4, jets), none of QCD.
    """
    transverse = np.hypot(jet[1], jet[2])
    axis = towards(jet, np.arctan2(jet[2], jet[1]))
    good: NDArray[np.bool_] = (transverse > SOFTEST) & (transverse < HARDEST)
    good &= np.abs(np.arcsinh(jet[3] / np.maximum(transverse, 1.0))) < WIDEST
    for own in quarks:
        good &= np.hypot(*(towards(own, axis[1]) - axis)) < RADIUS
    return good


def _constituents(objects: Objects, good: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return good jets' constituents, hardest first, with E = |p|: float32 (jets, places, 4)."""
    own = objects[good[objects.jet]]
    order = np.lexsort((-own.momentum, own.jet))
    jet = own.jet[order]
    rank = np.arange(jet.size) - np.searchsorted(jet, jet)
    fits = rank < CONSTITUENTS
    vectors = own.vectors().T[order[fits]].astype(np.float32)
    # the energy of the rounded momentum: no mass but what rounding makes
    vectors[:, 0] = np.sqrt(np.sum(vectors[:, 1:].astype(np.float64) ** 2, axis=1))
    found = np.zeros((np.count_nonzero(good), CONSTITUENTS, 4), np.float32)
    row = np.cumsum(good) - 1
    found[row[jet[fits]], rank[fits]] = vectors
    return found
