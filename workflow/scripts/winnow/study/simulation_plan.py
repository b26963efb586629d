"""Which files a study with a `simulate` section makes for itself: chunks, and the six samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SAMPLE_FILES = ("train", "val", "test")
KINDS = ("sig", "bkg")
# the stops' names begin so; all else is background
SIGNAL_PREFIX = "T2DegStop_"
EVENT_BYTES = 170


@dataclass(frozen=True)
class SimulatedChunk:
    """A part of a process' events.

    Attributes:
        process: the process.
        number: the chunk's number, from 0.
        events: its events.
        total: the process' events over all chunks.
    """

    process: str
    number: int
    events: int
    total: int

    @property
    def kind(self) -> str:
        """`sig` or `bkg`: into which files its events go."""
        return KINDS[0] if self.process.startswith(SIGNAL_PREFIX) else KINDS[1]


def folder(study: str) -> str:
    """Return the folder that a study's simulated files lie in."""
    return f"results/{study}/simulate"


def simulated_files(config: Mapping[str, Any]) -> dict[str, int]:
    """Return path → size in bytes, about, of the files that a study simulates; empty if none."""
    if "simulate" not in config:
        return {}
    size = sum(config["simulate"]["events"].values()) * EVENT_BYTES
    place = folder(config["study"])
    return {f"{place}/{name}_{kind}.csv": size // 4 for name in SAMPLE_FILES for kind in KINDS}


def chunks(config: Mapping[str, Any]) -> list[SimulatedChunk]:
    """List the chunks that a study simulates, process after process."""
    own = config.get("simulate", {"events": {}, "chunk": 1})
    return [
        SimulatedChunk(process, number, min(own["chunk"], total - start), total)
        for process, total in own["events"].items()
        for number, start in enumerate(range(0, total, own["chunk"]))
    ]
