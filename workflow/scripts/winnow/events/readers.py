"""Streaming readers of event files: CSV, Parquet, ROOT trees and HDF5, a chunk of rows at a time.

Every format gives the same chunks, so that nothing after this module knows where events came from.
A fault of a whole file (missing, truncated, empty, a missing or duplicated column) is a DataError.
A fault of one row (text in a number, a wrong number of fields) comes as a `Defect` beside the
chunk, which then holds the other rows.

Rows are entries of a file, counted from 0, without header and blank lines.
"""

import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from winnow.errors import DataError, WinnowError
from winnow.events.chunks import Chunk, Defect, no_events
from winnow.events.numbers import converted
from winnow.events.reader import Reader
from winnow.remote import is_remote
from winnow.study.choices import FORMATS, part
from winnow.study.files import InputFile

NO_LISTS: Mapping[str, Sequence[str]] = MappingProxyType({})

_REJECT = "leave such rows out with `input.on_defect: reject`"


def reader_of(file: InputFile) -> Reader:
    """Return how files of a file's format are read."""
    found: Reader = part(FORMATS, file.format, "READER")
    return found


def entry_count(file: InputFile) -> int:
    """Return how many events a file holds, by its footer; of CSV about, by its first lines.

    Raises:
        DataError: the file is missing, empty or unreadable.
    """
    _check_file(file)
    with reading(file):
        reader = reader_of(file)
        return 0 if reader.is_bare(file) else reader.count(file)


def column_names(file: InputFile) -> tuple[str, ...]:
    """Return the names of all columns of a file, in its order, each once.

    Raises:
        DataError: the file is missing, empty or unreadable, or a name stands twice.
    """
    names = _names(file)
    _refuse_repeated(file, names, names)
    return names


def identity_columns(file: InputFile) -> tuple[str, ...]:
    """Return the columns by which an event is known where none are named: those of one value.

    Raises:
        DataError: the file is missing, empty or unreadable, a name stands twice, or no column has
            one value an event.
    """
    names, (_, several) = column_names(file), _layout(file)
    single = tuple(name for name in names if name not in several)
    if names and not single:
        raise DataError(
            f"{file.path}: no column has one value per event, by which events could be told apart."
            " Set `columns.event_id: [Entry$]`, the number of the entry in the file."
        )
    return single


def numbered_columns(file: InputFile, pattern: str) -> tuple[str, ...]:
    """Return the columns of a file that a pattern such as `PX_*` stands for, by rising number.

    Raises:
        DataError: there is none, or as of `column_names`.
    """
    before, _, after = pattern.partition("*")
    numbered = re.compile(f"{re.escape(before)}([0-9]+){re.escape(after)}")
    names = column_names(file)
    found = {int(match[1]): name for name in names if (match := numbered.fullmatch(name))}
    if not found:
        raise DataError(
            f"{file.path}: no column is called {pattern!r} with a number for the star. Correct "
            f"`columns.lists`. It has: {', '.join(names[:40])}."
        )
    return tuple(found[number] for number in sorted(found))


def unfit_columns(file: InputFile, wanted: Sequence[str]) -> tuple[dict[str, str], frozenset[str]]:
    """Return what of a file's columns cannot be read as one value an event.

    Returns:
        column → what the file has instead, of the wanted columns that it lacks; and all its columns
        that hold other things than one value an event.

    Raises:
        DataError: the file is missing or unreadable, or a wanted name stands twice.
    """
    names, several = _layout(file)
    _refuse_repeated(file, names, wanted)
    missing = dict(_missing_columns(file, wanted, names))
    with reading(file):
        bare = missing and reader_of(file).is_bare(file)
    return {} if bare else missing, several


def read_chunks(
    file: InputFile,
    numbers: Sequence[str],
    others: Sequence[str] = (),
    lists: Sequence[str] = (),
    numbered: Mapping[str, Sequence[str]] = NO_LISTS,
) -> Iterator[Chunk]:
    """Read some columns of a file, a bounded number of rows at a time, in the file's order.

    Args:
        file: the file.
        numbers: columns to read as float64.
        others: columns to read as they are; a column may stand in both.
        lists: columns to read as numbers, of which a row may have any number.
        numbered: further lists, each with the columns of one number a row that it is made of.

    Yields:
        Chunks; their rows and defects together are all rows of the file. A file without events
        gives one chunk without rows.

    Raises:
        DataError: the file is missing, unreadable or truncated; a column is missing, duplicated,
            not one number or text per event, or for `lists`, not numbers.
    """
    parts = itertools.chain.from_iterable(numbered.values())
    wanted = tuple(dict.fromkeys([*numbers, *others, *lists, *parts]))
    with reading(file):
        bare = reader_of(file).is_bare(file)
    if bare:
        yield no_events([*numbers, *lists, *numbered], others)
        return
    names = _names(file)
    _check_present(file, wanted, names)
    _refuse_repeated(file, names, wanted)
    raw_chunks = reader_of(file).read(file, wanted, frozenset(others))
    empty = True
    with ThreadPoolExecutor(max_workers=1) as ahead:  # decodes the next chunk meanwhile
        coming = ahead.submit(next, raw_chunks, None)
        while True:
            with reading(file):
                raw = coming.result()
                for column in () if raw is None else raw.columns.values():
                    column.validate(full=True)  # else damaged texts and lists fail later, anyhow
            if raw is None:
                break
            coming = ahead.submit(next, raw_chunks, None)
            empty = empty and not len(raw.rows) and not raw.defects
            if len(raw.rows) or raw.defects:
                yield converted(file, raw, numbers, others, lists, numbered)
    if empty:
        yield no_events([*numbers, *lists, *numbered], others)


def defect_message(file: InputFile, defect: Defect) -> str:
    """Return the message that shows the user a defect and how to mend it."""
    place = reader_of(file).place(file, defect.row)
    column = "" if defect.column is None else f", column {defect.column!r}"
    mend = defect.mend or "Correct the file"
    return (
        f"{file.path}, {place}{column}: found {defect.value}, expected {defect.expected}. "
        f"{mend}, or {_REJECT}."
    )


def _refuse_repeated(file: InputFile, names: Sequence[str], wanted: Sequence[str]) -> None:
    for name in sorted(set(wanted)):
        if names.count(name) > 1:
            raise DataError(
                f"{file.path}: column {name!r} stands {names.count(name)} times, "
                "expected once. Rename or remove the others."
            )


def _check_file(file: InputFile) -> None:
    if is_remote(file.path):  # whoever opens it says what is wrong with it
        return
    path = Path(file.path)
    if not path.is_file():
        raise DataError(f"{file.path}: no such file. Correct `input.files[].path`.")
    if path.stat().st_size == 0:
        raise DataError(f"{file.path}: the file is empty (0 bytes). Make it again.")


def _layout(file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
    _check_file(file)
    with reading(file):
        return reader_of(file).columns(file)


def _names(file: InputFile) -> tuple[str, ...]:
    _check_file(file)
    with reading(file):
        return reader_of(file).names(file)


@contextmanager
def reading(file: InputFile) -> Iterator[None]:
    """Turn whatever a decoder raises on a broken file into a DataError."""
    try:
        yield
    except WinnowError:
        raise
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file.path}: the file is not UTF-8 text ({error.reason} at byte {error.start})."
            " Convert it, or correct its `format`."
        ) from error
    except Exception as error:  # decoders of broken bytes raise errors of any class
        told = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{file.path}: cannot be read as {reader_of(file).title} ({told[:200]}). "
            "The file is truncated, damaged or of another format: copy or make it again, or"
            " correct its `format`."
        ) from error


def _check_present(file: InputFile, wanted: Sequence[str], names: Sequence[str]) -> None:
    for name, told in _missing_columns(file, wanted, names):
        raise DataError(f"{file.path}: column {name!r} is missing. {told}")


def _missing_columns(
    file: InputFile, wanted: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[str, str]]:
    absent = [name for name in wanted if name not in names]
    if not absent:
        return
    with reading(file):  # a large tree takes a while to open: once more only where it must be
        others = reader_of(file).aliases(file)
        told = reader_of(file).hint(file, names)
    for name in absent:
        if name in others:
            continue
        parts = [other for other in names if re.split("[./]", other)[-1] == name]
        close = parts[:3] or difflib.get_close_matches(name, names, 3)
        listed = ", ".join(names if len(names) <= 40 else [*names[:40], "…"])
        hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        yield name, f"{hint}{told}It has: {listed}."
