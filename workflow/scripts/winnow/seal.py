"""Checksums of files between stages, in a line of their own that readers of the format pass over.

NumPy's `.npy` and HDF5 say themselves how long they are: the line stands at the end, and is of all
that is before it. Parquet's pages have checksums (`winnow.tables`), its footer, which says where
they lie, has none: its line stands before it. The line before that is of the pages: it is not
looked at where a table is read, but tells tables of equal footers apart.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from winnow.errors import DataError

_MARK = b"\nwinnow crc32 "
_LENGTH = len(_MARK) + 9
_STEP = 1 << 22
_PARQUET = b"PAR1"
_END = 8
"""Bytes at the end of a Parquet file: the footer's length, four of them, and the format's name."""


def seal(path: str | Path) -> None:
    """Add the checksum to a file that is written, at its end."""
    with Path(path).open("r+b") as stream:
        size = stream.seek(0, 2)
        found = _checksum(stream, size)
        stream.seek(size)
        stream.write(_line(found))


def check_seal(path: str | Path) -> None:
    """Refuse a file that is not what was written; one without a checksum passes.

    Raises:
        DataError: the content has another checksum.
    """
    with Path(path).open("rb") as stream:
        size = max(0, stream.seek(0, 2) - _LENGTH)
        stream.seek(size)
        line = stream.read()
        if _alike(line) and line != _line(_checksum(stream, size)):
            raise _damaged(path)


def seal_footer(path: str | Path) -> None:
    """Add the checksums of a Parquet file's pages and of its footer before that."""
    with Path(path).open("r+b") as stream:
        footer = _footer(stream)
        size = stream.seek(-len(footer), 2)
        pages = _checksum(stream, size)
        stream.seek(size)
        stream.write(_line(pages) + _line(zlib.crc32(footer)) + footer)


def check_footer(path: str | Path) -> None:
    """Refuse a Parquet file whose footer is not what was written; one without a checksum passes.

    Raises:
        DataError: the footer has another checksum.
    """
    with Path(path).open("rb") as stream:
        footer = _footer(stream)
        size = stream.seek(0, 2)
        stream.seek(max(0, size - len(footer) - _LENGTH))
        line = stream.read(_LENGTH)
        if _alike(line) and line != _line(zlib.crc32(footer)):
            raise _damaged(path)


def check_whole(path: str | Path) -> None:
    """Refuse a sealed file that is not what was written, read to its end; others pass.

    Raises:
        DataError: a part of it has another checksum.
    """
    check_seal(path)
    check_footer(path)
    with Path(path).open("rb") as stream:
        footer = _footer(stream)
        size = stream.seek(0, 2) - len(footer) - 2 * _LENGTH
        stream.seek(max(0, size))
        lines = stream.read(2 * _LENGTH)
        sealed = lines.startswith(_MARK) and footer.endswith(_PARQUET)
        if sealed and lines[:_LENGTH] != _line(_checksum(stream, size)):
            raise _damaged(path)


def stamp(path: str | Path) -> str:
    """Return the size of a file and its checksums, which two files of other content do not share.

    Of a sealed file they are those in it, which its reader checks: it is not read for them.
    """
    with Path(path).open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _LENGTH))
        found = [stream.read()]
        if found[0].endswith(_PARQUET):
            stream.seek(max(0, size - len(_footer(stream)) - 2 * _LENGTH))
            found = [stream.read(_LENGTH), stream.read(_LENGTH)]
        if not all(line.startswith(_MARK) for line in found):
            found = [_line(_checksum(stream, size))]
    sums = [line.removeprefix(_MARK).decode(errors="replace").strip() for line in found]
    return " ".join([str(size), *sums])


@contextmanager
def intact(path: str | Path, kind: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn what a reader raises on a damaged file into a message that says how it is mended.

    Args:
        path: the file.
        kind: what it is read as.
        errors: what the reader raises.

    Raises:
        DataError: the block raised one of them.
    """
    try:
        yield
    except errors as error:
        told = " ".join(str(error).split())  # Arrow's words may be several lines
        raise DataError(
            f"{path}: cannot be read as {kind} ({told}). If it is there, it was damaged or "
            "changed: delete it, and it is made again."
        ) from error


def _footer(stream: BinaryIO) -> bytes:
    """Return the footer with its length and the format's name; all there is where it is shorter.

    Of a file of another format it is its last bytes.
    """
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END))
    end = stream.read()
    length = int.from_bytes(end[:4], "little") if end.endswith(_PARQUET) else 0
    stream.seek(max(0, size - length - _END))
    return stream.read()


def _checksum(stream: BinaryIO, size: int) -> int:
    stream.seek(0)
    found, left = 0, size
    while left:
        part = stream.read(min(left, _STEP))
        found, left = zlib.crc32(part, found), left - len(part)
    return found


def _line(checksum: int) -> bytes:
    return _MARK + b"%08x\n" % checksum


def _alike(line: bytes) -> bool:
    """Return whether most of the mark is there: damage of it must not make it other content."""
    same = sum(one == other for one, other in zip(line, _MARK, strict=False))
    return same >= len(_MARK) - 2


def _damaged(path: str | Path) -> DataError:
    return DataError(
        f"{path}: its content is not what was written, by its checksum: it was damaged on disk or "
        "changed. Delete it, and it is made again."
    )
