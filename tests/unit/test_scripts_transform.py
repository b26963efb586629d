"""The scripts of a learned transform, and of networks behind one: on a small study."""

import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from jobs import SAMPLES, Study
from winnow.columns import CLASS, SAMPLE, WEIGHT
from winnow.identity import file_hash
from winnow.tables import read_json, write_json

SECTION = {
    "bottleneck": 2,
    "layers": [5],
    "activation": "relu",
    "noise": 0.2,
    "anomaly_score": True,
    "training": {"epochs": 6, "batch_size": 40, "learning_rate": 0.02},
}


@pytest.fixture(scope="module")
def coded(runner, tmp_path_factory):
    """A study whose network is trained on codes, up to its scores."""
    own = Study(tmp_path_factory.mktemp("coded"), runner, transform=SECTION)
    own.make_data()
    for rule in ("train_transform", "encode", "train", "checkpoint_model", "predict"):
        own.make(rule)
    own.make("reconstruction")
    return own


def dense(stream, prefix=""):
    """Return kernel and bias of each dense layer of a file of weights, in order."""
    with h5py.File(stream) as file:
        group, found = file[f"{prefix}layers"], []
        for name in ["dense", *(f"dense_{n}" for n in range(1, 9))]:
            if name in group:
                found.append([group[f"{name}/vars/{v}"][:].astype(float) for v in "01"])
        return found


def of_model(path):
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as stream:
        return dense(stream)


def forward(layers, x):
    """Return what dense layers give, all but the last with relu, in float64."""
    for kernel, bias in layers[:-1]:
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def code_and_copy(layers, x):
    code = forward(layers[:2], x)
    return code, forward(layers[2:], code)


def features(study, sample):
    return np.load(study.prepared("features", samples=[sample])[f"features_{sample}"]).astype(float)


def array(study, name):
    return np.load(study.path("encode", f"{name}.npy", fold=0))


def history(study):
    return pd.read_parquet(study.path("train_transform", "history.parquet", fold=0))


def test_train_transform_keeps_the_weights_of_its_best_and_last_epoch(coded):
    table, x = history(coded), features(coded, "validation")
    assert table["epoch"].tolist() == list(range(6))
    weights = np.load(coded.prepared("weights", samples=["validation"])["weights_validation"])
    assert (weights < 0).any()
    losses = table["validation_loss"]
    for name, expected in (("best", losses.min()), ("last", losses.iloc[-1])):
        layers = dense(coded.path("train_transform", f"{name}.weights.h5", fold=0))
        _, copies = code_and_copy(layers, x)
        found = weights @ ((copies - x) ** 2).mean(axis=1) / len(x)
        assert found == pytest.approx(expected, rel=1e-5)
    log = (coded.folder / "train_transform" / "train_transform.log").read_text()
    count = len(features(coded, "train"))
    assert f"{2 * (4 * 5) + 2 * (5 * 2) + 5 + 2 + 5 + 4} parameters, {count} events" in log


def test_a_transform_goes_on_from_its_state_and_takes_no_others(coded, tmp_path):
    job = coded.job("train_transform", tmp_path)
    assert coded.run("train_transform", job).returncode == 0
    shutil.copytree(tmp_path / "state", tmp_path / "kept")

    def again(**changes):
        shutil.copytree(tmp_path / "kept", tmp_path / "state", dirs_exist_ok=True)
        ended = coded.run("train_transform", {**job, **changes})
        assert ended.returncode == 0, ended.stderr
        return (tmp_path / "train_transform.log").read_text()

    assert "epoch 5 " not in again()
    found = pd.read_parquet(tmp_path / "history.parquet")
    pd.testing.assert_frame_equal(found, history(coded), check_exact=True)
    assert "with other parameters" in again(params={**job["params"], "seed": 5})


def test_encode_gives_the_codes_of_all_events_on_a_scale_of_1(coded):
    layers = of_model(coded.path("encode", "autoencoder.keras", fold=0))
    best = dense(coded.path("train_transform", "best.weights.h5", fold=0))
    for sample in SAMPLES:
        x = features(coded, sample)
        code, copy = code_and_copy(layers, x)
        np.testing.assert_allclose(array(coded, f"codes.{sample}"), code, atol=1e-5)
        error = ((copy - x) ** 2).mean(axis=1)
        np.testing.assert_allclose(array(coded, f"anomaly.{sample}"), error, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(copy, code_and_copy(best, x)[1], atol=1e-5)
    codes = array(coded, "codes.train")
    assert codes.dtype == np.float32
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(codes.std(axis=0), 1, atol=1e-5)


def test_errors_are_of_physical_weights_by_class_and_feature(coded):
    table = pd.read_csv(coded.path("encode", "errors.csv", fold=0))
    samples = pd.read_parquet(coded.samples)[SAMPLE]
    events = pd.concat(map(pd.read_parquet, coded.events), ignore_index=True)
    own = events[(samples == "test").to_numpy()]
    layers = of_model(coded.path("encode", "autoencoder.keras", fold=0))
    x = features(coded, "test")
    squares = (code_and_copy(layers, x)[1] - x) ** 2
    names = ["mass", "angle", "energy", "mass_missing"]
    for index, name in enumerate(["background", "signal"]):
        inside = (own[CLASS] == index).to_numpy()
        expected = np.average(squares[inside], axis=0, weights=own[WEIGHT].to_numpy()[inside])
        part = table[(table[SAMPLE] == "test") & (table[CLASS] == name)].set_index("feature")
        np.testing.assert_allclose(part.loc[names, "error"], np.sqrt(expected), rtol=1e-4)
        assert part.loc["mass", "entries"] == inside.sum()
    assert table[SAMPLE].unique().tolist() == list(SAMPLES)


def test_the_transforms_passport_says_what_it_is_of(coded):
    passport = read_json(coded.path("encode", "passport.json", fold=0))
    params = coded.job("encode")["params"]
    assert passport["config"] == {"transform": params["transform"]}
    assert passport["seeds"] == params["seeds"]
    assert passport["features"] == coded.features
    assert passport["fitted_on"] == passport["transform"]["fitted_on"]
    assert passport["epoch"] == history(coded)["validation_loss"].idxmin()
    for sample in SAMPLES[:2]:
        paths = coded.prepared("features", "weights", samples=[sample]).values()
        assert list(passport["inputs"][sample].values()) == [file_hash(path) for path in paths]
    np.testing.assert_allclose(
        passport["golden"]["codes"], array(coded, "codes.validation")[:32], atol=1e-5
    )


def test_weights_that_are_not_the_best_epochs_encode_nothing(coded, tmp_path):
    job = coded.job("encode", tmp_path)
    table = history(coded)
    table["validation_loss"] *= 1.001
    table.to_parquet(tmp_path / "history.parquet")
    job["input"]["history"] = str(tmp_path / "history.parquet")
    coded.refuses("encode", job, "The weights are not that epoch's")


def test_the_model_is_encoder_and_network_in_one(coded):
    encoder = of_model(coded.path("encode", "autoencoder.keras", fold=0))[:2]
    network = dense(coded.path("train", "best.weights.h5", replica=0, fold=0))
    scores = pd.read_parquet(coded.scores("replica-00"))
    for sample in SAMPLES:
        code = forward(encoder, features(coded, sample))
        expected = 1 / (1 + np.exp(-forward(network, code)[:, 0]))
        own = scores[scores[SAMPLE] == sample]
        np.testing.assert_allclose(own["score_signal"], expected, atol=1e-5)
        np.testing.assert_array_equal(own["anomaly_score"], array(coded, f"anomaly.{sample}"))
    passport = read_json(coded.job("checkpoint_model")["output"]["passport"])
    params = coded.job("checkpoint_model")["params"]
    learned = coded.path("encode", "autoencoder.keras", fold=0)
    assert passport["serves"] == "onnx"
    assert passport["config"]["transform"] == coded.config["transform"]
    assert passport["seeds"].keys() == {"config", "run", "transform"}
    assert passport["inputs"]["transform"] == {"autoencoder.keras": file_hash(learned)}
    assert passport["network_inputs"] == ["mass", "angle", "energy", "mass_missing"]
    assert {name: passport["config"][name] for name in ("model", "training")} == {
        name: params[name] for name in ("model", "training")
    }


def test_keras_scores_as_onnx_does(coded, tmp_path):
    job = coded.job("predict", tmp_path)
    passport = read_json(job["input"]["passport"]) | {"serves": "keras"}
    write_json(passport, tmp_path / "passport.json")
    job["input"]["passport"] = str(tmp_path / "passport.json")
    assert coded.run("predict", job).returncode == 0
    found, expected = (pd.read_parquet(p) for p in (tmp_path / "scores.parquet",
                                                    coded.scores("replica-00")))  # fmt: skip
    pd.testing.assert_frame_equal(found, expected, atol=1e-5, rtol=0)


def test_codes_of_another_encoder_make_no_model(coded, tmp_path):
    other = coded.job("train_transform", tmp_path)
    other["params"]["seed"] += 1
    assert coded.run("train_transform", other).returncode == 0
    job = coded.job("encode", tmp_path)
    job["params"] |= {"seed": other["params"]["seed"]}
    job["params"]["seeds"]["transform"] += 1
    job["input"] |= {k: other["output"][k] for k in ("history", "best")}
    assert coded.run("encode", job).returncode == 0
    mixed = coded.job("checkpoint_model", tmp_path / "model")
    mixed["input"] |= {
        "encoder": job["output"]["model"],
        "encoder_passport": job["output"]["passport"],
    }
    coded.refuses("checkpoint_model", mixed, "The weights are not that epoch's")


def test_scores_have_an_anomaly_score_where_it_is_asked_for(coded, tmp_path):
    job = coded.job("predict", tmp_path)
    job["input"] |= {f"anomaly_{sample}": [] for sample in SAMPLES}
    assert coded.run("predict", job).returncode == 0
    found = pd.read_parquet(tmp_path / "scores.parquet")
    pd.testing.assert_frame_equal(
        found, pd.read_parquet(coded.scores("replica-00")).drop(columns="anomaly_score")
    )


def test_reconstruction_draws_the_test_events(coded):
    output = coded.job("reconstruction")["output"]
    table = pd.read_parquet(output["histograms"])
    assert table[CLASS].unique().tolist() == ["background", "signal"]
    inside = len(features(coded, "test"))
    assert 0.95 * inside < table["entries"].sum() <= inside
    for name in ("png", "pdf"):
        assert Path(output[name]).stat().st_size > 5000
