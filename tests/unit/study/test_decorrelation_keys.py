"""What a config says of the cures of sculpting: what is refused, and what points share."""

from pathlib import Path

import pytest

from toy import ROOT, TOY
from winnow.errors import ConfigError
from winnow.study.scan import scan_points
from winnow.study.schema import load_schema
from winnow.study.sections import complete

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
PENALTY = {"spectator": "truth", "strength": 1.0}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events-0.csv").touch()


def completed(**own):
    training = TOY["training"] | {"decorrelation": own.pop("decorrelation", {})}
    return complete({**TOY, "training": training, **own}, SCHEMA)


def test_neither_acts_unless_it_is_asked_for():
    config = completed()
    assert config["training"]["decorrelation"] == {
        "spectator": "",
        "strength": 0.0,
        "warm_up": 5,
    }
    assert config["balance"]["planing"] == {"column": "", "bins": 20}


def test_points_of_other_strengths_share_what_is_prepared_and_planing_does_not():
    scan = [
        {"training.decorrelation.strength": 1.0},
        {"training.decorrelation.strength": 2.0},
        {"balance.planing.column": "mass"},
    ]
    points = scan_points(completed(scan=scan, decorrelation={"spectator": "truth"}))
    assert [point.preparation for point in points.values()] == ["base", "base", "column=mass"]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"decorrelation": PENALTY | {"spectator": "mass"}}, "'mass' is none of"),
        ({"decorrelation": {"strength": 1.0}}, "spectator`: '' is none of `columns.spectators`"),
        ({"decorrelation": PENALTY | {"strength": -1}}, "strength`: found -1"),
        (
            {
                "decorrelation": PENALTY,
                "signal_class": None,
                "balance": {"scheme": "equal"},
            },
            "needs a `signal_class`",
        ),
        ({"balance": {"planing": {"column": "m"}}}, "planing.column`: 'm' is none of"),
        (
            {"transform": {"bottleneck": 2, "training": {"decorrelation": PENALTY}}},
            "transform.training.decorrelation`: is about a score",
        ),
        ({"decorrelation": PENALTY, "contest": {"contestants": ["winnow"]}}, "contestants know no"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(own, message):
    config = {**TOY, "training": TOY["training"] | {"decorrelation": own.pop("decorrelation", {})}}
    config |= own
    config = {name: value for name, value in config.items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        complete(config, SCHEMA)
    assert any(message in line for line in str(caught.value).splitlines())
