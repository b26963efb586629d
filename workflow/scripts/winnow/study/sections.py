"""The config of a study: checked, completed, and cut into what each rule depends on."""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from itertools import islice, product
from pathlib import Path
from typing import Any

from winnow.errors import refuse
from winnow.study.checks import (
    SCANNABLE,
    given_faults,
    method_faults,
    semantic_faults,
)
from winnow.study.files import input_files
from winnow.study.keys import images, model, simulate
from winnow.study.model_checks import family_faults
from winnow.study.reading import missing_settings
from winnow.study.scan import assignments, scan_points, with_value
from winnow.study.schema import (
    Config,
    key_faults,
    leaf_types,
    repeated_keys,
    resolve,
    schema_faults,
    spelled,
    with_defaults,
)
from winnow.study.simulation_plan import simulated_files
from winnow.study.step_checks import group_faults
from winnow.study.variations import shifts

NOTHING = "(?!)"
"""The regular expression that matches no text."""

# combinations of a search's corners that are looked at when a plan is made
_CORNERS = 200


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
    refuse(key_faults(dict(config)))
    config = _spelled(config, schema)
    refuse(schema_faults(config, schema))
    full: Config = with_defaults(deepcopy(config), schema, schema)
    full["columns"]["features"] = [
        {"unit": "", "label": feature["name"], **feature}
        if isinstance(feature, dict)
        else {"name": feature, "unit": "", "label": feature}
        for feature in full["columns"]["features"]
    ]
    refuse(given_faults(config))
    full["model"] = model.own_keys(full["model"])
    if "images" in full:
        full["images"] = images.own_keys(full["images"])
    if "simulate" in full:
        full["simulate"] = simulate.own_keys(full["simulate"])
    for name, own in full.get("optimise", {"keys": {}})["keys"].items():
        ends = [end for end in ("low", "high") if end in own]
        # what is no whole number in the end shall not look like one
        if "number" in _number_types(name, schema):
            own |= {end: float(own[end]) for end in ends}
        elif ends and "choices" not in own and _is_no_number(name, schema):
            refuse(
                [
                    f"config key `optimise.keys.{name}`: it is no number, expected `choices` "
                    "instead of `low` and `high`."
                ]
            )
    refuse(semantic_faults(full))
    refuse(_point_faults(full, full["scan"], "scan", schema))
    if "contest" in full:
        refuse(_point_faults(full, full["contest"]["scan"], "contest.scan", schema))
    if "optimise" in full:
        refuse(_searched_faults(full, schema))
    # the importance is that of the first scan point
    refuse(group_faults(next(iter(scan_points(full).values())).config))
    return full


def _spelled(config: Mapping[str, Any], schema: Config) -> Config:
    """Return the config with every value in the type of its key, NaN among missing values as text.

    A scan's values are those of the keys they are for.
    """
    own: Config = spelled(dict(config), schema, schema)
    given = own.get("input")
    if isinstance(given, dict) and isinstance(given.get("missing_values"), list):
        values = [str(v) if v != v else v for v in given["missing_values"]]
        own["input"] = {**given, "missing_values": values}
    if "scan" in own:
        own["scan"] = _scanned(own["scan"], schema)
    contest = own.get("contest")
    if isinstance(contest, dict) and "scan" in contest:
        own["contest"] = {**contest, "scan": _scanned(contest["scan"], schema)}
    keys = own["optimise"].get("keys") if isinstance(own.get("optimise"), dict) else None
    for name, searched in keys.items() if isinstance(keys, dict) else ():
        if isinstance(searched, dict) and isinstance(searched.get("choices"), list):
            key = _key_schema(name, schema)
            searched["choices"] = [_ordered(v, key, schema) for v in searched["choices"]]
    return own


def _key_schema(dotted: str, schema: Config) -> Config:
    """Return what the schema says of a key, {} where there is none such."""
    own = schema
    for part in dotted.split("."):
        own = resolve(own.get("properties", {}).get(part, {}), schema)
    return own


def _is_no_number(dotted: str, schema: Config) -> bool:
    return bool(_key_schema(dotted, schema)) and not _number_types(dotted, schema)


def _number_types(dotted: str, schema: Config) -> set[Any]:
    """Return which of `integer` and `number` a key may be."""
    return leaf_types(_key_schema(dotted, schema), schema) & {"integer", "number"}


def _scanned(scan: Any, schema: Config) -> Any:
    """Return a scan with its values in the types of the scanned keys."""
    if isinstance(scan, list):
        return [_scanned(point, schema) for point in scan]
    if not isinstance(scan, dict):
        return scan
    found = {}
    for dotted, values in scan.items():
        own = _key_schema(str(dotted), schema)
        # a list of lists in a grid, one list where a point is listed
        nested = isinstance(values, list) and any(isinstance(value, list) for value in values)
        if dotted == "zip":
            found[dotted] = _scanned(values, schema)
        elif isinstance(values, list) and (nested or own.get("type") != "array"):
            found[dotted] = [_ordered(value, own, schema) for value in values]
        else:
            found[dotted] = _ordered(values, own, schema)
    return found


def _ordered(value: Any, own: Config, schema: Config) -> Any:
    """Return a value in the type of its key, the keys in it in the schema's order."""
    return with_defaults(spelled(value, own, schema), own, schema, fill=False)


def _point_faults(config: Config, scan: Any, place: str, schema: Config) -> Iterator[str]:
    """List what is wrong with the values that a scan sets, one line a fault.

    Args:
        config: the config.
        scan: its scan.
        place: the key that it stands at.
        schema: the schema.
    """
    # what a point does not set stands in the base config
    sections = {name: {**schema["properties"][name], "required": []} for name in SCANNABLE}
    own = {"properties": sections, "$defs": schema["$defs"]}
    if not scan:
        return
    # the values as they are given: a point has the base config's where the two are equal (1, true)
    points = scan_points({**config, "scan": scan}).values()
    for point, given in zip(points, assignments(scan), strict=True):
        found: Config = {}
        for key, value in given.items():
            found = with_value(found, key, value)
        of_model = {key.partition(".")[2] for key in given if key.startswith("model.")}
        of_model |= {"module"} & set(config["model"])
        for fault in (
            schema_faults(found, own)
            or [*family_faults(point.config["model"]["family"], of_model)]
            or method_faults(point.config)
        ):
            yield f"config key `{place}`, point {point.name!r}: {fault}"


def _searched_faults(config: Config, schema: Config) -> Iterator[str]:
    """List what is wrong with the values that a search may set, one line a fault.

    The ends of ranges and all choices are looked at: each alone, then together, where what one key
    asks for may forbid what another is; of very many combinations no more than the first.
    """
    place, corners = "optimise.keys", {}
    for name, own in config["optimise"]["keys"].items():
        corners[name] = own["choices"] if "choices" in own else [own["low"], own["high"]]
    alone = [{name: value} for name, values in corners.items() for value in values]
    together = (dict(zip(corners, values, strict=True)) for values in product(*corners.values()))
    for point in (*alone, *islice(together, _CORNERS)):
        faults = list(_point_faults(config, [point], place, schema))
        yield from faults
        if faults:
            return


def refuse_repeated_keys(paths: Iterable[str | Path]) -> None:
    """Raise ConfigError where a key stands twice in a config file, which YAML readers pass over."""
    for path in paths:
        faults = repeated_keys(Path(path).read_text(encoding="utf-8"))
        refuse([f"{path}: {fault}" for fault in faults])


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
        "lists": columns["lists"],
        "objects": list(images.images(config["images"]).columns) if "images" in config else [],
        "sample": columns.get("sample"),
        "derived": columns["derived"],
        "selection": config["selection"],
        **missing_settings(config["input"]["missing_values"]),
        "on_defect": config["input"]["on_defect"],
        "ignored": config["ignore"],
        "classes": config["classes"],
        "processes": config["processes"],
        # only then does it enter the weights, and only then must a change rerun ingest
        "luminosity": config["yields"]["luminosity"] if own_luminosity else 1.0,
    }


def shifted_settings(config: Config, variation: str, direction: str) -> dict[str, Any]:
    """Return how events are ingested in one direction of a variation, as a rule's parameter."""
    own = shifts(config, variation, direction)
    return {**ingest_settings(config), "spectators": [], "shifted": own}


def own_samples(config: Config) -> list[bool]:
    """Return whether each of the files listed says itself which sample its events are."""
    by_column = "sample" in config["columns"]
    return [by_column or bool(file.get("sample")) for file in config["input"]["files"]]


def yield_settings(config: Config) -> dict[str, Any]:
    """Return what yields depend on, as a rule's parameter: arguments of `YieldSettings`."""
    yields = config["yields"]
    split = own_samples(config)
    mixed = any(split) and not all(split)
    return {
        "class_names": list(config["classes"]),
        "signal": config.get("signal_class"),
        "luminosity": yields["luminosity"],
        "fractions": sample_fractions(config),
        "split_factors": yields.get("split_factors"),
        "measured": all(split) and "split_factors" not in yields,
        "total_yield": yields["total_yield"],
        "signal_cross_section": yields.get("signal_cross_section"),
        "split_sources": _split_sources(config) if mixed else [],
    }


def _split_sources(config: Config) -> list[str]:
    files = input_files(config, simulated_files(config))
    return [source for source, file in files.items() if file["sample"] is not None]


def joined_yield_settings(config: Config) -> dict[str, Any]:
    """Return what yields of all folds' events together depend on.

    Validation and test parts of all folds are each the whole sample.
    """
    own, folds = yield_settings(config), config["folds"] or 1
    return own | {"fractions": {name: folds * part for name, part in own["fractions"].items()}}


def sample_fractions(config: Config) -> dict[str, float]:
    """Return the share of all events that each sample holds; with folds, in each fold."""
    folds = config["folds"]
    if not folds:
        return dict(config["split"]["fractions"])
    return {"train": (folds - 2) / folds, "validation": 1 / folds, "test": 1 / folds}


def pattern(names: Iterable[str]) -> str:
    """Return the regular expression that matches just these names, for a wildcard constraint."""
    return "|".join(re.escape(name) for name in names) or NOTHING
