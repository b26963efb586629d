"""What a config says of a network's parameter: what is refused, and what points share."""

from pathlib import Path

import pytest

from toy import ROOT, TOY
from winnow.errors import ConfigError
from winnow.study.scan import scan_points
from winnow.study.schema import load_schema
from winnow.study.sections import complete

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
PARAMETER = {"column": "truth"}
JETS = {"kind": "jets", "objects": {"pt": "pt", "eta": "eta", "phi": "phi"}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("events-0.csv", "unlabelled.csv"):
        Path(name).touch()


def test_there_is_none_unless_it_is_asked_for():
    assert "parameter" not in complete(TOY, SCHEMA)
    given = complete({**TOY, "parameter": PARAMETER}, SCHEMA)["parameter"]
    assert given == {"column": "truth", "unit": "", "hypotheses": [], "leave_out": []}


def test_points_that_leave_out_others_are_prepared_apart():
    scan = {"parameter.leave_out": [[], [350], [350, 0.5]], "training.decay": [0.0, 1.0]}
    points = scan_points(complete({**TOY, "parameter": PARAMETER, "scan": scan}, SCHEMA))
    prepared = [point.preparation for point in points.values()]
    assert prepared == [n for n in ("base", "leave_out=350", "leave_out=350-0.5") for _ in range(2)]
    left_out = [point.config["parameter"]["leave_out"] for point in points.values()]
    assert left_out[::2] == [[], [350.0], [350.0, 0.5]]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"parameter": {"column": "mass"}}, "parameter.column`: 'mass' is none of"),
        ({"parameter": {}}, "parameter.column`: missing, but required"),
        ({"signal_class": None, "balance": {"scheme": "equal"}}, "`parameter`: needs a `signal"),
        ({"transform": {"bottleneck": 2}}, "`parameter`: a learned transform would mix"),
        ({"scan": {"transform.bottleneck": [0, 2]}}, "`parameter`: a learned transform would mix"),
        ({"contest": {"contestants": ["winnow"]}}, "`parameter`: contestants know none"),
        ({"balance": {"planing": {"column": "truth"}}}, "'truth' is the network's parameter"),
        (
            {"apply": {"files": [{"path": "unlabelled.csv"}]}},
            "`apply`: networks with a `parameter`",
        ),
        ({"apply": {"friends": True}}, "`apply`: networks with a `parameter`"),
        ({"images": JETS}, "`parameter`: networks of this study see pictures"),
        ({"model": {"family": "unet"}}, "`parameter`: the family of networks gives no"),
        ({"scan": {"parameter.column": ["truth"]}}, "no key `parameter.column` to scan"),
        ({"scan": {"parameter.leave_out": [["a"]]}}, "parameter.leave_out"),
        ({"parameter": PARAMETER | {"hypotheses": [1, 1]}}, "parameter.hypotheses"),
        ({"parameter": PARAMETER | {"hypotheses": list(range(51))}}, "parameter.hypotheses"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(own, message):
    config = {**TOY, "parameter": PARAMETER, **own}
    config = {name: value for name, value in config.items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        complete(config, SCHEMA)
    assert any(message in line for line in str(caught.value).splitlines())
