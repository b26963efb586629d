"""One training, from a built network to the weights of its best and of its last epoch."""

from pathlib import Path

import keras
import pandas as pd

from winnow.seal import seal
from winnow.storage import atomic
from winnow.training.loop import Trainer
from winnow.training.progress import Watch
from winnow.training.run import DivergedError, Run
from winnow.training.state import NO_CHECKPOINT, Checkpoint


def train(
    model: keras.Model,
    run: Run,
    best_path: str | Path,
    last_path: str | Path,
    watch: Watch,
    checkpoint: Checkpoint = NO_CHECKPOINT,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train a model and write the weights of its best and of its last epoch.

    Args:
        model: a built Keras model; changed in place, left with the best epoch's weights.
        run: what it is trained on, and how.
        best_path: where the weights with the lowest validation loss go (`*.weights.h5`).
        last_path: where the weights of the last epoch go.
        watch: who is told.
        checkpoint: how the state is kept.

    Returns:
        The history, one row an epoch (counted from 0), deterministic; and the seconds and events
        per second of each epoch.

    Raises:
        DivergedError: the loss is not finite; the best weights so far are kept beside `best_path`
            as `last-good.weights.h5`.
        TrainingStoppedError: the checkpoint asked to stop.
    """
    trainer = Trainer(model, run, watch, checkpoint)
    good = Path(best_path).with_name("last-good.weights.h5")
    try:
        history, timing = trainer.train()
    except DivergedError as error:
        epoch = trainer.progress.best_epoch
        if epoch < 0:
            raise
        model.set_weights(trainer.best_weights)
        save_weights(model, good)
        raise DivergedError(f"{error} The weights of epoch {epoch} are kept: {good}.") from None
    good.unlink(missing_ok=True)
    save_weights(model, last_path)
    model.set_weights(trainer.best_weights)
    save_weights(model, best_path)
    return history, timing


def save_weights(model: keras.Model, path: str | Path) -> None:
    """Write a model's weights to `path` (`*.weights.h5`), whole or not at all."""
    with atomic(path, ".weights.h5") as temporary:
        model.save_weights(temporary)
        seal(temporary)
