"""What each systematic uncertainty covers at the best cut: what folds are joined by."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from winnow.columns import SAMPLE, TEST, VALIDATION
from winnow.statistics.counting import at_cuts
from winnow.statistics.selection import DEFAULT, Selected, SelectionSettings

GROUP = "group"
# Before a group's name: the column of the covariances with it.
COVARIANCE = "covariance_"


def group_table(
    selected: Selected, best: pd.DataFrame, settings: SelectionSettings
) -> pd.DataFrame:
    """Tabulate the background of every entry of the systematic at the headline's best cut.

    Args:
        selected: the events.
        best: the table of best cuts, of which the headline's row is used.
        settings: what is counted, and its systematic.

    Returns:
        One row per sample (validation and test) and entry: sample, group (its name, `default` for
        all the rest), fraction (relative uncertainty), b, and a column covariance_<group>
        (statistical, in events squared) for each group; NaN where there is no cut.
    """
    cut = float(best.loc[best["headline"], "cut"].iloc[0])
    given = settings.systematic
    own = [name for name in given if name != DEFAULT] if isinstance(given, Mapping) else []
    names = [DEFAULT, *own]
    tables = []
    for sample in (VALIDATION, TEST):
        counts = at_cuts(selected.scans[sample], [cut])
        found = pd.DataFrame({SAMPLE: sample, GROUP: names, "fraction": selected.fractions})
        found["b"] = counts.background[:, 0]
        for name, column in zip(names, counts.background_covariance[:, :, 0].T, strict=True):
            found[f"{COVARIANCE}{name}"] = column
        if not np.isfinite(cut):
            found.iloc[:, 3:] = np.nan
        tables.append(found)
    return pd.concat(tables, ignore_index=True)
