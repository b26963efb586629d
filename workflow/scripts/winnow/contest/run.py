"""One contestant's training on one input, measured."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.contest.cost import machine, measured, peak_megabytes
from winnow.contest.task import Task, Trained
from winnow.study.choices import CONTESTANTS, part


def entered(
    contestant: str, task: Task, features: Mapping[str, NDArray[np.float32]]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any]]:
    """Let a contestant train, and score the events of each sample.

    Args:
        contestant: its name.
        task: what is trained, on what, and how.
        features: sample → (n, inputs) float32.

    Returns:
        sample → (n,) scores; and what it took: seconds on the clock and of processor of the
        training, of imports and of scoring, the first epoch apart from the later ones, which
        nothing is set up in any more, events per second of those, memory, versions.
    """
    with measured() as imported:
        versions = part(CONTESTANTS, contestant, "set_up")(task.threads)
    with measured() as training:
        trained: Trained = part(CONTESTANTS, contestant, "train")(task)
    with measured() as scoring:
        scores = {name: trained.score(matrix) for name, matrix in features.items()}
    words = part(CONTESTANTS, contestant, "translated")(task.model, task.settings).words
    return scores, {
        "real_seconds": training.real_seconds,
        "cpu_seconds": training.cpu_seconds,
        "import_seconds": imported.real_seconds,
        "scoring_seconds": scoring.real_seconds,
        **_epochs(trained, len(task.training.labels)),
        "peak_megabytes": peak_megabytes(),
        "threads": task.threads,
        "versions": dict(versions),
        "machine": machine(),
        "words": dict(words),
    }


def _epochs(trained: Trained, events: int) -> dict[str, Any]:
    """Return how many epochs were trained, and how long they took; None is not told."""
    seconds = list(trained.epoch_seconds)
    later = float(np.median(seconds[1:])) if len(seconds) > 1 else None
    return {
        "epochs": trained.epochs if trained.epochs >= 0 else None,
        "best_epoch": trained.best_epoch if trained.best_epoch >= 0 else None,
        "first_epoch_seconds": seconds[0] if seconds else None,
        "epoch_seconds": later,
        "events_per_second": events / later if later else None,
    }
