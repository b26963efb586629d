"""What a config chooses by name, found by its place: a module in a package is one choice.

The packages lie in other rooms; nothing of them is named here but where they are.
"""

import ast
import importlib.util
import inspect
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

FAMILIES = "winnow.networks.families"
STEPS = "winnow.preparation.normalise.steps"
FORMATS = "winnow.events.formats"


@cache
def names(package: str) -> tuple[str, ...]:
    """Return what a package offers, in the order of the alphabet."""
    path = importlib.import_module(package).__path__
    return tuple(sorted(module.name for module in pkgutil.iter_modules(path)))


def dotted(package: str, name: str) -> str:
    """Return the dotted name of one choice's module."""
    return f"{package}.{name}"


def choice(package: str, name: str) -> ModuleType:
    """Return the module of one choice.

    Raises:
        ModuleNotFoundError: there is none of that name.
    """
    return importlib.import_module(dotted(package, name))


@cache
def literal(package: str, name: str, constant: str) -> Any:
    """Return a constant of a choice's module, which is not imported: it may need much.

    Raises:
        KeyError: it has no such constant, or one that is no literal.
    """
    spec = importlib.util.find_spec(dotted(package, name))
    source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == constant:
                return ast.literal_eval(value)
    raise KeyError(f"{dotted(package, name)} has no constant {constant}")


def listed(package: str) -> str:
    """Return each choice with what the first line of its module says of it, after the colon."""
    told = {name: inspect.getdoc(choice(package, name)) or "" for name in names(package)}
    return "; ".join(
        f"`{name}`, {text.splitlines()[0].partition(': ')[2].rstrip('.')}"
        for name, text in told.items()
    )
