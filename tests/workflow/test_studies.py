"""The studies: every file plans, and gives what its model gives at a small size."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import uproot
import yaml

from toy import ROOT, planned, run_snakemake, write_study

STUDIES = sorted((ROOT / "config" / "studies").glob("*.yaml"))
CONFIGS = [ROOT / "config" / "config.yaml", *STUDIES]
PROFILES = sorted(path.parent for path in (ROOT / "profiles").glob("*/config.yaml"))
FEATURES = {
    "cms-binary": "LepPt LepEta LepChg Met mt Njet Jet1Pt HT NbLoose JetHBpt JetHBCSV DrJetHBLep",
    "cms-multiclass": (
        "LepChg LepPt LepEta Dxy Dz RelIso Met mt Njet Jet1Pt Jet2Pt HT NbLoose JetHBpt JetHBCSV "
        "JetB2pt DrJetHBLep"
    ),
}

# background events that a cut must leave, of the small samples here
ENTRIES = 5


def loaded(path):
    return yaml.safe_load(path.read_text())


@pytest.fixture
def folder(tmp_path):
    """A folder that holds what the studies need, and no results."""
    for name in ("config", "resources"):
        (tmp_path / name).symlink_to(ROOT / name)
    columns = loaded(ROOT / "config/studies/h4l.yaml")["columns"]
    names = [*(feature["name"] for feature in columns["features"]), "Weight", "Higgs_mass"]
    (tmp_path / "h4l-2e2mu").mkdir()
    # the layout of files that are not shipped
    for name in ("SMHiggsToZZTo4L", "ZZTo2e2mu", "Run2012B", "Run2012C"):
        with uproot.recreate(tmp_path / "h4l-2e2mu" / f"{name}.root") as file:
            file.mktree("Events", dict.fromkeys(names, "f8")).extend(
                {name: np.ones(3) for name in names}
            )
    return tmp_path


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.name)
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_study_plans_its_whole_chain_under_every_profile(folder, path, profile):
    config = loaded(path)
    scan = config.get("scan", {})
    grid = isinstance(scan, dict)
    points = int(np.prod([len(values) for values in scan.values()])) if grid else len(scan)
    runs = points * config.get("replicas", 1) * max(1, config.get("folds", 0))
    jobs = planned(folder, "--workflow-profile", str(profile), "--configfile", str(path))
    assert jobs["train"] == jobs.get("predict", 0) + jobs.get("predict_hits", 0) == runs
    assert jobs["report"] == jobs["all"] == 1
    if "simulate" in config:
        made = {file["path"] for file in config["input"]["files"]}
        assert jobs["simulate"] >= len(config["simulate"]["events"])
        assert jobs["collect"] == len(made)
    assert jobs.get("calibration", 0) == ("calibration" in config) * runs
    assert jobs.get("hypotheses", 0) == ("parameter" in config) * runs
    assert ("fom" in jobs) == ("signal_class" in config)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_is_named_after_its_file_and_keys_have_comments(path):
    config = loaded(path)
    assert config["study"] == path.stem
    lines = path.read_text().splitlines()
    for section in set(config) - {"study", "input", "columns"}:
        start = next(n for n, line in enumerate(lines) if line.startswith(f"{section}:"))
        end = next((n for n in range(start + 1, len(lines)) if not lines[n].strip()), len(lines))
        assert section == "plots" or any("#" in line for line in lines[start:end]), section


def small(name, **changes):
    """The study with a few thousand events of a few processes, and 3 epochs."""
    config = loaded(ROOT / "config" / "studies" / f"{name}.yaml")
    events = {
        "T2DegStop_300_270": 3000,
        "T2DegStop_550_520": 4000,
        "Wjets_200to400": 4000,
        "Wjets_400to600": 4000,
        "TT_pow": 4000,
        "ZJetsToNuNu_HT400to600": 3000,
        "WW": 2000,
    }
    config["simulate"] |= {"events": events, "chunk": 2500}
    config["training"] |= {"epochs": 3, "batch_size": 100, "learning_rate": 5e-3}
    config["fom"] |= {"bootstrap": {"replicas": 20}, "min_background_entries": ENTRIES}
    return config | changes


def finished(tmp_path_factory, name, **changes):
    folder = tmp_path_factory.mktemp(name)
    write_study(folder, small(name, **changes))
    run_snakemake(folder, "--configfile", "study.yaml")
    return folder / "results" / name


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    return finished(tmp_path_factory, "cms-binary")


@pytest.fixture(scope="module")
def multiclass(tmp_path_factory):
    # the grid lies where three epochs put the signal's scores
    config = small("cms-multiclass")
    fom = {**config["fom"], "cuts": {"low": 0.3, "high": 1, "count": 200}}
    return finished(tmp_path_factory, "cms-multiclass", replicas=2, fom=fom)


def raw(results, sample, kind):
    """The simulated file as anybody would read it."""
    names = [*FEATURES[results.name].split(), "weight", "process"]
    return pd.read_csv(
        results / "simulate" / f"{sample}_{kind}.csv",
        header=None,
        names=names,
    )


@pytest.mark.parametrize("study", ["binary", "multiclass"])
def test_the_six_files_are_read_whole(study, request):
    results = request.getfixturevalue(study)
    run = next(results.glob("predict/base/replica-00/fold-0/scores.parquet"))
    scores = pd.read_parquet(run)
    signal = {"binary": "signal", "multiclass": "Signal"}[study]
    index = list(loaded(ROOT / "config" / "studies" / f"cms-{study}.yaml")["classes"]).index(signal)
    assert len(scores) == 24000
    for sample, name in (("train", "train"), ("val", "validation"), ("test", "test")):
        inside = scores[scores["sample"] == name]
        for kind, part in (("sig", inside["class"] == index), ("bkg", inside["class"] != index)):
            read = raw(results, sample, kind)
            np.testing.assert_array_equal(inside.loc[part, "weight"], read["weight"])
            process = read["process"].str.removesuffix(".root")
            assert inside.loc[part, "process"].tolist() == process.tolist()


def test_features_are_scaled_by_the_extremes_of_all_training_events(binary):
    features = np.load(binary / "prepare/base/fold-0/features.train.npy")
    assert features.shape[1] == 12
    np.testing.assert_allclose(features.min(axis=0), -1, atol=1e-6)
    np.testing.assert_allclose(features.max(axis=0), 1, atol=1e-6)
    train = pd.concat([raw(binary, "train", kind) for kind in ("sig", "bkg")])
    test = pd.concat([raw(binary, "test", kind) for kind in ("sig", "bkg")])
    top, bottom = (train[FEATURES["cms-binary"].split()].agg(f) for f in ("max", "min"))
    expected = (2 * test[top.index] - top - bottom) / (top - bottom)
    found = np.load(binary / "prepare/base/fold-0/features.test.npy")
    # rows of the two sources in whatever order; float32 against float64
    np.testing.assert_allclose(
        np.sort(found, axis=0), np.sort(expected.to_numpy(), axis=0), atol=2e-6
    )


def test_the_binary_study_writes_the_tutorials_files(binary):
    folder = binary / "export" / "base" / "replica-00" / "fold-0"
    scores = pd.read_parquet(binary / "predict/base/replica-00/fold-0/scores.parquet")
    for name, sample, part in (("val", "validation", "val"), ("test", "test", "test")):
        output = pd.read_csv(folder / f"{name}_output.csv", header=None)
        files = pd.concat([raw(binary, part, kind) for kind in ("sig", "bkg")])
        assert output.shape == (len(files), 3)
        np.testing.assert_array_equal(output[1], files["weight"])
        assert output[2].tolist() == files["process"].str.removesuffix(".root").tolist()
        inside = scores[scores["sample"] == sample]
        assert sorted(output[0].astype(np.float32)) == sorted(inside["score_signal"])
        is_signal = output[2].str.startswith("T2DegStop")
        assert output.loc[is_signal, 0].mean() > output.loc[~is_signal, 0].mean() + 0.1
    history = pd.read_parquet(binary / "train/base/replica-00/fold-0/history.parquet")
    epoch = int((folder / "best_epoch.txt").read_text())
    assert epoch == history["validation_loss"].to_numpy().argmin()
    assert len(history) == 3


def test_the_binary_study_has_its_figures(binary):
    run = Path("base/replica-00/fold-0")
    for name in ("diagnostics", "roc"):
        assert list((binary / name / run).glob("*.png")), name
    history = pd.read_csv(binary / "diagnostics" / run / "history.csv")
    summary = pd.read_csv(binary / "roc" / run / "summary.csv").set_index("sample")
    assert {"train", "validation"} <= set(summary.index)
    assert summary.loc["test", "auc"] > 0.7
    assert len(history) == 3


def test_the_multiclass_study_sorts_processes_by_their_prefix(multiclass):
    scores = pd.read_parquet(multiclass / "predict/base/replica-00/fold-0/scores.parquet")
    assert scores.groupby("process", observed=True)["class"].agg(["min", "max"]).T.to_dict(
        "list"
    ) == {
        "T2DegStop_300_270": [0, 0],
        "T2DegStop_550_520": [0, 0],
        "Wjets_200to400": [1, 1],
        "Wjets_400to600": [1, 1],
        "TT_pow": [2, 2],
        "ZJetsToNuNu_HT400to600": [3, 3],
        "WW": [4, 4],
    }
    nodes = [column for column in scores if column.startswith("score_")]
    assert nodes == [f"score_{name}" for name in ("Signal", "Wjets", "TTbar", "Z2nu", "Other")]


def tutorial_fom(scores, sample, cut):
    """Figure of merit of the mass point: largest score and window, as the tutorial counts."""
    inside = scores[scores["sample"] == sample]
    nodes = inside[[c for c in scores if c.startswith("score_")]]
    passing = inside[(nodes.idxmax(axis=1) == "score_Signal") & (inside["score_Signal"] >= cut)]
    weight = passing["weight"] * 35866 * (2 if sample == "test" else 4)
    s = weight[passing["process"] == "T2DegStop_550_520"].sum()
    b = weight[passing["class"] != 0].sum()
    v = (0.2 * b) ** 2
    first = (s + b) * np.log((s + b) * (b + v) / (b * b + (s + b) * v))
    return np.sqrt(2 * (first - b * b / v * np.log(1 + v * s / (b * (b + v)))))


def eligible(scores, sample, grid):
    """Which cuts leave the background events that the study asks for, raw and effective."""
    inside = scores[(scores["sample"] == sample) & (scores["class"] != 0)]
    nodes = inside[[c for c in scores if c.startswith("score_")]]
    predicted = inside[nodes.idxmax(axis=1) == "score_Signal"]
    found = []
    for cut in grid:
        weight = predicted.loc[predicted["score_Signal"] >= cut, "weight"].to_numpy()
        effective = weight.sum() ** 2 / max(np.square(weight).sum(), 1e-300)
        found.append(min(weight.size, effective * (1 + 1e-9)) >= ENTRIES)
    return np.array(found)


def test_the_multiclass_study_writes_the_tutorials_table(multiclass):
    with (multiclass / "export" / "17var_fom.csv").open() as stream:
        header, *rows = csv.reader(stream)
    assert header == [
        *("", "Scaling Function", "NN Configuration", "Activation Function", "Loss Function"),
        *("Learning Rate", "Decay Rate", "Max Val FOM", "at x_cut", "Test FOM", "Max Test FOM"),
    ]
    points = [("base", "0.001"), ("decay=1e-4", "0.0001")]
    runs = [(point, decay, replica) for point, decay in points for replica in range(2)]
    assert len(rows) == len(runs)
    chosen = 0
    for number, (row, (point, decay, replica)) in enumerate(zip(rows, runs, strict=True)):
        assert row[:7] == [
            *(str(number), "minmax", "100-100", "tanh", "categorical_crossentropy"),
            *("0.005", decay),
        ]
        place = f"predict/{point}/replica-{replica:02d}/fold-0/scores.parquet"
        scores = pd.read_parquet(multiclass / place)
        # empty where no cut leaves enough background
        validation, cut, test, largest = (float(cell or "nan") for cell in row[7:])
        grid = 0.3 + np.arange(200) * 0.7 / 200
        curve = [tutorial_fom(scores, "test", c) for c in grid[eligible(scores, "test", grid)]]
        assert largest == pytest.approx(max(curve, default=np.nan), abs=1e-8, nan_ok=True)
        if not eligible(scores, "validation", grid).any():
            assert np.isnan([validation, cut, test]).all()
            continue
        chosen += 1
        position = int(np.abs(grid - cut).argmin())
        assert cut == round(grid[position], 4)
        for sample, value in (("validation", validation), ("test", test)):
            # eight decimals
            assert value == pytest.approx(tutorial_fom(scores, sample, grid[position]), abs=1e-8)
    assert chosen >= 2


def test_the_multiclass_study_scans_and_ranks(multiclass):
    points = pd.read_csv(multiclass / "compare" / "points.csv")
    assert {"base", "decay=1e-4"} <= set(points["point"])
    for figure in ("fom.png", "binned.png"):
        assert (multiclass / "fom/decay=1e-4/replica-01/fold-0" / figure).stat().st_size > 10_000


@pytest.fixture(scope="module")
def efficiency(tmp_path_factory):
    """The study of track efficiencies with a few thousand tracks, streamed from disk."""
    config = loaded(ROOT / "config" / "studies" / "lamarr-efficiency.yaml")
    config["simulate"] |= {"events": {"tracks": 9000}, "chunk": 4000}
    config["training"] |= {"epochs": 2, "batch_size": 500}
    del config["scan"]
    folder = tmp_path_factory.mktemp("lamarr-efficiency")
    write_study(folder, config)
    run_snakemake(folder, "--configfile", "study.yaml")
    return folder / "results" / "lamarr-efficiency"


RUN = Path("base/replica-00/fold-0")
CLASSES = ("unreconstructed", "long", "upstream", "downstream")


def test_the_efficiency_study_trains_the_residual_network_in_two_phases(efficiency):
    history = pd.read_parquet(efficiency / "train" / RUN / "history.parquet")
    first = history.drop_duplicates("phase")
    assert first["learning_rate"].tolist() == pytest.approx([1e-2, 1e-3])
    log = (efficiency.parents[1] / "logs/lamarr-efficiency/train" / RUN / "train.log").read_text()
    assert "84740 parameters" in log
    passport = json.loads((efficiency / "checkpoint_model" / RUN / "passport.json").read_text())
    assert not any(
        "p_" in name for name in str(passport["features"]).split("'") if name[:2] == "p_"
    )
    # flags pass through, the others become a standard normal
    features = np.load(efficiency / "prepare/base/fold-0/features.train.npy")
    assert set(np.unique(features[:, 8:11])) == {0.0, 1.0}
    assert set(np.unique(features[:, 11])) == {-1.0, 1.0}
    np.testing.assert_allclose(features[:, :8].std(axis=0), 1, atol=0.05)


def test_the_efficiency_study_holds_probabilities_against_classes_and_truth(efficiency):
    folder = efficiency / "calibration" / RUN
    scores = pd.read_parquet(efficiency / "predict" / RUN / "scores.parquet")
    test = scores[scores["sample"] == "test"]
    sums = pd.read_csv(folder / "sums.csv").set_index("class")
    for index, name in enumerate(CLASSES):
        assert sums.loc[name, "detailed"] == (test["class"] == index).sum()
        assert sums.loc[name, "parametrised"] == pytest.approx(test[f"score_{name}"].sum())
    drawn = pd.read_parquet(folder / "drawn.parquet")
    assert drawn["drawn"].value_counts().to_dict() == sums["drawn"].to_dict()
    summary = pd.read_csv(folder / "summary.csv").iloc[0]
    for key, prefix in (("cross_entropy", "score_"), ("truth_cross_entropy", "p_")):
        given = test[[f"{prefix}{name}" for name in CLASSES]].to_numpy(np.float64)
        picked = given[np.arange(len(test)), test["class"]]
        assert summary[key] == pytest.approx(-np.log(picked).mean(), rel=1e-6)
    assert 1 < summary["ratio"] < 2
    rates = pd.read_csv(folder / "efficiencies.csv")
    assert {"mc_log10_p", "mc_eta"} == set(rates["column"])
    # the truth itself: counts scatter around it by what they should
    one = rates[(rates["class"] == "long") & (rates["entries"] > 50)]
    assert ((one["detailed"] - one["truth"]).abs() < 0.3).all()
    assert set(pd.read_csv(folder / "distributions.csv")["column"]) == set(
        pd.DataFrame(loaded(ROOT / "config/studies/lamarr-efficiency.yaml")["columns"]["features"])[
            "name"
        ]
    )


def test_the_efficiency_study_shows_its_figures_and_no_figure_of_merit(efficiency):
    for name in ("sums", "efficiencies", "reliability", "truth"):
        assert (efficiency / "calibration" / RUN / f"{name}.png").stat().st_size > 10_000
    page = (efficiency / "report" / "report.html").read_text()
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert [f"Distributions of {name}" for name in CLASSES] == [t for t in titles if "butions" in t]
    assert {"Efficiencies", "Reliability", "Fitted against true probabilities"} <= set(titles)
    assert "Cross-entropy on test" in page
    assert not (efficiency / "fom").exists()
    assert "Figure of merit" not in titles
