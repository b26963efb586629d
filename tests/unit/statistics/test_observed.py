"""Collision data beside what is expected of it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from winnow.errors import DataError
from winnow.statistics import observed
from winnow.statistics.choice import chosen_position
from winnow.statistics.histograms import round_edges
from winnow.statistics.yields import YieldSettings
from winnow.tables import write_parquet


def write(path, source, ids, status, score):
    write_parquet(
        pd.DataFrame(
            {
                "source": pd.Categorical([source] * len(ids)),
                "event_id": np.array(ids, np.uint64),
                "status": pd.Categorical(status),
                "score_signal": np.array(score, np.float32),
                "mass": np.arange(len(ids), dtype=float),
            }
        ),
        path,
    )


@pytest.fixture
def paths(tmp_path):
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write(first, "a", [1, 2, 3], ["scored", "scored", "cut"], [0.1, 0.2, np.nan])
    write(second, "b", [2, 4, 3, 4], ["scored"] * 4, [0.6, 0.7, 0.8, 0.9])
    return [first, second]


def test_an_event_that_stands_twice_counts_once_and_is_counted(paths):
    """The first counts; one that was cut there is none."""
    seen = observed.read_observed(paths, ["score_signal", "mass"], True)
    np.testing.assert_allclose(seen.events["score_signal"], [0.1, 0.2, 0.7, 0.8])
    assert seen.counts.to_numpy().tolist() == [["a", 3, 2, 0], ["b", 4, 4, 2]]
    both = observed.read_observed(paths, ["score_signal", "mass"], False)
    assert len(both.events) == 6
    assert both.counts["duplicates"].tolist() == [0, 0]


def test_a_score_of_nan_is_refused(tmp_path):
    write(tmp_path / "a.parquet", "a", [1], ["scored"], [np.nan])
    with pytest.raises(DataError, match="found NaN for a scored event"):
        observed.read_observed([tmp_path / "a.parquet"], ["score_signal"], True)


def scores():
    return pd.DataFrame(
        {
            "sample": ["train", "test", "test", "test", "test"],
            "class": np.array([0, 0, 0, 1, 0], np.int8),
            "process": ["Z", "Z", "top", "H", "Z"],
            "weight": [9.0, 2.0, 1.0, 0.5, -0.5],
            "mass": [1.0, 2.0, 3.0, np.nan, 99.0],
        }
    )


def settings():
    fractions = {"train": 0.25, "validation": 0.25, "test": 0.5}
    return YieldSettings(("b", "s"), "s", 10.0, fractions)


def test_what_is_expected_is_the_test_sample_scaled_to_all():
    events, yields = observed.expected(scores(), settings())
    assert events["yield"].tolist() == [40.0, 20.0, 10.0, -10.0]
    assert yields.set_index("process")["yield"].to_dict() == {"Z": 30.0, "top": 20.0, "H": 10.0}


def test_bins_hold_all_events_and_signal_comes_last():
    events, _ = observed.expected(scores(), settings())
    data = pd.DataFrame({"mass": [2.5, 7.0, -4.0, 2.1]})
    table = observed.histograms(data, events, {"mass": np.array([2.0, 3.0, 4.0])}, 1)
    assert table["process"].unique().tolist() == ["data", "top", "Z", "H"]
    own = dict(list(table.groupby("process")))
    assert own["data"]["yield"].tolist() == [3.0, 1.0]
    # what lies beyond an edge is in the bin beside it
    assert own["Z"]["yield"].tolist() == [40.0, -10.0]
    assert own["Z"]["upper"].tolist() == [80.0, 0.0]
    assert own["top"]["yield"].tolist() == [0.0, 20.0]
    assert own["H"]["yield"].sum() == 0
    assert own["H"]["missing"].tolist() == [1, 1]


def test_the_interval_of_a_count_leaves_its_tails():
    """Garwood: at the ends, what was seen or more (less) has the probability of a tail."""
    counts = np.array([0, 1, 4, 50])
    lower, upper = observed.poisson_interval(counts, 0.9)
    assert lower[0] == 0
    np.testing.assert_allclose(poisson.sf(counts[1:] - 1, lower[1:]), 0.05, rtol=1e-9)
    np.testing.assert_allclose(poisson.cdf(counts, upper), 0.05, rtol=1e-9)


def test_edges_lie_at_round_numbers_around_nearly_all():
    values = np.random.default_rng(1).normal(500, 37, 10_000)
    edges = round_edges(values)
    steps = np.diff(edges)
    np.testing.assert_allclose(steps, 5)
    assert 25 < len(edges) < 60
    assert np.mean((values > edges[0]) & (values < edges[-1])) > 0.98
    assert round_edges(np.full(3, 7.0)).tolist() == [6.5, 7.5]
    assert len(round_edges(np.empty(0))) == 2


def test_the_chosen_run_is_found_or_its_ensemble(tmp_path):
    classifiers = [
        {"point": "base", "member": "replica-00"},
        {"point": "deep", "member": "replica-00"},
        {"point": "deep", "member": "ensemble"},
    ]
    path = tmp_path / "runs.csv"
    pd.DataFrame(
        {
            "point": ["base", "deep", "deep"],
            "member": ["replica-00", "replica-00", "ensemble"],
            "fold": ["0", "0", "0"],
            "chosen": [False, True, False],
        }
    ).to_csv(path, index=False)
    assert chosen_position(str(path), classifiers) == 1
    assert chosen_position(str(path), classifiers, ensemble=True) == 2
