"""Normalisation steps of a config against its features, step after step, as they are fitted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from winnow.study.choices import STEPS, foreign_keys
from winnow.study.keys.normalise import Normalise, Step, spelled_out, step_at, step_keys, steps
from winnow.study.schema import Config, closest
from winnow.study.typed import key_names, made


def step_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the steps of `normalise`, one line a fault."""
    available, new = _features(config), 0
    for index, given in enumerate(config["normalise"]["steps"]):
        own = spelled_out(given)
        faults = list(_key_faults(f"config key `normalise.steps[{index}]", own))
        if not faults:
            step = step_at(index, given)
            faults = list(_faults(step, available))
            available, new = step.columns_after(available, new)
        yield from faults
        if faults:
            return


def network_inputs(config: Config) -> list[str]:
    """Return the names of the network's inputs, indicators of missing values aside."""
    available, new = _features(config), 0
    for step in steps(made(Normalise, config["normalise"])):
        available, new = step.columns_after(available, new)
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


def _features(config: Config) -> list[str]:
    return [feature["name"] for feature in config["columns"]["features"]]


def _key_faults(place: str, given: Mapping[str, Any]) -> Iterator[str]:
    """List keys that belong to another step."""
    for name, owners in foreign_keys(STEPS, given["step"], given, _names):
        yield (
            f"{place}.{name}`: goes with the step `{owners}` alone, found `{given['step']}`; "
            "remove it."
        )


def _names(step: str) -> set[str]:
    return key_names(step_keys(step))


def _faults(step: Step, available: Sequence[str]) -> Iterator[str]:
    key, own = f"config key `{step.place}.features`", list(step.features or ())
    for name in own:
        if name not in available:
            yield f"{key}: `{name}` is no feature; {closest(name, available)}"
    for name in sorted({name for name in own if own.count(name) > 1}):
        yield f"{key}: `{name}` is listed twice; list it once."
    yield from step.faults(own or available)
