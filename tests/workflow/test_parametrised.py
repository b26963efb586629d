"""A study whose network takes the hypothesis as an input, and interpolates where it is left out."""

from math import erf

import numpy as np
import pandas as pd
import pytest

from toy import planned, run_snakemake, write_study
from winnow.tables import read_json

MEANS = (1.0, 1.5, 2.0)
STUDY = {
    "study": "hypotheses",
    "input": {"files": [{"path": "events-*.csv"}], "missing_values": ["nan"]},
    "columns": {
        "features": ["x", "noise"],
        "process": "process",
        "event_id": ["event"],
        "spectators": ["mean"],
    },
    "classes": {"background": ["zjets"], "signal": ["higgs"]},
    "signal_class": "signal",
    "parameter": {"column": "mean", "unit": "GeV"},
    "scan": {"parameter.leave_out": [[], [1.5]]},
    "normalise": {"steps": ["standard"]},
    "balance": {"scheme": "equal"},
    "model": {"layers": [16], "activation": "tanh", "dropout": 0},
    "training": {"epochs": 15, "batch_size": 500, "learning_rate": 0.02},
    "export": {"formats": ["onnx"]},
    "fom": {"min_background_entries": 20},
}
RUN = "replica-00/fold-0"


def events(count):
    """Signal at one of the means, of which background, at 0, has none."""
    random = np.random.default_rng(12)
    signal = np.arange(count) % 2 == 1
    mean = random.choice(MEANS, count)
    return pd.DataFrame(
        {
            "event": np.arange(count),
            "x": random.normal(np.where(signal, mean, 0.0)),
            "noise": random.normal(size=count),
            "mean": np.where(signal, mean, np.nan),
            "process": np.where(signal, "higgs", "zjets"),
        }
    )


@pytest.fixture(scope="module")
def parametrised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parametrised")
    table = events(12_000)
    for number, part in enumerate((table[:5000], table[5000:])):
        part.to_csv(folder / f"events-{number}.csv", index=False)
    run_snakemake(folder, "--configfile", write_study(folder, STUDY).name)
    return folder


def test_a_network_is_as_good_at_each_hypothesis_as_one_can_be(parametrised):
    """Φ(m/√2); at the one that was left out, too, which lies between those trained on."""
    table = pd.read_csv(parametrised / "results/hypotheses/hypotheses/hypotheses.csv")
    assert table["point"].tolist() == ["base"] * 3 + ["leave_out=1.5"] * 3
    assert table["trained_on"].tolist() == [True] * 4 + [False, True]
    for row in table.itertuples():
        best = (1 + erf(row.hypothesis / 2)) / 2
        assert row.auc == pytest.approx(best, abs=0.01 + 3 * row.auc_uncertainty)
        assert row.fom_test > 0
    assert table["hypothesis"].tolist() == [*MEANS, *MEANS]


def test_the_passport_says_that_the_last_feature_is_the_parameter(parametrised):
    folder = parametrised / "results/hypotheses/checkpoint_model/leave_out=1.5" / RUN
    passport = read_json(folder / "passport.json")
    assert passport["features"][-1] == {"name": "mean", "unit": "GeV"}
    told = passport["transform"]["parameter"]
    assert told["column"] == "mean"
    assert (told["trained"], told["left_out"]) == ([1.0, 2.0], [1.5])
    # background has 1 or 2, signal its own
    assert {row[-1] for row in passport["golden"]["features"]} <= set(MEANS)


def test_what_is_left_out_has_no_weight_in_training_and_validation(parametrised):
    prepared = parametrised / "results/hypotheses/prepare"
    split = pd.read_parquet(parametrised / "results/hypotheses/split/samples.parquet")
    mean = events(12_000)["mean"].to_numpy()
    for sample in ("train", "validation"):
        inside = (split["sample"] == sample).to_numpy()
        for preparation, left_out in (("base", []), ("leave_out=1.5", [1.5])):
            weights = np.load(prepared / preparation / f"fold-0/weights.{sample}.npy")
            np.testing.assert_array_equal(weights == 0, np.isin(mean[inside], left_out))


def test_other_hypotheses_are_told_of_without_a_training(parametrised):
    study = STUDY | {"parameter": {**STUDY["parameter"], "hypotheses": [1.5]}}
    given = write_study(parametrised, study, "fewer.yaml").name
    jobs = planned(parametrised, "--configfile", given)
    assert jobs["hypotheses"] == 2
    assert jobs.keys() == {"hypotheses", "hypotheses_summary", "report", "all"}


def test_the_report_shows_the_figure(parametrised):
    page = (parametrised / "results/hypotheses/report/report.html").read_text()
    assert "Against the hypothesis" in page
    assert "At each hypothesis" in page
