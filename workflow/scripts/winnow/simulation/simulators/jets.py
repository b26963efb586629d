"""The simulator `jets`: jets of top quarks and of QCD, as in the top tagging reference, in HDF5."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from winnow.study.keys.simulate import Simulate, SimulatedChunk

FILES = {"jets.h5": ("jets.h5", "")}
EVENT_BYTES = 900


@dataclass(frozen=True)
class Keys(Simulate):
    """Jets need no keys of their own."""


def processes() -> Collection[str]:
    """Return the processes that can be simulated."""
    from winnow.simulation.jets import PROCESSES

    return PROCESSES


def columns(_keys: Keys) -> tuple[str, ...]:
    """Return the columns of the file, as pandas gives them."""
    from winnow.simulation.jets import COLUMNS

    return COLUMNS


def write(_keys: Keys, chunk: SimulatedChunk, seed: int, paths: Sequence[str | Path]) -> None:
    """Simulate a chunk and write it, batch after batch.

    Args:
        chunk: what is simulated.
        seed: the study's seed.
        paths: one file.
    """
    from winnow.simulation.frames import write_frames
    from winnow.simulation.jets import simulated
    from winnow.storage import atomic

    (path,) = paths
    batches = simulated(chunk.process, chunk.events, seed, chunk.number)
    with atomic(path) as temporary:
        write_frames((jets.frame(chunk.process) for jets in batches), temporary)
