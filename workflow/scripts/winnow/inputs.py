"""The input files of a study: which they are, their names in all tables, their formats."""

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from winnow.errors import ConfigError

Format = Literal["csv", "parquet", "root", "hdf5"]


FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".txt": "csv",
    ".txt.gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".root": "root",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
}


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
        process: process of all its events; None: told by a column.
        class_name: class of all its events; None: told by the process.
        sample: train, validation or test for inputs that are split already.
        luminosity: the file's own luminosity; None: the study's.
    """

    source: str
    path: str
    format: Format
    tree: str | None = None
    key: str | None = None
    columns: tuple[str, ...] | None = None
    process: str | None = None
    class_name: str | None = None
    sample: str | None = None
    luminosity: float | None = None


def file_format(path: str) -> Format:
    """Return the format that a file's ending tells.

    Raises:
        ValueError: no format has this ending; the message lists the endings known.
    """
    name = Path(path).name.lower()
    for ending in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(ending):
            return FORMATS[ending]
    raise ValueError(
        f"{path}: the ending tells no format; known endings are {', '.join(FORMATS)}. "
        "Rename the file or set its `format`."
    )


def matches(pattern: str) -> list[str]:
    """Return the files that a path or glob names, sorted."""
    if glob.has_magic(pattern):
        return sorted(glob.glob(pattern, recursive=True))
    return [pattern] if Path(pattern).exists() else []


def input_files(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """List a complete config's input files.

    Returns:
        Source name → the arguments of `InputFile`, sorted by source name. A source
        is named after its file; where two files share a name, after as much of their folders as
        tells them apart.

    Raises:
        ConfigError: a file is listed twice.
    """
    entries = [
        (Path(path), file) for file in config["input"]["files"] for path in matches(file["path"])
    ]
    resolved = [path.resolve() for path, _ in entries]
    for path in resolved:
        if resolved.count(path) > 1:
            raise ConfigError(f"config key `input.files`: {path} is listed twice; list it once.")
    files = {}
    for (path, file), source in zip(entries, _source_names(resolved), strict=True):
        files[source] = {
            "source": source,
            "path": str(path),
            "format": file.get("format") or file_format(str(path)),
            "tree": file.get("tree"),
            "key": file.get("key"),
            "columns": file.get("columns"),
            "process": file.get("process"),
            "class_name": file.get("class"),
            "sample": file.get("sample"),
            "luminosity": file.get("luminosity"),
        }
    return dict(sorted(files.items()))


def total_size(files: Mapping[str, Mapping[str, Any]]) -> float:
    """Return the size of all input files in MB, what gzip saves included (a factor of 4, about)."""
    paths = [Path(file["path"]) for file in files.values()]
    return sum(path.stat().st_size * (4 if path.suffix == ".gz" else 1) for path in paths) / 1e6


def _source_names(paths: list[Path]) -> list[str]:
    def name(path: Path, depth: int) -> str:
        stem = path.name
        for end in sorted(FORMATS, key=len, reverse=True):
            stem = stem[: -len(end)] if stem.lower().endswith(end) else stem
        text = "-".join([*path.parts[max(1, len(path.parts) - depth) : -1], stem])
        return "".join(c if c.isalnum() or c in "_.-" else "_" for c in text)

    names = []
    for path in paths:
        depth = 1
        while (
            depth < len(path.parts) and [name(p, depth) for p in paths].count(name(path, depth)) > 1
        ):
            depth += 1
        names.append(name(path, depth))
    return names
