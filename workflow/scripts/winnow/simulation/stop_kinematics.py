"""Kinematics of the compressed stop search: toy Monte Carlo of signal and backgrounds.

Nothing here is fitted to data or to a full simulation. Four-momenta are drawn, decayed and boosted,
so that the features are correlated as kinematics correlates them; `docs/simulation.md` says what
each process is made of. Momenta are in GeV; a four-momentum is an array (4, events) of energy, x,
y and z.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from winnow.simulation.kinematics import (
    Array,
    boost,
    circle,
    daughter,
    falling,
    helicity_cosine,
    massless,
    on_shell,
    ray,
    signs,
    sphere,
)

Flags = NDArray[np.bool_]

W_MASS, W_WIDTH = 80.4, 2.1
Z_MASS, Z_WIDTH = 91.2, 2.5
TOP_MASS = 172.5

LIGHT, CHARM, BOTTOM = 0, 1, 2
_PAIR = (BOTTOM, BOTTOM, LIGHT, LIGHT)  # the quarks of a pair, one of which gives a lepton

_LEAST_INVISIBLE = 200.0  # GeV; less does not pass the preselection
_RADIATED = 5  # jets radiated at most
_TAU_SHARE = 0.15  # of leptons from W decays: 0.35 / 2.35
_BACKWARD_TOP = (0.31, 0.69, 0.0)  # left-handed and longitudinal W of a top quark's decay
_BACKWARD_JETS = (0.55, 0.20, 0.25)  # W+ beside jets; W- turned round


@dataclass(frozen=True)
class Truth:
    """Events before the detector.

    Attributes:
        lepton: four-momentum, (4, events).
        charge: -1 or 1, (events,).
        from_tau: the lepton comes from a tau, (events,).
        fake: the lepton comes from a jet, (events,).
        invisible: transverse momentum that no detector sees, (2, events).
        jets: four-momenta, (jets, 4, events), zero where there is none.
        flavour: of the jets, int8 (jets, events).
    """

    lepton: Array
    charge: Array
    from_tau: Flags
    fake: Flags
    invisible: Array
    jets: Array
    flavour: NDArray[np.int8]

    def take(self, chosen: Flags) -> "Truth":
        """Return the chosen events; `chosen` has shape (events,)."""
        return Truth(*(getattr(self, field.name)[..., chosen] for field in fields(self)))


@dataclass(frozen=True)
class Radiation:
    """The jets that a process recoils against.

    Attributes:
        low: smallest sum of their transverse momenta in GeV.
        high: the largest.
        slope: the sum falls like its power -slope.
        recoil: smallest sum of their transverse momenta as vectors; what lies below is not drawn.
        extra: mean number of jets beside the leading one, at a sum of 172 GeV (100 (e - 1)).
        charm: share of charm jets.
        bottom: share of bottom jets.
    """

    low: float
    high: float
    slope: float
    recoil: float = 0.0
    extra: float = 1.0
    charm: float = 0.08
    bottom: float = 0.03


Model = Callable[[np.random.Generator, int], Truth]


def stop_pair(stop: float, neutralino: float) -> Model:
    """Return the model of stop pairs, one stop to b l nu neutralino, one to b q q neutralino.

    The heavy neutralino takes up momentum, not energy: four-body phase space is then a
    Dirichlet(2, 2, 2) distribution of the mass difference over the three light particles.
    """
    radiation = Radiation(250.0, 4000.0, 4.0, recoil=260.0)

    def draw(random: np.random.Generator, trials: int) -> Truth:
        jets, flavour = _radiate(random, trials, radiation)
        count: int = jets.shape[2]
        recoil = -jets[:, 1:3].sum(axis=0)
        relative = 0.2 * stop * random.standard_gamma(2.0, count) * circle(random, count)
        first, second = (
            on_shell(recoil / 2 + sign * relative, random.normal(0.0, 0.8, count), stop)
            for sign in (1.0, -1.0)
        )
        leptonic = _soft_decay(random, first, stop - neutralino)
        hadronic = _soft_decay(random, second, stop - neutralino)
        leptons = _leptons_of_taus(random, leptonic[1], _TAU_SHARE)
        quarks = np.stack([leptonic[0], *hadronic])
        return _decayed(random, first + second, leptons, (quarks, _PAIR), (jets, flavour))

    return draw


def w_boson(radiation: Radiation, positive: float) -> Model:
    """Return the model of a W to a lepton and a neutrino beside jets; `positive`: share of W+."""

    def draw(random: np.random.Generator, trials: int) -> Truth:
        jets, flavour = _radiate(random, trials, radiation)
        count: int = jets.shape[2]
        charge = signs(random, count, positive)
        boson = _boson(random, jets, W_MASS, W_WIDTH)
        cosine = charge * helicity_cosine(random, count, _BACKWARD_JETS)
        lepton = daughter(random, boson, cosine)
        lepton, from_tau = _leptons_of_taus(random, lepton, _TAU_SHARE)
        fake = np.zeros(count, dtype=bool)
        return Truth(lepton, charge, from_tau, fake, (boson - lepton)[1:3], jets, flavour)

    return draw


def z_to_taus(radiation: Radiation) -> Model:
    """Return the model of a Z to two taus beside jets, one tau to a lepton, one to a narrow jet."""

    def draw(random: np.random.Generator, trials: int) -> Truth:
        jets, flavour = _radiate(random, trials, radiation)
        count: int = jets.shape[2]
        boson = _boson(random, jets, Z_MASS, Z_WIDTH)
        tau = daughter(random, boson, random.uniform(-1.0, 1.0, count))
        leptons = _leptons_of_taus(random, tau, 1.0)
        hadrons = (random.uniform(0.1, 1.0, count) * (boson - tau))[None]
        return _decayed(random, boson, leptons, (hadrons, (LIGHT,)), (jets, flavour))

    return draw


def z_to_neutrinos(radiation: Radiation) -> Model:
    """Return the model of a Z to neutrinos beside jets, one of which fakes the lepton."""

    def draw(random: np.random.Generator, trials: int) -> Truth:
        jets, flavour = _radiate(random, trials, radiation)
        return _with_fake_lepton(random, -jets[:, 1:3].sum(axis=0), jets, flavour)

    return draw


def multijet(radiation: Radiation) -> Model:
    """Return the model of jets of which one is measured far too low, and one fakes the lepton."""

    def draw(random: np.random.Generator, trials: int) -> Truth:
        jets, flavour = _radiate(random, trials, radiation)
        count: int = jets.shape[2]
        recoil = -jets[:, 1:3].sum(axis=0)
        lost = random.beta(4.0, 2.0, count)
        balance = massless((1.0 - lost) * recoil, random.normal(0.0, 1.3, count))
        jets = np.concatenate([jets, balance[None]])
        return _with_fake_lepton(random, lost * recoil, jets, _with_flavours(flavour, (LIGHT,)))

    return draw


def top_quarks(radiation: Radiation, momentum: float, pair: bool, lost: float) -> Model:
    """Return the model of a top quark that gives the lepton, beside an antitop or a W boson.

    Args:
        radiation: the jets radiated.
        momentum: smallest transverse momentum of the top quark in GeV; it falls with power -4.5.
        pair: beside an antitop (else a W).
        lost: share of events in which the second W gives a lepton that is lost or a tau's jet.
    """
    mass = TOP_MASS if pair else W_MASS

    def draw(random: np.random.Generator, trials: int) -> Truth:
        first = on_shell(
            falling(random, trials, momentum, 3000.0, 4.5) * circle(random, trials),
            random.normal(0.0, 0.8, trials),
            TOP_MASS,
        )
        bottom, boson = _top_decay(random, first)
        lepton = daughter(random, boson, helicity_cosine(random, trials, _BACKWARD_TOP))
        lepton, from_tau = _leptons_of_taus(random, lepton, _TAU_SHARE)
        is_lost = random.random(trials) < lost
        # where nothing else is invisible, this W must be so: most trials end here
        kept = is_lost | (np.hypot(*(boson - lepton)[1:3]) > _LEAST_INVISIBLE)
        first, bottom, lepton = first[:, kept], bottom[:, kept], lepton[:, kept]
        from_tau, is_lost = from_tau[kept], is_lost[kept]
        count = is_lost.size
        jets, flavour = _radiate(random, count, radiation)
        recoil = -first[1:3] - jets[:, 1:3].sum(axis=0)
        second = on_shell(recoil, random.normal(0.0, 0.8, count), mass)
        other, partner = _top_decay(random, second) if pair else (np.zeros_like(second), second)
        quark = daughter(random, partner, random.uniform(-1.0, 1.0, count))
        quarks = np.stack([bottom, other, quark, partner - quark])
        quarks[2] *= np.where(is_lost, random.uniform(0.0, 0.6, count), 1.0)
        quarks[3] *= ~is_lost
        leptons = lepton, from_tau
        return _decayed(random, first + second, leptons, (quarks, _PAIR), (jets, flavour))

    return draw


def _soft_decay(random: np.random.Generator, parent: Array, difference: float) -> list[Array]:
    """Return the b, and two light fermions of a parent of which a heavy particle remains."""
    count = parent.shape[1]
    energies = random.standard_gamma(2.0, (3, count))
    energies *= difference / energies.sum(axis=0)
    return [boost(energy * ray(sphere(random, count)), parent) for energy in energies]


def _top_decay(random: np.random.Generator, top: Array) -> tuple[Array, Array]:
    """Return the four-momenta of the b and the W of top quarks that decay isotropically."""
    count = top.shape[1]
    energy = (TOP_MASS**2 - W_MASS**2) / (2 * TOP_MASS)
    bottom = boost(energy * ray(sphere(random, count)), top)
    return bottom, top - bottom


def _leptons_of_taus(
    random: np.random.Generator, lepton: Array, share: float
) -> tuple[Array, Flags]:
    """Turn a share of the leptons into taus, of whose momentum their lepton keeps about a third."""
    count: int = lepton.shape[1]
    from_tau = random.random(count) < share
    # 1 - sqrt(u) is Beta(1, 2): the falling spectrum of an unpolarised tau's lepton, nearly
    kept = np.where(from_tau, 1.0 - np.sqrt(random.random(count)), 1.0)
    return kept * lepton, from_tau


def _boson(random: np.random.Generator, jets: Array, mass: float, width: float) -> Array:
    """Return the four-momentum of the boson that recoils against jets."""
    count: int = jets.shape[2]
    spread = np.tan(np.pi * (random.random(count) - 0.5) * 0.9)  # a Breit-Wigner without far tails
    recoil = -jets[:, 1:3].sum(axis=0)
    return on_shell(recoil, random.normal(0.0, 1.0, count), mass + 0.5 * width * spread)


def _radiate(
    random: np.random.Generator, trials: int, radiation: Radiation
) -> tuple[Array, NDArray[np.int8]]:
    """Draw radiated jets: momenta (jets, 4, events), flavours; only events with recoil enough."""
    total = falling(random, trials, radiation.low, radiation.high, radiation.slope)
    extra = random.poisson(radiation.extra * np.log1p(total / 100.0))
    shares = random.standard_exponential((_RADIATED, trials))
    shares *= np.arange(_RADIATED)[:, None] <= extra
    shares *= total / shares.sum(axis=0)
    transverse = shares * circle(random, shares.shape)
    kept = np.sum(transverse.sum(axis=1) ** 2, axis=0) > radiation.recoil**2
    shares, transverse = shares[:, kept], transverse[..., kept]
    stretch = np.exp(random.normal(0.0, 1.3, shares.shape))
    momenta = np.empty((_RADIATED, 4, shares.shape[1]))
    momenta[:, 0] = 0.5 * shares * (stretch + 1.0 / stretch)
    momenta[:, 1], momenta[:, 2] = transverse
    momenta[:, 3] = 0.5 * shares * (stretch - 1.0 / stretch)
    kind = random.random(shares.shape)
    flavour = (kind < radiation.charm + radiation.bottom).astype(np.int8)
    flavour += kind < radiation.bottom
    return momenta, flavour


def _with_flavours(flavour: NDArray[np.int8], more: tuple[int, ...]) -> NDArray[np.int8]:
    column = np.array(more, dtype=np.int8)[:, None]
    return np.concatenate([flavour, np.broadcast_to(column, (len(more), flavour.shape[1]))])


def _decayed(
    random: np.random.Generator,
    parents: Array,
    leptons: tuple[Array, Flags],
    hadrons: tuple[Array, tuple[int, ...]],
    radiated: tuple[Array, NDArray[np.int8]],
) -> Truth:
    """Return events of which a lepton of either charge, jets and what is invisible came.

    Args:
        random: the source of the lepton's charge.
        parents: summed four-momentum of what decayed, (4, events).
        leptons: four-momenta, and which come from a tau.
        hadrons: four-momenta of the decay's jets, (jets, 4, events), and their flavours.
        radiated: four-momenta and flavours of the other jets.
    """
    (lepton, from_tau), (momenta, flavours), (jets, flavour) = leptons, hadrons, radiated
    count: int = lepton.shape[1]
    return Truth(
        lepton=lepton,
        charge=signs(random, count, 0.5),
        from_tau=from_tau,
        fake=np.zeros(count, dtype=bool),
        invisible=(parents - lepton - momenta.sum(axis=0))[1:3],
        jets=np.concatenate([jets, momenta]),
        flavour=_with_flavours(flavour, flavours),
    )


def _with_fake_lepton(
    random: np.random.Generator, invisible: Array, jets: Array, flavour: NDArray[np.int8]
) -> Truth:
    """Return events whose lepton comes from a jet: soft, often near the first or second jet."""
    count: int = invisible.shape[1]
    source = np.where((random.random(count) < 0.6) | (jets[1, 0] == 0.0), jets[0], jets[1])
    angle = np.arctan2(source[2], source[1])
    angle += np.where(
        random.random(count) < 0.6,
        random.normal(0.0, 0.6, count),
        random.uniform(-np.pi, np.pi, count),
    )
    scale = np.where(random.random(count) < 0.8, 7.0, 25.0)
    momentum = 3.5 + scale * random.standard_exponential(count)
    transverse = momentum * np.stack([np.cos(angle), np.sin(angle)])
    return Truth(
        lepton=massless(transverse, random.normal(0.0, 1.2, count)),
        charge=signs(random, count, 0.5),
        from_tau=np.zeros(count, dtype=bool),
        fake=np.ones(count, dtype=bool),
        invisible=invisible,
        jets=jets,
        flavour=flavour,
    )
