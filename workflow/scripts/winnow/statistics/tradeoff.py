"""What a score's independence of a spectator costs in separation, classifier by classifier."""

from collections.abc import Mapping, Sequence

import pandas as pd

from winnow.columns import TEST
from winnow.statistics.compare import run_row

AREA = f"{TEST}_auc"
COLUMNS = ("kind", "point", "member", "fold", AREA, f"{AREA}_uncertainty")


def tradeoff(
    scored: Sequence[Mapping[str, str]],
    rocs: Sequence[pd.DataFrame],
    distances: Sequence[pd.DataFrame],
) -> pd.DataFrame:
    """Put each classifier's area beside how far it sculpts each spectator.

    Args:
        scored: kind, point, member and fold of each.
        rocs: of each the summary of its ROC curves.
        distances: of each the table of `winnow.statistics.sculpting.sculpting`.

    Returns:
        A row a classifier and spectator: COLUMNS, spectator, distance, uncertainty, unrelated,
        p_value, entries.
    """
    parts = []
    for own, roc, table in zip(scored, rocs, distances, strict=True):
        row = run_row(own, roc, None)
        parts.append(table.assign(**{name: row[name] for name in COLUMNS}))
    joined = pd.concat(parts, ignore_index=True)
    return joined[[*COLUMNS, *(name for name in joined if name not in COLUMNS)]]
