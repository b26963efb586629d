"""The test events of a run, each with the probability of each class and a class drawn by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import CLASS, ROW, SAMPLE, SOURCE, TEST, WEIGHT, score_column
from winnow.errors import DataError
from winnow.preparation.folds import differing_key
from winnow.statistics.calibration import Judged, draw_classes
from winnow.statistics.score_reader import read_scores
from winnow.tables import read_events

_TEXTS = (CLASS, "drawn", "seed")


@dataclass(frozen=True)
class JudgedSample:
    """What `calibration` looks at.

    Attributes:
        judged: the events.
        columns: name → values, shape (n,), NaN where they are missing.
        keys: source and row of each event.
    """

    judged: Judged
    columns: Mapping[str, NDArray[np.floating]]
    keys: pd.DataFrame


def read_test_events(
    scores: str | Path,
    events: Sequence[str | Path],
    class_names: Sequence[str],
    columns: Sequence[str],
    truth: Mapping[str, str],
    seed: int,
) -> JudgedSample:
    """Return the test events of a table of scores.

    Args:
        scores: the table.
        events: the event tables that it was made of.
        class_names: the classes in order.
        columns: features or spectators that are read beside.
        truth: class → the spectator that holds its true probability; empty where none is known.
        seed: of the drawn classes.

    Raises:
        DataError: a file cannot be read, the two are of other events, or a true probability lies
            outside of [0, 1].
    """
    names = list(map(score_column, class_names))
    scored = read_scores(scores, [SOURCE, ROW, SAMPLE, CLASS, WEIGHT, *names])
    wanted = [*dict.fromkeys([*columns, *truth.values()])]
    whole = read_events(events, [SOURCE, ROW, *wanted])
    keys = pa.Table.from_pandas(scored[[SOURCE, ROW]], preserve_index=False)
    if differing_key(whole, keys) is not None:
        raise DataError(
            f"{scores}: its events are not those of {', '.join(map(str, events))}, in their order. "
            "Remove the study's predict folder and run again."
        )
    inside = (scored[SAMPLE] == TEST).to_numpy()
    scored, table = scored[inside], whole.filter(pa.array(inside)).to_pandas()
    probability = scored[names].to_numpy(np.float64)
    judged = Judged(
        class_names=tuple(class_names),
        label=scored[CLASS].to_numpy(np.intp),
        weight=scored[WEIGHT].to_numpy(np.float64),
        probability=probability,
        drawn=draw_classes(probability, seed),
        truth=_truth(table, [truth[name] for name in class_names]) if truth else None,
    )
    found = {name: table[name].to_numpy() for name in columns}
    return JudgedSample(judged, found, scored[[SOURCE, ROW]].reset_index(drop=True))


def drawn_table(events: JudgedSample, seed: int) -> pd.DataFrame:
    """Return the drawn class of each event: source, row, class, drawn (names) and seed."""
    judged = events.judged
    named = {
        name: np.array(judged.class_names)[codes]
        for name, codes in ((CLASS, judged.label), ("drawn", judged.drawn))
    }
    # a text, since the seed may be a whole number that a float64 does not hold
    return events.keys.assign(**named, seed=str(seed)).astype(dict.fromkeys(_TEXTS, "category"))


def _truth(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    truth = table[list(columns)].to_numpy(np.float64)
    for index, name in enumerate(columns):
        wrong = np.flatnonzero(~((truth[:, index] >= 0) & (truth[:, index] <= 1)))
        if wrong.size:
            first = table.iloc[int(wrong[0])]
            raise DataError(
                f"config key `calibration.truth`: the column '{name}' holds "
                f"{first[name]} in row {first[ROW]} of the source '{first[SOURCE]}', expected "
                f"probabilities from 0 to 1 ({wrong.size} events). Give a column of probabilities."
            )
    return truth
