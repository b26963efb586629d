"""Simulated samples of the two CMS studies: chunks of events, their weights, samples and files.

The events of a chunk depend on the seed, the process and the chunk's number alone, and a shorter
chunk is the beginning of a longer one. The weights of all events of a process, before the split,
sum to its cross-section × acceptance in pb, within their own fluctuation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from winnow.columns import SAMPLES
from winnow.errors import ConfigError
from winnow.identity import key
from winnow.simulation.stop_detector import FEATURES, observe
from winnow.simulation.stop_processes import PROCESSES, Process
from winnow.storage import atomic

STOP_MASS = "mStop"

_BINARY = (
    *("LepPt", "LepEta", "LepChg", "Met", "mt", "Njet", "Jet1Pt", "HT", "NbLoose"),
    *("JetHBpt", "JetHBCSV", "DrJetHBLep"),
)

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "binary": _BINARY,
        "multiclass": FEATURES,
        "parametrised": (*_BINARY, STOP_MASS),
    }
)
"""The columns of each study's files, in order; `TRAILING` follows. Background has no stop mass."""

TRAILING = ("weight", "process")

FRACTIONS = (0.25, 0.25, 0.5)
"""Shares of the samples train, validation and test."""

_BATCH = 16_384
_WEIGHT_SPREAD = 0.12
_WHOLE_NUMBERS = ("LepChg", "Njet", "NbLoose")


@dataclass(frozen=True)
class SimulatedEvents:
    """Accepted events of one chunk.

    Attributes:
        features: every feature, float32 of shape (events,); momenta in GeV, lengths in cm.
        weight: float64 (events,), relative: its expectation is 1.
        sample: int8 (events,), index into winnow.columns.SAMPLES.
    """

    features: Mapping[str, NDArray[np.float32]]
    weight: NDArray[np.float64]
    sample: NDArray[np.int8]


def process_facts(name: str) -> Process:
    """Return the facts on a process; raise ConfigError when there is none of this name."""
    if name not in PROCESSES:
        raise ConfigError(
            f"simulate: process {name!r} is not known, expected one of {', '.join(PROCESSES)}."
        )
    return PROCESSES[name]


def chunk(process: str, count: int, seed: int, number: int) -> SimulatedEvents:
    """Generate events of a process until `count` have passed the preselection.

    Args:
        process: a name in PROCESSES.
        count: number of events.
        seed: the study's seed.
        number: the chunk's number, from 0.

    Returns:
        The events. They are drawn in batches, each from its own stream, so that `count` decides
        nothing but where the chunk ends.

    Raises:
        ConfigError: the process is not known.
    """
    facts = process_facts(process)
    batches: list[SimulatedEvents] = []
    missing = count
    while missing > 0:
        name = key("simulate", seed, process, number, len(batches))
        batch = _batch(facts, np.random.Generator(np.random.Philox(name)))
        batches.append(batch)
        missing -= batch.weight.size
    return _joined(batches, count)


def _batch(facts: Process, random: np.random.Generator) -> SimulatedEvents:
    features = observe(facts.model(random, _BATCH), random)
    size = features["Met"].size
    return SimulatedEvents(
        features={name: values.astype(np.float32) for name, values in features.items()},
        weight=_relative_weights(facts.negative, size, random),
        sample=np.searchsorted(np.cumsum(FRACTIONS)[:-1], random.random(size), side="right").astype(
            np.int8
        ),
    )


def _relative_weights(
    negative: float, size: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draw weights of expectation 1: a spread as of pile-up reweighting, and a share negative."""
    spread = random.normal(-0.5 * _WEIGHT_SPREAD**2, _WEIGHT_SPREAD, size)
    sign = np.where(random.random(size) < negative, -1.0, 1.0)
    weights: NDArray[np.float64] = sign * np.exp(spread) / (1.0 - 2.0 * negative)
    return weights


def _joined(batches: Sequence[SimulatedEvents], count: int) -> SimulatedEvents:
    return SimulatedEvents(
        features={
            name: np.concatenate(
                [batch.features[name] for batch in batches] or [np.empty(0, np.float32)]
            )[:count]
            for name in FEATURES
        },
        weight=np.concatenate([batch.weight for batch in batches] or [np.empty(0)])[:count],
        sample=np.concatenate([batch.sample for batch in batches] or [np.empty(0, np.int8)])[
            :count
        ],
    )


def write_chunk(
    process: str,
    events: SimulatedEvents,
    total: int,
    columns: Sequence[str],
    paths: Sequence[str | Path],
) -> None:
    """Write a chunk as the tutorial's files: no header, features, weight in pb, `process.root`.

    Args:
        process: a name in PROCESSES.
        events: the chunk.
        total: number of events of the process, over all chunks.
        columns: features to write, in order, such as COLUMNS["binary"].
        paths: one file for each of winnow.columns.SAMPLES.

    Raises:
        ConfigError: the process is not known.
    """
    facts = process_facts(process)
    weight = events.weight * (facts.cross_section * facts.acceptance / total)
    for code, path in zip(range(len(SAMPLES)), paths, strict=True):
        chosen = events.sample == code
        table = {
            name: pa.repeat(pa.scalar(facts.stop, pa.float64()), int(chosen.sum()))
            if name == STOP_MASS
            else _written(name, events.features[name][chosen])
            for name in columns
        }
        table["weight"] = pa.array(weight[chosen])
        table["process"] = pa.repeat(f"{process}.root", int(chosen.sum()))
        with atomic(path) as temporary:
            pa.csv.write_csv(
                pa.table(table),
                temporary,
                pa.csv.WriteOptions(include_header=False, quoting_style="none"),
            )


def _written(name: str, values: NDArray[np.float32]) -> pa.Array:
    return pa.array(values.astype(np.int8) if name in _WHOLE_NUMBERS else values)
