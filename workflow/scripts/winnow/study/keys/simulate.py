"""The section `simulate`: what keys of all simulators have in common, and parts of its work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from winnow.study.choices import SIMULATORS, keys_of
from winnow.study.typed import key_names, made

COMMON = ("events", "chunk")
"""Keys of `simulate` that say how much is simulated, of every simulator."""


@dataclass(frozen=True)
class Simulate:
    """Samples that a study makes for itself."""

    simulator: str = "stop"
    """What is simulated:"""


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


def simulate(values: Mapping[str, Any]) -> Simulate:
    """Return the section `simulate` as its simulator's keys, without the COMMON ones."""
    own = {name: value for name, value in values.items() if name not in COMMON}
    return made(simulator_keys(str(own.get("simulator", Simulate.simulator))), own)


def simulator_keys(simulator: str) -> type[Simulate]:
    """Return the keys of a simulator."""
    return keys_of(SIMULATORS, simulator, "write")


def simulator_key_names(simulator: str) -> set[str]:
    """Return the names of a simulator's keys, the COMMON ones among them."""
    return {*COMMON, *key_names(simulator_keys(simulator))}


def own_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section `simulate` without the keys that its simulator does not have."""
    known = simulator_key_names(values["simulator"])
    return {name: value for name, value in values.items() if name in known}
