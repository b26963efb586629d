"""Some rows of an event file, and what is wrong with others: the same for all formats."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.study.files import InputFile
from winnow.study.lists import Lists

CHUNK_ROWS = 65_536
_CHUNK_NUMBERS = 64 * CHUNK_ROWS


def rows_at_once(columns: int) -> int:
    """Return how many rows of so many columns are read at once: fewer where there are many."""
    return min(CHUNK_ROWS, max(1, _CHUNK_NUMBERS // max(columns, 1)))


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
        lists: column → any number of values a row, NaN where one is null, of the columns that may
            have them and do; the others are in `numbers`.
    """

    rows: NDArray[np.int64]
    numbers: dict[str, NDArray[np.float64]]
    others: dict[str, pa.Array]
    defects: tuple[Defect, ...]
    halves: frozenset[str] = frozenset()
    lists: dict[str, Lists] = field(default_factory=dict)


@dataclass(frozen=True)
class RawChunk:
    """Some rows as a format holds them; `Chunk` has the numbers."""

    rows: NDArray[np.int64]
    columns: dict[str, pa.Array]
    defects: tuple[Defect, ...] = ()


def no_events(numbers: Sequence[str], others: Sequence[str]) -> Chunk:
    """Return a chunk without rows."""
    none = np.empty(0)
    return Chunk(
        none.astype(np.int64),
        dict.fromkeys(numbers, none),
        dict.fromkeys(others, pa.array([], pa.string())),
        (),
    )


def fixed_lists(array: NDArray[Any]) -> pa.Array:
    """Return an array of shape (rows, values) as lists of equal length, one a row."""
    content = pa.array(np.ascontiguousarray(array).ravel())
    return pa.FixedSizeListArray.from_arrays(content, array.shape[1])


def several_values(file: InputFile, name: str, kind: object) -> DataError:
    """Return the error of a column that holds more than one value an event."""
    return DataError(
        f"{file.path}: column {name!r} holds several values per event ({kind}), expected one. "
        f"{of_lists(name)}"
    )


def of_lists(name: str) -> str:
    """Return how one value an event is made of a column that holds several."""
    return (
        "Make one of them with a column of `columns.derived`, where lists of numbers may be used "
        f"as `{name}[0]`, `Max$({name})`, `Min$({name})`, `Sum$({name} > 30)` or "
        f"`Length$({name})`."
    )


def no_number(file: InputFile, name: str, kind: object) -> DataError:
    """Return the error of a column whose type holds no numbers."""
    return DataError(
        f"{file.path}: column {name!r} is of type {kind}, expected numbers. "
        "Remove it from the config, or convert it."
    )
