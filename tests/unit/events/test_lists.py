"""Events of files with lists: what derived columns and the selection make of them, and ids."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from winnow.columns import CUT, EVENT_ID, REJECTED, SCORED, STATUSES
from winnow.errors import DataError
from winnow.events.formats import parquet, root
from winnow.events.headers import wanted_columns
from winnow.events.ingest import ingest, read_entries
from winnow.events.ledger import check_each_tested_once, fold_ledger
from winnow.events.settings import IngestSettings
from winnow.events.split import samples_table
from winnow.preparation.folds import read_folds
from winnow.study.files import InputFile
from winnow.study.scan import split_key
from winnow.tables import read_events, write_parquet

SETTINGS = IngestSettings(
    features=("ht", "first", "hard"),
    classes={"background": ("b",), "signal": ("s",)},
    spectators=("most",),
    process_column="p",
    event_id=("event",),
    derived={
        "ht": "Sum$(pt)",
        "first": "pt[0]",
        "hard": "Sum$(pt > 30 && abs(eta) < 2.4)",
        "most": "Max$(pt * (abs(eta) < 2.4))",
    },
    selection={"two": "Length$(pt) >= 2"},
)


def frame(rows: int = 700) -> ak.Array:
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 5, rows)
    jets = {"pt": rng.exponential(30, counts.sum()), "eta": rng.normal(0, 2, counts.sum())}
    return ak.Array(
        {
            "event": np.arange(rows) + 2**53,
            "met": rng.exponential(20, rows),
            "p": np.array(["b", "s"])[rng.integers(0, 2, rows)],
            **{name: ak.unflatten(values, counts) for name, values in jets.items()},
        }
    )


def written(path: Path, events: ak.Array, source: str = "a") -> InputFile:
    """As an RNTuple, or as Parquet by the path's ending."""
    if path.suffix == ".root":
        with uproot.recreate(path) as out:
            out["events"] = {name: events[name] for name in events.fields}
        return InputFile(source, str(path), "root")
    pq.write_table(pa.table({name: events[name].to_list() for name in events.fields}), path)
    return InputFile(source, str(path), "parquet")


class Outcome:
    def __init__(self, folder: Path, file: InputFile, settings: IngestSettings) -> None:
        paths = [folder / n for n in ("events.parquet", "cutflow.parquet", "r.csv", "n.json")]
        self.counts = ingest(file, settings, *paths)
        self.table = read_events(paths[:1])
        self.events = self.table.to_pandas()
        self.rejected = pd.read_csv(paths[2], keep_default_na=False)
        assert json.loads(paths[3].read_text()) == self.counts


@pytest.mark.parametrize("ending", ["root", "parquet"])
def test_values_are_those_of_a_loop_over_events(ending: str, tmp_path: Path) -> None:
    events = frame()
    found = Outcome(tmp_path, written(tmp_path / f"in.{ending}", events), SETTINGS).events
    expected = []
    for event in events.to_list():
        pt, eta = event["pt"], event["eta"]
        if len(pt) >= 2:
            inside = [p if abs(e) < 2.4 else 0.0 for p, e in zip(pt, eta, strict=True)]
            hard = sum(p > 30 for p in inside)
            expected.append((event["event"] - 2**53, sum(pt), pt[0], hard, max(inside)))
    rows, ht, first, hard, most = map(np.array, zip(*expected, strict=True))
    assert 300 < len(rows) < 500
    np.testing.assert_array_equal(found["row"], rows)
    np.testing.assert_allclose(found["ht"], ht, rtol=1e-6)
    np.testing.assert_array_equal(found["first"], first.astype(np.float32))
    np.testing.assert_array_equal(found["hard"], hard)
    np.testing.assert_array_equal(found["most"], most)


def test_what_an_event_does_not_have_is_missing_and_no_defect(tmp_path: Path) -> None:
    events = frame()
    settings = replace(SETTINGS, selection={})
    found = Outcome(tmp_path, written(tmp_path / "in.root", events), settings)
    assert found.counts["rows_kept"] == len(events)
    none = ak.to_numpy(ak.num(events["pt"]) == 0)
    assert 50 < np.sum(none) < 250
    np.testing.assert_array_equal(np.isnan(found.events["first"]), none)
    np.testing.assert_array_equal(np.isnan(found.events["most"]), none)
    np.testing.assert_array_equal(found.events["ht"][none], 0)
    # a result that is undefined though nothing is missing stays a defect
    undefined = replace(settings, derived={**SETTINGS.derived, "first": "log(-Length$(pt) - 1)"})
    with pytest.raises(DataError, match=r"entry 0 .* column 'first': found nan, expected a finite"):
        Outcome(tmp_path, written(tmp_path / "in.root", events), undefined)


PLAIN = replace(SETTINGS, features=("met",), spectators=(), derived={}, selection={})


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        (
            replace(PLAIN, features=("ht",), derived={"ht": "Sum$(pt * pt / pt * eta)"}),
            ", column 'ht'",
        ),
        (replace(PLAIN, selection={"cut": "Max$(pt - eta) < 30"}), ""),
    ],
)
def test_lists_of_different_lengths_name_file_entry_and_branches(
    settings: IngestSettings, column: str, tmp_path: Path
) -> None:
    events = frame(30)
    eta = events["eta"].to_list()
    eta[7] = [*eta[7], 0.5]
    events["eta"] = eta
    file = written(tmp_path / "in.root", events)
    with pytest.raises(DataError) as caught:
        Outcome(tmp_path, file, settings)
    length = len(eta[7])
    assert str(caught.value) == (
        f"{file.path}, entry 7 (counted from 0){column}: found {length - 1} values of 'pt' and "
        f"{length} of 'eta', expected as many of each, since they are computed value by "
        "value. Use branches of one collection together, or leave such rows out with "
        "`input.on_defect: reject`."
    )
    left = Outcome(tmp_path, file, replace(settings, on_defect="reject"))
    assert left.counts["rows_rejected"] == 1
    assert left.rejected["row"].tolist() == [7]
    assert left.rejected["reason"].tolist() == ["lists of different lengths"]


def test_every_entry_of_a_file_that_is_applied_is_told_of(tmp_path: Path) -> None:
    events = frame(30)
    eta = events["eta"].to_list()
    eta[7] = [*eta[7], 0.5]
    events["eta"] = eta
    settings = replace(SETTINGS, classes={"unseen": ()}, on_defect="reject")
    (found,) = read_entries(written(tmp_path / "in.root", events), settings, tmp_path / "r.csv")
    several = ak.to_numpy(ak.num(events["pt"]) >= 2)
    expected = np.where(several, STATUSES.index(SCORED), STATUSES.index(CUT))
    expected[7] = STATUSES.index(REJECTED)
    np.testing.assert_array_equal(found.status, expected)
    kept = np.flatnonzero(expected == STATUSES.index(SCORED))
    assert found.events["row"].to_pylist() == kept.tolist()
    np.testing.assert_allclose(
        found.events["ht"], [sum(events["pt"][row]) for row in kept.tolist()], rtol=1e-6
    )


def test_missing_values_and_defects_in_lists(tmp_path: Path) -> None:
    events = frame(4)
    events["pt"] = [[1.0, -999.0], [2.0], [3.0, np.inf], [4.0, np.nan]]
    events["eta"] = [[0.0] * 2, [0.0], [0.0] * 2, [0.0] * 2]
    settings = replace(SETTINGS, selection={}, missing_values=(-999.0,), on_defect="reject")
    file = written(tmp_path / "in.root", events)
    found = Outcome(tmp_path, file, settings)
    np.testing.assert_array_equal(found.events["ht"], np.array([np.nan, 2], np.float32))
    np.testing.assert_array_equal(found.events["first"], np.array([1, 2], np.float32))
    assert found.rejected["value"].tolist() == ["an infinite value", "a value that is NaN"]
    both = Outcome(tmp_path, file, replace(settings, nan_is_missing=True))
    assert both.events["row"].tolist() == [0, 1, 3]


def test_lists_that_nobody_asks_for_are_no_fault(tmp_path: Path) -> None:
    """Neither as neighbours, nor where events are known by their whole rows."""
    events = frame()
    events["deep"] = [[[1.0], []]] * len(events)
    found = Outcome(tmp_path, written(tmp_path / "in.root", events), PLAIN).events
    assert len(found) == len(events)
    whole = replace(PLAIN, event_id=())
    known = Outcome(tmp_path, written(tmp_path / "in.root", events), whole).events[EVENT_ID]
    assert known.nunique() == len(events)
    named = replace(PLAIN, event_id=("event", "met", "p"))
    again = Outcome(tmp_path, written(tmp_path / "in.root", events), named).events[EVENT_ID]
    np.testing.assert_array_equal(known, again)


def test_memory_of_chunks_does_not_change_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = frame()
    tables = {}
    for rows in (64, 100_000):
        monkeypatch.setattr(root, "CHUNK_ROWS", rows)
        file = written(tmp_path / "in.root", events)
        tables[rows] = Outcome(tmp_path, file, SETTINGS).events
    pd.testing.assert_frame_equal(tables[64], tables[100_000])


ENTRIES = replace(SETTINGS, event_id=("Entry$",), selection={}, features=("ht",), spectators=())


@pytest.mark.parametrize("ending", ["root", "parquet"])
def test_an_entry_keeps_its_id_however_the_file_is_read(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, name = frame(), f"in.{ending}"
    whole = Outcome(tmp_path, written(tmp_path / name, events), ENTRIES)
    monkeypatch.setattr(root, "CHUNK_ROWS", 50)
    monkeypatch.setattr(parquet, "rows_at_once", lambda columns: 50)
    (tmp_path / "elsewhere").mkdir()
    moved = Outcome(tmp_path, written(tmp_path / "elsewhere" / name, events), ENTRIES)
    cut = Outcome(
        tmp_path, written(tmp_path / name, events), replace(ENTRIES, selection={"c": "ht > 30"})
    )
    fractions = {"train": 0.5, "validation": 0.25, "test": 0.25}
    assert whole.events[EVENT_ID].nunique() == len(events)
    first, second = (
        samples_table(outcome.table, fractions, split_key(1)) for outcome in (whole, moved)
    )
    assert first.equals(second)
    np.testing.assert_array_equal(cut.events[EVENT_ID], whole.events[EVENT_ID][cut.events["row"]])


def test_the_entries_of_two_files_and_with_other_columns_differ(tmp_path: Path) -> None:
    events = frame()
    one, two = (
        Outcome(tmp_path, written(tmp_path / "in.root", events, source), ENTRIES).events[EVENT_ID]
        for source in ("007", "7")
    )
    assert not {*one} & {*two}
    with_event = replace(ENTRIES, event_id=("event", "Entry$"))
    file = written(tmp_path / "in.root", events, "007")
    assert not {*Outcome(tmp_path, file, with_event).events[EVENT_ID]} & {*one}


def test_entries_are_shared_out_to_folds_without_a_leak(tmp_path: Path) -> None:
    paths = []
    for source in ("a", "b"):
        file = written(tmp_path / "in.root", frame(), source)
        paths.append(tmp_path / f"{source}.parquet")
        write_parquet(Outcome(tmp_path, file, ENTRIES).table, paths[-1])
    split = samples_table(read_events(paths), {}, split_key(1), folds=3)
    write_parquet(split, tmp_path / "samples.parquet")
    own = read_folds(paths, tmp_path / "samples.parquet", range(3), [EVENT_ID])
    ledgers = [fold_ledger(own[fold], fold) for fold in range(3)]
    check_each_tested_once(ledgers)
    assert len(ledgers[0]) == 1400


def test_no_file_must_have_a_column_of_entries() -> None:
    columns: dict[str, Any] = {"derived": {}, "features": [{"name": "x"}], "spectators": []}
    columns |= {"lists": {}, "weight": [], "event_id": ["run", "Entry$"], "process": "p"}
    config = {"columns": columns, "processes": {}, "selection": {"c": "Sum$(pt) > eta[1]"}}
    wanted = wanted_columns(config, InputFile("a", "a.root", "root"))
    assert [name for _, name in wanted] == ["x", "run", "p", "pt", "eta"]
