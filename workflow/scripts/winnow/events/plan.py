"""Which columns of a file are read, and what each is for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from winnow.columns import ENTRY
from winnow.errors import ConfigError
from winnow.events.readers import identity_columns, numbered_columns
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
    lists: tuple[str, ...] = ()
    numbered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shifted: dict[str, Expression] = field(default_factory=dict)


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
    shifted = {name: parse(text) for name, text in settings.shifted.items()}
    checked: dict[str, None] = {}
    lists: dict[str, None] = {}
    known: set[str] = set()

    def use(names: Iterable[str], listed: Collection[str] = ()) -> None:
        for name in names:
            if name not in known:
                (lists if name in listed else checked)[name] = None

    for name, expression in shifted.items():
        if name not in derived:
            # what is replaced is read, too: the same rows are defective as without a shift
            use([name, *expression.columns], expression.lists)
    for name, expression in derived.items():
        use(expression.columns, expression.lists)
        known.add(name)
        if name in shifted:
            use(shifted[name].columns, shifted[name].lists)
    use(settings.features)
    for expression in selection.values():
        use(expression.columns, expression.lists)
    use(settings.objects, settings.objects)
    weights = tuple(dict.fromkeys([*settings.weight, *settings.generator_weights]))
    numbers = tuple(dict.fromkeys([*checked, *(name for name in weights if name not in known)]))
    spectators = [name for name in settings.spectators if name not in known]
    of_lists = {
        name: numbered_columns(file, settings.lists[name])
        for name in lists
        if name in settings.lists
    }
    identity = settings.event_id or identity_columns(file)
    told = tuple(name for name in settings.event_id if name != ENTRY)
    others = [
        *(name for name in spectators if name not in numbers),
        *told,
        *([process_column] if process_column is not None else []),
        *([settings.sample] if settings.sample is not None else []),
        *(name for name in identity if name not in numbers and name != ENTRY),
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
        lists=tuple(name for name in lists if name not in numbers and name not in of_lists),
        numbered=of_lists,
        shifted=shifted,
    )
