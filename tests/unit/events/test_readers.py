import csv
import gzip
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import uproot
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.events.chunks import CHUNK_ROWS, Chunk
from winnow.events.readers import column_names, defect_message, identity_columns, read_chunks
from winnow.study.files import InputFile, file_format

SHARED = Path(__file__).resolve().parents[4] / "shared"


def csv_file(path: Path, content: str | bytes, **more: object) -> InputFile:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return InputFile("s", str(path), "csv", **more)  # type: ignore[arg-type]


def whole(file: InputFile, numbers: list[str], others: list[str] | None = None) -> Chunk:
    chunks = list(read_chunks(file, numbers, others or []))
    return Chunk(
        np.concatenate([chunk.rows for chunk in chunks]),
        {n: np.concatenate([chunk.numbers[n] for chunk in chunks]) for n in numbers},
        {n: pa.chunked_array([c.others[n] for c in chunks]).to_pylist() for n in others or []},
        tuple(defect for chunk in chunks for defect in chunk.defects),
    )


def message(file: InputFile, columns: list[str]) -> str:
    with pytest.raises(DataError) as caught:
        for _ in read_chunks(file, columns):
            pass
    return str(caught.value)


FRAME = pd.DataFrame(
    {
        "n": np.arange(150_000),
        "x": np.arange(150_000) * 0.25 - 7,
        "name": [f"p{i % 7}.root" for i in range(150_000)],
    }
)


def written(folder: Path, kind: str) -> InputFile:
    """Write FRAME in one of the formats."""
    path = folder / kind
    if kind in ("csv", "csv.gz"):
        FRAME.to_csv(path, index=False, compression="gzip" if kind == "csv.gz" else None)
        return InputFile("s", str(path), "csv")
    if kind == "headerless":
        FRAME.to_csv(path, index=False, header=False)
        return InputFile("s", str(path), "csv", columns=("n", "x", "name"))
    if kind == "parquet":
        FRAME.to_parquet(path)
        return InputFile("s", str(path), "parquet")
    if kind == "root":
        with uproot.recreate(path) as out:
            out.mktree("events", {"n": np.int32, "x": np.float64, "name": "string"})
            out["events"].extend(
                {c: FRAME[c].to_numpy() for c in ("n", "x")} | {"name": FRAME["name"].to_list()}
            )
        return InputFile("s", str(path), "root")
    if kind == "table":
        FRAME.to_hdf(path, key="events", format="table")
        return InputFile("s", str(path), "hdf5")
    names = FRAME["name"].to_numpy(dtype="S")
    with h5py.File(path, "w") as out:
        if kind == "group":
            out["events/n"], out["events/x"] = FRAME["n"].astype("i2").astype(">i4"), FRAME["x"]
            out["events/n"][...] = FRAME["n"]
            out["events/name"] = names
        elif kind == "flat":
            out["n"], out["x"], out["name"] = FRAME["n"], FRAME["x"], FRAME["name"].to_list()
        else:
            record = np.rec.fromarrays([FRAME["n"], FRAME["x"], names], names=["n", "x", "name"])
            out["events"] = record
    return InputFile("s", str(path), "hdf5")


KINDS = ["csv", "csv.gz", "headerless", "parquet", "root", "table", "group", "flat", "compound"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_the_same_rows(kind: str, tmp_path: Path) -> None:
    file = written(tmp_path, kind)
    assert set(column_names(file)) == {"n", "x", "name"}
    found = whole(file, ["x", "n"], ["name"])
    np.testing.assert_array_equal(found.rows, FRAME.index)
    for name in ("x", "n"):
        np.testing.assert_array_equal(found.numbers[name], FRAME[name])
    assert found.others["name"] == FRAME["name"].to_list()
    assert found.defects == ()
    chunks = list(read_chunks(file, ["x"]))
    assert len(chunks) > 1
    assert max(len(chunk.rows) for chunk in chunks) <= 2 * CHUNK_ROWS
    assert all(list(chunk.numbers) == ["x"] for chunk in chunks)


def test_a_two_dimensional_data_set_takes_its_names_from_the_config(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as out:
        out["data/events"] = np.arange(12.0).reshape(4, 3)
    file = InputFile("s", str(path), "hdf5", key="data/events", columns=("a", "b", "c"))
    np.testing.assert_array_equal(whole(file, ["c", "a"]).numbers["c"], [2, 5, 8, 11])
    nameless = InputFile("s", str(path), "hdf5", key="data/events")
    assert message(nameless, ["a"]) == (
        f"{path}: the data set 'data/events' of shape (4, 3) has no column names. "
        "List them in `input.files[].columns`."
    )
    short = InputFile("s", str(path), "hdf5", key="data/events", columns=("a", "b"))
    assert message(short, ["a"]) == (
        f"{path}: the data set 'data/events' has the shape (4, 3), but `input.files[].columns` "
        "names 2 columns. Name every column, in order."
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.csv", "csv"),
        ("a.csv.gz", "csv"),
        ("a.TXT", "csv"),
        ("a.txt.gz", "csv"),
        ("a.parquet", "parquet"),
        ("a.pq", "parquet"),
        ("a.b.root", "root"),
        ("a.h5", "hdf5"),
        ("a.hdf5", "hdf5"),
        ("a.hdf", "hdf5"),
    ],
)
def test_the_ending_tells_the_format(path: str, expected: str) -> None:
    assert file_format(path) == expected


def test_an_unknown_ending_lists_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match=r"^a\.xls: the ending tells no format; known endings are \.csv,"
    ):
        file_format("a.xls")


# Defects of whole files


@pytest.mark.parametrize("kind", ["csv", "parquet", "root", "hdf5"])
def test_a_missing_file(kind: str, tmp_path: Path) -> None:
    file = InputFile("s", str(tmp_path / "a"), kind)  # type: ignore[arg-type]
    assert message(file, ["x"]) == (f"{tmp_path}/a: no such file. Correct `input.files[].path`.")


@pytest.mark.parametrize("kind", ["csv", "parquet", "root", "hdf5"])
def test_a_file_of_zero_bytes(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    file = InputFile("s", str(tmp_path / "a"), kind)  # type: ignore[arg-type]
    assert message(file, ["x"]) == (f"{tmp_path}/a: the file is empty (0 bytes). Make it again.")


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "root", "group"])
def test_a_file_without_events(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "FRAME", FRAME.iloc[:0].drop(columns="name"))
    path = tmp_path / kind
    if kind == "root":
        with uproot.recreate(path) as out:
            out.mktree("events", {"x": np.float64})
        file = InputFile("s", str(path), "root")
    elif kind == "group":
        with h5py.File(path, "w") as out:
            out["x"] = np.zeros(0)
        file = InputFile("s", str(path), "hdf5")
    else:
        file = written(tmp_path, kind)
    (chunk,) = read_chunks(file, ["x"])
    assert len(chunk.rows) == len(chunk.numbers["x"]) == len(chunk.defects) == 0
    assert message(file, ["y"]).startswith(f"{path}: column 'y' is missing.")


def test_a_file_of_blank_lines(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", "\n\n")
    assert message(file, ["x"]) == f"{file.path}: the file has no lines. Make it again."


BROKEN = (
    "The file is truncated, damaged or of another format: copy or make it again, or correct its "
    "`format`."
)


@pytest.mark.parametrize("where", [0.02, 0.5, 0.9, 0.9999])
def test_a_truncated_gzip(where: float, tmp_path: Path) -> None:
    file = written(tmp_path, "csv.gz")
    content = Path(file.path).read_bytes()
    Path(file.path).write_bytes(content[: int(len(content) * where)])
    found = message(file, ["x"])
    told = "Truncated compressed stream|Compressed file ended before the end-of-stream marker was "
    told += "reached"
    assert re.fullmatch(
        rf"{re.escape(file.path)}: cannot be read as CSV \(({told})\)\. {re.escape(BROKEN)}", found
    )


@pytest.mark.parametrize("kind", ["parquet", "root", "table", "group"])
@pytest.mark.parametrize("where", [0.001, 0.5, 0.98])
def test_a_truncated_file(kind: str, where: float, tmp_path: Path) -> None:
    file = written(tmp_path, kind)
    content = Path(file.path).read_bytes()
    Path(file.path).write_bytes(content[: int(len(content) * where)])
    name = {"parquet": "Parquet", "root": "ROOT"}.get(kind, "HDF5")
    found = message(file, ["x"])
    assert found.startswith(f"{file.path}: cannot be read as {name} (")
    assert found.endswith(f"). {BROKEN}")


@pytest.mark.parametrize(
    ("kind", "name"), [("parquet", "Parquet"), ("root", "ROOT"), ("hdf5", "HDF5")]
)
def test_garbage(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(np.random.default_rng(1).bytes(5000))
    file = InputFile("s", str(tmp_path / "a"), kind)  # type: ignore[arg-type]
    assert message(file, ["x"]).startswith(f"{file.path}: cannot be read as {name} (")


def test_a_csv_that_is_no_text(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", b"x,y\n1,2\n\xff\xfe,3\n")
    assert message(file, ["x"]) == (
        f"{file.path}: the file is not UTF-8 text (invalid start byte at byte 8). Convert it, or "
        "correct its `format`."
    )


def test_a_missing_column_names_close_ones(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", "lep_pt,lep_eta,w\n1,2,3\n")
    assert message(file, ["lep_Pt"]) == (
        f"{file.path}: column 'lep_Pt' is missing. Did you mean 'lep_pt' or 'lep_eta'? "
        "It has: lep_pt, lep_eta, w."
    )
    headerless = csv_file(tmp_path / "b.csv", "1.5,2,s\n3,4,b\n")
    assert message(headerless, ["x"]) == (
        f"{headerless.path}: column 'x' is missing. The first line holds numbers: name the columns "
        "of a file without header in `input.files[].columns`. It has: 1.5, 2, s."
    )


@pytest.mark.parametrize("kind", ["parquet", "root", "table", "group", "compound"])
def test_a_missing_column_in_other_formats(kind: str, tmp_path: Path) -> None:
    file = written(tmp_path, kind)
    listed = ", ".join(column_names(file))
    assert message(file, ["mass"]) == f"{file.path}: column 'mass' is missing. It has: {listed}."


def test_a_duplicated_column(tmp_path: Path) -> None:
    text = "column 'x' stands 2 times, expected once. Rename or remove the others."
    file = csv_file(tmp_path / "a.csv", "x,y,x\n1,2,3\n")
    assert message(file, ["x"]) == f"{file.path}: {text}"
    (chunk,) = read_chunks(file, ["y"])
    assert chunk.numbers["y"].tolist() == [2]
    listed = csv_file(tmp_path / "b.csv", "1,2,3\n", columns=("x", "y", "x"))
    assert message(listed, ["x"]) == f"{listed.path}: {text}"
    table = pa.table([pa.array([1]), pa.array([2])], names=["x", "x"])
    pq.write_table(table, tmp_path / "a.parquet")
    parquet = InputFile("s", str(tmp_path / "a.parquet"), "parquet")
    assert message(parquet, ["x"]) == f"{parquet.path}: {text}"


def test_a_headerless_csv_with_another_number_of_columns(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", "1,2,3\n", columns=("x", "y"))
    assert message(file, ["x"]) == (
        f"{file.path}: the first line has 3 fields, but `input.files[].columns` names 2. "
        "Name every column of the file, in its order."
    )


def test_trees_are_chosen_by_name_and_latest_cycle(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    with uproot.recreate(path) as out:
        for name, value in (("one", 1.0), ("two", 2.0), ("two", 3.0)):
            out.mktree(name, {"x": np.float64}).extend({"x": np.array([value])})
    file = InputFile("s", str(path), "root", tree="two")
    assert whole(file, ["x"]).numbers["x"].tolist() == [3]
    assert message(InputFile("s", str(path), "root"), ["x"]) == (
        f"{path}: the file has 2 trees (one, two), expected one. Name it in `input.files[].tree`."
    )
    assert message(InputFile("s", str(path), "root", tree="three"), ["x"]) == (
        f"{path}: there is no tree 'three'; it has: one, two. Correct `input.files[].tree`."
    )


def several(name: str, kind: str) -> str:
    return (
        f"column {name!r} holds several values per event ({kind}), expected one. Make one of them "
        f"with a column of `columns.derived`, where lists of numbers may be used as `{name}[0]`, "
        f"`Max$({name})`, `Min$({name})`, `Sum$({name} > 30)` or `Length$({name})`."
    )


LISTS = {
    "jet": ak.Array([[1.5, 2.0], [], [30.0]]),
    "fix": np.arange(6.0).reshape(3, 2),
    "big": ak.Array([[2**53], [], [1, 2]]),
    "flag": ak.Array([[True, False], [], [True]]),
}


def with_lists(path: Path, kind: str) -> InputFile:
    """A number x and LISTS beside it, as each kind of file holds them."""
    x = np.arange(3.0)
    if kind == "tree":
        with uproot.recreate(path) as out:
            shapes = {"jet": "var * float64", "fix": "2 * float64"}
            out.mktree("t", {"x": "f8", **shapes, "big": "var * int64", "flag": "var * bool"})
            out["t"].extend({"x": x, **LISTS})
    elif kind == "ntuple":
        with uproot.recreate(path) as out:
            out["t"] = {"x": x, **LISTS}
    elif kind == "parquet":
        columns = {
            name: pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), 2)
            if isinstance(values, np.ndarray)
            else pa.array(values.to_list())
            for name, values in LISTS.items()
        }
        pq.write_table(pa.table({"x": x, **columns}), path)
    else:
        with h5py.File(path, "w") as root:
            out = root.create_group("events")
            out["x"], out["fix"] = x, LISTS["fix"]
            for name, dtype in (("jet", "f8"), ("big", "i8"), ("flag", "?")):
                column = out.create_dataset(name, (3,), dtype=h5py.vlen_dtype(np.dtype(dtype)))
                for row, values in enumerate(LISTS[name].to_list()):
                    column[row] = np.array(values, dtype)
    kinds = {"tree": "root", "ntuple": "root", "hdf5": "hdf5", "parquet": "parquet"}
    return InputFile("s", str(path), kinds[kind])


@pytest.mark.parametrize("kind", ["tree", "ntuple", "parquet", "hdf5"])
def test_lists_are_read_where_they_are_wanted(kind: str, tmp_path: Path) -> None:
    file = with_lists(tmp_path / "a", kind)
    (chunk,) = read_chunks(file, ["x"], (), [*LISTS, "x"])
    assert list(chunk.numbers) == ["x"]
    for name, values in LISTS.items():
        rows = values.tolist()
        assert chunk.lists[name].counts.tolist() == [len(row) for row in rows]
        assert chunk.lists[name].content.tolist() == [value for row in rows for value in row]
    assert "x" in identity_columns(file)
    assert not {*LISTS} & {*identity_columns(file)}
    for name, values in {"jet": "double[]", "fix": "double[2]"}.items():
        assert message(file, ["x", name]) == f"{file.path}: {several(name, values)}"
        with pytest.raises(DataError, match="holds several values per event"):
            list(read_chunks(file, ["x"], [name]))


def test_a_list_that_a_float64_does_not_hold_is_a_defect_of_its_row(tmp_path: Path) -> None:
    table = pa.table({"n": pa.array([[1, 2], [], [3, 2**53 + 1, 2**54 + 1], None, [None, 4]])})
    pq.write_table(table, tmp_path / "a")
    (chunk,) = read_chunks(InputFile("s", str(tmp_path / "a"), "parquet"), [], [], ["n"])
    assert chunk.rows.tolist() == [0, 1, 3, 4]
    assert chunk.lists["n"].counts.tolist() == [2, 0, 0, 2]
    np.testing.assert_array_equal(chunk.lists["n"].content, [1, 2, np.nan, 4])
    assert [(d.row, d.value, d.reason) for d in chunk.defects] == [
        (2, str(2**53 + 1), "integer too large")
    ]


def test_lists_of_lists_and_of_texts_are_refused(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a") as out:
        out["t"] = {"x": np.arange(2.0), "deep": ak.Array([[[1.0], []], []]), "t": ["a", "b"]}
    file = InputFile("s", str(tmp_path / "a"), "root")
    assert [chunk.numbers["x"].tolist() for chunk in read_chunks(file, ["x"])] == [[0, 1]]
    assert identity_columns(file) == ("t", "x")
    with pytest.raises(DataError) as caught:
        list(read_chunks(file, [], [], ["deep"]))
    told = "column 'deep' holds several values per event (std::vector<std::vector<double>>)"
    assert told in str(caught.value)
    pq.write_table(pa.table({"v": pa.array([["a"], []]), "w": [[[1]], []]}), tmp_path / "b")
    parquet = InputFile("s", str(tmp_path / "b"), "parquet")
    (chunk,) = read_chunks(parquet, [], [], ["v"])
    assert [(d.row, d.value, d.reason) for d in chunk.defects] == [(0, "'a'", "text in a number")]
    with pytest.raises(DataError, match=r"column 'w' holds several values per event \(int64\[\]\["):
        list(read_chunks(parquet, [], [], ["w"]))


def test_a_file_of_lists_alone_tells_no_events_apart(tmp_path: Path) -> None:
    pq.write_table(pa.table({"v": pa.array([[1.0], []])}), tmp_path / "a")
    file = InputFile("s", str(tmp_path / "a"), "parquet")
    with pytest.raises(DataError) as caught:
        identity_columns(file)
    assert str(caught.value) == (
        f"{file.path}: no column has one value per event, by which events could be told apart. "
        "Set `columns.event_id: [Entry$]`, the number of the entry in the file."
    )


def test_objects_in_a_collection_of_an_rntuple_are_lists(tmp_path: Path) -> None:
    """Those of an object that each entry has one of are not."""
    pt, eta = ak.Array([[50.0, 20.0], [], [31.0]]), ak.Array([[1, 2], [], [3]])
    lepton = ak.zip({"pt": [1.0, 2.0, 3.0], "q": [1, -1, 1]})
    mass = ak.Array([125.0, None, 91.0])
    with uproot.recreate(tmp_path / "a") as out:
        jets = ak.zip({"pt": pt, "eta": eta})
        out["t"] = {"Jets": jets, "x": np.arange(3.0), "m": mass, "Lep": lepton}
    file = InputFile("s", str(tmp_path / "a"), "root")
    (chunk,) = read_chunks(file, ["x", "m", "Lep.pt"], [], ["Jets.pt", "Jets.eta"])
    assert chunk.numbers["Lep.pt"].tolist() == [1, 2, 3]
    assert chunk.lists["Jets.pt"].content.tolist() == [50, 20, 31]
    assert chunk.lists["Jets.eta"].counts.tolist() == [2, 0, 1]
    np.testing.assert_array_equal(chunk.numbers["m"], [125, np.nan, 91])
    assert identity_columns(file) == ("Lep.pt", "Lep.q", "m", "x")


def test_hdf5_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    FRAME.iloc[:3].to_hdf(path, key="one", format="table")
    FRAME.iloc[:2].to_hdf(path, key="two", format="table")
    FRAME.iloc[:2].to_hdf(path, key="fixed", format="fixed")
    with h5py.File(path, "a") as out:
        out["odd/x"], out["odd/y"] = np.zeros(2), np.zeros(3)
    assert whole(InputFile("s", str(path), "hdf5", key="two"), ["x"]).rows.tolist() == [0, 1]
    assert message(InputFile("s", str(path), "hdf5"), ["x"]) == (
        f"{path}: the file has 4 keys (fixed, odd, one, two), expected one. "
        "Name it in `input.files[].key`."
    )
    assert message(InputFile("s", str(path), "hdf5", key="no"), ["x"]) == (
        f"{path}: there is no key 'no'; it has: fixed, odd, one, two. Correct `input.files[].key`."
    )
    assert message(InputFile("s", str(path), "hdf5", key="fixed"), ["x"]) == (
        f"{path}: 'fixed' is in pandas' fixed format, which cannot be read in pieces. "
        "Write it with to_hdf(..., format='table')."
    )
    assert message(InputFile("s", str(path), "hdf5", key="odd"), ["x"]) == (
        f"{path}: the data sets of 'odd' differ in length (x 2, y 3), expected one value per event "
        "in each. Name another group in `input.files[].key`."
    )


def test_a_column_type_that_holds_no_numbers(tmp_path: Path) -> None:
    table = pa.table({"t": pa.array([1, 2], pa.timestamp("s"))})
    pq.write_table(table, tmp_path / "a.parquet")
    file = InputFile("s", str(tmp_path / "a.parquet"), "parquet")
    assert message(file, ["t"]) == (
        f"{file.path}: column 't' is of type timestamp[ms], expected numbers. "
        "Remove it from the config, or convert it."
    )


# Defects of rows


def big_csv(rows: int, faults: dict[int, str], blanks: tuple[int, ...] = ()) -> str:
    lines = ["x,y,name"]
    for row in range(rows):
        if row in blanks:
            lines.append("")
        lines.append(faults.get(row, f"{row},{row / 4},p{row % 3}"))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("compressed", [False, True])
def test_rows_that_cannot_be_read_are_located(compressed: bool, tmp_path: Path) -> None:
    # 200,000 rows are more than three of Arrow's blocks
    faults = {0: "a,1,p", 99_999: "1,2", 150_000: "5,1.5x,p", 150_001: "1,2,3,4", 199_999: "--,1,p"}
    content = big_csv(200_000, faults, blanks=(70_000, 120_000)).encode()
    file = csv_file(tmp_path / "a.csv", gzip.compress(content, 1) if compressed else content)
    found = whole(file, ["x", "y"], ["name"])
    assert [(d.row, d.column, d.value, d.reason) for d in found.defects] == [
        (0, "x", "'a'", "text in a number"),
        (99_999, None, "2 fields", "ragged row"),
        (150_000, "y", "'1.5x'", "text in a number"),
        (150_001, None, "4 fields", "ragged row"),
        (199_999, "x", "'--'", "text in a number"),
    ]
    good = np.setdiff1d(np.arange(200_000), list(faults))
    np.testing.assert_array_equal(found.rows, good)
    np.testing.assert_array_equal(found.numbers["x"], good)
    np.testing.assert_array_equal(found.numbers["y"], good / 4)
    assert found.others["name"] == [f"p{row % 3}" for row in good]
    ending = "Correct the file, or leave such rows out with `input.on_defect: reject`."
    assert [defect_message(file, defect) for defect in found.defects] == [
        f"{file.path}, line 2, column 'x': found 'a', expected a number. {ending}",
        f"{file.path}, line 100002: found 2 fields, expected 3 as in the header. {ending}",
        f"{file.path}, line 150004, column 'y': found '1.5x', expected a number. {ending}",
        f"{file.path}, line 150005: found 4 fields, expected 3 as in the header. {ending}",
        f"{file.path}, line 200003, column 'x': found '--', expected a number. {ending}",
    ]


def test_text_in_a_number_of_other_formats(tmp_path: Path) -> None:
    pd.DataFrame({"x": ["1", "two", "", None, "1e3"]}).to_parquet(tmp_path / "a.parquet")
    file = InputFile("s", str(tmp_path / "a.parquet"), "parquet")
    found = whole(file, ["x"])
    np.testing.assert_array_equal(found.numbers["x"], [1, np.nan, np.nan, 1000])
    assert found.rows.tolist() == [0, 2, 3, 4]
    assert [defect_message(file, defect) for defect in found.defects] == [
        f"{file.path}, entry 1 (counted from 0), column 'x': found 'two', expected a number. "
        "Correct the file, or leave such rows out with `input.on_defect: reject`."
    ]


def test_integers_that_lose_digits_are_defects(tmp_path: Path) -> None:
    table = pa.table({"n": pa.array([1, 2**53 + 1, 2**53])})
    pq.write_table(table, tmp_path / "a.parquet")
    file = InputFile("s", str(tmp_path / "a.parquet"), "parquet")
    found = whole(file, ["n"], ["n"])
    assert found.others["n"] == [1, 2**53]
    assert [(d.row, d.value, d.reason) for d in found.defects] == [
        (1, "9007199254740993", "integer too large")
    ]


def test_what_counts_as_a_number(tmp_path: Path) -> None:
    cells = ["1", " 2 ", "3e2", "-inf", "nan", "", '"4"', "+5", ".5"]
    content = "x,y\n" + "\n".join(f"{cell},0" for cell in cells) + "\n"
    expected = [1, 2, 300, -np.inf, np.nan, np.nan, 4, 5, 0.5]
    file = csv_file(tmp_path / "a.csv", "\ufeff" + content.replace("\n", "\r\n"))
    np.testing.assert_array_equal(whole(file, ["x"]).numbers["x"], expected)
    broken = csv_file(tmp_path / "b.csv", content + "1_0,0\nNA,0\n0x1,0\n")
    found = whole(broken, ["x"])
    np.testing.assert_array_equal(found.numbers["x"], expected)
    assert [defect.value for defect in found.defects] == ["'1_0'", "'NA'", "'0x1'"]


# Streaming

MEMORY = """
import sys, tracemalloc
import pyarrow as pa
from winnow.study.files import InputFile
from winnow.events.readers import read_chunks
tracemalloc.start()
file = InputFile("s", sys.argv[1], sys.argv[2].removesuffix(" lists"))
columns = (["x"], [], ["y"]) if sys.argv[2].endswith("lists") else (["x", "y"],)
rows = sum(len(c.rows) for c in read_chunks(file, *columns))
print(rows, tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory())
"""


def written_long(path: Path, kind: str, rows: int) -> None:
    x = np.random.default_rng(1).normal(size=rows)
    frame = pd.DataFrame({"x": x, "y": x[::-1]})
    if kind == "csv":
        pa.csv.write_csv(pa.table({"x": x, "y": x[::-1]}), path)
    elif kind == "parquet":
        frame.to_parquet(path, row_group_size=200_000)
    elif kind == "root":
        with uproot.recreate(path, compression=None) as out:
            out.mktree("t", {"x": "f8", "y": "f8"})
            for start in range(0, rows, 100_000):
                part = frame.iloc[start : start + 100_000]
                out["t"].extend({name: part[name].to_numpy() for name in part})
    elif kind == "root lists":
        with uproot.recreate(path, compression=None) as out:
            out.mktree("t", {"x": "f8", "y": "var * float64"})
            for start in range(0, rows, 100_000):
                part = x[start : start + 100_000]
                out["t"].extend({"x": part, "y": ak.unflatten(part, np.tile([0, 2], 50_000))})
    else:
        with h5py.File(path, "w") as out:
            out["x"], out["y"] = x, x[::-1]


@pytest.mark.parametrize("kind", ["csv", "parquet", "root", "root lists", "hdf5"])
def test_memory_does_not_grow_with_the_file(kind: str, tmp_path: Path) -> None:
    used = []
    # what is read ahead of CSV varies by 20 MB, and fills up at 2 million rows
    first, more = (2_400_000, 7_200_000) if kind == "csv" else (1_200_000, 2_400_000)
    for rows in (first, more):
        written_long(tmp_path / "a", kind, rows)
        found = subprocess.run(
            [sys.executable, "-c", MEMORY, str(tmp_path / "a"), kind],
            env={"PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        count, peak = map(int, found.stdout.split())
        assert count == rows
        used.append(peak / 2**20)
    # two float64 a row
    assert used[1] - used[0] < (more - first) * 16 / 2**20 / 3, used


def test_real_root_samples() -> None:
    if not SHARED.exists():
        pytest.skip("the shared sample files are not here")
    file = InputFile("s", str(SHARED / "data/uci-higgs/Higgs_data.root"), "root", tree="sig_tree")
    found = whole(file, ["jet1_b-tag", "m_bb"])
    with uproot.open(file.path) as root:
        expected = root["sig_tree"]["jet1_b-tag"].array(library="np")
    np.testing.assert_array_equal(found.numbers["jet1_b-tag"], expected)
    assert len(column_names(file)) == 29
    h4l = SHARED / "data/h4l-2e2mu/ZZTo2e2muTwoMuonsTwoElectronsSkim.root"
    assert len(whole(InputFile("s", str(h4l), "root"), ["Higgs_mass"]).rows) == 49_356


# small trees that uproot cannot write, made by ROOT 6.40 (README.md beside them)
MADE_BY_ROOT = Path(__file__).resolve().parents[2] / "data" / "root"


@pytest.mark.parametrize(
    ("name", "column", "branch", "leaf"),
    [
        ("struct", "lep1.pt", "lep1/pt", None),
        ("struct", "lep2/pt", "lep2/pt", None),
        ("struct", "lep2.eta", "lep2/eta", None),
        ("dot", "lep1.pt", "lep1./lep1.pt", None),
        ("dot", "lep2/eta", "lep2./lep2.eta", None),
        ("ptetaphi", "lep1.fCoordinates.fPt", "lep1/fCoordinates/fCoordinates.fPt", None),
        ("ptetaphi", "lep2/fCoordinates/fE", "lep2/fCoordinates/fCoordinates.fE", None),
        ("twice", "a", "a", None),
        ("leaves", "lep.pt", "lep", "pt"),
        ("leaves", "lep/q", "lep", "q"),
        ("leaves", "eta", "lep", "eta"),
        ("leaves", "one", "one", None),
        ("p4", "b", "b", None),
    ],
)
def test_a_branch_inside_others_has_its_path_for_a_name(
    name: str, column: str, branch: str, leaf: str | None
) -> None:
    file = InputFile("s", str(MADE_BY_ROOT / f"{name}.root"), "root")
    with uproot.open(file.path) as directory:
        tree = directory["events"]
        found = dict(tree.iteritems(recursive=True))[branch]
        array = found.array(library="np")
    # beside another column, whose branch may have the same last name
    (chunk,) = read_chunks(file, [column, "label"])
    np.testing.assert_array_equal(chunk.numbers[column], (array[leaf] if leaf else array).ravel())


def test_columns_of_one_name_are_read_side_by_side() -> None:
    file = InputFile("s", str(MADE_BY_ROOT / "struct.root"), "root")
    (both,) = read_chunks(file, ["lep2.pt", "lep1.pt"])
    for column in ("lep1.pt", "lep2.pt"):
        (alone,) = read_chunks(file, [column])
        np.testing.assert_array_equal(both.numbers[column], alone.numbers[column])
    assert not np.array_equal(both.numbers["lep1.pt"], both.numbers["lep2.pt"])
    assert "Did you mean 'lep1.pt' or 'lep2.pt'?" in message(file, ["pt"])
    twice = InputFile("s", str(MADE_BY_ROOT / "twice.root"), "root")
    assert "column 'nb' stands 2 times" in message(twice, ["nb"])


@pytest.mark.parametrize("entries", [0, 1, 700, 1200])
def test_a_branch_of_another_length_than_its_tree(entries: int) -> None:
    file = InputFile("s", str(MADE_BY_ROOT / f"b{entries}.root"), "root")
    for numbers, others in ((["a", "b"], []), (["b"], []), (["a"], ["b"])):
        with pytest.raises(DataError) as caught:
            list(read_chunks(file, numbers, others))
        assert str(caught.value) == (
            f"{file.path}: branch 'b' has {entries} entries, but its tree 'events' has 1000, "
            "so that it cannot be known which value belongs to which event. Make the file "
            "again, filling the branch for every event, or remove it from the config."
        )
    assert sum(len(chunk.rows) for chunk in read_chunks(file, ["a"])) == 1000


def test_trees_without_entries_or_branches() -> None:
    for name in ("zero", "nobranches"):
        file = InputFile("s", str(MADE_BY_ROOT / f"{name}.root"), "root")
        (chunk,) = read_chunks(file, ["a", "b"], ["label"])
        assert len(chunk.rows) == len(chunk.numbers["a"]) == len(chunk.others["label"]) == 0
    none = InputFile("s", str(MADE_BY_ROOT / "notree.root"), "root")
    assert message(none, ["a"]) == (
        f"{none.path}: the file has 0 trees (none), expected one. Name it in `input.files[].tree`."
    )


def test_an_rntuple(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    columns = {
        "x": rng.normal(size=1000),
        "f": rng.normal(size=1000).astype("f4"),
        "n": rng.integers(-5, 5, 1000),
        "u": rng.integers(0, 200, 1000).astype("u1"),
        "flag": rng.random(1000) < 0.5,
    }
    with uproot.recreate(tmp_path / "a.root") as out:
        out["events"] = columns
        assert out.classnames()["events;1"] == "ROOT::RNTuple"
    file = InputFile("s", str(tmp_path / "a.root"), "root")
    assert set(column_names(file)) == set(columns)
    chunks = list(read_chunks(file, list(columns)))
    for name, values in columns.items():
        np.testing.assert_array_equal(
            np.concatenate([chunk.numbers[name] for chunk in chunks]), values
        )


def test_fields_of_an_rntuple_may_have_odd_names(tmp_path: Path) -> None:
    columns = {
        name: np.arange(5.0) + i for i, name in enumerate(["lep1/pt", "lep2/pt", "a b", "%"])
    }
    with uproot.recreate(tmp_path / "a.root") as out:
        out["events"] = columns
    file = InputFile("s", str(tmp_path / "a.root"), "root")
    (chunk,) = read_chunks(file, list(columns))
    for name, values in columns.items():
        np.testing.assert_array_equal(chunk.numbers[name], values)


NOTES = {
    "lines": "made by x" + "\nsecond line" * 8,
    "commas": "see rows:" + "\n1,2,3,4" * 8,
    "quotes": 'cut "tight",\n9,9,9,9',
    "returns": "one\r\ntwo",
}


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_line_breaks_in_cells_at_every_border_of_a_block(
    note: str, ending: str, tmp_path: Path
) -> None:
    """As many rows as the csv module reads, wherever a block of 2 MiB ends."""
    rows = 150_000
    path = tmp_path / f"a.{ending}"
    opener = gzip.open if ending == "csv.gz" else open
    with opener(path, "wt", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["x", "n", "y", "note"])
        writer.writerows([row, row % 7, 0.5, NOTES[note]] for row in range(rows))
    file = InputFile("s", str(path), "csv")
    chunks = list(read_chunks(file, ["x"], ["note"]))
    assert len(chunks) > 1
    x = np.concatenate([chunk.numbers["x"] for chunk in chunks])
    np.testing.assert_array_equal(x, np.arange(rows))
    assert {text for chunk in chunks for text in chunk.others["note"].to_pylist()} == {NOTES[note]}


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("x,y\n1.5,2\n", {}),
        ("x;y\n1.5;2\n", {"delimiter": ";"}),
        ("x;y\n1,5;2\n", {"delimiter": ";", "decimal": ","}),
        ("x\ty\r\n1.5\t2\r\n", {"delimiter": "\t"}),
        ("x y\n1.5 2", {"delimiter": " "}),
        ("# made by x\n# twice\nx,y\n1.5,2\n", {}),
        ("#x,y\n1.5,2\n", {}),
        ("# made by x\n# x,y\n1.5,2\n", {}),
        ("# made by x\n1.5,2\n", {"columns": ("x", "y")}),
        ("\ufeffx,y\n1.5,2\n", {}),
        ("\n\nx,y\n\n1.5,2\n\n", {}),
    ],
)
def test_flavours_of_csv(text: str, options: dict[str, Any], tmp_path: Path) -> None:
    good = csv_file(tmp_path / "a.csv", text, **options)
    assert column_names(good) == ("x", "y")
    (chunk,) = read_chunks(good, ["x", "y"])
    assert (chunk.numbers["x"].tolist(), chunk.numbers["y"].tolist()) == ([1.5], [2])
    # a row that Arrow refuses goes the other way
    broken = csv_file(tmp_path / "b.csv", f"{text.rstrip()}\nz{text.rstrip()[-2:]}\n", **options)
    (chunk,) = read_chunks(broken, ["x", "y"])
    assert chunk.numbers["x"].tolist() == [1.5]
    assert [defect.row for defect in chunk.defects] == [1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x;y;z\n1;2;3\n", "The first line has no ',', but 2 semicolons: set"),
        ("x\ty\n1\t2\n", "The first line has no ',', but 1 tabs: set"),
        ("x y\n1 2\n", "The first line has no ',', but 1 blanks: set"),
    ],
)
def test_another_delimiter_is_told(text: str, told: str, tmp_path: Path) -> None:
    assert told in message(csv_file(tmp_path / "a.csv", text), ["x"])


@pytest.mark.parametrize("value", [2**53 + 1, 2**63 + 1, 2**64 - 1])
def test_unsigned_integers_beyond_a_float64_are_defects(value: int, tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([7, value, 2**53], pa.uint64())})
    pq.write_table(table, tmp_path / "a.parquet")
    file = InputFile("s", str(tmp_path / "a.parquet"), "parquet")
    (chunk,) = read_chunks(file, ["x"])
    assert chunk.numbers["x"].tolist() == [7, 2**53]
    assert [(d.row, d.value, d.reason) for d in chunk.defects] == [
        (1, str(value), "integer too large")
    ]


LIMITS = {
    **{
        name: [np.iinfo(name).min, np.iinfo(name).max]
        for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    },
    **{name: [np.finfo(name).min, np.finfo(name).tiny] for name in ("float32", "float64")},
    "bool": [False, True],
}


def of_type(path: Path, kind: str, values: NDArray[Any]) -> InputFile:
    """A column x of a type, in a file of a format."""
    if kind == "csv":
        pd.DataFrame({"x": values}).to_csv(path, index=False)
    elif kind == "parquet":
        pq.write_table(pa.table({"x": values}), path)
    elif kind == "root":
        with uproot.recreate(path) as out:
            out.mktree("t", {"x": values.dtype})
            out["t"].extend({"x": values})
    else:
        with h5py.File(path, "w") as out:
            out["x"] = values
    return InputFile("s", str(path), kind)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    # True is a text in CSV, and a defect
    [
        (dtype, kind)
        for dtype in LIMITS
        for kind in ("csv", "parquet", "root", "hdf5")
        if (dtype, kind) != ("bool", "csv")
    ],
)
def test_every_type_at_its_limits_is_exact_or_a_defect(
    dtype: str, kind: str, tmp_path: Path
) -> None:
    values = np.array([*LIMITS[dtype], 7 % 2], dtype)
    found = whole(of_type(tmp_path / "a", kind, values), ["x"])
    exact = [i for i, value in enumerate(values.tolist()) if float(value) == value]
    assert found.rows.tolist() == exact
    # text keeps the digits that tell a float32 from its neighbours
    numbers = found.numbers["x"].astype(dtype if dtype == "float32" else "float64")
    assert numbers.tolist() == [float(values[i]) for i in exact]
    wrong = [i for i in range(3) if i not in exact]
    assert [(d.row, d.value, d.reason) for d in found.defects] == [
        (i, str(values[i]) if kind != "csv" else f"'{values[i]}'", "integer too large")
        for i in wrong
    ]
    assert len(wrong) == (dtype in ("int64", "uint64"))


def test_types_that_hold_no_number_an_event_say_so(tmp_path: Path) -> None:
    told = {}
    for name, values in (("long", np.array([1, 2.5], np.longdouble)), ("complex", np.ones(2) * 1j)):
        with h5py.File(tmp_path / name, "w") as out:
            out["x"] = values
    assert whole(InputFile("s", str(tmp_path / "long"), "hdf5"), ["x"]).numbers["x"][1] == 2.5
    told["complex"] = message(InputFile("s", str(tmp_path / "complex"), "hdf5"), ["x"])
    with h5py.File(tmp_path / "jagged", "w") as out:
        jagged = out.create_dataset("x", (2,), dtype=h5py.vlen_dtype(np.float32))
        jagged[0], jagged[1] = [1, 2], [3]
    told["jagged"] = message(InputFile("s", str(tmp_path / "jagged"), "hdf5"), ["x"])
    pq.write_table(pa.table({"x": pa.array([1, 2], pa.timestamp("s"))}), tmp_path / "time")
    told["time"] = message(InputFile("s", str(tmp_path / "time"), "parquet"), ["x"])
    assert "column 'x' is of type complex128, expected numbers. Remove it" in told["complex"]
    assert "column 'x' holds several values per event (float[])" in told["jagged"]
    assert "column 'x' is of type timestamp[ms], expected numbers" in told["time"]
    texts = pa.array(["1", "2.5"]).cast(pa.string_view())
    pq.write_table(pa.table({"x": texts}), tmp_path / "view")
    view = InputFile("s", str(tmp_path / "view"), "parquet")
    assert whole(view, ["x"]).numbers["x"].tolist() == [1.0, 2.5]


def test_half_precision_is_read(tmp_path: Path) -> None:
    values = np.array([np.finfo("float16").min, np.finfo("float16").tiny, 0.1], "float16")
    for kind in ("parquet", "hdf5"):
        found = whole(of_type(tmp_path / kind, kind, values), ["x"])
        np.testing.assert_array_equal(found.numbers["x"], values.astype(np.float64))


def test_a_large_number_of_csv_is_the_one_in_the_file_or_a_defect(tmp_path: Path) -> None:
    """Parsed as float64, 2**53 + 1 would be 2**53 without a word; after blocks of 2 MiB."""
    rows = 600_000
    cells = ["3"] * rows + ["9007199254740993", "9007199254740992", "-9223372036854775808", "1e300"]
    file = csv_file(tmp_path / "a.csv", "x,y\n" + "".join(f"{cell},1\n" for cell in cells))
    found = whole(file, ["x", "y"])
    assert len(found.rows) == rows + 3
    assert found.rows[-4:].tolist() == [rows - 1, rows + 1, rows + 2, rows + 3]
    assert found.numbers["x"][-4:].tolist() == [3.0, 2.0**53, -(2.0**63), 1e300]
    assert [(d.row, d.value, d.reason) for d in found.defects] == [
        (rows, "'9007199254740993'", "integer too large")
    ]
    mixed = csv_file(tmp_path / "b.csv", "x\n1\n9007199254740993\nabc\n")
    assert [d.row for d in whole(mixed, ["x"]).defects] == [1, 2]
    text = "x;y\n1,5;1\n9007199254740992;1\n"
    decimal = csv_file(tmp_path / "c.csv", text, delimiter=";", decimal=",")
    assert whole(decimal, ["x"]).numbers["x"].tolist() == [1.5, 2.0**53]


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        ('x,n\n1,a\n3,"b\n4,c\n5,d\n', 3, 3),
        ('x,n\n1,"a\nb"\n3,"b', 4, 1),
    ],
)
def test_a_quote_that_is_never_closed_is_refused(
    text: str, line: int, lines: int, tmp_path: Path
) -> None:
    file = csv_file(tmp_path / "a.csv", text)
    told = message(file, ["x"])
    assert f"{file.path}: a quote that opens on line {line} is never closed" in told
    assert f"the rest of the file ({lines} lines) is one row. Close it, or remove it." in told
    packed = tmp_path / "b.csv"
    packed.write_bytes(gzip.compress(text.encode()))
    assert "is never closed" in message(InputFile("s", str(packed), "csv"), ["x"])


def test_quotes_within_a_field_are_characters(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", 'x,n\n1,5" jet\n2,"a"b"\n3,c\n')
    assert whole(file, ["x"], ["n"]).numbers["x"].tolist() == [1, 2, 3]


def test_columns_of_pandas_tables_may_be_called_by_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    for names in ([0, 1], [0, "x"]):
        frame = pd.DataFrame([[1.5, 2], [3.5, 4]], columns=names)
        frame.to_hdf(path, key="t", mode="w", format="table")
        file = InputFile("s", str(path), "hdf5")
        assert column_names(file) == tuple(map(str, names))
        found = whole(file, [str(names[1]), str(names[0])])
        assert found.numbers[str(names[0])].tolist() == [1.5, 3.5]
        assert found.numbers[str(names[1])].tolist() == [2, 4]


def test_a_pandas_table_whose_columns_have_several_levels_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [[1.5, 2.0]], columns=pd.MultiIndex.from_tuples([("jet", "pt"), ("w", "")])
    )
    frame.to_hdf(tmp_path / "a.h5", key="t", mode="w", format="table")
    with pytest.raises(DataError, match=r"'t' have several levels \(such as \('jet', 'pt'\)\)"):
        column_names(InputFile("s", str(tmp_path / "a.h5"), "hdf5"))


def test_a_point_is_no_decimal_comma(tmp_path: Path) -> None:
    text = "x;y\n1,5;2\n1.234;3\n1.234,5;4\n"
    file = csv_file(tmp_path / "a.csv", text, delimiter=";", decimal=",")
    (chunk,) = read_chunks(file, ["x", "y"])
    assert chunk.numbers["x"].tolist() == [1.5]
    assert [(defect.row, defect.value) for defect in chunk.defects] == [
        (1, "'1.234'"),
        (2, "'1.234,5'"),
    ]


def test_a_column_that_is_number_and_text_at_once_has_decimal_commas(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", "x;y\n1,5;2\n", delimiter=";", decimal=",")
    found = whole(file, ["x"], ["x"])
    assert found.numbers["x"].tolist() == [1.5]
    assert found.others["x"] == ["1,5"]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    """300 MB of zeros in 300 kB, as a gzip bomb or a sparse file is."""
    path = tmp_path / "zeros.csv.gz"
    with gzip.open(path, "wb") as stream:
        for _ in range(300):
            stream.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        told = message(InputFile("s", str(path), "csv"), ["x"])
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "line 1 has more than 16777216 characters" in told
    assert most < 150_000_000
    with gzip.open(path, "wt") as stream:
        stream.write("x,y\n1,2\n")
        stream.write("3" * 20_000_000)
    assert "line 3 has more than" in message(InputFile("s", str(path), "csv"), ["x"])


def test_blank_lines_before_a_header_end_somewhere(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "a.csv", "\n" * 1000 + "x,y\n1,2\n")
    assert whole(file, ["x"]).numbers["x"].tolist() == [1]
    file = csv_file(tmp_path / "a.csv", "\n" * 1_500_000 + "x,y\n1,2\n")
    assert "the first 1000000 lines are blank" in message(file, ["x"])
