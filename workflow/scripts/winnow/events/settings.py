"""What ingest takes from the config."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class ProcessSettings:
    """What the config says about a process.

    Attributes:
        cross_section: in the inverse unit of the luminosity; None: weights are physical already.
        generated: number of generated events, or the sum of their generator weights; None where
            the files bring their own.
    """

    cross_section: float | None = None
    generated: float | None = None


@dataclass(frozen=True)
class IngestSettings:
    """What ingest takes from the config; all files of a study share it.

    Attributes:
        features: the network's inputs, in order.
        classes: class → names or shell patterns of its processes, as of `classes.class_of`.
        ignored: names or shell patterns of processes that are left out and counted.
        spectators: columns carried along: float64, or text where most of the file's first values
            spell no number.
        weight: columns whose product is the event weight; none: 1.
        event_id: columns that identify an event; none: all columns of the file.
        process_column: column with the process name, for files without a process of their own.
        derived: new column → expression on the file's columns and on derived ones before it.
        selection: name of a cut → expression, applied in order.
        missing_values: numbers that stand for a missing value.
        nan_is_missing: whether NaN and empty cells stand for a missing value.
        on_defect: whether a defective row is an error or is left out and listed.
        processes: facts on processes, by name.
        luminosity: the study's luminosity, for files that have their own.
        generator_weights: columns that `generated` is summed from, checked row by row.
        lists: new list column → the pattern of the numbered columns that it is made of.
        objects: list columns of an event's objects, kept with it.
        sample: column with each event's sample; None: files tell it, or it is drawn.
        shifted: column → expression that replaces it; of a column of the file it takes the file's
            own columns, of a derived one what it came out as, and the derived ones before it.
    """

    features: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]]
    spectators: tuple[str, ...] = ()
    weight: tuple[str, ...] = ()
    event_id: tuple[str, ...] = ()
    process_column: str | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    selection: Mapping[str, str] = field(default_factory=dict)
    missing_values: tuple[float, ...] = ()
    nan_is_missing: bool = False
    on_defect: Literal["error", "reject"] = "error"
    processes: Mapping[str, ProcessSettings] = field(default_factory=dict)
    luminosity: float = 1.0
    generator_weights: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    sample: str | None = None
    shifted: Mapping[str, str] = field(default_factory=dict)


def resolved_settings(
    params: Mapping[str, Any],
    generator_sums: Sequence[Mapping[str, float]],
    process: str | None,
) -> IngestSettings:
    """Make settings of a rule's parameters.

    Args:
        params: what `winnow.study.sections.ingest_settings` returns.
        generator_sums: of each file of the same sample, process → sum of its generator weights.
        process: the process of the file that is ingested, where it has one of its own.

    Returns:
        The settings, `generated` a number for every process.
    """
    processes, columns = {}, []
    for name, facts in params["processes"].items():
        generated = facts.get("generated")
        if isinstance(generated, dict):
            columns += [generated["column"]] if name == process else []
            generated = math.fsum(sums.get(name, 0.0) for sums in generator_sums)
        processes[name] = ProcessSettings(facts["cross_section"], generated)
    return IngestSettings(
        **{**params, "processes": processes, "generator_weights": tuple(dict.fromkeys(columns))}
    )
