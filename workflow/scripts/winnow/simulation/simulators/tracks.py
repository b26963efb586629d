"""The simulator `tracks`: tracks in a forward spectrometer, with true probabilities, in Parquet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from winnow.study.keys.simulate import Simulate, SimulatedChunk

FILES = {"tracks.parquet": ("tracks.parquet", "")}
EVENT_BYTES = 60


@dataclass(frozen=True)
class Keys(Simulate):
    """Tracks need no keys of their own."""


def processes() -> Collection[str]:
    """Return the processes that can be simulated."""
    from winnow.simulation.tracks import PROCESSES

    return PROCESSES


def columns(_keys: Keys) -> tuple[str, ...]:
    """Return the columns of the file."""
    from winnow.simulation.tracks import COLUMNS

    return COLUMNS


def write(_keys: Keys, chunk: SimulatedChunk, seed: int, paths: Sequence[str | Path]) -> None:
    """Simulate a chunk and write it.

    Args:
        chunk: what is simulated.
        seed: the study's seed.
        paths: one file.
    """
    from winnow.simulation.tracks import simulated
    from winnow.tables import write_parquet

    (path,) = paths
    write_parquet(simulated(chunk.process, chunk.events, seed, chunk.number), path)
