"""The config of a study: checked, completed, and cut into what each rule depends on."""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from winnow.checks import SCANNABLE, method_faults, semantic_faults
from winnow.errors import ConfigError
from winnow.runs import scan_points, with_value
from winnow.schema import Config, schema_faults, with_defaults, with_numbers

NOTHING = "(?!)"
"""The regular expression that matches no text."""


def complete(config: Mapping[str, Any], schema: Config) -> Config:
    """Check a config against the schema and beyond it, and fill in the defaults.

    Args:
        config: the config as read from YAML.
        schema: the JSON schema.

    Returns:
        A new config in which every key that has a default is set, each feature is a mapping with
        `name`, `unit` and `label`, and each input file is a mapping of its own.

    Raises:
        ConfigError: one line for each fault, naming the key, what was found and what is right.
    """
    config = {name: with_numbers(value) for name, value in config.items()}
    _raise(schema_faults(config, schema))
    full: Config = with_defaults(deepcopy(config), schema, schema)
    full["columns"]["features"] = [
        {"unit": "", "label": feature["name"], **feature}
        if isinstance(feature, dict)
        else {"name": feature, "unit": "", "label": feature}
        for feature in full["columns"]["features"]
    ]
    _raise(list(semantic_faults(full)))
    _raise(list(_point_faults(full, schema)))
    return full


def _point_faults(config: Config, schema: Config) -> Iterator[str]:
    """List what is wrong with the values that a scan sets, one line a fault."""
    sections = {name: schema["properties"][name] for name in SCANNABLE}
    own = {"properties": sections, "$defs": schema["$defs"]}
    for name, point in scan_points(config).items() if config["scan"] else ():
        found: Config = {}
        for key, value in point.keys.items():
            found = with_value(found, key, value)
        for fault in schema_faults(found, own) or method_faults(point.config):
            yield f"config key `scan`, point {name!r}: {fault}"


def _raise(faults: list[str]) -> None:
    if faults:
        raise ConfigError("\n".join(faults))


def ingest_settings(config: Config) -> dict[str, Any]:
    """Return what ingest depends on, as the rule's parameter."""
    columns = config["columns"]
    own_luminosity = any("luminosity" in file for file in config["input"]["files"])
    return {
        "features": [feature["name"] for feature in columns["features"]],
        "spectators": columns["spectators"],
        "weight": columns["weight"],
        "event_id": columns["event_id"],
        "process_column": columns.get("process"),
        "derived": columns["derived"],
        "selection": config["selection"],
        "missing_values": [v for v in config["input"]["missing_values"] if v != "nan"],
        "nan_is_missing": "nan" in config["input"]["missing_values"],
        "on_defect": config["input"]["on_defect"],
        "classes": config["classes"],
        "processes": config["processes"],
        # only then does it enter the weights, and only then must a change rerun ingest
        "luminosity": config["yields"]["luminosity"] if own_luminosity else 1.0,
    }


def yield_settings(config: Config) -> dict[str, Any]:
    """Return what yields depend on, as a rule's parameter: arguments of `YieldSettings`."""
    yields = config["yields"]
    return {
        "class_names": list(config["classes"]),
        "signal": config.get("signal_class"),
        "luminosity": yields["luminosity"],
        "fractions": sample_fractions(config),
        "split_factors": yields.get("split_factors"),
        "total_yield": yields["total_yield"],
        "signal_cross_section": yields.get("signal_cross_section"),
    }


def sample_fractions(config: Config) -> dict[str, float]:
    """Return the share of all events that each sample holds; with folds, in each fold."""
    folds = config["folds"]
    if not folds:
        return dict(config["split"]["fractions"])
    return {"train": (folds - 2) / folds, "validation": 1 / folds, "test": 1 / folds}


def pattern(names: Iterable[str]) -> str:
    """Return the regular expression that matches just these names, for a wildcard constraint."""
    return "|".join(re.escape(name) for name in names) or NOTHING
