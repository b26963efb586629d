"""The table of scores as tables and figures are made of it: every score is a number."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from winnow.columns import (
    CLASS,
    ROW,
    SAMPLE,
    SCORE_PREFIX,
    SOURCE,
    WEIGHT,
    score_column,
)
from winnow.errors import DataError
from winnow.tables import read_frame


def read_scores(path: str | Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return columns of a table of scores, one row an event, in any sample.

    Args:
        path: the table.
        columns: those that are read.

    Raises:
        DataError: the table cannot be read, or a score that is read is NaN.
    """
    scores = read_frame(path, list(columns))
    for name in (column for column in columns if column.startswith(SCORE_PREFIX)):
        undefined = np.flatnonzero(scores[name].isna())
        if undefined.size:
            first = int(undefined[0])
            where = read_frame(path, [SOURCE, ROW]).iloc[first]
            raise DataError(
                f"{path}, column '{name}': {undefined.size} of {len(scores)} events have the score "
                f"NaN, the first is row {where[ROW]} of the source '{where[SOURCE]}', expected "
                "numbers. The network diverged in training or was given missing values: lower the "
                "learning rate, or give the normalisation an imputation."
            )
    return scores


def read_class_scores(path: str | Path, class_names: Sequence[str]) -> pd.DataFrame:
    """Return the sample, class, weight and score for each class of every event.

    Args:
        path: the table.
        class_names: the classes in order.

    Raises:
        DataError: as `read_scores`.
    """
    return read_scores(path, [SAMPLE, CLASS, WEIGHT, *map(score_column, class_names)])
