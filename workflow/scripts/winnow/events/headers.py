"""Columns that a config names against those that its files have, before any job runs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from winnow.columns import ENTRY
from winnow.errors import DataError
from winnow.events.chunks import of_lists
from winnow.events.readers import unfit_columns
from winnow.study.expressions import parse
from winnow.study.files import InputFile
from winnow.study.keys.images import images
from winnow.study.memory import MOST_FILES
from winnow.study.schema import Config
from winnow.study.variations import shifted_columns

MISSING, SEVERAL = "is missing", "holds several values per event"


def header_faults(
    config: Config,
    files: Mapping[str, Mapping[str, Any]],
    made: Mapping[str, int],
    written: Sequence[str] = (),
    wanted: Mapping[tuple[str, str], bool] | None = None,
) -> Iterator[str]:
    """List the columns that a config names and a file lacks, or has several values an event of.

    Files that cannot be read are listed, too.

    Args:
        config: a complete config.
        files: as of `winnow.study.files.input_files`.
        made: files that the study simulates for itself.
        written: the columns of those.
        wanted: what every file must have, in place of `wanted_columns`.

    Yields:
        One line for each key and column, naming the first file where it is wrong.
    """
    chosen = _chosen([InputFile(**file) for file in files.values()])
    columns = [wanted_columns(config, file) if wanted is None else wanted for file in chosen]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda file, own: _look(file, own, made, written), chosen, columns))
    yield from (told for told in found if isinstance(told, str))
    wrong: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for file, own, looked in zip(chosen, columns, found, strict=True):
        if isinstance(looked, str):
            continue
        absent, several = looked
        for (key, name), is_list in own.items():
            if name in absent:
                wrong.setdefault((key, name, MISSING), []).append((file.path, absent[name]))
            elif name in several and not is_list:
                told = of_lists(name)
                wrong.setdefault((key, name, SEVERAL), []).append((file.path, told))
    for (key, name, what), places in wrong.items():
        path, told = places[0]
        others = f" and in {len(places) - 1} more" if len(places) > 1 else ""
        yield f"config key `{key}`: column {name!r} {what} in {path}{others}. {told}"


def wanted_columns(config: Config, file: InputFile) -> dict[tuple[str, str], bool]:
    """Return (config key, column) of every column that a file must have, in the config's order.

    Where a derived column may stand, it is none of the file's; what it derives from is.

    Returns:
        Each with whether it may have any number of values an event.
    """
    columns = config["columns"]
    own = "columns.weight" if file.weight is None else "input.files[].weight"
    wanted: dict[tuple[str, str], bool] = {}
    derived: set[str] = set(columns["lists"])

    def use(
        key: str, names: Iterable[str], known: Collection[str] = (), lists: Collection[str] = ()
    ) -> None:
        wanted.update({(key, name): name in lists for name in names if name not in known})

    for name, text in columns["derived"].items():
        expression = parse(text)
        use(f"columns.derived.{name}", expression.columns, derived, expression.lists)
        derived.add(name)
    use("columns.features", [feature["name"] for feature in columns["features"]], derived)
    use(own, columns["weight"] if file.weight is None else file.weight, derived)
    use("columns.event_id", columns["event_id"], [ENTRY])
    use("columns.spectators", columns["spectators"], derived)
    if "images" in config:
        objects = images(config["images"]).columns
        use("images.objects", objects, derived, objects)
    if "sample" in columns:
        use("columns.sample", [columns["sample"]])
    if file.process is None and "process" in columns:
        use("columns.process", [columns["process"]])
    generated = config["processes"].get(file.process, {}).get("generated")
    if isinstance(generated, dict):
        use(f"processes.{file.process}.generated.column", [generated["column"]])
    for name, text in config["selection"].items():
        expression = parse(text)
        use(f"selection.{name}", expression.columns, derived, expression.lists)
    for key, names, lists in shifted_columns(config):
        use(key, names, (), lists)
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


def _look(
    file: InputFile,
    columns: Iterable[tuple[str, str]],
    made: Mapping[str, int],
    written: Sequence[str],
) -> tuple[dict[str, str], frozenset[str]] | str:
    """Return what `unfit_columns` does of a file, or why it cannot be read."""
    wanted = [name for _, name in columns]
    try:
        if file.path in made:
            return _missing_in_simulated(file, wanted, written), frozenset()
        return unfit_columns(file, wanted)
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
