"""What a piece of work costs: time, processor time of the process and its children, memory."""

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Linux counts the largest resident set in kB, macOS in bytes
_RSS_BYTES = 1 if platform.system() == "Darwin" else 1024


@dataclass
class Cost:
    """What some work took.

    Attributes:
        real_seconds: on the clock.
        cpu_seconds: of processor, in this process and in those that it has waited for.
    """

    real_seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure what is done inside."""
    cost, begin, before = Cost(), time.perf_counter(), _processor()
    yield cost
    cost.real_seconds = time.perf_counter() - begin
    cost.cpu_seconds = _processor() - before


def peak_megabytes() -> float:
    """Return the most memory that the process, or one that it has waited for, has held."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) * _RSS_BYTES / 1e6


def machine() -> dict[str, str]:
    """Return the processor's name and the number of cores that the process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": _processor_name(), "cores": str(cores), "system": platform.system()}


def _processor() -> float:
    own = (resource.getrusage(kind) for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in own)


def _processor_name() -> str:
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
