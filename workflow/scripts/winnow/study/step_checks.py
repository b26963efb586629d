"""Normalisation steps of a config against its features, step after step, as they are fitted."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from winnow.study.schema import Config, closest

PARAMETERS: Mapping[str, str] = MappingProxyType({"components": "pca", "quantiles": "quantile"})
"""Parameter of a normalisation step → the only step that has it."""


def step_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the steps of `normalise`, one line a fault."""
    available = [feature["name"] for feature in config["columns"]["features"]]
    components = 0
    for index, step in enumerate(config["normalise"]["steps"]):
        own = {"step": step} if isinstance(step, str) else step
        faults = list(_faults(f"config key `normalise.steps[{index}]", own, available))
        yield from faults
        if faults:
            return
        available, components = _after(own, available, components)


def network_inputs(config: Config) -> list[str]:
    """Return the names of the network's inputs, indicators of missing values aside."""
    available = [feature["name"] for feature in config["columns"]["features"]]
    components = 0
    for step in config["normalise"]["steps"]:
        own = {"step": step} if isinstance(step, str) else step
        available, components = _after(own, available, components)
    return available


def group_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the groups of `importance`, one line a fault."""
    inputs = network_inputs(config)
    for name, members in config["importance"]["groups"].items():
        key = f"config key `importance.groups.{name}`"
        if name in inputs:
            yield (
                f"{key}: an input of the network is called so, which stands in the same table; "
                "choose another name for the group."
            )
        for member in members:
            if member not in inputs:
                yield f"{key}: `{member}` is no input of the network; {closest(member, inputs)}"


def _faults(key: str, step: Mapping[str, Any], available: Sequence[str]) -> Iterator[str]:
    chosen = step.get("features", available)
    for name in chosen:
        if name not in available:
            yield f"{key}.features`: `{name}` is no feature; {closest(name, available)}"
    own = step.get("features", [])
    for name in sorted({name for name in own if own.count(name) > 1}):
        yield f"{key}.features`: `{name}` is listed twice; list it once."
    for parameter, owner in PARAMETERS.items():
        if parameter in step and step["step"] != owner:
            yield (
                f"{key}.{parameter}`: goes with the step `{owner}` alone, found `{step['step']}`; "
                "remove it."
            )
    if step.get("components", 0) > len(chosen):
        yield (
            f"{key}.components`: found {step['components']}, expected at most {len(chosen)}, the "
            "number of features that the step takes."
        )


def _after(
    step: Mapping[str, Any], available: Sequence[str], components: int
) -> tuple[list[str], int]:
    """Return the columns after a step, and how many components there have been: pca makes new."""
    if step["step"] != "pca":
        return list(available), components
    chosen = step.get("features", available)
    kept = step.get("components", len(chosen))
    new = [f"pca_{components + number + 1}" for number in range(kept)]
    return [*(name for name in available if name not in chosen), *new], components + kept
