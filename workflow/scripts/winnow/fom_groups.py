"""What each systematic uncertainty covers at the best cut: what folds are joined by."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from winnow.columns import SAMPLE, TEST, VALIDATION
from winnow.counting import at_cuts, scan_events
from winnow.selection import DEFAULT, SelectionSettings, select_events

GROUP = "group"
GROUP_COLUMNS = (SAMPLE, GROUP, "fraction", "b", "b_uncertainty")


def group_table(
    scores: pd.DataFrame, best: pd.DataFrame, settings: SelectionSettings
) -> pd.DataFrame:
    """Tabulate the background of every entry of the systematic at the headline's best cut.

    Args:
        scores: the columns that `settings` names; one row per event.
        best: the table of best cuts, of which the headline's row is used.
        settings: what is counted, and its systematic.

    Returns:
        One row per sample (validation and test) and entry: sample, group (its name, `default` for
        all the rest), fraction (relative uncertainty), b and b_uncertainty (statistical), NaN
        where there is no cut.
    """
    events, fractions = select_events(scores, settings)
    cut = float(best.loc[best["headline"], "cut"].iloc[0])
    given = settings.systematic
    own = [name for name in given if name != DEFAULT] if isinstance(given, Mapping) else []
    rows = []
    for sample in (VALIDATION, TEST):
        part = events.of((scores[SAMPLE] == sample).to_numpy())
        counts = at_cuts(scan_events(part, fractions.size), [cut])
        for index, name in enumerate([DEFAULT, *own]):
            b, variance = counts.background[index, 0], counts.background_variance[index, 0]
            found = (b, float(np.sqrt(variance))) if np.isfinite(cut) else (np.nan, np.nan)
            rows.append((sample, name, fractions[index], *found))
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))
