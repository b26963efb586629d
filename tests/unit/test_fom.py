"""The scan against plain loops, the choice of the cut, and what may not move it."""

import numpy as np
import pandas as pd
import pytest

from winnow.counting import at_cuts, even_points, scan
from winnow.errors import ConfigError, DataError
from winnow.fom import FomSettings, best_cut, figure_of_merit, fom_tables, fom_uncertainty
from winnow.significance import DEFINITIONS
from winnow.yields import YieldSettings

NAMES = ("signal", "background")
FRACTIONS = {"train": 0.5, "validation": 0.25, "test": 0.25}


def settings(**changes):
    yields = YieldSettings(NAMES, "signal", 10.0, FRACTIONS)
    return FomSettings(**({"yields": yields, "systematic": 0.1} | changes))


@pytest.fixture
def scores():
    generator = np.random.default_rng(11)
    size = 20_000
    label = (generator.random(size) < 0.7).astype(np.int8)
    score = 1 / (1 + np.exp(-generator.normal(size=size) - 1.5 * (label == 0)))
    return pd.DataFrame(
        {
            "sample": pd.Categorical(
                generator.choice(["train", "validation", "test"], size, p=[0.5, 0.25, 0.25])
            ),
            "class": label,
            "process": pd.Categorical(
                np.where(label == 0, "H", np.where(generator.random(size) < 0.4, "tt", "Z"))
            ),
            "weight": generator.exponential(size=size) * np.where(label == 0, 0.01, 1.0),
            "score_signal": np.round(score, 3).astype(np.float32),
        }
    )


def test_scan_equals_a_loop_over_distinct_scores():
    generator = np.random.default_rng(12)
    score = np.round(generator.random(300), 2).astype(np.float32)
    is_signal = generator.random(300) < 0.4
    weight = generator.normal(0.5, 1.0, 300)
    counts = scan(score, is_signal, weight)
    np.testing.assert_array_equal(counts.cut, np.unique(score))
    for index, cut in enumerate(counts.cut):
        s, b = weight[is_signal & (score >= cut)], weight[~is_signal & (score >= cut)]
        assert counts.s[index] == pytest.approx(s.sum(), abs=1e-12)
        assert counts.b[index] == pytest.approx(b.sum(), abs=1e-12)
        assert counts.s_variance[index] == pytest.approx((s**2).sum(), abs=1e-12)
        assert counts.b_variance[index] == pytest.approx((b**2).sum(), abs=1e-12)
        assert (counts.s_entries[index], counts.b_entries[index]) == (s.size, b.size)


def test_counts_at_other_cuts_include_the_cut_itself():
    counts = scan([0.2, 0.5, 0.5, 0.9], [True, True, False, False], [1.0, 2.0, 4.0, 8.0])
    at = at_cuts(counts, [0.0, 0.5, 0.5000001, 0.9, 0.95])
    assert at.s.tolist() == [3.0, 2.0, 0.0, 0.0, 0.0]
    assert at.b.tolist() == [12.0, 12.0, 8.0, 8.0, 0.0]
    assert at.b_entries.tolist() == [2, 2, 1, 1, 0]


def test_an_empty_sample_scans_to_nothing():
    counts = scan([], [], [])
    assert counts.cut.size == 0
    assert at_cuts(counts, [0.5]).b.tolist() == [0.0]


def test_best_cut_is_the_first_maximum_among_the_eligible():
    counts = scan(np.arange(10) / 10, np.zeros(10, bool), np.ones(10))
    values = np.array([1.0, np.nan, 3.0, 3.0, 2.0, 9.0, 9.0, 9.0, 9.0, 9.0])
    assert best_cut(counts, values, 6) == 2
    assert best_cut(counts, values, 0) == 5
    assert best_cut(counts, values, 11) is None
    assert best_cut(counts, np.full(10, np.nan), 0) is None


def test_chosen_cut_equals_a_straightforward_computation(scores):
    _, best, _ = fom_tables(scores, settings())
    part = scores[scores["sample"] == "validation"]
    yields = part["weight"] * 10.0 / 0.25
    top = (-1.0, None)
    for cut in np.unique(part["score_signal"]):
        kept = part["score_signal"] >= cut
        s = yields[kept & (part["class"] == 0)].sum()
        background = yields[kept & (part["class"] == 1)]
        if background.size < 50:
            continue
        b = background.sum()
        value = s / np.sqrt(s + b + (0.1 * b) ** 2)
        top = max(top, (value, -float(cut)))
    row = best.set_index("definition").loc["s_over_sqrt_s_plus_b_sigma2"]
    assert row["cut"] == -top[1]
    assert row["fom_validation"] == pytest.approx(top[0], rel=1e-9)


def test_test_labels_move_neither_cut_nor_validation(scores):
    _, before, _ = fom_tables(scores, settings())
    inside = (scores["sample"] == "test").to_numpy()
    permuted = scores.copy()
    shuffled = np.random.default_rng(0).permutation(scores.loc[inside, "class"].to_numpy())
    permuted.loc[inside, "class"] = shuffled
    _, after, _ = fom_tables(permuted, settings())
    assert before["cut"].equals(after["cut"])
    assert before["fom_validation"].equals(after["fom_validation"])
    assert not before["fom_test"].equals(after["fom_test"])


def test_best_rows_count_what_passes_the_cut_in_each_sample(scores):
    _, best, yields = fom_tables(scores, settings())
    assert best["definition"].tolist() == list(DEFINITIONS)
    headline = best[best["headline"]].iloc[0]
    assert headline["definition"] == "asimov"
    for sample, fraction in FRACTIONS.items():
        part = scores[scores["sample"] == sample]
        part = part[part["score_signal"] >= headline["cut"]]
        weight = part["weight"] * 10.0 / fraction
        for letter, label in (("s", 0), ("b", 1)):
            w = weight[part["class"] == label]
            assert headline[f"{letter}_{sample}"] == pytest.approx(w.sum(), rel=1e-9)
            error = headline[f"{letter}_uncertainty_{sample}"]
            assert error == pytest.approx(np.sqrt((w**2).sum()), rel=1e-9)
            assert headline[f"{letter}_entries_{sample}"] == w.size
        rows = yields[yields["sample"] == sample].set_index("class")["yield"]
        assert rows["background"].sum() == pytest.approx(headline[f"b_{sample}"], rel=1e-9)
    assert headline["b_entries_validation"] >= 50
    assert (best["max_test"] >= best["fom_test"]).all()


def test_curves_have_common_cuts_and_hold_the_optima(scores):
    curves, best, _ = fom_tables(scores, settings(points=100))
    samples = dict(iter(curves.groupby("sample")))
    assert set(samples) == set(FRACTIONS)
    for part in samples.values():
        assert len(part) <= 100 + len(DEFINITIONS)
        np.testing.assert_array_equal(part["cut"], samples["test"]["cut"])
        np.testing.assert_array_equal(part["eligible"], samples["validation"]["b_entries"] >= 50)
    validation = samples["validation"]
    for row in best.itertuples():
        eligible = validation.loc[validation["eligible"], row.definition]
        assert eligible.max() == pytest.approx(row.fom_validation, rel=1e-12)
    assert validation["s"].diff().abs().max() < 0.05 * validation["s"].max()


def test_without_an_eligible_cut_everything_is_undefined(scores):
    curves, best, yields = fom_tables(scores, settings(min_background_entries=10**6))
    assert (best["eligible_points"] == 0).all()
    assert best[["cut", "fom_validation", "s_test", "fom_train", "max_test"]].isna().all(axis=None)
    assert not curves["eligible"].any()
    assert yields.empty
    assert "effective_entries" in yields.columns


def test_a_missing_validation_sample_leaves_the_cut_undefined(scores):
    _, best, _ = fom_tables(scores[scores["sample"] != "validation"], settings())
    assert best["cut"].isna().all()


def test_total_yields_set_what_the_loosest_cut_keeps(scores):
    totals = {"signal": 692.0, "background": 411_000.0}
    yields = YieldSettings(NAMES, "signal", 1.0, FRACTIONS, total_yield=totals)
    curves, _, _ = fom_tables(scores, settings(yields=yields))
    loosest = curves[(curves["sample"] == "validation")].iloc[0]
    assert (loosest["s"], loosest["b"]) == pytest.approx((692.0, 411_000.0), rel=1e-12)


@pytest.mark.parametrize("name", list(DEFINITIONS))
def test_uncertainty_matches_the_spread_of_toys(name):
    generator = np.random.default_rng(13)
    s, b = 300.0, 2000.0
    one = np.ones(1)
    counts = scan(np.zeros(2), [True, False], [s, b])
    counts = type(counts)(one, one * s, one * b, one * s, one * b, one.astype(int), one.astype(int))
    toys = figure_of_merit(
        DEFINITIONS[name], generator.poisson(s, 40_000), generator.poisson(b, 40_000), 0.02
    )
    error = fom_uncertainty(DEFINITIONS[name], counts, 0.02)[0]
    assert error == pytest.approx(toys.std(), rel=0.03)


def test_even_points_leave_no_wide_gap_in_any_coordinate():
    generator = np.random.default_rng(14)
    cut = np.sort(generator.random(50_000))
    s = np.exp(-20 * cut)
    kept = even_points([cut, s], 200)
    assert kept.size <= 200
    assert (kept[0], kept[-1]) == (0, cut.size - 1)
    assert np.diff(cut[kept]).max() < 2.1 / 200
    assert np.abs(np.diff(s[kept])).max() < 2.3 / 200


def test_wrong_settings_and_scores_are_named(scores):
    with pytest.raises(ConfigError, match="signal: found None, expected one of"):
        fom_tables(scores, settings(yields=YieldSettings(NAMES, None, 1.0, FRACTIONS)))
    with pytest.raises(ConfigError, match="headline: unknown figure of merit 'z'"):
        fom_tables(scores, settings(headline="z"))
    scores.loc[3, "score_signal"] = np.nan
    with pytest.raises(DataError, match="have the score NaN"):
        fom_tables(scores, settings())
