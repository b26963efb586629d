"""Families beside the library's: a file each, with keys, shapes and losses of their own.

Toys of what a family may be: pictures to classes, to a class a pixel, events to themselves.
"""

import importlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss

import sections
from scripts import FAMILIES, Runner
from toy import ROOT, TOY
from winnow.errors import ConfigError
from winnow.networks.scorer import score
from winnow.study import choices
from winnow.study.scan import scan_points
from winnow.study.schema import load_schema
from winnow.study.sections import complete
from winnow.tables import read_parquet, write_parquet
from winnow.training.evaluation import TrainingData, make_evaluator
from winnow.training.progress import Watch
from winnow.training.run import TrainingStoppedError
from winnow.training.state import Checkpoint

TOYS = ROOT / "tests" / "families"
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
SHAPE = (6, 5, 1)
SAMPLES = ("train", "validation", "test")
TRAINING = {**sections.TRAINING, "epochs": 4, "batch_size": 50, "learning_rate": 0.02}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """The toys beside the library's families."""
    package = importlib.import_module(FAMILIES)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(TOYS)])
    choices.names.cache_clear()
    yield
    choices.names.cache_clear()


def pictures(count, seed):
    """Noise, with a bright square in those of class 1."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, count).astype(np.int32)
    found = generator.normal(size=(count, *SHAPE)).astype(np.float32)
    corners = generator.integers(0, 3, (count, 2))
    for picture, label, (row, column) in zip(found, labels, corners, strict=True):
        picture[row : row + 3, column : column + 3] += 2 * label
    return found, labels, generator.uniform(0.5, 2.0, count)


def data_of(family, count, seed):
    """A sample as a family learns from it."""
    found, labels, weights = pictures(count, seed)
    if family == "toy_copy":
        return TrainingData(found, found, weights, target="input")
    if family == "toy_pixel":
        return TrainingData(found, (found[..., 0] > 0.5).astype(np.int32), weights, target="pixel")
    return TrainingData(found, labels, weights)


# Loss and accuracy follow from the family --------------------------------------------------------


def test_the_loss_of_a_copy_is_its_mean_squared_difference():
    data = data_of("toy_copy", 300, 1)
    network = sections.built({"family": "toy_copy"}, SHAPE, 2, 1)
    found = make_evaluator(network, data)()
    errors = np.mean((network(data.features).numpy() - data.features) ** 2, axis=(1, 2, 3))
    assert found.loss == pytest.approx(np.mean(data.weights * errors), rel=1e-5)
    assert found.mean_loss == pytest.approx(np.average(errors, weights=data.weights), rel=1e-5)
    assert np.isnan(found.accuracy)
    told = score(network, data.features, 2, 1, "input")
    np.testing.assert_allclose(told[:, 0], errors, rtol=1e-5)


def test_the_loss_of_pixels_is_the_mean_of_their_cross_entropies():
    data = data_of("toy_pixel", 200, 1)
    network = sections.built({"family": "toy_pixel"}, SHAPE, 2, 1)
    found = make_evaluator(network, data)()
    probabilities = network(data.features).numpy().reshape(-1, 2).astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    weights = np.repeat(data.weights, SHAPE[0] * SHAPE[1])
    mean = log_loss(data.labels.reshape(-1), probabilities, sample_weight=weights)
    assert found.mean_loss == pytest.approx(mean, rel=1e-5)
    right = probabilities.argmax(axis=1) == data.labels.reshape(-1)
    assert found.accuracy == pytest.approx(np.average(right, weights=weights), rel=1e-5)
    told = score(network, data.features, 2, 1, "pixel")
    assert told.shape == (200, 2, *SHAPE[:2])
    np.testing.assert_allclose(told[:, 1].reshape(-1), probabilities[:, 1], rtol=1e-4)


def test_a_linear_copy_learns_the_principal_components(tmp_path):
    """Its least error is that of as many principal components (Baldi and Hornik, 1989)."""
    generator = np.random.default_rng(1)
    mixing = np.diag([2.0, 1.5, 0.4, 0.3, 0.2]) @ np.linalg.qr(generator.normal(size=(5, 5)))[0]
    x = (generator.normal(size=(4000, 5)) @ mixing).astype(np.float32)
    data = TrainingData(x, x, np.ones(4000), target="input")
    network = sections.built({"family": "toy_copy", "bottleneck": 2}, 5, 2, 1)
    training = {**TRAINING, "epochs": 40, "batch_size": 200, "learning_rate": 0.01}
    paths = tmp_path / "best.weights.h5", tmp_path / "last.weights.h5"
    history, _ = sections.trained(network, data, data, training, 1, *paths, Watch())
    pca = PCA(2).fit(x)
    least = float(np.mean((pca.inverse_transform(pca.transform(x)) - x) ** 2))
    assert least < history["validation_loss"].min() < 1.02 * least


# Stopped and resumed -----------------------------------------------------------------------------


def trained(folder, family, checkpoint=None, budget=4000):
    folder.mkdir(exist_ok=True)
    network = sections.built({"family": family}, SHAPE, 2, 1)
    samples = data_of(family, 730, 1), data_of(family, 210, 2)
    training = {**TRAINING, "memory_budget": budget}
    paths = folder / "best.weights.h5", folder / "last.weights.h5"
    others = () if checkpoint is None else (checkpoint,)
    history, _ = sections.trained(network, *samples, training, 1, *paths, Watch(), *others)
    return history, network.get_weights()


@pytest.mark.parametrize("stops", [2, 7])
@pytest.mark.parametrize("family", ["toy_image", "toy_copy", "toy_pixel"])
def test_a_training_of_any_family_goes_on_where_it_was_stopped(
    tmp_path, monkeypatch, family, stops
):
    monkeypatch.setattr("winnow.training.loop.CALL_SECONDS", 1e-9)  # a few steps a call
    history, weights = trained(tmp_path / "whole", family)
    calls, state = [], {}
    checkpoint = Checkpoint(
        lambda: state.get("last"),
        lambda arrays, meta: state.update(last=(arrays, meta)),
        stop=lambda: calls.append(1) or len(calls) == stops,
    )
    with pytest.raises(TrainingStoppedError):
        trained(tmp_path / "cut", family, checkpoint)
    again, same = trained(tmp_path / "cut", family, checkpoint)
    pd.testing.assert_frame_equal(again, history, check_exact=True)
    assert all(np.array_equal(one, other) for one, other in zip(weights, same, strict=True))


@pytest.mark.parametrize("family", ["toy_image", "toy_copy", "toy_pixel"])
def test_arrays_are_streamed_in_windows(tmp_path, monkeypatch, family):
    monkeypatch.setattr("winnow.training.loop.MEGABYTE", 20_000)
    history, _ = trained(tmp_path, family, budget=1)
    losses = history["validation_loss"].to_numpy()
    assert losses[-1] < losses[0]


# The chain's scripts -----------------------------------------------------------------------------


def write_study(folder, count=600):
    """Events that are pictures, and their samples, as the stages before normalise leave them."""
    found, labels, weights = pictures(count, 3)
    found[::50, 0, 0] = np.nan
    own = {"source": pa.array(["a"] * count).dictionary_encode(), "row": np.arange(count)}
    events = {**own, "event_id": np.arange(count).astype(np.uint64), "process": ["p"] * count}
    events |= {"class": labels.astype(np.int8), "weight": weights}
    events["picture"] = pa.FixedShapeTensorArray.from_numpy_ndarray(found)
    write_parquet(pa.table(events), folder / "events.parquet")
    samples = np.array(SAMPLES)[np.arange(count) % 3]
    write_parquet(pa.table({**own, "sample": samples.tolist()}), folder / "samples.parquet")


class Chain:
    """The jobs from normalise to predict on pictures."""

    def __init__(self, folder, model, epochs=4):
        self.folder = folder
        self.model = sections.plain(sections.model(model))
        self.training = {**TRAINING, "epochs": epochs}
        self.events = {
            "events": [str(folder / "events.parquet")],
            "samples": str(folder / "samples.parquet"),
        }

    def paths(self, *names):
        return {name: str(self.folder / name) for name in names}

    def arrays(self, *samples):
        kinds = ("features", "classes", "weights")
        return {f"{k}_{s}": str(self.folder / f"{k}.{s}.npy") for k in kinds for s in samples}

    def jobs(self):
        """Return rule → job, in order."""
        features = {s: str(self.folder / f"features.{s}.npy") for s in SAMPLES}
        arrays = self.arrays("train", "validation")
        fold = {"wildcards": {"point": "base", "replica": "00", "fold": "0"}}
        transform = {"transform": str(self.folder / "normalisation.json")}
        model = {k: str(self.folder / v) for k, v in MODEL_FILES.items()}
        trained = {k: str(self.folder / v) for k, v in TRAINED.items()}
        told = {
            "features": [{"name": "picture", "unit": ""}],
            "reading": {"missing_values": ["nan"], "derived": {}, "selection": {}},
            "classes": ["background", "signal"],
        }
        balanced = {k: v for k, v in arrays.items() if not k.startswith("features")}
        return {
            "normalise": {
                "input": self.events,
                "output": {**transform, **features},
                "params": {"normalise": {"steps": [], "impute": 0}, "features": ["picture"]},
                **fold,
            },
            "balance": {
                "input": self.events,
                "output": {**balanced, "table": str(self.folder / "balance.csv")},
                "params": {"balance": {}, "classes": told["classes"], "signal": "signal"},
                **fold,
            },
            "train": {
                "input": arrays,
                "output": trained,
                "params": {
                    "model": self.model,
                    "training": self.training,
                    "class_count": 2,
                    "positive": 1,
                    "seed": 5,
                },
                "resources": {"gpu": 0, "require_gpu": 0, "save_every": 0, "tensorboard": 0},
                **fold,
            },
            "checkpoint_model": {
                "input": {
                    **{k: trained[k] for k in ("history", "best")},
                    **transform,
                    **self.events,
                    **{name.removesuffix("_validation"): path for name, path in arrays.items()},
                },
                "output": model,
                "params": {
                    "model": self.model,
                    "training": self.training,
                    "balance": {},
                    **told,
                    "positive": 1,
                    "config_seed": 1,
                    "run_seed": 5,
                },
                **fold,
            },
            "predict": {
                "input": {
                    **model,
                    **transform,
                    **self.events,
                    **{f"features_{s}": path for s, path in features.items()},
                },
                "output": {"scores": str(self.folder / "scores.parquet")},
                "params": {**told, "spectators": [], "threads": 1},
                **fold,
            },
        }

    def run(self, runner, *rules):
        """Run some rules' scripts, all of which must end well."""
        for rule in rules:
            log = str(self.folder / f"{rule}.log")
            ended = runner(rule, log=log, **self.jobs()[rule])
            assert ended.returncode == 0, ended.stderr


MODEL_FILES = {
    "model": "model.keras",
    "network": "network.onnx",
    "passport": "passport.json",
}
TRAINED = {
    "history": "history.parquet",
    "timing": "timing.parquet",
    "best": "best.weights.h5",
    "last": "last.weights.h5",
}


@pytest.fixture(scope="module")
def toy_runner():
    own = Runner(TOYS)
    yield own
    own.close()


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ({"family": "toy_image", "maps": 3}, ["score_background", "score_signal"]),
        ({"family": "toy_copy", "bottleneck": 3}, ["reconstruction_error"]),
    ],
    ids=["image", "copy"],
)
def test_pictures_go_through_the_chain_killed_and_resumed(tmp_path, toy_runner, model, names):
    importlib.invalidate_caches()
    folders = [tmp_path / name for name in ("whole", "killed")]
    tables = []
    for folder in folders:
        folder.mkdir()
        write_study(folder)
        chain = Chain(folder, model, epochs=400 if model["family"] == "toy_copy" else 300)
        chain.run(toy_runner, "normalise", "balance")
        if folder.name == "killed":
            kill_in_training(chain)
        chain.run(toy_runner, "train", "checkpoint_model", "predict")
        tables.append(read_parquet(folder / "scores.parquet"))
    log = (folders[1] / "train.log").read_text()
    assert "going on in epoch" in log
    assert tables[0].column_names[-len(names) :] == names
    assert tables[0].equals(tables[1])
    histories = [pd.read_parquet(folder / "history.parquet") for folder in folders]
    pd.testing.assert_frame_equal(*histories, check_exact=True)
    assert not read_parquet(folders[0] / "scores.parquet").to_pandas().isna().any().any()


def kill_in_training(chain):
    """Begin to train in a process of its own and end it with SIGKILL once there is a state."""
    own = Runner(TOYS)
    job = {"log": str(chain.folder / "train.log"), **chain.jobs()["train"]}
    own.send("train", **job)
    state, limit = chain.folder / "state" / "state.npz", time.monotonic() + 120
    while not state.exists():
        assert own.process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.01)
    os.kill(own.process.pid, signal.SIGKILL)
    own.process.wait()
    own.process.stdin.close()
    own.process.stdout.close()
    assert not Path(job["output"]["history"]).exists()


# A config of it ----------------------------------------------------------------------------------


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events.csv").touch()
    return {**TOY, "input": {"files": [{"path": "events.csv"}]}}


def test_a_family_has_keys_of_its_own(study):
    schema = load_schema(SCHEMA)
    config = complete({**study, "model": {"family": "toy_image", "maps": 3}}, schema)
    assert config["model"] == {
        "family": "toy_image",
        "function": "build",
        "output": "auto",
        "maps": 3,
    }
    assert set(complete(study, schema)["model"]) & {"filters", "bottleneck"} == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model": {"maps": 3}},
            "config key `model.maps`: goes with the family toy_image, found `dense`; remove it, "
            "or give it in the points of a scan that list their family.",
        ),
        (
            {"model": {"family": "toy_image", "maps": 0}},
            "config key `model.maps`: found 0, expected a number of at least 1. Filters of the "
            "convolution.",
        ),
        (
            {"scan": {"model.family": ["dense", "toy_image"], "model.maps": [3, 4]}},
            "config key `scan`, point 'maps=3': config key `model.maps`: goes with the "
            "family toy_image, found `dense`; remove it, or give it in the points of a scan that "
            "list their family.",
        ),
    ],
)
def test_keys_of_another_family_are_refused(study, changes, message):
    with pytest.raises(ConfigError) as caught:
        complete({**study, **changes}, load_schema(SCHEMA))
    assert message in str(caught.value).splitlines()


def test_points_of_several_families_have_each_their_own_keys(study):
    scan = [{}, {"model.family": "toy_image", "model.maps": 3}, {"model.layers": [5]}]
    config = complete({**study, "scan": scan[1:]}, load_schema(SCHEMA))
    image, dense = scan_points(config).values()
    assert "layers" not in image.config["model"]
    assert image.config["model"]["maps"] == 3
    assert image.keys == {"model.family": "toy_image", "model.maps": 3}
    assert dense.keys == {"model.family": "dense", "model.layers": [5]}
    assert "maps" not in dense.config["model"]
