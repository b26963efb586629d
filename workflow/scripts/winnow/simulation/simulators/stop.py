"""The simulator `stop`: collisions selected as in the search for top squarks, in CSV."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from winnow.study.keys.simulate import Simulate, SimulatedChunk

FILES = {
    "train_sig.csv": ("train.csv", "T2DegStop_"),
    "train_bkg.csv": ("train.csv", ""),
    "val_sig.csv": ("val.csv", "T2DegStop_"),
    "val_bkg.csv": ("val.csv", ""),
    "test_sig.csv": ("test.csv", "T2DegStop_"),
    "test_bkg.csv": ("test.csv", ""),
}
EVENT_BYTES = 170


@dataclass(frozen=True)
class Keys(Simulate):
    """Which of the CMS tutorial's files are written."""

    columns: Literal["binary", "multiclass", "parametrised"] = "multiclass"
    """For `stop`, which features are written; `docs/simulation.md` lists them.
    `parametrised` has those of `binary` and the stop's mass."""


def processes() -> Collection[str]:
    """Return the processes that can be simulated."""
    from winnow.simulation.stop_processes import PROCESSES

    return PROCESSES


def columns(keys: Keys) -> tuple[str, ...]:
    """Return the columns of the files, which have no header."""
    from winnow.simulation.samples import COLUMNS, TRAILING

    return *COLUMNS[keys.columns], *TRAILING


def write(keys: Keys, chunk: SimulatedChunk, seed: int, paths: Sequence[str | Path]) -> None:
    """Simulate a chunk, and write its training, validation and test events.

    Args:
        keys: which features are written.
        chunk: what is simulated.
        seed: the study's seed.
        paths: a file for each sample.
    """
    from winnow.simulation import samples

    events = samples.chunk(chunk.process, chunk.events, seed, chunk.number)
    wanted = samples.COLUMNS[keys.columns]
    samples.write_chunk(chunk.process, events, chunk.total, wanted, paths)
