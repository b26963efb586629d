"""Drawing pictures against a loop of NumPy's histograms, and training on them against Keras' fit.

python tests/benchmarks/pictures.py
"""

import os
import sys
import time
from collections.abc import Callable
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
from winnow.preparation.pictures import hits, jets
from winnow.study.keys.images import images
from winnow.study.lists import Lists
from winnow.training.evaluation import TrainingData
from winnow.training.steps import make_steps

REPEATS = 5
STEPS = ("centre", "rotate", "flip", "scale")


def seconds(function: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the shortest of some calls, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def loop(momenta: dict[str, Lists]) -> None:
    """Draw each jet by itself, as the notebook of the IML workshop 2019 does."""
    edges = np.linspace(-0.8, 0.8, 41)
    starts, counts = momenta["px"].starts, momenta["px"].counts
    for start, count in zip(starts, counts, strict=True):
        px, py, pz = (own.content[start : start + count] for own in momenta.values())
        pt = np.hypot(px, py)
        eta, phi = np.arcsinh(pz / pt), np.arctan2(py, px)
        first, second = np.argsort(pt)[::-1][:2]
        x = eta - eta[first]
        y = (phi - phi[first] + np.pi) % (2 * np.pi) - np.pi
        angle = np.arctan2(y[second], x[second])
        cosine, sine = np.cos(angle), np.sin(angle)
        x, y = x * cosine + y * sine, y * cosine - x * sine
        y = y if (pt * np.sign(y)).sum() >= 0 else -y
        picture, *_ = np.histogram2d(x, y, [edges, edges], weights=pt)
        picture /= picture.max()


def some_jets(count: int) -> dict[str, Lists]:
    """Return momenta of jets of 20 to 80 constituents."""
    random = np.random.default_rng(1)
    counts = random.integers(20, 80, count)
    size = int(counts.sum())
    pt, eta, phi = (
        random.exponential(10, size),
        random.normal(0, 0.3, size),
        random.normal(3, 0.3, size),
    )
    momenta = {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta)}
    return {name: Lists(counts, values) for name, values in momenta.items()}


def drawing() -> None:
    """Print how many jets and pictures of hits are drawn in a second, on one core."""
    settings = {"objects": {name: name for name in ("px", "py", "pz")}, "steps": list(STEPS)}
    own, keys = some_jets(1024), images(settings)
    ours = 1024 / seconds(lambda: jets.draw(keys, own))
    theirs = 1024 / seconds(lambda: loop(own), 2)
    print(f"jets: {ours:,.0f}/s, a loop of histogram2d {theirs:,.0f}/s: {ours / theirs:.1f} times")
    random = np.random.default_rng(2)
    count, size = 64, 1500
    wires = np.sort(random.uniform(0, 512, (count, size)), axis=1).ravel()
    content = {
        "wire": wires,
        "x": random.uniform(0, 208, wires.size),
        "charge": random.exponential(1, wires.size),
        "class": random.integers(1, 3, wires.size).astype(np.float64),
    }
    keys = images(
        {"kind": "hits", "objects": {name: name for name in content}, "planes": 1,
         "pixels": [512, 208], "wire": [0, 512], "x": [0, 208]}
    )  # fmt: skip
    held = {name: Lists(np.full(count, size), values) for name, values in content.items()}
    rate = count / seconds(lambda: hits.draw(keys, held))
    print(f"pictures of 1,500 hits on 512 × 208 pixels: {rate:,.0f}/s")


def training(name: str, model: dict[str, Any], shape: tuple[int, ...], batch: int) -> None:
    """Print how many pictures a second our steps and Keras' fit train on, on one thread."""
    random = np.random.default_rng(3)
    count = 8 * batch
    pictures = np.where(random.random((count, *shape)) < 0.02, 1, 0).astype(np.float32)
    pixels = model["family"] == "unet"
    labels = random.integers(0, 2, (count, *shape[:-1]) if pixels else count).astype(np.int32)
    classes = 3 if pixels else 2
    data = TrainingData(pictures, labels, np.ones(count), target="pixel" if pixels else "class")
    ours, theirs = (sections.built(model, shape, classes, 1) for _ in range(2))
    steps = make_steps(ours, keras.optimizers.Adam(), data, batch)
    order, rates = tf.range(count), np.full(8, 1e-3, np.float32)
    arguments = order, 0, 8, rates, np.zeros(0, np.float32), np.zeros(5)
    theirs.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    # in turns: these machines are noisy
    best = [np.inf, np.inf]
    for _ in range(3):
        for number, call in enumerate(
            (
                lambda: steps(*arguments),
                lambda: theirs.fit(pictures, labels, batch_size=batch, verbose=0),
            )
        ):
            best[number] = min(best[number], seconds(call, 1))
    print(
        f"{name}: {count / best[0]:,.1f} pictures/s, Keras' fit {count / best[1]:,.1f}: "
        f"{best[1] / best[0]:.2f} times"
    )


def main() -> None:
    """Print all."""
    set_threads(1)
    drawing()
    convolutional = {"family": "convolutional", "layers": [64, 64, 64], "activation": "relu"}
    own = {**convolutional, "dropout": 0, "output": "softmax"}
    training("convolutional, batch 50", own, (40, 40, 1), 50)
    training("unet, batch 4", {"family": "unet", "depth": 3, "width": 8}, (256, 104, 1), 4)


if __name__ == "__main__":
    main()
