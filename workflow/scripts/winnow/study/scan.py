"""The runs of a study: scan point × replica × fold, their names and seeds."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from winnow.errors import ConfigError
from winnow.identity import key
from winnow.study.choices import FAMILIES, names
from winnow.study.keys.model import model, own_keys
from winnow.study.typed import plain
from winnow.study.wildcards import is_periodic

BASE = "base"
OPTIMISED = "optimised"
"""The name of the scan point that a search chooses: its values are known when it has."""

PREPARATION_SECTIONS = ("normalise", "balance", "images", "parameter")
PICTURE_SECTION = "images"
TRANSFORM_SECTION = "transform"

# Snakemake splits the wildcards of a job that it submits at commas, and shells, file systems and
# schedulers have characters of their own: a name holds letters, digits and _ . = ~ - alone.
_SEPARATOR = "__"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
# a file name has 255 bytes at most, and Snakemake adds to it
_LONGEST = 96


@dataclass(frozen=True)
class Point:
    """A scan point.

    Attributes:
        name: the scanned keys that differ from the base config, as it stands in paths: letters,
            digits and `_ . = ~ -`, at most 96; a hash ends it where it would be longer, or where
            values could be taken for others.
        preparation: the same of the keys under normalise, balance, images and parameter alone;
            points that agree in it share their prepared arrays.
        drawing: the same of the keys under images alone; points that agree in it share pictures.
        transform: the same of the keys of the preparation and under transform; points that agree in
            it share the learned transform. Empty where none is learned.
        keys: every scanned key with the point's value.
        config: the study's config with the point's values.
    """

    name: str
    preparation: str
    drawing: str
    transform: str
    keys: dict[str, Any]
    config: dict[str, Any]


def assignments(scan: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List what each point of a scan sets, dotted key → value.

    Args:
        scan: the config's `scan` section: key → values for a grid; `zip` with key → values that are
            taken together, first with first; or a list of points.

    Raises:
        ConfigError: the lists of `zip` differ in length, or other keys stand beside it.

    >>> assignments({"seed": [1, 2], "training.decay": [0.0]})
    [{'seed': 1, 'training.decay': 0.0}, {'seed': 2, 'training.decay': 0.0}]
    >>> assignments({"zip": {"seed": [1, 2], "training.decay": [0.0, 0.1]}})
    [{'seed': 1, 'training.decay': 0.0}, {'seed': 2, 'training.decay': 0.1}]
    """
    if not isinstance(scan, Mapping):
        return [dict(point) for point in scan]
    if "zip" not in scan:
        return [dict(zip(scan, values, strict=True)) for values in product(*scan.values())]
    lengths = {name: len(values) for name, values in scan["zip"].items()}
    if len(scan) > 1 or len(set(lengths.values())) > 1:
        raise ConfigError(
            f"config key `scan.zip`: found lists of {lengths} values"
            f"{' and other keys beside it' if len(scan) > 1 else ''}, expected lists of one length "
            "and nothing else under `scan`. Give every key as many values, or list the points."
        )
    lists = scan["zip"]
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def scan_points(config: Mapping[str, Any]) -> dict[str, Point]:
    """List the scan points of a complete config by name.

    Raises:
        ConfigError: two points get the same name, or as of `assignments`.
    """
    wanted = assignments(config["scan"])
    scanned = list(dict.fromkeys(key for point in wanted for key in point))
    points: dict[str, Point] = {}
    for values in wanted:
        # 0 and 0.0 are one value, and the base config's stays, so that its run does not change
        changed = {k: value for k, value in values.items() if key_value(config, k) != value}
        own = dict(config)
        for dotted, value in changed.items():
            own = with_value(own, dotted, value)
        # the keys of the base's family go, and those of its own come
        if changed.get("model.family") in names(FAMILIES):
            own["model"] = plain(model(own_keys(own["model"])))
        name = _name(changed)
        if name in points:
            raise ConfigError(f"config key `scan`: two points are both named {name!r}; drop one.")
        preparing = _under(PREPARATION_SECTIONS, changed)
        transforming = _under((*PREPARATION_SECTIONS, TRANSFORM_SECTION), changed)
        keys = {k: value for k in scanned if (value := key_value(own, k)) is not None}
        drawing = _under((PICTURE_SECTION,), changed)
        # looked at before its values are checked
        learned = own.get(TRANSFORM_SECTION, {}).get("bottleneck")
        transform = _name(transforming) if learned else ""
        points[name] = Point(name, _name(preparing), _name(drawing), transform, keys, own)
    return points


def with_value(config: Mapping[str, Any], dotted: str, value: Any) -> dict[str, Any]:
    """Return a config with a dotted key set, missing sections made; all else is shared with it."""
    first, _, rest = dotted.partition(".")
    return {**config, first: with_value(config.get(first, {}), rest, value) if rest else value}


def _under(sections: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the keys under some sections."""
    return {key: value for key, value in values.items() if key.split(".")[0] in sections}


def key_value(config: Mapping[str, Any], dotted: str) -> Any:
    """Return a key's value, None where its family does not have it."""
    *sections, name = dotted.split(".")
    for section in sections:
        config = config.get(section, {})
    return config.get(name)


def described(values: Mapping[str, Any]) -> str:
    """Return scanned keys with their values as a table shows them.

    >>> described({"training.decay": 0.0, "balance.scheme": "sqrt"})
    'decay=0, scheme=sqrt'
    """
    return ", ".join(f"{key}={_text(value)[0]}" for key, value in _shortened(values).items())


def cell(value: Any) -> Any:
    """Return a config value as it stands in a table: numbers and text as they are."""
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return value if plain else json.dumps(value)


def _shortened(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the last part of their keys; keys that share it keep their full names."""
    leaves = [dotted.rsplit(".", 1)[-1] for dotted in values]
    return {
        leaf if leaves.count(leaf) == 1 else dotted: value
        for leaf, (dotted, value) in zip(leaves, values.items(), strict=True)
    }


def _name(changed: Mapping[str, Any]) -> str:
    """Return a point's name, of what it changes of the base config.

    >>> _name({"training.decay": 1e-4, "model.layers": [100, 50]})
    'decay=1e-4__layers=100-50'
    >>> _name({})
    'base'
    """
    texts = {key: _text(value) for key, value in _shortened(changed).items()}
    told = all(whole for _, whole in texts.values())
    name = _SEPARATOR.join(f"{key}={text}" for key, (text, _) in texts.items()) or BASE
    if told and len(name) <= _LONGEST and not is_periodic(name):
        return name
    content = json.dumps(changed, sort_keys=True, ensure_ascii=True)
    digest = hashlib.blake2b(content.encode(), digest_size=5).hexdigest()
    return f"{name[: _LONGEST - len(digest) - 1]}~{digest}"


def _text(value: Any) -> tuple[str, bool]:
    """Return how a value is written in a name, and whether no other value is written so."""
    if isinstance(value, dict):
        items = [_text(item)[0] for item in value.values()]
        return "-".join(items), False
    if isinstance(value, list):
        pairs = [_text(item) for item in value]
        whole = all(own and "-" not in text for text, own in pairs)
        return "-".join(text for text, _ in pairs) or "none", whole
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value], True
    text = _number(value) if isinstance(value, float) else str(value)
    safe = _UNSAFE.sub("_", text)
    return safe, safe == text


def run_seed(seed: int, replica: int, fold: int) -> int:
    """Return a run's seed: from (seed, replica, fold), so that scan points compare in pairs."""
    return key("run", seed, replica, fold) % 2**31


def transform_seed(seed: int, fold: int) -> int:
    """Return the seed of a learned transform, which the replicas of a fold share."""
    return key("transform", seed, fold) % 2**31


def split_key(seed: int) -> int:
    """Return the key of the hash that shares events out to samples."""
    return key("split", seed)


def _number(value: float) -> str:
    """Write a number as short as it goes.

    >>> _number(0.0001), _number(0.25), _number(2e7)
    ('1e-4', '0.25', '2e7')
    """
    mantissa, exponent = f"{value:.11e}".split("e")
    if -3 < int(exponent) < 6:
        return f"{value:.12g}"
    return f"{float(mantissa):.12g}e{int(exponent)}"
