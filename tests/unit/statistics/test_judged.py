"""The test events of a run with their probabilities, as they are read."""

import numpy as np
import pandas as pd
import pytest

from winnow.errors import DataError
from winnow.statistics.judged import drawn_table, read_test_events

SEED = 2**63 + 1


@pytest.fixture
def files(tmp_path):
    """Event tables of two files, and the scores of their events."""
    random = np.random.default_rng(1)
    tables = []
    for source, count in (("one", 30), ("two", 20)):
        tables.append(
            pd.DataFrame(
                {
                    "source": source,
                    "row": np.arange(count),
                    "x": random.normal(size=count),
                    "p_a": random.random(count),
                }
            )
        )
        tables[-1].to_parquet(tmp_path / f"{source}.parquet")
    events = pd.concat(tables, ignore_index=True)
    score = random.random(len(events)).astype(np.float32)
    scores = events[["source", "row"]].assign(
        sample=random.choice(["train", "validation", "test"], len(events)),
        weight=random.normal(1, 1, len(events)),
        score_a=score,
        score_b=1 - score,
    )
    scores["class"] = random.integers(0, 2, len(events)).astype(np.int8)
    scores.to_parquet(tmp_path / "scores.parquet")
    return tmp_path, events, scores


def read(folder, truth=None):
    paths = [folder / "one.parquet", folder / "two.parquet"]
    return read_test_events(folder / "scores.parquet", paths, ["a", "b"], ["x"], truth or {}, SEED)


def test_test_events_have_their_own_columns(files):
    folder, events, scores = files
    inside = (scores["sample"] == "test").to_numpy()
    found = read(folder)
    assert np.array_equal(found.columns["x"], events["x"][inside])
    assert np.array_equal(found.judged.weight, scores["weight"][inside])
    assert np.array_equal(found.judged.label, scores["class"][inside])
    assert np.array_equal(found.judged.probability, scores.loc[inside, ["score_a", "score_b"]])
    assert found.judged.truth is None
    assert (found.judged.weight < 0).any()


def test_drawn_classes_are_told_with_their_rows_and_seed(files):
    folder, _, scores = files
    table = drawn_table(read(folder), SEED)
    inside = scores[scores["sample"] == "test"]
    assert table["source"].tolist() == inside["source"].tolist()
    assert table["row"].tolist() == inside["row"].tolist()
    assert table["class"].tolist() == [("a", "b")[code] for code in inside["class"]]
    assert set(table["drawn"]) == {"a", "b"}
    assert set(table["seed"]) == {str(SEED)}
    assert table.equals(drawn_table(read(folder), SEED))


def test_events_in_another_order_are_refused(files):
    folder, events, _ = files
    events[:30].iloc[::-1].to_parquet(folder / "one.parquet")
    with pytest.raises(DataError, match=r"scores.parquet: its events are not those of .*one"):
        read(folder)


def test_a_truth_that_is_no_probability_is_refused(files):
    folder, events, scores = files
    scores["sample"] = "test"
    scores.to_parquet(folder / "scores.parquet")
    assert read(folder, {"a": "p_a", "b": "p_a"}).judged.truth.shape == (50, 2)
    events.loc[33, "p_a"] = 1.5
    events[30:].to_parquet(folder / "two.parquet")
    with pytest.raises(DataError) as error:
        read(folder, {"a": "p_a", "b": "p_a"})
    assert str(error.value) == (
        "config key `calibration.truth`: the column 'p_a' holds 1.5 in row 3 of the source 'two', "
        "expected probabilities from 0 to 1 (1 events). Give a column of probabilities."
    )
