"""How a training shows where it stands: a bar on a terminal, a line a minute in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm

from winnow.training.progress import Status

LINE_SECONDS = 60.0


@contextmanager
def progress(
    name: str, terminal: TextIO, report: Callable[[str], None]
) -> Iterator[Callable[[Status], None]]:
    """Yield what shows a training's status.

    Args:
        name: stands before the bar.
        terminal: where the bar goes if it is a terminal.
        report: takes a line for the log, at most one a minute, of epochs that last longer.
    """
    with tqdm(
        total=1.0,
        desc=name,
        file=terminal,
        disable=not terminal.isatty(),
        bar_format="{desc} {bar} {percentage:.0f}% {postfix}",
    ) as bar:
        told = {"epoch": -1, "time": 0.0}

        def show(status: Status) -> None:
            bar.n = (status.epoch + status.done) / status.epochs
            bar.set_postfix_str(describe(status))
            now = time.monotonic()
            if status.epoch != told["epoch"]:
                told.update(epoch=status.epoch, time=now)
            elif now - told["time"] >= LINE_SECONDS and status.done < 1:
                told.update(time=now)
                report(f"{status.done:.0%} of {describe(status)}")

        yield show


def describe(status: Status) -> str:
    """Write a status as one line."""
    return (
        f"epoch {status.epoch} of {status.epochs}: loss {status.loss:.5g}, validation loss "
        f"{status.validation_loss:.5g}, {status.events_per_second:.3g} events/s, best epoch "
        f"{status.best_epoch} ({status.best:.5g}), {status.seconds_left:.0f} s to go at most"
    )
