"""Toy tracks of a forward spectrometer, and as what each is reconstructed, with known probability.

A vertex locator around the collisions, a tracker before the magnet, the magnet, trackers behind it.
A particle is found in each of the three with a probability of its own, which falls to zero over a
few centimetres where it leaves their acceptance; all numbers are round ones, of the size of LHCb's.
Found in the first and the last it is a long track; in the first and the second alone an upstream
one, whose momentum is too low, or its direction wrong, for the trackers behind the magnet; in the
second and the last alone a downstream one, mostly of a decay behind the vertex locator.
`docs/simulation.md` lists what is in it.

The tracks of a chunk depend on the seed, the process and the chunk's number alone, and a shorter
chunk is the beginning of a longer one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from winnow.identity import key

Array = NDArray[np.float64]

PROCESSES = ("tracks",)

FEATURES = (
    *("mc_x", "mc_y", "mc_z", "mc_log10_p", "mc_tx", "mc_ty", "mc_eta", "mc_phi"),
    *("mc_is_e", "mc_is_mu", "mc_is_h", "mc_charge"),
)
"""Origin in mm, log10 of the momentum in MeV, slopes dx/dz and dy/dz, pseudorapidity, azimuth; kind
(electron, muon, hadron) as flags; charge."""

CLASSES = ("unreconstructed", "long", "upstream", "downstream")
CLASS_COLUMN = "reconstructed_as"
TRUTH = tuple(f"p_{name}" for name in CLASSES)
"""Columns of the true probabilities, in the order of CLASSES."""

COLUMNS = (*FEATURES, CLASS_COLUMN, *TRUTH)

_BATCH = 65_536

_ELECTRONS, _MUONS = 0.12, 0.08  # the rest are hadrons
_SOFTEST, _HARDEST = 2.7, 5.3  # log10 of 500 MeV and 200 GeV
_DISPLACED, _FAR = 0.3, 0.4  # of all, of those
_NEAR_FLIGHT, _FAR_FLIGHT, _LONGEST_FLIGHT = 250.0, 1800.0, 6000.0
_BEAM_WIDTH, _BEAM_LENGTH = 0.05, 55.0

_VERTEX_END = 650.0
_TRACKER, _TRACKER_X, _TRACKER_Y, _TRACKER_HOLE = 2500.0, 750.0, 640.0, 45.0
_MAGNET, _MAGNET_LENGTH, _KICK = 5250.0, 700.0, 1.2  # GeV: 0.3 × 4 Tm
_BEHIND, _BEHIND_X, _BEHIND_Y, _BEHIND_HOLE = 8500.0, 2900.0, 2400.0, 130.0


@dataclass(frozen=True)
class _Reach:
    """Probability to be found in each of the three detectors, shape (tracks,)."""

    vertex: Array
    before: Array
    behind: Array


def simulated(process: str, count: int, seed: int, number: int) -> pa.Table:
    """Simulate the tracks of a chunk.

    Args:
        process: one of PROCESSES.
        count: number of tracks.
        seed: the study's seed.
        number: the chunk's number, from 0.

    Returns:
        COLUMNS: features and true probabilities float32, the drawn class a dictionary of texts.
    """
    batches = []
    for start in range(0, max(count, 1), _BATCH):
        name = key("simulate", seed, process, number, start // _BATCH)
        random = np.random.Generator(np.random.Philox(name))
        batches.append(_batch(random).slice(0, count - start))
    return pa.concat_tables(batches)


def probabilities(features: Mapping[str, Array]) -> Array:
    """Return the true probability of each of CLASSES, shape (tracks, classes).

    Args:
        features: every feature of FEATURES, float64 of shape (tracks,).
    """
    reach = _reach(features)
    momentum = features["mc_log10_p"]
    electron = features["mc_is_e"]
    # to join the parts: harder where many tracks are close, and where electrons have radiated
    crowded = expit((features["mc_eta"] - 4.4) / 0.25)
    matched = 0.97 - 0.07 * crowded - 0.15 * electron * expit((3.9 - momentum) / 0.25)
    long = reach.vertex * reach.behind * matched
    upstream = reach.vertex * (1.0 - reach.behind) * reach.before * (0.85 - 0.15 * electron)
    far = expit((features["mc_z"] - 1500.0) / 500.0)
    downstream = (1.0 - reach.vertex) * reach.before * reach.behind * (0.88 - 0.13 * far)
    found = np.stack([long, upstream, downstream], axis=1)
    return np.concatenate([1.0 - found.sum(axis=1, keepdims=True), found], axis=1)


def _reach(features: Mapping[str, Array]) -> _Reach:
    """Return where a track is found: what its line, bent by the magnet, meets; what it loses."""
    x, y, z = (features[f"mc_{axis}"] for axis in "xyz")
    tx, ty, eta = features["mc_tx"], features["mc_ty"], features["mc_eta"]
    log_momentum = features["mc_log10_p"]
    electron, hadron = features["mc_is_e"], features["mc_is_h"]

    vertex = expit((eta - 1.95) / 0.1) * expit((5.1 - eta) / 0.15) * expit((_VERTEX_END - z) / 60.0)
    vertex *= 0.98 - 0.04 * electron

    x_before, y_before = x + tx * (_TRACKER - z), y + ty * (_TRACKER - z)
    before = expit((_TRACKER_X - np.abs(x_before)) / 40.0)
    before *= expit((_TRACKER_Y - np.abs(y_before)) / 40.0)
    before *= expit((np.hypot(x_before, y_before) - _TRACKER_HOLE) / 8.0)
    before *= expit((_TRACKER - 200.0 - z) / 80.0)
    before *= 0.97 - 0.03 * hadron - 0.12 * electron

    # a track that starts inside of the magnet is bent by what is left of it
    kick = features["mc_charge"] * _KICK * 10.0 ** (3.0 - log_momentum)
    kick *= expit((_MAGNET - z) / _MAGNET_LENGTH)
    x_behind = x + tx * (_BEHIND - z) + kick * (_BEHIND - _MAGNET)
    y_behind = y + ty * (_BEHIND - z)
    behind = expit((_BEHIND_X - np.abs(x_behind)) / 180.0)
    behind *= expit((_BEHIND_Y - np.abs(y_behind)) / 120.0)
    behind *= expit((np.hypot(x_behind, y_behind) - _BEHIND_HOLE) / 20.0)
    # soft tracks curl up in the magnet's edge; hadrons are absorbed, electrons radiate
    behind *= expit((log_momentum - 3.2) / 0.07)
    behind *= 0.985 - 0.09 * hadron - electron * (0.12 + 0.3 * expit((4.0 - log_momentum) / 0.3))
    return _Reach(vertex, before, behind)


def _batch(random: np.random.Generator) -> pa.Table:
    features = _features(random)
    truth = probabilities(features)
    drawn = (random.random(_BATCH)[:, np.newaxis] >= np.cumsum(truth, axis=1)[:, :-1]).sum(axis=1)
    columns = {name: features[name].astype(np.float32) for name in FEATURES}
    columns[CLASS_COLUMN] = pa.DictionaryArray.from_arrays(drawn.astype(np.int32), list(CLASSES))
    columns |= {name: truth[:, index].astype(np.float32) for index, name in enumerate(TRUTH)}
    return pa.table(columns)


def _features(random: np.random.Generator) -> dict[str, Array]:
    """Draw the features of a batch: FEATURES, float64 of shape (_BATCH,)."""
    kind = random.random(_BATCH)
    electron, muon = kind < _ELECTRONS, (kind >= _ELECTRONS) & (kind < _ELECTRONS + _MUONS)
    softness = np.where(electron, 4.4, np.where(muon, 2.8, 3.4))
    momentum = _SOFTEST + (_HARDEST - _SOFTEST) * random.beta(2.2, softness)
    eta = 1.4 + 4.4 * random.beta(2.0, 2.4, _BATCH)
    phi = random.uniform(-np.pi, np.pi, _BATCH)
    tx, ty = np.cos(phi) / np.sinh(eta), np.sin(phi) / np.sinh(eta)

    displaced = random.random(_BATCH) < _DISPLACED
    scale = np.where(random.random(_BATCH) < _FAR, _FAR_FLIGHT, _NEAR_FLIGHT)
    # an exponential that ends where nothing more would be found
    within = random.random(_BATCH) * -np.expm1(-_LONGEST_FLIGHT / scale)
    flight = np.where(displaced, -scale * np.log1p(-within), 0.0)
    # what decayed flew nearly in the direction of its daughter
    x, y = (
        random.normal(0.0, _BEAM_WIDTH, _BATCH) + flight * random.normal(slope, 0.02)
        for slope in (tx, ty)
    )
    z = random.normal(0.0, _BEAM_LENGTH, _BATCH) + flight
    charge = np.where(random.random(_BATCH) < 0.5, 1.0, -1.0)
    drawn = (x, y, z, momentum, tx, ty, eta, phi, electron, muon, ~(electron | muon), charge)
    return dict(zip(FEATURES, (values.astype(np.float64) for values in drawn), strict=True))
