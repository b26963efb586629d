"""What `apply` scores: which files, by which networks, and what is read of them."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from winnow.columns import ENTRY, FOLD, ROLE, ROLES, SCORE_PREFIX, STATUS, UNSEEN, score_column
from winnow.errors import ConfigError
from winnow.study.expressions import parse
from winnow.study.files import listed_files
from winnow.study.keys.apply import Apply
from winnow.study.reading import missing_settings, reading_settings
from winnow.study.schema import Config
from winnow.study.typed import made

PASSPORT = "passport.json"


def applied_files(
    config: Config, files: Mapping[str, dict[str, Any]], simulated: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """List the files that are scored: those of `apply.files`, and with `apply.friends` the study's.

    Args:
        config: a complete config.
        files: the study's own, as of `winnow.study.files.input_files`.
        simulated: files that the workflow makes itself.

    Returns:
        Source name → the arguments of `InputFile`; a file of the study's has the name that it has
        there.

    Raises:
        ConfigError: a file is listed twice.
    """
    own, applied = config["input"]["files"], made(Apply, config["apply"])
    chosen = list(files.values()) if applied.friends else []
    if applied.files:
        found = listed_files(config, [*own, *applied.files], "apply.files", simulated)
        chosen += found[len(files) :]
    return {file["source"]: file for file in sorted(chosen, key=lambda file: str(file["source"]))}


def foreign_folder(config: Config) -> Path | None:
    """Return where the networks of another study lie that are applied, None: they are the own.

    Raises:
        ConfigError: there are none at the path.
    """
    applied = made(Apply, config["apply"])
    if applied.model is None:
        return None
    given = Path(applied.model).expanduser()
    for folder in (given, given / "best"):
        if (folder / PASSPORT).is_file() or _folds(folder):
            return folder
    raise ConfigError(
        f"config key `apply.model`: there is no {PASSPORT} in {str(given)!r}, nor in folders "
        "`fold-0` and so on; expected the folder `best` of another study's results."
    )


def foreign_models(config: Config) -> dict[int, Path]:
    """Return the networks of another study that are applied: fold → its folder; none of the own.

    Raises:
        ConfigError: there are none at the path.
    """
    folder = foreign_folder(config)
    if folder is None:
        return {}
    return {0: folder} if (folder / PASSPORT).is_file() else _folds(folder)


def foreign_roles(config: Config) -> list[str]:
    """Return the table of the events that another study's networks know, where there is one."""
    folder = foreign_folder(config)
    return [] if folder is None or not (folder / ROLES).is_file() else [str(folder / ROLES)]


def _folds(folder: Path) -> dict[int, Path]:
    found = {
        int(path.name.removeprefix("fold-")): path
        for path in folder.glob("fold-*")
        if path.name.removeprefix("fold-").isdigit() and (path / PASSPORT).is_file()
    }
    return dict(sorted(found.items()))


def applied_reading(config: Config) -> dict[str, Any]:
    """Return what is read of the files: of another study's networks what their passport says.

    Returns:
        features (names, in order), classes, model (the section), and what `reading_settings` has.

    Raises:
        ConfigError: there is no such model, or its passport is of another version.
    """
    folders = list(foreign_models(config).values())
    if not folders:
        names = [feature["name"] for feature in config["columns"]["features"]]
        own = {"features": names, "classes": list(config["classes"]), "model": config["model"]}
        return own | reading_settings(config)
    path = folders[0] / PASSPORT
    try:
        passport = json.loads(path.read_text(encoding="utf-8"))
        names = [feature["name"] for feature in passport["features"]]
        model = passport["config"]["model"]
        own = {"features": names, "classes": passport["classes"], "model": model}
        return own | {name: passport["reading"][name] for name in reading_settings(config)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"config key `apply.model`: {path} is no passport of a model ({error!r}). Name the "
            "folder `best` of another study's results, made by this version of winnow."
        ) from error


def applied_settings(reading: Mapping[str, Any], spectators: Collection[str]) -> dict[str, Any]:
    """Return how files without labels are read: arguments of `IngestSettings`.

    Args:
        reading: as of `applied_reading`.
        spectators: columns that are carried along.
    """
    return {
        "features": tuple(reading["features"]),
        "classes": {UNSEEN: ()},
        "spectators": tuple(spectators),
        "event_id": tuple(reading["event_id"]),
        "derived": reading["derived"],
        "selection": reading["selection"],
        **missing_settings(reading["missing_values"]),
        "on_defect": "reject",
    }


def applied_columns(config: Config, reading: Mapping[str, Any]) -> dict[tuple[str, str], bool]:
    """Return (config key, column) of every column that a scored file must have.

    Args:
        config: a complete config.
        reading: as of `applied_reading`.

    Returns:
        Each with whether it may have any number of values an event.
    """
    applied = made(Apply, config["apply"])
    key = None if applied.model is None else "apply.model"
    wanted: dict[tuple[str, str], bool] = {}
    known: set[str] = set()

    def use(place: str, names: Iterable[str], lists: Collection[str] = ()) -> None:
        for name in names:
            if name not in known and name != ENTRY:
                wanted[place, name] = name in lists and wanted.get((place, name), True)

    for name, text in reading["derived"].items():
        expression = parse(text)
        use(key or f"columns.derived.{name}", expression.columns, expression.lists)
        known.add(name)
    use(key or "columns.features", reading["features"])
    use("apply.spectators", applied.spectators)
    for name, text in reading["selection"].items():
        expression = parse(text)
        use(key or f"selection.{name}", expression.columns, expression.lists)
    known.clear()  # the id takes the file's own columns
    use(key or "columns.event_id", reading["event_id"])
    return wanted


def branch_names(config: Config, reading: Mapping[str, Any]) -> dict[str, str]:
    """Return what each column of a friend tree is called in it.

    A name of winnow's that ROOT would read as an expression gets `_` in place of what is none of
    a name's. Arguments are those of `applied_columns`.
    """
    given = made(Apply, config["apply"]).branches
    scores = map(score_column, reading["classes"])
    return {
        name: given.get(name, "".join(c if c.isalnum() else "_" for c in name))
        for name in (*scores, STATUS, ROLE, FOLD)
    }


def applied_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the section, one line a fault."""
    applied = made(Apply, config["apply"])
    if not applied.files and not applied.friends:
        for name in ("model", "spectators", "branches", "draw"):
            if getattr(applied, name):
                yield (
                    f"config key `apply.{name}`: does nothing without files to score; list some in "
                    "`apply.files`, or set `apply.friends`."
                )
        return
    if applied.model is not None and applied.ensemble:
        yield (
            "config key `apply.ensemble`: is about this study's replicas, but `apply.model` names "
            "another study's networks; remove one of the two."
        )
    if applied.ensemble and config["replicas"] == 1:
        yield (
            "config key `apply.ensemble`: found true, but `replicas` is 1; train several, or leave "
            "it out."
        )
    try:
        branches = branch_names(config, applied_reading(config))
    except ConfigError as error:
        yield str(error)
        return
    for name in applied.branches:
        if name not in branches:
            yield (
                f"config key `apply.branches.{name}`: there is no such column; the friend trees "
                f"have {', '.join(branches)}."
            )
    names = list(branches.values())
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"config key `apply.branches`: two columns would be the branch {name!r}; rename one."
    for name in applied.spectators:
        if name.startswith(SCORE_PREFIX) or name in (STATUS, ROLE, FOLD):
            yield f"config key `apply.spectators`: {name!r} is a name of winnow's own table."
    yield from _drawn_faults(config)


def _drawn_faults(config: Config) -> Iterator[str]:
    applied = made(Apply, config["apply"])
    if applied.draw and (applied.model is not None or not applied.files):
        yield (
            "config key `apply.draw`: data is drawn over this study's simulation; it needs "
            "`apply.files`, and this study's networks, so remove `apply.model`, or `draw`."
        )
    for name in applied.draw:
        for key in ("apply.spectators", "columns.spectators"):
            section, _, last = key.partition(".")
            if name not in config[section][last]:
                yield (
                    f"config key `apply.draw`: {name!r} is none of `{key}`; it must be known of "
                    "the scored files and of the simulation. List it there."
                )
