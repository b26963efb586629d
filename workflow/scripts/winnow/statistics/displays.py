"""The hits of single events, with their place, truth and prediction."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from winnow.columns import CLASS, PLANE, ROW, SOURCE, score_column
from winnow.statistics.diagnostics import predicted_class
from winnow.study.keys.images import Images


def displayed(
    chosen: pd.DataFrame,
    events: Sequence[str | Path],
    hits: str | Path,
    keys: Images,
    class_names: tuple[str, ...],
) -> list[tuple[str, pd.DataFrame]]:
    """Return the hits of some events, of each the plane with most of them.

    Args:
        chosen: source, row, which, accuracy and hits of each event.
        events: the event tables.
        hits: the scores of all hits.
        keys: the config's `images` section.
        class_names: the classes of hits.

    Returns:
        For each event what to write beside it, and its hits: wire, x, class, predicted and a score
        per class.
    """
    scores = [score_column(name) for name in class_names]
    found = []
    for event in chosen.to_dict("records"):
        own = (pc.field(SOURCE) == event[SOURCE]) & (pc.field(ROW) == event[ROW])
        table = pq.read_table(
            hits, columns=[PLANE, CLASS, *scores], filters=own, partitioning=None
        ).to_pandas()
        places = pd.concat(
            [
                pq.read_table(
                    path,
                    columns=[keys.objects["wire"], keys.objects["x"]],
                    filters=own,
                    partitioning=None,
                ).to_pandas()
                for path in events
            ]
        ).iloc[0]
        table["wire"], table["x"] = (places[keys.objects[name]] for name in ("wire", "x"))
        table["predicted"] = predicted_class(table, class_names)
        table = table[table[PLANE] == table[PLANE].mode().iloc[0]]
        told = f"{event['which']}: {event['accuracy']:.3f} of {event['hits']} hits"
        found.append((told, table.reset_index(drop=True)))
    return found
