"""Systematic variations of a config: what each direction replaces, and by what."""

from collections.abc import Iterator, Mapping
from typing import Any

from winnow.columns import DIRECTIONS
from winnow.study.expressions import parse
from winnow.study.files import listed_files
from winnow.study.schema import Config

FILES = "files"
"""The key of a direction that is no column."""


def directions(config: Config) -> list[tuple[str, str]]:
    """Return (variation, direction) of everything that is scored again, in the config's order."""
    return [
        (name, direction)
        for name, own in config.get("variations", {}).items()
        for direction in DIRECTIONS
        if direction in own
    ]


def listed(config: Config) -> dict[str, list[dict[str, Any]]]:
    """Return config key → the files of each direction that has its own."""
    return {
        f"variations.{variation}.{direction}.files": own
        for variation, direction in directions(config)
        if (own := config["variations"][variation][direction].get(FILES))
    }


def shifts(config: Config, variation: str, direction: str) -> dict[str, str]:
    """Return column → the expression that replaces it in a direction."""
    own: Mapping[str, Any] = config["variations"][variation][direction]
    return {name: text for name, text in own.items() if name != FILES}


def shifted_files(config: Config, variation: str, direction: str) -> dict[str, dict[str, Any]]:
    """Return the files that a direction has of its own, none where it reads the study's.

    Returns:
        Source name, which is none of the study's → the arguments of `InputFile`.

    Raises:
        ConfigError: a file is listed twice.
    """
    key = f"variations.{variation}.{direction}.files"
    if not (own := listed(config).get(key)):
        return {}
    alone = {**config, "input": {**config["input"], "files": own}}
    found = listed_files(alone, own, key)
    named = {f"{variation}-{direction}-{file['source']}": file for file in found}
    return {name: {**file, "source": name} for name, file in sorted(named.items())}


def of_direction(config: Config, variation: str, direction: str) -> Config:
    """Return a config for what a direction reads of files of its own: its shifts, no spectators."""
    own = {variation: {direction: shifts(config, variation, direction)}}
    return {**config, "columns": {**config["columns"], "spectators": []}, "variations": own}


def shifted_columns(config: Config) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield config key, columns of the study's files and, of these, lists of each shift of them.

    What a derived column is replaced by may name it, and the derived columns before it, which are
    no columns of a file.
    """
    derived, elsewhere = list(config["columns"]["derived"]), listed(config)
    for variation, direction in directions(config):
        key = f"variations.{variation}.{direction}"
        if f"{key}.files" in elsewhere:
            continue
        for name, text in shifts(config, variation, direction).items():
            expression = parse(text)
            made = {*config["columns"]["lists"]}
            if name in derived:
                made |= {*derived[: derived.index(name) + 1]}
            wanted = tuple(column for column in expression.columns if column not in made)
            yield f"{key}.{name}", wanted, expression.lists
