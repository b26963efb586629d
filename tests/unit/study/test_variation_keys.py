"""What a config says of systematic variations: what is refused, and what they change."""

import re
from pathlib import Path

import pytest

from toy import ROOT, TOY
from winnow.errors import ConfigError
from winnow.events.headers import header_faults
from winnow.study.files import input_files
from winnow.study.schema import load_schema
from winnow.study.sections import complete, ingest_settings, shifted_settings
from winnow.study.variations import directions, of_direction, shifted_files

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
HEADER = "event,mass,mass_up,angle,energy,truth,w,w_up,process"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events-0.csv").write_text(HEADER + "\n1,2,3,4,5,6,7,8,top\n")


def completed(shifts, columns=None, **own):
    columns = TOY["columns"] | (columns or {})
    return complete({**TOY, "columns": columns, "variations": shifts, **own}, SCHEMA)


def test_a_direction_changes_what_it_names_alone():
    config = completed(
        {"jes": {"down": {"mass": "0.9 * mass"}, "up": {"mass": "mass_up", "w": "w_up"}}}
    )
    assert directions(config) == [("jes", "up"), ("jes", "down")]
    nominal = ingest_settings(complete(TOY, SCHEMA))
    assert "shifted" not in nominal
    assert shifted_settings(config, "jes", "up") == {
        **nominal,
        "spectators": [],
        "shifted": {"mass": "mass_up", "w": "w_up"},
    }
    assert ingest_settings(config) == nominal


def test_a_study_without_variations_has_none():
    config = complete(TOY, SCHEMA)
    assert "variations" not in config
    assert directions(config) == []


DERIVED = {"derived": {"ratio": "mass / energy"}}


@pytest.mark.parametrize(
    ("shifts", "columns"),
    [
        ({"angle": "angle + 0.1"}, {}),
        ({"w": "w * 1.1"}, {}),
        ({"energy": "energy * 1.1"}, {"features": ["angle", "ratio"], **DERIVED}),
        ({"ratio": "ratio * 1.1"}, {"features": ["angle", "ratio"], **DERIVED}),
    ],
)
def test_features_weights_and_what_expressions_take_may_be_shifted(shifts, columns):
    assert directions(completed({"s": {"up": shifts}}, columns)) == [("s", "up")]


@pytest.mark.parametrize(
    ("shifts", "message"),
    [
        ({"jes": {}}, "`variations.jes`: has neither `up` nor `down`"),
        ({"jes": {"up": {}}}, "`variations.jes.up`: shifts no column"),
        ({"jes": {"left": {"mass": "mass"}}}, "`variations.jes.left`: unknown"),
        ({"jes": {"up": {"mas": "mass"}}}, "`mas` is no feature, .* did you mean `mass`"),
        ({"jes": {"up": {"truth": "truth"}}}, "`truth` is no feature"),
        ({"jes": {"up": {"event": "event + 1"}}}, "`event` stands in `columns.event_id`"),
        ({"jes": {"up": {"process": "process"}}}, "`process` stands in `columns.process`"),
        ({"jes": {"up": {"mass": "mass *"}}}, "`variations.jes.up.mass`: "),
        ({"jes": {"up": {"mass": 1.05}}}, "`variations.jes.up.mass`: found 1.05, expected"),
        ({"j-s": {"up": {"mass": "mass"}}}, "`variations.j-s`: .* a letter first"),
        ({"1s": {"up": {"mass": "mass"}}}, "`variations.1s`: .* a letter first"),
        ({"mu": {"up": {"mass": "mass"}}}, "the name is taken: the fit calls"),
        ({"systematic_x": {"up": {"mass": "mass"}}}, "parameters of its own that begin so"),
        (
            {"jes": {"up": {"mass": "mass"}}, "JES": {"up": {"mass": "mass"}}},
            "differs from `jes` in upper and lower case",
        ),
        ({}, "`variations`: found {}, expected at least 1"),
    ],
)
def test_what_means_nothing_is_refused(shifts, message):
    with pytest.raises(ConfigError, match=message):
        completed(shifts)


def test_a_study_without_signal_has_no_score_to_follow():
    config = {name: own for name, own in TOY.items() if name not in ("signal_class", "fom")}
    shifts = {"jes": {"up": {"mass": "mass_up"}}}
    with pytest.raises(ConfigError, match="`variations`: needs a `signal_class`"):
        complete({**config, "balance": {"scheme": "equal"}, "variations": shifts}, SCHEMA)


def test_pictures_are_not_shifted():
    pictures = {"kind": "jets", "objects": {"pt": "pt", "eta": "eta", "phi": "phi"}}
    shifts = {"jes": {"up": {"mass": "mass_up"}}}
    with pytest.raises(ConfigError, match="`variations`: shifts columns, while networks of this"):
        completed(shifts, images=pictures, model={"family": "convolutional"})


@pytest.mark.parametrize("name", ["px", "px_3"])
def test_lists_are_shifted_by_what_is_made_of_them(name):
    columns = {
        "lists": {"px": "px_*"},
        "features": ["angle", "energy", "hardest"],
        "derived": {"hardest": "Max$(px)"},
    }
    with pytest.raises(ConfigError, match=f"`{name}` holds several values per event"):
        completed({"s": {"up": {name: "1.1 * px"}}}, columns)


@pytest.mark.parametrize(
    ("shifts", "column", "place"),
    [
        ({"mass": "mass_down"}, "mass_down", "variations.jes.up.mass"),
        ({"w": "w * pileup"}, "pileup", "variations.jes.up.w"),
        # a column of the file is made of the file's own columns
        ({"mass": "ratio"}, "ratio", "variations.jes.up.mass"),
        ({"mass": "mass_up", "ratio": "ratio * 2", "w": "w_up"}, None, None),
    ],
)
def test_a_column_that_no_file_has_is_told_with_its_key(shifts, column, place):
    columns = {"features": ["mass", "angle", "energy", "ratio"], **DERIVED}
    config = completed({"jes": {"up": shifts}}, columns)
    faults = list(header_faults(config, input_files(config), {}))
    assert len(faults) == (column is not None)
    for fault in faults:
        assert fault.startswith(f"config key `{place}`: column {column!r} is missing in events-0")


def with_files(*files, **own):
    Path("other.csv").write_text("event,mass,angle,energy,w,process\n1,2,3,4,5,top\n")
    return completed({"tune": {"up": {"files": [*files]}}}, **own)


def test_a_direction_may_have_files_of_its_own():
    config = with_files({"path": "other.csv", "weight": []})
    files = shifted_files(config, "tune", "up")
    assert list(files) == ["tune-up-other"]
    assert files["tune-up-other"]["source"] == "tune-up-other"
    assert files["tune-up-other"]["weight"] == []
    # spectators are not read of them
    assert not list(header_faults(of_direction(config, "tune", "up"), files, {}))
    Path("other.csv").write_text("event,mass,angle,w,process\n1,2,3,5,top\n")
    (told,) = header_faults(of_direction(config, "tune", "up"), files, {})
    assert told.startswith("config key `columns.features`: column 'energy' is missing in other.csv")
    plain = completed({"jes": {"up": {"mass": "mass_up"}}})
    assert shifted_files(plain, "jes", "up") == {}


def test_columns_of_a_directions_own_files_are_shifted_too():
    Path("other.csv").write_text(HEADER.replace("mass_up", "mass_2") + "\n")
    shifts = {"tune": {"up": {"mass": "mass_2", "files": [{"path": "other.csv"}]}}}
    config = completed(shifts)
    assert shifted_settings(config, "tune", "up")["shifted"] == {"mass": "mass_2"}
    assert not list(header_faults(config, input_files(config), {}))
    own = shifted_files(config, "tune", "up")
    assert not list(header_faults(of_direction(config, "tune", "up"), own, {}))


FACTS = {"top": {"cross_section": 2.0, "generated": 100}}


@pytest.mark.parametrize(
    ("file", "own", "message"),
    [
        ({"path": "lost.csv"}, {}, "`variations.tune.up.files[0].path`: "),
        ({"path": "events-0.csv"}, {}, "events-0.csv stands in `input.files` too"),
        (
            {"path": "other.csv"},
            {"apply": {"files": [{"path": "other.csv"}]}},
            "other.csv stands in `apply.files` too",
        ),
        ({"path": "other.csv", "class": "no"}, {}, "`variations.tune.up.files[0].class`: found"),
        ({"path": "other.csv", "process": "no"}, {}, "files[0].process`: 'no' belongs to no class"),
        ({"path": "other.csv", "sample": "test"}, {}, "files[0].sample`: unknown"),
        ({"path": "other.csv"}, {"processes": FACTS}, "files[0].process`: missing; `processes`"),
        (
            {"path": "other.csv", "process": "top"},
            {"processes": FACTS},
            "files[0].generated`: missing; give the number",
        ),
    ],
)
def test_files_that_cannot_stand_for_a_sample_are_refused(file, own, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        with_files(file, **own)


def test_files_of_a_study_that_comes_split_are_refused():
    columns = {**TOY["columns"], "sample": "sample"}
    Path("other.csv").touch()
    with pytest.raises(ConfigError, match="its events are shared out by their ids"):
        completed(
            {"tune": {"up": {"files": [{"path": "other.csv"}]}}},
            columns,
            yields={"split_factors": {"train": 4, "validation": 4, "test": 2}},
        )
