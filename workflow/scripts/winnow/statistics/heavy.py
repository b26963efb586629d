"""Single events that hold much of a class's weight: what a yield, a cut or an area hangs on."""

import numpy as np
import pandas as pd

from winnow.columns import CLASS, PROCESS, ROW, SAMPLE, SOURCE, WEIGHT
from winnow.statistics.kinds import Kinds

# The largest share of a class's weight that one event may hold without a word.
LARGEST_SHARE = 0.1

SHARE = "share"
HEAVY_COLUMNS = (SAMPLE, CLASS, PROCESS, SHARE, SOURCE, ROW)


def heavy_events(
    events: pd.DataFrame, kinds: Kinds, largest: float = LARGEST_SHARE
) -> pd.DataFrame:
    """Tabulate the events that hold more than a share of the weight of their class in a sample.

    The share is |w|/Σ|w|: where signs cancel, w/Σw may be of any size.

    Args:
        events: columns sample, class (index), process, weight, source, row; one row per event.
        kinds: of the same events.
        largest: the share that is allowed.

    Returns:
        One row per such event, the largest share of a sample and class first: sample, class
        (name), process, share, source, row.
    """
    size = events[WEIGHT].abs()
    sums = size.groupby(kinds.of_class).transform("sum")
    share = size.divide(sums.where(sums > 0))
    found = events.loc[share > largest, [SAMPLE, CLASS, PROCESS, SOURCE, ROW]]
    table = found.assign(
        **{
            SAMPLE: found[SAMPLE].astype(str),
            CLASS: np.asarray(kinds.class_names, dtype=object)[found[CLASS].to_numpy(np.intp)],
            PROCESS: found[PROCESS].astype(str),
            SHARE: share[share > largest],
        }
    )
    ordered: pd.DataFrame = table.sort_values(
        [SAMPLE, CLASS, SHARE], ascending=[True, True, False], kind="stable", ignore_index=True
    )
    return ordered.reindex(columns=list(HEAVY_COLUMNS))
