"""The toy detector of the compressed stop search: from four-momenta to features and preselection.

The cuts are those of the published search (CMS, arXiv:1805.05784); resolutions, efficiencies and
discriminants are round numbers of the right size, listed in `docs/simulation.md`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.simulation.stop_kinematics import BOTTOM, CHARM, Truth

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEATURES = (
    *("LepChg", "LepPt", "LepEta", "Dxy", "Dz", "RelIso", "Met", "mt", "Njet", "Jet1Pt", "Jet2Pt"),
    *("HT", "NbLoose", "JetHBpt", "JetHBCSV", "JetB2pt", "DrJetHBLep"),
)
"""The features, in the order of the files of seventeen; momenta in GeV, Dxy and Dz in cm."""

LOOSE_WORKING_POINT = 0.5426
"""Smallest discriminant of a loose b jet (CSVv2, 2016)."""

MET_CUT, HT_CUT, JET1_CUT = 280.0, 200.0, 110.0
LEPTON_PT_CUT, LEPTON_ETA_CUT = 3.5, 2.4
JET_PT_CUT, JET_ETA_CUT = 30.0, 2.4
DXY_CUT, DZ_CUT = 0.02, 0.1

_NO_HOPE = 180.0  # invisible momentum that the smearing does not lift over the cut on Met
_MET_NOISE = 18.0
_CONE = 0.4
# Kumaraswamy's (a, b) of a jet's discriminant; loose tags: light 10 %, charm 42 %, bottom 82 %
_DISCRIMINANT = {CHARM: (0.85, 0.95), BOTTOM: (2.5, 0.8)}
_LIGHT_DISCRIMINANT = (1.0, 3.0)


@dataclass(frozen=True)
class _Jets:
    """Jets that count, the others with transverse momentum 0; all of shape (jets, events)."""

    pt: Array
    eta: Array
    phi: Array
    discriminant: Array


def observe(truth: Truth, random: np.random.Generator) -> dict[str, Array]:
    """Return the features of the events that pass acceptance, efficiency and preselection.

    Args:
        truth: events before the detector.
        random: source of smearing and efficiency.

    Returns:
        Every feature of FEATURES, shape (accepted,), in the order of the events.
    """
    truth = truth.take(_in_acceptance(truth, random))
    lepton_pt, lepton_eta, lepton_phi = _polar(truth.lepton)
    jets, met_x, met_y = _measure(truth, lepton_eta, lepton_phi, random)
    met = np.hypot(met_x, met_y)
    features = {
        "LepChg": truth.charge,
        "LepPt": lepton_pt,
        "LepEta": lepton_eta,
        **_lepton_quality(truth, lepton_pt, random),
        "Met": met,
        "mt": transverse_mass(lepton_pt, met, lepton_phi - np.arctan2(met_y, met_x)),
        **_jet_features(jets),
        **_b_jet_features(jets, lepton_eta, lepton_phi),
    }
    accepted = _preselected(features, jets)
    return {name: features[name][accepted] for name in FEATURES}


def transverse_mass(lepton_pt: Array, met: Array, angle: Array) -> Array:
    """Return sqrt(2 pT Met (1 - cos φ)) of a lepton and missing momentum at an angle φ."""
    mass: Array = np.sqrt(2.0 * lepton_pt * met * (1.0 - np.cos(angle)))
    return mass


def _in_acceptance(truth: Truth, random: np.random.Generator) -> Flags:
    """Keep leptons that the detector finds, in events that may pass the cut on Met."""
    pt = np.hypot(truth.lepton[1], truth.lepton[2])
    efficiency = 0.9 - 0.5 * np.exp(-np.maximum(pt - LEPTON_PT_CUT, 0.0) / 8.0)
    kept: Flags = pt > LEPTON_PT_CUT
    kept &= random.random(pt.size) < efficiency
    kept &= np.abs(truth.lepton[3]) < pt * np.sinh(LEPTON_ETA_CUT)
    kept &= np.hypot(*truth.invisible) > _NO_HOPE
    return kept


def _polar(momentum: Array) -> tuple[Array, Array, Array]:
    """Return transverse momentum, pseudorapidity and azimuth of a four-momentum (..., 4, n)."""
    x, y, z = momentum[..., 1, :], momentum[..., 2, :], momentum[..., 3, :]
    pt = np.hypot(x, y)
    eta = np.arcsinh(np.divide(z, pt, out=np.zeros_like(pt), where=pt > 0.0))
    return pt, eta, np.arctan2(y, x)


def _distance(eta: Array, phi: Array) -> Array:
    """Return sqrt(Δη² + Δφ²) of differences, that in azimuth brought to [-π, π]."""
    distance: Array = np.hypot(eta, np.remainder(phi + np.pi, 2.0 * np.pi) - np.pi)
    return distance


def _measure(
    truth: Truth, lepton_eta: Array, lepton_phi: Array, random: np.random.Generator
) -> tuple[_Jets, Array, Array]:
    """Smear the jets and, by as much and a noise, the missing momentum; return its x and y."""
    pt, eta, phi = _polar(truth.jets)
    resolution = np.hypot(0.05 * pt, 0.8 * np.sqrt(pt))
    error = np.maximum(resolution * random.standard_normal(pt.shape), -pt)
    met_x, met_y = truth.invisible + _MET_NOISE * random.standard_normal((2, lepton_eta.size))
    met_x -= np.sum(error * np.cos(phi), axis=0)
    met_y -= np.sum(error * np.sin(phi), axis=0)
    pt += error
    counted = (pt > JET_PT_CUT) & (np.abs(eta) < JET_ETA_CUT)
    counted &= _distance(eta - lepton_eta, phi - lepton_phi) > _CONE
    discriminant = _discriminant(truth.flavour, random)
    return (
        _Jets(np.where(counted, pt, 0.0), eta, phi, np.where(counted, discriminant, -1.0)),
        met_x,
        met_y,
    )


def _discriminant(flavour: NDArray[np.int8], random: np.random.Generator) -> Array:
    """Draw each jet's b-tag discriminant, between 0 and 1, by the quantiles of its flavour."""
    a, b = (np.full(flavour.shape, value) for value in _LIGHT_DISCRIMINANT)
    for kind, (first, second) in _DISCRIMINANT.items():
        a[flavour == kind], b[flavour == kind] = first, second
    drawn: Array = (1.0 - random.random(flavour.shape) ** (1.0 / b)) ** (1.0 / a)
    return drawn


def _lepton_quality(truth: Truth, pt: Array, random: np.random.Generator) -> dict[str, Array]:
    """Draw impact parameters and relative isolation: wide for fakes, long-lived for taus."""
    scattering = 1.0 + 5.0 / pt
    dxy = 0.002 * scattering * random.standard_normal(pt.size)
    dz = 0.004 * scattering * random.standard_normal(pt.size)
    length = np.where(truth.fake, 0.008, np.where(truth.from_tau, 0.003, 0.0))
    flight = length * random.standard_exponential(pt.size)
    angle = random.uniform(-np.pi, np.pi, pt.size)
    activity = random.standard_exponential((2, pt.size))
    isolation = np.where(truth.fake, 1.5 * activity.sum(axis=0), 0.8 * activity[0])
    return {
        "Dxy": dxy + flight * np.sin(angle),
        "Dz": dz + 2.0 * flight * np.cos(angle),
        "RelIso": isolation / pt,
    }


def _jet_features(jets: _Jets) -> dict[str, Array]:
    ordered = np.sort(jets.pt, axis=0)
    return {
        "Njet": np.sum(jets.pt > 0.0, axis=0).astype(np.float64),
        "Jet1Pt": ordered[-1],
        "Jet2Pt": ordered[-2],
        "HT": jets.pt.sum(axis=0),
    }


def _b_jet_features(jets: _Jets, lepton_eta: Array, lepton_phi: Array) -> dict[str, Array]:
    """Return what the jets with the largest and second largest discriminants are."""
    order = np.argsort(jets.discriminant, axis=0)
    best, second = order[-1:], order[-2:-1]

    def of(jet: NDArray[np.intp], values: Array) -> Array:
        taken: Array = np.take_along_axis(values, jet, axis=0)[0]
        return taken

    is_loose = of(second, jets.discriminant) > LOOSE_WORKING_POINT
    return {
        "NbLoose": np.sum(jets.discriminant > LOOSE_WORKING_POINT, axis=0).astype(np.float64),
        "JetHBpt": of(best, jets.pt),
        "JetHBCSV": of(best, jets.discriminant),
        "JetB2pt": np.where(is_loose, of(second, jets.pt), 0.0),
        "DrJetHBLep": _distance(of(best, jets.eta) - lepton_eta, of(best, jets.phi) - lepton_phi),
    }


def _preselected(features: dict[str, Array], jets: _Jets) -> Flags:
    """Apply the preselection; back-to-back jets, the mark of a mismeasured one, are refused."""
    order = np.argsort(jets.pt, axis=0)
    leading, next_one = (np.take_along_axis(jets.phi, order[i][None], axis=0)[0] for i in (-1, -2))
    back_to_back = _distance(np.zeros_like(leading), leading - next_one) > 2.5
    lepton_pt, relative = features["LepPt"], features["RelIso"]
    kept: Flags = features["Met"] > MET_CUT
    kept &= features["HT"] > HT_CUT
    kept &= features["Jet1Pt"] > JET1_CUT
    kept &= ~(back_to_back & (features["Jet2Pt"] > 60.0))
    kept &= np.where(lepton_pt < 25.0, relative * lepton_pt < 5.0, relative < 0.2)
    kept &= np.abs(features["Dxy"]) < DXY_CUT
    kept &= np.abs(features["Dz"]) < DZ_CUT
    return kept
