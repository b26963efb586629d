"""A learned transform from plan to export: networks of codes are used as any other."""

import json
import shutil

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from toy import ROOT, TOY, asked, planned, run_snakemake, toy_events, write_study
from winnow.output.c_compiled import c_scores
from winnow.output.onnx_model import onnx_scores

STUDY = {
    **TOY,
    "scan": {"transform.bottleneck": [0, 3]},
    "replicas": 2,
    "transform": {
        "layers": [8],
        "activation": "tanh",
        "noise": 0.1,
        "anomaly_score": True,
        "training": {"epochs": 6, "batch_size": 200, "learning_rate": 0.01},
    },
}
LEAVES = {
    "apply": {"files": [{"path": "data.csv"}]},
    "export": {"formats": ["onnx", "c"]},
}


def of(folder, path):
    return folder / "results" / "toy" / path


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """The toy study with a scan of bottlenecks; in `left`, what leaves of the point with a code."""
    folder = tmp_path_factory.mktemp("encoded")
    toy_events(3000, 1).to_csv(folder / "events-0.csv", index=False)
    toy_events(200, 2).drop(columns=["process", "w"]).to_csv(folder / "data.csv", index=False)
    write_study(folder, {**STUDY, **LEAVES, "scan": {"transform.bottleneck": [3]}}, "code.yaml")
    run_snakemake(folder, "--configfile", "code.yaml", cores=1)
    for name in ("apply", "export", "best"):
        shutil.copytree(of(folder, name), folder / "left" / name)
    write_study(folder, STUDY)
    run_snakemake(folder, "--configfile", "study.yaml", cores=1)
    return folder


def test_points_share_what_comes_before_the_network(tmp_path):
    toy_events(100, 1).to_csv(tmp_path / "events-0.csv", index=False)
    scan = {**STUDY["scan"], "training.decay": [0.0, 1e-3]}
    write_study(tmp_path, {**STUDY, "scan": scan, "folds": 3})
    jobs = planned(tmp_path, "--configfile", "study.yaml")
    assert jobs["normalise"] == 3
    assert jobs["train_transform"] == jobs["encode"] == jobs["reconstruction"] == 3
    assert jobs["train"] == 4 * 2 * 3


@pytest.mark.parametrize("profile", ["slurm", "htcondor"])
def test_the_training_of_a_transform_asks_for_what_that_of_a_network_does(tmp_path, profile):
    toy_events(100, 1).to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, STUDY)
    place = ("--workflow-profile", str(ROOT / "profiles" / profile))
    jobs = dict(asked(tmp_path, *place, "--configfile", "study.yaml"))
    assert jobs["train_transform"].keys() == jobs["train"].keys()
    names = ("gpu", "request_gpus", "require_gpu", "runtime", "slurm_partition", "save_every")
    for name in names:
        assert jobs["train_transform"].get(name) == jobs["train"].get(name), name
    assert jobs["encode"].keys().isdisjoint({"gpu", "request_gpus"})


def test_codes_are_small_and_their_networks_are_of_the_features(encoded):
    size = 3
    place = of(encoded, f"transform/bottleneck={size}/fold-0")
    run = f"bottleneck={size}/replica-00/fold-0"
    passport = json.loads(of(encoded, f"checkpoint_model/{run}/passport.json").read_text())
    assert passport["serves"] == "onnx"
    assert passport["config"]["transform"]["bottleneck"] == size
    own = json.loads((place / "passport.json").read_text())
    assert passport["seeds"]["transform"] == own["seeds"]["transform"]
    assert own["transform"] == passport["transform"]
    network = onnxruntime.InferenceSession(of(encoded, f"checkpoint_model/{run}/network.onnx"))
    sample = of(encoded, f"predict/{run}/scores.parquet")
    scores = pd.read_parquet(sample)
    for name in ("train", "validation", "test"):
        features = np.load(of(encoded, f"prepare/base/fold-0/features.{name}.npy"))
        codes = np.load(place / f"codes.{name}.npy")
        assert codes.shape == (len(features), size)
        mine = scores[scores["sample"] == name]
        (told,) = network.run(None, {"features": features})
        np.testing.assert_allclose(told[:, 0], mine["score_signal"], atol=1e-6)
        np.testing.assert_array_equal(mine["anomaly_score"], np.load(place / f"anomaly.{name}.npy"))
        if name == "train":
            np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-4)
            np.testing.assert_allclose(codes.std(axis=0), 1, atol=1e-4)
    assert (place / "reconstruction.png").stat().st_size > 10_000


def test_scores_and_comparison_are_those_of_any_scan(encoded):
    points = pd.read_csv(of(encoded, "compare/points.csv"))
    assert set(points["transform.bottleneck"]) == {0, 3}
    base = pd.read_parquet(of(encoded, "predict/base/replica-00/fold-0/scores.parquet"))
    assert "anomaly_score" not in base
    ensemble = of(encoded, "predict/bottleneck=3/ensemble/fold-0/scores.parquet")
    member = of(encoded, "predict/bottleneck=3/replica-01/fold-0/scores.parquet")
    pd.testing.assert_series_equal(
        *(pd.read_parquet(path)["anomaly_score"] for path in (ensemble, member))
    )
    page = of(encoded, "report/report.html").read_text()
    assert "Copies of the learned transform (bottleneck=3)" in page


def test_what_is_applied_and_exported_takes_features(encoded):
    left = encoded / "left"
    chosen = json.loads((left / "best/passport.json").read_text())
    assert chosen["config"]["transform"]["bottleneck"] == 3
    rows = pd.read_csv(encoded / "data.csv")[["mass", "angle", "energy"]].to_numpy(np.float32)
    rows[rows == -999] = np.nan
    model = (left / "export/model.onnx").read_bytes()
    by_onnx = onnx_scores(model, rows)
    assert by_onnx.std(axis=0).min() > 0.01
    told = [(left / f"export/model.{end}").read_text() for end in ("h", "c")]
    np.testing.assert_allclose(c_scores(*told, rows, 2), by_onnx, atol=1e-5)
    golden = np.array(chosen["golden"]["features"], float).astype(np.float32)
    np.testing.assert_allclose(onnx_scores(model, golden), chosen["golden"]["scores"], atol=1e-5)
    table = pd.read_parquet(left / "apply/data/scores.parquet")
    scored = (table["status"] == "scored").to_numpy()
    assert scored.sum() > 150
    np.testing.assert_allclose(table["score_signal"][scored], by_onnx[scored, 1], atol=1e-5)
    assert "anomaly_score" not in table


def test_another_training_of_the_network_trains_no_autoencoder(encoded):
    training = {**TOY["training"], "learning_rate": 0.02}
    write_study(encoded, {**STUDY, "training": training}, "rate.yaml")
    jobs = planned(encoded, "--configfile", "rate.yaml")
    assert jobs["train"] == 4
    assert jobs.keys().isdisjoint({"train_transform", "encode", "reconstruction", "normalise"})
    transform = {**STUDY["transform"], "anomaly_score": False}
    write_study(encoded, {**STUDY, "transform": transform}, "plain.yaml")
    jobs = planned(encoded, "--configfile", "plain.yaml")
    assert jobs["predict"] == 2
    assert jobs.keys().isdisjoint({"train_transform", "encode", "checkpoint_model"})
