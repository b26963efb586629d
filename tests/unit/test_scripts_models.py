"""The scripts of trainings and of what is made of them: each on a small study, and on bad input."""

import json
import shutil
import zipfile
from itertools import pairwise

import h5py
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pyarrow as pa
import pytest
from onnx import numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import sections
from jobs import SAMPLES
from winnow.columns import CLASS, ROW, SAMPLE, SOURCE, WEIGHT
from winnow.identity import file_hash
from winnow.tables import read_events, read_json, write_parquet
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch

LAYERS = ("dense", "dense_1")


def layers(stream):
    """Return kernel and bias of each layer of a file of weights."""
    with h5py.File(stream) as file:
        return [[file[f"layers/{n}/vars/{v}"][:].astype(float) for v in "01"] for n in LAYERS]


def forward(weights, features):
    """Return the signal's score of a network with one hidden layer of relu, in float64."""
    (kernel, bias), (last_kernel, last_bias) = weights
    hidden = np.maximum(features.astype(float) @ kernel + bias, 0)
    return (1 / (1 + np.exp(-(hidden @ last_kernel + last_bias))))[:, 0]


def of_model(path):
    """Return the weights of a model file."""
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as stream:
        return layers(stream)


def arrays(study, sample):
    """Return features, classes and training weights of a sample."""
    return [np.load(path) for path in study.prepared(*KINDS, samples=[sample]).values()]


KINDS = ("features", "classes", "weights")


def loss(weights, features, classes, event_weights):
    """Return Σwl/N of the binary cross-entropy."""
    score = forward(weights, features)
    losses = -np.log(np.where(classes == 1, score, 1 - score))
    return float(event_weights @ losses) / len(classes)


def where(replica=0):
    return {"replica": replica, "fold": 0}


def history(study, replica=0):
    return pd.read_parquet(study.path("train", "history.parquet", **where(replica)))


@pytest.mark.parametrize("replica", [0, 1])
def test_train_keeps_the_weights_of_its_best_and_of_its_last_epoch(trained, replica):
    table = history(trained, replica)
    assert table["epoch"].tolist() == list(range(8))
    losses, data = table["validation_loss"], arrays(trained, "validation")
    assert losses.idxmin() < 7
    for name, expected in (("best", losses.min()), ("last", losses.iloc[-1])):
        path = trained.path("train", f"{name}.weights.h5", **where(replica))
        assert loss(layers(path), *data) == pytest.approx(expected, rel=1e-5)
    timing = pd.read_parquet(trained.path("train", "timing.parquet", **where(replica)))
    assert len(timing) == 8
    assert (timing["training_seconds"] > 0).all()


def test_train_tells_what_it_trains(trained):
    training = len(arrays(trained, "train")[1])
    log = (trained.folder / "train" / "train.log").read_text()
    assert "training on the CPU, 1 thread(s), no GPU, precision float32" in log
    assert f"{4 * 16 + 16 + 16 + 1} parameters, {training} events" in log
    assert "epoch 7 " in log
    left = {path.name for path in (trained.folder / "train/replica-0/fold-0").iterdir()}
    outputs = {"history.parquet", "timing.parquet", "best.weights.h5", "last.weights.h5"}
    assert left == outputs | {"state"}


def test_train_shows_scalars_where_asked_for_and_the_same_numbers(trained, tmp_path):
    job = trained.job("train", tmp_path)
    job["resources"] |= {"tensorboard": 1, "save_every": 1e9}
    assert trained.run("train", job).returncode == 0
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "history.parquet"), history(trained), check_exact=True
    )
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


@pytest.mark.parametrize("replica", [0, 1])
def test_train_gives_what_the_library_gives_with_the_runs_seed(trained, tmp_path, replica):
    params = trained.job("train", replica=replica)["params"]
    data = [TrainingData(*arrays(trained, sample)) for sample in SAMPLES[:2]]
    network = sections.built(params["model"], 4, 2, params["seed"])
    paths = tmp_path / "best.weights.h5", tmp_path / "last.weights.h5"
    expected, _ = sections.trained(
        network, *data, params["training"], params["seed"], *paths, Watch()
    )
    pd.testing.assert_frame_equal(history(trained, replica), expected, rtol=1e-5)


def test_a_training_goes_on_from_its_state_and_takes_no_other_trainings(trained, tmp_path):
    job = trained.job("train", tmp_path)
    assert trained.run("train", job).returncode == 0
    for name in ("history.parquet", "timing.parquet", "best.weights.h5", "last.weights.h5"):
        (tmp_path / name).unlink()
    shutil.copytree(tmp_path / "state", tmp_path / "kept")

    def again(**changes):
        shutil.copytree(tmp_path / "kept", tmp_path / "state", dirs_exist_ok=True)
        ended = trained.run("train", {**job, **changes})
        assert ended.returncode == 0, ended.stderr
        return (tmp_path / "train.log").read_text()

    assert "epoch 7 " not in again()
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "history.parquet"), history(trained), check_exact=True
    )
    assert "with other parameters" in again(params={**job["params"], "seed": 5})
    other = job["input"]["features_validation"], tmp_path / "features.npy"
    np.save(other[1], np.load(other[0])[::-1])
    text = again(input={**job["input"], "features_validation": str(other[1])})
    assert "with other parameters or inputs" in text
    assert "going on" not in text


def test_a_state_is_written_as_often_as_asked_for(trained, tmp_path):
    """A learning rate of 1e30 diverges in its second phase."""
    job = trained.job("train", tmp_path)
    wild = {"epochs": 1, "learning_rate": 1e30}
    job["params"]["training"] = {**job["params"]["training"], "phases": [{"epochs": 2}, wild]}
    for every, kept in ((1e9, False), (0, True)):
        job["resources"]["save_every"] = every
        assert trained.run("train", job).returncode == 1
        assert (tmp_path / "state" / "state.npz").exists() == kept


def test_a_training_that_diverges_leaves_no_outputs(trained, tmp_path):
    job = trained.job("train", tmp_path)
    job["params"]["training"] |= {"learning_rate": 1e30}
    trained.refuses("train", job, "training diverged in epoch 0 at step")


def test_a_training_that_needs_a_gpu_does_not_run_without(trained, tmp_path):
    job = trained.job("train", tmp_path)
    job["resources"] |= {"gpu": 1, "require_gpu": 1}
    trained.refuses("train", job, "this job must run on a GPU (resource require_gpu=1)")


@pytest.mark.parametrize("replica", [0, 1])
def test_checkpoint_model_gives_the_best_epochs_model_and_its_passport(trained, replica):
    model, network, passport = trained.job("checkpoint_model", replica=replica)["output"].values()
    best = layers(trained.path("train", "best.weights.h5", **where(replica)))
    for found, expected in zip(of_model(model), best, strict=True):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    facts = read_json(passport)
    assert facts["serves"] == "onnx"
    inputs = arrays(trained, "validation")[0]
    (outputs,) = onnxruntime.InferenceSession(network).run(None, {"features": inputs})
    np.testing.assert_allclose(outputs[:, 0], forward(best, inputs), atol=1e-6)
    table = history(trained, replica)
    assert facts["epoch"] == table["validation_loss"].idxmin()
    assert facts["losses"]["validation_loss"] == table["validation_loss"].min()
    params = trained.job("checkpoint_model", replica=replica)["params"]
    assert facts["seeds"] == {"config": params["config_seed"], "run": params["run_seed"]}
    assert facts["config"] == {name: params[name] for name in ("model", "training", "balance")}
    assert facts["reading"] == params["reading"]
    assert facts["features"] == trained.features
    assert facts["classes"] == ["background", "signal"]
    assert facts["positive_class"] == "signal"
    assert params["reading"]["missing_values"] == [-999]
    for sample in SAMPLES[:2]:
        paths = trained.prepared(*KINDS, samples=[sample]).values()
        assert list(facts["inputs"][sample].values()) == [file_hash(path) for path in paths]
    golden = np.array(facts["golden"]["scores"])
    assert golden.shape == (32, 2)
    expected = forward(best, arrays(trained, "validation")[0][:32])
    np.testing.assert_allclose(golden[:, 1], expected, atol=1e-6)
    log = (trained.folder / "checkpoint_model" / "checkpoint_model.log").read_text()
    last = history(trained, 1)["validation_loss"]
    assert f"epoch {last.idxmin()} restored, validation loss" in log
    assert f"{float(last.min())!r}" in log


def test_predict_gives_by_onnx_what_it_gives_by_keras(trained, tmp_path):
    job = trained.job("predict", tmp_path)
    assert read_json(job["input"]["passport"])["serves"] == "onnx"
    assert "events scored by onnx" in (trained.folder / "predict" / "predict.log").read_text()
    with_passport(job, tmp_path, serves="keras")
    assert trained.run("predict", job).returncode == 0
    found, expected = (
        pd.read_parquet(path) for path in (trained.job("predict")["output"]["scores"],
                                           job["output"]["scores"])
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["best", "last"])
def test_weights_that_are_not_the_best_epochs_make_no_model(trained, tmp_path, name):
    job = trained.job("checkpoint_model", tmp_path)
    replica = {"best": 1, "last": 0}[name]  # another training's, and the wrong epoch's
    job["input"]["best"] = trained.path("train", f"{name}.weights.h5", **where(replica))
    trained.refuses("checkpoint_model", job, "The weights are not that epoch's")


def test_how_close_the_loss_must_be_follows_from_the_precision(trained, tmp_path):
    job = trained.job("checkpoint_model", tmp_path)
    table = history(trained)
    table["validation_loss"] *= 1 + 3e-5
    table.to_parquet(tmp_path / "history.parquet")
    job["input"]["history"] = str(tmp_path / "history.parquet")
    trained.refuses("checkpoint_model", job, "The weights are not that epoch's")
    job["params"]["training"]["precision"] = "tf32"
    assert trained.run("checkpoint_model", job).returncode == 0


@pytest.mark.parametrize(
    ("rule", "output"),
    [("predict", "scores"), ("baseline", "scores"), ("checkpoint_model", "passport")],
)
def test_samples_are_those_of_the_jobs_fold(trained, tmp_path, rule, output):
    """Fold 1 of this split table has the roles that the study's events have."""
    samples = pd.read_parquet(trained.samples)
    numbers = samples[SAMPLE].astype(str).map({"train": 0, "test": 1, "validation": 2})
    table = read_events([trained.samples]).drop_columns(SAMPLE)
    path = tmp_path / "samples.parquet"
    write_parquet(table.append_column("fold", pa.array(numbers.to_numpy(np.int8))), path)
    job = trained.job(rule, tmp_path)
    job["input"]["samples"], job["wildcards"]["fold"] = str(path), "1"
    ended = trained.run(rule, job)
    assert ended.returncode == 0, ended.stderr
    expected = trained.job(rule)["output"][output]
    if rule == "checkpoint_model":
        assert read_json(job["output"][output]) == read_json(expected)
    else:
        found, other = (pd.read_parquet(path) for path in (job["output"][output], expected))
        pd.testing.assert_frame_equal(found, other, check_categorical=False)


@pytest.mark.parametrize("replica", [0, 1])
def test_predict_scores_every_event_of_every_sample_where_it_stands(trained, replica):
    found = pd.read_parquet(trained.scores(f"replica-{replica:02d}"))
    events = pd.concat(map(pd.read_parquet, trained.events), ignore_index=True)
    for name in (SOURCE, ROW, "event_id", "process", CLASS, WEIGHT, "truth"):
        assert found[name].astype(object).tolist() == events[name].astype(object).tolist(), name
    assert found[SAMPLE].tolist() == pd.read_parquet(trained.samples)[SAMPLE].tolist()
    weights = of_model(trained.job("predict", replica=replica)["input"]["model"])
    for sample in SAMPLES:
        features = np.load(*trained.prepared("features", samples=[sample]).values())
        own = found.loc[found[SAMPLE] == sample, ["score_background", "score_signal"]].to_numpy()
        assert len(own) > 100
        np.testing.assert_allclose(own[:, 1], forward(weights, features), atol=1e-6)
        np.testing.assert_allclose(own.sum(axis=1), 1, atol=1e-6)
    log = (trained.folder / "predict" / "predict.log").read_text()
    assert f"{len(events)} events scored" in log


def tampered(path, target):
    """Copy a model file with one weight changed."""
    inner = target.with_suffix(".h5")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".h5"):
                inner.write_bytes(content)
                with h5py.File(inner, "r+") as file:
                    file["layers/dense_1/vars/1"][0] += 0.01
                content = inner.read_bytes()
            new.writestr(name, content)


def with_passport(job, folder, **facts):
    """Give a job another passport."""
    own = read_json(job["input"]["passport"])
    (folder / "other.json").write_text(json.dumps(own | facts))
    job["input"]["passport"] = str(folder / "other.json")


def weights_changed(job, folder):
    """Of a model that Keras serves."""
    tampered(job["input"]["model"], folder / "other.keras")
    job["input"]["model"] = str(folder / "other.keras")
    with_passport(job, folder, serves="keras")


def network_changed(job, folder):
    model = onnx.load(job["input"]["network"])
    first = model.graph.initializer[0]
    first.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(first) * 1.1, first.name))
    onnx.save(model, folder / "other.onnx")
    job["input"]["network"] = str(folder / "other.onnx")


def network_left_behind(job, folder):
    job["input"]["network"] = str(folder / "network.onnx")


def features_swapped(job, folder):
    with_passport(job, folder, features=job["params"]["features"][::-1])


def normalised_otherwise(job, folder):
    own = read_json(job["input"]["transform"])
    own["steps"][0]["centre"][0] += 0.1
    (folder / "other.json").write_text(json.dumps(own))
    job["input"]["transform"] = str(folder / "other.json")


def classes_swapped(job, folder):
    job["params"]["classes"] = job["params"]["classes"][::-1]


def cut_otherwise(job, folder):
    job["params"]["reading"]["selection"] = {"acceptance": "abs(angle) < 2"}


def of_another_version(job, folder):
    with_passport(job, folder, format=1)


MISFITS = {
    weights_changed: "the model does not reproduce the golden scores of its passport",
    network_changed: "the model does not reproduce the golden scores of its passport",
    network_left_behind: "network.onnx: there is no ONNX network, but the model's passport says",
    features_swapped: "feature 0 is mass [GeV], but the model was trained with energy [GeV]",
    normalised_otherwise: "the normalisation is not the one that the model was trained with",
    classes_swapped: "its classes are background, signal, the config's are signal, background",
    cut_otherwise: "selection is {'acceptance': 'abs(angle) < 2'}, but the model was trained with",
    of_another_version: "the model's passport has format 1, expected 3",
}


def training_threads(params):
    params["training"]["threads"] = 2


def threads(params):
    params["threads"] = 2


@pytest.mark.parametrize(
    ("rule", "ask"),
    [
        ("train", training_threads),
        ("checkpoint_model", training_threads),
        ("range_test", training_threads),
        ("predict", threads),
        ("importance", threads),
    ],
)
def test_tensorflow_is_asked_for_the_threads_of_the_job(trained, tmp_path, rule, ask):
    """In this process it has begun with one, and refuses any other number."""
    job = trained.job(rule, tmp_path)
    ask(job["params"])
    if rule in ("predict", "importance"):  # which need it where Keras serves
        with_passport(job, tmp_path, serves="keras")
    ended = trained.run(rule, job)
    assert ended.returncode == 1
    assert "op parallelism cannot be modified after initialization" in ended.stderr


@pytest.mark.parametrize("rule", ["predict", "importance"])
@pytest.mark.parametrize("change", MISFITS, ids=lambda change: change.__name__)
def test_a_model_that_does_not_fit_is_not_used(trained, tmp_path, rule, change):
    job = trained.job(rule, tmp_path)
    change(job, tmp_path)
    trained.refuses(rule, job, MISFITS[change])


@pytest.mark.parametrize("rule", ["predict", "baseline"])
def test_scores_are_not_joined_to_other_events(trained, tmp_path, rule):
    job = trained.job(rule, tmp_path)
    job["input"]["events"] = trained.events[::-1]
    trained.refuses(rule, job, "the split table does not belong to these events")


def test_importance_is_what_shuffling_costs_on_validation(trained, tmp_path):
    job = trained.job("importance", tmp_path)
    assert trained.run("importance", job).returncode == 0
    found = pd.read_csv(tmp_path / "importance.csv").set_index(["group", "metric"])
    groups = {"mass": [0, 3], "angle": [1], "energy": [2], "pair": [0, 2, 3]}
    assert list(found.index.get_level_values(0).unique()) == list(groups)
    features, classes, weights = arrays(trained, "validation")
    network = of_model(job["input"]["model"])
    positive = weights > 0
    area = roc_auc_score(
        classes[positive], forward(network, features)[positive], sample_weight=weights[positive]
    )
    expected = loss(network, features, classes, weights)
    assert found.xs("loss", level="metric")["baseline"].unique() == pytest.approx(expected)
    assert found.xs("auc", level="metric")["baseline"].unique() == pytest.approx(area, abs=0.02)
    # the mean over many permutations, against the job's two
    generator = np.random.default_rng(1)
    for name, columns in groups.items():
        costs = []
        for _ in range(100):
            shuffled = features.copy()
            shuffled[:, columns] = features[generator.permutation(len(features))][:, columns]
            costs.append(loss(network, shuffled, classes, weights) - expected)
        row = found.loc[(name, "loss")]
        assert row["drop"] == pytest.approx(np.mean(costs), abs=5 * np.std(costs))
        assert row["drop"] == pytest.approx(row["permuted"] - row["baseline"])
        assert row["drop_std"] > 0
    assert found.loc[("pair", "loss"), "drop"] > found.loc[("energy", "loss"), "drop"]
    assert "pair" in (tmp_path / "importance.log").read_text()
    job["params"]["seed"] += 1
    assert trained.run("importance", job).returncode == 0
    other = pd.read_csv(tmp_path / "importance.csv")
    assert (other["drop"].to_numpy() != found["drop"].to_numpy()).all()
    job["params"]["importance"] = {**job["params"]["importance"], "repeats": 1}
    assert trained.run("importance", job).returncode == 0
    assert pd.read_csv(tmp_path / "importance.csv")["drop_std"].isna().all()


def test_baseline_is_scikit_learns_on_the_training_sample(trained):
    found = pd.read_parquet(trained.scores("baseline"))
    features, classes, weights = arrays(trained, "train")
    fitted = LogisticRegression(max_iter=1000).fit(features.astype(float), classes, weights)
    for sample in SAMPLES:
        own = np.load(*trained.prepared("features", samples=[sample]).values())
        scores = found.loc[found[SAMPLE] == sample, "score_signal"]
        np.testing.assert_allclose(scores, fitted.predict_proba(own)[:, 1], atol=1e-6)
    log = (trained.folder / "baseline" / "baseline.log").read_text()
    assert f"trained on {len(classes)} events" in log
    assert f"WARNING {(weights < 0).sum()} weights are negative: kept" in log
    assert f"{len(found)} events scored" in log


def test_baseline_does_not_warn_of_negative_weights_that_are_not_there(trained, tmp_path):
    job = trained.job("baseline", tmp_path)
    job["input"]["weights_train"] = str(tmp_path / "weights.npy")
    np.save(tmp_path / "weights.npy", np.abs(arrays(trained, "train")[2]))
    assert trained.run("baseline", job).returncode == 0
    assert "WARNING" not in (tmp_path / "baseline.log").read_text()


def test_baseline_of_one_class_gives_no_scores(trained, tmp_path):
    job = trained.job("baseline", tmp_path)
    job["input"]["classes_train"] = str(tmp_path / "classes.npy")
    np.save(tmp_path / "classes.npy", np.zeros_like(arrays(trained, "train")[1]))
    trained.refuses("baseline", job, "the training events are of 1 class")


def test_ensemble_is_the_mean_of_its_members(trained, tmp_path):
    members = ["replica-00", "replica-01", "baseline"]
    job = trained.job("ensemble", tmp_path, members=members)
    assert trained.run("ensemble", job).returncode == 0
    tables = [pd.read_parquet(trained.scores(member)) for member in members]
    found = pd.read_parquet(tmp_path / "scores.parquet")
    for name in ("score_background", "score_signal"):
        mean = np.mean([table[name].astype(float) for table in tables], axis=0)
        np.testing.assert_allclose(found[name], mean, atol=1e-7)
        assert (found[name] != tables[0][name]).any()
    rest = ["source", "row", "sample", "class", "weight", "truth"]
    pd.testing.assert_frame_equal(found[rest], tables[0][rest])
    assert "mean of 3 replicas" in (tmp_path / "ensemble.log").read_text()


def test_an_ensemble_of_other_events_is_refused(trained, tmp_path):
    job = trained.job("ensemble", tmp_path, members=["replica-00", "replica-01"])
    pd.read_parquet(trained.scores("replica-01"))[1:].to_parquet(tmp_path / "fewer.parquet")
    job["input"]["scores"][1] = str(tmp_path / "fewer.parquet")
    trained.refuses("ensemble", job, "does not belong to these events")


def test_cross_takes_of_each_event_the_score_of_the_fold_that_tests_it(folded, tmp_path):
    job = folded.job("cross", tmp_path, member="baseline")
    assert folded.run("cross", job).returncode == 0
    found = pd.read_parquet(tmp_path / "scores.parquet")
    folds = pd.read_parquet(folded.samples)["fold"]
    assert found["fold"].tolist() == folds.tolist()
    tables = [pd.read_parquet(path) for path in job["input"]["scores"]]
    for one, other in pairwise(tables):
        assert (one["score_signal"] != other["score_signal"]).mean() > 0.9
    expected = [tables[fold]["score_signal"][row] for row, fold in enumerate(folds)]
    assert found["score_signal"].tolist() == expected
    joined = pd.read_parquet(tmp_path / "joined.parquet")
    for fold, table in enumerate(tables):
        own = joined[joined["fold"] == fold].drop(columns="fold").reset_index(drop=True)
        kept = table[table["sample"] != "train"].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, kept, check_categorical=False)
    log = (tmp_path / "cross.log").read_text()
    assert f"{len(found)} events, each scored by the network that never saw it" in log


@pytest.mark.parametrize(
    ("folds", "message"),
    [([0, 1], "are tested by no fold and 0 by several"), ([0, 1, 2, 2], "tested by no fold and ")],
)
def test_cross_refuses_events_that_no_fold_tests_or_several(folded, tmp_path, folds, message):
    job = folded.job("cross", tmp_path, member="baseline")
    job["input"]["scores"] = [folded.scores("baseline", fold) for fold in folds]
    folded.refuses("cross", job, message)


def test_best_copies_the_chosen_run_s_model_and_passport(trained, tmp_path):
    runs = [{"point": "base", "replica": f"{n:02d}", "fold": "0"} for n in (0, 1)]
    models, networks, passports = (
        [trained.job("checkpoint_model", replica=n)["output"][kind] for n in (0, 1)]
        for kind in ("model", "network", "passport")
    )
    table = pd.DataFrame(
        {"chosen": [True, False], "point": "base", "member": ["replica-01", "replica-00"],
         "fold": "0"}
    )  # fmt: skip
    table.to_csv(tmp_path / "runs.csv", index=False)
    (tmp_path / "known.parquet").write_bytes(b"known")
    outputs = {
        "models": tmp_path / "b" / "model.keras",
        "networks": tmp_path / "b" / "n.onnx",
        "passports": tmp_path / "b" / "p.json",
    }
    inputs = {"models": models, "networks": networks, "passports": passports}
    roles = {"roles": tmp_path / "known.parquet"}
    job = {
        "input": {"table": tmp_path / "runs.csv", **inputs, **roles},
        "output": {
            **{name: [path] for name, path in outputs.items()},
            "roles": tmp_path / "b" / "roles.parquet",
        },
        "params": {"runs": runs},
        "log": tmp_path / "best.log",
    }
    assert trained.run("best", job).returncode == 0
    for name, path in outputs.items():
        source = inputs[name][1]
        assert file_hash(path) == file_hash(source)
        assert f"{path} from {source}" in (tmp_path / "best.log").read_text()
    assert (tmp_path / "b" / "roles.parquet").read_bytes() == b"known"
    names = ["model.keras", "n.onnx", "p.json", "roles.parquet"]
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == names
    shutil.rmtree(tmp_path / "b")
    table.assign(chosen=False).to_csv(tmp_path / "runs.csv", index=False)
    assert trained.run("best", job).returncode == 1
    assert not outputs["models"].exists()
