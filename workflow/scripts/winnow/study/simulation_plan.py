"""Which files a study with a `simulate` section makes for itself: chunks, and joined ones."""

from collections.abc import Mapping
from typing import Any

from winnow.study.choices import SIMULATORS, literal
from winnow.study.keys.simulate import SimulatedChunk


def folder(study: str) -> str:
    """Return the folder that a study's simulated files lie in."""
    return f"results/{study}/simulate"


def simulated_files(config: Mapping[str, Any]) -> dict[str, int]:
    """Return path → size in bytes, about, of the files that a study simulates; empty if none."""
    files = _files(config)
    if not files:
        return {}
    own = config["simulate"]
    events = sum(own["events"].values())
    # a process' events are shared out over the files of a chunk
    size = events * literal(SIMULATORS, own["simulator"], "EVENT_BYTES") // len(chunk_files(config))
    return {f"{folder(config['study'])}/{name}": size for name in files}


def chunk_files(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that each chunk is written to, none where none is."""
    return list(dict.fromkeys(name for name, _ in _files(config).values()))


def joined_chunks(config: Mapping[str, Any], file: str) -> list[str]:
    """Return the files of chunks that a simulated file is joined from, in order."""
    files = _files(config)
    part = files[file][0]
    return [
        f"{folder(config['study'])}/{chunk.process}/chunk-{chunk.number}/{part}"
        for chunk in chunks(config)
        if _taker(files, part, chunk.process) == file
    ]


def chunks(config: Mapping[str, Any]) -> list[SimulatedChunk]:
    """List the chunks that a study simulates, process after process."""
    own = config.get("simulate", {"events": {}, "chunk": 1})
    return [
        SimulatedChunk(process, number, min(own["chunk"], total - start), total)
        for process, total in own["events"].items()
        for number, start in enumerate(range(0, total, own["chunk"]))
    ]


def _files(config: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    if "simulate" not in config:
        return {}
    found: dict[str, tuple[str, str]] = literal(
        SIMULATORS, config["simulate"]["simulator"], "FILES"
    )
    return found


def _taker(files: Mapping[str, tuple[str, str]], part: str, process: str) -> str:
    """Return the file that a process' events of one of a chunk's files go into."""
    takers = (name for name, (own, _) in files.items() if own == part)
    return next(name for name in takers if process.startswith(files[name][1]))
