"""Both studies on pictures, small: end to end, killed once on the way, and what they give back."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from toy import ROOT, planned, run_snakemake, write_study

KEPT = ("best.weights.h5", "history.parquet")


def study(name, **changes):
    """A study's config with some sections changed, key by key."""
    config = yaml.safe_load((ROOT / "config" / "studies" / f"{name}.yaml").read_text())
    for section, values in changes.items():
        merged = isinstance(values, dict) and section in config and section != "scan"
        config[section] = {**config[section], **values} if merged else values
    return config


def small_jets():
    return study(
        "top-tagging",
        scan=[
            {"model.family": "convolutional"},
            {"model.family": "dense", "model.layers": [8]},
            {"training.fraction": 0.5},
            {"images.steps": ["centre"]},
        ],
        simulate={"events": {"top": 250, "qcd": 250}, "chunk": 150},
        images={"pixels": [16, 16]},
        model={"filters": [3, 3], "layers": [8]},
        training={"epochs": 20, "batch_size": 5, "early_stopping": {"patience": 0}},
        fom={"min_background_entries": 5},
    )


def small_hits():
    return study(
        "track-shower",
        scan=[{"balance.pixels": "all"}, {"balance.pixels": "filled"}],
        simulate={"events": {"numu_cc": 10, "nue_cc": 8, "nc": 8}, "chunk": 5},
        images={"pixels": [64, 26]},
        model={"depth": 2, "width": 3},
        training={"epochs": 25},
        baselines=["logistic_regression"],
    )


@pytest.fixture(scope="module")
def tagging(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("tagging"), small_jets())


@pytest.fixture(scope="module")
def segmentation(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("segmentation"), small_hits())


def finished(folder, config):
    write_study(folder, config)
    run_snakemake(folder, "--configfile", "study.yaml")
    assert planned(folder, "--configfile", "study.yaml") == {}
    return folder / "results" / config["study"]


# Jets --------------------------------------------------------------------------------------------


def test_jets_keep_their_samples_and_get_a_score_each(tagging):
    events = pd.read_parquet(tagging / "ingest" / "jets" / "events.parquet", columns=["sample"])
    scores = pd.read_parquet(tagging / "predict/base/replica-00/fold-0/scores.parquet")
    assert len(scores) == len(events) == 500
    assert scores["sample"].astype(str).tolist() == events["sample"].astype(str).tolist()
    assert set(scores["sample"]) == {"train", "validation", "test"}
    assert np.allclose(scores["score_top"] + scores["score_qcd"], 1, atol=1e-5)


def test_baselines_see_mass_and_networks_pictures(tagging):
    """A jet's mass alone separates top quarks."""
    points = pd.read_csv(tagging / "compare" / "points.csv").set_index("name")
    assert points.loc["logistic_regression", "test_auc"] > 0.8
    assert points["test_accuracy"].between(0.3, 1).all()
    assert "validation_rejection_at_0.3" in points
    pictures = np.load(tagging / "prepare" / "base" / "fold-0" / "pictures.train.npy")
    assert (pictures.dtype, pictures.shape[1:]) == (np.float16, (16, 16, 1))
    assert pictures.max() == 1
    assert (pictures.reshape(len(pictures), -1).max(axis=1) == 1).all()


def test_points_share_pictures_where_they_draw_alike(tagging):
    assert {path.name for path in (tagging / "rasterise").iterdir()} == {"base", "steps=centre"}
    assert {path.name for path in (tagging / "prepare").iterdir()} == {"base", "steps=centre"}


def test_a_share_of_the_events_is_trained_on(tagging):
    logs = tagging.parents[1] / "logs" / "top-tagging" / "train"
    counts = {
        point: int((logs / point / "replica-00/fold-0/train.log").read_text().split(" events")[0]
                   .split()[-1])
        for point in ("base", "fraction=0.5")
    }  # fmt: skip
    assert counts["fraction=0.5"] == -(-counts["base"] // 2)


def test_the_page_shows_averages_and_filters(tagging):
    page = (tagging / "report" / "report.html").read_text()
    for title in ("Average pictures by class", "Filters of the first convolution"):
        assert title in page
    averages = pd.read_parquet(tagging / "pictures" / "averages.parquet")
    assert list(averages["step"].unique()) == [
        "none", "+ centre", "+ rotate", "+ flip", "+ scale"
    ]  # fmt: skip


# Hits --------------------------------------------------------------------------------------------


def test_every_hit_gets_a_probability_keyed_by_its_event(segmentation):
    events = pd.read_parquet(segmentation / "ingest" / "hits" / "events.parquet")
    run = segmentation / "predict" / "base" / "replica-00" / "fold-0"
    hits = pd.read_parquet(run / "hits.parquet")
    assert not hits.duplicated(["source", "row", "plane", "hit"]).any()
    counts = hits.groupby("row").size()
    expected = {row: len(own) for row, own in zip(events["row"], events["hit_x"], strict=True)}
    assert counts.to_dict() == {row: count for row, count in expected.items() if count}
    assert np.allclose(hits["score_shower"] + hits["score_track"], 1, atol=1e-5)
    own = hits[hits["row"] == events["row"].iloc[3]]
    assert (own["plane"].to_numpy() == events["hit_plane"].iloc[3]).all()
    assert (own["class"].to_numpy() == events["hit_class"].iloc[3] - 1).all()
    judged = pd.read_parquet(run / "scores.parquet")
    assert len(judged) == (hits["class"] >= 0).sum() < len(hits)


def test_planes_of_an_event_stay_in_one_sample(segmentation):
    hits = pd.read_parquet(segmentation / "predict/base/replica-00/fold-0/hits.parquet")
    assert (hits.groupby(["source", "row"], observed=True)["sample"].nunique() == 1).all()


def test_hits_have_their_tables_and_figures(segmentation):
    folder = segmentation / "hits" / "base" / "replica-00" / "fold-0"
    table = pd.read_csv(folder / "accuracies.csv")
    assert set(table["plane"]) == {"all", "0", "1", "2"}
    scores = pd.read_parquet(segmentation / "predict/base/replica-00/fold-0/scores.parquet")
    test = scores[scores["sample"] == "test"]
    right = (test["score_track"] > test["score_shower"]).astype(int) == test["class"]
    own = table[(table["sample"] == "test") & (table["plane"] == "all")].set_index("class")
    assert own.loc["all", "accuracy"] == pytest.approx(right.mean())
    assert own.loc["track", "accuracy"] == pytest.approx(right[test["class"] == 1].mean())
    page = (segmentation / "report" / "report.html").read_text()
    assert "Best, median and worst event" in page


def test_pixels_of_nothing_count_where_all_do(segmentation):
    filled, whole = (
        np.load(segmentation / "prepare" / name / "fold-0" / "pixel_weights.npy")
        for name in ("base", "pixels=all")
    )
    assert filled[0] == 0 < whole[0]
    assert (whole[1:] > 10).all()


def test_hits_are_told_apart_without_pictures_too(segmentation):
    points = pd.read_csv(segmentation / "compare" / "points.csv").set_index("name")
    assert points.loc["logistic_regression", "test_accuracy"] > 0.6


# Both --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "config"), [("tagging", small_jets), ("segmentation", small_hits)]
)
def test_killed_in_training_it_ends_as_undisturbed(name, config, request, tmp_path):
    results = request.getfixturevalue(name)
    own = config()
    own["hardware"] = {"save_every": 1}
    write_study(tmp_path, own)
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--cores", "1"]
    target = f"results/{own['study']}/train/base/replica-00/fold-0/best.weights.h5"
    command += ["--configfile", "study.yaml", "--", target]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    state = tmp_path / target.replace("best.weights.h5", "state")
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not (state / "state.npz").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / target).exists()
    run_snakemake(tmp_path, "--unlock", "--configfile", "study.yaml")
    run_snakemake(tmp_path, "--rerun-incomplete", "--configfile", "study.yaml", "--", target)
    log = tmp_path / "logs" / own["study"] / "train/base/replica-00/fold-0/train.log"
    assert "going on" in log.read_text()
    for file in KEPT:
        ours = (tmp_path / target).with_name(file)
        theirs = results / "train" / "base" / "replica-00" / "fold-0" / file
        assert ours.read_bytes() == theirs.read_bytes(), file
    events = f"ingest/{'jets' if name == 'tagging' else 'hits'}/events.parquet"
    assert pq.read_table(tmp_path / "results" / own["study"] / events).equals(
        pq.read_table(results / events)
    )
