"""Which process an event is of, and which class a process belongs to."""

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

ENDING = ".root"

_WHOLE = re.compile(r"([+-]?[0-9]+)\.0*")


def listed(classes: Mapping[str, Sequence[str]], ignored: Sequence[str] = ()) -> frozenset[str]:
    """Return all names and patterns that a config lists for processes."""
    return frozenset(ignored).union(*classes.values())


def process_name(value: Any, names: Collection[str]) -> str:
    """Return the name of a process from what a column or the config holds.

    A name is a text and stands as it is written where it is listed: `007`, `125.0`, `tt[bb]`,
    `sig.root`. Only what is not listed so is looked for without an ending `.root`, a number without
    its fraction `.0`, and true and false as 1 and 0.

    Args:
        value: text, number, boolean, or None.
        names: what the config lists, as of `listed`.

    Returns:
        The name; "" for None, NaN and blank text that nothing lists.
    """
    text = "" if value is None else str(value).strip()
    spellings = [text, text.removesuffix(ENDING)]
    if whole := _WHOLE.fullmatch(text):
        spellings.append(whole[1])
    if text.lower() in ("true", "false"):
        spellings += [text.lower(), str(int(text.lower() == "true"))]
    for spelling in spellings:
        if spelling in names:
            return spelling
    if text.lower() == "nan":
        return ""
    return whole[1] if whole and isinstance(value, float) else spellings[1]


def fits(name: str, pattern: str) -> bool:
    """Return whether a name is a pattern's: literally, or as a shell pattern (`Wj*`)."""
    return name == pattern or fnmatchcase(name, pattern)


def class_of(name: str, classes: Mapping[str, Sequence[str]]) -> str | None:
    """Return the first class that lists a process, or a pattern that fits it; None without one.

    >>> classes = {"W": ["Wj*"], "other": ["*"]}
    >>> class_of("WjetsHT", classes), class_of("TTbar", classes)
    ('W', 'other')
    """
    for found, patterns in classes.items():
        if any(fits(name, pattern) for pattern in patterns):
            return found
    return None
