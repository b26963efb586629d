"""Events with objects: lists that stay with them, from every format and the reference layout."""

import json

import awkward as ak
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import uproot

from winnow.columns import CLASS, PROCESS, SAMPLE
from winnow.errors import DataError
from winnow.events.chunks import CHUNK_ROWS, rows_at_once
from winnow.events.ingest import ingest
from winnow.events.settings import IngestSettings
from winnow.study.files import InputFile

SETTINGS = IngestSettings(
    features=("ht",),
    classes={"b": ("0",), "s": ("1",)},
    process_column="label",
    event_id=("event",),
    derived={"ht": "Sum$(pt)"},
    objects=("pt", "eta"),
)


def file(path, **keys):
    ending = path.suffix.removeprefix(".")
    formats = {"h5": "hdf5"}
    return InputFile("a", str(path), formats.get(ending, ending), **keys)


def ingested(path, settings=SETTINGS, **keys):
    folder = path.parent / "out"
    paths = [folder / name for name in ("e.parquet", "c.parquet", "r.csv", "n.json")]
    counts = ingest(file(path, **keys), settings, *paths)
    assert json.loads(paths[3].read_text()) == counts
    return pq.read_table(paths[0]), pd.read_csv(paths[2])


def events(count=40):
    """Label, number, and constituents of events, some of which have none."""
    random = np.random.default_rng(7)
    sizes = random.integers(0, 6, count)
    sizes[:3] = 0, 1, 5
    return {
        "label": random.integers(0, 2, count),
        "event": np.arange(count),
        "pt": [random.exponential(5, n).astype(np.float32) + 1 for n in sizes],
        "eta": [random.normal(0, 1, n).astype(np.float32) for n in sizes],
    }


def padded(values, width):
    out = np.zeros((len(values), width), np.float32)
    for row, own in zip(out, values, strict=True):
        row[: len(own)] = own
    return out


def write(path, own):
    """Write events with lists, in a file of the path's ending."""
    lists = {name: own[name] for name in ("pt", "eta")}
    if path.suffix == ".root":
        with uproot.recreate(path) as root:
            columns = {
                name: ak.unflatten(np.concatenate(values), [len(v) for v in values])
                for name, values in lists.items()
            }
            kinds = {name: values.type.content for name, values in columns.items()}
            root.mktree("t", {"label": "i8", "event": "i8", **kinds})
            root["t"].extend({"label": own["label"], "event": own["event"], **columns})
    elif path.suffix == ".parquet":
        frame = pd.DataFrame({**own, **{name: list(values) for name, values in lists.items()}})
        frame.to_parquet(path)
    else:
        arrays = {name: padded(values, 7) for name, values in lists.items()}
        np.savez(path, label=own["label"], event=own["event"], **arrays)


@pytest.mark.parametrize("ending", ["root", "parquet", "npz"])
def test_objects_stay_with_their_events(tmp_path, ending):
    own = events()
    write(tmp_path / f"a.{ending}", own)
    table, _ = ingested(tmp_path / f"a.{ending}")
    assert [np.float32(v).tolist() for v in table["pt"].to_pylist()] == [
        v.tolist() for v in own["pt"]
    ]
    assert [len(v) for v in table["eta"].to_pylist()] == [len(v) for v in own["eta"]]
    assert table[CLASS].to_pylist() == own["label"].tolist()
    assert np.allclose(table["ht"].to_numpy(), [v.sum() for v in own["pt"]], rtol=1e-6)


def test_only_zeros_at_the_end_are_filling(tmp_path):
    """A constituent of pT 0 between others keeps its place, as does one of eta 0 at the end."""
    path = tmp_path / "a.npz"
    pt = np.array([[3, 0, 2, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], np.float32)
    eta = np.array([[1, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], np.float32)
    np.savez(path, label=[0, 1, 0], event=[1, 2, 3], pt=pt, eta=eta)
    table, _ = ingested(path)
    assert table["pt"].to_pylist() == [[3, 0, 2], [1, 1], []]
    assert table["eta"].to_pylist() == [[1, 0, 1], [1, 0], []]


def test_an_array_of_three_axes_is_a_list_column_for_each_entry_of_the_last(tmp_path):
    """The layout of EnergyFlow: constituents of (pT, rapidity, azimuth, kind)."""
    path = tmp_path / "a.npz"
    jets = np.random.default_rng(1).random((30, 4, 3)).astype(np.float32)
    np.savez(path, jets=jets, label=np.arange(30) % 2, event=np.arange(30), note=np.float64(1))
    settings = IngestSettings(
        **{**vars(SETTINGS), "objects": ("jets.0", "jets.2"), "derived": {"ht": "Sum$(jets.0)"}}
    )
    table, _ = ingested(path, settings)
    assert np.allclose(np.array(table["jets.2"].to_pylist()), jets[..., 2])


@pytest.mark.parametrize(
    ("arrays", "told"),
    [({"label": [0], "event": [1, 2]}, r"differ in length \(label 1, event 2\)"),
     ({"note": np.float64(1)}, r"differ in length \(none\)")],
)  # fmt: skip
def test_archives_that_are_no_events_are_refused(tmp_path, arrays, told):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=told):
        ingested(tmp_path / "a.npz")


def test_pickled_arrays_are_never_loaded(tmp_path):
    objects = np.array([{"a": 1}, None], dtype=object)
    np.savez(tmp_path / "a.npz", pt=objects, eta=objects, phi=objects, label=[0, 1], event=[1, 2])
    with pytest.raises(DataError, match="allow_pickle=False"):
        ingested(tmp_path / "a.npz")


def test_lists_that_differ_in_length_and_missing_values_are_defects(tmp_path):
    own = events(8)
    own["eta"][2] = own["eta"][2][:-1]
    own["pt"][4] = np.array([1, np.nan], np.float32)
    own["eta"][4] = np.array([1, 1], np.float32)
    write(tmp_path / "a.parquet", own)
    with pytest.raises(DataError, match="5 values of 'pt' and 4 of 'eta'"):
        ingested(tmp_path / "a.parquet")
    reject = IngestSettings(**{**vars(SETTINGS), "on_defect": "reject"})
    table, rejected = ingested(tmp_path / "a.parquet", reject)
    assert rejected["row"].tolist() == [2, 4]
    assert len(table) == 6
    # where NaN stands for a missing value, the constituent is kept, and is in no picture
    missing = IngestSettings(**{**vars(reject), "nan_is_missing": True})
    table, rejected = ingested(tmp_path / "a.parquet", missing)
    assert rejected["row"].tolist() == [2]
    assert len(table["pt"].to_pylist()[3]) == 2


# The top-tagging reference layout ----------------------------------------------------------------

REFERENCE = IngestSettings(
    features=("multiplicity",),
    classes={"qcd": ("0",), "top": ("1",)},
    process_column="is_signal_new",
    event_id=("Entry$",),
    derived={"multiplicity": "Sum$(E > 0)"},
    lists={"E": "E_*", "px": "PX_*"},
    objects=("px",),
    sample="ttv",
)


def reference(path, jets=30, width=200, complib="blosc"):
    """Write the layout of Zenodo 2603256 by PyTables; return E and PX of (jets, width)."""
    random = np.random.default_rng(3)
    energy = np.sort(random.exponential(5, (jets, width)).astype(np.float32))[:, ::-1]
    energy[np.arange(width)[None] >= random.integers(1, width, jets)[:, None]] = 0
    columns = {}
    for number in range(width):
        for name, share in (("E", 1.0), ("PX", 0.5), ("PY", 0.5), ("PZ", 0.7)):
            columns[f"{name}_{number}"] = energy[:, number] * np.float32(share)
    for name in ("truthE", "truthPX", "truthPY", "truthPZ"):
        columns[name] = np.zeros(jets, np.float32)
    columns |= {"ttv": np.arange(jets) % 3, "is_signal_new": np.arange(jets) % 2}
    pd.DataFrame(columns).to_hdf(path, key="table", format="table", complib=complib, complevel=5)
    return energy


@pytest.mark.parametrize("complib", ["blosc", "zlib"])
def test_the_reference_layout_is_read(tmp_path, complib):
    path = tmp_path / "jets.h5"
    energy = reference(path, complib=complib)
    table, _ = ingested(path, REFERENCE, key="table")
    kept = [row[row > 0] * np.float32(0.5) for row in energy]
    found = table["px"].to_pylist()
    assert all(np.array_equal(np.float32(a), b) for a, b in zip(found, kept, strict=True))
    assert table["multiplicity"].to_pylist() == [len(row) for row in kept]
    names = ["train", "validation", "test"]
    assert table[SAMPLE].to_pylist() == [names[row % 3] for row in range(30)]
    assert table[PROCESS].to_pylist() == [str(row % 2) for row in range(30)]


def test_numbered_columns_come_in_the_order_of_their_numbers(tmp_path):
    """`a_10` follows `a_9`, and what has no number is none of them."""
    path = tmp_path / "a.parquet"
    columns = {f"a_{number}": [float(number + 1)] * 3 for number in (10, 2, 9, 0)}
    pd.DataFrame({**columns, "a_x": 1.0, "ba_1": 1.0, "k": "0", "s": [2, 0, 1]}).to_parquet(path)
    settings = IngestSettings(
        features=("n",),
        classes={"b": ("0",)},
        process_column="k",
        event_id=("Entry$",),
        derived={"n": "Length$(a)"},
        lists={"a": "a_*"},
        objects=("a",),
        sample="s",
    )
    table, _ = ingested(path, settings)
    assert table["a"].to_pylist() == [[1, 3, 10, 11]] * 3
    assert table[SAMPLE].to_pylist() == ["test", "train", "validation"]


def test_numbered_columns_that_there_are_not_are_told(tmp_path):
    path = tmp_path / "jets.h5"
    reference(path, jets=4, width=2)
    settings = IngestSettings(**{**vars(REFERENCE), "lists": {"E": "E_*", "px": "Px_*"}})
    with pytest.raises(DataError, match="no column is called 'Px_\\*' with a number for the star"):
        ingested(path, settings, key="table")


@pytest.mark.parametrize("value", ["3", "-1", "testing", ""])
def test_a_sample_that_there_is_not_is_a_defect(tmp_path, value):
    path = tmp_path / "a.csv"
    path.write_text(f"x,k,s\n1,0,train\n2,0,{value}\n")
    settings = IngestSettings(
        features=("x",), classes={"b": ("0",)}, process_column="k", sample="s"
    )
    with pytest.raises(DataError, match=r"entry 1|line 3") as error:
        ingested(path, settings)
    assert "0, 1 or 2, or train, validation or test" in str(error.value)


def test_fewer_rows_of_wide_files_are_read_at_once():
    assert rows_at_once(30) == CHUNK_ROWS
    assert rows_at_once(806) * 806 <= 64 * CHUNK_ROWS
    assert rows_at_once(10**9) == 1
