"""The input files of a study: which they are, their names in all tables, their formats."""

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from winnow.errors import ConfigError
from winnow.remote import is_remote, opened, size_of
from winnow.study.choices import FORMATS, dotted, literal, names
from winnow.study.classes import listed as names_listed
from winnow.study.classes import process_name
from winnow.study.wildcards import is_periodic

# To start a job takes a second or two, in which a core reads about 20 MB.
SMALL_MEGABYTES = 20.0
FEWEST_SMALL_FILES = 4
MOST_FILES_TOGETHER = 50
MOST_MEGABYTES_TOGETHER = 100.0

_MARKED_BYTES = 1 << 16


@dataclass(frozen=True)
class InputFile:
    """One input file and what the config says about it.

    Attributes:
        source: the file's name in all tables.
        path: where it lies.
        format: how it is read.
        tree: name of the ROOT tree; None: the file's only one.
        key: name of the HDF5 table, group or data set; None: the file's only one.
        columns: names for a CSV without header or a two-dimensional HDF5 data set.
        delimiter: what separates the cells of a CSV, one character.
        decimal: the decimal point of a CSV.
        process: process of all its events; None: told by a column.
        class_name: class of all its events; None: told by the process.
        sample: train, validation or test for inputs that are split already.
        luminosity: the file's own luminosity; None: the study's.
        period: name of the data-taking period; files of one process and period are one sample.
            None: those of one luminosity are.
        generated: generated events of the file's sample, or the sum of their generator weights;
            None: as the process says.
        weight: columns whose product is the weight of its events; None: the study's.
    """

    source: str
    path: str
    format: str
    tree: str | None = None
    key: str | None = None
    columns: tuple[str, ...] | None = None
    process: str | None = None
    class_name: str | None = None
    sample: str | None = None
    luminosity: float | None = None
    weight: tuple[str, ...] | None = None
    period: str | None = None
    generated: float | None = None
    delimiter: str = ","
    decimal: str = "."


@cache
def endings() -> dict[str, str]:
    """Return ending → the format that it tells, the longest first."""
    known: dict[str, str] = {}
    for name in names(FORMATS):
        for ending in literal(FORMATS, name, "ENDINGS"):
            if ending in known:
                raise ConfigError(
                    f"{dotted(FORMATS, name)}: the ending {ending!r} is the format "
                    f"{known[ending]}'s. Give one of the two another."
                )
            known[ending] = name
    return dict(sorted(known.items(), key=lambda item: -len(item[0])))


def _ending(path: str | Path) -> str:
    """Return the ending of a file's name that tells its format, "" where none does."""
    name = Path(path).name.lower()
    return next((ending for ending in endings() if name.endswith(ending)), "")


def file_format(path: str) -> str:
    """Return the format that a file's ending tells.

    Raises:
        ValueError: no format has this ending; the message lists the endings known.
    """
    ending = _ending(path)
    if ending:
        return endings()[ending]
    raise ValueError(
        f"{path}: the ending tells no format; known endings are {', '.join(sorted(endings()))}. "
        "Rename the file or set its `format`."
    )


def matches(pattern: str, made: Collection[str] = ()) -> list[str]:
    """Return the files that a path or glob names, sorted.

    A path that is there as it is written is that file, whatever its name holds. Only else `~` and
    `$NAME` are replaced, and `*`, `?` and `[]` looked for.

    Args:
        pattern: path or glob.
        made: files that the workflow makes itself; they need not be there yet.
    """
    if pattern in made or is_remote(pattern) or Path(pattern).exists():
        return [pattern]
    expanded = os.path.expandvars(Path(pattern).expanduser())
    if Path(expanded).exists():
        return [expanded]
    return sorted(glob.glob(expanded, recursive=True)) if glob.has_magic(expanded) else []


def input_files(config: Mapping[str, Any], made: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """List a complete config's input files.

    Args:
        config: the config.
        made: files that the workflow makes itself.

    Returns:
        Source name → the arguments of `InputFile`, sorted by source name. A source is named after
        its file; where others of its entry, or before it, have that name, after the tree or key
        too, and after as much of its folders as tells them apart.

    Raises:
        ConfigError: a file, or a tree of it, is listed twice.
    """
    found = listed_files(config, config["input"]["files"], "input.files", made)
    return {file["source"]: file for file in sorted(found, key=lambda file: str(file["source"]))}


def listed_files(
    config: Mapping[str, Any],
    listed: Sequence[Mapping[str, Any]],
    key: str,
    made: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Return the arguments of `InputFile` for every file of a list of entries, in its order.

    What is listed later never changes the source name of what stood before it.

    Args:
        config: the config, whose processes and classes entries may name.
        listed: entries as of `input.files`.
        key: the config key of the list.
        made: files that the workflow makes itself.

    Raises:
        ConfigError: a file, or a tree of it, is listed twice.
    """
    found = [
        (number, path, file)
        for number, file in enumerate(listed)
        for path in matches(file["path"], made)
    ]
    entries = [(path, file) for _, path, file in found]
    processes = names_listed(config["classes"], config["ignore"])
    places = [(_place(path), file.get("tree") or file.get("key") or "") for path, file in entries]
    for (place, part), times in Counter(places).items():
        if times > 1:
            raise ConfigError(
                f"config key `{key}`: {' '.join([str(place), part]).strip()} is listed "
                "twice; list it once."
            )
    groups = [number for number, _, _ in found]
    return [
        {
            "source": source,
            "path": path,
            "format": file.get("format") or file_format(path),
            "tree": file.get("tree"),
            "key": file.get("key"),
            "columns": file.get("columns"),
            "process": process_name(file["process"], processes) if "process" in file else None,
            "class_name": file.get("class"),
            "sample": file.get("sample"),
            "luminosity": file.get("luminosity"),
            "weight": file.get("weight"),
            "period": file.get("period"),
            "generated": _generated(config, file),
            "delimiter": file.get("delimiter", ","),
            "decimal": file.get("decimal", "."),
        }
        for (path, file), source in zip(entries, _source_names(places, groups), strict=True)
    ]


def sample_key(file: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells a process's samples apart: files that agree in it are one sample."""
    period = file.get("period")
    return ("period", period) if period is not None else ("luminosity", file.get("luminosity"))


def same_sample(files: Mapping[str, Mapping[str, Any]], source: str) -> list[str]:
    """List the sources of one process and one period or luminosity, the given one among them.

    Args:
        files: as of `input_files`.
        source: one of them.
    """
    own = (files[source]["process"], sample_key(files[source]))
    return [name for name, file in files.items() if (file["process"], sample_key(file)) == own]


def _generated(config: Mapping[str, Any], file: Mapping[str, Any]) -> float | None:
    """Return what the entries of a file's sample have generated together, None: nothing of it."""
    if "generated" not in file:
        return None
    own = (file.get("process"), sample_key(file))
    return float(
        sum(
            entry.get("generated", 0)
            for entry in config["input"]["files"]
            if (entry.get("process"), sample_key(entry)) == own
        )
    )


def mark(path: str) -> str:
    """Return a hash of a file's size and its ends, which differs for nearly any other file.

    A footer or a header tells of all that is between in all formats but CSV, and a whole hash of
    large files would take longer than to plan a study.
    """
    size = size_of(path)
    found = hashlib.sha256(str(size).encode())
    with opened(path) as stream:
        found.update(stream.read(_MARKED_BYTES))
        stream.seek(max(0, size - _MARKED_BYTES))
        found.update(stream.read(_MARKED_BYTES))
    return found.hexdigest()


def batches(
    files: Mapping[str, Mapping[str, Any]], made: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return which small files share a job: to start one takes longer than to read them.

    Args:
        files: as of `input_files`.
        made: files that the workflow makes itself, which are read as they come.

    Returns:
        Number of a batch → its sources, in their order; empty where there are few small files. A
        file that comes last by its name changes the last batch alone.
    """
    small = [
        (source, size)
        for source, file in files.items()
        if file["path"] not in made and (size := size_of(file["path"]) / 1e6) <= SMALL_MEGABYTES
    ]
    if len(small) < FEWEST_SMALL_FILES:
        return {}
    found: list[list[str]] = []
    room = 0.0
    for source, size in small:
        if not found or size > room or len(found[-1]) == MOST_FILES_TOGETHER:
            found.append([])
            room = MOST_MEGABYTES_TOGETHER
        found[-1].append(source)
        room -= size
    return {f"{number:03d}": sources for number, sources in enumerate(found)}


def total_size(
    files: Mapping[str, Mapping[str, Any]], made: Mapping[str, int] = MappingProxyType({})
) -> float:
    """Return the size of all input files in MB, what gzip saves included (a factor of 4, about).

    Args:
        files: as of `input_files`.
        made: file that the workflow makes itself → its size in bytes, about.
    """
    total = sum(made.get(file["path"], 0) for file in files.values())
    for path in (file["path"] for file in files.values() if file["path"] not in made):
        total += size_of(path) * (4 if path.endswith(".gz") else 1)
    return total / 1e6


def _place(path: str) -> Path:
    """Return where a file lies, of an address its server and path."""
    return Path(path.partition("://")[2]) if is_remote(path) else Path(path).resolve()


def _source_names(places: list[tuple[Path, str]], groups: list[int]) -> list[str]:
    """Return a name for each place, of ever longer ones the first that no other place has.

    Places of one group, and parts of one file, get names of one kind. What is listed later never
    changes the name of what stood before it: a file's name is that of its folder of results.

    Args:
        places: path, and tree or key, of each.
        groups: number of each place's entry in the config, rising.
    """
    depths = range(max(len(path.parts) for path, _ in places))
    levels = [[_safe(_stem(path)) for path, _ in places]]
    for last in (_stem, lambda path: path.name):
        levels += [
            [
                _safe("-".join([*_folders(path, depth), last(path), *filter(None, [part])]))
                for path, part in places
            ]
            for depth in depths
        ]
    # paths that differ in odd characters alone stay alike: those are told apart by a number
    levels.append([f"{name}-{position}" for position, name in enumerate(levels[-1])])
    first = {path: group for (path, _), group in reversed(list(zip(places, groups, strict=True)))}
    together: dict[int, list[int]] = {}
    for position, (path, _) in enumerate(places):
        together.setdefault(first[path], []).append(position)
    names: dict[int, str] = {}
    for positions in together.values():
        taken = set(names.values())
        for level in levels:
            own = Counter(level[position] for position in {*names, *positions})
            for position in positions:
                name = level[position]
                if position not in names and own[name] == 1 and name not in taken:
                    names[position] = name
    return [names[position] for position in range(len(places))]


def _safe(name: str) -> str:
    safe = "".join(c if c.isalnum() or c in "_.-" else "_" for c in name)
    return f"{safe}-{len(safe)}" if is_periodic(safe) else safe


def _stem(path: Path) -> str:
    return path.name[: len(path.name) - len(_ending(path))]


def _folders(path: Path, depth: int) -> tuple[str, ...]:
    return path.parts[max(1, len(path.parts) - 1 - depth) : -1]
