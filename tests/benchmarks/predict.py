"""Scoring events against the best batch size of the compiled model, for few and many events.

python tests/benchmarks/predict.py
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

import numpy as np
import tensorflow as tf

import sections
from winnow.networks.devices import set_threads
from winnow.networks.scorer import make_scorer

BATCHES = (256, 1024, 4096, 8192, 16384, 65536)
REPEATS = 5


def seconds(function: Callable[[], Any]) -> float:
    """Return the shortest of some calls, after one that is not counted."""
    function()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    """Print a line per number of events."""
    set_threads(1)
    model = sections.built({**sections.MODEL, "activation": "tanh"}, 17, 5, 1)
    compiled = tf.function(
        lambda batch: model(batch, training=False),
        input_signature=[tf.TensorSpec((None, 17), tf.float32)],
    )
    score = make_scorer(model, 5, 0)
    features = np.random.default_rng(1).normal(size=(1_000_000, 17)).astype(np.float32)
    for events in (1000, 10_000, 100_000, 1_000_000):
        chosen = features[:events]

        def in_batches(batch: int, chosen: np.ndarray = chosen) -> list[Any]:
            starts = range(0, len(chosen), batch)
            return [compiled(chosen[start : start + batch]).numpy() for start in starts]

        rates = {batch: events / seconds(lambda b=batch: in_batches(b)) for batch in BATCHES}
        best = max(rates, key=lambda batch: rates[batch])
        ours = events / seconds(lambda chosen=chosen: score(chosen))
        print(
            f"{events:8d} events: {ours / 1e3:.0f}k/s, {ours / rates[best]:.0%} of the best batch "
            f"size's {rates[best] / 1e3:.0f}k/s ({best})",
            flush=True,
        )


if __name__ == "__main__":
    main()
