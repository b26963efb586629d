"""CSV, packed with gzip or not: the only format that has to be understood line by line."""

import csv
import gzip
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from winnow.errors import DataError
from winnow.events.chunks import Defect, RawChunk
from winnow.events.reader import Reader
from winnow.identity import LARGEST_WHOLE, spelled_number
from winnow.study.files import InputFile

ENDINGS = (".csv", ".csv.gz", ".txt", ".txt.gz")
KEYS = ("columns", "delimiter", "decimal")

_EXACT_ROWS = 16_384
_BLOCK_BYTES = 1 << 21
DELIMITERS = {"commas": ",", "semicolons": ";", "tabs": "\t", "blanks": " ", "bars": "|"}
_COMMENT = "#"
_LONGEST = 1 << 24
"""Characters of a line: more are no row of a table, but another thing that is called CSV."""
_MOST_BLANK = 1_000_000
"""Blank lines before the first other one."""


def _count(file: InputFile) -> int:
    """Return the file's size over that of its first lines, packed as they are."""
    with Path(file.path).open("rb") as packed:
        stream = gzip.GzipFile(fileobj=packed) if _is_gzip(file.path) else packed
        sample = stream.read(_BLOCK_BYTES)
        whole = len(sample) < _BLOCK_BYTES
        share = 1.0 if whole else packed.tell() / Path(file.path).stat().st_size
    return max(0, round(sample.count(b"\n") / share) - (file.columns is None))


def _names(file: InputFile) -> tuple[str, ...]:
    first = next(_rows(file), None)
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


def _read(file: InputFile, wanted: Sequence[str], as_text: frozenset[str]) -> Iterator[RawChunk]:
    """Parse with Arrow; from the first block that it refuses on, find the defects one by one."""
    names = _names(file)
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
        yield RawChunk(rows, {name: batch.column(name) for name in wanted})
    yield from _exact(file, names, wanted, first_row)


def _hint(file: InputFile, names: Sequence[str]) -> str:
    hint = ""
    if file.columns is None and any(spelled_number(name) is not None for name in names):
        hint += (
            "The first line holds numbers: name the columns of a file without header in"
            " `input.files[].columns`. "
        )
    return hint + _other_delimiter(file, names[0]) if len(names) == 1 else hint


def _place(file: InputFile, row: int) -> str:
    line, _ = next(itertools.islice(_records(file), row, None))
    return f"line {line}"


def _other_delimiter(file: InputFile, line: str) -> str:
    counts = {kind: line.count(character) for kind, character in DELIMITERS.items()}
    kind, count = max(counts.items(), key=lambda item: item[1])
    if not count:
        return ""
    return (
        f"The first line has no {file.delimiter!r}, but {count} {kind}: set "
        f"`input.files[].delimiter` to {DELIMITERS[kind]!r}. "
    )


def _is_gzip(path: str) -> bool:
    with Path(path).open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _rows(file: InputFile) -> Iterator[tuple[int, list[str]]]:
    """Yield line (counted from 1) and fields of every row that is not blank, header included.

    Lines before it that begin with # are comments; where the first other line holds numbers, the
    last of them is the header.
    """
    opener = gzip.open if _is_gzip(file.path) else open
    with opener(file.path, "rt", encoding="utf-8-sig", newline="") as text:
        rows = _filled(file, text)
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


def _filled(file: InputFile, text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Yield line and fields of every row that is not blank."""
    reader, empty = csv.reader(_bounded(file, text), delimiter=file.delimiter), True
    for fields in reader:
        if fields:
            empty = False
            yield reader.line_num, fields
        elif empty and reader.line_num > _MOST_BLANK:
            raise DataError(
                f"{file.path}: the first {_MOST_BLANK} lines are blank, expected a header. Remove "
                "them, or make the file again."
            )


def _bounded(file: InputFile, text: TextIO) -> Iterator[str]:
    """Yield lines, none of which may fill the memory."""
    for number in itertools.count(1):
        line = text.readline(_LONGEST)
        if not line:
            return
        if len(line) == _LONGEST and not line.endswith(("\n", "\r")):
            raise DataError(
                f"{file.path}: line {number} has more than {_LONGEST} characters, expected a row "
                "of a table. The file is damaged or no CSV: make it again, or set its `format`."
            )
        yield line


def _holds_numbers(row: tuple[int, list[str]] | None) -> bool:
    return row is None or any(spelled_number(field.strip()) is not None for field in row[1])


def _records(file: InputFile) -> Iterator[tuple[int, list[str]]]:
    """Yield line (counted from 1) and fields of every entry."""
    return itertools.islice(_rows(file), 0 if file.columns else 1, None)


def _refuse_open_quote(file: InputFile) -> None:
    """Refuse a quote that is never closed: all rows behind it would be one cell's text."""
    opener = gzip.open if _is_gzip(file.path) else open
    count = 0
    with opener(file.path, "rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            count += block.count(b'"')
    if count % 2 == 0:
        return
    with opener(file.path, "rt", encoding="utf-8-sig", newline="") as text:
        lines: list[str] = []
        reader = csv.reader(_kept(_bounded(file, text), lines), delimiter=file.delimiter)
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
    """Return whether a column holds a whole number that may not be the one in the file.

    One of more digits than any float64 is infinite here.
    """
    values = column.to_numpy(zero_copy_only=False)
    return bool(np.any(np.abs(values) >= LARGEST_WHOLE))


def _arrow_batches(
    file: InputFile, names: Sequence[str], wanted: Sequence[str], as_text: frozenset[str]
) -> Iterator[pa.RecordBatch]:
    first_line = next(_rows(file))[0]
    header_lines = first_line - 1 if file.columns else first_line
    unique = [name if names.index(name) == i else f"{name}\0{i}" for i, name in enumerate(names)]
    compression = "gzip" if _is_gzip(file.path) else None
    types = {name: pa.string() if name in as_text else pa.float64() for name in wanted}
    with (
        pa.input_stream(file.path, compression=compression) as stream,
        pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(
                column_names=unique, skip_rows=header_lines, block_size=_BLOCK_BYTES
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


def _exact(
    file: InputFile,
    names: Sequence[str],
    wanted: Sequence[str],
    first_row: int,
) -> Iterator[RawChunk]:
    positions = [names.index(name) for name in wanted]
    entries = itertools.islice(enumerate(_records(file)), first_row, None)
    while block := list(itertools.islice(entries, _EXACT_ROWS)):
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
        yield RawChunk(
            np.array(rows, dtype=np.int64),
            {
                name: pa.array(column, pa.string())
                for name, column in zip(wanted, columns, strict=True)
            },
            tuple(defects),
        )


READER = Reader("CSV", _count, _names, _read, hint=_hint, place=_place)
