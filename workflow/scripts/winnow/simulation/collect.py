"""Many parts of a sample to one file."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from winnow.tables import atomic


def collect(parts: Sequence[str | Path], target: str | Path) -> None:
    """Write headerless text files after one another, in the given order, into one.

    Args:
        parts: files whose last line ends with a line feed.
        target: the file to be written; it appears whole or not at all.
    """
    with atomic(target) as temporary, temporary.open("wb") as output:
        for part in parts:
            with Path(part).open("rb") as stream:
                shutil.copyfileobj(stream, output, 1 << 20)
