"""What jobs wrote: a job takes an input that a job made only as that job left it.

The checksums lie in a folder of their own beside the results, one file for each that a job made: a
copy of other results does not bring its own along. Where that folder is not, nothing is checked.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from winnow.errors import DataError
from winnow.seal import stamp
from winnow.storage import atomic

RECORDS = Path(".winnow/checksums")
"""In the folder that Snakemake runs in; a record has the path of its file."""


def record(paths: Iterable[str]) -> None:
    """Keep the checksums of what a job wrote, of files in the working directory alone."""
    for path in paths:
        place = _place(path)
        if place is not None and Path(path).is_file():
            with atomic(place) as temporary:
                temporary.write_text(stamp(path) + "\n")


def check(paths: Iterable[str], folder: str | Path = ".") -> None:
    """Refuse files that are not what the jobs that made them wrote; others pass.

    Args:
        paths: the files.
        folder: where Snakemake ran.

    Raises:
        DataError: a file was damaged or changed, or another lies in its place.
    """
    for path in paths:
        place = _place(path)
        if place is None or not Path(folder, place).is_file() or not Path(folder, path).is_file():
            continue
        expected = Path(folder, place).read_text(errors="replace").strip()
        found = stamp(Path(folder, path))
        if found != expected:
            raise DataError(
                f"{path}: it is not what this study's job wrote there: it was damaged on disk, "
                f"changed, or is another study's (size and checksum are {found}, expected "
                f"{expected}). Delete it, and it is made again."
            )


def states(paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return size and time of change [ns] of those files that exist."""
    found = {}
    for path in filter(Path.exists, map(Path, paths)):
        seen = path.stat()
        found[str(path)] = seen.st_size, seen.st_mtime_ns
    return found


def check_unchanged(before: Mapping[str, tuple[int, int]]) -> None:
    """Refuse what was made of files that are not as they were.

    Args:
        before: as of `states`.

    Raises:
        DataError: a file was changed, exchanged or removed.
    """
    now = states(before)
    for path, seen in before.items():
        if now.get(path) != seen:
            raise DataError(
                f"{path}: it was changed while this job read it, so that what the job made is of "
                "neither. Nothing of it is kept: start again once the file stays as it is."
            )


def _place(path: str) -> Path | None:
    """Return where a file's checksums lie; None for one outside the working directory."""
    own = Path(path)
    return None if own.is_absolute() or ".." in own.parts else RECORDS / own
