"""Systematic variations of a config: what each direction replaces, and what may be replaced."""

from collections.abc import Iterator

from winnow.columns import DIRECTIONS
from winnow.study.expressions import parse
from winnow.study.schema import Config


def directions(config: Config) -> list[tuple[str, str]]:
    """Return (variation, direction) of everything that is scored again, in the config's order."""
    return [
        (name, direction)
        for name, own in config.get("variations", {}).items()
        for direction in DIRECTIONS
        if direction in own
    ]


def shifted_columns(config: Config) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield config key, columns of a file and, of these, lists of each expression of a shift.

    What a derived column is replaced by may name it, and the derived columns before it, which are
    no columns of a file.
    """
    derived = list(config["columns"]["derived"])
    for variation, direction in directions(config):
        for name, text in config["variations"][variation][direction].items():
            expression = parse(text)
            made = {*config["columns"]["lists"]}
            if name in derived:
                made |= {*derived[: derived.index(name) + 1]}
            wanted = tuple(column for column in expression.columns if column not in made)
            yield f"variations.{variation}.{direction}.{name}", wanted, expression.lists
