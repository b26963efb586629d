"""The hits of single events, with their place, truth and prediction."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from winnow.columns import CLASS, PLANE, ROW, SOURCE, score_column
from winnow.statistics.diagnostics import predicted_class
from winnow.study.keys.images import Images
from winnow.tables import read_frame


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
    key = [SOURCE, ROW]
    rows = pc.field(ROW).isin(chosen[ROW].tolist())

    def read(path: str | Path, columns: list[str]) -> pd.DataFrame:
        return read_frame(path, [*key, *columns], rows)

    of_hits = dict(list(read(hits, [PLANE, CLASS, *scores]).groupby(key, observed=True)))
    lists = [keys.objects["wire"], keys.objects["x"]]
    of_events = pd.concat([read(path, lists) for path in events]).set_index(key)
    found = []
    for event in chosen.to_dict("records"):
        place = event[SOURCE], event[ROW]
        table, places = of_hits[place].copy(), of_events.loc[place]
        table["wire"], table["x"] = (places[keys.objects[name]] for name in ("wire", "x"))
        table["predicted"] = predicted_class(table, class_names)
        table = table[table[PLANE] == table[PLANE].mode().iloc[0]]
        told = f"{event['which']}: {event['accuracy']:.3f} of {event['hits']} hits"
        found.append((told, table.reset_index(drop=True)))
    return found
