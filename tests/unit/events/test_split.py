"""Sharing events out: fractions, stability, inputs that are split already."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2, norm

from winnow.columns import SAMPLES
from winnow.errors import DataError
from winnow.events.split import Split, assign, samples_table
from winnow.identity import event_ids
from winnow.study.scan import split_key
from winnow.tables import read_events, write_parquet

FRACTIONS = {"train": 0.5, "validation": 0.2, "test": 0.3}
KEY = split_key(1)


def events(count, process="b", first=0, sample=None):
    row = np.arange(first, first + count)
    columns = {
        "source": pa.array(["file"] * count).dictionary_encode(),
        "row": row,
        "event_id": event_ids({"number": row}),
        "process": pa.array([process] * count).dictionary_encode(),
        "weight": np.linspace(-1.0, 3.0, count),
    }
    if sample is not None:
        columns["sample"] = pa.array(sample).dictionary_encode()
    return pa.table(columns)


def test_fractions_hold_per_process_within_counting_error():
    for first in (0, 1_000_000):
        codes = assign(events(40_000, first=first)["event_id"].to_numpy(), FRACTIONS, KEY)
        found = np.bincount(codes, minlength=3)
        expected = 40_000 * np.array([FRACTIONS[name] for name in SAMPLES])
        assert chi2.sf(np.sum((found - expected) ** 2 / expected), 2) > 1e-4


def test_a_share_is_exact_at_its_borders():
    ids = events(1000)["event_id"].to_numpy()
    codes = assign(ids, {"train": 1 - 2e-12, "validation": 1e-12, "test": 1e-12}, KEY)
    assert np.array_equal(codes, np.zeros(1000))


@pytest.mark.parametrize("chunks", [1, 7])
def test_an_event_keeps_its_sample_under_reordering_chunking_and_extra_files(chunks):
    ids = events(5000)["event_id"].to_numpy()
    reference = dict(zip(ids, assign(ids, FRACTIONS, KEY), strict=True))
    extra = events(3000, first=9000)["event_id"].to_numpy()
    order = np.random.default_rng(3).permutation(8000)
    mixed = np.concatenate([ids, extra])[order]
    codes = np.concatenate([assign(p, FRACTIONS, KEY) for p in np.array_split(mixed, chunks)])
    again = dict(zip(mixed, codes, strict=True))
    assert all(again[event] == sample for event, sample in reference.items())


def test_the_seed_changes_the_split_and_independently():
    ids = events(40_000)["event_id"].to_numpy()
    first, second = assign(ids, FRACTIONS, KEY), assign(ids, FRACTIONS, split_key(2))
    both = np.mean((first == 0) & (second == 0))
    error = np.sqrt(0.25 * 0.75 / 40_000)
    assert norm.sf(abs(both - 0.25) / error) > 1e-4


def test_pre_split_inputs_are_taken_as_they_are():
    given = ["test", "train", "validation", "test"]
    table = samples_table(events(4, sample=given), FRACTIONS, KEY)
    assert table["sample"].to_pylist() == given
    assert table["row"].to_pylist() == [0, 1, 2, 3]


def test_events_in_two_samples_are_refused_and_counted_once_each():
    samples = ["test", "train", "train", "validation", "test", "test", "train"]
    table = events(7, sample=samples)
    ids = pa.array(np.array([4, 1, 3, 3, 3, 2, 1], dtype=np.uint64))
    assert len(samples_table(table, FRACTIONS, KEY)) == 7
    alike = table.set_column(2, "event_id", ids)
    with pytest.raises(DataError) as error:
        samples_table(alike, FRACTIONS, KEY)
    assert str(error.value).startswith(
        "the inputs' own samples: 1 events have two roles, expected one each; the first is file "
        "row 2 (train) and file row 3 (validation), which are the same event by `columns.event_id`"
    )
    given = alike.set_column(5, "sample", pa.array(["test", "train", *samples[2:6], "test"]))
    with pytest.raises(DataError, match=r"2 events have two roles.* row 1 .train. and file row 6"):
        samples_table(given, FRACTIONS, KEY)


def test_an_empty_sample_is_an_error():
    with pytest.raises(DataError) as error:
        samples_table(events(1), FRACTIONS, KEY)
    assert str(error.value).endswith(
        "sample has no events: the inputs have 1 events in all. Give more events, or a larger "
        "share in split.fractions."
    )


def test_ids_that_collide_are_told_where_a_sample_is_empty_for_them():
    alike = events(600).set_column(2, "event_id", pa.array(np.full(600, 7, np.uint64)))
    told = (
        r"no events: the inputs have 600 events in all, of 1 ids, and events of one id "
        r"\(`columns.event_id`\) share a sample\. Give more events, or "
    )
    with pytest.raises(DataError, match=told):
        samples_table(alike, FRACTIONS, KEY)
    with pytest.raises(DataError, match=told):
        samples_table(alike, FRACTIONS, KEY, folds=3)


def test_ids_that_collide_share_a_sample():
    ids = np.arange(3000, dtype=np.uint64) // 10
    alike = events(3000).set_column(2, "event_id", pa.array(ids))
    sample = np.array(samples_table(alike, FRACTIONS, KEY)["sample"].to_pylist())
    assert (sample.reshape(-1, 10) == sample.reshape(-1, 10)[:, :1]).all()
    assert len(set(sample)) == 3


def test_the_summary_adds_up():
    table = pa.concat_tables([events(600, "b"), events(400, "s", first=600)]).unify_dictionaries()
    split = Split(FRACTIONS, KEY)
    list(split.tables([table.slice(0, 700), table.slice(700)]))
    rows = split.summary()
    assert rows["entries"].sum() == 1000
    assert rows["sum_of_weights"].sum() == pytest.approx(table["weight"].to_numpy().sum())
    assert rows.groupby("process")["share"].sum().tolist() == pytest.approx([1, 1])
    assert len(rows) == 6


def test_a_sample_that_a_file_brings_stands_beside_events_that_are_split(tmp_path):
    """The first file is shared out as it would be alone, the second stays where it is."""
    write_parquet(events(1000), tmp_path / "a.parquet")
    write_parquet(events(300, first=5000, sample=["test"] * 300), tmp_path / "b.parquet")
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    alone = samples_table(read_events(paths[:1]), FRACTIONS, KEY)["sample"].to_pylist()
    for order in (1, -1):
        joined = samples_table(read_events(paths[::order]), FRACTIONS, KEY)["sample"].to_pylist()
        parts = [joined[:1000], joined[1000:]] if order == 1 else [joined[300:], joined[:300]]
        assert parts == [alone, ["test"] * 300]
    without = {"train": 0.6, "validation": 0.4, "test": 0.0}
    found = samples_table(read_events(paths), without, KEY)["sample"].to_pylist()
    assert "test" not in found[:1000]
    again = events(300, first=900, sample=["test"] * 300)  # 100 of them are in the first file
    write_parquet(again, tmp_path / "b.parquet")
    with pytest.raises(DataError, match="events have two roles, expected one each"):
        samples_table(read_events(paths), without, KEY)
