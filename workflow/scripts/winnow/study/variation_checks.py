"""What a schema cannot say about the section `variations`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from winnow.errors import ConfigError
from winnow.study.expressions import parse
from winnow.study.files import matches
from winnow.study.name_checks import alike
from winnow.study.process_checks import class_faults
from winnow.study.schema import Config, closest
from winnow.study.variations import FILES

# of histograms (`ttbar_jesUp`) and of parameters of a fit
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN: Mapping[str, str] = MappingProxyType(
    {
        "mu": "the fit calls the signal's strength so",
        "nominal": "the tables call what nothing shifts so",
    }
)
_PREFIXES = ("systematic_", "staterror_")


def variation_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the systematic variations, one line a fault."""
    if "variations" not in config:
        return
    if "images" in config:
        yield (
            "config key `variations`: shifts columns, while networks of this study see pictures "
            "(`images`), which are not drawn again; remove one of the two."
        )
    if "signal_class" not in config:
        yield (
            "config key `variations`: needs a `signal_class`, whose score is followed; name it, or "
            "leave the section out."
        )
    yield from alike("variations", config["variations"])
    readable = _readable(config)
    for name, own in config["variations"].items():
        yield from _name_faults(name)
        if not own:
            yield (
                f"config key `variations.{name}`: has neither `up` nor `down`; give at least one "
                "of the two, such as `up: {met: met_up}`."
            )
        for direction, shifts in own.items():
            key = f"variations.{name}.{direction}"
            if FILES in shifts:
                yield from _file_faults(config, f"{key}.{FILES}", shifts[FILES])
            if not shifts:
                yield f"config key `{key}`: shifts no column; list some, such as `{{met: met_up}}`."
            for column, text in shifts.items():
                if column == FILES:
                    continue
                yield from _shift_faults(config, f"{key}.{column}", column, text, readable)


def _name_faults(name: str) -> Iterator[str]:
    key = f"config key `variations.{name}`"
    if not _NAME.fullmatch(name):
        yield (
            f"{key}: histograms and parameters of fits are called so; expected letters, digits and "
            "`_`, a letter first."
        )
    if name.lower() in _TAKEN:
        yield f"{key}: the name is taken: {_TAKEN[name.lower()]}; choose another one."
    if name.startswith(_PREFIXES):
        yield f"{key}: the fit has parameters of its own that begin so; choose another name."


def _file_faults(config: Config, key: str, files: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """List what is wrong with files of a direction's own, beyond what is of any file.

    Args:
        config: the config.
        key: where they stand.
        files: the entries.
    """
    if "sample" in config["columns"] or any("sample" in file for file in config["input"]["files"]):
        yield (
            f"config key `{key}`: its events are shared out by their ids, while the study's files "
            "say which sample they are; shift columns of these instead."
        )
    alone = {**config, "input": {**config["input"], "files": files}}
    for fault in class_faults(alone):
        if fault.startswith("config key `input.files["):
            yield fault.replace("input.files", key, 1)
    taken = {
        Path(path).resolve(): name
        for name in ("input", "apply")
        for file in config[name]["files"]
        for path in matches(file["path"])
    }
    normalised = {name for name, own in config["processes"].items() if "cross_section" in own}
    for index, file in enumerate(files):
        for path in matches(file["path"]):
            if Path(path).resolve() in taken:
                yield (
                    f"config key `{key}[{index}].path`: {path} stands in "
                    f"`{taken[Path(path).resolve()]}.files` too; a direction's files are samples "
                    "of its own. Shift columns to read a file of the study in another way."
                )
        if normalised and "process" not in file:
            yield (
                f"config key `{key}[{index}].process`: missing; `processes` normalises by process, "
                "so name that of the file."
            )
        elif file.get("process") in normalised and "generated" not in file:
            yield (
                f"config key `{key}[{index}].generated`: missing; give the number of events that "
                "were generated for this sample, or the sum of their generator weights."
            )


def _shift_faults(
    config: Config, key: str, column: str, text: str, readable: Mapping[str, str]
) -> Iterator[str]:
    """List what is wrong with one column's shift.

    Args:
        config: the config.
        key: where it stands.
        column: what is replaced.
        text: the expression that replaces it.
        readable: as of `_readable`.
    """
    columns = config["columns"]
    kept = dict.fromkeys(columns["event_id"], "columns.event_id")
    for name in ("process", "sample"):
        if name in columns:
            kept[columns[name]] = f"columns.{name}"
    if column in kept:
        yield (
            f"config key `{key}`: `{column}` stands in `{kept[column]}`; a variation leaves an "
            "event what it is, so shift another column."
        )
    elif column in columns["lists"] or any(
        _numbered(pattern).fullmatch(column) for pattern in columns["lists"].values()
    ):
        yield (
            f"config key `{key}`: `{column}` holds several values per event, or is one of them "
            "(`columns.lists`); shift a column of `columns.derived` that is made of it."
        )
    elif column not in readable:
        yield (
            f"config key `{key}`: `{column}` is no feature, no weight and in no expression of "
            f"`columns.derived` or `selection`, so that to shift it does nothing; "
            f"{closest(column, readable)}"
        )
    try:
        parse(text)
    except ConfigError as error:
        yield f"config key `{key}`: {error}"


def _readable(config: Config) -> dict[str, str]:
    """Return the columns that scores and yields depend on, each with a key that names it."""
    columns = config["columns"]
    found = {feature["name"]: "columns.features" for feature in columns["features"]}
    found |= dict.fromkeys(columns["weight"], "columns.weight")
    for index, file in enumerate(config["input"]["files"]):
        found |= dict.fromkeys(file.get("weight", []), f"input.files[{index}].weight")
    found |= {name: f"columns.derived.{name}" for name in columns["derived"]}
    for key, texts in (("columns.derived", columns["derived"]), ("selection", config["selection"])):
        for name, text in texts.items():
            try:
                found |= dict.fromkeys(parse(text).columns, f"{key}.{name}")
            except ConfigError:
                continue  # the expression's own key tells of it
    return found


def _numbered(pattern: str) -> re.Pattern[str]:
    """Return what fits the columns that a pattern of `columns.lists` stands for."""
    before, _, after = pattern.partition("*")
    return re.compile(f"{re.escape(before)}[0-9]+{re.escape(after)}")
