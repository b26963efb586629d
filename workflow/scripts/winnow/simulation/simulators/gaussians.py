"""The simulator `gaussians`: two classes of normal variables, of known likelihoods, in Parquet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from winnow.study.keys.bounds import Count, NotNegative, Positive
from winnow.study.keys.simulate import Simulate, SimulatedChunk
from winnow.study.typed import says

FILES = {"gaussians.parquet": ("gaussians.parquet", "")}
EVENT_BYTES = 60


@dataclass(frozen=True)
class Keys(Simulate):
    """How two classes of normal variables differ."""

    variables: Count = 4
    """For `gaussians`, number of variables."""
    separation: NotNegative = 1.5
    """For `gaussians`, distance between the means of the classes, in standard deviations
    (Mahalanobis)."""
    correlation: Annotated[float, says(exclusiveMinimum=-1, exclusiveMaximum=1)] = 0.4
    """For `gaussians`, correlation of each variable with the next one."""
    width: Positive = 1.0
    """For `gaussians`, width of the signal relative to the background's; other than 1 no straight
    cut is the best one."""
    parts: Annotated[tuple[int, ...], says(minItems=3, maxItems=3)] = (4, 1, 10)
    """For `gaussians`, parts of the events that train, validate and test; where the events of a
    chunk are a multiple of their sum, the samples are of just that many."""


def processes() -> Collection[str]:
    """Return the processes that can be simulated."""
    from winnow.simulation.gaussians import PROCESSES

    return PROCESSES


def columns(keys: Keys) -> tuple[str, ...]:
    """Return the columns of the file."""
    from winnow.simulation.gaussians import columns as written

    return written(keys.variables)


def write(keys: Keys, chunk: SimulatedChunk, seed: int, paths: Sequence[str | Path]) -> None:
    """Simulate a chunk and write it.

    Args:
        keys: how the classes differ.
        chunk: what is simulated.
        seed: the study's seed.
        paths: one file.
    """
    from winnow.simulation.gaussians import Classes, simulated
    from winnow.tables import write_parquet

    (path,) = paths
    classes = Classes(keys.variables, keys.separation, keys.correlation, keys.width)
    own = chunk.process, chunk.events, seed, chunk.number
    write_parquet(simulated(classes, keys.parts, *own), path)
