"""Simulated tracks: true probabilities, what is drawn by them, and chunks that stand alone."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import chi2

from winnow.simulation.collect import collect
from winnow.simulation.simulators import tracks as simulator
from winnow.simulation.tracks import (
    CLASS_COLUMN,
    CLASSES,
    COLUMNS,
    FEATURES,
    TRUTH,
    probabilities,
    simulated,
)
from winnow.study.keys.simulate import SimulatedChunk

COUNT = 200_000


@pytest.fixture(scope="module")
def tracks():
    return simulated("tracks", COUNT, 1, 0).to_pandas()


def truth(tracks):
    return tracks[list(TRUTH)].to_numpy(np.float64)


def drawn(tracks):
    return tracks[CLASS_COLUMN].cat.codes.to_numpy()


def one(**changes):
    """A muon of 10 GeV from a collision, in the middle of the acceptance."""
    eta, phi = changes.pop("eta", 3.2), changes.pop("phi", 0.8)
    slopes = {
        "mc_tx": np.cos(phi) / np.sinh(eta),
        "mc_ty": np.sin(phi) / np.sinh(eta),
        "mc_eta": eta,
        "mc_phi": phi,
    }
    flags = {"mc_is_mu": 1.0, "mc_log10_p": 4.0, "mc_charge": 1.0}
    own = {**dict.fromkeys(FEATURES, 0.0), **slopes, **flags, **changes}
    features = {name: np.array([float(own[name])]) for name in FEATURES}
    return dict(zip(CLASSES, probabilities(features)[0], strict=True))


def test_the_columns_are_those_that_are_told(tracks):
    assert tuple(tracks) == COLUMNS == simulator.columns(simulator.Keys())
    assert len(tracks) == COUNT
    assert tracks[CLASS_COLUMN].cat.categories.tolist() == list(CLASSES)


def test_probabilities_are_of_the_features_and_sum_to_one(tracks):
    found = truth(tracks)
    assert (found >= 0).all()
    assert (found <= 1).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=3e-7)  # float32
    features = {name: tracks[name].to_numpy(np.float64) for name in FEATURES}
    # what float32 takes off a slope moves an edge that is 8 mm wide
    np.testing.assert_allclose(probabilities(features), found, atol=1e-4)


def test_slopes_are_those_of_the_angles(tracks):
    transverse = np.hypot(tracks["mc_tx"], tracks["mc_ty"])
    np.testing.assert_allclose(np.arcsinh(1 / transverse), tracks["mc_eta"], rtol=1e-5)
    np.testing.assert_allclose(
        np.arctan2(tracks["mc_ty"], tracks["mc_tx"]), tracks["mc_phi"], atol=1e-5
    )
    assert (tracks[["mc_is_e", "mc_is_mu", "mc_is_h"]].sum(axis=1) == 1).all()
    assert set(tracks["mc_charge"]) == {-1.0, 1.0}


@pytest.mark.parametrize("column", ["mc_log10_p", "mc_eta", "mc_z", "mc_phi"])
def test_classes_are_drawn_by_their_probabilities(tracks, column):
    """Chi² of counts against sums of probabilities in 20 bins, whose variance is Σp(1 − p)."""
    cell = tracks[column].rank(method="first").to_numpy() * 20 // (COUNT + 1)
    found, own = truth(tracks), drawn(tracks)
    for label in range(len(CLASSES)):
        expected, variance, count = (
            np.bincount(cell.astype(int), weights)
            for weights in (found[:, label], found[:, label] * (1 - found[:, label]), own == label)
        )
        kept = variance > 20
        squares = ((count - expected) ** 2 / variance)[kept].sum()
        assert 1e-4 < chi2.sf(squares, kept.sum()) < 1 - 1e-4, CLASSES[label]


def test_efficiencies_are_those_of_a_forward_spectrometer():
    middle = one()
    assert middle["long"] > 0.9
    assert one(mc_log10_p=3.0)["upstream"] > 5 * middle["upstream"]  # lost in the magnet
    assert one(mc_log10_p=3.0)["long"] < 0.1
    assert one(mc_z=1500.0)["downstream"] > 0.7  # behind the vertex locator
    assert one(mc_z=1500.0)["long"] < 0.01
    assert one(eta=1.6)["unreconstructed"] > 0.9
    assert one(eta=5.5)["unreconstructed"] > 0.9
    electron = one(mc_is_mu=0.0, mc_is_e=1.0)
    hadron = one(mc_is_mu=0.0, mc_is_h=1.0)
    assert electron["long"] < hadron["long"] < middle["long"]
    # at the edge, the magnet bends one charge in and the other out, and the field is symmetric
    edge = {"eta": 2.0, "phi": 0.0, "mc_log10_p": 3.5}
    out, inwards = one(**edge, mc_charge=1.0), one(**edge, mc_charge=-1.0)
    assert inwards["long"] > 1.5 * out["long"]
    mirrored = one(**{**edge, "phi": np.pi}, mc_charge=-1.0)
    assert mirrored["long"] == pytest.approx(out["long"])


def test_a_chunk_depends_on_seed_and_number_alone(tracks):
    assert simulated("tracks", COUNT, 1, 0).to_pandas().equals(tracks)
    for seed, number in ((2, 0), (1, 1)):
        other = simulated("tracks", 1000, seed, number).to_pandas()
        assert not np.intersect1d(other["mc_phi"], tracks["mc_phi"][:1000]).size


def test_a_shorter_chunk_is_the_beginning_of_a_longer_one(tracks):
    for count in (70_000, 100, 0):
        shorter = simulated("tracks", count, 1, 0).to_pandas()
        assert shorter.equals(tracks.iloc[:count])


def test_chunks_are_joined_in_order(tmp_path, tracks):
    parts = []
    for number in range(2):
        parts.append(tmp_path / f"{number}.parquet")
        chunk = SimulatedChunk("tracks", number, 300, 600)
        simulator.write(simulator.Keys(), chunk, 1, [parts[-1]])
    collect(parts, tmp_path / "all.parquet")
    joined = pq.read_table(tmp_path / "all.parquet").to_pandas()
    assert joined[:300].equals(tracks[:300])
    expected = simulated("tracks", 300, 1, 1).to_pandas()
    assert joined[300:].reset_index(drop=True).equals(expected)
