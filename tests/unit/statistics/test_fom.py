"""The scan against plain loops, the choice of the cut, and what may not move it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toy import at_the_cut, fom_of
from winnow.errors import ConfigError, DataError
from winnow.statistics.binned import binned_tables
from winnow.statistics.binning import BinnedSettings
from winnow.statistics.bootstrap import BootstrapSettings, replicate
from winnow.statistics.compare import comparison, run_row
from winnow.statistics.counting import Scan, at_cuts, even_points, scan
from winnow.statistics.efficiency import efficiency_interval
from winnow.statistics.fom import beside_one_cut
from winnow.statistics.fom_groups import group_table
from winnow.statistics.fom_settings import FomSettings, even_cuts, fom_settings
from winnow.statistics.fom_warnings import fom_warnings
from winnow.statistics.heavy import HEAVY_COLUMNS, heavy_events
from winnow.statistics.kinds import kinds_of
from winnow.statistics.merit import (
    best_cut,
    eligible_cuts,
    enough_background,
    figure_of_merit,
    fom_uncertainty,
)
from winnow.statistics.roc import roc_tables
from winnow.statistics.selection import passing, select_events
from winnow.statistics.significance import DEFINITIONS
from winnow.statistics.yields import YieldSettings, absent_yields
from winnow.study.keys.fom import Bins, Cuts, Fom
from winnow.study.schema import load_schema
from winnow.study.sections import complete, yield_settings
from winnow.study.typed import made

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


def test_negative_weights_that_cancel_are_no_background_to_judge_by():
    # From above: 60 events of 1, then 60 of -1, then 200 of 1.
    weight = np.concatenate([np.ones(200), -np.ones(60), np.ones(60)])
    counts = scan(np.arange(320) / 320, np.zeros(320, bool), weight)
    raw = np.arange(320, 0, -1)
    effective = np.square(counts.b) / raw
    np.testing.assert_array_equal(counts.b_entries, raw)
    found = eligible_cuts(counts, 50)
    np.testing.assert_array_equal(found, (effective >= 50) & (counts.b > 0))
    # 50 to 60 events of 1 are enough, 80 more of which 20 cancel are not.
    assert found[320 - 50]
    assert not found[320 - 80]
    assert found[0]
    values = np.where(counts.b <= 20, 9.0, 1.0)
    assert not found[best_cut(counts, values, 0)]
    assert values[best_cut(counts, values, 50)] == 1.0


def test_a_background_that_sums_to_less_than_0_is_never_eligible():
    # Its effective entries, (-100)²/100, are as many as of weight 1.
    assert not enough_background([100], [-100.0], [100.0], 50)
    assert enough_background([100], [100.0], [100.0], 50)
    assert enough_background([0, 2, 1], [0.0, 0.0, 1.0], [0.0, 2.0, 1.0], 0).tolist() == [1, 0, 1]
    assert enough_background([50], [50 * 0.1], [50 * 0.1**2], 50)


@pytest.mark.parametrize("negative", [0.0, 0.2, 0.35])
def test_validation_is_not_far_above_the_truth_with_negative_weights(negative):
    # Z of one fixed classifier, whose true best value is about 7 whatever the share; 20 samples.
    rows = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        is_signal = generator.random(20_000) < 0.3
        score = np.where(
            is_signal, generator.beta(4, 2, 20_000), generator.beta(1.5, 5, 20_000)
        ).astype(np.float32)
        sign = np.where(generator.random(20_000) < negative, -1.0, 1.0) / (1 - 2 * negative)
        table = pd.DataFrame(
            {
                "sample": generator.choice(list(FRACTIONS), 20_000, p=list(FRACTIONS.values())),
                "class": np.where(is_signal, 0, 1).astype(np.int8),
                "process": np.where(is_signal, "H", "tt"),
                "weight": np.where(is_signal, 0.01, sign),
                "score_signal": score,
            }
        )
        asked = settings(yields=YieldSettings(NAMES, "signal", 1.0, FRACTIONS), systematic=0.0)
        row = fom_of(table, asked)[1].set_index("definition").loc["asimov"]
        rows.append((row["fom_validation"], row["fom_test"], row["b_validation"]))
        assert (row["b_validation"] / row["b_uncertainty_validation"]) ** 2 >= 50 * (1 - 1e-9)
    validation, test, _ = np.mean(rows, axis=0)
    assert np.isfinite(rows).all()
    # The choice of the best of many cuts biases upward, here by less than a tenth.
    assert validation == pytest.approx(test, rel=0.1)


def test_background_without_events_adds_no_error_of_its_own():
    one = np.ones(1)
    entries = one.astype(int)
    counts = Scan(16 * one, np.zeros((1, 1)), 4 * one, np.zeros((1, 1)), entries, 0 * entries, one)
    # s/√s = √s: ds / (2 √s) = 2 / 8.
    error = fom_uncertainty(DEFINITIONS["s_over_sqrt_s_plus_b"], counts, np.zeros(1))
    assert error == pytest.approx(0.25, rel=1e-6)
    assert np.isnan(fom_uncertainty(DEFINITIONS["asimov"], counts, np.zeros(1))).all()


def test_the_axis_names_a_systematic_only_where_there_is_one(scores):
    for systematic, label in ((0.0, r"$Z_\mathrm{A}$"), (0.1, r"$Z_\mathrm{A}$ with systematic")):
        _, best, _ = fom_of(scores, settings(systematic=systematic))
        assert best.set_index("definition").loc["asimov", "label"] == label


# Totals ------------------------------------------------------------------------------------------


def with_totals(generator, size, split=False):
    """Return one sample of toys with both totals given, 60 % of the signal and 20 % above 0.5."""
    is_signal = generator.random(size) < 0.5
    above = generator.random(size) < np.where(is_signal, 0.6, 0.2)
    second = generator.random(size) < 0.4
    return pd.DataFrame(
        {
            "sample": pd.Categorical(["test"] * size),
            "class": np.where(is_signal, 0, 1).astype(np.int8),
            "process": np.where(
                is_signal,
                np.where(second & split, "A", "H"),
                np.where(second, "tt", "Z"),
            ),
            "weight": generator.exponential(size=size),
            "score_signal": np.where(above, 0.75, 0.25).astype(np.float32),
        }
    )


TOTALS = {"signal": 50.0, "background": 200.0}


def counted_above(table, systematic=0.0, totals=TOTALS, signal=None):
    yields = YieldSettings(NAMES, "signal", 1.0, {"test": 0.5}, total_yield=totals)
    asked = FomSettings(yields=yields, systematic=systematic, signal=signal)
    selected = select_events(table, asked)
    return selected.events, at_cuts(selected.scans["test"], [0.5]), selected.fractions


@pytest.mark.parametrize("split", [False, True])
def test_uncertainties_cover_where_totals_are_given(split):
    # True yields by construction; groups of one class share its total, the signal is a part of its.
    generator = np.random.default_rng(21)
    systematic = {"tt": 0.1, "default": 0.3} if split else 0.1
    signal = ("H",) if split else None
    truth = {"s": 50 * 0.6 * (0.6 if split else 1.0), "b": 200 * 0.2}
    background = np.array([0.6, 0.4] if split else [1.0])[:, np.newaxis] * truth["b"]
    drawn = []
    for _ in range(400):
        table = with_totals(generator, 400, split)
        _, counts, fractions = counted_above(table, systematic, signal=signal)
        row = {}
        for name in ("s", "b"):
            row[name] = getattr(counts, name)[0] - truth[name]
            row[f"{name}_error"] = getattr(counts, f"{name}_uncertainty")[0]
        definition = DEFINITIONS["s_over_sqrt_s_plus_b_sigma2"]
        value = figure_of_merit(definition, counts.s, counts.background, fractions)
        true = figure_of_merit(definition, np.array([truth["s"]]), background, fractions)
        row["fom"], row["fom_error"] = value[0] - true[0], 0.0
        row["fom_error"] = fom_uncertainty(definition, counts, fractions)[0]
        drawn.append(row)
    drawn = pd.DataFrame(drawn)
    for name in ("s", "b", "fom"):
        pulls = drawn[name] / drawn[f"{name}_error"]
        # Three standard errors of 400 toys.
        assert np.mean(np.abs(pulls) < 1) == pytest.approx(0.683, abs=0.07)
        assert pulls.std() == pytest.approx(1.0, abs=0.12)
    # As if the totals fluctuated, the signal's uncertainty would be half as large again.
    free = counted_above(table, systematic, totals={}, signal=signal)[1]
    assert free.s_uncertainty == pytest.approx(np.sqrt(free.s_variance))


def test_replicas_are_rescaled_to_the_totals():
    table = with_totals(np.random.default_rng(22), 3000, split=True)
    events, counts, fractions = counted_above(table, {"tt": 0.1}, signal=("H",))
    cuts = np.array([0.0, 0.5])
    replicas = replicate(events, cuts, fractions, "test", BootstrapSettings(3, 1500))
    np.testing.assert_allclose(replicas.b[:, 0], 200.0)
    # Of the signal only a part counts, which fluctuates though the class does not.
    assert replicas.s[:, 0].std() > 0.1
    for name in ("s", "b"):
        found, expected = getattr(replicas, name)[:, 1], getattr(counts, name)[0]
        error = getattr(counts, f"{name}_uncertainty")[0]
        assert found.std() == pytest.approx(error, rel=0.08)
        assert found.mean() == pytest.approx(expected, abs=4 * error / np.sqrt(1500))


def test_all_tables_agree_on_the_uncertainty_of_a_total():
    table = with_totals(np.random.default_rng(23), 6000)
    table["sample"] = np.random.default_rng(1).choice(["validation", "test"], len(table))
    yields = YieldSettings(
        NAMES, "signal", 1.0, {"validation": 0.5, "test": 0.5}, total_yield=TOTALS
    )
    asked = FomSettings(yields=yields, systematic=0.1, bootstrap=BootstrapSettings(1, 400))
    curves, best, at_cut = fom_of(table, asked)
    row = best[best["headline"]].iloc[0]
    assert row["cut"] == 0.75
    processes = at_the_cut(at_cut)
    processes = processes[processes["sample"] == "test"].set_index("process")
    own = curves[(curves["sample"] == "test") & (curves["cut"] == 0.75)].iloc[0]
    bins = binned_tables(select_events(table, asked), BinnedSettings(edges=(0.0, 0.5, 1.0)))
    binned = bins[1][(bins[1]["sample"] == "test") & (bins[1]["low"] == 0.5)].iloc[0]
    share = processes.loc["H", "yield"] / 50.0
    expected = np.sqrt(share * (1 - share) * 50.0**2 / 1500 * 2)
    assert row["s_uncertainty_test"] == pytest.approx(expected, rel=0.1)
    for found in (processes.loc["H", "uncertainty"], own["s_uncertainty"], binned["s_uncertainty"]):
        assert found == pytest.approx(row["s_uncertainty_test"], rel=1e-9)
    bin_yields = bins[0][(bins[0]["sample"] == "test") & (bins[0]["low"] == 0.5)]
    for process, found in bin_yields.set_index("process")["uncertainty"].items():
        assert found == pytest.approx(processes.loc[process, "uncertainty"], rel=1e-9)
    assert own["b_uncertainty"] == pytest.approx(row["b_uncertainty_test"], rel=1e-9)
    band = (row["fom_upper_test"] - row["fom_lower_test"]) / 2
    assert band == pytest.approx(row["fom_uncertainty_test"], rel=0.15)
    loosest = curves[(curves["sample"] == "test")].iloc[0]
    assert loosest["s_uncertainty"] == pytest.approx(0.0, abs=1e-5)


def test_bins_together_share_the_totals_uncertainty():
    # Against toys: two bins of one class move against each other.
    generator = np.random.default_rng(24)
    found, errors = [], []
    settings_of_bins = BinnedSettings(
        edges=(0.0, 0.5, 1.0), min_background_entries=0, simulation_statistics=False
    )
    for _ in range(250):
        table = with_totals(generator, 400).assign(sample="validation")
        yields = YieldSettings(NAMES, "signal", 1.0, {"validation": 1.0}, total_yield=TOTALS)
        selected = select_events(table, FomSettings(yields=yields, systematic=0.1))
        summary = binned_tables(selected, settings_of_bins)[2]
        own = summary[summary["sample"] == "validation"].set_index("definition")
        found.append(own["binned"])
        errors.append(own["uncertainty"])
    found, errors = pd.DataFrame(found), pd.DataFrame(errors)
    for name in DEFINITIONS:
        # The standard error of a spread of 250 toys is 4.5 %.
        assert found[name].std() == pytest.approx(errors[name].mean(), rel=0.15), name


# Single events -----------------------------------------------------------------------------------


def weighed(weight, label=None, sample=None):
    size = len(weight)
    return pd.DataFrame(
        {
            "sample": pd.Categorical(sample or ["test"] * size),
            "class": np.asarray(label or [0] * size, np.int8),
            "process": pd.Categorical(["H"] * (size - 1) + ["A"]),
            "weight": np.asarray(weight, float),
            "source": pd.Categorical(["a.csv"] * size),
            "row": np.arange(size) + 100,
        }
    )


def heavy_of(table):
    return heavy_events(table, kinds_of(table, NAMES))


def absent_of(table, settings):
    weight = table["weight"].to_numpy(float)
    return absent_yields(kinds_of(table, NAMES), weight, settings)


def test_an_event_with_much_of_its_classs_weight_is_named():
    table = weighed([1.0] * 19 + [81.0])
    (found,) = heavy_of(table).to_dict("records")
    assert found == {
        "sample": "test",
        "class": "signal",
        "process": "A",
        "share": pytest.approx(0.81),
        "source": "a.csv",
        "row": 119,
    }
    # Exactly a tenth is allowed; signs do not hide it, nor another class's or sample's weight.
    assert heavy_of(weighed([1.0] * 9 + [1.0])).empty
    assert heavy_of(weighed([1.0, -1.0] * 10 + [-19.0]))["row"].tolist() == [120]
    apart = weighed([1.0] * 20 + [9.0], sample=["train"] * 20 + ["test"])
    assert heavy_of(apart)["share"].tolist() == [1.0]
    apart = weighed([1.0] * 20 + [9.0], label=[0] * 20 + [1])
    assert heavy_of(apart)["class"].tolist() == ["background"]
    two = heavy_of(weighed([1.0] * 10 + [5.0, 20.0]))
    assert two["share"].tolist() == pytest.approx([20 / 35, 5 / 35])
    none = heavy_of(weighed([0.0, 0.0]))
    assert none.empty
    assert list(none.columns) == list(HEAVY_COLUMNS)


FEW = YieldSettings(NAMES, "signal", 10.0, split_factors={"train": 1, "validation": 2, "test": 4})


def few_events():
    """Return events of which a process has four, weights ±150, all in training."""
    table = pd.DataFrame(
        {
            "sample": ["test", "validation", "train"] * 40,
            "class": [0, 1, 1, 1] * 30,
            "process": ["H", "tt", "tt", "tt"] * 30,
            "weight": 1.0,
            "score_signal": np.linspace(0, 1, 120, dtype=np.float32),
        }
    )
    own = table.index[(table["sample"] == "train") & (table["class"] == 1)][:4]
    table.loc[own, ["process", "weight"]] = [["qcd", 150.0]] * 3 + [["qcd", -150.0]]
    return table


def test_a_process_without_events_in_a_sample_has_a_row_of_0_and_one_events_uncertainty():
    asked = FomSettings(yields=FEW, min_background_entries=0)
    yields = at_the_cut(fom_of(few_events(), asked)[2])
    rows = yields[yields["process"] == "qcd"].set_index("sample")
    for sample, factor in (("validation", 2), ("test", 4)):
        row = rows.loc[sample]
        assert (row["yield"], row["entries"], row["effective_entries"]) == (0, 0, 0)
        assert row["uncertainty"] == pytest.approx(150.0 * 10.0 * factor)
        assert row["counts_as"] == "background"
        assert row[["efficiency", "efficiency_lower", "efficiency_upper"]].isna().all()
    assert rows.loc["train", "entries"] <= 4
    keys = list(zip(yields["sample"], yields["class"], yields["process"], strict=True))
    assert keys == [
        (sample, label, process)
        for sample in ("train", "validation", "test")
        for label, process in (("signal", "H"), ("background", "qcd"), ("background", "tt"))
    ]
    # A sample that has no events at all has no rows, and no scale is asked for it.
    part = few_events().query("sample == 'train'")
    assert absent_of(part, YieldSettings(NAMES, split_factors={"train": 1.0})).empty


def test_what_is_undefined_or_hangs_on_single_events_is_said(scores):
    _, best, _ = fom_of(scores, settings())
    assert fom_warnings(best, best, heavy_of(weighed([1.0] * 10)), best[:0], 50) == []
    _, best, _ = fom_of(scores, settings(min_background_entries=10**6))
    heavy = heavy_of(weighed([1.0] * 19 + [81.0]))
    lost = absent_of(few_events(), FEW)
    cuts, bins, single, missing = fom_warnings(best, best.iloc[:0], heavy, lost, 10**6)
    assert missing.endswith(
        "do not know of them:\n  validation: 'qcd' of class 'background', where one event would be "
        "3000 events expected\n  test: 'qcd' of class 'background', where one event would be 6000 "
        "events expected"
    )
    assert cuts == (
        f"no cut is eligible for {', '.join(DEFINITIONS)}: fewer than 1000000 background events, "
        "raw or effective, on validation"
    )
    assert bins.startswith("no bins are made: the signal's weights")
    assert single.endswith(
        "hang on them:\n  test, class 'signal': an event of 'A' holds 81% (a.csv, row 119)"
    )


def test_chosen_cut_equals_a_straightforward_computation(scores):
    _, best, _ = fom_of(scores, settings())
    part = scores[scores["sample"] == "validation"]
    yields = part["weight"] * 10.0 / 0.25
    top = (-1.0, None)
    for cut in np.unique(part["score_signal"]):
        kept = part["score_signal"] >= cut
        s = yields[kept & (part["class"] == 0)].sum()
        background = yields[kept & (part["class"] == 1)]
        if background.size < 50 or background.sum() ** 2 < 50 * (background**2).sum():
            continue
        b = background.sum()
        value = s / np.sqrt(s + b + (0.1 * b) ** 2)
        top = max(top, (value, -float(cut)))
    row = best.set_index("definition").loc["s_over_sqrt_s_plus_b_sigma2"]
    assert row["cut"] == -top[1]
    assert row["fom_validation"] == pytest.approx(top[0], rel=1e-9)


def test_test_labels_move_neither_cut_nor_validation(scores):
    _, before, _ = fom_of(scores, settings())
    inside = (scores["sample"] == "test").to_numpy()
    permuted = scores.copy()
    shuffled = np.random.default_rng(0).permutation(scores.loc[inside, "class"].to_numpy())
    permuted.loc[inside, "class"] = shuffled
    _, after, _ = fom_of(permuted, settings())
    assert before["cut"].equals(after["cut"])
    assert before["fom_validation"].equals(after["fom_validation"])
    assert not before["fom_test"].equals(after["fom_test"])


def test_best_rows_count_what_passes_the_cut_in_each_sample(scores):
    _, best, yields = fom_of(scores, settings())
    yields = at_the_cut(yields)
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
    curves, best, _ = fom_of(scores, settings(points=100))
    samples = dict(iter(curves.groupby("sample")))
    assert set(samples) == set(FRACTIONS)
    for part in samples.values():
        assert len(part) <= 100 + len(DEFINITIONS)
        np.testing.assert_array_equal(part["cut"], samples["test"]["cut"])
        own = samples["validation"]
        effective = ((own["b"] / own["b_uncertainty"]) ** 2).fillna(0.0)
        assert (own["b_entries"] >= effective * (1 - 1e-12)).all()
        np.testing.assert_array_equal(part["eligible"], effective >= 50)
    validation = samples["validation"]
    for row in best.itertuples():
        eligible = validation.loc[validation["eligible"], row.definition]
        assert eligible.max() == pytest.approx(row.fom_validation, rel=1e-12)
    assert validation["s"].diff().abs().max() < 0.05 * validation["s"].max()


def test_without_an_eligible_cut_everything_is_undefined(scores):
    curves, best, yields = fom_of(scores, settings(min_background_entries=10**6))
    assert (best["eligible_points"] == 0).all()
    assert best[["cut", "fom_validation", "s_test", "fom_train", "max_test"]].isna().all(axis=None)
    assert not curves["eligible"].any()
    assert yields.empty
    assert "effective_entries" in yields.columns


def test_a_missing_validation_sample_leaves_the_cut_undefined(scores):
    _, best, _ = fom_of(scores[scores["sample"] != "validation"], settings())
    assert best["cut"].isna().all()


def test_total_yields_set_what_the_loosest_cut_keeps(scores):
    totals = {"signal": 692.0, "background": 411_000.0}
    yields = YieldSettings(NAMES, "signal", 1.0, FRACTIONS, total_yield=totals)
    curves, _, _ = fom_of(scores, settings(yields=yields))
    loosest = curves[(curves["sample"] == "validation")].iloc[0]
    assert (loosest["s"], loosest["b"]) == pytest.approx((692.0, 411_000.0), rel=1e-12)


@pytest.mark.parametrize("name", list(DEFINITIONS))
def test_uncertainty_matches_the_spread_of_toys(name):
    generator = np.random.default_rng(13)
    s, b = 300.0, 2000.0
    one = np.ones(1)
    fractions = np.array([0.02, 0.1])
    shares = np.array([[0.75 * b], [0.25 * b]])
    entries = one.astype(int)
    counts = Scan(one * s, shares, one * s, shares, entries, entries, cut=one)
    drawn = generator.poisson(shares, (2, 40_000)).astype(float)
    toys = figure_of_merit(DEFINITIONS[name], generator.poisson(s, 40_000), drawn, fractions)
    error = fom_uncertainty(DEFINITIONS[name], counts, fractions)[0]
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
        fom_of(scores, settings(yields=YieldSettings(NAMES, None, 1.0, FRACTIONS)))
    with pytest.raises(ConfigError, match="headline: unknown figure of merit 'z'"):
        fom_of(scores, settings(headline="z"))
    scores.loc[3, "score_signal"] = np.nan
    with pytest.raises(DataError, match="have the score NaN"):
        fom_of(scores, settings())


# What counts -------------------------------------------------------------------------------------


def one_sample(process, label, weight, **score):
    """Return a validation sample with one event a row; the scales are 1."""
    size = len(process)
    return pd.DataFrame(
        {
            "sample": pd.Categorical(["validation"] * size),
            "class": np.asarray(label, np.int8),
            "process": pd.Categorical(process),
            "weight": np.asarray(weight, float),
        }
        | {name: np.asarray(values, np.float32) for name, values in score.items()}
    )


def plain(names, **changes):
    yields = YieldSettings(names, names[0], 1.0, split_factors=dict.fromkeys(FRACTIONS, 1.0))
    return FomSettings(**({"yields": yields, "min_background_entries": 0} | changes))


SYSTEMATICS = [
    # By hand, s = 10, b = 30 + 8 + 12 + 10 = 60: one number, σ = 6.
    (0.1, 36.0),
    # Class zjets moves as one, σ = 0.2 · (8 + 12) = 4; tt 3; the rest, WW, 0.5 · 10 = 5.
    ({"tt": 0.1, "zjets": 0.2, "default": 0.5}, 9.0 + 16.0 + 25.0),
    # Without `default` the rest has none.
    ({"tt": 0.1, "zjets": 0.2}, 9.0 + 16.0),
    # A process goes before its class: 0.25 · 8 = 2 and 0.5 · 12 = 6 are independent.
    ({"Zee": 0.25, "zjets": 0.5}, 4.0 + 36.0),
    # What `default` covers moves as one: 0.1 · (30 + 8 + 12) = 5 beside 0.3 · 10 = 3.
    ({"default": 0.1, "WW": 0.3}, 25.0 + 9.0),
]


@pytest.mark.parametrize(("systematic", "variance"), SYSTEMATICS)
def test_systematics_of_groups_are_independent(systematic, variance):
    names = ("signal", "other", "zjets")
    scores = one_sample(
        ["H", "tt", "Zee", "Zmm", "WW"],
        [0, 1, 2, 2, 1],
        [10, 30, 8, 12, 10],
        score_signal=[0.5] * 5,
    )
    _, best, _ = fom_of(scores, plain(names, systematic=systematic))
    row = best.set_index("definition").loc["s_over_sqrt_s_plus_b_sigma2"]
    assert row["fom_validation"] == pytest.approx(10 / np.sqrt(10 + 60 + variance), rel=1e-14)


def test_unknown_names_are_listed_with_the_known(scores):
    with pytest.raises(ConfigError) as error:
        fom_of(scores, settings(systematic={"ttbar": 0.1, "Z": 0.2, "H": 0.3, "default": 0}))
    assert str(error.value) == (
        "config key `fom.systematic`: ttbar, H names neither a background process nor class; the "
        "processes with events are Z, tt, the classes background."
    )
    with pytest.raises(ConfigError) as error:
        fom_of(scores, settings(signal=("H", "A*")))
    assert str(error.value) == (
        "config key `fom.signal`: 'A*' fits no process of the class 'signal'; its events are of H."
    )


def mass_points(scores):
    """Split the signal into three processes."""
    generator = np.random.default_rng(3)
    points = generator.choice(["T2_500", "T2_550", "H"], len(scores))
    process = np.where(scores["class"] == 0, points, scores["process"].astype(str))
    return scores.assign(process=pd.Categorical(process))


def test_signal_processes_that_are_not_counted_might_not_be_there(scores):
    scores = mass_points(scores)
    grid = Cuts(0.3, 1.0, 7)
    asked = settings(signal=("T2_*",), systematic={"tt": 0.3}, grid=grid)
    curves, best, yields = fom_of(scores, asked)
    without = scores[scores["process"] != "H"]
    expected, best_without, yields_without = fom_of(
        without, settings(systematic={"tt": 0.3}, grid=grid)
    )
    pd.testing.assert_frame_equal(curves, expected)
    pd.testing.assert_frame_equal(best, best_without)
    counted = yields[yields["counts_as"] != "neither"].reset_index(drop=True)
    pd.testing.assert_frame_equal(counted, yields_without)
    roles = yields.drop_duplicates("process").set_index("process")["counts_as"].to_dict()
    assert roles == {
        "H": "neither",
        "T2_500": "signal",
        "T2_550": "signal",
        "tt": "background",
        "Z": "background",
    }
    left = yields[(yields["process"] == "H") & (yields["sample"] == "test")].iloc[0]
    own = scores[(scores["process"] == "H") & (scores["sample"] == "test")]
    above = own["score_signal"] >= yields["cut"].iloc[0]
    share = own.loc[above, "weight"].sum() / own["weight"].sum()
    assert left["efficiency"] == pytest.approx(share)


def test_a_total_is_the_whole_classs_whatever_is_counted(scores):
    scores = mass_points(scores)
    yields = YieldSettings(NAMES, "signal", 1.0, FRACTIONS, total_yield={"signal": 692.0})
    curves, *_ = fom_of(scores, settings(yields=yields, signal=("H",)))
    part = scores[(scores["sample"] == "validation") & (scores["class"] == 0)]
    share = part.loc[part["process"] == "H", "weight"].sum() / part["weight"].sum()
    loosest = curves[curves["sample"] == "validation"].iloc[0]
    assert loosest["s"] == pytest.approx(692.0 * share, rel=1e-12)
    assert loosest["s_efficiency"] == pytest.approx(1.0)


def test_the_largest_score_must_be_the_signals_and_the_first_of_equal_ones_counts():
    names = ("background", "signal", "other")
    yields = YieldSettings(names, "signal", split_factors=dict.fromkeys(FRACTIONS, 1.0))
    scores = one_sample(
        ["H", "H", "H", "tt", "tt", "Z"],
        [1, 1, 1, 0, 0, 2],
        [1, 2, 4, 32, 16, 32],
        score_background=[0.2, 0.4, 0.5, 0.1, 0.7, 0.2],
        score_signal=[0.5, 0.4, 0.3, 0.6, 0.2, 0.4],
        score_other=[0.3, 0.2, 0.2, 0.3, 0.1, 0.4],
    )
    asked = plain(names, yields=yields, selection="largest_score", min_background_entries=2)
    assert passing(scores, asked).tolist() == [True, False, False, True, False, True]
    curves, best, table = fom_of(scores, asked)
    table = at_the_cut(table)
    loosest = curves[curves["sample"] == "validation"].iloc[0]
    assert (loosest["cut"], loosest["s"], loosest["b"]) == (pytest.approx(0.4), 1, 64)
    assert (loosest["s_efficiency"], loosest["b_efficiency"]) == (1 / 7, 64 / 80)
    ends = efficiency_interval(64, 2 * 32**2, 80, 2 * 32**2 + 16**2)
    found = loosest["b_efficiency_lower"], loosest["b_efficiency_upper"]
    assert found == pytest.approx(ends, rel=1e-9)
    assert best["cut"].to_numpy() == pytest.approx(0.4)
    of = table.set_index("process")
    for process, kept, whole in (("H", 1, 7), ("tt", 32, 48), ("Z", 32, 32)):
        assert of.loc[process, "yield"] == kept
        assert of.loc[process, "efficiency"] == pytest.approx(kept / whole)
    assert asked.columns[-3:] == ["score_background", "score_signal", "score_other"]
    assert settings().columns[-1] == "score_signal"


def test_effective_entries_are_those_of_what_is_left(scores):
    scores = multiclass(4000)
    asked = tutorial_settings(min_background_entries=5, headline="s_over_sqrt_b")
    table = at_the_cut(fom_of(scores, asked)[2])
    kept = scores[passing(scores, asked) & (scores["score_Signal"] >= table["cut"].iloc[0])]
    for row in table.itertuples():
        own = kept[(kept["sample"] == row.sample) & (kept["process"] == row.process)]["weight"]
        expected = own.sum() ** 2 / (own**2).sum() if len(own) else 0.0
        assert row.effective_entries == pytest.approx(expected)
        assert row.entries == len(own)
    assert set(table["counts_as"]) == {"signal", "background", "neither"}


# Bands -------------------------------------------------------------------------------------------


def test_bands_stand_beside_the_curves_of_validation_and_test(scores):
    asked = settings(
        points=150, grid=Cuts(0.5, 1.0, 20), bootstrap=BootstrapSettings(5, 60), selection="score"
    )
    curves, best, _ = fom_of(scores, asked)
    bare, best_bare, _ = fom_of(scores, settings(points=150, grid=Cuts(0.5, 1.0, 20)))
    edges = [f"{name}_{end}" for name in DEFINITIONS for end in ("lower", "upper")]
    pd.testing.assert_frame_equal(curves.drop(columns=edges), bare.drop(columns=edges))
    assert bare[edges].isna().all(axis=None)
    assert list(best.columns) == list(best_bare.columns)
    assert curves.loc[curves["sample"] == "train", edges].isna().all(axis=None)
    for sample in ("validation", "test"):
        part = curves[(curves["sample"] == sample) & curves["eligible"]]
        for row in best[best["scan"] == "exact"].to_dict("records"):
            name = row["definition"]
            assert (part[f"{name}_lower"] < part[f"{name}_upper"]).all()
            inside = part[name].between(part[f"{name}_lower"], part[f"{name}_upper"])
            assert inside.mean() > 0.9
            at = part[part["cut"] == row["cut"]].iloc[0]
            assert at[f"{name}_lower"] == row[f"fom_lower_{sample}"]
            assert at[f"{name}_upper"] == row[f"fom_upper_{sample}"]
            assert row[f"max_upper_{sample}"] >= row[f"fom_upper_{sample}"]
    grid = best[best["scan"] == "grid"]
    assert np.isfinite(grid[["fom_lower_test", "max_mean_validation"]]).all(axis=None)


def test_one_row_of_the_best_cuts_is_the_headline(scores):
    grid = Cuts(0.0, 1.0, 13)
    _, best, _ = fom_of(scores, settings(grid=grid, headline="ams"))
    assert best["headline"].sum() == 1
    row = best[best["headline"]].iloc[0]
    assert (row["definition"], row["scan"]) == ("ams", "exact")
    assert best["scan"].tolist() == ["exact"] * len(DEFINITIONS) + ["grid"] * len(DEFINITIONS)
    on_grid = best[best["scan"] == "grid"]
    assert on_grid["cut"].isin(even_cuts(grid)).all()
    exact = best[best["scan"] == "exact"]
    assert (on_grid["fom_validation"].to_numpy() <= exact["fom_validation"].to_numpy()).all()


def test_one_cut_stands_beside_the_bins(scores):
    _, best, _ = fom_of(scores, settings(grid=Cuts(0.0, 1.0, 3)))
    rows = [(name, sample) for name in ("ams", "asimov") for sample in ("test", "train")]
    found = beside_one_cut(pd.DataFrame(rows, columns=["definition", "sample"]), best)
    exact = best[best["scan"] == "exact"].set_index("definition")
    for row in found.itertuples():
        assert row.one_cut == exact.loc[row.definition, f"fom_{row.sample}"]
        error = exact.loc[row.definition, f"fom_uncertainty_{row.sample}"]
        assert row.one_cut_uncertainty == error


# The tutorial ------------------------------------------------------------------------------------

CLASSES = ("Signal", "Wjets", "TTbar", "Z2nu", "Other")
POINT = "T2DegStop_550_520"
PROCESSES = (
    ("T2DegStop_500_470", POINT),
    ("Wj_100", "Wj_200"),
    ("TT_pow",),
    ("ZJ_inv",),
    ("ttbar", "DYJets"),
)
FACTORS = {"train": 4.0, "validation": 4.0, "test": 2.0}
LUMINOSITY = 35866.0


def multiclass(size, seed=7):
    """Return a table of scores as the tutorial's multi-class network gives, none exactly 1."""
    generator = np.random.default_rng(seed)
    label = generator.choice(5, size, p=[0.4, 0.2, 0.15, 0.1, 0.15])
    logit = generator.normal(size=(size, 5))
    logit[np.arange(size), label] += 1.2
    score = np.exp(2.0 * logit)
    score = (score / score.sum(axis=1, keepdims=True)).astype(np.float32)
    names = [PROCESSES[c][n % len(PROCESSES[c])] for c, n in zip(label, range(size), strict=True)]
    columns = {
        "sample": pd.Categorical(generator.choice(list(FACTORS), size, p=[0.25, 0.25, 0.5])),
        "class": label.astype(np.int8),
        "process": pd.Categorical(names),
        "weight": generator.exponential(size=size) * np.where(label == 0, 2e-6, 4e-5),
    }
    return pd.DataFrame(columns | {f"score_{c}": score[:, i] for i, c in enumerate(CLASSES)})


def tutorial_settings(**changes):
    return FomSettings(
        **(
            {
                "yields": YieldSettings(CLASSES, "Signal", LUMINOSITY, split_factors=FACTORS),
                "systematic": 0.2,
                "signal": (POINT,),
                "selection": "largest_score",
                "min_background_entries": 0,
                "grid": Cuts(0.7, 1.0, 200),
            }
            | changes
        )
    )


def tutorial(scores, slips):
    """Count as the tutorial does, its slips copied or mended.

    The slips: strict bounds lose a score of exactly 1, `Other` in validation has the factor of
    test, and the signal of test is of all mass points.
    """
    rows = []
    for sample, factor in FACTORS.items():
        part = scores[scores["sample"] == sample]
        is_predicted = part[[f"score_{c}" for c in CLASSES]].idxmax(axis=1) == "score_Signal"
        score = part["score_Signal"].astype(float)
        weight = part["weight"] * LUMINOSITY * factor
        if slips and sample == "validation":
            other = part["class"] == CLASSES.index("Other")
            weight = weight.where(~other, weight * FACTORS["test"] / factor)
        is_signal = part["class"] == 0
        if not (slips and sample == "test"):
            is_signal &= part["process"] == POINT
        is_background = part["class"] != 0
        for number in range(200):
            cut = 0.7 + number * 0.0015
            window = (score > cut) & (score < 1) if slips else (score >= cut) & (score <= 1)
            s = weight[is_predicted & window & is_signal].sum()
            b = weight[is_predicted & window & is_background].sum()
            rows.append({"sample": sample, "cut": cut, "s": s, "b": b, "fom": cowan(s, b, 0.2 * b)})
    return pd.DataFrame(rows)


def cowan(s, b, sigma):
    """Return the design's formula as it is printed; 0 where signal or background is missing."""
    if s <= 0 or b <= 0:
        return 0.0
    first = (s + b) * np.log((s + b) * (b + sigma**2) / (b**2 + (s + b) * sigma**2))
    second = b**2 / sigma**2 * np.log(1 + sigma**2 * s / (b * (b + sigma**2)))
    return np.sqrt(2 * (first - second))


def on_the_grid(scores, asked):
    """Return what winnow counts at each of the 200 cuts."""
    selected = select_events(scores, asked)
    tables = []
    for sample in FACTORS:
        at = at_cuts(selected.scans[sample], even_cuts(asked.grid))
        value = figure_of_merit(DEFINITIONS["asimov"], at.s, at.background, selected.fractions)
        columns = {"sample": sample, "cut": at.cut, "s": at.s, "b": at.b}
        tables.append(pd.DataFrame(columns | {"fom": np.nan_to_num(value, nan=0.0)}))
    return pd.concat(tables, ignore_index=True)


def test_the_tutorials_algorithm_without_its_slips_gives_the_same():
    scores = multiclass(12_000)
    scores.loc[scores.index % 1000 == 0, "score_Signal"] = np.float32(1)
    expected = tutorial(scores, slips=False)
    found = on_the_grid(scores, tutorial_settings())
    for name in ("cut", "s", "b", "fom"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-9)
    _, best, _ = fom_of(scores, tutorial_settings())
    row = best[(best["scan"] == "grid") & (best["definition"] == "asimov")].iloc[0]
    curves = {sample: part.reset_index() for sample, part in expected.groupby("sample")}
    chosen = curves["validation"]["fom"].argmax()
    assert row["cut"] == pytest.approx(0.7 + chosen * 0.0015, abs=1e-12)
    for sample, curve in curves.items():
        for name, column in (("fom", "fom"), ("s", "s"), ("b", "b")):
            assert row[f"{name}_{sample}"] == pytest.approx(curve[column][chosen], rel=1e-9)
    for sample in ("test", "train"):
        top = curves[sample]["fom"].argmax()
        assert row[f"max_{sample}"] == pytest.approx(curves[sample]["fom"][top], rel=1e-9)
        assert row[f"max_{sample}_cut"] == pytest.approx(0.7 + top * 0.0015, abs=1e-12)


@pytest.mark.parametrize("chosen_on", ["validation", "test", "train"])
def test_the_tutorials_yields_per_class_at_its_cuts_are_the_same(chosen_on):
    scores = multiclass(12_000)
    curve = tutorial(scores, slips=False).groupby("sample").get_group(chosen_on)
    cut = curve["cut"].iloc[curve["fom"].argmax()]
    _, _, yields = fom_of(scores, tutorial_settings())
    own = yields[(yields["scan"] == "grid") & (yields["chosen_on"] == chosen_on)]
    assert own["cut"].to_numpy() == pytest.approx(cut, abs=1e-12)
    found = own.groupby(["sample", "class"])["yield"].sum()
    predicted = scores[[f"score_{c}" for c in CLASSES]].idxmax(axis=1) == "score_Signal"
    kept = scores[predicted & (scores["score_Signal"].astype(float) > cut)]
    for (sample, label), part in kept.groupby(["sample", "class"], observed=True):
        expected = part["weight"].sum() * LUMINOSITY * FACTORS[sample]
        assert found[sample, CLASSES[label]] == pytest.approx(expected, rel=1e-9)


def test_the_tutorials_own_counting_agrees_but_for_its_slips():
    scores = multiclass(12_000)
    own, found = tutorial(scores, slips=True), on_the_grid(scores, tutorial_settings())
    all_points = on_the_grid(scores, tutorial_settings(signal=None))
    other = on_the_grid(scores[scores["class"].isin([0, 4])], tutorial_settings())

    def of(table, sample, name):
        return table.loc[table["sample"] == sample, name].to_numpy()

    def agree(one, two):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9)

    # Train is counted without a slip; of validation the signal, of test the background.
    for sample, name in (
        *(("train", name) for name in ("s", "b", "fom")),
        ("validation", "s"),
        ("test", "b"),
    ):
        agree(of(own, sample, name), of(found, sample, name))
    # Half of Other is lost in validation; the other mass points count as signal in test.
    lost = of(other, "validation", "b") / 2
    assert lost[0] > 0
    agree(of(own, "validation", "b"), of(found, "validation", "b") - lost)
    agree(of(own, "test", "s"), of(all_points, "test", "s"))
    assert of(own, "test", "s")[0] > 1.5 * of(found, "test", "s")[0]
    # A score of exactly 1 is lost.
    full = scores.assign(score_Signal=scores["score_Signal"].where(scores["class"] > 0, 1))
    assert not of(tutorial(full, slips=True), "train", "s").any()
    assert (of(on_the_grid(full, tutorial_settings()), "train", "s") > 0).all()


def test_permuted_test_labels_move_nothing_on_validation():
    scores = multiclass(6000)
    asked = tutorial_settings(bootstrap=BootstrapSettings(1, 20), min_background_entries=10)
    curves, best, _ = fom_of(scores, asked)
    inside = (scores["sample"] == "test").to_numpy()
    permuted = scores.copy()
    order = np.random.default_rng(0).permutation(np.flatnonzero(inside))
    for name in ("class", "process"):
        permuted.loc[inside, name] = scores[name].to_numpy()[order]
    after, best_after, _ = fom_of(permuted, asked)
    kept = [name for name in best if "test" not in name]
    pd.testing.assert_frame_equal(best[kept], best_after[kept])
    own, own_after = (table[table["sample"] == "validation"] for table in (curves, after))
    pd.testing.assert_frame_equal(own, own_after)
    assert not best["fom_test"].equals(best_after["fom_test"])


# The config --------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[3]


def completed(**fom):
    """Return a complete study of two classes with a section `fom`."""
    schema = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    study = {
        "study": "toy",
        "input": {"files": [{"path": str(ROOT / "README.md"), "format": "csv"}]},
        "columns": {"features": ["x"], "process": "process"},
        "classes": {"background": ["tt", "Z*"], "signal": ["H*"]},
        "signal_class": "signal",
        "fom": fom,
    }
    return complete(study, schema)


def test_settings_are_those_of_the_config():
    config = completed()
    found, binning = fom_settings(made(Fom, config["fom"]), yield_settings(config), 3)
    yields = YieldSettings(("background", "signal"), "signal", 1.0, config["split"]["fractions"])
    assert found == FomSettings(yields, bootstrap=BootstrapSettings(3, 200))
    assert binning == BinnedSettings()
    _, exact = fom_settings(
        Fom(bins=Bins(simulation_statistics=False, count=7, kind="equal_width")),
        yield_settings(config),
        3,
    )
    assert not exact.simulation_statistics
    assert (exact.count, exact.kind) == (7, "equal_width")
    config = completed(
        definition="ams",
        systematic={"tt": 0.1, "Zee": 0.2, "background": 0.3, "default": 0.4},
        signal=["H125"],
        selection="largest_score",
        cuts={"low": 0.7, "high": 1, "count": 200},
        min_background_entries=7,
        bootstrap={"replicas": 0},
        bins={"edges": [0, 0.5, 1]},
    )
    found, binning = fom_settings(made(Fom, config["fom"]), yield_settings(config), 4)
    assert found == FomSettings(
        yields,
        {"tt": 0.1, "Zee": 0.2, "background": 0.3, "default": 0.4},
        ("H125",),
        "largest_score",
        7,
        "ams",
        grid=Cuts(0.7, 1, 200),
        bootstrap=BootstrapSettings(4, 0),
    )
    assert binning.edges == (0, 0.5, 1)
    assert binning.min_background_entries == 7
    assert even_cuts(found.grid)[[0, 1, -1]] == pytest.approx([0.7, 0.7015, 0.9985])


@pytest.mark.parametrize(
    ("fom", "message"),
    [
        (
            {"systematic": {"default": 0.1, "signal": 0.2}},
            "config key `fom.systematic.signal`: no background process or class is called so; "
            "expected `default`, one of the classes background, or one of their processes.",
        ),
        ({"systematic": {"ttbar": 0.1}}, "config key `fom.systematic.ttbar`: no background"),
        ({"systematic": {"tt": -0.1}}, "config key `fom.systematic.tt`: found -0.1, expected"),
        ({"systematic": -0.1}, "config key `fom.systematic`: found -0.1, expected a number of at"),
        (
            {"signal": ["H1", "tt"]},
            "config key `fom.signal`: 'tt' is no process of the signal class; its processes are "
            "H*.",
        ),
        (
            {"cuts": {"low": 1, "high": 0.7, "count": 3}},
            "config key `fom.cuts.high`: found 0.7, expected above `fom.cuts.low`, which is 1.",
        ),
        (
            {"bins": {"edges": [0, 0.5, 0.5]}},
            "config key `fom.bins.edges`: found [0, 0.5, 0.5], expected each edge above the one "
            "before.",
        ),
    ],
)
def test_faults_of_the_config_are_named(fom, message):
    with pytest.raises(ConfigError) as error:
        completed(**fom)
    assert str(error.value).startswith(message)


# Little or odd input -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_no_table_of_few_or_negative_events_holds_an_infinity(seed):
    generator = np.random.default_rng(seed)
    size = int(generator.integers(1, 9))
    label = generator.integers(0, 2, size).astype(np.int8)
    table = pd.DataFrame(
        {
            "source": "a.csv",
            "row": np.arange(size),
            "sample": pd.Categorical(generator.choice(list(FRACTIONS), size)),
            "class": label,
            "process": pd.Categorical(
                np.where(label == 0, "H", generator.choice(["tt", "Z"], size))
            ),
            "weight": generator.choice([-1.0, 0.0, 0.5, 1.0, 100.0], size),
            "score_signal": generator.choice([0.0, 0.25, 0.5, 1.0], size).astype(np.float32),
            "score_background": np.float32(0.5),
        }
    )
    asked = settings(min_background_entries=0, bootstrap=BootstrapSettings(seed, 5))
    curves, best, yields = fom_of(table, asked)
    heavy = heavy_of(table)
    bins = BinnedSettings(min_background_entries=0, kind="equal_width", count=3)
    bin_tables = binned_tables(select_events(table, asked), bins)
    areas = roc_tables(table, NAMES, "signal")
    for found in (best, yields, heavy, *bin_tables, areas[1]):
        numbers = found.select_dtypes("number").to_numpy(float)
        assert not np.isinf(numbers).any()
    assert not np.isinf(curves.drop(columns="sample").astype(float).to_numpy()).any()
    # What is undefined is so with a reason: no cut, no background, no signal, no total.
    for row in best[best["cut"].notna()].to_dict("records"):
        assert np.isfinite([row["fom_validation"], row["s_validation"], row["b_validation"]]).all()
        assert np.isfinite([row["s_uncertainty_test"], row["b_uncertainty_test"]]).all()
    rest = yields[yields["entries"] > 0]
    assert np.isfinite(rest[["yield", "uncertainty", "effective_entries"]]).all(axis=None)
    assert best.loc[best["definition"] == "ams", "fom_validation"].dropna().ge(0).all()
    summary = bin_tables[2]
    assert summary["binned"].dropna().ge(0).all()
    assert np.isfinite(bin_tables[0][["yield", "uncertainty"]]).all(axis=None)


@pytest.mark.parametrize("systematic", [0.1, {"tt": 0.1, "default": 0.3}])
@pytest.mark.parametrize("totals", [{}, TOTALS])
def test_a_point_has_the_uncertainty_of_its_only_run(systematic, totals):
    """Whether totals are given, and whether groups of background share one."""
    table = with_totals(np.random.default_rng(24), 3000)
    table["sample"] = np.random.default_rng(1).choice(["validation", "test"], len(table))
    fractions = {"validation": 0.5, "test": 0.5}
    yields = YieldSettings(NAMES, "signal", 1.0, fractions, total_yield=totals)
    asked = FomSettings(yields=yields, systematic=systematic)
    best = fom_of(table, asked)[1]
    run = {"kind": "network", "point": "base", "member": "replica-00", "fold": "0"}
    areas = pd.DataFrame(
        [
            {"sample": sample, "signal": "signal", "against": "all", "auc": 0.9}
            | {"auc_uncertainty": 0.01}
            for sample in ("train", "validation", "test")
        ]
    )
    groups = group_table(select_events(table, asked), best, asked).assign(**run)
    _, points = comparison([run_row(run, areas, best)], {"base": {}}, groups)
    row = best[best["headline"]].iloc[0]
    for name in ("fom", "fom_uncertainty"):
        found = points[f"test_{name}"][0]
        assert found == pytest.approx(row[f"{name}_test"], rel=1e-9)


def test_groups_of_one_total_move_against_each_other():
    """Against toys: the covariance of two groups of a class whose total is given."""
    generator = np.random.default_rng(25)
    drawn = [counted_above(with_totals(generator, 400), {"tt": 0.1})[1] for _ in range(400)]
    spread = np.cov(np.array([counts.background[:, 0] for counts in drawn]).T)
    mean = np.mean([counts.background_covariance[:, :, 0] for counts in drawn], axis=0)
    # three standard errors of 400 toys
    np.testing.assert_allclose(mean, spread, atol=0.22 * spread.max())
    assert mean[0, 1] == mean[1, 0] < -0.05 * spread.max()
