"""The study tmva-benchmark at a small size, with a contestant that is added beside the others."""

import shutil

import pandas as pd
import pytest
import yaml

from toy import ROOT, planned, run_snakemake, write_study

SEVENTH = '''"""The contestant `nearest`: which class's mean is nearer."""

import numpy as np

from winnow.contest.task import Trained, Translation

SCANNED = False


def lacking():
    return ""


def translated(model, training):
    return Translation({"layout": "two means"})


def set_up(threads):
    return {"numpy": np.__version__}


def train(task):
    own = task.training
    means = [own.features[own.labels == label].mean(axis=0) for label in (0, 1)]

    def score(features):
        far = [np.linalg.norm(features - mean, axis=1) for mean in means]
        return far[0] / (far[0] + far[1])

    return Trained(score, 1)
'''


def study():
    config = yaml.safe_load((ROOT / "config" / "studies" / "tmva-benchmark.yaml").read_text())
    config["simulate"] |= {"events": {"signal": 3000, "background": 3000}, "chunk": 1500}
    config["training"] |= {"epochs": 2, "batch_size": 500}
    config["contest"] = {
        "contestants": ["winnow", "scikit_learn", "boosting", "nearest"],
        "repeats": 1,
        "scan": [
            {"model.layers": [100, 100, 100]},
            {"model.layers": [20, 20, 20]},
            {"model.dropout": 0.2},
        ],
    }
    return config


@pytest.fixture(scope="module")
def contest(tmp_path_factory):
    """The study's results, by a workflow with one contestant more: a module and an env."""
    folder = tmp_path_factory.mktemp("contest")
    own = folder / "winnow"
    own.mkdir()
    for name in ("workflow", "envs", "config"):
        shutil.copytree(ROOT / name, own / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", own)
    contestants = own / "workflow" / "scripts" / "winnow" / "contest" / "contestants"
    (contestants / "nearest.py").write_text(SEVENTH)
    shutil.copy(own / "envs" / "contest_boosting.yaml", own / "envs" / "contest_nearest.yaml")
    write_study(folder, study())
    given = ("-s", str(own / "Snakefile"), "--configfile", "study.yaml")
    told = run_snakemake(folder, *given, forked=False)
    return folder / "results" / "tmva-benchmark", told.stdout


def test_every_contestant_has_a_row_at_each_setting_that_it_knows(contest):
    results, told = contest
    summary = pd.read_csv(results / "contest" / "summary.csv")
    settings = summary.groupby("contestant")["setting"].apply(list).to_dict()
    assert settings == {
        "winnow": ["base", "layers=20-20-20", "dropout=0.2"],
        "scikit_learn": ["base", "layers=20-20-20"],
        "boosting": ["base"],
        "nearest": ["base"],
    }
    assert (summary["repeats"] == 1).all()
    assert summary["test_auc"].between(0.5, 1).all()
    assert "report: results/tmva-benchmark/report/report.html" in told
    assert "study tmva-benchmark: 1 run\n" in told
    assert "'scikit_learn' is left out at dropout=0.2: model.dropout has no counterpart" in told


def test_its_figures_and_tables_are_in_the_report(contest):
    results, _ = contest
    for name in ("neurons", "model_dropout", "roc", "pareto"):
        assert (results / "contest" / f"{name}.png").stat().st_size > 1000
        assert (results / "contest" / f"{name}.pdf").is_file()
    words = pd.read_csv(results / "contest" / "settings.csv", index_col="what")
    assert words.loc["layout", "nearest"] == "two means"
    page = (results / "report" / "report.html").read_text()
    assert '<h2 id="contest">' in page
    assert page.count("hidden_layer_sizes=[100, 100, 100]") == 1


def test_a_contest_times_one_training_at_a_time(contest):
    """Every core is taken, so that nothing else runs meanwhile."""
    _results, told = contest
    blocks = told.split("rule contest_")[1:]
    assert len([b for b in blocks if "\n    threads: 2\n" in b.split("[", 1)[0]]) == 7


def test_without_software_the_study_still_plans(tmp_path):
    config = study()
    config["contest"]["contestants"] = ["winnow", "tmva"]
    write_study(tmp_path, config)
    jobs = planned(tmp_path, "--configfile", "study.yaml")
    told = run_snakemake(tmp_path, "-n", "--configfile", "study.yaml").stdout
    from winnow.contest.contestants.tmva import lacking

    assert jobs["contest_winnow"] == 3
    assert ("contest_tmva" in jobs) == (not lacking())
    assert ("contestant 'tmva' is left out" in told) == bool(lacking())
