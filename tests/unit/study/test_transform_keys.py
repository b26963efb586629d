"""What a config says of a learned transform: what is shared, what is refused."""

from pathlib import Path

import pytest

from toy import ROOT, TOY
from winnow.errors import ConfigError
from winnow.study.scan import run_seed, scan_points, transform_seed
from winnow.study.schema import load_schema
from winnow.study.sections import complete

SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events-0.csv").touch()
    Path("a.npz").touch()


def points(scan, **own):
    return scan_points(complete({**TOY, **own, "scan": scan}, SCHEMA))


def test_no_transform_is_learned_unless_one_is_asked_for():
    (point,) = points({}).values()
    assert point.transform == ""
    assert point.config["transform"]["bottleneck"] == 0


def test_points_that_agree_before_the_network_share_a_transform():
    scan = {
        "transform.bottleneck": [0, 2],
        "training.decay": [0.0, 1e-3],
        "normalise.indicators": [True, False],
    }
    found = {name: point.transform for name, point in points(scan).items()}
    assert found == {
        "base": "",
        "indicators=false": "",
        "decay=1e-3": "",
        "decay=1e-3__indicators=false": "",
        "bottleneck=2": "bottleneck=2",
        "bottleneck=2__indicators=false": "bottleneck=2__indicators=false",
        "bottleneck=2__decay=1e-3": "bottleneck=2",
        "bottleneck=2__decay=1e-3__indicators=false": "bottleneck=2__indicators=false",
    }


def test_a_transform_of_the_base_config_is_called_so():
    found = points({"transform.bottleneck": [2, 0]}, transform={"bottleneck": 2})
    assert {name: point.transform for name, point in found.items()} == {
        "base": "base",
        "bottleneck=0": "",
    }


def test_trainings_of_transform_and_network_are_scanned_apart():
    scan = {"transform.training.epochs": [3, 5], "training.epochs": [2, 4]}
    found = points(scan, transform={"bottleneck": 2})
    assert len({point.transform for point in found.values()}) == 2
    assert len({point.name for point in found.values()}) == 4
    epochs = {point.config["transform"]["training"]["epochs"] for point in found.values()}
    assert epochs == {3, 5}


def test_replicas_share_the_seed_of_their_folds_transform():
    seeds = {(seed, fold): transform_seed(seed, fold) for seed in (1, 2) for fold in (0, 1)}
    assert len(set(seeds.values())) == 4
    assert set(seeds.values()).isdisjoint(run_seed(1, replica, 0) for replica in range(3))


IMAGES = {
    "columns": {"process": "label", "features": ["ht"], "derived": {"ht": "Sum$(pt)"}},
    "input": {"files": [{"path": "a.npz"}]},
    "selection": {},
    "normalise": {"steps": []},
    "images": {"kind": "jets", "objects": {"pt": "pt", "eta": "eta", "phi": "phi"}},
    "model": {"family": "convolutional"},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"transform": {"layers": [8]}},
            "config key `transform.layers`: does nothing without a bottleneck; set "
            "`transform.bottleneck`, or remove the section.",
        ),
        (
            {"transform": {"bottleneck": 0, "anomaly_score": True}},
            "config key `transform.anomaly_score`: does nothing without a bottleneck; set "
            "`transform.bottleneck`, or remove the section.",
        ),
        (
            {"transform": {"bottleneck": 7}},
            "config key `transform.bottleneck`: found 7, expected at most the 6 normalised "
            "features, which a code of so many holds as they are; take a smaller one, or set "
            "`transform.noise`.",
        ),
        (
            {"scan": {"transform.bottleneck": [2, 7]}},
            "config key `scan`, point 'bottleneck=7': config key `transform.bottleneck`: found 7, "
            "expected at most the 6 normalised features, which a code of so many holds as they "
            "are; take a smaller one, or set `transform.noise`.",
        ),
        (
            {**IMAGES, "transform": {"bottleneck": 2}},
            "config key `transform.bottleneck`: found 2, but networks of this study see pictures, "
            "and a transform is learned of a table of features; remove the section `transform`.",
        ),
        (
            {"transform": {"bottleneck": 2, "training": {"augmentation": {"flip": True}}}},
            "config key `transform.training.augmentation`: changes pictures, and features are "
            "none; remove it.",
        ),
        (
            {"transform": {"bottleneck": 2, "training": {"label_smoothing": 0.1}}},
            "config key `transform.training.label_smoothing`: is about the labels of classes, and "
            "a copy has none; remove it.",
        ),
        (
            {"transform": {"bottleneck": 2, "training": {"epochs": 3, "average_from": 3}}},
            "config key `transform.training.average_from`: found 3, expected less than `epochs`, "
            "which is 3: there is no epoch left to average.",
        ),
    ],
)
def test_what_does_nothing_or_cannot_be_is_refused_in_one_line(change, message):
    with pytest.raises(ConfigError) as caught:
        complete({**TOY, **change}, SCHEMA)
    assert str(caught.value).splitlines() == [message]


def test_a_column_of_the_scores_has_one_meaning():
    columns = {**TOY["columns"], "spectators": ["anomaly_score"]}
    own = {**TOY, "columns": columns, "transform": {"bottleneck": 2, "anomaly_score": True}}
    with pytest.raises(ConfigError, match=r"`columns.spectators`: `anomaly_score` is what `trans"):
        complete(own, SCHEMA)
    assert complete({**own, "transform": {"bottleneck": 2}}, SCHEMA)


def test_a_wide_code_may_denoise_and_a_linear_one_needs_no_layers():
    own = {"bottleneck": 20, "noise": 0.5, "layers": []}
    assert complete({**TOY, "transform": own}, SCHEMA)["transform"]["layers"] == []
