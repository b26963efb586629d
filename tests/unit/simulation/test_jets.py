"""Simulated jets: decays, splittings, what a detector sees of them, and the reference's layout."""

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad, quad
from scipy.stats import chi2, kstest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from winnow.simulation.collect import collect
from winnow.simulation.jets import (
    COLUMNS,
    CONSTITUENTS,
    FRACTIONS,
    HARDEST,
    PROCESSES,
    SOFTEST,
    TOP,
    WIDEST,
    Jets,
    W,
    masses,
    selected,
    simulated,
    top_decays,
)
from winnow.simulation.jets_cascade import (
    CUT_OFF,
    LAMBDA,
    Partons,
    cascade,
    integrated_coupling,
    splittings,
)
from winnow.simulation.jets_detector import (
    RADIUS,
    Objects,
    drawn_in,
    hadrons,
    in_cones,
    observe,
    summed,
)
from winnow.simulation.kinematics import boost, mass, massless, on_shell
from winnow.simulation.simulators import jets as simulator
from winnow.study.keys.simulate import SimulatedChunk

COUNT = 5000


def all_of(process, count, seed=1, number=0):
    batches = list(simulated(process, count, seed, number))
    names = ("constituents", "truth", "part")
    return Jets(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in names))


@pytest.fixture(scope="module")
def jets():
    return {process: all_of(process, COUNT) for process in PROCESSES}


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("constituents", "truth", "part")
    )


def momenta(own):
    """The jets' four-momenta (4, jets)."""
    return own.constituents.astype(np.float64).sum(axis=1).T


def transverse(own):
    return np.hypot(own.constituents[..., 1], own.constituents[..., 2]).astype(np.float64)


def places(own):
    """Distance to the jet's axis in pseudorapidity (a constituent's rapidity) and azimuth."""
    energy, x, y, z = momenta(own)
    _, px, py, pz = np.moveaxis(own.constituents.astype(np.float64), -1, 0)
    eta = np.arcsinh(pz / np.maximum(np.hypot(px, py), 1e-9)) - np.arctanh(z / energy)[:, None]
    turn = np.arctan2(py, px) - np.arctan2(y, x)[:, None]
    return eta, np.remainder(turn + np.pi, 2 * np.pi) - np.pi


def partons(count, momentum, gluon=False, mass=0.0):
    full = np.full(count, float(momentum))
    return Partons(
        np.arange(count),
        full,
        np.zeros((2, count)),
        np.full(count, RADIUS),
        np.full(count, gluon),
        np.full(count, float(mass)),
    )


# decays


def test_a_top_quark_decays_to_three_quarks_of_its_momentum():
    random = np.random.default_rng(1)
    top = on_shell(random.normal(0, 400, (2, 500)), random.normal(0, 1, 500), 172.5)
    quarks = top_decays(random, top)
    np.testing.assert_allclose(quarks.sum(axis=0), top, rtol=1e-9, atol=1e-8)
    for own in quarks:
        np.testing.assert_allclose(own[0], np.linalg.norm(own[1:], axis=0), rtol=1e-7)


@pytest.mark.parametrize("shape", [TOP, W])
def test_masses_are_a_breit_wigners(shape):
    """Its quartiles lie half a width off its mass; cut at 15 widths, 2.1 % are missing."""
    drawn = masses(np.random.default_rng(2), 200_000, shape)
    quartiles = (np.quantile(drawn, [0.25, 0.5, 0.75]) - shape[0]) / shape[1]
    np.testing.assert_allclose(quartiles, [-0.5, 0.0, 0.5], atol=0.025)
    assert np.abs(drawn - shape[0]).max() <= 15 * shape[1] * (1 + 1e-9)


def test_the_w_of_a_top_quark_has_its_mass_and_its_helicity():
    """Of the light quark's cos θ* in the W's frame: Σ shares of (1 - c)², sin² have these moments.

    3/8 (1 - c)² has the mean -1/2 and the mean square 2/5, 3/4 (1 - c²) has 0 and 1/5.
    """
    random = np.random.default_rng(3)
    top = on_shell(np.zeros((2, 100_000)), np.zeros(100_000), 172.5)
    bottom, one, other = top_decays(random, top)
    boson = one + other
    assert np.median(mass(boson)) == pytest.approx(80.4, abs=0.03)
    expected = (172.5**2 - mass(boson) ** 2) / (2 * 172.5)
    np.testing.assert_allclose(bottom[0], expected, rtol=1e-9)
    assert kstest(bottom[3] / bottom[0], "uniform", (-1, 2)).pvalue > 1e-4
    rest = boost(one, np.concatenate([boson[:1], -boson[1:]]))
    cosine = np.sum(rest[1:] * boson[1:], axis=0) / (rest[0] * np.linalg.norm(boson[1:], axis=0))
    assert cosine.mean() == pytest.approx(-0.31 / 2, abs=0.01)
    assert (cosine**2).mean() == pytest.approx(0.31 * 2 / 5 + 0.69 / 5, abs=0.005)


# the cascade


def quark_kernel(z):
    return 4 / 3 * (1 + (1 - z) ** 2) / z


def gluon_kernel(z):
    """2 C_A (z/(1 - z) + (1 - z)/z + z(1 - z)) of either gluon, half of it for two alike."""
    return 3 * (z / (1 - z) + (1 - z) / z + z * (1 - z))


def pair_kernel(z):
    return 0.5 * 5 * (z**2 + (1 - z) ** 2)


def alpha(scale):
    return 6 * np.pi / ((33 - 2 * 5) * np.log(scale / LAMBDA))


def test_the_coupling_runs_as_one_loop():
    scales = (2.0, 91.2)
    expected, _ = quad(lambda log: alpha(np.exp(log)), *np.log(scales))
    found = integrated_coupling(*(np.log(scale / LAMBDA) for scale in scales))
    assert found == pytest.approx(expected)
    assert integrated_coupling(2.0, 1.0) == 0
    assert 0.125 < alpha(91.2) < 0.14  # of showers at leading order; 0.118 in the MS-bar scheme


@pytest.mark.parametrize("reach", [4.0, 100.0])
@pytest.mark.parametrize("gluon", [False, True])
def test_shares_follow_the_splitting_kernels(reach, gluon):
    """Chi² in z of what is taken, against α_s(z reach) times the Altarelli-Parisi kernels.

    Of gluons, z and 1 - z are told apart by nothing: both sides are folded at 1/2.
    """
    count = 400_000
    random = np.random.default_rng(4)
    share, taken, pairs = splittings(random, np.full(count, reach), np.full(count, gluon))
    low = CUT_OFF / reach
    assert (share[taken] >= low * (1 - 1e-12)).all()
    assert (1 - share[taken] >= low * (1 - 1e-12)).all()
    assert not (pairs & taken).any() or gluon

    def density(z):
        if not gluon:
            return alpha(z * reach) * quark_kernel(z)
        own = 3 * (1 - z) * (2 + z**2) / z + pair_kernel(z)  # its half that is soft at z → 0
        return alpha(z * reach) * own

    edges = np.geomspace(low, 1 - low, 25)
    expected = np.array([quad(density, *edges[i : i + 2])[0] for i in range(24)])
    found = np.histogram(share[taken], edges)[0]
    expected *= found.sum() / expected.sum()
    assert 1e-4 < chi2.sf(((found - expected) ** 2 / expected).sum(), 23) < 1 - 1e-4
    if gluon:
        # the half is the kernel, and its share of quark pairs that of the kernels
        z = np.linspace(0.01, 0.99, 50)
        half = 3 * (1 - z) * (2 + z**2) / z
        np.testing.assert_allclose((half + half[::-1]) / 2, gluon_kernel(z))
        quarks = quad(lambda z: alpha(z * reach) * pair_kernel(z), low, 1 - low)[0]
        ratio = quarks / quad(density, low, 1 - low)[0]
        spread = np.sqrt(ratio / taken.sum())
        assert pairs[taken].mean() == pytest.approx(ratio, abs=4 * spread)


def test_a_heavy_quark_stays_whole_as_often_as_its_sudakov_factor_says():
    """exp(-∫ dθ²/θ² dz α_s/2π P(z)) from the cone to the dead cone, mass/momentum = 0.3."""
    count, momentum, dead = 40_000, 50.0, 0.3
    found = cascade(np.random.default_rng(5), partons(count, momentum, mass=dead * momentum))
    whole = np.mean(np.bincount(found.jet, minlength=count) == 1)

    def rate(z, log_angle):
        reach = momentum * np.exp(log_angle)
        inside = min(z, 1 - z) * reach > CUT_OFF
        return 2 * alpha(z * reach) / (2 * np.pi) * quark_kernel(z) if inside else 0.0

    def least(log_angle):
        return CUT_OFF / (momentum * np.exp(log_angle))

    bounds = (np.log(dead), np.log(RADIUS), least, lambda angle: 1 - least(angle))
    exponent, _ = dblquad(rate, *bounds, epsabs=1e-4)
    expected = np.exp(-exponent)
    assert 0.1 < expected < 0.9
    assert whole == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / count))


def test_a_cascade_keeps_momentum_and_centre_and_leaves_nothing_to_split():
    found = cascade(np.random.default_rng(6), partons(200, 600, gluon=True))
    np.testing.assert_allclose(np.bincount(found.jet, found.momentum), 600)
    for axis in found.place:
        np.testing.assert_allclose(np.bincount(found.jet, axis * found.momentum), 0, atol=1e-9)
    assert (found.momentum * found.angle <= 2 * CUT_OFF).all()
    assert not found.gluon.all()  # some became quarks


def test_gluons_radiate_as_their_colour_does():
    """C_A/C_F = 9/4 of very hard jets; at LEP 1.51 (OPAL, Eur. Phys. J. C 11 (1999) 217)."""
    count, emitted = 2000, {}
    for gluon in (False, True):
        found = cascade(np.random.default_rng(7), partons(count, 600, gluon))
        emitted[gluon] = found.jet.size / count - 1
    assert 1.5 < emitted[True] / emitted[False] < 2.25


# hadrons, the detector, the cone


def test_clusters_keep_momentum_and_become_several_hadrons():
    found = hadrons(np.random.default_rng(8), partons(1000, 50.0))
    np.testing.assert_allclose(np.bincount(found.jet, found.momentum), 50.0)
    assert found.jet.size / 1000 > 3
    # the cluster's 1.5 GeV, and what its daughters' 0.77 GeV add: (1.5² + 4 × 0.77² and more)½
    assert 1.5 < np.median(mass(summed(found, 1000))) < 3.0


def test_what_a_decay_became_has_its_mass_again():
    random = np.random.default_rng(9)
    jet = np.repeat(np.arange(300), 30)
    away = random.normal(0, 0.2, (2, jet.size))
    centre = random.normal(0, 1, (2, 300))
    objects = Objects(jet, random.exponential(20, jet.size), centre[:, jet] + away)
    wanted = random.uniform(60, 180, 300)
    found = drawn_in(objects, centre, wanted)
    np.testing.assert_allclose(mass(summed(found, 300)), wanted, rtol=0.01)
    # one factor a decay, and no change of direction
    factors = ((found.place - centre[:, jet]) / away).reshape(2, 300, 30)
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:1, :, :1], factors.shape))


def test_a_detector_sees_momenta_to_a_few_percent():
    random = np.random.default_rng(10)
    jet = np.repeat(np.arange(400), 40)
    objects = Objects(jet, random.uniform(2, 30, jet.size), random.normal(0, 0.3, (2, jet.size)))
    seen = observe(random, objects)
    assert seen.jet.size < jet.size  # some shared a cell
    ratio = np.bincount(seen.jet, seen.momentum) / np.bincount(jet, objects.momentum)
    assert ratio.mean() == pytest.approx(1, abs=0.01)
    assert 0.003 < ratio.std() < 0.03


def test_a_cone_is_drawn_around_what_is_in_it():
    place = np.array([[0.1, 0.3, 1.5, -3.0], [3.1, 3.3, 3.1, 3.1]])
    objects = Objects(np.array([0, 0, 0, 1]), np.array([100.0, 100.0, 50.0, 5.0]), place)
    kept, total = in_cones(objects, np.array([[0.5, 0.0], [3.0, 3.0]]))
    assert kept.momentum.tolist() == [100.0, 100.0]
    vector = massless(100 * np.array([np.cos(place[1, :2]), np.sin(place[1, :2])]), place[0, :2])
    np.testing.assert_allclose(total[:, 0], vector.sum(axis=1))
    assert not total[:, 1].any()


def test_jets_are_selected_with_every_quark_inside():
    jet = massless(np.array([[600.0] * 6, [0.0] * 6]), np.array([0.0, 0.0, 2.1, 0.0, 0.0, 0.0]))
    jet[:, 3] *= 0.9
    jet[:, 4] *= 1.1
    quark = massless(np.array([[200.0] * 6, [0.0] * 6]), np.zeros(6))
    far = massless(np.array([[200.0] * 6, [0.0] * 6]), np.array([0.7, 0.9, 2.1, 0.0, 0.0, 0.7]))
    inside = selected(jet, np.stack([quark, far]))
    assert inside.tolist() == [True, False, False, False, False, True]
    assert selected(jet, np.empty((0, 4, 6))).tolist() == [True, True, False, False, False, True]


# jets


def test_constituents_have_no_mass_and_fall(jets):
    for own in jets.values():
        energy = own.constituents[..., 0]
        momentum = np.linalg.norm(own.constituents[..., 1:].astype(np.float64), axis=-1)
        np.testing.assert_allclose(energy, momentum, rtol=1e-7)
        found = transverse(own)
        assert (found[:, :-1] >= found[:, 1:] * (1 - 1e-6)).all()
        number = (energy > 0).sum(axis=1)
        assert number.max() < CONSTITUENTS
        assert number.min() > 0
        np.testing.assert_array_equal(energy > 0, np.arange(CONSTITUENTS) < number[:, None])


def test_jets_are_hard_central_and_within_the_radius(jets):
    for own in jets.values():
        x, y, z = momenta(own)[1:]
        assert np.hypot(x, y).min() > SOFTEST * (1 - 1e-5)
        assert np.hypot(x, y).max() < HARDEST * (1 + 1e-5)
        assert np.abs(np.arcsinh(z / np.hypot(x, y))).max() < WIDEST * (1 + 1e-5)
        away = np.hypot(*places(own))[transverse(own) > 0]
        # a last round moves the axis of a few
        assert np.mean(away > RADIUS + 0.01) < 1e-3
        assert away.max() < RADIUS + 0.3


def test_the_truth_is_the_top_quark(jets):
    assert not jets["qcd"].truth.any()
    truth = jets["top"].truth.astype(np.float64).T
    assert np.median(mass(truth)) == pytest.approx(172.5, abs=0.1)
    energy, x, y, z = momenta(jets["top"])
    turn = np.remainder(np.arctan2(truth[2], truth[1]) - np.arctan2(y, x) + np.pi, 2 * np.pi)
    rapidity = np.arctanh(truth[3] / truth[0]) - np.arctanh(z / energy)
    assert np.mean(np.hypot(turn - np.pi, rapidity) < 0.2) > 0.9


def test_masses_and_multiplicities_are_those_of_such_jets(jets):
    number = {name: (own.constituents[..., 0] > 0).sum(axis=1) for name, own in jets.items()}
    assert 30 < number["qcd"].mean() < 50
    assert 40 < number["top"].mean() < 60
    assert number["top"].mean() > number["qcd"].mean() + 5
    own = {name: mass(momenta(found)) for name, found in jets.items()}
    counts, edges = np.histogram(own["top"], np.arange(100, 260, 5))
    assert 165 < edges[counts.argmax()] + 2.5 < 180
    assert 165 < np.median(own["top"]) < 185
    counts, edges = np.histogram(own["qcd"], np.arange(0, 300, 10))
    assert 30 < edges[counts.argmax()] + 5 < 90  # the Sudakov peak
    assert 0.03 < np.mean(own["qcd"] > 172.5) < 0.15
    hard = {name: np.median(np.hypot(*momenta(found)[1:3])) for name, found in jets.items()}
    assert hard["top"] == pytest.approx(hard["qcd"], abs=5)


def correlators(own, kept=25):
    """e2 and e3 of the hardest constituents (Larkoski, Salam and Thaler, arXiv:1305.0007)."""
    share = transverse(own)[:, :kept] / transverse(own).sum(axis=1, keepdims=True)
    eta, phi = (values[:, :kept] for values in places(own))
    apart = np.hypot(eta[:, :, None] - eta[:, None], phi[:, :, None] - phi[:, None])
    two = np.einsum("ni,nj,nij->n", share, share, apart) / 2
    weighted = apart * np.sqrt(share[:, :, None] * share[:, None])
    three = np.einsum("nij,nji->n", weighted @ weighted, weighted, optimize=True) / 6
    return two, three


def test_substructure_tells_more_than_mass_and_multiplicity_and_not_all(jets):
    rows = []
    for own in jets.values():
        jet = momenta(own)
        two, three = correlators(own)
        count = (own.constituents[..., 0] > 0).sum(axis=1)
        plain = (np.hypot(jet[1], jet[2]), mass(jet), count)
        rows.append(np.stack([*plain, two, three, three / (two**3 + 1e-6)], axis=1))
    features, label = np.concatenate(rows), np.repeat([1, 0], COUNT)
    train = np.random.default_rng(0).random(len(label)) < 0.5
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    trees = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    areas = []
    with threadpool_limits(1):
        for model, columns in ((linear, slice(0, 3)), (trees, slice(0, 6))):
            model.fit(features[train, columns], label[train])
            score = model.predict_proba(features[~train, columns])[:, 1]
            areas.append(roc_auc_score(label[~train], score))
    assert 0.85 < areas[0] < 0.95
    assert areas[0] + 0.02 < areas[1] < 0.99


# chunks and files


@pytest.mark.parametrize("process", PROCESSES)
def test_a_chunk_depends_on_seed_process_and_number_alone(jets, process):
    assert same(all_of(process, COUNT), jets[process])
    # no batch is another one again
    assert np.unique(jets[process].constituents[:, 0, 0]).size > 0.99 * COUNT
    other = next(name for name in PROCESSES if name != process)
    for changed in ((process, 300, 2, 0), (process, 300, 1, 1), (other, 300, 1, 0)):
        hardest = all_of(*changed).constituents[:, 0, 0]
        assert not np.intersect1d(hardest, jets[process].constituents[:, 0, 0]).size


def test_a_shorter_chunk_is_the_beginning_of_a_longer_one(jets):
    for count in (4000, 100, 0):
        assert same(all_of("qcd", count), jets["qcd"][:count])


def test_parts_are_drawn_by_their_fractions(jets):
    part = np.concatenate([own.part for own in jets.values()])
    for label, share in enumerate(FRACTIONS):
        spread = np.sqrt(share * (1 - share) / part.size)
        assert np.mean(part == label) == pytest.approx(share, abs=4 * spread)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two chunks of each process, and all of them joined."""
    folder, parts = tmp_path_factory.mktemp("jets"), []
    for process in PROCESSES:
        for number in range(2):
            parts.append(folder / f"{process}-{number}.h5")
            chunk = SimulatedChunk(process, number, 150, 300)
            simulator.write(simulator.Keys(), chunk, 1, [parts[-1]])
    collect(parts, folder / "jets.h5")
    return parts, folder / "jets.h5"


def test_the_layout_is_the_references(files, jets):
    """doi:10.5281/zenodo.2603256: pandas' table format, one compound data set of three fields."""
    for path in (files[0][0], files[1]):
        with h5py.File(path) as root:
            assert root["table"].attrs["pandas_type"] == b"frame_table"
            fields = root["table/table"].dtype
        assert fields.names == ("index", "values_block_0", "values_block_1")
        assert fields["index"] == np.dtype("<i8")
        assert fields["values_block_0"] == np.dtype(("<f4", (804,)))
        assert fields["values_block_1"] == np.dtype(("<i8", (2,)))
    frame = pd.read_hdf(files[0][0], "table")
    names = [f"{axis}_{i}" for i in range(200) for axis in ("E", "PX", "PY", "PZ")]
    names += ["truthE", "truthPX", "truthPY", "truthPZ", "ttv", "is_signal_new"]
    assert list(frame) == names == list(COLUMNS) == list(simulator.columns(simulator.Keys()))
    first = jets["top"][:150]
    assert np.array_equal(frame.iloc[:, :800], first.constituents.reshape(150, 800))
    assert np.array_equal(frame.iloc[:, 800:804], first.truth)
    assert np.array_equal(frame["ttv"], first.part)


def test_chunks_are_joined_in_order(files):
    parts, whole = files
    joined = pd.read_hdf(whole, "table")
    expected = pd.concat([pd.read_hdf(part, "table") for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(joined, expected, check_index_type=False)
    assert joined["is_signal_new"].tolist() == [1] * 300 + [0] * 300
    with pd.HDFStore(whole, "r") as store:
        rows = store.select("table", start=290, stop=310)
    pd.testing.assert_frame_equal(rows, joined.iloc[290:310], check_index_type=False)


def test_a_table_is_read_in_pieces_and_of_nothing_comes_nothing(files, tmp_path, monkeypatch):
    monkeypatch.setattr("winnow.simulation.frames._ROWS", 40)
    collect(files[0], tmp_path / "again.h5")
    again, whole = (pd.read_hdf(path, "table") for path in (tmp_path / "again.h5", files[1]))
    pd.testing.assert_frame_equal(again, whole)
    chunk = SimulatedChunk("top", 0, 0, 0)
    simulator.write(simulator.Keys(), chunk, 1, [tmp_path / "none.h5"])
    collect([tmp_path / "none.h5", files[0][0]], tmp_path / "one.h5")
    assert len(pd.read_hdf(tmp_path / "one.h5", "table")) == 150
