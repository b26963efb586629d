"""The processes of the simulated compressed stop search: models, cross-sections, acceptances.

Names are those of the published search's samples, whose first two letters give the tutorial's
class. Cross-sections are real, acceptances invented; `docs/simulation.md` gives the sources.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from winnow.simulation.stop_kinematics import (
    Model,
    Radiation,
    multijet,
    stop_pair,
    top_quarks,
    w_boson,
    z_to_neutrinos,
    z_to_taus,
)


@dataclass(frozen=True)
class Process:
    """Facts on a process.

    Attributes:
        model: draws its events before the detector.
        cross_section: of the whole process, in pb.
        acceptance: share of its events that pass the preselection.
        negative: share of events with a negative weight.
        is_signal: it goes to the signal files.
        stop: mass of the top squark in GeV, of signal.
    """

    model: Model
    cross_section: float
    acceptance: float
    negative: float = 0.0
    is_signal: bool = False
    stop: float | None = None


# (stop, neutralino) in GeV: cross-section in pb, acceptance
_MASS_POINTS = {
    (250, 220): (21.5949, 0.0040),
    (300, 270): (8.51615, 0.0050),
    (350, 320): (3.78661, 0.0060),
    (400, 350): (1.83537, 0.0110),
    (450, 420): (0.948333, 0.0080),
    (500, 420): (0.51848, 0.0180),
    (500, 450): (0.51848, 0.0130),
    (550, 520): (0.296128, 0.0100),
    (600, 550): (0.174599, 0.0150),
}

# (least, largest) sum of the jets' momenta in GeV: cross-section in pb, acceptance
_Bins = Mapping[tuple[int, int], tuple[float, float]]
_W_BINS: _Bins = {
    (200, 400): (435.2, 0.0012),
    (400, 600): (59.18, 0.010),
    (600, 800): (14.58, 0.020),
    (800, 1200): (6.66, 0.030),
    (1200, 2500): (1.608, 0.040),
}
_NEUTRINO_BINS: _Bins = {
    (200, 400): (96.38, 0.00015),
    (400, 600): (13.46, 0.0010),
    (600, 800): (3.962, 0.0020),
    (800, 1200): (1.813, 0.0030),
    (1200, 2500): (0.4411, 0.0040),
}
_DRELL_YAN_BINS: _Bins = {
    (400, 600): (5.678, 0.0020),
    (600, 800): (1.367, 0.0040),
    (800, 1200): (0.6304, 0.0060),
}
_MULTIJET_BINS: _Bins = {(700, 1000): (6831.0, 2e-6), (1000, 1500): (1207.0, 6e-6)}

_LEAST_SUM = 260.0  # what lies below hardly has the missing momentum of the preselection
_SLOPE = 4.5
_W_PLUS = 0.58  # share of W+ at 13 TeV


def _in_bins(pattern: str, model: Callable[[Radiation], Model], bins: _Bins) -> dict[str, Process]:
    return {
        pattern.format(low, high): Process(
            model(Radiation(max(low, _LEAST_SUM), high, _SLOPE, recoil=240.0)), *facts
        )
        for (low, high), facts in bins.items()
    }


def _w_jets(radiation: Radiation) -> Model:
    return w_boson(radiation, _W_PLUS)


_TOP_RADIATION = Radiation(40.0, 2000.0, 2.5, extra=0.8, charm=0.06)
_DIBOSON = Radiation(_LEAST_SUM, 2500.0, 5.0, recoil=240.0, extra=0.8, charm=0.25, bottom=0.01)
_DIBOSON_Z = Radiation(_LEAST_SUM, 2500.0, 5.0, recoil=240.0, extra=0.8, charm=0.12, bottom=0.15)

PROCESSES: Mapping[str, Process] = MappingProxyType(
    {
        **{
            f"T2DegStop_{stop}_{neutralino}": Process(
                stop_pair(stop, neutralino), *facts, is_signal=True, stop=stop
            )
            for (stop, neutralino), facts in _MASS_POINTS.items()
        },
        **_in_bins("Wjets_{}to{}", _w_jets, _W_BINS),
        "TT_pow": Process(top_quarks(_TOP_RADIATION, 300.0, True, 0.2), 831.8, 7e-4, 0.005),
        **_in_bins("ZJetsToNuNu_HT{}to{}", z_to_neutrinos, _NEUTRINO_BINS),
        **_in_bins("DYJetsToLL_M50_HT{}to{}", z_to_taus, _DRELL_YAN_BINS),
        "T_tWch_ext": Process(top_quarks(_TOP_RADIATION, 300.0, False, 0.2), 35.6, 0.0012),
        "TBar_tWch_ext": Process(top_quarks(_TOP_RADIATION, 300.0, False, 0.2), 35.6, 0.0012),
        "WW": Process(w_boson(_DIBOSON, 0.5), 115.0, 0.0003),
        "WZ": Process(w_boson(_DIBOSON_Z, 0.6), 47.13, 0.0004, 0.15),
        **_in_bins("QCD_HT{}to{}", multijet, _MULTIJET_BINS),
    }
)
"""Every process that can be simulated, by the name that stands in the files before `.root`."""
