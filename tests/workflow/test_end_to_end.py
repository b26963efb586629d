"""The whole chain on small samples: what comes out, and that it adds up."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from copy import deepcopy

import numpy as np
import pandas as pd
import pyhf
import pytest
import uproot
from sklearn.metrics import roc_auc_score

from toy import ROOT, TOY, at_the_cut, run_snakemake, toy_events, write_study
from winnow.statistics.significance import asimov

RUN = "base/replica-00/fold-0"
SAMPLES = ("train", "validation", "test")


@pytest.fixture(scope="module")
def results(finished):
    return finished / "results" / "toy"


@pytest.fixture(scope="module")
def scores(results):
    return pd.read_parquet(results / "predict" / RUN / "scores.parquet")


def test_every_row_is_accounted_for(results):
    counts = [json.loads(path.read_text()) for path in results.glob("ingest/*/counts.json")]
    assert sum(c["rows_read"] for c in counts) == 4000
    assert all(
        c["rows_read"] == c["rows_kept"] + c["rows_cut"] + c["rows_rejected"] for c in counts
    )
    events = toy_events(4000, 1)
    assert sum(c["rows_kept"] for c in counts) == (events["angle"].abs() < 3).sum()


def test_scores_carry_what_travels_with_them(scores):
    events = toy_events(4000, 1).set_index("event")
    events = events[events["angle"].abs() < 3]
    assert list(scores) == [
        "source", "row", "event_id", "process", "class", "sample", "weight", "truth",
        "score_background", "score_signal",
    ]  # fmt: skip
    number = scores["row"] + np.where(scores["source"] == "events-1", 2000, 0)
    original = events.loc[number]
    np.testing.assert_array_equal(scores["weight"], original["w"])
    np.testing.assert_array_equal(scores["truth"], original["truth"])
    assert (scores["process"].astype(str) + ".root").tolist() == original["process"].tolist()
    assert ((scores["class"] == 1) == (scores["process"] == "higgs")).all()
    np.testing.assert_allclose(scores["score_background"] + scores["score_signal"], 1, atol=1e-6)


def test_the_samples_have_their_shares(scores):
    shares = scores["sample"].value_counts(normalize=True)
    for sample, share in (("train", 0.25), ("validation", 0.25), ("test", 0.5)):
        assert abs(shares[sample] - share) < 5 * np.sqrt(share * (1 - share) / len(scores))


def test_areas_are_those_of_the_scores(results, scores):
    summary = pd.read_csv(results / "roc" / RUN / "summary.csv").set_index("sample")
    for sample in SAMPLES:
        part = scores[(scores["sample"] == sample) & (scores["weight"] > 0)]
        reference = roc_auc_score(part["class"], part["score_signal"], sample_weight=part["weight"])
        assert summary.loc[sample, "auc"] == pytest.approx(reference, abs=0.02)
        assert summary.loc[sample, "auc"] > 0.7


def test_yields_are_sums_of_weights_times_luminosity_over_fraction(results, scores):
    table = at_the_cut(pd.read_csv(results / "fom" / RUN / "yields.csv"))
    cut = table["cut"].iloc[0]
    passing = scores[scores["score_signal"] >= cut]
    for (process, sample), row in table.set_index(["process", "sample"]).iterrows():
        inside = passing[(passing["process"] == process) & (passing["sample"] == sample)]
        fraction = {"train": 0.25, "validation": 0.25, "test": 0.5}[sample]
        assert row["entries"] == len(inside)
        assert row["yield"] == pytest.approx(inside["weight"].sum() * 10.0 / fraction)


def test_the_cut_is_the_best_eligible_one_on_validation(results, scores):
    best = pd.read_csv(results / "fom" / RUN / "best.csv").set_index("definition")
    part = scores[scores["sample"] == "validation"]
    values = {}
    for cut in np.unique(part["score_signal"]):
        above = part[part["score_signal"] >= cut]
        background = above[above["class"] == 0]
        s = 40 * above.loc[above["class"] == 1, "weight"].sum()
        b = 40 * background["weight"].sum()
        if len(background) >= 20 and b > 0:
            values[cut] = max(s, 0) / np.sqrt(b)
    chosen = max(values, key=values.get)
    assert best.loc["s_over_sqrt_b", "cut"] == pytest.approx(chosen)
    assert best.loc["s_over_sqrt_b", "fom_validation"] == pytest.approx(values[chosen])


def test_training_weights_are_balanced_and_said_so(results):
    weights = {s: np.load(results / f"prepare/base/fold-0/weights.{s}.npy") for s in SAMPLES[:2]}
    classes = {s: np.load(results / f"prepare/base/fold-0/classes.{s}.npy") for s in SAMPLES[:2]}
    table = pd.read_csv(results / "prepare/base/fold-0/balance.csv").set_index(["sample", "class"])
    for sample in SAMPLES[:2]:
        background = (classes[sample] == 0).sum()
        for index, name in enumerate(("background", "signal")):
            total = weights[sample][classes[sample] == index].sum()
            assert total == pytest.approx(background)
            assert table.loc[(sample, name), "sum_after"] == pytest.approx(background)


def test_features_are_in_order_with_indicators(results):
    features = np.load(results / "prepare/base/fold-0/features.train.npy")
    transform = json.loads((results / "prepare/base/fold-0/normalisation.json").read_text())
    assert transform["outputs"] == ["mass", "angle", "energy", "mass_missing"]
    assert features.shape[1] == 4
    np.testing.assert_allclose(features[:, 1:3].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(features[:, 1:3].std(axis=0), 1, atol=1e-5)
    assert set(np.unique(features[:, 3])) == {0.0, 1.0}


def test_every_figure_has_a_table_beside_it(results):
    figures = {path.parent for path in results.rglob("*.png")}
    assert len(figures) == 5
    for folder in figures:
        assert [*folder.glob("*.csv"), *folder.glob("*.parquet")], folder
        for png in folder.glob("*.png"):
            assert png.with_suffix(".pdf").exists()


def test_the_best_model_lies_at_a_fixed_path(results):
    assert (results / "best" / "model.keras").read_bytes() == (
        results / "checkpoint_model" / RUN / "model.keras"
    ).read_bytes()
    passport = json.loads((results / "best" / "passport.json").read_text())
    assert [f["name"] for f in passport["features"]] == ["mass", "angle", "energy"]
    assert len(passport["golden"]["scores"]) == 32


def test_the_page_holds_the_headline_and_all_figures(results):
    page = (results / "report" / "report.html").read_text()
    headline = (results / "report" / "headline.txt").read_text()
    assert "study toy: 1 run" in headline
    area = pd.read_csv(results / "compare" / "runs.csv")["test_auc"][0]
    assert f"test AUC {area:.4f}" in headline
    assert f"test AUC {area:.4f}" in page
    assert page.count("data:image/png;base64,") == 8
    assert "http" not in page.replace("http-equiv", "")


def test_snakemakes_own_report(finished):
    run_snakemake(finished, "--configfile", "study.yaml", "--report", "report.html")
    page = (finished / "report.html").read_text()
    for text in ("Figure of merit", "ROC", "Diagnostics", "Inputs", "Comparison"):
        assert text in page


def test_a_second_run_gives_identical_bytes(finished, tmp_path):
    for path in finished.glob("events-*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_study(tmp_path, TOY)
    target = f"results/toy/predict/{RUN}/scores.parquet"
    # as a user starts it, which also says that what is forked gives what a user gets
    run_snakemake(tmp_path, target, "--configfile", "study.yaml", cores=1, forked=False)
    for path in (
        f"train/{RUN}/history.parquet",
        f"predict/{RUN}/scores.parquet",
        "prepare/base/fold-0/features.test.npy",
        "prepare/base/fold-0/normalisation.json",
    ):
        mine, first = (f / "results" / "toy" / path for f in (tmp_path, finished))
        assert mine.read_bytes() == first.read_bytes(), path


def test_a_defect_stops_with_one_message_and_leaves_nothing(tmp_path):
    events = toy_events(50, 1).astype({"angle": object})
    events.loc[30, "angle"] = "abc"
    events.to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, TOY)
    process = run_snakemake(tmp_path, "--configfile", "study.yaml", check=False)
    assert process.returncode != 0
    messages = [line for line in process.stdout.splitlines() if line.startswith("winnow: error:")]
    assert len(messages) == 1
    for part in ("events-0.csv", "line 32", "angle", "abc"):
        assert part in messages[0]
    assert "Traceback" not in process.stdout
    assert not list((tmp_path / "results").rglob("*.parquet"))


@pytest.mark.parametrize(("count", "jobs"), [(2, 3), (6, 1)], ids=["few", "many"])
def test_a_process_is_normalised_to_the_generator_weights_of_all_its_files(tmp_path, count, jobs):
    """w = σ/N_tot × Π SF × w, with N_tot the sum over its files before the selection.

    Where there are many small files they share jobs, with the same result.
    """
    events = toy_events(600, 2).drop(columns="process")
    for number, part in enumerate(np.array_split(np.arange(600), count)):
        events.iloc[part].to_csv(tmp_path / f"higgs-{number}.csv", index=False)
    events.drop(columns="w").to_csv(tmp_path / "top.csv", index=False)
    config = deepcopy(TOY)
    config["input"]["files"] = [
        {"path": "higgs-*.csv", "process": "higgs"},
        {"path": "top.csv", "process": "top", "luminosity": 5.0, "weight": []},
    ]
    del config["columns"]["process"]
    config["processes"] = {"higgs": {"cross_section": 2.5, "generated": {"column": "w"}}}
    write_study(tmp_path, config)
    targets = [
        f"results/toy/ingest/{name}/events.parquet"
        for name in (*(f"higgs-{number}" for number in range(count)), "top")
    ]
    run_snakemake(tmp_path, *targets, "--configfile", "study.yaml")
    assert len(list((tmp_path / "logs").rglob("ingest.log"))) == jobs
    assert len(list((tmp_path / "logs").rglob("generator_weights.log"))) == jobs
    higgs = pd.concat(pd.read_parquet(tmp_path / path) for path in targets[:-1])
    kept = events[events["angle"].abs() < 3]
    expected = 2.5 / events["w"].sum() * kept["w"]
    np.testing.assert_allclose(higgs["weight"], expected, rtol=1e-12)
    # half of the study's luminosity of 10
    assert set(pd.read_parquet(tmp_path / targets[-1])["weight"]) == {0.5}
    rejected = list((tmp_path / "results").rglob("rejected.csv"))
    assert len(rejected) == len(targets)


def test_pre_split_inputs_of_the_cms_tutorial(tmp_path):
    """Six headerless files, several classes by process prefix, split factors."""
    generator = np.random.default_rng(4)
    files = []
    for sample, count in (("train", 600), ("val", 600), ("test", 1200)):
        for kind, processes in (("sig", ["T2_a"]), ("bkg", ["WjetsHT", "TTbar1l", "ZJets", "QCD"])):
            frame = pd.DataFrame(generator.normal(size=(count, 2)) + (kind == "sig"))
            frame["weight"] = generator.uniform(0.1, 2, count)
            frame["process"] = [f"{name}.root" for name in generator.choice(processes, count)]
            name = f"{sample}_{kind}.csv"
            frame.to_csv(tmp_path / name, header=False, index=False)
            file = {
                "path": name,
                "sample": {"val": "validation"}.get(sample, sample),
                "columns": ["x", "y", "weight", "process"],
            }
            files.append({**file, "class": "Signal"} if kind == "sig" else file)
    config = deepcopy(TOY) | {
        "input": {"files": files},
        "columns": {"features": ["x", "y"], "weight": ["weight"], "process": "process"},
        "selection": {},
        "classes": {
            "Signal": [],
            "Wjets": ["Wj*"],
            "TTbar": ["TT*"],
            "Z2nu": ["ZJ*"],
            "Other": ["*"],
        },
        "signal_class": "Signal",
        "balance": {"scheme": "sqrt"},
        "yields": {
            "luminosity": 100,
            "split_factors": {"train": 4, "validation": 4, "test": 2},
        },
    }
    write_study(tmp_path, config)
    run_snakemake(tmp_path, "--configfile", "study.yaml")
    scores = pd.read_parquet(tmp_path / f"results/toy/predict/{RUN}/scores.parquet")
    assert scores["sample"].value_counts().to_dict() == {
        "test": 2400,
        "train": 1200,
        "validation": 1200,
    }
    assert scores.groupby("process", observed=True)["class"].first().to_dict() == {
        "T2_a": 0,
        "WjetsHT": 1,
        "TTbar1l": 2,
        "ZJets": 3,
        "QCD": 4,
    }
    node_scores = scores[[f"score_{name}" for name in config["classes"]]]
    np.testing.assert_allclose(node_scores.sum(axis=1), 1, atol=1e-5)
    yields = at_the_cut(pd.read_csv(tmp_path / f"results/toy/fom/{RUN}/yields.csv"))
    total = yields[yields["sample"] == "test"].set_index("process")
    passing = scores[(scores["sample"] == "test") & (scores["score_Signal"] >= yields["cut"][0])]
    sums = passing.groupby("process", observed=False)["weight"].sum()
    for process in total.index:
        assert total.loc[process, "yield"] == pytest.approx(sums[process] * 100 * 2)
    against = pd.read_csv(tmp_path / f"results/toy/roc/{RUN}/summary.csv")["against"]
    assert list(against.unique()) == ["all", "Wjets", "TTbar", "Z2nu", "Other"]


def test_a_residual_network_in_phases_with_averaging_and_a_range_test(tmp_path):
    toy_events(3000, 1).to_csv(tmp_path / "events-0.csv", index=False)
    training = {
        "batch_size": 200,
        "average_from": 2,
        "phases": [
            {"optimizer": "rmsprop", "learning_rate": 0.01, "label_smoothing": 0.1, "epochs": 4},
            {"learning_rate": 0.001, "epochs": 3},
        ],
    }
    model = {"family": "residual", "layers": [16, 16, 16]}
    tested = {"steps": 60, "weight_decays": [0, 0.01]}
    config = {**TOY, "training": training, "model": model, "hardware": {"tensorboard": True}}
    write_study(tmp_path, {**config, "range_test": tested})
    score_file = f"results/toy/predict/{RUN}/scores.parquet"
    run_snakemake(tmp_path, score_file, "range_test", "--configfile", "study.yaml")
    results = tmp_path / "results" / "toy"
    history = pd.read_parquet(results / "train" / RUN / "history.parquet")
    assert history["phase"].tolist() == [0] * 4 + [1] * 3
    assert len(list((results / "train" / RUN / "tensorboard").iterdir())) == 1
    scored = pd.read_parquet(tmp_path / score_file)
    test = scored[scored["sample"] == "test"]
    assert roc_auc_score(test["class"], test["score_signal"]) > 0.7
    suggested = pd.read_csv(results / "range_test" / "suggestions.csv")
    assert suggested["weight_decay"].tolist() == [0, 0.01]
    assert suggested["best"].sum() == 1
    assert (results / "range_test" / "range_test.png").stat().st_size > 10_000


SHIFTS = {
    "angle": {"up": {"angle": "angle + 0.5"}},
    "half": {"down": {"w": "w / 2"}},
    "tune": {"up": {"files": [{"path": "other.csv"}]}},
}


@pytest.fixture(scope="module")
def folded(tmp_path_factory):
    """The toy study with three folds, a reference classifier and systematic variations."""
    folder = tmp_path_factory.mktemp("folded")
    toy_events(3000, 1).to_csv(folder / "events-0.csv", index=False)
    other = toy_events(1500, 7)
    other[other["process"] == "top.root"].to_csv(folder / "other.csv", index=False)
    config = {**TOY, "folds": 3, "baselines": ["logistic_regression"], "variations": SHIFTS}
    write_study(folder, {**config, "export": {"workspace": True}})
    run_snakemake(folder, "--configfile", "study.yaml")
    return folder / "results" / "toy"


def test_a_fit_gets_the_events_of_all_folds(folded):
    spec = json.loads((folded / "export" / "fit" / "workspace.json").read_text())
    pyhf.schema.validate(spec, "workspace.json")
    told = pd.read_csv(folded / "export" / "fit" / "expected.csv").iloc[0]
    # 20 standard deviations: the limit is far below a signal strength of 1
    assert told["significance_without_variations"] > 10
    assert 0 < told["upper_limit"] < 0.2
    yields = pd.read_csv(folded / "cross" / "base" / told["member"] / "bin_yields.csv")
    expected = yields[yields["sample"] == "test"].groupby("process")["yield"].sum()
    with uproot.open(folded / "export" / "fit" / "histograms.root") as file:
        for process, total in expected.items():
            assert file[process].values().sum() == pytest.approx(total)
    page = (folded / "report" / "report.html").read_text()
    assert "Fit of the score in bins, expected (pyhf)" in page


def test_variations_are_scored_by_the_networks_that_never_saw_the_events(folded):
    """Half of the weight: the same events, scores and uncertainties. A shift: others are let in."""
    shifted = {
        name: pd.read_parquet(folded / "variations" / name / direction / "scores.parquet")
        for name, direction in (("angle", "up"), ("half", "down"))
    }
    nominal = pd.read_parquet(folded / "cross" / "base" / "replica-00" / "scores.parquet")
    both = nominal.merge(shifted["half"], on=["source", "row"], suffixes=("", "_shifted"))
    assert len(both) == len(nominal) == len(shifted["half"])
    assert (both["score_signal"] == both["score_signal_shifted"]).all()
    assert both["weight_shifted"].to_numpy() == pytest.approx(both["weight"].to_numpy() / 2)
    angle = pd.read_csv(folded.parents[1] / "events-0.csv")["angle"]
    assert set(shifted["angle"]["row"]) == set(np.flatnonzero((angle + 0.5).abs() < 3))
    assert set(shifted["angle"]["row"]) - set(nominal["row"])
    table = pd.read_csv(folded / "variations" / "variations.csv")
    half = table[table["variation"] == "half"]
    assert half["relative_shift"].to_numpy() == pytest.approx(-0.5)
    assert half["relative_shift_uncertainty"].to_numpy() == pytest.approx(0, abs=1e-6)
    signal = table[(table["variation"] == "angle") & (table["process"] == "higgs")].iloc[0]
    assert signal["relative_shift"] > 3 * signal["relative_shift_uncertainty"] > 0
    # a sample of top alone: all other processes are as they were
    tune = table[table["variation"] == "tune"].set_index("process")
    assert (tune.loc[["higgs", "zjets"], "shift"] == 0).all()
    entries = tune.loc["top", ["entries_nominal", "entries_shifted"]]
    assert tune.loc["top", "entries_moved"] == entries.sum()
    best = pd.read_csv(folded / "cross" / "base" / "replica-00" / "fom.csv")
    own = best[best["headline"]].iloc[0]
    assert signal["yield_nominal"] == pytest.approx(own["s_test"])
    assert signal["cut"] == pytest.approx(own["cut"])


def test_variations_are_shapes_of_the_fit(folded):
    spec = json.loads((folded / "export" / "fit" / "workspace.json").read_text())
    kinds = {tuple(own) for own in pyhf.Workspace(spec).modifiers}
    assert {("angle", "histosys"), ("half", "histosys")} <= kinds
    told = pd.read_csv(folded / "export" / "fit" / "expected.csv").iloc[0]
    assert 0 < told["significance"] < told["significance_without_variations"]
    with uproot.open(folded / "export" / "fit" / "histograms.root") as file:
        half = file["top_halfDown"].values()
        assert half == pytest.approx(file["top"].values() / 2)
        assert "top_halfUp" not in file
        tune = file["top_tuneUp"].values().sum()
    other = pd.read_csv(folded.parents[1] / "other.csv")
    assert tune == pytest.approx(10 * other.loc[other["angle"].abs() < 3, "w"].sum())
    page = (folded / "report" / "report.html").read_text()
    assert "Systematic variations: yields at the cut" in page


def test_folds_score_every_event_by_a_network_that_never_saw_it(folded):
    ledger = pd.read_parquet(folded / "ledger" / "ledger.parquet")
    whole = len(ledger) // 3
    assert ledger["sample"].value_counts().tolist() == [whole] * 3
    joined = pd.read_parquet(folded / "cross" / "base" / "replica-00" / "scores.parquet")
    assert len(joined) == whole
    tested = ledger[ledger["sample"] == "test"].merge(joined, on=["source", "row", "fold"])
    assert len(tested) == whole
    for fold in range(3):
        run = folded / "predict" / "base" / "replica-00" / f"fold-{fold}" / "scores.parquet"
        own = pd.read_parquet(run).merge(joined[joined["fold"] == fold], on=["source", "row"])
        assert (own["score_signal_x"] == own["score_signal_y"]).all()
        assert set(own["sample"]) == {"test"}


def pair_area(scores):
    """Weighted share of pairs of signal and background that stand in order; ties count half."""
    signal, background = (scores[scores["class"] == label] for label in (1, 0))
    difference = np.subtract.outer(
        signal["score_signal"].to_numpy(), background["score_signal"].to_numpy()
    )
    ordered = (np.sign(difference) + 1) / 2
    pairs = signal["weight"].to_numpy() @ ordered @ background["weight"].to_numpy()
    return pairs / (signal["weight"].sum() * background["weight"].sum())


def test_folds_are_read_together_as_one_sample(folded):
    """Areas by all pairs, yields by hand, of all test events, each scored where it is tested."""
    own = folded / "cross" / "base" / "replica-00"
    scores, joined = (pd.read_parquet(own / f"{name}.parquet") for name in ("scores", "joined"))
    assert joined["sample"].value_counts().to_dict() == {
        "validation": len(scores),
        "test": len(scores),
        "train": 0,
    }
    areas = pd.read_csv(own / "roc.csv").set_index("sample")["auc"]
    for sample in ("validation", "test"):
        part = joined[joined["sample"] == sample]
        assert part["event_id"].nunique() == len(scores)
        expected = pair_area(part)
        assert areas[sample] == pytest.approx(expected, abs=1e-9)
    best = pd.read_csv(own / "fom.csv").set_index("definition").loc["asimov"]
    passed = scores[scores["score_signal"] >= best["cut"]]
    sums = passed.groupby("class")["weight"].sum() * TOY["yields"]["luminosity"]
    assert best["b_test"] == pytest.approx(sums[0], rel=1e-9)
    assert best["s_test"] == pytest.approx(sums[1], rel=1e-9)
    assert np.isnan(best["fom_train"])
    for name in ("roc", "fom", "binned", "scores", "confusion"):
        assert (own / f"{name}.png").stat().st_size > 10_000
    page = (folded / "report" / "report.html").read_text()
    assert page.index("Folds joined: base/replica-00") < page.index("Best point")
    assert "<summary>logistic_regression/replica-00</summary>" in page


def test_folds_add_up_their_test_yields(folded):
    runs = pd.read_csv(folded / "compare" / "runs.csv")
    points = pd.read_csv(folded / "compare" / "points.csv")
    assert points["kind"].tolist() == ["network", "baseline"]
    own = runs[runs["kind"] == "network"]
    s, b = own["s_test"].mean(), own["b_test"].mean()
    expected = float(asimov(s, b, 0.1 * b))
    assert points["test_fom"][0] == pytest.approx(expected, rel=1e-9)
    assert sorted(path.name for path in (folded / "best").iterdir()) == [
        *(f"fold-{n}" for n in range(3)),
        "roles.parquet",
    ]


def test_ctrl_c_in_the_middle_of_a_study_changes_no_result(finished, tmp_path):
    """A terminal sends SIGINT to Snakemake and to all its jobs at once."""
    longer = {**TOY, "training": {**TOY["training"], "epochs": 300}, "hardware": {"save_every": 1}}
    names = ("train/{}/history.parquet", "predict/{}/scores.parquet")
    tables = [f"results/toy/{name.format('base/replica-00/fold-0')}" for name in names]
    disturbed, undisturbed = (tmp_path / name for name in ("disturbed", "undisturbed"))
    for folder in (disturbed, undisturbed):
        shutil.copytree(finished, folder, symlinks=True)
        shutil.rmtree(folder / "results" / "toy" / "train")
        write_study(folder, longer)
    arguments = (*tables, "--configfile", "study.yaml")
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "2"]
    # a process in the background may ignore SIGINT, and hand that on
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    with (disturbed / "out").open("w") as out:
        snakemake = subprocess.Popen(
            [*command, *arguments], cwd=disturbed, stdout=out, stderr=out, start_new_session=True
        )
        signal.signal(signal.SIGINT, handler)
        while not list(disturbed.rglob("state.npz")):
            assert snakemake.poll() is None, (disturbed / "out").read_text()
            time.sleep(0.02)
        os.killpg(snakemake.pid, signal.SIGINT)
        assert snakemake.wait() == 1, (disturbed / "out").read_text()
    assert not (disturbed / tables[0]).exists()
    run_snakemake(disturbed, "--rerun-incomplete", *arguments)
    (log,) = (disturbed / "logs").rglob("train.log")
    assert "going on in epoch" in log.read_text()
    run_snakemake(undisturbed, *arguments)
    for table in tables:
        assert (disturbed / table).read_bytes() == (undisturbed / table).read_bytes(), table
