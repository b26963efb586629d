"""Sections of a config as frozen dataclasses: the one home of their keys.

A section's class says each key's name, type, bounds and unit (`Annotated`, `says`), default, and
in the text under it what it is. The schema that a config is checked against, and from which editors
and config/README.md know the keys, is made from the classes; the library's functions take their
objects. Dataclasses, since jobs make them without another import, and the schema, whose messages
users read, checks what they are made from.

A key without a default must be given; one with None need not be, and has none in the schema.
"""

import ast
import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Section = TypeVar("Section")

_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string"}
_HIDDEN = "hidden"


@dataclass(frozen=True)
class Says:
    """Keywords of JSON schema that a type does not say: bounds, lengths, a unit."""

    keywords: tuple[tuple[str, Any], ...]


def says(**keywords: Any) -> Says:
    """Return keywords of JSON schema for `Annotated`, which wants what can be hashed."""
    return Says(tuple(keywords.items()))


@dataclass(frozen=True)
class PartsOf:
    """Says of a list of mappings that each sets some of a section's keys over others."""

    section: type


def no_key(default: Any = None) -> Any:
    """Return the field of a section that the library sets and no config may."""
    return field(default=default, metadata={_HIDDEN: True})


def object_schema(section: type) -> dict[str, Any]:
    """Return the JSON schema of a section: its keys, all else being an error.

    Raises:
        TypeError: the class is no dataclass itself.
        KeyError: a field's type is none of those that a key may have.
    """
    if "__dataclass_fields__" not in vars(section):
        raise TypeError(f"{section.__name__} has no @dataclass(frozen=True) above it")
    hints, told = get_type_hints(section, include_extras=True), _descriptions(section)
    properties = {}
    for own in keys(section):
        schema = _schema(hints[own.name])
        default = _default(own)
        if default is not None:
            filled = is_dataclass(default) and not _required(type(default))
            schema["default"] = {} if filled else _shown(plain(default))
        if own.name in told:
            schema["description"] = told[own.name]
        properties[own.name] = schema
    description = " ".join((inspect.getdoc(section) or "").partition("\n\n")[0].split())
    required = _required(section)
    return {
        "type": "object",
        **({"required": required} if required else {"default": {}}),
        "additionalProperties": False,
        "description": description,
        "properties": properties,
    }


def keys(section: type) -> tuple[Field[Any], ...]:
    """Return the fields of a section that are keys of the config, in order."""
    return tuple(own for own in fields(section) if not own.metadata.get(_HIDDEN))


def _required(section: type) -> list[str]:
    """Return the names of the keys that must be given."""
    given = (own.name for own in keys(section) if own.default is own.default_factory is MISSING)
    return list(given)


def key_names(section: type) -> set[str]:
    """Return the names of a section's keys."""
    return {own.name for own in keys(section)}


def made(section: type[Section], values: Mapping[str, Any]) -> Section:
    """Return a section's object from a checked mapping; keys left out have their defaults.

    Raises:
        TypeError: a key that the section does not have, or one without default is missing.
    """
    hints = get_type_hints(section)
    unknown = [name for name in values if name not in hints]
    if unknown:
        raise TypeError(f"{section.__name__} has no key {unknown[0]!r}")
    return section(**{name: _value(hints[name], value) for name, value in values.items()})


def plain(value: Any) -> Any:
    """Return a section, or a part of one, as the mappings and lists it would be made from."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {own.name: getattr(value, own.name) for own in fields(value)}
        return {name: plain(item) for name, item in found.items() if item is not None}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _default(own: Field[Any]) -> Any:
    if own.default_factory is not MISSING:
        return own.default_factory()
    return None if own.default is MISSING else own.default


def _schema(hint: Any) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        found = _schema(arguments[0])
        for told in arguments[1:]:
            found |= _parts(told.section) if isinstance(told, PartsOf) else dict(told.keywords)
        return found
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        options = [_schema(option) for option in arguments if option is not type(None)]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is Mapping:
        anything = arguments[1] is Any
        return {"type": "object"} | (
            {} if anything else {"additionalProperties": _schema(arguments[1])}
        )
    if is_dataclass(hint) and isinstance(hint, type):
        own = object_schema(hint)
        return {keyword: own[keyword] for keyword in own if keyword != "default"}
    return {"type": _NAMES[hint]}


def _parts(section: type) -> dict[str, Any]:
    items = object_schema(section)
    return {"items": {name: items[name] for name in items if name != "default"}, "partial": True}


def _value(hint: Any, value: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return tuple(_value(arguments[0], item) for item in value)
    if origin is Mapping:
        return {name: _value(arguments[1], item) for name, item in value.items()}
    if origin in (Union, types.UnionType):
        if float in arguments and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        fitting = [option for option in arguments if _may_be(option, value)]
        return _value(fitting[0], value) if fitting else value
    if is_dataclass(hint) and isinstance(hint, type):
        return value if isinstance(value, hint) else made(hint, value)
    # YAML's 0 is an integer, and Keras takes floats alone
    return float(value) if hint is float else value


def _may_be(hint: Any, value: Any) -> bool:
    """Return whether a list or a mapping may be what a type of several parts is made from."""
    if isinstance(value, list | tuple):
        return get_origin(hint) is tuple
    if not isinstance(value, Mapping):
        return False
    return get_origin(hint) is Mapping or (is_dataclass(hint) and isinstance(hint, type))


@cache
def _descriptions(section: type) -> dict[str, str]:
    """Return key → the text under it, of a class and those that it is built on."""
    found: dict[str, str] = {}
    for own in reversed(section.__mro__):
        if is_dataclass(own):
            found.update(_texts(ast.parse(dedent(inspect.getsource(own)))))
    return found


def _texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    for key, text in pairwise(body):
        match key, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(told))),
            ):
                yield name, " ".join(told.split())
