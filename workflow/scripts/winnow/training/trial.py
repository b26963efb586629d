"""A trial of a search: a training that is left after some epochs, and taken up if promoted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from winnow.history import best_row
from winnow.job import JobLogger
from winnow.networks.devices import Devices
from winnow.training.attempt import Attempt, attempted
from winnow.training.loop import Trainer
from winnow.training.progress import Watch
from winnow.training.run import DivergedError, Run


def make_trial(
    attempt: Attempt,
    folder: Path,
    run: Run,
    build: Callable[[], keras.Model],
    devices: Devices,
    epochs: int | None,
    log: JobLogger,
) -> dict[str, Any]:
    """Train a network for some epochs, from where an earlier rung has left it.

    The learning rates are those of the whole training, of which these epochs are the first.

    Args:
        attempt: what it is called, and how its state is kept.
        folder: where its state lies, common to the rungs of a trial.
        run: what is trained on, and how.
        build: builds the network, on the devices.
        devices: what is trained on.
        epochs: how many, of all phases together and counted from the beginning; None for all.
        log: the job's.

    Returns:
        As of `outcome`.

    Raises:
        TrainingStoppedError: the job was asked to stop.
    """
    begun = attempted(attempt, folder, run, build, devices, log)
    with begun as (network, checkpoint, status):
        trainer = Trainer(network, run, Watch(log.info, status), checkpoint)
        try:
            return outcome(*trainer.train(epochs))
        except DivergedError as error:
            log.warning("%s The search goes on without this trial.", error)
            return outcome(*trainer.tables(), str(error))


def outcome(history: pd.DataFrame, timing: pd.DataFrame, fault: str = "") -> dict[str, Any]:
    """Return what came of a training so far.

    Args:
        history: one row an epoch.
        timing: likewise.
        fault: why it diverged; empty where it did not.

    Returns:
        epochs; loss, the lowest of what chooses the best epoch, and best_epoch, its epoch, both
        None where the training diverged; wall_seconds and cpu_seconds, of all epochs; fault.
    """
    best = None if fault else history.iloc[best_row(history)]
    wall = timing["training_seconds"] + timing["validation_seconds"]
    return {
        "epochs": len(history),
        "loss": None
        if best is None
        else float(best["validation_loss"] + best["validation_penalty"]),
        "best_epoch": None if best is None else int(best["epoch"]),
        "wall_seconds": float(wall.sum()),
        "cpu_seconds": float(timing["cpu_seconds"].sum()),
        "fault": fault,
    }
