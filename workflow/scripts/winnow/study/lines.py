"""Where in a config's files a key stands."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

_KEY = re.compile(r"config key `([^`]+)`")
_PART = re.compile(r"\[(\d+)\]|[^.\[\]]+")


def located(message: str, paths: Iterable[str | Path]) -> str:
    r"""Return a message on a config with file and line behind each key that stands in a file.

    Args:
        message: lines, some of which name a key as `config key \\`model.layers\\``.
        paths: the config's files; of several the last that has the key tells.
    """
    here = Path.cwd()
    given = [Path(path) for path in paths]
    shown = [own.relative_to(here) if own.is_relative_to(here) else own for own in given]
    roots = [(str(path), _composed(path)) for path in shown]
    return "\n".join(_with_line(line, roots) for line in message.splitlines())


def _composed(path: str | Path) -> yaml.Node | None:
    try:
        return yaml.compose(Path(path).read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        # what reads the config says so
        return None


def _with_line(line: str, roots: Sequence[tuple[str, yaml.Node | None]]) -> str:
    found = _KEY.search(line)
    if found is None:
        return line
    parts = [text[0] for text in _PART.finditer(found[1])]
    for path, root in reversed(roots):
        number = None if root is None else _line(root, parts)
        if number is not None:
            return f"{line} ({path}, line {number})"
    return line


def _line(node: yaml.Node, parts: Sequence[str]) -> int | None:
    """Return the line of the deepest part of a key, from 1; None where not even the first is."""
    number = None
    for position, part in enumerate(parts):
        below = None
        if isinstance(node, yaml.MappingNode):
            # a scan's keys hold dots themselves
            whole = ".".join(parts[position:])
            for key, value in node.value:
                if key.value in (part, whole):
                    below, number = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and part.startswith("["):
            index = int(part[1:-1])
            if index < len(node.value):
                below = node.value[index]
                number = below.start_mark.line + 1
        if below is None:
            return number
        node = below
    return number
