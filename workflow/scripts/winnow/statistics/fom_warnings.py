"""What a reader of the figures of merit has to be told beside the numbers."""

import pandas as pd

from winnow.columns import CLASS, PROCESS, ROW, SAMPLE, SOURCE
from winnow.statistics.heavy import LARGEST_SHARE, SHARE


def fom_warnings(
    best: pd.DataFrame,
    bins: pd.DataFrame,
    heavy: pd.DataFrame,
    absent: pd.DataFrame,
    min_background_entries: int,
) -> list[str]:
    """Return a message for each thing that is undefined or hangs on single events.

    Args:
        best: definition, cut (NaN where no cut is eligible); from `fom_tables`.
        bins: from `binned_tables`.
        heavy: from `heavy_events`.
        absent: from `absent_yields`.
        min_background_entries: that an eligible cut leaves on validation.
    """
    messages = []
    lost = best.loc[best["cut"].isna(), "definition"].unique()
    if lost.size:
        messages.append(
            f"no cut is eligible for {', '.join(lost)}: fewer than {min_background_entries} "
            "background events, raw or effective, on validation"
        )
    if bins.empty:
        messages.append("no bins are made: the signal's weights on validation sum to 0 or less")
    if not heavy.empty:
        lines = [
            f"{row[SAMPLE]}, class '{row[CLASS]}': an event of '{row[PROCESS]}' holds "
            f"{row[SHARE]:.0%} ({row[SOURCE]}, row {row[ROW]})"
            for row in heavy.to_dict("records")
        ]
        messages.append(
            f"single events hold more than {LARGEST_SHARE:.0%} of a class's weight; yields, "
            "figures of merit and areas hang on them:\n  " + "\n  ".join(lines)
        )
    if not absent.empty:
        lines = [
            f"{row[SAMPLE]}: '{row[PROCESS]}' of class '{row[CLASS]}', where one event would be "
            f"{row['uncertainty']:.4g} events expected"
            for row in absent.to_dict("records")
        ]
        messages.append(
            "processes without any event in a sample; their yield there is 0 with the uncertainty "
            "of one event, and figures of merit do not know of them:\n  " + "\n  ".join(lines)
        )
    return messages
