"""One attempt at a small training, in a process of its own that a test may kill."""

import json
import sys
import time
from pathlib import Path

import numpy as np

import sections
from winnow.training.evaluation import TrainingData, make_evaluator
from winnow.training.progress import Watch
from winnow.training.resume import resumable

MODEL = {
    **sections.MODEL,
    "layers": [16, 16],
    "activation": "tanh",
    "dropout": 0.2,
    "l2": 0.001,
    "batch_normalisation": True,
}
SETTINGS = {
    **sections.TRAINING,
    "learning_rate": 0.01,
    "momentum": 0.5,
    "clip_norm": 1.0,
    "phases": [
        {"schedule": {"kind": "one_cycle"}, "epochs": 12},
        {"optimizer": "rmsprop", "epochs": 40, "early_stopping": {"patience": 6}},
    ],
    "epochs": 1,
    "batch_size": 100,
}


def gaussians(count, seed):
    """Two unit Gaussians one apart, with weights."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, count)
    features = generator.normal(size=(count, 3)) + labels[:, None]
    weights = generator.uniform(0.2, 3.0, count)
    return TrainingData(features.astype(np.float32), labels.astype(np.int32), weights)


def main(folder, change, every, slow):
    """Train, keep the state every so many seconds, and write history and weights."""
    log = (folder / "log").open("a", buffering=1)

    def report(line):
        print(line, file=log)
        time.sleep(slow)

    settings = {**SETTINGS, **change}
    model = sections.built(MODEL, 3, 2, 1)
    data, validation = gaussians(3000, 1), gaussians(510, 2)
    (folder / "input").write_text("the same for every attempt")
    inputs = {"input": str(folder / "input")}
    with resumable(folder / "state", settings, inputs, every, report) as checkpoint:
        report("begins")
        paths = [folder / "best.weights.h5", folder / "last.weights.h5"]
        history, _ = sections.trained(
            model, data, validation, settings, 1, *paths, Watch(report), checkpoint
        )
        for name in ("last", "best"):
            model.load_weights(folder / f"{name}.weights.h5")
            np.savez(folder / f"{name}.npz", *model.get_weights())
        (folder / "best.json").write_text(json.dumps(make_evaluator(model, validation)().loss))
        history.to_csv(folder / "history.csv", index=False)


def from_arguments():
    """Run `main` by the command line: FOLDER, and the rest as JSON."""
    options = json.loads(sys.argv[2])
    main(Path(sys.argv[1]), options["change"], options["every"], options["slow"])
