"""Files without labels: every entry is there, in the file's order, and says what became of it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winnow.errors import DataError
from winnow.events import chunks, ingest
from winnow.events.formats import csv
from winnow.events.ledger import roles_table
from winnow.events.roles import known_events
from winnow.events.settings import IngestSettings
from winnow.study.files import InputFile
from winnow.tables import write_parquet

SETTINGS = IngestSettings(
    features=("x",),
    classes={"unseen": ()},
    spectators=("event",),
    event_id=("event",),
    selection={"positive": "x > 0", "small": "x < 8"},
    on_defect="reject",
)


def entries(tmp_path, text, settings=SETTINGS):
    path = tmp_path / "data.csv"
    path.write_text(text)
    file = InputFile("data", str(path), "csv", process="ignored", weight=("w",))
    return list(ingest.read_entries(file, settings, tmp_path / "rejected.csv"))


def test_every_entry_says_what_became_of_it(tmp_path, monkeypatch):
    """Over chunks of two rows."""
    for module in (chunks, csv):
        if hasattr(module, "CHUNK_ROWS"):
            monkeypatch.setattr(module, "CHUNK_ROWS", 2)
    rows = ["x,event", "1,0", "-1,1", "text,2", "9,3", "2,4", "inf,5", "3,6,6", "4,7"]
    found = entries(tmp_path, "\n".join(rows) + "\n")
    status = np.concatenate([one.status for one in found])
    assert status.tolist() == [0, 1, 2, 1, 0, 2, 2, 0]
    events = [event for one in found for event in one.events["event"].to_pylist()]
    assert events == [0, 4, 7]
    rejected = pd.read_csv(tmp_path / "rejected.csv")
    assert rejected["row"].tolist() == [2, 5, 6]


def test_a_file_without_entries_has_none(tmp_path):
    found = entries(tmp_path, "x,event\n")
    assert [len(one.status) for one in found] == [0]


def test_a_file_that_lacks_a_feature_is_refused(tmp_path):
    with pytest.raises(DataError, match="column 'x' is missing"):
        entries(tmp_path, "y,event\n1,2\n")


def ledger(ids, roles, fold):
    return pa.table(
        {
            "source": ["s"] * len(ids),
            "row": range(len(ids)),
            "event_id": pa.array(ids, pa.uint64()),
            "fold": pa.array([fold] * len(ids), pa.int8()),
            "sample": pa.array(roles).dictionary_encode(),
        }
    )


def test_known_events_are_found_by_their_ids(tmp_path):
    """Without folds: an event that stands twice has one role."""
    big = 2**64 - 1
    table = roles_table({0: ledger([7, 3, big, 3], ["test", "train", "validation", "train"], 0)})
    write_parquet(table, tmp_path / "roles.parquet")
    known = known_events(tmp_path / "roles.parquet")
    codes, folds = known.look_up(np.array([3, 5, big, 7, 0], np.uint64))
    assert codes.tolist() == [0, -1, 1, 2, -1]
    assert folds.tolist() == [0, -1, 0, 0, -1]


def test_with_folds_an_events_fold_is_the_one_that_tests_it(tmp_path):
    roles = {
        0: ledger([1, 2, 3], ["test", "validation", "train"], 0),
        1: ledger([1, 2, 3], ["train", "test", "validation"], 1),
        2: ledger([1, 2, 3], ["validation", "train", "test"], 2),
    }
    write_parquet(roles_table(roles), tmp_path / "roles.parquet")
    codes, folds = known_events(tmp_path / "roles.parquet").look_up(np.array([3, 2, 1], np.uint64))
    assert folds.tolist() == [2, 1, 0]
    assert codes.tolist() == [2, 2, 2]


def test_without_a_table_no_event_is_known():
    codes, folds = known_events(None).look_up(np.array([3, 2], np.uint64))
    assert codes.tolist() == folds.tolist() == [-1, -1]
