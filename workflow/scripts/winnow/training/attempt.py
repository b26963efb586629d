"""One attempt of a rule's at a training: it goes on from the last one's state, and shows how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from winnow.job import JobLogger
from winnow.networks.devices import Devices
from winnow.tables import write_parquet
from winnow.training.bar import progress
from winnow.training.progress import Status, Watch
from winnow.training.resume import resumable
from winnow.training.run import Run
from winnow.training.state import Checkpoint
from winnow.training.tensorboard import tensorboard
from winnow.training.train import train


@dataclass(frozen=True)
class Attempt:
    """What an attempt is called, and how its state is kept.

    Attributes:
        name: what the bar calls it.
        params: what the training depends on beside its inputs.
        inputs: name → input file or files.
        save_every: seconds between two states.
        scalars: whether TensorBoard's are written.
    """

    name: str
    params: Mapping[str, Any]
    inputs: Mapping[str, str | Sequence[str]]
    save_every: float
    scalars: bool


@contextmanager
def attempted(
    attempt: Attempt,
    folder: Path,
    run: Run,
    build: Callable[[], keras.Model],
    devices: Devices,
    log: JobLogger,
) -> Iterator[tuple[keras.Model, Checkpoint, Callable[[Status], None]]]:
    """Yield a network to be trained, how its state is kept, and what shows how it goes.

    Args:
        attempt: what it is called, and how its state is kept.
        folder: where its state lies.
        run: what is trained on, and how.
        build: builds the network, on the devices.
        devices: what is trained on.
        log: the job's.
    """
    kept = attempt.params, attempt.inputs, attempt.save_every, log.info
    with (
        devices.strategy.scope(),
        resumable(folder, *kept) as checkpoint,
        progress(attempt.name, log.terminal, log.info) as status,
    ):
        network = build()
        log.info("%d parameters, %d events", network.count_params(), run.training.count)
        yield network, checkpoint, status


def make_attempt(
    attempt: Attempt,
    run: Run,
    build: Callable[[], keras.Model],
    devices: Devices,
    output: Any,
    log: JobLogger,
) -> None:
    """Train a network and write what a training rule promises; the state lies beside.

    Args:
        attempt: what it is called, and how its state is kept.
        run: what is trained on, and how.
        build: builds the network, on the devices.
        devices: what is trained on.
        output: the paths `history`, `timing`, `best` and `last`, all in one folder.
        log: the job's.

    Raises:
        DivergedError: as of `winnow.training.train.train`.
        TrainingStoppedError: likewise.
    """
    folder = Path(output.history).parent
    begun = attempted(attempt, folder / "state", run, build, devices, log)
    with begun as (network, checkpoint, status):
        scalars = tensorboard(folder / "tensorboard") if attempt.scalars else lambda row: None
        watch = Watch(log.info, status, scalars)
        history, timing = train(network, run, output.best, output.last, watch, checkpoint)
        write_parquet(timing, output.timing)
        write_parquet(history, output.history)
