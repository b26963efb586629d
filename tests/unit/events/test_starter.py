"""A first config from a look at files: what each column is taken for, and what is refused."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import uproot
import yaml

from toy import ROOT
from winnow.errors import DataError
from winnow.events.columns_seen import seen
from winnow.events.starter import config_text, inputs, main

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def events(count=400, seed=1):
    random = np.random.default_rng(seed)
    signal = np.arange(count) % 4 == 0
    mass = random.normal(np.where(signal, 125, 90), 15)
    return pd.DataFrame(
        {
            "run": 7,
            "eventNumber": np.arange(count),
            "mass": np.where(random.random(count) < 0.2, -999.0, mass),
            "pt": random.lognormal(3, 1.5, count),
            "eta": np.where(random.random(count) < 0.1, np.nan, random.normal(size=count)),
            "n_jets": random.integers(0, 5, count),
            "constant": 1.5,
            "comment": [f"event {n}" for n in range(count)],
            "isSignalLike": signal.astype(int),
            "truth_mass": mass,
            "mc_weight": random.normal(1, 1, count),
            "other_weight": 1.0,
            "label": np.where(signal, "signal", np.where(mass > 90, "top", "zjets")),
        }
    )


def written(*paths):
    return yaml.safe_load(config_text("own", inputs([str(path) for path in paths])))


def names(config):
    return [feature["name"] for feature in config["columns"]["features"]]


def test_columns_are_what_their_names_and_contents_say():
    events().to_csv("events.csv", index=False)
    config = written("events.csv")
    assert config["columns"]["process"] == "label"
    assert config["columns"]["event_id"] == ["run", "eventNumber"]
    assert config["columns"]["weight"] == ["mc_weight"]
    assert names(config) == ["mass", "pt", "eta", "n_jets"]
    assert config["input"] == {"files": [{"path": "events.csv"}], "missing_values": [-999.0]}
    assert config["classes"] == {"background": ["top", "zjets"], "signal": ["signal"]} or config[
        "classes"
    ] == {"background": ["zjets", "top"], "signal": ["signal"]}
    assert config["normalise"]["impute"] == "median"
    assert config["normalise"]["steps"][0] == {"step": "log", "features": ["pt"]}
    found = seen(inputs(["events.csv"]))
    assert found.missing == ["eta"]
    assert found.sentinels["mass"] == (-999.0, (events()["mass"] == -999).mean())
    assert found.negative == (events()["mc_weight"] < 0).mean()
    assert set(found.left_out) == {"constant", "comment", "isSignalLike", "truth_mass"}
    text = config_text("own", inputs(["events.csv"]))
    assert "also called so: other_weight" in text
    assert "isSignalLike (one value in each process" in text


def test_a_column_that_tells_the_file_is_no_feature():
    """A label without a telling name, one value in each file: a network would learn it alone."""
    own = events()[["pt", "eta", "mc_weight"]]
    for number, name in enumerate(["zjets", "higgs"]):
        own.assign(kind=number, mc_weight=0.1 * number + 0.1).to_parquet(f"{name}.parquet")
    config = written("zjets.parquet", "higgs.parquet")
    assert names(config) == ["pt", "eta"]
    # a weight may well be one number a process
    assert config["columns"]["weight"] == ["mc_weight"]
    assert config["classes"] == {"background": ["zjets"], "signal": ["higgs"]}
    files = [{"path": f"{name}.parquet", "process": name} for name in ("zjets", "higgs")]
    assert config["input"]["files"] == files


def test_each_tree_of_a_root_file_is_an_input():
    own = events()[["pt", "n_jets"]]
    with uproot.recreate("both.root") as file:
        for tree in ("background", "signal"):
            file.mktree(tree, {"pt": np.float64, "n_jets": np.int32})
            file[tree].extend({"pt": own["pt"].to_numpy(), "n_jets": own["n_jets"].to_numpy("i4")})
    config = written("both.root")
    assert config["input"]["files"] == [
        {"path": "both.root", "tree": tree, "process": tree} for tree in ("background", "signal")
    ]
    assert config["classes"]["signal"] == ["signal"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    with gzip.open("events.csv.gz", "wt") as stream:
        events()[["pt", "n_jets", "label"]].to_csv(stream, index=False, sep=delimiter)
    config = written("events.csv.gz")
    assert config["input"]["files"] == [{"path": "events.csv.gz", "delimiter": delimiter}]
    assert names(config) == ["pt", "n_jets"]


def test_lists_are_told_how_they_are_used():
    own = events()[["pt", "label"]].assign(jets=[[1.0, 2.0]] * 400)
    own.to_parquet("events.parquet")
    assert names(written("events.parquet")) == ["pt"]
    assert "derive `jets[0]`" in config_text("own", inputs(["events.parquet"]))


def test_numbers_may_tell_processes_and_the_whole_column_is_read():
    """Sorted by class: the second class comes after the rows that are looked at."""
    own = pd.concat([events(60_000).assign(y=0), events(500).assign(y=1)])
    own[["pt", "eta", "y"]].to_csv("events.csv", index=False)
    with pytest.raises(DataError, match="one process alone"):
        written("events.csv")
    own.iloc[::-1][["pt", "eta", "y"]].to_csv("events.csv", index=False)
    config = written("events.csv")
    assert config["classes"] == {"background": ["0"], "signal": ["1"]}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, "no such file"),
        (lambda: Path("a.csv").write_text("1,2\n3,4\n"), "holds numbers, expected names"),
        (lambda: Path("a.csv").write_text("x,y\n"), "has no events"),
        (lambda: Path("a.csv").write_text(""), "is empty"),
        (lambda: events()[["pt", "eta"]].to_csv("a.csv", index=False), "one process alone"),
        (lambda: events()[["label", "comment"]].to_csv("a.csv", index=False), "be a feature"),
    ],
)
def test_what_is_no_study_is_refused_in_one_line(make, message):
    make()
    with pytest.raises(DataError, match=message):
        main(str(SCHEMA), "own.yaml", ["a.csv"])


def test_a_damaged_root_file_is_refused(folder):
    whole = folder / "both.root"
    with uproot.recreate(whole) as file:
        file.mktree("sig", {"x": np.arange(100.0)})
    Path("cut.root").write_bytes(whole.read_bytes()[:200])
    with pytest.raises(DataError, match=r"cut\.root"):
        inputs(["cut.root"])


def test_an_ending_that_tells_nothing_and_a_config_that_is_there_are_refused(folder):
    (folder / "a.xyz").write_text("x")
    with pytest.raises(DataError, match=r"a\.xyz: the ending tells no format"):
        main(str(SCHEMA), "own.yaml", ["a.xyz"])
    (folder / "own.yaml").write_text("mine")
    with pytest.raises(DataError, match=r"own\.yaml: it is there already"):
        main(str(SCHEMA), "own.yaml", ["a.xyz"])
    assert (folder / "own.yaml").read_text() == "mine"
    with pytest.raises(DataError, match="no files were given"):
        main(str(SCHEMA), "new.yaml", [])


def test_hdf5_is_read_too():
    own = events()
    with h5py.File("events.h5", "w") as file:
        group = file.create_group("events")
        for name in ("pt", "n_jets"):
            group[name] = own[name].to_numpy()
        group["is_signal"] = own["isSignalLike"].to_numpy()
    config = written("events.h5")
    assert config["columns"]["process"] == "is_signal"
    assert config["classes"] == {"background": ["0"], "signal": ["1"]}
