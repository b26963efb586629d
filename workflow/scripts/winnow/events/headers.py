"""Columns that a config names against those that its files have, before any job runs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from winnow.errors import DataError
from winnow.events.readers import missing_columns
from winnow.study.expressions import parse
from winnow.study.files import InputFile
from winnow.study.memory import MOST_FILES
from winnow.study.schema import Config


def header_faults(
    config: Config,
    files: Mapping[str, Mapping[str, Any]],
    made: Mapping[str, int],
    written: Sequence[str] = (),
) -> Iterator[str]:
    """List the columns that a config names and a file lacks, and files that cannot be read.

    Args:
        config: a complete config.
        files: as of `winnow.study.files.input_files`.
        made: files that the study simulates for itself.
        written: the columns of those.

    Yields:
        One line for each key and column, naming the first file that lacks it.
    """
    chosen = _chosen([InputFile(**file) for file in files.values()])
    with ThreadPoolExecutor(8) as pool:
        missing = list(pool.map(lambda file: _missing(config, file, made, written), chosen))
    yield from (told for told in missing if isinstance(told, str))
    lacking: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for file, absent in zip(chosen, missing, strict=True):
        if isinstance(absent, str):
            continue
        for key, name in wanted_columns(config, file):
            if name in absent:
                lacking.setdefault((key, name), []).append((file.path, absent[name]))
    for (key, name), found in lacking.items():
        path, told = found[0]
        others = f" and in {len(found) - 1} more" if len(found) > 1 else ""
        yield f"config key `{key}`: column {name!r} is missing in {path}{others}. {told}"


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


def _chosen(files: Sequence[InputFile]) -> list[InputFile]:
    """Return files whose headers stand for all: first those of which the config says other things.

    Others join them, at even distances.
    """
    kinds: dict[str, InputFile] = {}
    for file in files:
        kinds.setdefault(repr(replace(file, source="", path="")), file)
    chosen = list(kinds.values())[:MOST_FILES]
    others = [file for file in files if file not in chosen]
    if others and len(chosen) < MOST_FILES:
        chosen += others[:: -(-len(others) // (MOST_FILES - len(chosen)))]
    return chosen


def _missing(
    config: Config, file: InputFile, made: Mapping[str, int], written: Sequence[str]
) -> dict[str, str] | str:
    """Return which of its columns a file lacks, as `missing_columns`, or why it cannot be read."""
    wanted = [name for _, name in wanted_columns(config, file)]
    try:
        if file.path in made:
            return _missing_in_simulated(file, wanted, written)
        return missing_columns(file, wanted)
    except DataError as error:
        return str(error)


def _missing_in_simulated(
    file: InputFile, wanted: Sequence[str], written: Sequence[str]
) -> dict[str, str]:
    """Return which columns a file will lack that the study simulates."""
    # what is no CSV names its columns itself
    names = (file.columns or ()) if file.format == "csv" else written
    if len(names) != len(written):
        raise DataError(
            f"config key `input.files[].columns`: found {len(names)} names for {file.path}, which "
            f"is simulated without a header, expected {len(written)}: {', '.join(written)}."
        )
    return {name: f"It has: {', '.join(names)}." for name in wanted if name not in names}
