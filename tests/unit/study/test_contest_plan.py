"""The plan of a contest, and what is refused of one."""

import copy
from pathlib import Path

import pytest

from toy import ROOT, TOY
from winnow.errors import ConfigError
from winnow.study import contest
from winnow.study.schema import load_schema
from winnow.study.sections import complete

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
SCAN = [
    {"model.layers": [20, 20]},
    {"model.layers": [50, 50]},
    {"model.layers": [20]},
    {"model.dropout": 0.5},
    {"training.batch_size": 64},
]
OWN = {"contestants": ["winnow", "scikit_learn", "boosting"], "repeats": 2, "scan": SCAN}
MODEL = {"layers": [20, 20], "activation": "tanh", "initializer": "glorot_uniform", "dropout": 0}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events-a.csv").touch()


def completed(own=OWN, **changes):
    config = copy.deepcopy(TOY) | {"contest": copy.deepcopy(own), "model": MODEL} | changes
    return complete(config, SCHEMA)


def test_who_trains_where_and_who_does_not_and_why():
    config = completed()
    found, told = contest.entries(config)
    settings = list(contest.settings(config))
    assert settings[0] == "base"
    where = {
        name: [e.setting for e in found if e.contestant == name] for name in OWN["contestants"]
    }
    assert where["winnow"] == settings
    assert where["scikit_learn"] == [name for name in settings if name != "dropout=0.5"]
    assert where["boosting"] == ["base"]
    assert told == [
        "contestant 'scikit_learn' is left out at dropout=0.5: model.dropout has no counterpart"
    ]
    runs = contest.runs(config, found)
    assert len(runs) == 2 * len(found)
    assert runs[1] == {"contestant": "winnow", "setting": "base", "repeat": "01"}


def test_software_that_is_not_there_is_told_and_taken_for_granted_in_its_own_environment(
    monkeypatch,
):
    from winnow.contest.contestants import pytorch

    monkeypatch.setattr(pytorch, "lacking", lambda: "torch")
    config = completed({"contestants": ["pytorch"]})
    found, told = contest.entries(config)
    assert found == []
    assert told == [
        "contestant 'pytorch' is left out: torch is not installed (its environment is "
        "envs/contest_pytorch.yaml)"
    ]
    assert len(contest.entries(config, everything_there=True)[0]) == 1


def test_layers_of_one_width_are_two_variables():
    points = contest.settings(completed())
    varied = contest.variables(points)
    assert list(varied) == ["neurons", "layers", "model.dropout", "training.batch_size"]
    assert varied["neurons"]["layers=50-50"] == 50
    assert varied["layers"]["layers=20"] == 1
    assert contest.slices(points)["neurons"] == ["base", "layers=50-50"]
    assert contest.slices(points)["layers"] == ["base", "layers=20"]
    uneven = contest.settings(completed({**OWN, "scan": {"model.layers": [[20, 10], [5, 4]]}}))
    assert list(contest.variables(uneven)) == ["model.layers"]


@pytest.mark.parametrize(
    ("own", "changes", "told"),
    [
        ({"scan": {"balance.scheme": ["sum"]}}, {}, r"`contest.scan.balance.scheme`: expected"),
        ({"scan": {"model.units": [3]}}, {}, r"`contest.scan.model.units`: there is no key"),
        ({"scan": {"model.dropout": [2]}}, {}, r"`contest.scan`, point 'dropout=2'"),
        ({"contestants": ["caffe"]}, {}, r"`contest.contestants\[0\]`: found 'caffe'"),
        ({"contestants": []}, {}, "at least 1 entry"),
        ({}, {"folds": 3}, "`contest`: it has no folds"),
        ({}, {"model": {**MODEL, "family": "residual", "layers": [20, 20]}}, "family `dense`"),
    ],
)
def test_what_is_no_contest_is_refused(own, changes, told):
    with pytest.raises(ConfigError, match=told):
        completed({**OWN, **own}, **changes)


def test_a_contest_needs_two_classes():
    classes = {"a": ["s"], "b": ["b"], "c": ["*"]}
    with pytest.raises(ConfigError, match="`contest`: found 3 classes"):
        completed(classes=classes, signal_class="a")
