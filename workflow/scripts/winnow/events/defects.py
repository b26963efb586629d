"""Defective rows: what is wrong with them, and what becomes of them."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.columns import ROW, SOURCE
from winnow.errors import DataError
from winnow.events.chunks import Chunk, Defect
from winnow.events.cutflow import Totals
from winnow.events.readers import defect_message
from winnow.events.settings import IngestSettings
from winnow.study.files import InputFile

REJECTED_COLUMNS = (SOURCE, ROW, "column", "value", "reason")

LARGEST_WEIGHT = 1e100  # sums of squares of any number of them stay finite

BAD_WEIGHT = ("weight not finite", "a finite number; no value of a weight can be missing", "")

LARGE_WEIGHT = (
    "weight too large",
    f"a weight of at most {LARGEST_WEIGHT:g}, cross-section and luminosity included",
    "Correct the file, list a value that stands for a missing one in `input.missing_values`",
)

MISSING_WEIGHT = (
    "missing weight",
    "a weight; the value stands for a missing one in `input.missing_values`",
    "Correct the file",
)

INFINITE = (
    "infinite value",
    "a finite number",
    "Correct the file, list the value in `input.missing_values`",
)

MISSING = (
    "missing value",
    "a number (the cell is NaN or empty)",
    "If it stands for a missing value, list nan in `input.missing_values`",
)

UNDEFINED = (
    "undefined result",
    "a finite number (none of its inputs is missing)",
    "Guard the expression in `columns.derived` with a cut or where()",
)

UNEQUAL = (
    "lists of different lengths",
    "as many of each, since they are computed value by value",
    "Use branches of one collection together",
)

MISSING_ID = (
    "missing event id",
    "a value, since all events without one would be taken for the same event",
    "Correct the file, or identify events by other columns in `columns.event_id`",
)

UNKNOWN_SAMPLE = (
    "unknown sample",
    "0, 1 or 2, or train, validation or test",
    "Correct the file or `columns.sample`",
)

NO_PROCESS = ("missing process", "the name of a process", "")

UNKNOWN_PROCESS = ("unknown process", "a process of a class", "List it in `classes`")

BEYOND_FLOAT32 = (
    "beyond float32",
    "a number below 3.4e38, the largest of a feature",
    "Correct the file, or list the value in `input.missing_values`",
)


class Findings:
    """The defects of a chunk: at most one for a row, the first that is flagged."""

    def __init__(self, chunk: Chunk) -> None:
        """Begin with the defects that reading the chunk found."""
        self.rows = chunk.rows
        self.valid = np.ones(len(chunk.rows), dtype=bool)
        self.unlooked = np.zeros(len(chunk.rows), dtype=bool)
        self.defects = list(chunk.defects)

    def flag(
        self,
        bad: NDArray[np.bool_],
        column: str | None,
        values: Any,
        reason: str,
        expected: str,
        mend: str,
    ) -> None:
        """Note a defect of the rows where `bad`, with the value found there."""
        bad = bad & ~self.unlooked
        for position in np.flatnonzero(bad & self.valid):
            value = values[position]
            shown = f"{value:g}" if isinstance(value, float) else repr(value)[:80]
            row = int(self.rows[position])
            self.defects.append(Defect(row, column, shown, reason, expected, mend))
        self.valid &= ~bad

    def raise_first(self, file: InputFile) -> None:
        """Raise DataError for the defect that comes first in the file, if there is one."""
        if self.defects:
            first = min(self.defects, key=lambda defect: defect.row)
            raise DataError(defect_message(file, first))


@contextmanager
def rejected_list(path: Path) -> Iterator[Any]:
    """Open a list of rejected rows, of any files: a CSV writer."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(REJECTED_COLUMNS)
        yield writer


@contextmanager
def rejected_rows(file: InputFile, settings: IngestSettings, path: Path) -> Iterator["Rejection"]:
    """Open the list of rejected rows of a file."""
    with rejected_list(path) as writer:
        yield Rejection(file, settings.on_defect == "error", writer)


@dataclass
class Rejection:
    """Applies the policy for defective rows."""

    file: InputFile
    is_error: bool
    writer: Any
    rows: tuple[int, ...] = ()  # those of the last chunk

    def apply(self, findings: Findings, totals: Totals) -> None:
        """Raise DataError for the first defect, or list and count all of them."""
        if self.is_error:
            findings.raise_first(self.file)
        defects = sorted(findings.defects, key=lambda item: item.row)
        self.rows = tuple(defect.row for defect in defects)
        for defect in defects:
            column = "" if defect.column is None else defect.column
            self.writer.writerow(
                [self.file.source, defect.row, column, defect.value, defect.reason]
            )
            totals.rejected[defect.reason] += 1
