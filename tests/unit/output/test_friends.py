"""Friend trees: an entry for each of the original's, in its order."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from winnow.output.friends import FriendWriter, Scored, advice, counted, friend_arrays
from winnow.study.files import InputFile

# the status of four entries, of which the first and the last are scored
STATUS = np.array([0, 1, 2, 0], dtype=np.int8)


def scored(*scores, first_id=10):
    own = np.array(scores, dtype=np.float32)
    return Scored(
        {"score_signal": own},
        np.array([-1, 2], dtype=np.int8),
        np.array([-1, 1], dtype=np.int8),
        {
            "event_id": pa.chunked_array([np.arange(first_id, first_id + 2, dtype=np.uint64)]),
            "mass": pa.chunked_array([[91.0, 125.0]]),
        },
    )


def test_what_is_not_scored_is_nan_and_says_why():
    arrays = friend_arrays(STATUS, scored(0.25, 0.75))
    np.testing.assert_array_equal(
        arrays["score_signal"], np.array([0.25, np.nan, np.nan, 0.75], np.float32)
    )
    assert arrays["status"].tolist() == [0, 1, 2, 0]
    assert arrays["role"].tolist() == [0, 0, 0, 3]
    assert arrays["fold"].tolist() == [-1, -1, -1, 1]


@pytest.fixture
def written(tmp_path):
    table, root = tmp_path / "scores.parquet", tmp_path / "friend.root"
    with FriendWriter(table, root, "w", {"score_signal": "p"}) as writer:
        writer.write("data", STATUS, scored(0.25, 0.75))
        writer.write("data", STATUS[::-1].copy(), scored(0.5, 0.125, first_id=20))
    return table, root


def test_chunks_follow_each_other(written):
    table, root = written
    with uproot.open(root) as file:
        assert file.classnames() == {"w;1": "TTree"}
        tree = file["w"].arrays(library="np")
    expected = np.array([0.25, np.nan, np.nan, 0.75, 0.5, np.nan, np.nan, 0.125], np.float32)
    np.testing.assert_array_equal(tree["p"], expected)
    own = pq.read_table(table).to_pandas()
    np.testing.assert_array_equal(own["score_signal"], expected)
    assert own["row"].tolist() == list(range(8))
    first = ["scored", "cut", "rejected", "scored"]
    assert own["status"].tolist() == [*first, *first[::-1]]
    assert own["role"][[0, 3]].tolist() == ["unseen", "test"]
    assert own["event_id"].dropna().astype(int).tolist() == [10, 11, 20, 21]
    assert own["mass"].dropna().tolist() == [91.0, 125.0] * 2
    assert own["mass"].isna().tolist() == np.isnan(expected).tolist()


def test_a_file_without_entries_has_a_friend_without_any(tmp_path):
    table, root = tmp_path / "scores.parquet", tmp_path / "friend.root"
    none = Scored(
        {"score_signal": np.empty(0, np.float32)},
        *np.empty((2, 0), np.int8),
        {"event_id": pa.chunked_array([pa.array([], pa.uint64())])},
    )
    with FriendWriter(table, root, "w", {}) as writer:
        writer.write("data", np.empty(0, np.int8), none)
    with uproot.open(root) as file:
        assert file["w"].num_entries == 0
        assert file["w"].keys() == ["score_signal", "status", "role", "fold"]
    assert pq.read_table(table).num_rows == 0


def test_entries_are_counted_by_what_they_are():
    found = counted(STATUS, scored(0.25, 0.75))
    assert dict(found) == {
        "scored": 2, "cut": 1, "rejected": 1,
        "scored_unseen": 1, "scored_train": 0, "scored_validation": 0, "scored_test": 1,
    }  # fmt: skip


def test_what_root_refuses_is_said(tmp_path):
    path = tmp_path / "events.root"
    with uproot.recreate(path) as file:
        file.mktree("dir/Events", {"x": "f8"}).extend({"x": np.ones(3)})
        file["other"] = {"x": np.ones(2)}
    told = list(advice(InputFile("e", str(path), "root", "dir/Events"), "friend.root", "w", 3))
    assert len(told) == 1
    assert 'Events->AddFriend("w", "' in told[0]
    assert "count as unseen" in next(iter(advice(InputFile("e", "e.csv", "csv"), "f", "w", 0)))
    with uproot.recreate(path) as file:
        file["tuple"] = {"x": np.ones(2)}  # uproot writes an RNTuple so
    told = list(advice(InputFile("e", str(path), "root"), "friend.root", "w", 3))
    assert told == [f"{path} has no TTree, which alone takes friends; use the table"]
