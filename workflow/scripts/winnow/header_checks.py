"""Columns that a config names against those that its files have, before any job runs."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from winnow.errors import DataError
from winnow.expressions import parse
from winnow.inputs import InputFile
from winnow.readers import column_names
from winnow.schema import Config
from winnow.simulate import COLUMNS

MOST_FILES = 64
"""How many headers are read at most: of more files, so many at even distances."""


def header_faults(
    config: Config, files: Mapping[str, Mapping[str, Any]], made: Mapping[str, int]
) -> Iterator[str]:
    """List the columns that a config names and a file lacks, and files that cannot be read.

    Args:
        config: a complete config.
        files: as of `winnow.inputs.input_files`.
        made: files that the study simulates for itself.

    Yields:
        One line for each key and column, naming the first file that lacks it.
    """
    chosen = _spread([InputFile(**file) for file in files.values()])
    with ThreadPoolExecutor(8) as pool:
        headers = list(pool.map(lambda file: _header(config, file, made), chosen))
    yield from (header for header in headers if isinstance(header, str))
    lacking: dict[tuple[str, str], list[tuple[InputFile, tuple[str, ...]]]] = {}
    for file, header in zip(chosen, headers, strict=True):
        if not isinstance(header, str):
            for key, name in wanted_columns(config, file):
                if name not in header:
                    lacking.setdefault((key, name), []).append((file, header))
    for (key, name), found in lacking.items():
        file, header = found[0]
        others = f" (nor of {len(found) - 1} more)" if len(found) > 1 else ""
        yield (
            f"config key `{key}`: `{name}` is no column of {file.path}{others}; "
            f"{_hint(name, header)}"
        )


def wanted_columns(config: Config, file: InputFile) -> dict[tuple[str, str], None]:
    """Return (config key, column) of every column that a file must have, in the config's order.

    Where a derived column may stand, it is none of the file's; what it derives from is.
    """
    columns = config["columns"]
    own = "columns.weight" if file.weight is None else "input.files[].weight"
    wanted: dict[tuple[str, str], None] = {}
    derived: set[str] = set()

    def use(key: str, names: Iterable[str], known: Collection[str] = ()) -> None:
        wanted.update(dict.fromkeys((key, name) for name in names if name not in known))

    for name, text in columns["derived"].items():
        use(f"columns.derived.{name}", parse(text).columns, derived)
        derived.add(name)
    use("columns.features", [feature["name"] for feature in columns["features"]], derived)
    use(own, columns["weight"] if file.weight is None else file.weight, derived)
    use("columns.event_id", columns["event_id"])
    use("columns.spectators", columns["spectators"], derived)
    if file.process is None and "process" in columns:
        use("columns.process", [columns["process"]])
    generated = config["processes"].get(file.process, {}).get("generated")
    if isinstance(generated, dict):
        use(f"processes.{file.process}.generated.column", [generated["column"]])
    for name, text in config["selection"].items():
        use(f"selection.{name}", parse(text).columns, derived)
    return wanted


def _spread(files: list[InputFile]) -> list[InputFile]:
    step = max(1, -(-len(files) // MOST_FILES))
    return files[::step]


def _hint(name: str, header: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, header, 3)
    if close:
        return f"did you mean {' or '.join(f'`{c}`' for c in close)}?"
    return f"it has {', '.join([*header[:40], '…'] if len(header) > 40 else header)}."


def _header(config: Config, file: InputFile, made: Mapping[str, int]) -> tuple[str, ...] | str:
    """Return a file's columns, or why it cannot be read."""
    try:
        return _simulated(config, file) if file.path in made else column_names(file)
    except DataError as error:
        return str(error)


def _simulated(config: Config, file: InputFile) -> tuple[str, ...]:
    """Return the columns of a file that the study simulates: as they are written, no header."""
    written = (*COLUMNS[config["simulate"]["columns"]], "weight", "process")
    if len(file.columns or ()) != len(written):
        raise DataError(
            f"config key `input.files[].columns`: found {len(file.columns or ())} names for "
            f"{file.path}, which is simulated without a header, expected {len(written)}: "
            f"{', '.join(written)}."
        )
    return tuple(file.columns or ())
