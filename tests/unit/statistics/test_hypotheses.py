"""What a parametrised network is worth at each hypothesis, of Gaussians whose mean is it."""

from dataclasses import replace
from math import erf

import numpy as np
import pandas as pd
import pytest

from toy import fom_of
from winnow.errors import ConfigError
from winnow.preparation.folds import Fold
from winnow.preparation.normalise.apply import FORMAT, VERSION
from winnow.preparation.parameter import Drawing, recorded
from winnow.statistics.fom_settings import FomSettings
from winnow.statistics.hypotheses import ParametrisedNetwork, hypothesis_table
from winnow.statistics.hypothesis_means import of_all_runs
from winnow.statistics.yields import YieldSettings
from winnow.tables import write_parquet

MEANS = (1.0, 2.0, 3.0)
NAMES = ("background", "signal")
COUNT = 24_000
SETTINGS = FomSettings(
    yields=YieldSettings(
        class_names=NAMES,
        signal="signal",
        fractions={"train": 0.5, "validation": 0.25, "test": 0.25},
    ),
    systematic=0.1,
    min_background_entries=20,
)


def events():
    """Half signal at one of the means, half background at 0; three quarters of it are weighted."""
    random = np.random.default_rng(5)
    kind = (np.arange(COUNT) % 2).astype(np.int8)
    mean = random.choice(MEANS, COUNT)
    return pd.DataFrame(
        {
            "source": "events",
            "row": np.arange(COUNT),
            "event_id": np.arange(COUNT).astype(np.uint64),
            "process": np.where(kind == 1, "signal", "background"),
            "class": kind,
            "weight": random.uniform(0.5, 1.5, COUNT),
            "mean": np.where(kind == 1, mean, np.nan),
            "x": (random.normal(size=COUNT) + np.where(kind == 1, mean, 0)).astype(np.float32),
            "sample": random.choice(["train", "validation", "test"], COUNT, p=[0.5, 0.25, 0.25]),
        }
    )


def best(features):
    """The likelihood ratio at the hypothesis that stands beside x, as a network's two scores."""
    x, mean = features.T.astype(np.float64)
    signal = 1 / (1 + np.exp(-(mean * x - mean**2 / 2)))
    return np.column_stack([1 - signal, signal]).astype(np.float32)


TRANSFORM = {
    "format": FORMAT,
    "version": VERSION,
    "inputs": [{"name": name, "impute": 0.0, "indicator": None} for name in ("x", "mean")],
    "steps": [],
    "outputs": ["x", "mean"],
} | recorded(Drawing("mean", 1, 7, MEANS[::2], (0.5, 0.5), MEANS[1:2]))
NETWORK = ParametrisedNetwork(best, TRANSFORM, ("x", "mean"), NAMES)


@pytest.fixture(scope="module")
def fold(tmp_path_factory):
    folder, table = tmp_path_factory.mktemp("hypotheses"), events()
    write_parquet(table.drop(columns="sample"), folder / "events.parquet")
    write_parquet(table[["source", "row", "sample"]], folder / "samples.parquet")
    return Fold([folder / "events.parquet"], folder / "samples.parquet", 0)


def of_one(mean):
    """The scores of all background, and of signal at one mean alone, at that mean."""
    table = events()
    table = table[(table["class"] == 0) | (table["mean"] == mean)]
    given = np.column_stack([table["x"], np.full(len(table), mean)]).astype(np.float32)
    scores = best(given)
    return table.assign(score_background=scores[:, 0], score_signal=scores[:, 1])


def test_areas_are_those_of_the_best_score_at_each_hypothesis(fold):
    table = hypothesis_table(fold, NETWORK, (), SETTINGS)
    assert table["hypothesis"].tolist() == list(MEANS)
    assert table["trained_on"].tolist() == [True, False, True]
    for row in table.itertuples():
        expected = (1 + erf(row.hypothesis / 2)) / 2  # Φ(m/√2)
        assert row.auc == pytest.approx(expected, abs=4 * row.auc_uncertainty)
        assert row.auc_uncertainty < 0.01


def test_the_figure_of_merit_is_that_of_a_study_of_one_hypothesis(fold):
    table = hypothesis_table(fold, NETWORK, (), SETTINGS)
    for row in table.to_dict("records"):
        _, expected, _ = fom_of(of_one(row["hypothesis"]), SETTINGS)
        one = expected[expected["headline"]].iloc[0]
        for name in ("cut", "fom_test", "fom_uncertainty_test", "s_test", "b_validation"):
            assert row[name] == pytest.approx(one[name], rel=1e-12), name
        assert row["entries"] == of_one(row["hypothesis"]).query("sample == 'test'")["class"].sum()


def test_a_class_total_stays_that_of_all_its_hypotheses(fold):
    """As with `fom.signal`: what is left of a class has its share of the total."""
    total = replace(SETTINGS, yields=replace(SETTINGS.yields, total_yield={"signal": 300.0}))
    signal = events().query("sample == 'test' and `class` == 1")
    for row in hypothesis_table(fold, NETWORK, (), total).itertuples():
        own = of_one(row.hypothesis).query("sample == 'test' and `class` == 1")
        passed = own.loc[own["score_signal"] >= row.cut, "weight"].sum()
        assert row.s_test == pytest.approx(300 * passed / signal["weight"].sum(), rel=1e-6)


def test_signal_processes_of_the_figure_of_merit_are_put_aside(fold):
    plain, chosen = (
        hypothesis_table(fold, NETWORK, (), replace(SETTINGS, signal=own))
        for own in (None, ("another",))
    )
    pd.testing.assert_frame_equal(plain, chosen)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            (1.5,),
            r"no signal event of the sample 'validation' has mean 1.5, .* is signal of 1, 2, 3\.",
        ),
        (tuple(np.arange(51.0)), "has 51 values of 'mean', at most 50"),
    ],
)
def test_a_hypothesis_that_nothing_can_be_told_of_is_refused(fold, asked, message):
    with pytest.raises(ConfigError, match=message):
        hypothesis_table(fold, NETWORK, asked, SETTINGS)


def test_a_model_without_parameter_is_refused(fold):
    plain = {name: own for name, own in TRANSFORM.items() if name != "parameter"}
    with pytest.raises(ConfigError, match="trained without"):
        hypothesis_table(fold, replace(NETWORK, transform=plain), (), SETTINGS)


def test_means_are_over_replicas_and_folds_and_errors_fall_with_folds_alone():
    rows = {
        "hypothesis": [1.0],
        "trained_on": [True],
        "definition": ["asimov"],
        "label": ["Z"],
        "auc": [0.8],
        "auc_uncertainty": [0.02],
        **{f"{n}_{s}": [4.0] for s in ("validation", "test") for n in ("fom", "s", "b")},
        **{f"fom_uncertainty_{s}": [0.4] for s in ("validation", "test")},
    }
    one = pd.DataFrame(rows)
    names = [("00", "0"), ("01", "0"), ("00", "1"), ("01", "1")]
    runs = [{"point": "base", "replica": r, "fold": f} for r, f in names]
    tables = [one.assign(fom_test=value) for value in (3.0, 5.0, 3.0, 5.0)]
    joined, points = of_all_runs(runs, tables)
    assert len(joined) == 4
    (point,) = points.to_dict("records")
    assert point["trainings"] == 4
    assert point["fom_test"] == 4.0
    assert point["fom_uncertainty_test"] == pytest.approx(0.4 / np.sqrt(2))
    assert point["fom_spread"] == pytest.approx(np.std([3, 5, 3, 5], ddof=1))
    _, single = of_all_runs(runs[:2], tables[:2])
    assert single["fom_uncertainty_test"].tolist() == [pytest.approx(0.4)]
