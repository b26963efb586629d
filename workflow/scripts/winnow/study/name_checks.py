"""Names in a config that mean something else to winnow, or that cannot be told apart."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from winnow.columns import CANONICAL, SCORE_PREFIX
from winnow.study.schema import Config

RESERVED_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "all": "the ROC tables call everything but the signal so",
        "default": "`fom.systematic` calls all that it does not list so",
    }
)
"""Names that no class may have, and why."""

RESERVED_CUTS: Mapping[str, str] = MappingProxyType(
    {"all": "the cutflow calls its first step so, where nothing is cut yet"}
)
"""Names that no cut of the selection may have, and why."""


def name_faults(config: Config) -> Iterator[str]:
    """List the names that are taken or alike, one line a fault."""
    for key, reserved in (("classes", RESERVED_CLASSES), ("selection", RESERVED_CUTS)):
        for name in config[key]:
            if name.lower() in reserved:
                yield (
                    f"config key `{key}.{name}`: the name is taken: {reserved[name.lower()]}; "
                    "choose another one."
                )
    yield from alike("classes", config["classes"])
    yield from _column_names(config)


def alike(key: str, names: Mapping[str, Any]) -> Iterator[str]:
    """List names that some file systems and formats cannot tell apart."""
    first: dict[str, str] = {}
    for name in names:
        if name.lower() in first:
            yield (
                f"config key `{key}.{name}`: differs from `{first[name.lower()]}` in upper and "
                "lower case alone; choose another name."
            )
        first.setdefault(name.lower(), name)


def _column_names(config: Config) -> Iterator[str]:
    columns = config["columns"]
    features = [feature["name"] for feature in columns["features"]]
    for key, names in (("features", features), ("spectators", columns["spectators"])):
        for name in names:
            if name in CANONICAL or name.startswith(SCORE_PREFIX):
                yield (
                    f"config key `columns.{key}`: `{name}` is a name of winnow's own event table; "
                    f"give the column another one with `columns.derived` (`my_{name}: {name}`)."
                )
