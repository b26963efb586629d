"""A training that can be killed: its state, its lease, and the signal that asks it to stop."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from winnow.identity import file_hash
from winnow.networks.versions import package_versions
from winnow.training.lease import acquire
from winnow.training.state import Checkpoint, fingerprint, read_state, write_state


@contextmanager
def resumable(
    folder: Path,
    params: Mapping[str, Any],
    inputs: Mapping[str, str | Sequence[str]],
    every: float,
    report: Callable[[str], None],
) -> Iterator[Checkpoint]:
    """Hold the lease of a training's state, and say how the state is kept.

    SIGTERM, which schedulers send before they kill, lets the training write a last state.

    Args:
        folder: where the state lies.
        params: what the training depends on; with the packages' versions and the inputs' hashes it
            decides whether a state that is found is this training's.
        inputs: name → input file or files.
        every: seconds between two states.
        report: takes one line for each thing worth knowing.
    """
    facts = {"params": dict(params), "versions": package_versions()}
    mark = fingerprint(facts, {name: _hashed(given) for name, given in inputs.items()})
    with acquire(folder, report) as lease, _stop_on_sigterm() as stop:

        def save(arrays: dict[str, Any], meta: dict[str, Any]) -> None:
            lease.check()
            write_state(folder, arrays, {**meta, "fingerprint": mark})

        yield Checkpoint(lambda: read_state(folder, mark, report), save, every, stop)


def _hashed(given: str | Sequence[str]) -> str | list[str]:
    return file_hash(given) if isinstance(given, str) else [file_hash(path) for path in given]


@contextmanager
def _stop_on_sigterm() -> Iterator[Callable[[], bool]]:
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGTERM, before)
