"""The simulator `hits`: neutrinos in liquid argon, hits of three planes of wires, in Parquet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from winnow.study.keys.simulate import Simulate, SimulatedChunk

FILES = {"hits.parquet": ("hits.parquet", "")}
EVENT_BYTES = 20_000


@dataclass(frozen=True)
class Keys(Simulate):
    """Hits need no keys of their own."""


def processes() -> Collection[str]:
    """Return the processes that can be simulated."""
    from winnow.simulation.hits import PROCESSES

    return PROCESSES


def columns(_keys: Keys) -> tuple[str, ...]:
    """Return the columns of the file."""
    from winnow.simulation.hits import COLUMNS

    return COLUMNS


def write(_keys: Keys, chunk: SimulatedChunk, seed: int, paths: Sequence[str | Path]) -> None:
    """Simulate a chunk and write it.

    Args:
        chunk: what is simulated.
        seed: the study's seed.
        paths: one file.
    """
    from winnow.simulation.hits import simulated
    from winnow.tables import write_parquet

    (path,) = paths
    write_parquet(simulated(chunk.process, chunk.events, seed, chunk.number), path)
