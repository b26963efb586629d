import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from winnow.errors import ConfigError, DataError
from winnow.events.generator_weights import generator_weight_sum
from winnow.events.ingest import events_schema, ingest
from winnow.events.settings import IngestSettings, ProcessSettings, resolved_settings
from winnow.identity import event_ids
from winnow.study.files import InputFile, input_files, same_sample
from winnow.study.schema import load_schema
from winnow.study.sections import complete, ingest_settings
from winnow.tables import read_events

MAIN = Path(__file__).resolve().parents[3]
SHARED = MAIN.parent / "shared"
HIGGSML = MAIN / "resources/higgsml/atlas-higgs-challenge-2014-v2-first22889.csv.gz"

SCHEMA = load_schema(MAIN / "workflow/schemas/config.schema.yaml")

CLASSES = {"background": ("b*",), "signal": ("s",)}
SETTINGS = IngestSettings(
    features=("x", "y"),
    classes=CLASSES,
    weight=("w",),
    process_column="p",
    missing_values=(-999.0,),
)


class Outcome:
    def __init__(self, folder: Path, file: InputFile, settings: IngestSettings) -> None:
        paths = [folder / n for n in ("events.parquet", "cutflow.parquet", "r.csv", "n.json")]
        self.path = paths[0]
        self.counts = ingest(file, settings, *paths)
        self.events = read_events([self.path])
        self.cutflow = pd.read_parquet(paths[1])
        self.rejected = pd.read_csv(paths[2], keep_default_na=False, dtype={"value": str})
        assert json.loads(paths[3].read_text()) == self.counts


def csv_file(folder: Path, content: str, **more: Any) -> InputFile:
    path = folder / "input.csv"
    path.write_text(content)
    return InputFile("input", str(path), "csv", **more)


def error(folder: Path, file: InputFile, settings: IngestSettings) -> str:
    with pytest.raises((DataError, ConfigError)) as caught:
        Outcome(folder, file, settings)
    left = {path.name for path in folder.iterdir()} - {Path(file.path).name}
    assert left == set(), "outputs appeared although ingest failed"
    return str(caught.value)


def test_the_events_table(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n1,2,0.5,s.root\n-999,4,-2,b1\n5,6.5,1e-3,b2.root\n")
    found = Outcome(tmp_path, file, SETTINGS)
    assert found.events.schema == events_schema(SETTINGS)
    frame = found.events.to_pandas()
    assert list(frame["source"]) == ["input"] * 3
    assert list(frame["row"]) == [0, 1, 2]
    assert list(frame["process"]) == ["s", "b1", "b2"]
    assert list(frame["class"]) == [1, 0, 0]
    assert list(frame["weight"]) == [0.5, -2, 1e-3]
    np.testing.assert_array_equal(frame["x"], np.array([1, np.nan, 5], dtype=np.float32))
    np.testing.assert_array_equal(frame["y"], np.array([2, 4, 6.5], dtype=np.float32))
    assert found.counts == {
        "source": "input",
        "rows_read": 3,
        "rows_kept": 3,
        "rows_cut": 0,
        "rows_rejected": 0,
        "rejected_by_reason": {},
        "sum_of_weights": 0.5 - 2 + 1e-3,
        "negative_weights": 1,
    }
    assert list(found.rejected.columns) == ["source", "row", "column", "value", "reason"]
    assert len(found.rejected) == 0


def frame_of(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = np.where(rng.uniform(size=rows) < 0.1, -999.0, rng.normal(size=rows))
    return pd.DataFrame(
        {
            "n": rng.integers(0, 5, rows),
            "x": x,
            "w": rng.uniform(0, 2, rows),
            "p": np.array(["s.root", "b1.root", "b2"])[rng.integers(0, 3, rows)],
            "note": np.array(["up", "down", "7"])[rng.integers(0, 3, rows)],
            "event": rng.integers(0, 10**12, rows),
        }
    )


FORMATS = ["csv", "csv.gz", "headerless", "parquet", "root", "table", "plain", "compound"]


def written(path: Path, kind: str, frame: pd.DataFrame) -> InputFile:
    if kind == "headerless":
        frame.to_csv(path, index=False, header=False)
        return InputFile("a", str(path), "csv", columns=tuple(frame.columns))
    if kind.startswith("csv"):
        frame.to_csv(path, index=False, compression="gzip" if kind == "csv.gz" else None)
        return InputFile("a", str(path), "csv")
    if kind == "parquet":
        frame.astype({"p": "category"}).to_parquet(path, row_group_size=700)
        return InputFile("a", str(path), "parquet")
    if kind == "root":
        types = {"n": "i4", "x": "f8", "w": "f8", "p": "string", "note": "string", "event": "i8"}
        with uproot.recreate(path) as out:
            tree = out.mktree("t", types)
            for part in (frame.iloc[:1000], frame.iloc[1000:]):
                tree.extend(
                    {
                        n: part[n].to_list() if t == "string" else part[n].to_numpy(dtype=t)
                        for n, t in types.items()
                    }
                )
        return InputFile("a", str(path), "root")
    if kind == "table":
        frame.to_hdf(path, key="t", format="table")
        return InputFile("a", str(path), "hdf5")
    arrays = {
        n: c.to_numpy(dtype="S" if c.name in ("p", "note") else None) for n, c in frame.items()
    }
    with h5py.File(path, "w") as out:
        if kind == "plain":
            for name, array in arrays.items():
                out[f"t/{name}"] = array
        else:
            out["t"] = np.rec.fromarrays(list(arrays.values()), names=list(arrays))
    return InputFile("a", str(path), "hdf5")


FULL = replace(
    SETTINGS,
    features=("x", "root_n"),
    spectators=("event", "note"),
    derived={"root_n": "sqrt(n)", "shifted": "x + 1"},
    selection={"some": "n >= 1", "x": "shifted > 0"},
)


def plain(events: pa.Table) -> pd.DataFrame:
    return events.to_pandas().astype({"source": str, "process": str})


@pytest.mark.parametrize("event_id", [(), ("event",), ("event", "note", "x")])
def test_every_format_gives_the_same_events(event_id: tuple[str, ...], tmp_path: Path) -> None:
    frame = frame_of(3000)
    settings = replace(FULL, event_id=event_id)
    tables = []
    for kind in FORMATS:
        (tmp_path / kind).mkdir()
        file = written(tmp_path / kind / "input", kind, frame)
        tables.append(Outcome(tmp_path / kind, file, settings))
    first = plain(tables[0].events)
    assert first["event_id"].nunique() == len(first)
    for kind, found in zip(FORMATS, tables, strict=True):
        assert found.events.schema == events_schema(settings, ("note",)), kind
        pd.testing.assert_frame_equal(plain(found.events), first)
        # the sum's last digit follows the size of the chunks
        total = pytest.approx(tables[0].counts["sum_of_weights"], rel=1e-14)
        assert found.counts == {**tables[0].counts, "sum_of_weights": total}
        pd.testing.assert_frame_equal(found.cutflow, tables[0].cutflow)


def test_ids_do_not_depend_on_order_or_missing_values(tmp_path: Path) -> None:
    frame = frame_of(500)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    shuffled = frame.sample(frac=1, random_state=1)[frame.columns[::-1]]
    one = Outcome(tmp_path / "one", written(tmp_path / "one/i", "csv", frame), FULL)
    two = Outcome(
        tmp_path / "two",
        written(tmp_path / "two/i", "csv", shuffled),
        replace(FULL, missing_values=(-999.0, 0.0)),
    )
    ids = [set(o.events["event_id"].to_pylist()) for o in (one, two)]
    assert ids[1] <= ids[0]
    assert len(ids[1]) > 100


def test_the_cutflow_against_pandas(tmp_path: Path) -> None:
    frame = frame_of(4000)
    found = Outcome(tmp_path, written(tmp_path / "input", "csv", frame), FULL)
    frame["process"] = frame["p"].str.removesuffix(".root")
    left = {"all": frame}
    left["some"] = frame[frame["n"] >= 1]
    left["x"] = left["some"][(left["some"]["x"] > -1) & (left["some"]["x"] != -999)]
    expected = [
        (process, step, cut, len(w), w.sum(), (w**2).sum())
        for process in ("b1", "b2", "s")
        for step, (cut, part) in enumerate(left.items())
        for w in [part.loc[part["process"] == process, "w"]]
    ]
    columns = ["process", "step", "cut", "entries", "sum_of_weights", "sum_of_squared_weights"]
    expected_frame = pd.DataFrame(expected, columns=columns).astype({"step": "int32"})
    pd.testing.assert_frame_equal(found.cutflow, expected_frame, rtol=1e-12, check_dtype=False)
    assert found.counts["rows_kept"] == len(left["x"]) == len(found.events)
    assert found.counts["rows_cut"] == 4000 - len(left["x"])
    assert found.counts["sum_of_weights"] == pytest.approx(left["x"]["w"].sum(), rel=1e-12)
    kept = left["x"]
    np.testing.assert_array_equal(found.events["row"].to_numpy(), kept.index)
    np.testing.assert_array_equal(
        found.events["root_n"].to_numpy(), np.sqrt(kept["n"]).astype(np.float32)
    )
    np.testing.assert_array_equal(found.events["event"].to_numpy(), kept["event"])
    assert found.events["note"].to_pylist() == kept["note"].to_list()


def test_a_file_of_which_all_events_are_cut(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n1,2,3,s\n", sample="train")
    settings = replace(SETTINGS, selection={"none": "x > 5"})
    found = Outcome(tmp_path, file, settings)
    assert len(found.events) == 0
    assert found.events.schema == events_schema(settings, pre_split=True)
    assert (found.counts["rows_read"], found.counts["rows_cut"]) == (1, 1)
    assert found.cutflow["entries"].to_list() == [1, 0]


def test_a_file_with_its_own_process_class_and_sample(tmp_path: Path) -> None:
    settings = replace(SETTINGS, process_column=None)
    file = csv_file(
        tmp_path, "x,y,w\n1,2,3\n", process="other.root", class_name="signal", sample="test"
    )
    events = Outcome(tmp_path, file, settings).events.to_pandas()
    assert events[["process", "class", "sample"]].to_numpy().tolist() == [["other", 1, "test"]]
    nameless = replace(file, process=None)
    assert Outcome(tmp_path, nameless, settings).events["process"].to_pylist() == ["signal"]
    assert Outcome(tmp_path, replace(file, class_name=None, process="b"), settings).events[
        "class"
    ].to_pylist() == [0]


def test_processes_that_are_numbers_and_the_first_class_that_fits(tmp_path: Path) -> None:
    settings = replace(SETTINGS, classes={"one": ("2?",), "two": ("25", "W[jJ]*"), "rest": ("*",)})
    file = csv_file(tmp_path, "x,y,w,p\n1,2,3,25\n1,2,3,25.0\n1,2,3,Wj1.root\n1,2,3,wj\n1,2,3,7\n")
    events = Outcome(tmp_path, file, settings).events.to_pandas()
    assert list(events["process"]) == ["25", "25", "Wj1", "wj", "7"]
    assert list(events["class"]) == [0, 0, 1, 2, 2]


YEARS = (
    ("2016a", 19.5, "a"),
    ("2016a-more", 19.5, "a"),
    ("2016b", 19.5, "b"),
    ("2017", 41.5, None),
)


@pytest.mark.parametrize("generated", ["column", "number"])
def test_the_yield_is_the_sum_over_years_of_sigma_times_luminosity_times_efficiency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generated: str
) -> None:
    """σ · Σ_year L_year · Σw(selected) / Σ_year w; two periods of one luminosity, one extension."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    entries, frames = [], []
    for number, (name, luminosity, period) in enumerate(YEARS):
        frame = pd.DataFrame(
            {
                "x": rng.normal(0.3 * number, size=400 + 100 * number),
                "y": 1.0,
                "gen": rng.choice([-1.5, 2.0], size=400 + 100 * number),
            }
        )
        frame.to_csv(f"{name}.csv", index=False)
        frames.append(frame.assign(year=period or name, luminosity=luminosity))
        entry = {"path": f"{name}.csv", "process": "s", "luminosity": luminosity}
        entry |= {"period": period} if period else {}
        entries.append(entry | ({"generated": len(frame)} if generated == "number" else {}))
    weight = ["gen"] if generated == "column" else []
    facts = {"cross_section": 3.2} | (
        {"generated": {"column": "gen"}} if generated == "column" else {}
    )
    config = complete(
        {
            "study": "years",
            "input": {"files": entries},
            "columns": {"features": ["x", "y"], "weight": weight},
            "selection": {"x": "x > 0"},
            "classes": {"background": ["b"], "signal": ["s"]},
            "signal_class": "signal",
            "processes": {"s": facts},
            "yields": {"luminosity": 80.5},
        },
        SCHEMA,
    )
    files = input_files(config)
    total = 0.0
    for source, entry in files.items():
        sums = [
            {"s": generator_weight_sum(InputFile(**files[name]), "gen")}
            for name in same_sample(files, source)
        ]
        settings = resolved_settings(ingest_settings(config), sums, "s")
        (tmp_path / source).mkdir()
        outcome = Outcome(tmp_path / source, InputFile(**entry), settings)
        total += 80.5 * outcome.counts["sum_of_weights"]
    everything = pd.concat(frames)
    everything["w"] = everything["gen"] if generated == "column" else 1.0
    kept = everything[everything["x"] > 0].groupby("year")["w"].sum()
    expected = 3.2 * sum(
        part["luminosity"].iloc[0] * kept[year] / part["w"].sum()
        for year, part in everything.groupby("year")
    )
    assert total == pytest.approx(expected, rel=1e-12)


def test_a_missing_weight_is_no_weight(tmp_path: Path) -> None:
    """A value that stands for a missing one is a defect in a weight, whatever else it is."""
    text = "x,y,w,p,sf\n1,2,3,s,1\n1,2,3,s,-999\n1,2,-999,s,1\n1,2,2,s,2\n"
    file = csv_file(tmp_path, text)
    settings = replace(SETTINGS, weight=("w", "sf"), on_defect="reject")
    for own in (
        settings,
        replace(settings, spectators=("sf",)),
        replace(settings, weight=("ww",), derived={"ww": "w * sf"}),
    ):
        found = Outcome(tmp_path, file, own)
        assert found.events["weight"].to_pylist() == [3, 4]
        assert list(found.rejected["row"]) == [1, 2]
    for path in ("events.parquet", "cutflow.parquet", "r.csv", "n.json"):
        (tmp_path / path).unlink()
    assert error(tmp_path, file, replace(settings, on_defect="error")) == (
        f"{file.path}, line 3, column 'sf': found -999, expected a weight; the value stands for a "
        "missing one in `input.missing_values`. Correct the file, or leave such rows out with "
        "`input.on_defect: reject`."
    )
    assert generator_weight_sum(file, "sf", "reject", (-999.0,)) == 4
    with pytest.raises(DataError, match="a missing one"):
        generator_weight_sum(file, "sf", "error", (-999.0,))


@pytest.mark.parametrize(
    ("signal", "background", "cells"),
    [
        ("125.0", "0.0", ("125.0", "0.0")),
        ("007", "7", ("007", "7")),
        ("1e3", "1e4", ("1e3", "1e4")),
        ("inf", "nan", ("inf", "nan")),
        ("+1", "-1", ("+1", "-1")),
        ("True", "False", ("True", "False")),
        ("1", "0", ("1.0", "0.0")),
        ("1", "0", ("True", "False")),
        ("tt[bb]", "tt[cc]", ("tt[bb]", "tt[cc]")),
        ("sig.root", "bkg.root", ("sig.root", "bkg.root")),
        ("sig", "bkg", ("sig.root", "bkg.root")),
        ("a b, c", "ü", ('"a b, c"', "ü")),
    ],
)
def test_a_process_is_the_text_that_the_config_lists(
    tmp_path: Path, signal: str, background: str, cells: tuple[str, str]
) -> None:
    settings = replace(SETTINGS, classes={"background": (background,), "signal": (signal,)})
    file = csv_file(tmp_path, f"x,y,w,p\n1,2,3,{cells[0]}\n1,2,3,{cells[1]}\n")
    events = Outcome(tmp_path, file, settings).events
    assert events["process"].to_pylist() == [signal, background]
    assert events["class"].to_pylist() == [1, 0]


@pytest.mark.parametrize("values", [[1, 0], [1.0, 0.0], [True, False]])
def test_labels_that_are_numbers_in_the_file(tmp_path: Path, values: list[Any]) -> None:
    frame = pd.DataFrame({"x": 1.0, "y": 2.0, "w": 3.0, "p": values})
    frame.to_parquet(tmp_path / "input.parquet")
    settings = replace(SETTINGS, classes={"background": ("0",), "signal": ("1",)})
    file = InputFile("input", str(tmp_path / "input.parquet"), "parquet")
    assert Outcome(tmp_path, file, settings).events["class"].to_pylist() == [1, 0]


def test_ignored_processes_are_counted_and_not_looked_at(tmp_path: Path) -> None:
    text = "x,y,w,p\n1,2,3,s\n1,2,3,data_A\ninf,nan,-999,data_B\n-1,2,3,b1\n"
    settings = replace(SETTINGS, ignored=("data_*",), selection={"x": "x > 0"})
    found = Outcome(tmp_path, csv_file(tmp_path, text), settings)
    assert found.events["process"].to_pylist() == ["s"]
    assert (found.counts["rows_cut"], found.counts["rows_rejected"]) == (3, 0)
    entries = found.cutflow.set_index(["process", "cut"])["entries"]
    assert entries["data_B"].to_dict() == {"all": 1, "not ignored": 0, "x": 0}
    assert entries["b1"].to_dict() == {"all": 1, "not ignored": 1, "x": 0}
    assert np.isfinite(found.cutflow["sum_of_weights"]).all()


def test_bits_of_fractions_name_the_file(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n1.5,2,3,s\n")
    told = error(tmp_path, file, replace(SETTINGS, selection={"x": "(x & 1) != 0"}))
    assert told.startswith(f"{file.path}: expression '(x & 1) != 0': found 1.5, expected whole")


def test_without_weight_columns_the_weight_is_one(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,p\n1,2,s\n")
    settings = replace(SETTINGS, weight=())
    assert Outcome(tmp_path, file, settings).events["weight"].to_pylist() == [1.0]


def test_derived_columns_build_on_each_other_and_may_replace_a_column(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n1000,2,3,s\n-999,2,3,s\n")
    settings = replace(
        SETTINGS,
        features=("x", "sum"),
        weight=("w", "double"),
        derived={"x": "x / 1000", "sum": "x + y", "double": "2 * y"},
        spectators=("sum_of_all",),
    )
    settings = replace(settings, derived={**settings.derived, "sum_of_all": "sum + double"})
    events = Outcome(tmp_path, file, settings).events.to_pandas()
    np.testing.assert_array_equal(events["x"], [1, np.nan])
    np.testing.assert_array_equal(events["sum"], [3, np.nan])
    np.testing.assert_array_equal(events["sum_of_all"], [7, np.nan])
    assert list(events["weight"]) == [12, 12]


def test_a_missing_value_of_a_float32_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.float32([-999.9, 1]), "y": [1, 2], "w": 1.0, "p": "s"})
    frame.to_parquet(tmp_path / "input")
    file = InputFile("a", str(tmp_path / "input"), "parquet")
    found = Outcome(tmp_path, file, replace(SETTINGS, missing_values=(-999.9,)))
    np.testing.assert_array_equal(found.events["x"].to_numpy(), [np.nan, 1])


# Defective rows: every one under both policies

GOOD = "1,2,3,s,7\n"
MEND = "Correct the file, or leave such rows out with `input.on_defect: reject`."
NAN_MEND = (
    "If it stands for a missing value, list nan in `input.missing_values`, or leave such rows out "
    "with `input.on_defect: reject`."
)
INFINITE_MEND = (
    "Correct the file, list the value in `input.missing_values`, or leave such rows out with "
    "`input.on_defect: reject`."
)
WEIGHT = f"expected a finite number; no value of a weight can be missing. {MEND}"
DEFECTS: Mapping[str, tuple[str, str, str, str, str]] = {
    # name: line, column, value, reason, what the message says after the place
    "text in a feature": (
        *("1,two,3,s,7", "y", "'two'", "text in a number"),
        f"found 'two', expected a number. {MEND}",
    ),
    "text in a weight": (
        *("1,2,three,s,7", "w", "'three'", "text in a number"),
        f"found 'three', expected a number. {MEND}",
    ),
    "text in a spectator": (
        *("1,2,3,s,mu", "z", "'mu'", "text in a number"),
        f"found 'mu', expected a number. {MEND}",
    ),
    "too few fields": (
        *("1,2,3", "", "3 fields", "ragged row"),
        f"found 3 fields, expected 5 as in the header. {MEND}",
    ),
    "too many fields": (
        *("1,2,3,s,7,8", "", "6 fields", "ragged row"),
        f"found 6 fields, expected 5 as in the header. {MEND}",
    ),
    "nan": (
        *("nan,2,3,s,7", "x", "nan", "missing value"),
        f"found nan, expected a number (the cell is NaN or empty). {NAN_MEND}",
    ),
    "empty cell": (
        *("1,,3,s,7", "y", "nan", "missing value"),
        f"found nan, expected a number (the cell is NaN or empty). {NAN_MEND}",
    ),
    "empty spectator": (
        *("1,2,3,s,", "z", "nan", "missing value"),
        f"found nan, expected a number (the cell is NaN or empty). {NAN_MEND}",
    ),
    "infinity": (
        *("1,-inf,3,s,7", "y", "-inf", "infinite value"),
        f"found -inf, expected a finite number. {INFINITE_MEND}",
    ),
    "beyond float32": (
        *("1,1e39,3,s,7", "y", "1e+39", "beyond float32"),
        "found 1e+39, expected a number below 3.4e38, the largest of a feature. Correct the file, "
        "or list the value in `input.missing_values`, or leave such rows out with "
        "`input.on_defect: reject`.",
    ),
    "missing weight": ("1,2,,s,7", "w", "nan", "weight not finite", f"found nan, {WEIGHT}"),
    "infinite weight": ("1,2,inf,s,7", "w", "inf", "weight not finite", f"found inf, {WEIGHT}"),
    "a weight whose square is infinite": (
        *("1,2,-1e200,s,7", "w", "-1e+200", "weight too large"),
        "found -1e+200, expected a weight of at most 1e+100, cross-section and luminosity included."
        " Correct the file, list a value that stands for a missing one in `input.missing_values`, "
        "or leave such rows out with `input.on_defect: reject`.",
    ),
    "unknown process": (
        *("1,2,3,data.root,7", "p", "'data'", "unknown process"),
        "found 'data', expected a process of a class. List it in `classes`, or leave such rows out "
        "with `input.on_defect: reject`.",
    ),
    "no process": (
        *("1,2,3,,7", "p", "''", "missing process"),
        f"found '', expected the name of a process. {MEND}",
    ),
    "undefined result": (
        *("-4,2,3,s,7", "root", "nan", "undefined result"),
        "found nan, expected a finite number (none of its inputs is missing). Guard the expression "
        "in `columns.derived` with a cut or where(), or leave such rows out with "
        "`input.on_defect: reject`.",
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defective_row(name: str, tmp_path: Path) -> None:
    line, column, value, reason, told = DEFECTS[name]
    settings = replace(SETTINGS, spectators=("z",), derived={"root": "sqrt(x)"})
    # -999 is missing, so that the derived column is missing there, and no defect
    good = f"-999,2,3,s,7\n{GOOD * 30_000}\n"
    file = csv_file(tmp_path, f"x,y,w,p,z\n{good}{line}\n{good}")
    place = f", column {column!r}" if column else ""
    assert error(tmp_path, file, settings) == f"{file.path}, line 30004{place}: {told}"
    found = Outcome(tmp_path, file, replace(settings, on_defect="reject"))
    assert found.rejected.to_numpy().tolist() == [["input", 30_001, column, value, reason]]
    assert found.counts["rejected_by_reason"] == {reason: 1}
    assert (found.counts["rows_read"], found.counts["rows_kept"]) == (60_003, 60_002)
    assert 30_001 not in found.events["row"].to_numpy()
    assert found.events["row"].to_numpy()[-1] == 60_002
    assert found.cutflow["process"].to_list() == ["s"]
    assert found.cutflow["entries"].to_list() == [60_002]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "numbers", [[1.0, 2.0, np.nan, 4.0], ["1", "b", "", "4"], ["1", "2", "nan", "4"]]
)
def test_an_event_without_an_id_is_a_defect(
    kind: str, numbers: list[float] | list[str], tmp_path: Path
) -> None:
    """All of them would have one id, and so fall into one sample."""
    frame = pd.DataFrame(
        {"x": 1.0, "y": 2.0, "w": 3.0, "p": "s", "run": [7, 7, 7, 7], "event": numbers}
    )
    file = written(tmp_path / "input", kind, frame)
    settings = replace(SETTINGS, event_id=("run", "event"))
    told = error(tmp_path, file, settings)
    assert "column 'event': found " in told
    assert "expected a value, since all events without one would be taken for the same" in told
    found = Outcome(tmp_path, file, replace(settings, on_defect="reject"))
    assert found.rejected[["row", "column", "reason"]].to_numpy().tolist() == [
        [2, "event", "missing event id"]
    ]
    assert len(set(found.events["event_id"].to_pylist())) == 3


def test_a_product_that_is_too_large_is_told_with_the_cross_section(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n1,2,1e99,s\n1,2,1,s\n")
    settings = replace(SETTINGS, processes={"s": ProcessSettings(1e3, 1.0)})
    assert "line 2: found 1e+102, expected a weight of at most" in error(tmp_path, file, settings)
    found = Outcome(tmp_path, file, replace(settings, on_defect="reject"))
    assert found.counts["sum_of_weights"] == 1e3


def test_a_row_with_several_defects_is_rejected_once(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\nnan,inf,nan,data\na,b,c,d\n1,2,3,s\n")
    found = Outcome(tmp_path, file, replace(SETTINGS, on_defect="reject"))
    assert found.counts["rows_rejected"] == 2
    assert found.rejected["row"].to_list() == [0, 1]
    assert found.events["row"].to_pylist() == [2]


def test_nan_can_stand_for_a_missing_value(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n,2,3,s\n-4,nan,3,s\n1,2,3,s\n")
    settings = replace(SETTINGS, nan_is_missing=True, derived={"root": "sqrt(x)"})
    settings = replace(settings, features=("y", "root"), selection={"y": "!(y > 5)"})
    events = Outcome(tmp_path, file, settings).events
    assert events["row"].to_pylist() == [0, 2]  # a missing value passes no cut
    np.testing.assert_array_equal(events["root"].to_numpy(), [np.nan, 1])


def test_infinity_can_stand_for_a_missing_value(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\ninf,2,3,s\n")
    settings = replace(SETTINGS, missing_values=(np.inf,))
    np.testing.assert_array_equal(
        Outcome(tmp_path, file, settings).events["x"].to_numpy(), [np.nan]
    )


def test_defects_of_other_formats_name_the_entry(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, np.inf], "y": 1.0, "w": 1.0, "p": "s"})
    frame.to_parquet(tmp_path / "input")
    file = InputFile("a", str(tmp_path / "input"), "parquet")
    assert error(tmp_path, file, SETTINGS) == (
        f"{file.path}, entry 1 (counted from 0), column 'x': found inf, expected a finite number. "
        f"{INFINITE_MEND}"
    )


def test_a_process_of_the_file_without_a_class(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w\n1,2,3\n", process="data")
    assert error(tmp_path, file, SETTINGS) == (
        f"{file.path}, line 2: found 'data', expected a process of a class. List it in `classes`, "
        "or leave such rows out with `input.on_defect: reject`."
    )


def test_generator_weights_that_are_not_finite(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,gen,w,p\n1,2,0.5,1,s\n1,2,nan,1,s\n1,2,-2,1,s\n1,2\n")
    with pytest.raises(DataError) as caught:
        generator_weight_sum(file, "gen")
    assert str(caught.value) == f"{file.path}, line 3, column 'gen': found nan, {WEIGHT}"
    assert generator_weight_sum(file, "gen", "reject") == -1.5
    settings = replace(SETTINGS, generator_weights=("gen",), on_defect="reject")
    found = Outcome(tmp_path, file, settings)
    assert found.rejected["row"].to_list() == [1, 3]


# Faults of the config


def test_config_and_file_that_do_not_fit(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "x,y,w,p\n1,2,3,s\n")
    assert error(tmp_path, replace(file, class_name="no"), SETTINGS) == (
        f"config key `input.files[].class`: found 'no' for {file.path}, expected one of the "
        "classes background, signal."
    )
    assert error(tmp_path, file, replace(SETTINGS, process_column=None)) == (
        f"config key `input.files[].process`: missing for {file.path}; name the process of its "
        "events, or the column that holds it in `columns.process`."
    )
    processes = {"s": ProcessSettings(cross_section=1.0, generated=0.0)}
    assert error(tmp_path, file, replace(SETTINGS, processes=processes)) == (
        "config key `processes.s.generated`: found 0.0, expected a number of events (or sum of "
        "generator weights) other than 0, to go with the cross-section."
    )
    assert error(tmp_path, file, replace(SETTINGS, features=("x", "z"))) == (
        f"{file.path}: column 'z' is missing. It has: x, y, w, p."
    )


def test_files_whose_spectators_differ_in_type(tmp_path: Path) -> None:
    paths = []
    for name, value in (("a", "1"), ("b", "one")):
        (tmp_path / name).mkdir()
        file = csv_file(tmp_path / name, f"x,y,w,p,z\n1,2,3,s,{value}\n")
        paths.append(Outcome(tmp_path / name, file, replace(SETTINGS, spectators=("z",))).path)
    with pytest.raises(DataError) as caught:
        read_events(paths)
    assert str(caught.value) == (
        f"{paths[1]}: column 'z' is string, but double in {paths[0]}. It holds numbers in one "
        "input file and text in the other: make them alike."
    )


# Real samples


def test_the_default_study(tmp_path: Path) -> None:
    table = pd.read_csv(HIGGSML)
    features = tuple(name for name in table if name[:4] in ("DER_", "PRI_"))
    settings = IngestSettings(
        features=features,
        classes={"background": ("b",), "signal": ("s",)},
        spectators=("KaggleSet",),
        weight=("KaggleWeight",),
        event_id=("EventId",),
        process_column="Label",
        missing_values=(-999.0,),
        selection={"jets": "PRI_jet_num >= 1"},
    )
    found = Outcome(tmp_path, InputFile("higgsml", str(HIGGSML), "csv"), settings)
    assert found.counts["rows_read"] == 22_889
    kept = table[table["PRI_jet_num"] >= 1]
    events = found.events.to_pandas()
    np.testing.assert_array_equal(events["row"], kept.index)
    np.testing.assert_array_equal(events["weight"], kept["KaggleWeight"])
    np.testing.assert_array_equal(events["class"], (kept["Label"] == "s").astype(int))
    expected = kept[list(features)].replace(-999.0, np.nan).to_numpy(np.float32)
    np.testing.assert_array_equal(events[list(features)].to_numpy(), expected)
    assert events["event_id"].nunique() == len(kept)
    assert list(events["KaggleSet"]) == list(kept["KaggleSet"])
    entries = found.cutflow.set_index(["process", "cut"])["entries"]
    assert (entries["s", "all"], entries["b", "all"]) == (7_817, 15_072)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared sample files are not here")
@pytest.mark.parametrize(
    ("path", "tree", "features", "weight", "events"),
    [
        (
            "h4l-2e2mu/SMHiggsToZZTo4LTwoMuonsTwoElectronsSkim.root",
            None,
            "Z1_mass",
            "Weight",
            11620,
        ),
        ("uci-higgs/Higgs_data.root", "bkg_tree", "jet1_b-tag", None, 10000),
        ("tmva-example/tmva_class_example.root", "TreeB", "var1", "weight", 6000),
    ],
)
def test_real_root_files(
    path: str, tree: str | None, features: str, weight: str | None, events: int, tmp_path: Path
) -> None:
    file = InputFile("a", str(SHARED / "data" / path), "root", tree=tree, process="s")
    settings = IngestSettings(
        features=(features,), classes=CLASSES, weight=(weight,) if weight else ()
    )
    found = Outcome(tmp_path, file, settings)
    assert found.counts["rows_kept"] == events
    with uproot.open(file.path) as root:
        arrays = root[tree or "Events"]
        np.testing.assert_array_equal(
            found.events[features].to_numpy(), arrays[features].array(library="np").astype("f4")
        )
        if weight:
            np.testing.assert_array_equal(
                found.events["weight"].to_numpy(), arrays[weight].array(library="np")
            )
    assert pa.types.is_uint64(found.events.schema.field("event_id").type)


TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
TYPES = (*TYPES, "float16", "float32", "float64", "bool")
# what a format has no type for
NONE = {("csv", "bool"), ("csv", "float16"), ("root", "float16")}


def of_one_type(path: Path, kind: str, frame: pd.DataFrame) -> InputFile:
    """Write columns of the types that they have."""
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        pq.write_table(pa.table({name: frame[name].to_numpy() for name in frame}), path)
    elif kind == "root":
        with uproot.recreate(path) as out:
            tree = out.mktree("t", {name: frame[name].dtype for name in frame})
            tree.extend({name: frame[name].to_numpy() for name in frame})
    else:
        with h5py.File(path, "w") as out:
            for name in frame:
                out[name] = frame[name].to_numpy()
    return InputFile("a", str(path), kind)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (kind, dtype)
        for kind in ("csv", "parquet", "root", "hdf5")
        for dtype in TYPES
        if (kind, dtype) not in NONE
    ],
)
def test_a_column_of_any_type_serves_every_use(kind: str, dtype: str, tmp_path: Path) -> None:
    """As feature, weight, id, process, spectator, in a cut, a derived column, as `generated`."""
    numbers = np.array([0, 1, 1, 0, 1, 1]) if dtype == "bool" else np.array([0, 3, 9, 12, 30, 100])
    values = numbers.astype(dtype)
    frame = pd.DataFrame(dict.fromkeys(("f", "w", "e", "s", "c", "d", "g"), values))
    frame["p"] = (np.arange(6) % 2).astype(dtype)
    settings = replace(
        SETTINGS,
        features=("f", "twice"),
        classes={"background": ("0",), "signal": ("1",)},
        event_id=("e",),
        spectators=("s",),
        selection={"cut": "c > 0"},
        derived={"twice": "2 * d"},
        missing_values=(),
    )
    file = of_one_type(tmp_path / "input", kind, frame)
    found = Outcome(tmp_path, file, settings).events.to_pandas()
    kept = numbers > 0
    for name, expected in (("f", 1), ("twice", 2), ("weight", 1), ("s", 1)):
        np.testing.assert_array_equal(found[name], expected * numbers[kept])
    assert found["class"].tolist() == (np.arange(6) % 2)[kept].tolist()
    # whole numbers are one event whatever the type that holds them
    ids = event_ids({"e": numbers[kept].astype(np.int64)})
    assert found["event_id"].tolist() == ids.tolist()
    assert generator_weight_sum(file, "g") == numbers.sum()


def test_a_missing_value_is_the_one_that_a_float16_holds(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [-9999.0, 2.0], "w": [1.0, 2.0], "p": ["s", "b1"]})
    frame["y"] = [-10000.0, 3.0]
    frame.astype({"x": np.float16}).to_parquet(tmp_path / "a.parquet")
    file = InputFile("a", str(tmp_path / "a.parquet"), "parquet")
    settings = replace(SETTINGS, missing_values=(-9999.0,))
    found = Outcome(tmp_path, file, settings).events.to_pandas()
    assert np.isnan(found["x"][0])
    assert found["x"][1] == 2
    assert found["y"][0] == -10000
