"""Training on events streamed from disk against the same in memory: rate and anonymous memory.

One 17-100-100-5 tanh network, one thread, batches of 1024 events; each training in a process of its
own, on 1 million events in memory and streamed, then on more events streamed with the same budget.

    python tests/benchmarks/streaming.py [largest number of events, in millions]
"""

import multiprocessing
import os
import sys
import tempfile
import threading
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

import sections

MODEL = {**sections.MODEL, "activation": "tanh"}
TRAINING = {**sections.TRAINING, "learning_rate": 5e-4, "batch_size": 1024}
MILLION = 1_000_000
BUDGET = 60  # MB: a million events have 76


def write_events(folder: Path, events: int, seed: int) -> None:
    """Write five classes of unit Gaussians with weights, one class after the other."""
    generator = np.random.default_rng(seed)
    arrays = {
        "features": np.lib.format.open_memmap(
            folder / "features.npy", "w+", np.float32, (events, 17)
        ),
        "classes": np.lib.format.open_memmap(folder / "classes.npy", "w+", np.int8, (events,)),
        "weights": np.lib.format.open_memmap(folder / "weights.npy", "w+", np.float64, (events,)),
    }
    for start in range(0, events, MILLION):
        part = slice(start, min(start + MILLION, events))
        size = part.stop - part.start
        labels = (np.arange(part.start, part.stop) * 5 // events).astype(np.int8)
        arrays["features"][part] = generator.normal(size=(size, 17))
        arrays["features"][part, :5] += np.eye(5, dtype=np.float32)[labels]
        arrays["classes"][part] = labels
        arrays["weights"][part] = generator.uniform(0.5, 1.5, size)


def anonymous_memory() -> float:
    """Return the process' anonymous resident memory in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("the kernel does not tell RssAnon")


def measure(arguments: tuple[str, str, int, int]) -> tuple[float, float, float]:
    """Train and return events/s, the most anonymous memory while training, and the last loss.

    The first epoch, in which the graph is traced, is left out of the rate.
    """
    from winnow.networks.devices import set_threads
    from winnow.study.keys.model import model
    from winnow.training.evaluation import read_data
    from winnow.training.progress import Watch

    training, validation, epochs, budget = arguments
    set_threads(1)
    data = [
        read_data(*(f"{folder}/{name}.npy" for name in ("features", "classes", "weights")),
                  model(MODEL), 5, 0)
        for folder in (training, validation)
    ]  # fmt: skip
    most, done = [0.0], threading.Event()

    def watch_memory() -> None:
        while not done.wait(0.05):
            most[0] = max(most[0], anonymous_memory())

    watcher = threading.Thread(target=watch_memory)
    watcher.start()
    with tempfile.TemporaryDirectory() as name:
        history, timing = sections.trained(
            sections.built(MODEL, 17, 5, 1),
            data[0],
            data[1],
            {**TRAINING, "epochs": epochs, "memory_budget": budget},
            1,
            Path(name) / "best.weights.h5",
            Path(name) / "last.weights.h5",
            Watch(),
        )
    done.set()
    watcher.join()
    rate = len(data[0].labels) / (timing["training_seconds"] + timing["validation_seconds"])
    return float(rate[1:].median()), most[0], float(history["validation_loss"].iloc[-1])


def in_own_process(*arguments: str | int) -> tuple[float, float, float]:
    """Measure in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (arguments,))


def main() -> None:
    """Print a line per training."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as name:
        folders = {}
        for millions in sorted({1, largest // 4, largest}):
            folders[millions] = str(Path(name) / str(millions))
            Path(folders[millions]).mkdir()
            write_events(Path(folders[millions]), millions * MILLION, millions)
        validation = str(Path(name) / "validation")
        Path(validation).mkdir()
        write_events(Path(validation), MILLION // 10, 0)
        held, memory, loss = in_own_process(folders[1], validation, 3, 10_000)
        print(f" 1 million in memory: {held / 1e3:.0f}k/s, {memory:.0f} MB, loss {loss:.4f}")
        for millions, folder in folders.items():
            epochs = 3 if millions == 1 else 2
            rate, memory, loss = in_own_process(folder, validation, epochs, BUDGET)
            print(
                f"{millions:2d} million streamed:  {rate / 1e3:.0f}k/s "
                f"({rate / held:.0%} of in memory), {memory:.0f} MB, loss {loss:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
