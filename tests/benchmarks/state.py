"""What keeping a training's state costs: the default study's network, a state every 30 seconds.

python tests/benchmarks/state.py
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import yaml

import sections
from winnow.networks.devices import set_threads
from winnow.study.schema import load_schema
from winnow.study.sections import complete
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch
from winnow.training.resume import resumable
from winnow.training.state import Checkpoint

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 40


def sample(events: int, seed: int) -> TrainingData:
    """Return two classes of unit Gaussians in 30 dimensions."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, events).astype(np.int32)
    features = (generator.normal(size=(events, 30)) + 0.2 * labels[:, None]).astype(np.float32)
    return TrainingData(features, labels, np.ones(events))


def main() -> None:
    """Print what a state takes, and its share of the time between two."""
    os.chdir(ROOT)
    with Path("config/config.yaml").open() as stream:
        config = complete(
            yaml.safe_load(stream), load_schema(Path("workflow/schemas/config.schema.yaml"))
        )
    set_threads(1)
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "input").write_text("input")
        training = {**config["training"], "epochs": EPOCHS, "early_stopping": {
            "patience": 0, "min_delta": 0}}  # fmt: skip
        with resumable(
            folder / "state", training, {"input": str(folder / "input")}, 0, lambda line: None
        ) as checkpoint:

            def timed(arrays: dict[str, Any], meta: dict[str, Any]) -> None:
                begin = time.perf_counter()
                checkpoint.save(arrays, meta)
                spent.append(time.perf_counter() - begin)

            paths = folder / "best.weights.h5", folder / "last.weights.h5"
            model = sections.built(config["model"], 30, 2, 1)
            begin = time.perf_counter()
            samples, state = (
                (sample(11_400, 1), sample(5700, 2)),
                Checkpoint(checkpoint.load, timed, 0.0),
            )
            sections.trained(model, *samples, training, 1, *paths, Watch(), state)
            whole = time.perf_counter() - begin
    every = config["hardware"]["save_every"]
    print(
        f"{len(spent)} states in {whole:.1f} s of training, {1e3 * np.mean(spent):.1f} ms each: "
        f"{np.mean(spent) / every:.2%} of {every} s between two, "
        f"{sum(spent) / whole:.0%} if written after every epoch"
    )


if __name__ == "__main__":
    main()
