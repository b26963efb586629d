"""The plan of a contest: who trains at which settings, and what is varied."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from winnow.study.choices import CONTESTANTS, literal, part
from winnow.study.keys.model import model
from winnow.study.keys.training import Training
from winnow.study.scan import Point, scan_points
from winnow.study.schema import Config
from winnow.study.typed import made

SECTIONS = ("model", "training")
"""What a contest may vary: all of it is trained on the same prepared arrays."""

_LAYERS = "model.layers"
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True)
class Entry:
    """A contestant at a setting."""

    contestant: str
    setting: str


def settings(config: Config) -> dict[str, Point]:
    """Return the settings of a study's contest by name, none without one; the first is the base."""
    if "contest" not in config:
        return {}
    return scan_points({**config, "scan": config["contest"]["scan"]})


def entries(config: Config, everything_there: bool = False) -> tuple[list[Entry], list[str]]:
    """Return who trains at which settings, and who does not and why, one line each.

    Args:
        config: a complete config.
        everything_there: whether the software of all contestants is taken to be there, as in
            environments of their own.
    """
    found, told = [], []
    points = settings(config)
    for name in config["contest"]["contestants"] if points else []:
        lacking = "" if everything_there else part(CONTESTANTS, name, "lacking")()
        if lacking:
            told.append(
                f"contestant {name!r} is left out: {lacking} is not installed (its environment is "
                f"envs/contest_{name}.yaml)"
            )
            continue
        scanned = literal(CONTESTANTS, name, "SCANNED")
        for setting, point in list(points.items())[: None if scanned else 1]:
            missing = untranslated(name, point.config)
            if missing:
                told.append(f"contestant {name!r} is left out at {setting}: {'; '.join(missing)}")
            else:
                found.append(Entry(name, setting))
    return found, told


def runs(config: Config, found: Sequence[Entry]) -> list[dict[str, str]]:
    """Return contestant, setting and repeat of each training."""
    repeats = config["contest"]["repeats"] if found else 0
    return [
        {"contestant": own.contestant, "setting": own.setting, "repeat": f"{repeat:02d}"}
        for own in found
        for repeat in range(repeats)
    ]


def slices(points: Mapping[str, Point]) -> dict[str, list[str]]:
    """Return variable → the settings that differ from the first in nothing else."""
    varied, first = variables(points), next(iter(points), "")
    return {
        name: [
            setting
            for setting in points
            if all(own[setting] == own[first] for other, own in varied.items() if other != name)
        ]
        for name in varied
    }


def untranslated(contestant: str, config: Mapping[str, Any]) -> list[str]:
    """List the settings of a config that a contestant has no counterpart for."""
    own = model(config["model"]), made(Training, config["training"])
    return list(part(CONTESTANTS, contestant, "translated")(*own).missing)


def variables(points: Mapping[str, Point]) -> dict[str, dict[str, Any]]:
    """Return what a contest varies: variable → setting → its value.

    Layers of one width are told as two variables, `layers` and `neurons`.
    """
    values = {name: _own_variables(point.keys) for name, point in points.items()}
    names = dict.fromkeys(variable for own in values.values() for variable in own)
    found = {name: {setting: own[name] for setting, own in values.items()} for name in names}
    return {n: own for n, own in found.items() if len({str(v) for v in own.values()}) > 1}


def file_name(variable: str) -> str:
    """Return a variable as it stands in the name of a file.

    >>> file_name("training.early_stopping.patience")
    'training_early_stopping_patience'
    """
    return _UNSAFE.sub("_", variable)


def contest_faults(config: Config) -> Iterator[str]:
    """List what is wrong with a contest beyond its schema, one line a fault."""
    if "contest" not in config:
        return
    own = config["contest"]
    scan = own["scan"]
    keys = {key for point in (scan if isinstance(scan, list) else [scan]) for key in point}
    keys |= set(scan["zip"]) if isinstance(scan, Mapping) and "zip" in scan else set()
    for key in sorted(keys - {"zip"}):
        if key.split(".")[0] not in SECTIONS:
            yield (
                f"config key `contest.scan.{key}`: expected a key under `model` or `training`: all "
                "contestants train on the same arrays."
            )
    if len(config["classes"]) != 2 or "signal_class" not in config:
        yield (
            f"config key `contest`: found {len(config['classes'])} classes and "
            f"{'a' if 'signal_class' in config else 'no'} `signal_class`, expected two and one."
        )
    if config["model"]["family"] != "dense" or "module" in config["model"] or "images" in config:
        yield (
            "config key `contest`: expected the family `dense` on features: that is what all "
            "contestants know. Remove the section, or change `model.family`."
        )
    if config["folds"]:
        yield "config key `contest`: it has no folds; remove `folds` or the section."


def _own_variables(keys: Mapping[str, Any]) -> dict[str, Any]:
    layers = keys.get(_LAYERS)
    found = {key: value for key, value in keys.items() if key != _LAYERS}
    if layers and len(set(layers)) == 1:
        return {"neurons": layers[0], "layers": len(layers), **found}
    return {_LAYERS: layers, **found} if layers else found
