"""All runs of a study side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from winnow.columns import SAMPLES
from winnow.roc import ALL


def run_row(
    run: Mapping[str, Any],
    passport: Mapping[str, Any],
    timing: pd.DataFrame,
    auc: pd.DataFrame,
    best: pd.DataFrame | None,
    definition: str,
) -> dict[str, Any]:
    """Return one row of the comparison.

    Args:
        run: point, replica and fold.
        passport: the run's model passport.
        timing: seconds of each epoch.
        auc: the ROC summary; the rows of the signal against all are used, or, without a signal
            class, of the first class.
        best: the FOM at the best cut, one row a definition; None without a signal class.
        definition: the FOM that is quoted first.
    """
    row: dict[str, Any] = dict(run)
    row["best_epoch"] = passport["epoch"]
    row["epochs"] = len(timing)
    row["validation_loss"] = passport["losses"]["validation_loss"]
    leading = auc[(auc["signal"] == auc["signal"].iloc[0]) & (auc["against"] == ALL)]
    areas = leading.set_index("sample")
    for sample in SAMPLES:
        row[f"{sample}_auc"] = float(areas.loc[sample, "auc"])
        row[f"{sample}_auc_uncertainty"] = float(areas.loc[sample, "auc_uncertainty"])
    if best is not None:
        chosen = best.set_index("definition").loc[definition]
        row["definition"] = definition
        row["cut"] = chosen["cut"]
        row["validation_fom"] = chosen["fom_validation"]
        row["test_fom"] = chosen["fom_test"]
        row["test_fom_uncertainty"] = chosen["fom_uncertainty_test"]
    row["training_seconds"] = float(
        timing["training_seconds"].sum() + timing["validation_seconds"].sum()
    )
    return row


def ranked(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the runs ranked by the validation FOM, where it is undefined by the validation AUC."""
    table = pd.DataFrame(list(rows))
    by = [name for name in ("validation_fom", "validation_auc") if name in table]
    order = [*by, "point", "replica", "fold"]
    table = table.sort_values(order, ascending=[name not in by for name in order])
    table.insert(0, "rank", range(1, len(table) + 1))
    return table.reset_index(drop=True)


def position_of_first(table: pd.DataFrame, runs: Sequence[Mapping[str, str]]) -> int:
    """Return the position among `runs` of the run that stands first in a ranked table of text."""
    first = {name: table[name].iloc[0] for name in ("point", "replica", "fold")}
    return list(runs).index(first)
