"""The config's JSON schema: defaults, and faults told in a user's words."""

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from winnow.identity import LARGEST_WHOLE
from winnow.study.catalogue import (
    contest_properties,
    file_formats,
    image_properties,
    optimise_properties,
    section_schemas,
    simulator_properties,
)

Config = dict[str, Any]

_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def load_schema(path: str | Path) -> Config:
    """Read the JSON schema of the config, written as YAML, with the sections that are classes."""
    # libyaml where PyYAML has it: ten times faster, and every job on a cluster reads the schema
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schema: Config = yaml.load(Path(path).read_text(encoding="utf-8"), loader)
    applied = schema["properties"]["apply"]["properties"]["files"]["items"]
    schema["properties"] |= section_schemas()
    schema["properties"]["apply"]["properties"]["files"]["items"] = applied
    file = schema["properties"]["input"]["properties"]["files"]["items"]["properties"]
    file["format"] = file_formats() | file["format"]
    simulate = schema["properties"]["simulate"]
    simulate["properties"] = simulator_properties() | simulate["properties"]
    schema["properties"]["images"]["properties"] = image_properties()
    contest = schema["properties"]["contest"]
    contest["properties"] = contest_properties() | {"scan": schema["properties"]["scan"]}
    optimise = schema["properties"]["optimise"]
    optimise["properties"] |= optimise_properties()
    return schema


def spelled(value: Any, schema: Config, root: Config) -> Any:
    """Return a config's value with each leaf in the type that its key has.

    YAML 1.1 reads 1e-4 and 1.5e3 as text, `snakemake --config` hands on every nested value as text,
    1e3 is no integer to Python, and a class may list a process named 1.

    Args:
        value: the config or a part of it.
        schema: what the schema says of that part.
        root: the whole schema.

    Returns:
        A copy: texts that spell a number, true or false where no text may stand, whole numbers
        where integers are wanted, and texts where names (`$defs/text`) are.
    """
    is_name = schema.get("$ref") == "#/$defs/text"
    schema = resolve(schema, root)
    if isinstance(value, dict):
        children, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        if "anyOf" in schema:
            for option in (resolve(option, root) for option in schema["anyOf"]):
                children = {**children, **option.get("properties", {})}
        rest = rest if isinstance(rest, dict) else {}
        texts = {str(k) if _is_number(k) else k: item for k, item in value.items()}
        return {name: spelled(item, children.get(name, rest), root) for name, item in texts.items()}
    if isinstance(value, list):
        return [spelled(item, schema.get("items", {}), root) for item in value]
    if is_name and isinstance(value, bool | int | float) and math.isfinite(value):
        whole = isinstance(value, float) and value.is_integer()
        return str(int(value) if whole else value).lower()
    types = leaf_types(schema, root)
    if isinstance(value, str) and not types & {"string", value}:
        if types & {"integer", "number"} and _NUMBER.fullmatch(value):
            value = float(value) if re.search("[.eE]", value) else int(value)
        elif "boolean" in types and value.lower() in ("true", "false"):
            value = value.lower() == "true"
    # 0.0 is 0: two ways to write a number must not be two trainings
    if isinstance(value, float) and types & {"integer", "number"} and value.is_integer():
        exact = abs(value) <= LARGEST_WHOLE or "number" not in types
        return int(value) if exact else value
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def key_faults(value: Any, path: tuple[Any, ...] = ()) -> Iterator[str]:
    """List the keys of a config that are no text, which YAML makes of `no`, `on` or `null`."""
    items = enumerate(value) if isinstance(value, list) else ()
    for name, item in value.items() if isinstance(value, dict) else items:
        if not isinstance(name, str | int | float) or isinstance(name, bool):
            place = f"config key `{_dotted(path)}`" if path else "config"
            yield (
                f"{place}: found the key {name!r}, expected a text. YAML takes yes, no, on, off, "
                "true, false, null and dates for values: put the key in quotes."
            )
        yield from key_faults(item, (*path, name))


def leaf_types(schema: Config, root: Config) -> set[Any]:
    """Return the types that a leaf may have, and the texts that it may be."""
    schema = resolve(schema, root)
    kind = schema.get("type", [])
    found: set[Any] = {kind} if isinstance(kind, str) else set(kind)
    found |= {text for text in schema.get("enum", []) if isinstance(text, str)}
    if "const" in schema:
        const = schema["const"]
        found.add(const if isinstance(const, str) else "integer")
    for option in schema.get("anyOf", []):
        found |= leaf_types(option, root)
    return found


def repeated_keys(text: str) -> list[str]:
    """List the keys that stand twice in a mapping of a YAML text, one line a fault.

    YAML readers take the last one without a word.
    """
    faults: list[str] = []
    waiting: list[tuple[yaml.Node | None, str]] = [(yaml.compose(text, yaml.SafeLoader), "")]
    while waiting:
        node, place = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += [(item, f"{place}[{index}]") for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            continue
        lines: dict[str, int] = {}
        for key, item in node.value:
            name = f"{place}.{key.value}" if place else str(key.value)
            line = key.start_mark.line + 1
            if name in lines:
                faults.append(
                    f"config key `{name}`: stands on line {lines[name]} and again on line {line}; "
                    "keep one of them."
                )
            lines[name] = line
            waiting.append((item, name))
    return faults


def resolve(schema: Config, root: Config) -> Config:
    """Return a part of a schema with its reference, if it is one, replaced by what it names."""
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def with_defaults(value: Any, schema: Config, root: Config, fill: bool = True) -> Any:
    """Fill the schema's defaults into a config, in place, and return it.

    Keys come into the schema's order, so that the order in which they are written reruns nothing.
    What the schema marks `partial` overrides something else where it is set, and gets no defaults.

    Args:
        value: the config or a part of it.
        schema: what the schema says of that part.
        root: the whole schema.
        fill: whether to fill in defaults, or only to order.
    """
    schema = resolve(schema, root)
    fill = fill and not schema.get("partial", False)
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            child = resolve(child, root)
            if name in value:
                value[name] = with_defaults(value.pop(name), child, root, fill)
            elif fill and "default" in child:
                value[name] = with_defaults(deepcopy(child["default"]), child, root)
    elif isinstance(value, list) and "items" in schema:
        items = resolve(schema["items"], root)
        for child in (o for o in items.get("anyOf", [items]) if o.get("type") == "object"):
            value = [
                with_defaults(v, child, root, fill) if isinstance(v, dict) else v for v in value
            ]
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
    if close:
        return f"did you mean `{close[0]}`?"
    listed = sorted(known)
    return f"known: {', '.join([*listed[:20], '…'] if len(listed) > 20 else listed)}."


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


# an alternative that fails by these, as a whole, is not the one that was meant
_OTHER_TYPE = ("type", "enum", "const")


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
        fitting = [e for e in error.context if e.relative_path or e.validator not in _OTHER_TYPE]
        if fitting and isinstance(instance, dict | list):
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


def _unbounded(value: Any, path: list[Any]) -> Iterator[str]:
    """List the numbers that are NaN, infinite or no float64, which JSON schema lets pass."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _unbounded(item, [*path, name])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unbounded(item, [*path, index])
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"config key `{_dotted(path)}`: found {value}, expected a finite number."
    elif isinstance(value, int) and not _is_exact(value):
        yield (
            f"config key `{_dotted(path)}`: found a whole number beyond 2**53 that a float64 does "
            "not hold exactly, expected a smaller one."
        )


def _is_exact(number: int) -> bool:
    # -2**63, which a NaN becomes as an integer, and other sentinels of that kind are exact
    return abs(number) <= LARGEST_WHOLE or (
        number.bit_length() <= 64 and int(float(number)) == number
    )


def schema_faults(config: Mapping[str, Any], schema: Config) -> list[str]:
    """List what the schema finds wrong, one line a fault, naming key, finding and expectation."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(config)
    faults = list(_unbounded(config, []))
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        faults.extend(_describe(error, schema))
    return list(dict.fromkeys(faults))
