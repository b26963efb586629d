"""Sums of generator weights, which a cross-section is divided by."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from winnow.events.defects import Findings
from winnow.events.readers import read_chunks
from winnow.events.values import flag_weight, stored
from winnow.study.files import InputFile


def generator_weight_sum(
    file: InputFile,
    column: str,
    on_defect: Literal["error", "reject"] = "error",
    missing_values: Sequence[float] = (),
) -> float:
    """Return the sum of a generator-weight column over a whole file, before any cut.

    Rows that `ingest` rejects for a defective generator weight (`generator_weights`), or because
    they cannot be read, are left out here too with `on_defect` reject.

    Raises:
        DataError: a value is not a finite number, or missing, and `on_defect` is error.
    """
    sums = []
    for chunk in read_chunks(file, [column]):
        values = chunk.numbers[column]
        findings = Findings(chunk)
        flag_weight(findings, column, values, stored(missing_values, chunk, column))
        if on_defect == "error":
            findings.raise_first(file)
        sums.append(math.fsum(values[findings.valid]))
    return math.fsum(sums)


def generator_weight_sums(
    file: InputFile,
    columns: Mapping[str, str],
    on_defect: Literal["error", "reject"],
    missing_values: Sequence[float],
) -> dict[str, float]:
    """Return process → sum of its generator weights over a file, for the file's own process.

    Args:
        file: the file.
        columns: process → column of its generator weights.
        on_defect: as of `generator_weight_sum`.
        missing_values: likewise.
    """
    return {
        process: generator_weight_sum(file, column, on_defect, missing_values)
        for process, column in columns.items()
        if process == file.process
    }
