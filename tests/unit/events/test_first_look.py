"""A first look at inputs: what it counts is what the chain makes of them."""

import numpy as np
import pandas as pd
import pytest

from winnow.columns import CLASS
from winnow.errors import DataError
from winnow.events.first_look import check_samples, first_look, look_table
from winnow.events.settings import IngestSettings
from winnow.study.files import InputFile
from winnow.study.keys.balance import Balance

SETTINGS = IngestSettings(
    features=("x",),
    spectators=(),
    weight=("w",),
    event_id=("e",),
    process_column="p",
    derived={},
    selection={"some": "x < 90"},
    on_defect="reject",
    classes={"b": ["b"], "s": ["s"]},
)
FRACTIONS = {"train": 0.5, "validation": 0.25, "test": 0.25}


def written(folder, count, signal):
    """A CSV whose last events are cut or defective."""
    random = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "e": np.arange(count),
            "x": np.append(random.normal(size=count - 2), [99.0, np.inf]),
            "w": 1.0,
            "p": np.where(np.arange(count) < signal, "s", "b"),
        }
    )
    path = folder / "events.csv"
    table.to_csv(path, index=False)
    return InputFile(source="events", path=str(path), format="csv")


def test_a_look_counts_what_ingest_would(tmp_path):
    look = first_look(written(tmp_path, 500, 100), SETTINGS)
    table = look_table({"a": look}, ("b", "s")).iloc[0]
    assert table[["rows", "kept", "cut", "rejected", "b", "s"]].tolist() == [
        500,
        498,
        1,
        1,
        398,
        100,
    ]
    assert table["all"] == "yes"
    assert np.bincount(look.events[CLASS].to_numpy()).tolist() == [398, 100]


def test_of_a_large_file_the_first_rows_are_read_alone(tmp_path):
    look = first_look(written(tmp_path, 400_000, 100), SETTINGS, rows=1000)
    assert 1000 <= look.totals.rows_read < 400_000
    assert not look.whole


def test_samples_are_filled_and_balanced_as_by_the_chain(tmp_path):
    look = first_look(written(tmp_path, 4000, 1000), SETTINGS)
    table = check_samples([look], FRACTIONS, 7, Balance(), ("b", "s"), "s").set_index("sample")
    assert table.to_numpy().sum(axis=0).tolist() == [2998, 1000]
    assert table.loc["train", "s"] == pytest.approx(500, abs=50)


def test_four_events_of_a_class_are_told_before_anything_runs(tmp_path):
    look = first_look(written(tmp_path, 4000, 1), SETTINGS)
    with pytest.raises(DataError, match="class 's' has no events in the sample"):
        check_samples([look], FRACTIONS, 7, Balance(), ("b", "s"), "s")
