"""Names and seeds of runs."""

import re
import shlex

import pytest
from snakemake.io import PeriodicityDetector
from snakemake.target_jobs import parse_target_jobs_cli_args
from snakemake_interface_executor_plugins.utils import TargetSpec, encode_target_jobs_cli_args

from winnow.errors import ConfigError
from winnow.study.scan import run_seed, scan_points

CONFIG = {
    "training": {"learning_rate": 0.001, "decay": 0.0, "batch_size": 1000},
    "model": {"layers": [100, 100], "dropout": 0.0},
    "balance": {"scheme": "sum"},
    "normalise": {"steps": ["minmax"]},
    "scan": {},
}


def points(scan):
    return scan_points({**CONFIG, "scan": scan})


def test_without_a_scan_there_is_the_base():
    assert list(points({})) == ["base"]


def test_a_point_is_named_after_what_differs_from_the_base():
    assert list(points({"training.decay": [0.0, 1e-4, 1e-3]})) == [
        "base",
        "decay=1e-4",
        "decay=1e-3",
    ]


def test_a_new_scan_key_renames_nothing():
    before = list(points({"training.decay": [0.0, 1e-4]}))
    after = list(points({"training.decay": [0.0, 1e-4], "training.batch_size": [1000, 5000]}))
    assert set(before) <= set(after)
    assert "decay=1e-4__batch_size=5000" in after


def test_the_grid_has_every_combination_with_its_values():
    grid = points({"model.layers": [[50], [100, 100]], "training.learning_rate": [0.001, 0.25]})
    assert list(grid) == [
        "layers=50",
        "layers=50__learning_rate=0.25",
        "base",
        "learning_rate=0.25",
    ]
    assert grid["layers=50__learning_rate=0.25"].config["model"]["layers"] == [50]
    assert CONFIG["model"]["layers"] == [100, 100]


def test_points_that_prepare_alike_share_the_preparation():
    grid = points({"balance.scheme": ["sum", "equal"], "training.decay": [0.0, 1e-3]})
    assert {p.name: p.preparation for p in grid.values()} == {
        "base": "base",
        "decay=1e-3": "base",
        "scheme=equal": "scheme=equal",
        "scheme=equal__decay=1e-3": "scheme=equal",
    }


def test_names_are_paths_without_separators():
    grid = points({"normalise.steps": [[{"step": "log", "features": ["a/b"]}, "standard"]]})
    assert all(set("/ ").isdisjoint(name) for name in grid)


def test_a_name_of_repeats_ends_in_a_hash():
    (name,) = (name for name in points({"model.layers": [[50], [64] * 25]}) if "64" in name)
    assert "~" in name
    assert PeriodicityDetector().is_periodic(name) is None


def test_two_equal_points_are_an_error():
    with pytest.raises(ConfigError, match="both named"):
        points({"normalise.steps": [["minmax", "pca"], ["minmax", "pca"]]})


ODD_VALUES = {
    "training.decay": [0.0, 1e-4, -2.5, 1e22, 5e-324, 123456789.125],
    "training.learning_rate": [True, False, None],
    "training.batch_size": [1, 10**30],
    "model.layers": [[50], [50, 100], [], [1, -2], ["1--2"], list(range(60))],
    "model.dropout": [
        "a,b",
        "a:b",
        "a=b",
        "a b",
        "$HOME",
        "ünï",
        "x'y\"z",
        "{run}",
        "a/b",
        "a_b",
        "",
    ],
    "normalise.steps": [
        ["minmax", "pca"],
        ["minmax-pca"],
        [{"step": "log", "features": ["pt,1", "eta"]}, "standard"],
        [{"step": "log", "features": ["pt", "1,eta"]}, "standard"],
    ],
}


@pytest.mark.parametrize(("dotted", "values"), ODD_VALUES.items())
def test_names_survive_snakemakes_own_jobs(dotted, values):
    """What Snakemake hands to the job that it submits is the point that it planned."""
    other = {"balance.scheme": ["equal"]}
    names = list(points({dotted: values, **other}))
    assert len(set(names)) == len(values)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9_.=~-]{1,99}", name)
        spec = TargetSpec("train", {"point": name, "replica": "00"})
        sent = shlex.split(shlex.join(encode_target_jobs_cli_args([spec])))
        assert parse_target_jobs_cli_args(sent) == [spec]


def test_a_name_follows_from_the_values_alone():
    long = {"model.layers": [list(range(60))], "balance.scheme": ["equal"]}
    (first,), (again,) = points(long), points(dict(reversed(long.items())))
    assert first.split("~")[1] == again.split("~")[1]


def test_a_runs_seed_tells_seed_replica_and_fold_apart():
    seeds = {run_seed(s, r, f) for s in range(10) for r in range(10) for f in range(10)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert run_seed(1, 2, 3) == run_seed(1, 2, 3)


def test_lists_that_are_zipped_go_together():
    scan = {"zip": {"training.decay": [0.0, 1e-3], "balance.scheme": ["sum", "sqrt"]}}
    assert list(points(scan)) == ["base", "decay=1e-3__scheme=sqrt"]


def test_points_can_be_listed_and_know_all_scanned_keys():
    found = points([{"training.decay": 1e-3}, {"balance.scheme": "sqrt"}])
    assert list(found) == ["decay=1e-3", "scheme=sqrt"]
    assert found["scheme=sqrt"].keys == {"training.decay": 0.0, "balance.scheme": "sqrt"}
    assert found["decay=1e-3"].keys == {"training.decay": 1e-3, "balance.scheme": "sum"}


@pytest.mark.parametrize(
    "scan",
    [
        {"zip": {"training.decay": [0.0, 1e-3], "balance.scheme": ["sum"]}},
        {"zip": {"training.decay": [0.0]}, "balance.scheme": ["sum"]},
    ],
)
def test_zip_wants_lists_of_one_length_and_stands_alone(scan):
    with pytest.raises(ConfigError, match=r"scan\.zip"):
        points(scan)
