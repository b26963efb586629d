"""Simulated neutrinos against what is known of particles in liquid argon."""

import numpy as np
import pytest

from winnow.simulation import hits
from winnow.simulation.hits_particles import (
    CRITICAL_ENERGY,
    MUON,
    PION,
    PROTON,
    RADIATION_LENGTH,
    _conversions,
    shower,
    track,
)

ALONG = np.array([0.0, 0.0, 1.0])
ORIGIN = np.zeros(3)


@pytest.fixture
def random():
    return np.random.default_rng(1)


@pytest.mark.parametrize(("particle", "loss", "fall"), [(PROTON, 17, 0.42), (PION, 8, 0.37)])
@pytest.mark.parametrize("way", [1.0, 5.0, 20.0])
def test_energy_loss_is_that_of_argoneut(particle, loss, fall, way):
    """dE/dx = A·R^−b at R cm before the end (arXiv:1306.1712, table 1)."""
    near = 1e-4
    found = (particle.left(np.array(way + near)) - particle.left(np.array(way))) / near
    assert float(found) == pytest.approx(loss * way**-fall, rel=1e-3)


def test_no_particle_loses_less_than_the_least():
    for particle in (MUON, PION, PROTON):
        far = particle.left(np.array([500.0, 501.0]))
        assert far[1] - far[0] == pytest.approx(2.1)


@pytest.mark.parametrize("kinetic", [10.0, 60.0])
def test_ranges_of_one_speed_are_as_masses(kinetic):
    share = MUON.mass / PION.mass
    assert float(MUON.reach(share * kinetic)) == pytest.approx(share * float(PION.reach(kinetic)))


@pytest.mark.parametrize("particle", [MUON, PION, PROTON])
def test_what_is_left_is_the_inverse_of_the_range(particle):
    kinetic = np.array([1.0, 20, 80, 200, 900])
    assert np.allclose(particle.left(particle.reach(kinetic)), kinetic)


def test_a_track_leaves_its_energy_along_its_range(random):
    own, end = track(PROTON, (150.0, np.inf), ORIGIN, ALONG, random)
    assert own.energy.sum() == pytest.approx(150, rel=0.1)
    assert np.linalg.norm(end) < float(PROTON.reach(150)) * 1.001
    assert np.linalg.norm(end) > 0.8 * float(PROTON.reach(150))
    # it loses more at its end than at its start (Bragg)
    assert own.energy[-4:].mean() > 1.5 * own.energy[:4].mean()


def test_a_track_may_end_before_it_stops(random):
    own, _ = track(PION, (300.0, 10.0), ORIGIN, ALONG, random)
    assert own.energy.sum() < 40
    assert np.linalg.norm(own.points[-1]) == pytest.approx(10, rel=0.02)


def test_muons_scatter_as_highland_says(random):
    """1 GeV muons over 14 cm: 13.6 MeV / (β p) · √(x / X₀), rms of the angle in a plane."""
    angles = []
    for _ in range(800):
        own, _ = track(MUON, (1000.0, RADIATION_LENGTH), ORIGIN, ALONG, random)
        way = own.points[-1] - own.points[-2]
        angles.append(way[0] / np.linalg.norm(way))
    total = 1000 + MUON.mass - 2.1 * 7
    momentum = np.sqrt(total**2 - MUON.mass**2)
    expected = 13.6 / (momentum / total * momentum)
    # the standard error of an rms of 800 is 2.5 %
    assert np.sqrt(np.mean(np.square(angles))) == pytest.approx(expected, rel=0.09)


def test_photons_convert_after_nine_sevenths_of_a_radiation_length(random):
    count = 20_000
    state = _conversions(
        np.zeros((count, 3)), np.tile(ALONG, (count, 1)), np.full(count, 500.0), random
    )
    depth = state[0][:count, 2]
    assert depth.mean() == pytest.approx(9 / 7 * RADIATION_LENGTH, rel=0.03)
    assert np.mean(depth > depth.mean()) == pytest.approx(np.exp(-1), abs=0.015)  # exponential
    assert np.allclose(state[2][:count] + state[2][count : 2 * count], 500)


@pytest.mark.parametrize("energy", [50.0, 300.0, 1500.0])
@pytest.mark.parametrize("pdg", [11, 22])
def test_a_shower_leaves_its_energy(energy, pdg, random):
    left = [shower(energy, ORIGIN, ALONG, pdg, random).energy.sum() for _ in range(40)]
    assert np.mean(left) == pytest.approx(energy, rel=0.05)


def test_showers_are_deepest_where_the_particle_data_group_says(random):
    """t_max = ln(E / E_c) ∓ 0.5 radiation lengths; a photon's one radiation length later."""
    depths = {}
    for pdg in (11, 22):
        for energy in (300.0, 3000.0):
            own = [shower(energy, ORIGIN, ALONG, pdg, random) for _ in range(60)]
            z = np.concatenate([part.points[:, 2] for part in own])
            left = np.concatenate([part.energy for part in own])
            heights, edges = np.histogram(z, np.arange(0, 300, 7.0), weights=left)
            smooth = np.convolve(heights, np.ones(3) / 3, "same")
            depths[pdg, energy] = (edges[smooth.argmax()] + 3.5) / RADIATION_LENGTH
    for energy in (300.0, 3000.0):
        expected = np.log(energy / CRITICAL_ENERGY)
        assert depths[11, energy] == pytest.approx(expected - 0.5, abs=0.8)
        assert depths[22, energy] == pytest.approx(expected + 0.5, abs=1.0)


def test_the_three_planes_see_one_point():
    points = np.random.default_rng(2).uniform([0, -70, 0], [100, 70, 256], (50, 3))
    u, v, w = (hits.projected(points, plane) for plane in range(3))
    assert np.allclose(u + v, w + 128)
    assert np.array_equal(w, points[:, 2])
    assert np.allclose(v - u, np.sqrt(3) * points[:, 1])


@pytest.fixture(scope="module")
def events():
    return {name: hits.simulated(name, 12, 1, 0) for name in hits.PROCESSES}


@pytest.mark.parametrize("process", hits.PROCESSES)
def test_hits_lie_in_the_detector_and_are_ordered(events, process):
    table = events[process]
    assert table.column_names == list(hits.COLUMNS)
    for row in table.to_pylist():
        plane, wire, x = (np.array(row[f"hit_{name}"]) for name in ("plane", "wire", "x"))
        assert ((wire >= hits.WIRE_RANGE[0]) & (wire <= hits.WIRE_RANGE[1])).all()
        assert ((x >= hits.DRIFT_RANGE[0]) & (x <= hits.DRIFT_RANGE[1])).all()
        assert np.array_equal(np.lexsort((x, wire, plane)), np.arange(len(plane)))
        assert min(row["hit_charge"], default=1) > 0


def test_classes_are_those_of_the_particles(events):
    """Electrons and photons shower, heavier particles are tracks, what is neither is noise."""
    for table in events.values():
        for row in table.to_pylist():
            pdg, label = np.array(row["hit_pdg"]), np.array(row["hit_class"])
            assert set(label[pdg == 0]) <= {0}
            for own, code in (((11, 22), 1), ((13, 211, 2212), 2)):
                found = label[np.isin(pdg, own)]
                assert np.count_nonzero(found != code) <= 0.05 * len(found) + 3


def test_processes_have_their_leptons(events):
    def kinds(name):
        return {pdg for row in events[name].to_pylist() for pdg in row["hit_pdg"]}

    assert 13 in kinds("numu_cc")
    assert 13 not in kinds("nue_cc") | kinds("nc")
    assert 22 in kinds("nc")
    shares = {}
    for name in hits.PROCESSES:
        label = np.concatenate([np.array(row["hit_class"]) for row in events[name].to_pylist()])
        shares[name] = np.mean(label[label > 0] == 1)
    assert shares["nue_cc"] > 0.6 > shares["numu_cc"]


def test_events_follow_from_seed_process_and_chunk():
    again = hits.simulated("nc", 3, 1, 0)
    assert again.equals(hits.simulated("nc", 5, 1, 0).slice(0, 3))
    others = [hits.simulated("nc", 3, 2, 0), hits.simulated("nc", 3, 1, 1)]
    for other in others:
        assert not other["hit_x"].equals(again["hit_x"])
    ids = [
        hits.simulated(name, 4, 1, number)["event"].to_pylist()
        for name in hits.PROCESSES
        for number in (0, 1)
    ]
    assert len({event for own in ids for event in own}) == 24
