"""Files that are read where they lie, over the network: `root://` by XRootD, through fsspec."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def is_remote(path: str | Path) -> bool:
    """Return whether a path is an address (`root://server//path`)."""
    return "://" in str(path)


def size_of(path: str) -> int:
    """Return a file's size in bytes, here or elsewhere.

    Raises:
        OSError: there is no such file, or no answer.
    """
    if not is_remote(path):
        return Path(path).stat().st_size
    from fsspec.core import url_to_fs  # a tenth of a second that files at hand need not pay

    system, own = url_to_fs(path)
    return int(system.size(own))


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Open a file, here or elsewhere, to read its bytes."""
    if not is_remote(path):
        with Path(path).open("rb") as stream:
            yield stream
        return
    from fsspec.core import url_to_fs

    system, own = url_to_fs(path)
    with system.open(own, "rb") as stream:
        yield stream


def remote_fault(path: str) -> str | None:
    """Return why an address cannot be read, None where it can."""
    from fsspec.registry import get_filesystem_class

    protocol = path.partition("://")[0]
    try:
        if protocol == "root":
            get_filesystem_class(protocol)
    except ImportError:
        return (
            f"found {path!r}, but fsspec-xrootd, which reads such files, is not installed. Install "
            f"it beside winnow on every machine, copy the file (`xrdcp {path} .`), or give the "
            "path at which it is mounted (`/eos/...`)."
        )
    if protocol != "root":
        return (
            f"found {path!r}, expected a file on a file system that every job sees, or a ROOT file "
            "at `root://`. Copy it there."
        )
    if set(path) & set("*?["):
        return f"found {path!r}; patterns are for files at hand: list each remote file."
    try:
        size_of(path)
    except OSError as error:
        told = " ".join(str(error).split())
        return f"{path!r} cannot be reached ({told}); correct the address, or copy the file."
    return None
