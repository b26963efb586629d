"""Files that are whole or not there, and what a file system refuses, in a user's words."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

_FULL = "Free some space, or let the results lie on another file system, and start again."
_CLOSED = "Make the folder writable, or run in another one, and start again."
_MENDS = MappingProxyType(
    {
        errno.ENOSPC: f"the disk is full. {_FULL}",
        errno.EDQUOT: f"the disk quota is used up. {_FULL}",
        errno.EFBIG: f"the file is larger than `ulimit -f` or the file system allows. {_FULL}",
        errno.EROFS: f"the file system is read-only. {_CLOSED}",
        errno.EACCES: f"permission denied. {_CLOSED}",
        errno.EPERM: f"the operation is not permitted. {_CLOSED}",
    }
)
_NUMBERS = re.compile(r"errno = (\d+)")
_SHORT = re.compile(r"\d+ requested and \d+ written")


@contextmanager
def atomic(path: str | Path, ending: str = "") -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block ends well.

    Args:
        path: the file to be written.
        ending: what the temporary name ends with, for a writer that insists on it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part{ending}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(target)
    except OSError as error:
        name_file(error, target)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def storage_message(error: BaseException) -> str | None:
    """Return what to tell of an error if the file system refused a file, else None."""
    number = _number(error)
    if number is None or number not in _MENDS:
        return None
    path = getattr(error, "filename", None)
    notes = getattr(error, "__notes__", [])
    named = path if path is not None else notes[0] if notes else "a file"
    return f"{named}: cannot be written or opened: {_MENDS[number]}"


def name_file(error: OSError, path: object) -> None:
    """Note which file an error is about: writes and libraries do not tell."""
    if error.filename is None:
        error.add_note(str(path))


def _flush(path: Path) -> None:
    """Have a file on the disk itself: where power fails, no name stands for what is not there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _number(error: BaseException) -> int | None:
    """Return the error's number; HDF5 has it in its text, and NumPy none of a write cut short."""
    if not isinstance(error, OSError):
        return None
    if error.errno is not None:
        return error.errno
    if found := _NUMBERS.search(str(error)):
        return int(found[1])
    return errno.ENOSPC if _SHORT.search(str(error)) else None
