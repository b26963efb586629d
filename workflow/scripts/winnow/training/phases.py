"""The phases of a training: what each changes of the settings that they share."""

from collections.abc import Mapping
from typing import Any

AUTO = "auto"
PATIENCE = 20


def phases(training: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings of each phase: those of `training`, with the phase's own over them."""
    common = {name: value for name, value in training.items() if name != "phases"}
    return [_with_patience(_over(common, phase)) for phase in training["phases"] or [{}]]


def _with_patience(phase: dict[str, Any]) -> dict[str, Any]:
    """Return a phase's settings with the patience that `auto` stands for.

    A schedule falls to its end, and an average grows, while the validation loss may rest.
    """
    stopping = phase["early_stopping"]
    if stopping["patience"] != AUTO:
        return phase
    whole = phase["schedule"]["kind"] != "constant" or phase["average_from"] > 0
    return {**phase, "early_stopping": {**stopping, "patience": 0 if whole else PATIENCE}}


def _over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**common, **own}
    for name in ("schedule", "early_stopping"):
        merged[name] = {**common[name], **own.get(name, {})}
    return merged
