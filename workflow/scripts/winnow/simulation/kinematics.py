"""Drawing, decaying and boosting four-momenta: arrays (4, events) of energy, x, y and z in GeV."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def falling(
    random: np.random.Generator, count: int, low: float, high: float, power: float
) -> Array:
    """Draw from x^-power between low and high, shape (count,)."""
    index = 1.0 - power
    edges = np.array([low, high]) ** index
    drawn: Array = (edges[0] + random.random(count) * (edges[1] - edges[0])) ** (1.0 / index)
    return drawn


def circle(random: np.random.Generator, shape: int | tuple[int, ...]) -> Array:
    """Draw unit vectors in the plane, shape (2, *shape)."""
    angle = random.uniform(-np.pi, np.pi, shape)
    return np.stack([np.cos(angle), np.sin(angle)])


def sphere(random: np.random.Generator, count: int) -> Array:
    """Draw unit vectors in space, shape (3, count)."""
    cosine = random.uniform(-1.0, 1.0, count)
    return np.concatenate([np.sqrt(1.0 - cosine**2) * circle(random, count), cosine[None]])


def signs(random: np.random.Generator, count: int, positive: float) -> Array:
    """Draw 1 with a probability, else -1, shape (count,)."""
    return np.where(random.random(count) < positive, 1.0, -1.0)


def on_shell(transverse: Array, rapidity: Array, mass: Array | float) -> Array:
    """Return the four-momentum of a mass with a transverse momentum (2, events)."""
    transverse_mass = np.sqrt(mass**2 + np.sum(transverse**2, axis=0))
    energy, z = transverse_mass * np.cosh(rapidity), transverse_mass * np.sinh(rapidity)
    return np.stack([energy, transverse[0], transverse[1], z])


def massless(transverse: Array, rapidity: Array) -> Array:
    """Return the four-momentum of no mass with a transverse momentum (2, events)."""
    return on_shell(transverse, rapidity, 0.0)


def mass(momentum: Array) -> Array:
    """Return the invariant mass, shape (events,), at least 1 MeV against rounding."""
    squared = momentum[0] ** 2 - np.sum(momentum[1:] ** 2, axis=0)
    root: Array = np.sqrt(np.maximum(squared, 1e-6))
    return root


def boost(momentum: Array, parent: Array) -> Array:
    """Return a four-momentum given in the parent's rest frame in the frame of the parent's own."""
    rest = mass(parent)
    energy = (parent[0] * momentum[0] + np.sum(parent[1:] * momentum[1:], axis=0)) / rest
    along = (momentum[0] + energy) / (parent[0] + rest)
    return np.concatenate([energy[None], momentum[1:] + along * parent[1:]])


def daughter(random: np.random.Generator, parent: Array, cosine: Array) -> Array:
    """Return one of a parent's two massless daughters, (4, events).

    `cosine`, in the parent's rest frame, is to its direction of flight; the azimuth is free.
    """
    axis = parent[1:] / np.sqrt(np.sum(parent[1:] ** 2, axis=0))
    across = sphere(random, cosine.size)
    across -= np.sum(across * axis, axis=0) * axis
    across *= np.sqrt((1.0 - cosine**2) / np.sum(across**2, axis=0))
    return boost(0.5 * mass(parent) * ray(cosine * axis + across), parent)


def helicity_cosine(
    random: np.random.Generator, count: int, shares: tuple[float, float, float]
) -> Array:
    """Draw cos θ* of a W's fermion, shape (count,): shares of (1-cos)², sin² and (1+cos)².

    These are the smallest, middle and largest of three uniform numbers.
    """
    three = np.sort(random.uniform(-1.0, 1.0, (3, count)), axis=0)
    kind = np.searchsorted(np.cumsum(shares)[:2], random.random(count), side="right")
    cosine: Array = np.choose(kind, three)
    return cosine


def ray(direction: Array) -> Array:
    """Return the four-momentum of energy 1 of a massless particle along unit vectors (3, n)."""
    return np.concatenate([np.ones((1, direction.shape[1])), direction])
