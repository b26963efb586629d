"""The runs of a study: scan point × replica × fold, their names and seeds."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from typing import Any

from winnow.errors import ConfigError
from winnow.identity import key

BASE = "base"
PREPARATION_SECTIONS = ("normalise", "balance")


@dataclass(frozen=True)
class Point:
    """A scan point.

    Attributes:
        name: the scanned keys that differ from the base config, as it stands in paths.
        preparation: the same of the keys under normalise and balance alone; points that agree in
            it share their prepared arrays.
        config: the study's config with the point's values.
    """

    name: str
    preparation: str
    config: dict[str, Any]


def scan_points(config: Mapping[str, Any]) -> dict[str, Point]:
    """List the scan points of a complete config, the grid of all scanned values, by name.

    Raises:
        ConfigError: two values of a scanned key get the same name.
    """
    scan = config["scan"]
    points: dict[str, Point] = {}
    for values in product(*scan.values()):
        own = deepcopy(dict(config))
        changed = {}
        for dotted, value in zip(scan, values, strict=True):
            *parents, leaf = dotted.split(".")
            section = own
            for parent in parents:
                section = section[parent]
            if section[leaf] != value:
                changed[dotted] = value
            section[leaf] = value
        name = _name(changed)
        if name in points:
            raise ConfigError(f"config key `scan`: two points are both named {name!r}; drop one.")
        preparing = {k: v for k, v in changed.items() if k.split(".")[0] in PREPARATION_SECTIONS}
        points[name] = Point(name, _name(preparing), own)
    return points


def _name(changed: Mapping[str, Any]) -> str:
    leaves = [dotted.rsplit(".", 1)[-1] for dotted in changed]
    parts = []
    for dotted, value in changed.items():
        leaf = dotted.rsplit(".", 1)[-1]
        # two scanned keys with the same last part keep their full names
        parts.append(f"{leaf if leaves.count(leaf) == 1 else dotted}={_text(value)}")
    return ",".join(parts) or BASE


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "-".join(_text(item) for item in value) or "none"
    if isinstance(value, dict):
        return "-".join(f"{_text(item)}" for item in value.values())
    text = _number(value) if isinstance(value, float) else str(value)
    return "".join(c if c.isalnum() or c in "_.+-" else "_" for c in text)


def run_seed(seed: int, replica: int, fold: int) -> int:
    """Return a run's seed: from (seed, replica, fold), so that scan points compare in pairs."""
    return key("run", seed, replica, fold) % 2**31


def split_key(seed: int) -> int:
    """Return the key of the hash that shares events out to samples."""
    return key("split", seed)


def _number(value: float) -> str:
    """Write 0.0001 as 1e-4 and 0.25 as 0.25."""
    mantissa, exponent = f"{value:.11e}".split("e")
    if -3 < int(exponent) < 6:
        return f"{value:.12g}"
    return f"{float(mantissa):.12g}e{int(exponent)}"
