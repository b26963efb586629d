"""Which columns of a file are read, and what each is for."""

from dataclasses import dataclass

from winnow.errors import ConfigError
from winnow.events.readers import column_names
from winnow.events.settings import IngestSettings
from winnow.study.expressions import Expression, parse
from winnow.study.files import InputFile


@dataclass(frozen=True)
class Plan:
    """The columns of one file: how each is read, and what is made of them."""

    derived: dict[str, Expression]
    selection: dict[str, Expression]
    numbers: tuple[str, ...]
    others: tuple[str, ...]
    checked: tuple[str, ...]
    weights: tuple[str, ...]
    identity: tuple[str, ...]
    process_column: str | None


def plan_of(file: InputFile, settings: IngestSettings) -> Plan:
    """Return what is read of a file.

    Raises:
        ConfigError: the file's class is none of the study's, or its process is told nowhere.
        DataError: the names of its columns cannot be read.
    """
    if file.class_name is not None and file.class_name not in settings.classes:
        raise ConfigError(
            f"config key `input.files[].class`: found {file.class_name!r} for {file.path}, expected"
            f" one of the classes {', '.join(settings.classes)}."
        )
    process_column = None if file.process is not None else settings.process_column
    if process_column is None and file.process is None and file.class_name is None:
        raise ConfigError(
            f"config key `input.files[].process`: missing for {file.path}; name the process of its"
            " events, or the column that holds it in `columns.process`."
        )
    derived = {name: parse(text) for name, text in settings.derived.items()}
    selection = {name: parse(text) for name, text in settings.selection.items()}
    checked: dict[str, None] = {}
    known: set[str] = set()
    for name, expression in derived.items():
        checked.update(dict.fromkeys(c for c in expression.columns if c not in known))
        known.add(name)
    uses = [settings.features, *(expression.columns for expression in selection.values())]
    checked.update(dict.fromkeys(name for use in uses for name in use if name not in known))
    weights = tuple(dict.fromkeys([*settings.weight, *settings.generator_weights]))
    numbers = tuple(dict.fromkeys([*checked, *(name for name in weights if name not in known)]))
    spectators = [name for name in settings.spectators if name not in known]
    identity = settings.event_id or column_names(file)
    others = [
        *(name for name in spectators if name not in numbers),
        *settings.event_id,
        *([process_column] if process_column is not None else []),
        *(name for name in identity if name not in numbers),
    ]
    return Plan(
        derived=derived,
        selection=selection,
        numbers=numbers,
        others=tuple(dict.fromkeys(others)),
        checked=(*checked, *(name for name in spectators if name not in checked)),
        weights=weights,
        identity=identity,
        process_column=process_column,
    )
