"""Which files are scored, by which networks, and what is read of them."""

import json

import pytest

from winnow.errors import ConfigError
from winnow.study import applied
from winnow.study.files import input_files

CONFIG = {
    "classes": {"background": ["b"], "signal": ["s"]},
    "ignore": [],
    "input": {"files": [], "missing_values": [-999, "nan"]},
    "columns": {
        "features": [{"name": "a"}, {"name": "ratio"}],
        "event_id": ["event"],
        "derived": {"ratio": "a / b"},
        "spectators": ["mass"],
    },
    "selection": {"cut": "ratio > 1 && c > 2"},
    "model": {"family": "dense"},
    "replicas": 2,
}
APPLY = {
    "files": [],
    "friends": False,
    "ensemble": False,
    "spectators": [],
    "tree": "winnow",
    "branches": {},
    "draw": [],
}


def config(own=(), **apply):
    listed = [{"path": str(path)} for path in own]
    return CONFIG | {
        "input": CONFIG["input"] | {"files": listed},
        "apply": APPLY | apply,
    }


@pytest.fixture
def paths(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"events-{number}.csv").write_text("a\n1\n")
    return tmp_path


def test_the_studys_own_files_keep_their_names(paths):
    """A file of the same name, listed to be scored, is told apart by its folder."""
    own = [paths / "one/events-0.csv", paths / "one/events-1.csv"]
    other = {"path": str(paths / "two/events-*.csv")}
    alone = config(own, files=[other])
    assert list(input_files(alone)) == ["events-0", "events-1"]
    assert list(applied.applied_files(alone, input_files(alone))) == [
        "two-events-0",
        "two-events-1",
    ]
    both = config(own, files=[other], friends=True)
    assert list(applied.applied_files(both, input_files(both))) == [
        "events-0", "events-1", "two-events-0", "two-events-1"
    ]  # fmt: skip
    assert applied.applied_files(both, input_files(both))["events-0"]["path"] == str(own[0])
    assert applied.applied_files(config(own), input_files(config(own))) == {}


def test_a_file_of_the_study_is_not_listed_again(paths):
    own = paths / "one/events-0.csv"
    given = config([own], files=[{"path": str(own)}])
    with pytest.raises(ConfigError, match=r"`apply.files`: .*events-0.csv is listed twice"):
        applied.applied_files(given, input_files(given))


def test_what_is_read_is_what_the_network_needs_and_no_more(paths):
    given = config(spectators=["run"])
    wanted = applied.applied_columns(given, applied.applied_reading(given))
    assert list(wanted) == [
        ("columns.derived.ratio", "a"),
        ("columns.derived.ratio", "b"),
        ("columns.features", "a"),
        ("apply.spectators", "run"),
        ("selection.cut", "c"),
        ("columns.event_id", "event"),
    ]
    settings = applied.applied_settings(applied.applied_reading(given), ["run"])
    assert settings["features"] == ("a", "ratio")
    assert settings["missing_values"] == [-999]
    assert settings["nan_is_missing"] is True
    assert settings["on_defect"] == "reject"
    assert "weight" not in settings


def test_lists_and_the_number_of_an_entry_are_known(tmp_path):
    passport(
        tmp_path / "best",
        derived={"ht": "Sum$(pt)"},
        selection={"hard": "pt[0] > cut", "same": "cut > 0"},
        event_id=["Entry$", "run"],
    )
    given = config(model=str(tmp_path / "best"))
    wanted = applied.applied_columns(given, applied.applied_reading(given))
    assert {name: is_list for (_, name), is_list in wanted.items()} == {
        "pt": True,
        "cut": False,
        "other": False,
        "run": False,
    }


def passport(folder, **reading):
    folder.mkdir(parents=True)
    own = {"missing_values": [], "event_id": [], "derived": {}, "selection": {}, **reading}
    content = {
        "features": [{"name": "other", "unit": ""}],
        "classes": ["x", "y", "z"],
        "config": {"model": {"family": "residual"}},
        "reading": own,
    }
    (folder / "passport.json").write_text(json.dumps(content))


def test_another_studys_networks_are_found_in_its_folders(tmp_path):
    for fold in (10, 2, 0):
        passport(tmp_path / f"results/best/fold-{fold}", selection={"own": "q > 1"})
    (tmp_path / "results/best/roles.parquet").touch()
    for place in ("results", "results/best"):
        given = config(model=str(tmp_path / place))
        best = tmp_path / "results/best"
        assert applied.foreign_models(given) == {fold: best / f"fold-{fold}" for fold in (0, 2, 10)}
        assert list(applied.foreign_models(given)) == [0, 2, 10]
        assert applied.foreign_roles(given) == [str(best / "roles.parquet")]
    alone = config(model=str(tmp_path / "results/best/fold-2"))
    assert list(applied.foreign_models(alone).values()) == [best / "fold-2"]
    assert applied.foreign_roles(alone) == []
    assert applied.foreign_models(config()) == {}
    reading = applied.applied_reading(alone)
    assert reading["features"] == ["other"]
    assert reading["selection"] == {"own": "q > 1"}
    wanted = applied.applied_columns(alone, applied.applied_reading(alone))
    assert list(wanted) == [("apply.model", "other"), ("apply.model", "q")]
    assert list(applied.branch_names(alone, applied.applied_reading(alone)))[:3] == [
        "score_x",
        "score_y",
        "score_z",
    ]


def test_what_is_no_passport_is_refused(tmp_path):
    passport(tmp_path / "best")
    (tmp_path / "best/passport.json").write_text('{"features": 3}')
    with pytest.raises(ConfigError, match=r"passport.json is no passport of a model"):
        applied.applied_reading(config(model=str(tmp_path)))


def test_a_branch_has_a_name_that_root_reads_as_one():
    named = CONFIG | {"classes": {"t-bar": [], "W.x": []}, "apply": APPLY}
    given = named | {"apply": APPLY | {"branches": {"fold": "by"}}}
    names = applied.branch_names(given, named)
    assert names == {
        "score_t-bar": "score_t_bar",
        "score_W.x": "score_W_x",
        "status": "status",
        "role": "role",
        "fold": "by",
    }


@pytest.mark.parametrize(
    ("apply", "message"),
    [
        ({"spectators": ["m"]}, "`apply.spectators`: does nothing without files"),
        ({"model": "x"}, "`apply.model`: does nothing without files"),
        ({"friends": True, "spectators": ["fold"]}, "'fold' is a name of winnow's own table"),
        ({"friends": True, "draw": ["x"]}, "'x' is none of `apply.spectators`"),
        ({"friends": True, "draw": ["x"], "spectators": ["x"]}, "none of `columns.spectators`"),
        ({"friends": True, "branches": {"fold": "role"}}, "the branch 'role'"),
        ({"friends": True, "branches": {"score": "s"}}, "`apply.branches.score`"),
    ],
)
def test_what_does_nothing_or_cannot_be_is_told(apply, message):
    faults = "\n".join(applied.applied_faults(config(**apply)))
    assert message in faults
    assert list(applied.applied_faults(config(friends=True, spectators=["mass"]))) == []


def test_two_studies_networks_do_not_score_together(tmp_path):
    passport(tmp_path / "best")
    given = config(friends=True, ensemble=True, model=str(tmp_path))
    assert "remove one of the two" in "\n".join(applied.applied_faults(given))
    one = config(friends=True, ensemble=True) | {"replicas": 1}
    assert "`replicas` is 1" in "\n".join(applied.applied_faults(one))
