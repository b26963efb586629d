"""What a config chooses by name, found by its place: a module in a package is one choice.

The packages lie in other rooms; nothing of them is named here but where they are.
"""

import ast
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from winnow.errors import ConfigError

FAMILIES = "winnow.networks.families"
STEPS = "winnow.preparation.normalise.steps"
PICTURES = "winnow.preparation.pictures"
FORMATS = "winnow.events.formats"
SIMULATORS = "winnow.simulation.simulators"
CONTESTANTS = "winnow.contest.contestants"


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
        ConfigError: its file cannot be imported.
    """
    try:
        return importlib.import_module(dotted(package, name))
    except Exception as error:
        place = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        raise ConfigError(
            f"{dotted(package, name)}: its file cannot be imported: {type(error).__name__}: "
            f"{error}{place}. Mend it, or take it out of the folder."
        ) from error


def part(package: str, name: str, wanted: str) -> Any:
    """Return something that a choice's module must have.

    Raises:
        ConfigError: it has not.
    """
    found = getattr(choice(package, name), wanted, None)
    if found is None:
        raise ConfigError(
            f"{dotted(package, name)}: it has no `{wanted}`, which each of this folder needs. "
            "Write it (see the folder's __init__.py), or take the file out of the folder."
        )
    return found


def keys_of(package: str, name: str, wanted: str) -> type:
    """Return the class of a choice's keys, whose module must have what is wanted too.

    Raises:
        ConfigError: it lacks one of them.
    """
    part(package, name, wanted)
    found: type = part(package, name, "Keys")
    return found


def foreign_keys(
    package: str, name: str, given: Iterable[str], keys_of: Callable[[str], set[str]]
) -> Iterator[tuple[str, str]]:
    """Yield the keys given that a choice does not have, each with the choices that do.

    keys_of: choice → the names of its keys.
    """
    own = keys_of(name)
    for key in given:
        if key not in own:
            yield key, " or ".join(other for other in names(package) if key in keys_of(other))


@cache
def literal(package: str, name: str, constant: str) -> Any:
    """Return a constant of a choice's module, which is not imported: it may need much.

    Raises:
        ConfigError: it has no such constant, or one that is no literal.
    """
    spec = importlib.util.find_spec(dotted(package, name))
    source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    try:
        for node in ast.parse(source).body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=found)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value)
                ) if found == constant:
                    return ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise ConfigError(
            f"{dotted(package, name)}: its `{constant}` cannot be read without importing the file "
            f"({error}). Write it as a literal."
        ) from error
    raise ConfigError(f"{dotted(package, name)}: it has no `{constant}`, which a format needs.")


def listed(package: str) -> str:
    """Return each choice with what the first line of its module says of it, after the colon."""
    told = {name: inspect.getdoc(choice(package, name)) or "..." for name in names(package)}
    return "; ".join(
        f"`{name}`, {text.splitlines()[0].partition(': ')[2].rstrip('.')}"
        for name, text in told.items()
    )
