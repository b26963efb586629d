"""The folds of a classifier together: yields of their test parts, each at its fold's own cut."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from winnow.columns import CLASS, EXACT, PROCESS, SAMPLE, TEST, VALIDATION

_KEYS = [CLASS, PROCESS]


def summed_yields(folds: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Sum the test yields of all folds, each at the cut that its own validation part chose.

    A fold's yields are scaled from its test part to the whole sample, so that the sum over parts is
    the mean over folds, with the variance Σσ²/k². A fold that tests no event of a process adds
    nothing: the uncertainty of one event, which its own table has for it, is known better by the
    other folds.

    Args:
        folds: tables of yields of the folds' figures of merit.

    Returns:
        One row per class and process: class, process, counts_as, entries, yield, uncertainty,
        folds (those that test events of the process); no rows where a fold has no eligible cut.
    """
    parts = []
    for table in folds:
        chosen = (table["scan"] == EXACT) & (table["chosen_on"] == VALIDATION)
        part = table[chosen & (table[SAMPLE] == TEST)]
        # no event is selected, yet there is an uncertainty: of a process that is not tested here
        tested = (part["entries"] > 0) | (part["uncertainty"] == 0)
        variance = (part["uncertainty"] ** 2).where(tested, 0.0)
        parts.append(part.assign(variance=variance, tested=tested))
    columns = [*_KEYS, "counts_as", "entries", "yield", "uncertainty", "folds"]
    if any(part.empty for part in parts):
        return pd.DataFrame(columns=columns)
    count = len(parts)
    grouped = pd.concat(parts).groupby(_KEYS, sort=False)
    table = grouped.agg(
        counts_as=("counts_as", "first"),
        entries=("entries", "sum"),
        total=("yield", "sum"),
        variance=("variance", "sum"),
        folds=("tested", "sum"),
    ).reset_index()
    table["yield"] = table["total"] / count
    table["uncertainty"] = np.sqrt(table["variance"]) / count
    return table[columns]
