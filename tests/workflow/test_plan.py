"""Dry-runs: the DAG of the default study, what a change reruns, and what a bad config says."""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from toy import ROOT, TOY, asked, planned, run_snakemake, toy_events, write_study

ALL_RULES = {
    "all",
    "balance",
    "best",
    "checkpoint_model",
    "compare",
    "diagnostics",
    "fom",
    "ingest",
    "inputs",
    "ledger",
    "normalise",
    "paper",
    "predict",
    "report",
    "roc",
    "split",
    "train",
}
RESULTS = {"compare", "best", "paper", "report", "all"}
OF_RUNS = {"train", "checkpoint_model", "predict", "diagnostics"}


@pytest.fixture
def default(tmp_path):
    """A folder that holds what the default study needs, and no results."""
    for name in ("config", "resources"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def test_the_default_study_plans_the_whole_chain(default):
    replicas = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["replicas"]
    jobs = planned(default)
    assert set(jobs) == ALL_RULES | {"ensemble", "baseline"}
    assert {rule for rule, count in jobs.items() if count == replicas} == OF_RUNS
    assert jobs["fom"] == jobs["roc"] == replicas + jobs["ensemble"] + jobs["baseline"]


def test_a_scan_shares_preparations_and_multiplies_runs(tmp_path):
    toy_events(100, 1).to_csv(tmp_path / "events-0.csv", index=False)
    scan = {"training.decay": [0.0, 1e-3], "balance.scheme": ["sum", "equal"]}
    write_study(tmp_path, {**TOY, "scan": scan, "replicas": 3})
    jobs = planned(tmp_path, "--configfile", "study.yaml")
    assert jobs["train"] == 12
    assert jobs["ensemble"] == 4
    assert jobs["fom"] == jobs["roc"] == 16
    assert jobs["normalise"] == jobs["balance"] == 2
    assert jobs["split"] == 1


def test_folds_and_baselines_multiply_what_belongs_to_them(tmp_path):
    toy_events(100, 1).to_csv(tmp_path / "events-0.csv", index=False)
    own = {"folds": 4, "replicas": 2, "baselines": ["logistic_regression"]}
    write_study(tmp_path, {**TOY, **own})
    jobs = planned(tmp_path, "--configfile", "study.yaml")
    assert jobs["normalise"] == jobs["balance"] == jobs["baseline"] == jobs["ensemble"] == 4
    assert jobs["train"] == jobs["predict"] == 8
    assert jobs["fom"] == jobs["roc"] == 8 + 4 + 4
    assert jobs["cross"] == 2 + 1 + 1


def test_another_replica_trains_only_what_is_new(finished):
    write_study(finished, {**TOY, "replicas": 2}, "replica.yaml")
    jobs = planned(finished, "--configfile", "replica.yaml")
    assert jobs["train"] == jobs["predict"] == jobs["ensemble"] == 1
    assert jobs["fom"] == 2
    assert jobs.keys().isdisjoint({"ingest", "split", "normalise", "balance"})


def test_another_point_trains_only_what_is_new(finished):
    scan = {"training.decay": [0.0, 1e-4], "balance.scheme": ["sum"]}
    write_study(finished, {**TOY, "scan": scan}, "point.yaml")
    jobs = planned(finished, "--configfile", "point.yaml")
    assert jobs["train"] == jobs["predict"] == jobs["fom"] == 1
    assert jobs.keys().isdisjoint({"ingest", "split", "normalise", "balance"})


def test_simulated_samples_are_made_by_the_study(tmp_path):
    features = ["LepPt", "LepEta", "LepChg", "Met", "mt", "Njet", "Jet1Pt", "HT", "NbLoose",
                "JetHBpt", "JetHBCSV", "DrJetHBLep"]  # fmt: skip
    files = [
        {"path": f"results/sim/simulate/{part}_{kind}.csv", "sample": sample,
         "columns": [*features, "w", "process"]}
        for part, sample in (("train", "train"), ("val", "validation"), ("test", "test"))
        for kind in ("sig", "bkg")
    ]  # fmt: skip
    config = {
        "study": "sim",
        "simulate": {
            "columns": "binary", "events": {"T2DegStop_550_520": 250, "TT_pow": 100}, "chunk": 100
        },
        "input": {"files": files},
        "columns": {"features": features, "weight": ["w"], "process": "process"},
        "classes": {"background": ["TT*"], "signal": ["T2*"]},
        "signal_class": "signal",
        "yields": {"split_factors": {"train": 4, "validation": 4, "test": 2}},
    }  # fmt: skip
    write_study(tmp_path, config)
    jobs = planned(tmp_path, "--configfile", "study.yaml")
    assert (jobs["simulate"], jobs["collect"], jobs["ingest"]) == (4, 6, 6)


def test_a_study_without_signal_has_no_fom(tmp_path):
    toy_events(100, 1).to_csv(tmp_path / "events-0.csv", index=False)
    config = {**deepcopy(TOY), "balance": {"scheme": "equal"}}
    del config["signal_class"]
    write_study(tmp_path, config)
    assert set(planned(tmp_path, "--configfile", "study.yaml")) == ALL_RULES - {"fom", "paper"}


def test_generator_weights_are_summed_where_asked_for(tmp_path):
    toy_events(100, 1).to_csv(tmp_path / "events-0.csv", index=False)
    config = deepcopy(TOY)
    config["input"]["files"] = [{"path": "events-0.csv", "process": "higgs"}]
    config["processes"] = {"higgs": {"cross_section": 2.0, "generated": {"column": "w"}}}
    write_study(tmp_path, config)
    assert planned(tmp_path, "--configfile", "study.yaml")["generator_weights"] == 1


@pytest.mark.parametrize("profile", ["laptop", "slurm", "htcondor"])
def test_only_what_trains_asks_for_a_gpu(default, profile):
    folder = ROOT / "profiles" / profile
    search = "optimise={keys: {model.dropout: {low: 0, high: 0.5}}}"
    given = "--config", search, "--workflow-profile", str(folder)
    jobs = asked(default, "all", "range_test", *given)
    rules = {rule for rule, _ in jobs}
    assert len(rules) > 10
    users = {"train", "range_test", "trial"}
    assert users <= rules
    for rule, resources in jobs:
        gpus = {resources[name] for name in ("gpu", "request_gpus") if name in resources}
        assert gpus == ({"1"} if rule in users else set()), rule
        required = "1" if rule in users and profile != "laptop" else "0"
        assert resources.get("require_gpu", "0") == required, rule


def test_memory_and_time_follow_from_the_size_of_the_input(tmp_path):
    write_study(tmp_path, TOY)
    events = tmp_path / "events-0.csv"
    toy_events(100, 1).to_csv(events, index=False)
    small = dict(asked(tmp_path, "--configfile", "study.yaml"))
    os.truncate(events, 2_000_000_000)  # sparse
    large = dict(asked(tmp_path, "--configfile", "study.yaml"))
    assert set(small) == set(large)
    names = ("mem_mb", "runtime", "htcondor_request_mem_mb", "classad_MaxRuntime")
    for rule in ALL_RULES - RESULTS:  # these run where Snakemake does
        before, after = ([int(job[rule][name]) for name in names] for job in (small, large))
        more = [a > b for a, b in zip(after, before, strict=True)]
        # some stream, and a training's time is the config's
        streams = {"ingest", "split", "normalise", "balance", "predict", "inputs"}
        expected = (rule not in streams, rule != "train")
        assert more == [*expected, *expected], rule
        # the same by its other name, for HTCondor
        assert after[2] == after[0]
        assert 60 * after[1] <= after[3] < 60 * (after[1] + 1)


def test_the_rule_graph_is_drawn(default):
    graph = run_snakemake(default, "--rulegraph", "mermaid-js").stdout
    assert "flowchart" in graph
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"```mermaid\n(.*?)```", readme, re.DOTALL)[1]
    names = dict(re.findall(r'(id\d+)\[(?:")?(\w+)', graph))
    drawn = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", graph)}
    assert {tuple(pair) for pair in re.findall(r"(\w+) --> (\w+)", shown)} == drawn


FAULTS = [
    ({"training": {"epochs": -1}}, "config key `training.epochs`: found -1"),
    ({"colour": "red"}, "config key `colour`: unknown"),
    ({"scan": {"model.layer": [[1]]}}, "did you mean `model.layers`?"),
]


@pytest.mark.parametrize(("change", "expected"), FAULTS)
def test_a_bad_config_fails_before_any_rule_exists(tmp_path, change, expected):
    (tmp_path / "events-0.csv").touch()
    write_study(tmp_path, {**TOY, **change})
    process = run_snakemake(tmp_path, "-n", "--configfile", "study.yaml", check=False)
    assert process.returncode != 0
    assert expected in process.stdout
    assert "Traceback" not in process.stdout


CLASSIFIER_RUNS = {"predict", "ledger", "fom", "roc", "diagnostics"} | RESULTS
TRAINED = {"train", "checkpoint_model"} | CLASSIFIER_RUNS


def features(**own):
    """The toy's columns with something else said of their first feature."""
    first, *rest = TOY["columns"]["features"]
    return {"columns": {**TOY["columns"], "features": [{**first, **own}, *rest]}}


# a change of a key → the rules that it reruns
CHANGES = {
    "nothing": ({}, set()),
    "learning rate": ({"training": {**TOY["training"], "learning_rate": 0.02}}, TRAINED),
    "layers": ({"model": {"layers": [17]}}, TRAINED),
    "seed": ({"seed": 2}, ALL_RULES - {"ingest", "inputs"}),
    "normalise": ({"normalise": {"steps": ["minmax"]}}, {"normalise"} | TRAINED),
    "missing values": ({"input": {**TOY["input"], "missing_values": [-999, -1]}}, ALL_RULES),
    "on defect": ({"input": {**TOY["input"], "on_defect": "reject"}}, ALL_RULES),
    "spectators": ({"columns": {**TOY["columns"], "spectators": []}}, ALL_RULES),
    "signal class": (
        {"signal_class": "background"},
        ALL_RULES - {"ingest", "inputs", "split", "normalise"},
    ),
    "bins of the score": ({"fom": {**TOY["fom"], "bins": {"count": 5}}}, {"fom"} | RESULTS),
    "label of all plots": (
        {"plots": {"label": "toy"}},
        {"inputs", "fom", "roc", "diagnostics"} | RESULTS,
    ),
    "exports": (
        {"export": {"scores": True, "fom_table": True}},
        {"export_scores", "export_table", "all"},
    ),
    "a baseline": (
        {"baselines": ["logistic_regression"]},
        {"baseline", "ledger", "fom", "roc"} | RESULTS,
    ),
    "what is asked for by name": (
        {"importance": {"repeats": 3}, "range_test": {"steps": 50}},
        set(),
    ),
    "title of a plot": ({"plots": {"titles": {"roc": "ROC of the toy"}}}, {"roc"} | RESULTS),
    "title of the inputs": (
        {"plots": {"titles": {"inputs": "Inputs"}}},
        {"inputs", "report", "all"},
    ),
    "label of a feature": (features(label="m"), {"inputs", "report", "all"}),
    "unit of a feature": (features(unit="MeV"), {"inputs", "checkpoint_model"} | CLASSIFIER_RUNS),
    "systematic": ({"fom": {**TOY["fom"], "systematic": 0.3}}, {"fom"} | RESULTS),
    "luminosity": ({"yields": {"luminosity": 20.0}}, {"fom"} | RESULTS),
    "hardware": (
        {"hardware": {"gpu": 0, "runtime": 5, "save_every": 9, "tensorboard": True}},
        set(),
    ),
    "balance": ({"balance": {"scheme": "equal"}}, {"balance"} | TRAINED),
    "variations": (
        {"variations": {"scale": {"up": {"energy": "energy * 1.1"}}}},
        {"vary", "variations", "report", "all"},
    ),
    "fractions": (
        {"split": {"fractions": {"train": 0.4, "validation": 0.2, "test": 0.4}}},
        ALL_RULES - {"ingest", "inputs"},
    ),
    "selection": ({"selection": {"acceptance": "abs(angle) < 2"}}, ALL_RULES),
}


@pytest.fixture(scope="module")
def reruns(finished):
    """Return the rules that each change reruns: dry-runs, a core each."""

    def rerun(change):
        name = f"changed-{change.replace(' ', '-')}.yaml"
        write_study(finished, {**TOY, **CHANGES[change][0]}, name)
        return set(planned(finished, "--configfile", name))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(CHANGES, pool.map(rerun, CHANGES), strict=True))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_reruns_what_it_touches_and_nothing_else(reruns, change):
    assert reruns[change] == CHANGES[change][1]


def test_cores_and_resources_rerun_nothing(finished):
    for arguments in (
        ["--cores", "1"],
        ["--resources", "gpu=0"],
        ["--set-resources", "train:gpu=2"],
    ):
        assert planned(finished, "--configfile", "study.yaml", *arguments) == {}


def test_an_edited_library_function_reruns_the_rules_that_use_it(finished, tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    for name in ("Snakefile", "workflow"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, house / name)
    arguments = ["-s", str(house / "Snakefile"), "--configfile", "study.yaml"]
    # the copy's scripts are other files with the same content: that alone reruns nothing
    assert planned(finished, *arguments) == {}
    module = house / "workflow" / "scripts" / "winnow" / "statistics" / "roc.py"
    text = module.read_text()
    module.write_text(text.replace('"""', '"""Changed: ', 1))
    assert planned(finished, *arguments) == {}
    assert "WORKING_POINTS = (0.3, 0.5, 0.7)" in text
    module.write_text(text.replace("(0.3, 0.5, 0.7)", "(0.3, 0.5, 0.8)"))
    jobs = set(planned(finished, *arguments))
    assert {"roc", "compare", "diagnostics"} <= jobs
    assert jobs.isdisjoint({"ingest", "split", "normalise", "balance", "train", "predict", "fom"})


def test_results_do_not_depend_on_the_folder_of_the_house(finished):
    assert not list(Path(finished).glob("workflow"))
    assert os.access(finished / "results" / "toy" / "report" / "report.html", os.R_OK)


def test_an_older_file_in_the_place_of_another_is_read(finished, tmp_path):
    """Snakemake itself goes by dates: a file that was copied with its own would never be read."""
    folder = shutil.copytree(finished, tmp_path / "study", symlinks=True)
    path = folder / "events-1.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], *reversed(lines[1:])]))
    os.utime(path, (1e9, 1e9))
    assert planned(folder, "--configfile", "study.yaml")["ingest"] == 1
