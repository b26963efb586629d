"""The plan of a search: who is trained for how long, and what a trial trains."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from winnow.study.keys.optimise import Optimise
from winnow.study.scan import (
    PREPARATION_SECTIONS,
    TRANSFORM_SECTION,
    Point,
    key_value,
    scan_points,
)
from winnow.study.schema import Config
from winnow.study.space import Choices, space
from winnow.study.typed import made

ARRAY_SECTIONS = (*PREPARATION_SECTIONS, TRANSFORM_SECTION)
"""Sections that decide what networks are trained on; every choice makes arrays of its own."""

FAMILY_KEY = "model.family"


@dataclass(frozen=True)
class Rung:
    """A step of successive halving: so many trials are trained until so many epochs.

    `epochs` is None on the last rung, where a training ends as any other does.
    """

    trials: int
    epochs: int | None


def settings(config: Config) -> Optimise | None:
    """Return how a study searches, None where it does not."""
    if "optimise" not in config:
        return None
    return made(Optimise, {k: v for k, v in config["optimise"].items() if k != "keys"})


def rungs(optimise: Optimise | None) -> list[Rung]:
    """Return the rungs of a round, the first one first; none without a search.

    >>> rungs(made(Optimise, {"points": 8, "halving": {"epochs": [5, 15], "keep": 0.4}}))
    [Rung(trials=8, epochs=5), Rung(trials=4, epochs=15), Rung(trials=2, epochs=None)]
    """
    if optimise is None:
        return []
    found, trials = list[Rung](), optimise.points
    for epochs in (*optimise.halving.epochs, None):
        found.append(Rung(trials, epochs))
        # 10 × 0.3 is a little more than 3 in floating point
        trials = math.ceil(trials * optimise.halving.keep - 1e-9)
    return found


def point_of(config: Config, values: Mapping[str, Any]) -> Point:
    """Return the scan point that has these values of searched keys."""
    return next(iter(scan_points({**config, "scan": [dict(values)]}).values()))


def array_points(config: Config) -> list[Point]:
    """Return the points by which all arrays that a search may ask for are made; none without."""
    keys = config.get("optimise", {}).get("keys", {})
    grid = {k: own["choices"] for k, own in keys.items() if k.split(".")[0] in ARRAY_SECTIONS}
    return list(scan_points({**config, "scan": grid}).values()) if grid else []


def searched_models(config: Config) -> list[dict[str, Any]]:
    """Return a section `model` of each family that a search may choose; none without."""
    own = config.get("optimise", {}).get("keys", {}).get(FAMILY_KEY, {"choices": []})
    return [point_of(config, {FAMILY_KEY: name}).config["model"] for name in own["choices"]]


def largest_training(config: Config) -> dict[str, Any]:
    """Return the config's section `training` with the largest batches that a search may choose."""
    own = config.get("optimise", {}).get("keys", {}).get("training.batch_size", {})
    sizes = [*own.get("choices", []), *([own["high"]] if "high" in own else [])]
    training = config["training"]
    return {**training, "batch_size": max(training["batch_size"], *sizes, 1)}


def base_values(config: Config) -> dict[str, Any]:
    """Return the config's own values of the searched keys, where all lie in what is searched."""
    searched = space(config["optimise"]["keys"])
    found = {key: key_value(config, key) for key in searched}
    inside = all(
        found[key] in own.values
        if isinstance(own, Choices)
        else _is_number(found[key]) and own.low <= found[key] <= own.high
        for key, own in searched.items()
    )
    return found if inside else {}


def point_keys(
    config: Config, points: Mapping[str, Point], others: Sequence[tuple[str, Point]] = ()
) -> dict[str, dict[str, Any]]:
    """Return of every point the value of each key that is scanned or searched.

    others: points beside, by name.
    """
    sought = config.get("optimise", {}).get("keys", {})
    if not sought:
        return {name: point.keys for name, point in points.items()}
    every = dict([*points.items(), *others])
    names = dict.fromkeys(key for point in every.values() for key in (*point.keys, *sought))
    return {
        name: {key: v for key in names if (v := key_value(point.config, key)) is not None}
        for name, point in every.items()
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
