"""Simulated samples: determinism, kinematics, weights, and the files as the tutorial's."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from winnow.columns import SAMPLES
from winnow.errors import ConfigError
from winnow.simulation.collect import collect
from winnow.simulation.kinematics import boost, daughter, mass, on_shell
from winnow.simulation.samples import COLUMNS, FRACTIONS, STOP_MASS, chunk, write_chunk
from winnow.simulation.stop_detector import FEATURES, LOOSE_WORKING_POINT, transverse_mass
from winnow.simulation.stop_processes import PROCESSES

W = "Wjets_400to600"


def class_of(process):
    if PROCESSES[process].is_signal:
        return "Signal"
    return {"Wj": "Wjets", "TT": "TTbar", "ZJ": "Z2nu"}.get(process[:2], "Other")


@pytest.fixture(scope="module")
def generated():
    return {process: chunk(process, 700, 1, 0) for process in PROCESSES}


def pb(process):
    return PROCESSES[process].cross_section * PROCESSES[process].acceptance


def same(one, other):
    return (
        all(np.array_equal(one.features[name], other.features[name]) for name in FEATURES)
        and np.array_equal(one.weight, other.weight)
        and np.array_equal(one.sample, other.sample)
    )


def test_a_chunk_depends_on_seed_process_and_number_alone():
    first = chunk("TT_pow", 1500, 7, 3)
    chunk("TT_pow", 100, 7, 2)
    assert same(first, chunk("TT_pow", 1500, 7, 3))
    for other in (("TT_pow", 1500, 8, 3), ("TT_pow", 1500, 7, 2), ("T_tWch_ext", 1500, 7, 3)):
        assert not np.intersect1d(first.features["Met"], chunk(*other).features["Met"]).size > 15


def test_a_shorter_chunk_is_the_beginning_of_a_longer_one():
    long, short = chunk("TT_pow", 3000, 1, 0), chunk("TT_pow", 400, 1, 0)
    assert long.weight.size == 3000
    assert short.weight.size == short.sample.size == 400
    for name in FEATURES:
        assert np.array_equal(short.features[name], long.features[name][:400])
    assert np.array_equal(short.weight, long.weight[:400])
    assert chunk("TT_pow", 0, 1, 0).weight.size == 0


def test_an_unknown_process_is_named_with_those_known():
    with pytest.raises(ConfigError, match=r"'TTbar' is not known.*TT_pow"):
        chunk("TTbar", 1, 1, 0)


def test_every_class_of_the_tutorial_and_its_mass_point_are_there():
    assert {class_of(process) for process in PROCESSES} == {
        *("Signal", "Wjets", "TTbar", "Z2nu", "Other")
    }
    assert PROCESSES["T2DegStop_550_520"].cross_section == 0.296128  # NLO+NLL, 13 TeV
    yields = [pb(process) for process in PROCESSES]
    assert max(yields) / min(yields) > 100


def test_features_are_in_the_preselection_and_consistent(generated):
    for process, events in generated.items():
        f = {name: values.astype(np.float64) for name, values in events.features.items()}
        assert all(np.isfinite(values).all() for values in f.values()), process
        assert set(np.unique(f["LepChg"])) == {-1.0, 1.0}
        assert f["Met"].min() >= 280
        assert f["HT"].min() >= 200
        assert f["Jet1Pt"].min() >= 110
        assert f["LepPt"].min() >= 3.5
        assert np.abs(f["LepEta"]).max() <= 2.4
        assert np.abs(f["Dxy"]).max() <= 0.02
        assert np.abs(f["Dz"]).max() <= 0.1
        assert (f["Jet1Pt"] >= f["Jet2Pt"]).all()
        rounding = 1e-6 * f["HT"]  # float32
        assert (f["HT"] - f["Jet1Pt"] - f["Jet2Pt"] >= -rounding).all()
        assert np.array_equal(f["Jet2Pt"] == 0, f["Njet"] == 1)
        two = f["Njet"] <= 2
        assert np.abs(f["HT"] - f["Jet1Pt"] - f["Jet2Pt"])[two].max() < 1e-3
        assert (f["Jet2Pt"][f["Njet"] > 1] > 30).all()
        assert ((f["JetHBCSV"] > LOOSE_WORKING_POINT) == (f["NbLoose"] > 0)).all()
        assert ((f["JetB2pt"] > 0) == (f["NbLoose"] > 1)).all()
        assert (f["NbLoose"] <= f["Njet"]).all()
        assert (f["JetHBpt"] <= f["Jet1Pt"]).all()
        assert f["JetHBCSV"].min() >= 0
        assert f["JetHBCSV"].max() <= 1
        assert f["DrJetHBLep"].min() > 0.4
        assert f["DrJetHBLep"].max() < 6.5
        largest = 2 * np.sqrt(f["LepPt"] * f["Met"])
        assert (f["mt"] <= largest * (1 + 1e-6)).all()


def test_transverse_mass_is_the_formula():
    # back to back: 2 sqrt(pT Met); at right angles: sqrt(2 pT Met); parallel: 0
    pt, met = np.full(3, 8.0), np.full(3, 50.0)
    found = transverse_mass(pt, met, np.array([np.pi, np.pi / 2, 0.0]))
    assert np.allclose(found, [40.0, np.sqrt(800.0), 0.0])


def test_boosts_keep_masses_and_decays_keep_momentum():
    random = np.random.default_rng(1)
    parent = on_shell(random.normal(0, 200, (2, 50)), random.normal(0, 1, 50), 80.4)
    assert np.allclose(mass(parent), 80.4)
    still = np.zeros((4, 50))
    still[0] = 12.0
    assert np.allclose(boost(still, parent), parent * (12.0 / 80.4))  # at rest: moves as the parent
    cosine = random.uniform(-1, 1, 50)
    lepton = daughter(random, parent, cosine)
    assert np.allclose(lepton[0], np.linalg.norm(lepton[1:], axis=0))
    assert np.allclose(mass(parent - lepton), 0.0, atol=0.02)  # rounding of 1e-13 of the energies²
    # E = γ (m/2) (1 + β cos θ*)
    speed = np.linalg.norm(parent[1:], axis=0) / parent[0]
    assert np.allclose(lepton[0], parent[0] / 2 * (1 + speed * cosine))


def test_transverse_mass_of_a_w_ends_at_its_mass():
    transverse = chunk(W, 20_000, 2, 0).features["mt"]
    counts, _ = np.histogram(transverse, bins=np.arange(0.0, 160.0, 10.0))
    peak = counts[6:9].max()  # 60 to 90 GeV
    # 1800 events a bin or more, so 2.4 % each: peak and fall are many deviations
    assert peak > 1.2 * counts[2:6].max()
    assert counts[10] < 0.5 * peak
    assert np.mean(transverse > 120) < 0.02
    top = chunk("TT_pow", 5000, 2, 0).features["mt"]
    assert np.mean(top > 120) > 0.05  # two neutrinos: 10 % are expected


def test_the_lepton_is_softer_the_closer_the_masses():
    medians = [
        np.median(chunk(f"T2DegStop_{point}", 4000, 3, 0).features["LepPt"])
        for point in ("550_520", "500_450", "500_420")
    ]
    # medians are known to 2 %; the mean energy in the stop's frame is a third of 30, 50, 80 GeV
    assert medians[0] * 1.2 < medians[1]
    assert medians[1] * 1.2 < medians[2]
    assert medians[2] < 0.5 * np.median(chunk(W, 4000, 3, 0).features["LepPt"])


def test_momenta_fall():
    for process in ("T2DegStop_550_520", W, "TT_pow", "ZJetsToNuNu_HT200to400"):
        counts, _ = np.histogram(
            chunk(process, 8000, 4, 0).features["Met"], bins=[280, 380, 480, 580, 680]
        )
        assert (np.diff(counts) < 0).all(), process


def test_b_tags_follow_the_quarks():
    mean = {p: chunk(p, 3000, 5, 0).features["NbLoose"].mean() for p in ("TT_pow", W, "T_tWch_ext")}
    assert mean["TT_pow"] > mean["T_tWch_ext"] > mean[W]


def test_fake_leptons_are_displaced_and_not_isolated():
    fake, prompt = chunk("ZJetsToNuNu_HT400to600", 4000, 6, 0), chunk(W, 4000, 6, 0)
    for name in ("Dxy", "Dz", "RelIso"):
        widths = [np.quantile(np.abs(e.features[name]), 0.75) for e in (fake, prompt)]
        assert widths[0] > 1.5 * widths[1], name


def test_weights_sum_to_cross_section_times_acceptance(tmp_path, generated):
    for process, events in generated.items():
        paths = [tmp_path / f"{process}.{name}.csv" for name in SAMPLES]
        write_chunk(process, events, 700, COLUMNS["binary"], paths)
        texts = "".join(path.read_text() for path in paths)
        weights = pd.read_csv(io.StringIO(texts), header=None)[12]
        # five deviations of a sum whose terms fluctuate as these do: 29 processes, 1e-5 in all
        error = 5 * weights.std() * np.sqrt(weights.size)
        assert abs(weights.sum() - pb(process)) < error, process


def test_negative_weights_are_the_stated_share():
    events = chunk("WZ", 8000, 7, 0)
    share = PROCESSES["WZ"].negative
    assert np.mean(events.weight < 0) == pytest.approx(
        share, abs=5 * np.sqrt(share * (1 - share) / 8000)
    )
    assert (chunk(W, 1000, 7, 0).weight > 0).all()
    assert np.unique(events.weight).size == 8000


def test_samples_have_their_shares_and_nothing_to_do_with_the_events():
    events = chunk(W, 20_000, 8, 0)
    shares = np.bincount(events.sample, minlength=3) / 20_000
    # five binomial deviations
    assert np.abs(shares - FRACTIONS).max() < 5 * np.sqrt(0.25 / 20_000)
    for values in (events.features["Met"], events.weight):
        assert abs(np.corrcoef(events.sample, values)[0, 1]) < 5 / np.sqrt(20_000)


def test_signal_of_the_parametrised_study_has_the_mass_of_its_stop(tmp_path):
    process, columns = "T2DegStop_550_520", COLUMNS["parametrised"]
    paths = [tmp_path / f"{name}.csv" for name in ("train", "val", "test")]
    write_chunk(process, chunk(process, 300, 9, 1), 300, columns, paths)
    masses = pd.read_csv(paths[0], header=None)[columns.index(STOP_MASS)]
    assert set(masses) == {550.0}


def test_files_are_the_tutorials(tmp_path):
    events = chunk("TT_pow", 1200, 9, 1)
    paths = [tmp_path / f"{name}.csv" for name in ("train", "val", "test")]
    for columns in COLUMNS.values():
        write_chunk("TT_pow", events, 4800, columns, paths)
        for code, path in enumerate(paths):
            frame = pd.read_csv(path, header=None)
            chosen = events.sample == code
            assert frame.shape == (chosen.sum(), len(columns) + 2)
            for index, name in enumerate(columns):
                read = frame[index].to_numpy(dtype=np.float32)
                if name == STOP_MASS:  # background has none
                    assert np.isnan(read).all()
                    continue
                assert np.array_equal(read, events.features[name][chosen]), name
            expected = events.weight[chosen] * (pb("TT_pow") / 4800)
            assert np.array_equal(frame[len(columns)].to_numpy(), expected)
            assert set(frame[len(columns) + 1]) == {"TT_pow.root"}
    assert len(COLUMNS["binary"]) == 12
    assert len(COLUMNS["multiclass"]) == 17
    assert '"' not in paths[0].read_text()


def test_parts_are_joined_in_order(tmp_path):
    parts = []
    for number in range(3):
        folder = tmp_path / str(number)
        paths = [folder / f"{name}.csv" for name in SAMPLES]
        write_chunk(W, chunk(W, 60, 1, number), 180, COLUMNS["binary"], paths)
        parts.append(paths[0])
    collect(parts, tmp_path / "train_bkg.csv")
    joined = (tmp_path / "train_bkg.csv").read_bytes()
    assert joined == b"".join(part.read_bytes() for part in parts)
    assert joined.count(b"\n") == len(pd.read_csv(tmp_path / "train_bkg.csv", header=None))


def test_signal_and_classes_can_be_told_apart_and_not_trivially(generated):
    x = np.concatenate(
        [np.stack([e.features[n] for n in FEATURES], axis=1) for e in generated.values()]
    )
    names = np.repeat([class_of(process) for process in generated], 700)
    weight = np.concatenate([e.weight * pb(p) for p, e in generated.items()]).clip(min=0)
    for name in np.unique(names):
        weight[names == name] /= weight[names == name].mean()
    trained = np.arange(names.size) % 2 == 0
    tree = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=15, random_state=1)
    with threadpool_limits(1):
        tree.fit(x[trained], names[trained], sample_weight=weight[trained])
        score = tree.predict_proba(x[~trained])
    areas = [
        roc_auc_score(names[~trained] == name, score[:, i], sample_weight=weight[~trained])
        for i, name in enumerate(tree.classes_)
    ]
    assert np.mean(areas) > 0.75
    # signal against the four classes in equal parts
    assert 0.85 < areas[list(tree.classes_).index("Signal")] < 0.97
