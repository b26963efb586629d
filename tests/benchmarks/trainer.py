"""winnow's training loop against `keras.Model.fit`, and against the machine's matrix product.

One 17-100-100-5 tanh network with sample weights, 100,000 training and 100,000 validation events in
memory, validation and checkpointing included, on both sides; then as many one-thread trainings as
there are processors, side by side.

    python tests/benchmarks/trainer.py [events]
"""

import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keras
import numpy as np
import tensorflow as tf

import sections
from winnow.networks.devices import set_threads
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch

MODEL = {**sections.MODEL, "activation": "tanh"}
# forward and backward pass of a training event, forward pass of a validation event
FLOP = 6 * (17 * 100 + 100 * 100 + 100 * 5) + 2 * (17 * 100 + 100 * 100 + 100 * 5)
SIDE_BY_SIDE = 10


def settings(batch_size: int, epochs: int, threads: int) -> dict[str, Any]:
    """Return a `training` section."""
    own = {"learning_rate": 5e-4, "epochs": epochs, "batch_size": batch_size, "threads": threads}
    return {**sections.TRAINING, **own}


def sample(events: int, seed: int) -> TrainingData:
    """Return five classes of unit Gaussians with weights."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 5, events).astype(np.int32)
    features = generator.normal(size=(events, 17)).astype(np.float32)
    features[:, :5] += np.eye(5, dtype=np.float32)[labels]
    return TrainingData(features, labels, generator.uniform(0.5, 1.5, events))


def with_winnow(events: int, batch_size: int, epochs: int, threads: int) -> tuple[float, float]:
    """Return training and validation seconds an epoch, the first epoch aside, and the last loss."""
    set_threads(threads)
    model = sections.built(MODEL, 17, 5, 1)
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / f"{kind}.weights.h5" for kind in ("best", "last")]
        history, timing = sections.trained(
            model,
            sample(events, 1),
            sample(events, 2),
            settings(batch_size, epochs + 1, threads),
            1,
            *paths,
            Watch(),
        )
    seconds = timing["training_seconds"] + timing["validation_seconds"]
    return float(seconds[1:].median()), float(history["validation_loss"].iloc[-1])


class Clock(keras.callbacks.Callback):
    """Takes the time at the end of each epoch."""

    def __init__(self) -> None:
        """Start with no times."""
        super().__init__()
        self.times: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note the time."""
        self.times.append(time.perf_counter())


def with_keras(events: int, batch_size: int, epochs: int) -> tuple[float, float]:
    """Return the same of `fit` with validation, ModelCheckpoint and TensorFlow's own threads."""
    model = sections.built(MODEL, 17, 5, 1)
    model.compile(keras.optimizers.Adam(5e-4), "sparse_categorical_crossentropy",
                  weighted_metrics=["accuracy"])  # fmt: skip
    training, validation = sample(events, 1), sample(events, 2)
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        history = model.fit(
            training.features,
            training.labels,
            sample_weight=training.weights.astype(np.float32),
            validation_data=(validation.features, validation.labels,
                             validation.weights.astype(np.float32)),
            validation_batch_size=batch_size,
            batch_size=batch_size,
            epochs=epochs + 1,
            verbose=0,
            callbacks=[
                keras.callbacks.ModelCheckpoint(
                    f"{name}/best.weights.h5", save_best_only=True, save_weights_only=True
                ),
                clock,
            ],
        )  # fmt: skip
    return float(np.median(np.diff(clock.times))), float(history.history["val_loss"][-1])


def matrix_rate() -> float:
    """Return the float32 matrix-product rate in GFLOP/s, threads being TensorFlow's own choice."""
    left, right = (tf.random.normal((2048, 2048)) for _ in range(2))
    rates = []
    for _ in range(10):
        begin = time.perf_counter()
        tf.matmul(left, right).numpy()
        rates.append(2 * 2048**3 / (time.perf_counter() - begin) / 1e9)
    return float(np.median(rates[2:]))


def in_own_process(function: Any, *arguments: Any) -> Any:
    """Call a function in a process of its own: threads are chosen once a process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def one_of_many(arguments: tuple[int, int, int]) -> float:
    """Train on one thread and return the seconds an epoch."""
    return with_winnow(*arguments, 1)[0]


def main() -> None:
    """Print a line per batch size."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    cores = os.cpu_count() or 1
    machine = in_own_process(matrix_rate)
    print(f"matrix product on {cores} threads: {machine:.0f} GFLOP/s")
    print("batch | keras fit | winnow 1 thread | winnow all threads | ratio best | side by side")
    for batch_size, epochs in ((128, 3), (1024, 6), (5000, 10)):
        keras_seconds, keras_loss = in_own_process(with_keras, events, batch_size, epochs)
        ours = [
            in_own_process(with_winnow, events, batch_size, epochs, threads)
            for threads in (1, cores)
        ]
        with multiprocessing.get_context("spawn").Pool(cores) as pool:
            jobs = [(events, batch_size, epochs)] * SIDE_BY_SIDE
            together = cores * events * FLOP / np.mean(pool.map(one_of_many, jobs, 1)) / 1e9
        speeds = [events / seconds / 1e3 for seconds in (keras_seconds, *(s for s, _ in ours))]
        print(
            f"{batch_size:5d} | {speeds[0]:.0f}k/s | {speeds[1]:.0f}k/s | {speeds[2]:.0f}k/s | "
            f"{max(speeds[1:]) / speeds[0]:.1f} | {together:.0f} GFLOP/s, "
            f"{together / machine:.0%} of the machine | losses {keras_loss:.4f} {ours[0][1]:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
