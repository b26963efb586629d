"""Streaming readers of event files: CSV, Parquet, ROOT trees and HDF5, a chunk of rows at a time.

Every format gives the same chunks, so that nothing after this module knows where events came from.
A fault of a whole file (missing, truncated, empty, a missing or duplicated column) is a DataError.
A fault of one row (text in a number, a wrong number of fields) comes as a `Defect` beside the
chunk, which then holds the other rows.

Rows are entries of a file, counted from 0, without header and blank lines.
"""

import csv
import difflib
import gzip
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import uproot
from numpy.typing import NDArray

from winnow.errors import DataError, WinnowError
from winnow.identity import spelled_number
from winnow.study.files import Format, InputFile

FORMAT_NAMES: dict[Format, str] = {
    "csv": "CSV",
    "parquet": "Parquet",
    "root": "ROOT",
    "hdf5": "HDF5",
}

CHUNK_ROWS = 65_536
_EXACT_CSV_ROWS = 16_384
_CSV_BLOCK_BYTES = 1 << 21
_TREE_CLASSES = ("TTree", "TNtuple", "TNtupleD", "TNtupleF")
_NTUPLE_CLASSES = ("ROOT::RNTuple", "ROOT::Experimental::RNTuple")
_DELIMITERS = {"commas": ",", "semicolons": ";", "tabs": "\t", "blanks": " ", "bars": "|"}
_COMMENT = "#"
_NTUPLE_NUMBER = r"(std::)?(u?int(8|16|32|64)_t|float|double|bool|char|byte)|(long|short|int) ?\w*"
_EXACT = 2**53
_SAFE_INTEGER = "an integer that a float64 holds exactly, as all up to 2**53 are"
_REJECT = "leave such rows out with `input.on_defect: reject`"


@dataclass(frozen=True)
class Defect:
    """What is wrong with a row.

    Attributes:
        row: entry in the file, counted from 0.
        column: column in which it was found; None: the row as a whole.
        value: what was found, as text.
        reason: kind of defect, the same words for the same kind.
        expected: what was expected there.
        mend: what to change, where that is not the file or `input.on_defect`.
    """

    row: int
    column: str | None
    value: str
    reason: str
    expected: str
    mend: str = ""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file.

    Attributes:
        rows: entry in the file of each row, rising: (n,) int64.
        numbers: column → (n,) float64, NaN where the cell is empty or null.
        others: column → array of length n, of the type it has in the file (CSV: text).
        defects: rows left out, one defect each.
        halves: the columns of numbers that the file holds as float16.
    """

    rows: NDArray[np.int64]
    numbers: dict[str, NDArray[np.float64]]
    others: dict[str, pa.Array]
    defects: tuple[Defect, ...]
    halves: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _RawChunk:
    rows: NDArray[np.int64]
    columns: dict[str, pa.Array]
    defects: tuple[Defect, ...] = ()


def entry_count(file: InputFile) -> int:
    """Return how many events a file holds, by its footer; of CSV about, by its first lines.

    Raises:
        DataError: the file is missing, empty or unreadable.
    """
    _check_file(file)
    with _reading(file):
        return 0 if file.format == "root" and _is_bare(file) else _COUNTS[file.format](file)


def _csv_count(file: InputFile) -> int:
    """Return the file's size over that of its first lines, packed as they are."""
    with Path(file.path).open("rb") as packed:
        stream = gzip.GzipFile(fileobj=packed) if _is_gzip(file.path) else packed
        sample = stream.read(_CSV_BLOCK_BYTES)
        whole = len(sample) < _CSV_BLOCK_BYTES
        share = 1.0 if whole else packed.tell() / Path(file.path).stat().st_size
    return max(0, round(sample.count(b"\n") / share) - (file.columns is None))


def _parquet_count(file: InputFile) -> int:
    return int(pq.read_metadata(file.path).num_rows)


def _root_count(file: InputFile) -> int:
    with uproot.open(file.path) as directory:
        return int(_tree(file, directory).num_entries)


def _hdf5_count(file: InputFile) -> int:
    with h5py.File(file.path) as root:
        key = _hdf5_key(file, root)
        node = root[key]
        if _pandas_kind(node) is None:
            names = _plain_hdf5_names(file, key, node)
            return len(node[names[0]]) if isinstance(node, h5py.Group) else len(node)
    with _pandas_store(file) as store:
        return int(store.get_storer(key).nrows)


_COUNTS: Mapping[Format, Callable[[InputFile], int]] = {
    "csv": _csv_count,
    "parquet": _parquet_count,
    "root": _root_count,
    "hdf5": _hdf5_count,
}


def column_names(file: InputFile) -> tuple[str, ...]:
    """Return the names of all columns of a file, in its order, each once.

    Raises:
        DataError: the file is missing, empty or unreadable, or a name stands twice.
    """
    names = _names(file)
    _refuse_repeated(file, names, names)
    return names


def _refuse_repeated(file: InputFile, names: Sequence[str], wanted: Sequence[str]) -> None:
    for name in sorted(set(wanted)):
        if names.count(name) > 1:
            raise DataError(
                f"{file.path}: column {name!r} stands {names.count(name)} times, "
                "expected once. Rename or remove the others."
            )


def _check_file(file: InputFile) -> None:
    path = Path(file.path)
    if not path.is_file():
        raise DataError(f"{file.path}: no such file. Correct `input.files[].path`.")
    if path.stat().st_size == 0:
        raise DataError(f"{file.path}: the file is empty (0 bytes). Make it again.")


def _names(file: InputFile) -> tuple[str, ...]:
    _check_file(file)
    with _reading(file):
        return _NAMES[file.format](file)


def read_chunks(
    file: InputFile, numbers: Sequence[str], others: Sequence[str] = ()
) -> Iterator[Chunk]:
    """Read some columns of a file, a bounded number of rows at a time, in the file's order.

    Args:
        file: the file.
        numbers: columns to read as float64.
        others: columns to read as they are; a column may stand in both.

    Yields:
        Chunks; their rows and defects together are all rows of the file. A file without events
        gives one chunk without rows.

    Raises:
        DataError: the file is missing, unreadable or truncated; a column is missing, duplicated,
            not one number or text per event.
    """
    wanted = tuple(dict.fromkeys([*numbers, *others]))
    with _reading(file):
        bare = file.format == "root" and _is_bare(file)
    if bare:
        yield _no_events(numbers, others)
        return
    names = _names(file)
    _check_present(file, wanted, names)
    _refuse_repeated(file, names, wanted)
    raw_chunks = _CHUNKS[file.format](file, wanted, frozenset(others))
    empty = True
    with ThreadPoolExecutor(max_workers=1) as ahead:  # decodes the next chunk meanwhile
        coming = ahead.submit(next, raw_chunks, None)
        while True:
            with _reading(file):
                raw = coming.result()
            if raw is None:
                break
            coming = ahead.submit(next, raw_chunks, None)
            empty = empty and not len(raw.rows) and not raw.defects
            if len(raw.rows) or raw.defects:
                yield _converted(file, raw, numbers, others)
    if empty:
        yield _no_events(numbers, others)


def _no_events(numbers: Sequence[str], others: Sequence[str]) -> Chunk:
    none = np.empty(0)
    return Chunk(
        none.astype(np.int64),
        dict.fromkeys(numbers, none),
        dict.fromkeys(others, pa.array([], pa.string())),
        (),
    )


def defect_message(file: InputFile, defect: Defect) -> str:
    """Return the message that shows the user a defect and how to mend it."""
    place = _place(file, defect.row)
    column = "" if defect.column is None else f", column {defect.column!r}"
    mend = defect.mend or "Correct the file"
    return (
        f"{file.path}, {place}{column}: found {defect.value}, expected {defect.expected}. "
        f"{mend}, or {_REJECT}."
    )


def _place(file: InputFile, row: int) -> str:
    if file.format != "csv":
        return f"entry {row} (counted from 0)"
    records = itertools.islice(_csv_records(file), row, None)
    line, _ = next(records)
    return f"line {line}"


@contextmanager
def _reading(file: InputFile) -> Iterator[None]:
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
            f"{file.path}: cannot be read as {FORMAT_NAMES[file.format]} ({told[:200]}). "
            "The file is truncated, damaged or of another format: copy or make it again, or"
            " correct its `format`."
        ) from error


def missing_columns(file: InputFile, wanted: Sequence[str]) -> dict[str, str]:
    """Return column → what the file has instead, of the wanted columns that a file lacks.

    Raises:
        DataError: the file is missing or unreadable, or a wanted name stands twice.
    """
    names = _names(file)
    _refuse_repeated(file, names, wanted)
    missing = dict(_missing_columns(file, wanted, names))
    with _reading(file):
        return {} if missing and file.format == "root" and _is_bare(file) else missing


def _check_present(file: InputFile, wanted: Sequence[str], names: Sequence[str]) -> None:
    for name, told in _missing_columns(file, wanted, names):
        raise DataError(f"{file.path}: column {name!r} is missing. {told}")


def _missing_columns(
    file: InputFile, wanted: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[str, str]]:
    absent = [name for name in wanted if name not in names]
    # a large tree takes a while to open: once more only where it must be
    others = _root_aliases(file) if absent and file.format == "root" else frozenset()
    for name in absent:
        if name in others:
            continue
        parts = [other for other in names if re.split("[./]", other)[-1] == name]
        close = parts[:3] or difflib.get_close_matches(name, names, 3)
        listed = ", ".join(names if len(names) <= 40 else [*names[:40], "…"])
        hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        if (
            file.format == "csv"
            and file.columns is None
            and any(spelled_number(name) is not None for name in names)
        ):
            hint += (
                "The first line holds numbers: name the columns of a file without header in"
                " `input.files[].columns`. "
            )
        if file.format == "csv" and len(names) == 1:
            hint += _other_delimiter(file, names[0])
        yield name, f"{hint}It has: {listed}."


def _other_delimiter(file: InputFile, line: str) -> str:
    counts = {kind: line.count(character) for kind, character in _DELIMITERS.items()}
    kind, count = max(counts.items(), key=lambda item: item[1])
    if not count:
        return ""
    return (
        f"The first line has no {file.delimiter!r}, but {count} {kind}: set "
        f"`input.files[].delimiter` to {_DELIMITERS[kind]!r}. "
    )


# Conversion to numbers ---------------------------------------------------------------------------


def _converted(
    file: InputFile, raw: _RawChunk, numbers: Sequence[str], others: Sequence[str]
) -> Chunk:
    good = np.ones(len(raw.rows), dtype=bool)
    defects = list(raw.defects)
    values: dict[str, NDArray[np.float64]] = {}
    for name in numbers:
        values[name], bad, reason, expected = as_numbers(file, name, raw.columns[name])
        if bad is None:
            continue
        for position in np.flatnonzero(bad & good):
            value = repr(raw.columns[name][int(position)].as_py())[:80]
            defects.append(Defect(int(raw.rows[position]), name, value, reason, expected))
        good &= ~bad
    rest = {name: raw.columns[name] for name in others}
    halves = frozenset(n for n in raw.columns if pa.types.is_float16(raw.columns[n].type))
    if good.all():
        return Chunk(raw.rows, values, rest, tuple(defects), halves)
    mask = pa.array(good)
    return Chunk(
        raw.rows[good],
        {name: column[good] for name, column in values.items()},
        {name: column.filter(mask) for name, column in rest.items()},
        tuple(sorted(defects, key=lambda defect: defect.row)),
        halves,
    )


def _decoded(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string()) if pa.types.is_string_view(array.type) else array


def as_numbers(
    file: InputFile, name: str, array: pa.Array
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None, str, str]:
    """Return a column as float64 (NaN: null or empty), and what is wrong with it.

    Returns:
        Values (n,), which are defective (n,) or None, the reason, and what was expected.

    Raises:
        DataError: the column is of a type that holds no numbers.
    """
    array = _decoded(array)
    kind = array.type
    if pa.types.is_integer(kind):
        try:
            return _plain(array.cast(pa.float64())), None, "", ""
        except pa.ArrowInvalid:
            values = _plain(array.cast(pa.float64(), safe=False))
            return values, _inexact(array, values), "integer too large", _SAFE_INTEGER
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return _plain(array.cast(pa.float64())), None, "", ""
    if pa.types.is_boolean(kind):
        return _plain(array.cast(pa.uint8()).cast(pa.float64())), None, "", ""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values, bad = text_as_numbers(array, file.decimal)
        large = _inexact(array, values)
        if bad is None:
            return values, large, "integer too large", _SAFE_INTEGER
        return values, bad if large is None else bad | large, "text in a number", "a number"
    raise _no_number(file, name, kind)


def _no_number(file: InputFile, name: str, kind: object) -> DataError:
    return DataError(
        f"{file.path}: column {name!r} is of type {kind}, expected numbers. "
        "Remove it from the config, or convert it."
    )


def _inexact(array: pa.Array, values: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Return which integers, or texts that spell them, are not their float64; None: all are."""
    doubtful = np.flatnonzero(np.abs(values) >= _EXACT)
    bad = np.zeros(len(values), dtype=bool)
    for position in doubtful:
        found = array[int(position)].as_py()
        number = spelled_number(found.strip()) if isinstance(found, str) else found
        bad[position] = isinstance(number, int) and number != int(values[position])
    return bad if bad.any() else None


def _plain(array: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = array.to_numpy(zero_copy_only=False)
    return values


def text_as_numbers(
    texts: pa.Array, decimal: str = "."
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Return the numbers that texts spell (NaN: empty) and which spell none (None: all do)."""
    trimmed = pc.utf8_trim_whitespace(_with_point(texts, decimal))
    filled = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)
    try:
        return _plain(filled.cast(pa.float64())), None
    except pa.ArrowInvalid:
        cells = filled.to_pylist()
    bad = np.array([cell is not None and spelled_number(cell) is None for cell in cells])
    values = np.array(
        [np.nan if cell is None or wrong else float(cell)
         for cell, wrong in zip(cells, bad, strict=True)]
    )  # fmt: skip
    return values, bad if bad.any() else None


# CSV ---------------------------------------------------------------------------------------------


def _is_gzip(path: str) -> bool:
    with Path(path).open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _csv_rows(file: InputFile) -> Iterator[tuple[int, list[str]]]:
    """Yield line (counted from 1) and fields of every row that is not blank, header included.

    Lines before it that begin with # are comments; where the first other line holds numbers, the
    last of them is the header.
    """
    opener = gzip.open if _is_gzip(file.path) else open
    with opener(file.path, "rt", encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=file.delimiter)
        rows = ((reader.line_num, fields) for fields in reader if fields)
        comments, first = None, next(rows, None)
        while first is not None and first[1][0].startswith(_COMMENT):
            comments, first = first, next(rows, None)
        if comments is not None and file.columns is None and _holds_numbers(first):
            # a header behind the comment sign, as numpy.savetxt writes it
            line, fields = comments
            yield line, [fields[0].removeprefix(_COMMENT), *fields[1:]]
        if first is not None:
            yield first
        yield from rows


def _holds_numbers(row: tuple[int, list[str]] | None) -> bool:
    return row is None or any(spelled_number(field.strip()) is not None for field in row[1])


def _csv_records(file: InputFile) -> Iterator[tuple[int, list[str]]]:
    """Yield line (counted from 1) and fields of every entry."""
    return itertools.islice(_csv_rows(file), 0 if file.columns else 1, None)


def _csv_names(file: InputFile) -> tuple[str, ...]:
    first = next(_csv_rows(file), None)
    if first is None:
        raise DataError(f"{file.path}: the file has no lines. Make it again.")
    _, fields = first
    if file.columns is None:
        return tuple(name.strip() for name in fields)
    if len(fields) != len(file.columns):
        raise DataError(
            f"{file.path}: the first line has {len(fields)} fields, but `input.files[].columns` "
            f"names {len(file.columns)}. Name every column of the file, in its order."
        )
    return file.columns


def _read_csv(
    file: InputFile, wanted: Sequence[str], as_text: frozenset[str]
) -> Iterator[_RawChunk]:
    """Parse with Arrow; from the first block that it refuses on, find the defects one by one."""
    names = _csv_names(file)
    _refuse_open_quote(file)
    first_row = 0
    texts = as_text
    batches = _arrow_batches(file, names, wanted, texts)
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except pa.ArrowInvalid:
            break
        large = {name for name in wanted if name not in texts and _is_large(batch.column(name))}
        if large:
            # whether a float64 is what the file says is to be seen from its text alone
            texts |= large
            batches = _arrow_batches(file, names, wanted, texts)
            seen = 0
            while seen < first_row:
                seen += next(batches).num_rows
            continue
        rows = np.arange(first_row, first_row + batch.num_rows)
        first_row += batch.num_rows
        yield _RawChunk(rows, {name: batch.column(name) for name in wanted})
    yield from _exact_csv(file, names, wanted, first_row)


def _refuse_open_quote(file: InputFile) -> None:
    """Refuse a quote that is never closed: all rows behind it would be one cell's text."""
    opener = gzip.open if _is_gzip(file.path) else open
    count = 0
    with opener(file.path, "rb") as stream:
        while block := stream.read(_CSV_BLOCK_BYTES):
            count += block.count(b'"')
    if count % 2 == 0:
        return
    with opener(file.path, "rt", encoding="utf-8-sig", newline="") as text:
        lines: list[str] = []
        reader = csv.reader(_kept(text, lines), delimiter=file.delimiter)
        begin, record = 1, list[str]()
        for _ in reader:
            begin, record = reader.line_num - len(lines) + 1, lines.copy()
            lines.clear()
    try:
        list(csv.reader(record, delimiter=file.delimiter, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise DataError(
                f"{file.path}: a quote that opens on line {begin} is never closed, so that the rest"
                f" of the file ({len(record)} lines) is one row. Close it, or remove it."
            ) from error


def _kept(lines: Iterable[str], kept: list[str]) -> Iterator[str]:
    for line in lines:
        kept.append(line)
        yield line


def _is_large(column: pa.Array) -> bool:
    """Return whether a column holds a whole number that may not be the one in the file."""
    values = column.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        return bool(np.any((np.abs(values) >= _EXACT) & np.isfinite(values)))


def _arrow_batches(
    file: InputFile, names: Sequence[str], wanted: Sequence[str], as_text: frozenset[str]
) -> Iterator[pa.RecordBatch]:
    first_line = next(_csv_rows(file))[0]
    header_lines = first_line - 1 if file.columns else first_line
    unique = [name if names.index(name) == i else f"{name}\0{i}" for i, name in enumerate(names)]
    compression = "gzip" if _is_gzip(file.path) else None
    types = {name: pa.string() if name in as_text else pa.float64() for name in wanted}
    with (
        pa.input_stream(file.path, compression=compression) as stream,
        pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(
                column_names=unique, skip_rows=header_lines, block_size=_CSV_BLOCK_BYTES
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=file.delimiter, newlines_in_values=True
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=types,
                include_columns=wanted,
                null_values=[""],
                decimal_point=file.decimal,
            ),
        ) as reader,
    ):
        yield from reader


def _with_point(texts: pa.Array, decimal: str) -> pa.Array:
    if decimal == ".":
        return texts
    # 1.234 is 1234 to whoever writes decimal commas: a point spells no number there
    texts = pc.replace_substring(texts, ".", "?")
    return pc.replace_substring(texts, decimal, ".")


def _exact_csv(
    file: InputFile,
    names: Sequence[str],
    wanted: Sequence[str],
    first_row: int,
) -> Iterator[_RawChunk]:
    positions = [names.index(name) for name in wanted]
    entries = itertools.islice(enumerate(_csv_records(file)), first_row, None)
    while block := list(itertools.islice(entries, _EXACT_CSV_ROWS)):
        rows, cells, defects = [], [], []
        for row, (_, fields) in block:
            if len(fields) != len(names):
                defects.append(
                    Defect(
                        row=row,
                        column=None,
                        value=f"{len(fields)} field{'s' if len(fields) != 1 else ''}",
                        reason="ragged row",
                        expected=f"{len(names)} as in the header"
                        if file.columns is None
                        else f"{len(names)} as in `input.files[].columns`",
                    )
                )
                continue
            rows.append(row)
            cells.append([fields[position] for position in positions])
        columns: Iterable[Sequence[str]] = (
            zip(*cells, strict=True) if cells else ([] for _ in wanted)
        )
        yield _RawChunk(
            np.array(rows, dtype=np.int64),
            {
                name: pa.array(column, pa.string())
                for name, column in zip(wanted, columns, strict=True)
            },
            tuple(defects),
        )


# Parquet -----------------------------------------------------------------------------------------


def _parquet_names(file: InputFile) -> tuple[str, ...]:
    with pq.ParquetFile(file.path) as parquet:
        return tuple(parquet.schema_arrow.names)


def _read_parquet(
    file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]
) -> Iterator[_RawChunk]:
    with pq.ParquetFile(file.path, pre_buffer=False) as parquet:  # else it keeps what it read
        for name in wanted:
            kind = parquet.schema_arrow.field(name).type
            if pa.types.is_nested(kind):
                raise _several_values(file, name, str(kind))
        first_row = 0
        for batch in parquet.iter_batches(batch_size=CHUNK_ROWS, columns=list(wanted)):
            rows = np.arange(first_row, first_row + batch.num_rows)
            first_row += batch.num_rows
            yield _RawChunk(rows, {name: batch.column(name) for name in wanted})


def _several_values(file: InputFile, name: str, kind: str) -> DataError:
    return DataError(
        f"{file.path}: column {name!r} holds several values per event ({kind}), expected one. "
        "Write the values that are needed to columns of their own; without `columns.event_id`, all"
        " columns of the file are read."
    )


# ROOT --------------------------------------------------------------------------------------------


def _is_tree(kind: str) -> bool:
    return kind in _TREE_CLASSES or kind in _NTUPLE_CLASSES


def _tree(file: InputFile, directory: Any) -> Any:
    """Return the tree or RNTuple of the file, of several cycles the latest."""
    size = Path(file.path).stat().st_size
    if size < directory.file.fEND:
        raise EOFError(f"{size} of {directory.file.fEND} bytes are there")
    trees = [name for name, kind in directory.classnames(cycle=False).items() if _is_tree(kind)]
    trees = list(dict.fromkeys(trees))
    if file.tree is not None and file.tree not in trees:
        raise DataError(
            f"{file.path}: there is no tree {file.tree!r}; it has: {', '.join(trees) or 'none'}. "
            "Correct `input.files[].tree`."
        )
    if file.tree is None and len(trees) != 1:
        raise DataError(
            f"{file.path}: the file has {len(trees)} trees ({', '.join(trees) or 'none'}), expected"
            " one. Name it in `input.files[].tree`."
        )
    return directory[file.tree or trees[0]]


@dataclass(frozen=True)
class _RootColumn:
    """A number or text an entry: a branch, a leaf of one, or a field of an RNTuple.

    Attributes:
        name: its own name where no other column has it, else its path.
        path: names of the branches above it and its own, `/` between them.
        branch: the branch or field that is read.
        leaf: which leaf of the branch, None: the branch has one.
        entries: entries of the branch.
        kind: type, for a message, None: one value an entry.
    """

    name: str
    path: str
    branch: Any
    leaf: str | None
    entries: int
    kind: str | None

    @property
    def names(self) -> set[str]:
        """What it may be called, its name apart."""
        return {self.path, self.path.replace("/", "."), self.path.rsplit("/", 1)[-1]}


def _root_columns(tree: Any) -> list[_RootColumn]:
    found = list(_ntuple_columns(tree) if _is_ntuple(tree) else _tree_columns(tree))
    own = [column.path.rsplit("/", 1)[-1] for column in found]
    return [
        replace(column, name=name if own.count(name) == 1 else column.path.replace("/", "."))
        for column, name in zip(found, own, strict=True)
    ]


def _is_ntuple(tree: Any) -> bool:
    return not hasattr(tree, "branches")


def _ntuple_columns(tree: Any) -> Iterator[_RootColumn]:
    fields = dict(tree.items())  # to ask for one takes a slash in its name for a folder
    for path, found in fields.items():
        if any(other.startswith(f"{path}.") for other in fields):
            continue
        kind = found.typename
        single = kind == "std::string" or re.fullmatch(_NTUPLE_NUMBER, kind)
        yield _RootColumn(
            path, path, found, None, int(tree.num_entries), None if single else str(kind)
        )


def _tree_columns(tree: Any) -> Iterator[_RootColumn]:
    for path, branch in tree.iteritems(recursive=True):
        if len(branch.branches):
            continue
        path, entries = path.replace("./", "/"), int(branch.num_entries)
        own = path.rsplit("/", 1)[-1]
        if "/" in path and own.startswith(f"{path.split('/')[-2]}."):
            path = f"{path.rsplit('/', 1)[0]}/{own.split('.', 1)[1]}"
        interpretation = branch.interpretation
        leaves = getattr(getattr(interpretation, "to_dtype", None), "names", None)
        if leaves is not None and isinstance(interpretation, uproot.AsDtype):
            for leaf in leaves:
                single = interpretation.to_dtype[leaf].shape in ((), (1,))
                kind = None if single else str(interpretation.to_dtype[leaf])
                name = f"{path}/{leaf}"
                yield _RootColumn(name, name, branch, leaf, entries, kind)
            continue
        kind = None if _holds_one_value(interpretation) else str(branch.typename)
        yield _RootColumn(path, path, branch, None, entries, kind)


def _root_aliases(file: InputFile) -> frozenset[str]:
    """Return the names, beside their own, that columns may be called."""
    with _reading(file), uproot.open(file.path) as directory:
        columns = _root_columns(_tree(file, directory))
        names = frozenset().union(*(column.names for column in columns))
        return frozenset(name for name in names if _resolved(columns, name) is not None)


def _is_bare(file: InputFile) -> bool:
    """Return whether the tree has neither entries nor branches, as an empty skim may have."""
    if not Path(file.path).is_file() or Path(file.path).stat().st_size == 0:
        return False
    with uproot.open(file.path) as directory:
        tree = _tree(file, directory)
        return not tree.num_entries and not len(tree.keys())


def _root_names(file: InputFile) -> tuple[str, ...]:
    with uproot.open(file.path) as directory:
        return tuple(column.name for column in _root_columns(_tree(file, directory)))


def _holds_one_value(interpretation: Any) -> bool:
    if isinstance(interpretation, uproot.AsStrings):
        return True
    return (
        isinstance(interpretation, uproot.AsDtype)
        and interpretation.to_dtype.names is None
        and interpretation.to_dtype.shape in ((), (1,))
    )


def _resolved(columns: Sequence[_RootColumn], name: str) -> _RootColumn | None:
    """Return the column that a name is of: its own, or one that no other column has."""
    own = [column for column in columns if column.name == name]
    alike = own or [column for column in columns if name in column.names]
    return alike[0] if len(alike) == 1 or own else None


def _read_root(
    file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]
) -> Iterator[_RawChunk]:
    with uproot.open(file.path) as directory:
        tree = _tree(file, directory)
        known = _root_columns(tree)
        columns = {name: column for name in wanted if (column := _resolved(known, name))}
        for name, column in columns.items():
            if column.kind is not None:
                raise _several_values(file, name, column.kind)
            if column.entries != tree.num_entries:
                raise DataError(
                    f"{file.path}: branch {name!r} has {column.entries} entries, but its tree "
                    f"{tree.name!r} has {tree.num_entries}, so that it cannot be known which value "
                    "belongs to which event. Make the file again, filling the branch for every "
                    "event, or remove it from the config."
                )
        first_row = 0
        for arrays in _root_arrays(tree, columns):
            length = len(next(iter(arrays.values())))
            rows = np.arange(first_row, first_row + length)
            first_row += length
            values = {name: pa.array(array.reshape(length)) for name, array in arrays.items()}
            yield _RawChunk(rows, values)


def _root_arrays(
    tree: Any, columns: Mapping[str, _RootColumn]
) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the arrays of the columns, a chunk at a time.

    A branch inside another one is read by itself: uproot finds branches by the last part of their
    names, and would take that of another one for it.
    """
    outer = {
        name: column.branch.name for name, column in columns.items() if column.branch.parent is tree
    }
    inner = {name: column.branch for name, column in columns.items() if name not in outer}
    steps = range(0, int(tree.num_entries), CHUNK_ROWS)
    wanted = set(outer.values())
    together = (
        tree.iterate(filter_name=lambda name: name in wanted, step_size=CHUNK_ROWS, library="np")
        if outer
        else itertools.repeat({})
    )
    for start, arrays in zip(steps, together, strict=False):
        stop = min(start + CHUNK_ROWS, int(tree.num_entries))
        found = {name: arrays[branch] for name, branch in outer.items()}
        for name, branch in inner.items():
            found[name] = branch.array(entry_start=start, entry_stop=stop, library="np")
        yield {
            name: array if columns[name].leaf is None else array[columns[name].leaf]
            for name, array in found.items()
        }


# HDF5 --------------------------------------------------------------------------------------------


def _hdf5_key(file: InputFile, root: h5py.File) -> str:
    """Return the name of the table, group or data set that holds the events."""
    if file.key is not None:
        if file.key not in root:
            raise DataError(
                f"{file.path}: there is no key {file.key!r}; it has: {', '.join(root)}. "
                "Correct `input.files[].key`."
            )
        return file.key
    if root and all(isinstance(item, h5py.Dataset) and item.ndim == 1 and item.dtype.names is None
                    for item in root.values()):  # fmt: skip
        return "/"
    if len(root) != 1:
        raise DataError(
            f"{file.path}: the file has {len(root)} keys ({', '.join(root) or 'none'}), expected"
            " one. Name it in `input.files[].key`."
        )
    return str(next(iter(root)))


def _pandas_kind(node: h5py.Group | h5py.Dataset) -> str | None:
    kind = node.attrs.get("pandas_type")
    return kind.decode() if isinstance(kind, bytes) else kind


def _pandas_store(file: InputFile) -> Any:
    return pd.HDFStore(file.path, "r")


def _hdf5_names(file: InputFile) -> tuple[str, ...]:
    with h5py.File(file.path) as root:
        key = _hdf5_key(file, root)
        node = root[key]
        if _pandas_kind(node) is None:
            return _plain_hdf5_names(file, key, node)
        if _pandas_kind(node) != "frame_table":
            raise DataError(
                f"{file.path}: {key!r} is in pandas' fixed format, which cannot be read in pieces."
                " Write it with to_hdf(..., format='table')."
            )
    with _pandas_store(file) as store:
        return tuple(str(name) for name in store.get_storer(key).non_index_axes[0][1])


def _plain_hdf5_names(
    file: InputFile, key: str, node: h5py.Group | h5py.Dataset
) -> tuple[str, ...]:
    if isinstance(node, h5py.Group):
        columns = {name: item for name, item in node.items() if isinstance(item, h5py.Dataset)}
        lengths = {name: len(item) for name, item in columns.items() if item.ndim}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise DataError(
                f"{file.path}: the data sets of {key!r} differ in length ({told}), expected one"
                " value per event in each. Name another group in `input.files[].key`."
            )
        return tuple(lengths)
    if node.dtype.names is not None:
        return tuple(node.dtype.names)
    if node.ndim == 1:
        return (key.rsplit("/", 1)[-1],)
    if file.columns is None:
        raise DataError(
            f"{file.path}: the data set {key!r} of shape {node.shape} has no column names. "
            "List them in `input.files[].columns`."
        )
    if node.ndim != 2 or node.shape[1] != len(file.columns):
        raise DataError(
            f"{file.path}: the data set {key!r} has the shape {node.shape}, but "
            f"`input.files[].columns` names {len(file.columns)} columns. Name every column, in"
            " order."
        )
    return file.columns


def _read_hdf5(
    file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]
) -> Iterator[_RawChunk]:
    with h5py.File(file.path) as root:
        key = _hdf5_key(file, root)
        if _pandas_kind(root[key]) is None:
            yield from _read_plain_hdf5(file, root[key], wanted)
            return
    with _pandas_store(file) as store:
        total = store.get_storer(key).nrows
        # a name may be a number to pandas, and is a text in a config
        own = {str(name): name for name in store.get_storer(key).non_index_axes[0][1]}
        chosen = [own[name] for name in wanted]
        for start in range(0, total, CHUNK_ROWS):
            stop = min(start + CHUNK_ROWS, total)
            frame = store.select(key, start=start, stop=stop, columns=chosen)
            columns = {name: pa.array(frame[own[name]], from_pandas=True) for name in wanted}
            yield _RawChunk(np.arange(start, stop), columns)


def _read_plain_hdf5(
    file: InputFile, node: h5py.Group | h5py.Dataset, wanted: Sequence[str]
) -> Iterator[_RawChunk]:
    names = _plain_hdf5_names(file, node.name, node)
    if isinstance(node, h5py.Group):
        for name in wanted:
            if node[name].ndim != 1:
                raise _several_values(file, name, f"shape {node[name].shape[1:]}")
        total = len(node[wanted[0]])
    else:
        total = len(node)
    for start in range(0, total, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, total)
        if isinstance(node, h5py.Group):
            arrays = {name: node[name][start:stop] for name in wanted}
        else:
            block = node[start:stop]
            arrays = {
                name: block[name]
                if block.dtype.names is not None
                else block.reshape(len(block), -1)[:, names.index(name)]
                for name in wanted
            }
        columns = {name: _hdf5_array(file, name, array) for name, array in arrays.items()}
        yield _RawChunk(np.arange(start, stop), columns)


def _hdf5_array(file: InputFile, name: str, array: NDArray[Any]) -> pa.Array:
    if array.ndim != 1:
        raise _several_values(file, name, f"shape {array.shape[1:]}")
    if array.dtype.kind == "O" and any(isinstance(item, np.ndarray) for item in array):
        raise _several_values(file, name, "arrays of variable length")
    if array.dtype.kind in "cV":
        raise _no_number(file, name, array.dtype)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    if array.dtype.kind in "SO":
        return pa.array(
            [item.decode() if isinstance(item, bytes) else item for item in array], pa.string()
        )
    return pa.array(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")))


_NAMES: Mapping[Format, Callable[[InputFile], tuple[str, ...]]] = {
    "csv": _csv_names,
    "parquet": _parquet_names,
    "root": _root_names,
    "hdf5": _hdf5_names,
}
_CHUNKS: Mapping[
    Format, Callable[[InputFile, Sequence[str], frozenset[str]], Iterator[_RawChunk]]
] = {
    "csv": _read_csv,
    "parquet": _read_parquet,
    "root": _read_root,
    "hdf5": _read_hdf5,
}
