"""How much memory a study's events take: events times columns, not the bytes of packed files."""

import math
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from winnow.remote import size_of
from winnow.study.files import InputFile
from winnow.study.keys.images import images
from winnow.study.schema import Config

MOST_FILES = 16
"""Files that are looked into at most: a ROOT tree of a thousand branches takes half a second."""

_COLUMNS = 6  # source, row, event id, process, class, weight
_BYTES = 8


def table_megabytes(
    config: Config,
    files: Mapping[str, Mapping[str, Any]],
    made: Collection[str],
    entry_count: Callable[[InputFile], float],
) -> float:
    """Return the size in MB of a table of all events, 8 bytes a number.

    Args:
        config: a complete config, whose features and spectators are columns of the table.
        files: as of `winnow.study.files.input_files`.
        made: files that the workflow makes itself, of as many events as the config says.
        entry_count: how many events a file has, `winnow.events.readers.entry_count`.

    Raises:
        DataError: a file is missing, empty or unreadable.
    """
    simulated: float = sum(config.get("simulate", {"events": {}})["events"].values())
    return (simulated + _events(files, made, entry_count)) * _width(config) * _BYTES / 1e6


def picture_megabytes(config: Config, events_megabytes: float) -> float:
    """Return the size in MB of the pictures of all events, as training maps them; 0 without any.

    Args:
        config: a complete config.
        events_megabytes: what `table_megabytes` returns, which says how many events there are.
    """
    if "images" not in config:
        return 0.0
    keys = images(config["images"])
    bytes_of_pixel = 2 + bool(keys.pixel_classes)  # float16, and a class
    return events_megabytes / (_width(config) * _BYTES) * math.prod(keys.shape) * bytes_of_pixel


def _width(config: Config) -> int:
    columns = config["columns"]
    return len(columns["features"]) + len(columns["spectators"]) + _COLUMNS


def _events(
    files: Mapping[str, Mapping[str, Any]],
    made: Collection[str],
    entry_count: Callable[[InputFile], float],
) -> float:
    found = [InputFile(**file) for file in files.values()]
    events = 0.0
    formats: dict[str, list[InputFile]] = {}
    for file in found:
        if file.path not in made:
            formats.setdefault(file.format, []).append(file)
    # those that are not looked into have as many events a byte
    for alike in formats.values():
        step = -(-len(alike) // MOST_FILES)
        looked_into = alike[::step]
        with ThreadPoolExecutor(8) as pool:
            counted = sum(pool.map(entry_count, looked_into))
        events += counted * _bytes(alike) / _bytes(looked_into)
    return events


def _bytes(files: list[InputFile]) -> int:
    return sum(size_of(file.path) for file in files)
