"""A cascade of partons: splittings of 1 to 2 ordered in angle, with a running coupling.

Angles are distances in pseudorapidity and azimuth, energies transverse momenta, so that nothing
changes along the beam. In the collinear limit a parton of transverse momentum p splits with

    dP = dθ²/θ² dz α_s(zpθ)/2π P(z),

z the share of the daughter that is mostly soft, and both go on below the angle θ between them
(Marchesini and Webber, Nucl. Phys. B 310 (1988) 461; Ellis, Stirling and Webber, "QCD and Collider
Physics", chapter 5). All partons of all jets take one step at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from winnow.simulation.kinematics import circle

Array = NDArray[np.float64]

C_F, C_A, T_R, FLAVOURS = 4.0 / 3.0, 3.0, 0.5, 5
LAMBDA = 0.2
"""GeV, of one loop and five flavours: α_s(91.2 GeV) is 0.134, as of showers at leading order."""
CUT_OFF = 0.5
"""GeV: the least transverse momentum of a daughter to its parent."""

_BETA = (33.0 - 2.0 * FLAVOURS) / (12.0 * np.pi)


@dataclass(frozen=True)
class Partons:
    """Partons of many jets, a row each.

    Attributes:
        jet: whose it is, int64 (partons,).
        momentum: transverse, in GeV, float64 (partons,).
        place: pseudorapidity and azimuth, which is not wrapped, float64 (2, partons).
        angle: below which it may split, float64 (partons,).
        gluon: bool (partons,).
        mass: in GeV, float64 (partons,): none radiates below the angle mass/momentum, its dead cone
            (Dokshitzer, Khoze and Troyan, J. Phys. G 17 (1991) 1602).
    """

    jet: NDArray[np.int64]
    momentum: Array
    place: Array
    angle: Array
    gluon: NDArray[np.bool_]
    mass: Array

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "Partons":
        """Return those of a mask."""
        return Partons(
            self.jet[chosen],
            self.momentum[chosen],
            self.place[:, chosen],
            self.angle[chosen],
            self.gluon[chosen],
            self.mass[chosen],
        )


def integrated_coupling(low: Array | float, high: Array | float) -> Array:
    """Return ∫ α_s d ln k of one loop between scales, shape kept; 0 where they are upside down.

    Args:
        low: ln(k/LAMBDA) of the lower scale k, above 0.
        high: that of the upper.
    """
    value: Array = 0.5 / _BETA * np.log(np.maximum(high / low, 1.0))
    return value


def cascade(random: np.random.Generator, partons: Partons) -> Partons:
    """Let partons split until none can: its daughters would be below CUT_OFF.

    The sum of the momenta of a jet, and its centre weighted with them, stay what they were.

    Returns:
        What remains, in the order in which it was ready.
    """
    ready = []
    while partons.jet.size:
        able = partons.momentum * partons.angle > np.maximum(2.0 * CUT_OFF, partons.mass)
        ready.append(partons[~able])
        partons = _step(random, partons[able])
    return joined([*ready, partons])


def emission_rate(reach: Array, gluon: NDArray[np.bool_]) -> Array:
    """Return the bound on splittings per ln θ² of partons: ∫ dz α_s/2π 2C/z, shape (partons,).

    Args:
        reach: momentum × angle in GeV, the transverse momentum of a daughter that takes all.
        gluon: which are gluons, the others quarks.
    """
    colour = np.where(gluon, C_A, C_F)
    reached = integrated_coupling(np.log(CUT_OFF / LAMBDA), np.log(reach / LAMBDA))
    rate: Array = colour / np.pi * reached
    return rate


def kernel(share: Array, gluon: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the kernels over their bound 2C/z, and the part of them that makes quark pairs.

    q → qg: C_F (1 + (1 - z)²)/z, the gluon takes z. g → gg: C_A (1 - z)(2 + z²)/z, which counts a
    splitting once (2C_A ((1 - z)/z + z/(1 - z) + z(1 - z))/2 with its symmetry used). g → qq̄:
    T_R n_f (z² + (1 - z)²). For z from 0 to 1 neither the first nor the others' sum exceeds 1.

    Args:
        share: z, shape (partons,).
        gluon: which are gluons.
    """
    rest = 1.0 - share
    pairs = np.where(gluon, T_R * FLAVOURS * share * (share**2 + rest**2) / (2.0 * C_A), 0.0)
    gluons = np.where(gluon, rest * (2.0 + share**2), 1.0 + rest**2) / 2.0
    return gluons + pairs, pairs


def splittings(
    random: np.random.Generator, reach: Array, gluon: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw z by the bound α_s(z reach)/z, and whether the kernel takes it.

    Args:
        random: where numbers come from.
        reach: momentum × angle in GeV, shape (partons,).
        gluon: which are gluons.

    Returns:
        z, whether it is taken (never with a daughter below CUT_OFF), whether quarks come of it.
    """
    low, high = np.log(CUT_OFF / LAMBDA), np.log(reach / LAMBDA)
    # α_s dz/z is flat in the logarithm of ln(kT/Λ)
    share = np.exp(low * (high / low) ** random.random(reach.size) - high)
    whole, pairs = kernel(share, gluon)
    drawn = random.random(reach.size)
    taken = (drawn < whole) & ((1.0 - share) * reach > CUT_OFF)
    return share, taken, drawn < pairs


def _step(random: np.random.Generator, partons: Partons) -> Partons:
    """Lower each parton's angle to that of its next trial, and split those that it takes."""
    count = partons.jet.size
    before = emission_rate(partons.momentum * partons.angle, partons.gluon)
    angle = partons.angle * np.exp(-0.5 * random.standard_exponential(count) / before)
    reach = np.maximum(partons.momentum * angle, CUT_OFF)
    # the bound was that of the larger angle
    kept = random.random(count) * before < emission_rate(reach, partons.gluon)
    share, taken, pairs = splittings(random, reach, partons.gluon)
    across = angle * circle(random, count)
    split = kept & taken & (partons.momentum * angle > partons.mass)
    # the daughter with z lies on the other side of the parent than its sister
    softer, harder = (
        Partons(
            partons.jet,
            own * partons.momentum,
            partons.place + lever * across,
            angle,
            gluon,
            mass,
        )
        for own, lever, gluon, mass in (
            (share, 1.0 - share, ~(partons.gluon & pairs), np.zeros(count)),
            (1.0 - share, -share, partons.gluon & ~pairs, partons.mass),
        )
    )
    lowered = replace(partons, angle=angle)
    return joined([lowered[~split], softer[split], harder[split]])


def joined(parts: Sequence[Partons]) -> Partons:
    """Return partons after one another."""
    return Partons(
        np.concatenate([part.jet for part in parts]),
        np.concatenate([part.momentum for part in parts]),
        np.concatenate([part.place for part in parts], axis=1),
        np.concatenate([part.angle for part in parts]),
        np.concatenate([part.gluon for part in parts]),
        np.concatenate([part.mass for part in parts]),
    )
