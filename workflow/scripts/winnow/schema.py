"""The config's JSON schema: defaults, and faults told in a user's words."""

import difflib
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import yaml

Config = dict[str, Any]

_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")


def load_schema(path: str | Path) -> Config:
    """Read the JSON schema of the config, written as YAML."""
    # libyaml where PyYAML has it: ten times faster, and every job on a cluster reads the schema
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schema: Config = yaml.load(Path(path).read_text(encoding="utf-8"), loader)
    return schema


def with_numbers(value: Any) -> Any:
    """Turn texts like 1e-4 into numbers, which YAML 1.1 reads as text without a point."""
    if isinstance(value, dict):
        return {name: with_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [with_numbers(item) for item in value]
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    return value


def resolve(schema: Config, root: Config) -> Config:
    """Return a part of a schema with its reference, if it is one, replaced by what it names."""
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def with_defaults(value: Any, schema: Config, root: Config) -> Any:
    """Fill the schema's defaults into a config, in place, and return it.

    What the schema marks `partial` overrides something else where it is set, and gets none.
    """
    schema = resolve(schema, root)
    if schema.get("partial"):
        return value
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            child = resolve(child, root)
            if name not in value and "default" in child:
                value[name] = deepcopy(child["default"])
            if name in value:
                value[name] = with_defaults(value[name], child, root)
    elif isinstance(value, list) and "items" in schema:
        items = resolve(schema["items"], root)
        objects = [o for o in items.get("anyOf", [items]) if o.get("type") == "object"]
        for child in objects:
            value = [with_defaults(v, child, root) if isinstance(v, dict) else v for v in value]
    return value


def _dotted(parts: Iterable[Any]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def closest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that is meant."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known))}."


_EXPECTED = {
    "type": "a value of type {}",
    "enum": "one of {}",
    "minimum": "a number of at least {}",
    "maximum": "a number of at most {}",
    "exclusiveMinimum": "a number above {}",
    "exclusiveMaximum": "a number below {}",
    "pattern": "a name of letters, digits, `_`, `.` and `-`",
    "minItems": "at least {} entry",
    "minLength": "a text that is not empty",
    "minProperties": "at least {} entries",
    "uniqueItems": "entries that differ",
    "const": "{}",
}


def _expectation(error: jsonschema.ValidationError) -> str:
    if error.validator == "anyOf":
        return " or ".join(dict.fromkeys(_expectation(e) for e in error.context or []))
    limit = error.validator_value
    text = ", ".join(map(str, limit)) if isinstance(limit, list) else str(limit)
    return _EXPECTED.get(str(error.validator), str(error.message)).format(text)


def _at(path: Iterable[Any], root: Config) -> Config:
    """Return what the schema says of a key, {} where it is no property of a mapping."""
    schema = root
    for part in path:
        schema = resolve(schema.get("properties", {}).get(part, {}), root)
    return schema


def _describe(error: jsonschema.ValidationError, root: Config) -> list[str]:
    key = _dotted(list(error.absolute_path))
    schema = error.schema if isinstance(error.schema, dict) else {}
    instance: Any = error.instance
    if error.validator == "anyOf" and error.context:
        # where only one alternative is of the right type, its own complaint is the useful one
        fitting = [e for e in error.context if e.validator != "type" or len(e.relative_path) > 0]
        if fitting and isinstance(instance, dict):
            return _describe(fitting[0], root)
    if error.validator == "additionalProperties" and schema.get("additionalProperties") is False:
        known = list(schema.get("properties", {}))
        return [
            f"config key `{_dotted([*error.absolute_path, name])}`: unknown; {closest(name, known)}"
            for name in instance
            if name not in known
        ]
    if error.validator == "required":
        missing = [name for name in schema["required"] if name not in instance]
        return [
            f"config key `{_dotted([*error.absolute_path, name])}`: missing, but required."
            for name in missing
        ]
    description = _at(error.absolute_path, root).get("description", "")
    hint = f" {description}" if description else ""
    return [f"config key `{key}`: found {_show(instance)}, expected {_expectation(error)}.{hint}"]


def schema_faults(config: Mapping[str, Any], schema: Config) -> list[str]:
    """List what the schema finds wrong, one line a fault, naming key, finding and expectation."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(config)
    faults: list[str] = []
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        faults.extend(_describe(error, schema))
    return list(dict.fromkeys(faults))
