"""Yields: scales, totals that are met exactly, process tables against pandas."""

import numpy as np
import pandas as pd
import pytest

from winnow.errors import ConfigError, DataError
from winnow.statistics.efficiency import efficiency_interval, fraction_variance
from winnow.statistics.kinds import kinds_of
from winnow.statistics.yields import (
    YieldSettings,
    absent_yields,
    beside_absent,
    class_wholes,
    process_yields,
    yield_weights,
)

NAMES = ("signal", "background")
FRACTIONS = {"train": 0.5, "validation": 0.25, "test": 0.25}


@pytest.fixture
def scores():
    generator = np.random.default_rng(5)
    size = 4000
    label = (generator.random(size) < 0.7).astype(np.int8)
    process = np.where(label == 0, "H", np.where(generator.random(size) < 0.5, "tt", "Z"))
    return pd.DataFrame(
        {
            "sample": pd.Categorical(
                generator.choice(["train", "validation", "test"], size, p=[0.5, 0.25, 0.25])
            ),
            "class": label,
            "process": pd.Categorical(process),
            "weight": generator.normal(1.0, 0.7, size),
            "score_signal": generator.random(size).astype(np.float32),
        }
    )


def weights_of(scores, settings):
    weight = scores["weight"].to_numpy(float)
    return yield_weights(kinds_of(scores, settings.class_names), weight, settings)


def class_sums(scores, weights):
    return weights_by(scores, weights, ["sample", "class"])


def weights_by(scores, weights, keys):
    return scores.assign(y=weights).groupby(keys, observed=True)["y"].sum()


def test_fractions_scale_by_their_inverse_and_the_luminosity(scores):
    weights = weights_of(scores, YieldSettings(NAMES, luminosity=3.0, fractions=FRACTIONS))
    expected = scores["weight"] * 3.0 / scores["sample"].astype(str).map(FRACTIONS)
    np.testing.assert_allclose(weights, expected, rtol=1e-14)


def test_without_weights_a_class_counts_all_its_events_in_every_sample(scores):
    scores["weight"] = 1.0
    weights = weights_of(scores, YieldSettings(NAMES, luminosity=2.0, measured=True))
    entries = scores["class"].value_counts()
    for (_, label), total in class_sums(scores, weights).items():
        assert total == pytest.approx(2.0 * entries[label], rel=1e-12)


def test_split_factors_replace_fractions(scores):
    factors = {"train": 4.0, "validation": 4.0, "test": 2.0}
    settings = YieldSettings(NAMES, fractions=FRACTIONS, split_factors=factors)
    expected = scores["weight"] * scores["sample"].astype(str).map(factors)
    np.testing.assert_allclose(weights_of(scores, settings), expected, rtol=1e-14)


def test_total_yield_is_met_exactly_in_every_sample(scores):
    totals = {"signal": 691.99, "background": 410999.85}
    settings = YieldSettings(NAMES, luminosity=7.0, fractions=FRACTIONS, total_yield=totals)
    sums = class_sums(scores, weights_of(scores, settings))
    for sample in FRACTIONS:
        assert sums[sample, 0] == pytest.approx(691.99, rel=1e-12)
        assert sums[sample, 1] == pytest.approx(410999.85, rel=1e-12)


def test_signal_cross_section_sets_the_signal_and_leaves_the_background(scores):
    plain = YieldSettings(NAMES, "signal", luminosity=100.0, fractions=FRACTIONS)
    settings = YieldSettings(
        NAMES, "signal", luminosity=100.0, fractions=FRACTIONS, signal_cross_section=0.4
    )
    sums = class_sums(scores, weights_of(scores, settings))
    before = class_sums(scores, weights_of(scores, plain))
    for sample in FRACTIONS:
        assert sums[sample, 0] == pytest.approx(40.0, rel=1e-12)
        assert sums[sample, 1] == before[sample, 1]


def test_a_total_for_a_class_without_positive_weight_names_class_and_sample(scores):
    lost = (scores["class"] == 0) & (scores["sample"] == "test")
    scores.loc[lost, "weight"] = -1.0
    settings = YieldSettings(NAMES, fractions=FRACTIONS, total_yield={"signal": 5.0})
    expected = rf"class 'signal' in the sample 'test' sum to -{lost.sum()}, expected above 0"
    with pytest.raises(DataError, match=expected):
        weights_of(scores, settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fractions": {"train": 1.0}}, "fractions: the sample 'validation' has events"),
        ({"split_factors": {"train": 4.0}}, "split_factors: no factor for the sample 'valid"),
        ({"total_yield": {"sginal": 5.0}}, "total_yield: unknown class 'sginal'"),
        ({"total_yield": {"signal": 0.0}}, "total_yield.signal: found 0"),
        ({"signal_cross_section": 1.0}, "signal_cross_section: given, but the study has no"),
        ({"signal_cross_section": -1.0, "signal": "signal"}, "signal_cross_section: found -1"),
        (
            {"signal_cross_section": 1.0, "signal": "signal", "total_yield": {"signal": 1.0}},
            "the signal class 'signal' has a total_yield too",
        ),
    ],
)
def test_wrong_settings_name_the_key(scores, changes, message):
    settings = YieldSettings(**({"class_names": NAMES, "fractions": FRACTIONS} | changes))
    with pytest.raises(ConfigError, match=message):
        weights_of(scores, settings)


def test_a_sample_without_events_needs_no_scale(scores):
    part = scores[scores["sample"] == "test"]
    settings = YieldSettings(NAMES, fractions={"test": 0.25}, total_yield={"signal": 5.0})
    assert np.isfinite(weights_of(part, settings)).all()


def test_an_unknown_sample_is_named(scores):
    scores["sample"] = scores["sample"].astype(str).replace("test", "tset")
    with pytest.raises(DataError, match="has the sample 'tset'"):
        weights_of(scores, YieldSettings(NAMES, fractions=FRACTIONS))


def test_process_yields_agree_with_pandas(scores):
    weights = weights_of(scores, YieldSettings(NAMES, fractions=FRACTIONS))
    selected = scores["score_signal"].to_numpy() >= 0.6
    table = process_yields(kinds_of(scores, NAMES), weights, selected).set_index(
        ["sample", "process"]
    )
    assert len(table) == 9
    for (sample, process), row in table.iterrows():
        group = ((scores["sample"] == sample) & (scores["process"] == process)).to_numpy()
        w = weights[group & selected]
        assert row["class"] == ("signal" if process == "H" else "background")
        assert row["entries"] == w.size
        assert row["yield"] == pytest.approx(w.sum(), rel=1e-12)
        assert row["uncertainty"] == pytest.approx(np.sqrt((w**2).sum()), rel=1e-12)
        assert row["efficiency"] == pytest.approx(w.sum() / weights[group].sum(), rel=1e-12)
        assert row["effective_entries"] == pytest.approx(w.sum() ** 2 / (w**2).sum(), rel=1e-12)
        whole = weights[group]
        ends = efficiency_interval(w.sum(), (w**2).sum(), whole.sum(), (whole**2).sum())
        assert (row["efficiency_lower"], row["efficiency_upper"]) == pytest.approx(ends, rel=1e-9)
        assert row["efficiency_lower"] < row["efficiency"] < row["efficiency_upper"]


def test_a_process_that_the_cut_removes_stays_in_the_table(scores):
    weights = np.ones(len(scores))
    selected = (scores["process"] != "tt").to_numpy()
    table = process_yields(kinds_of(scores, NAMES), weights, selected).set_index(
        ["sample", "process"]
    )
    row = table.loc[("test", "tt")]
    assert row["entries"] == 0
    assert row["efficiency"] == row["efficiency_lower"] == 0.0
    assert row["efficiency_upper"] > 0.0
    assert row["effective_entries"] == 0.0


# Totals ------------------------------------------------------------------------------------------


def test_the_uncertainty_of_a_given_total_is_that_of_a_fraction(scores):
    settings = YieldSettings(NAMES, fractions=FRACTIONS, total_yield={"background": 411_000.0})
    weights = weights_of(scores, settings)
    selected = scores["score_signal"].to_numpy() >= 0.6
    table = process_yields(kinds_of(scores, NAMES), weights, selected, ("background",))
    table = table.set_index(["sample", "process"])
    for (sample, process), row in table.iterrows():
        own = ((scores["sample"] == sample) & (scores["process"] == process)).to_numpy() & selected
        if process == "H":
            assert row["uncertainty"] == pytest.approx(np.sqrt(np.square(weights[own]).sum()))
            continue
        whole = ((scores["sample"] == sample) & (scores["class"] == 1)).to_numpy()
        share = weights[own].sum() / 411_000.0
        # Each event moves the ratio Σ_in w / Σ w by w (1_in - ε) / Σ w.
        moved = weights[whole] * (own[whole] - share)
        assert row["uncertainty"] == pytest.approx(np.sqrt(np.square(moved).sum()), rel=1e-9)
    uncut = process_yields(kinds_of(scores, NAMES), weights, None, ("background",))
    both = uncut[uncut["class"] == "background"].groupby("sample")["uncertainty"].agg(list)
    # What two processes share out between them moves one as much as the other.
    assert all(first == pytest.approx(second, rel=1e-9) for first, second in both)


def test_a_class_of_one_process_that_is_not_cut_is_exact():
    table = pd.DataFrame(
        {"sample": ["test"] * 9, "class": [0] * 9, "process": ["H"] * 9, "weight": [1.0] * 9}
    )
    settings = YieldSettings(NAMES, fractions={"test": 0.5}, total_yield={"signal": 30.0})
    kinds, weights = kinds_of(table, NAMES), weights_of(table, settings)
    (row,) = process_yields(kinds, weights, None, NAMES).itertuples()
    assert (row[5], row.uncertainty) == (pytest.approx(30.0), 0.0)
    # A binomial: 4 of 9, 30² · 4/9 · 5/9 / 9.
    selected = np.arange(9) < 4
    (row,) = process_yields(kinds, weights, selected, NAMES).itertuples()
    assert row.uncertainty == pytest.approx(30 * np.sqrt(4 * 5 / 9**3))


def test_wholes_are_infinite_where_no_total_is_given(scores):
    weights = np.ones(len(scores))
    whole, squares = class_wholes(kinds_of(scores, NAMES), weights, ("signal",))
    sizes = scores.groupby(["sample", "class"], observed=True).size()
    assert whole[0, 0] == squares[0, 0] == sizes["train", 0]
    assert np.isinf(whole[0, 1])
    part = np.array([3.0])
    assert fraction_variance(part, part, whole[0, 1:2], squares[0, 1:2])[0] == 3.0


def test_a_class_that_a_sample_lacks_is_scaled_nowhere_and_disturbs_no_other(scores):
    """Without weights a class counts all its events: of none in a sample nothing is made."""
    part = scores[(scores["class"] == 1) | (scores["sample"] != "test")].assign(weight=1.0)
    weights = weights_of(part, YieldSettings(NAMES, measured=True))
    sums, entries = class_sums(part, weights), part["class"].value_counts()
    assert ("test", 0) not in sums
    for (_, label), total in sums.items():
        assert total == pytest.approx(entries[label], rel=1e-12)


def test_a_sum_of_exactly_0_has_no_total_and_0_is_no_cross_section(scores):
    scores.loc[(scores["class"] == 0) & (scores["sample"] == "test"), "weight"] = 0.0
    totals = YieldSettings(NAMES, fractions=FRACTIONS, total_yield={"signal": 5.0})
    with pytest.raises(DataError, match="'signal' in the sample 'test' sum to 0, expected above 0"):
        weights_of(scores, totals)
    none = YieldSettings(NAMES, "signal", fractions=FRACTIONS, signal_cross_section=0.0)
    with pytest.raises(ConfigError, match="signal_cross_section: found 0, expected a number above"):
        weights_of(scores, none)


def test_a_process_that_sums_to_less_than_0_has_no_efficiency():
    table = pd.DataFrame(
        {"sample": ["test"] * 4, "class": [0] * 4, "process": ["A", "A", "H", "H"]}
    )
    weights, passed = np.array([-2.0, 1.0, 3.0, 1.0]), np.array([True, False, True, False])
    found = process_yields(kinds_of(table, NAMES), weights, passed).set_index("process")
    assert np.isnan(found.loc["A", "efficiency"])
    assert found.loc["H", "efficiency"] == 0.75
    assert found["yield"].to_dict() == {"A": -2.0, "H": 3.0}


def test_rows_stand_in_the_order_of_samples_classes_and_names():
    """Processes that a sample lacks stand among the others, not behind them."""
    rows = [("test", 0, "zH"), ("train", 0, "zH"), ("train", 0, "aH"), ("train", 1, "tt")]
    rows += [("test", 1, "tt"), ("train", 1, "WW")]
    table = pd.DataFrame(rows, columns=["sample", "class", "process"]).assign(weight=1.0)
    asked = YieldSettings(NAMES, fractions={"train": 0.5, "test": 0.5})
    kinds = kinds_of(table, NAMES)
    found = process_yields(kinds, weights_of(table, asked))
    whole = beside_absent(found, absent_yields(kinds, table["weight"].to_numpy(), asked), NAMES)
    expected = [("signal", "aH"), ("signal", "zH"), ("background", "WW"), ("background", "tt")]
    for sample in ("train", "test"):
        part = whole[whole["sample"] == sample]
        assert list(zip(part["class"], part["process"], strict=True)) == expected
    assert whole["sample"].tolist() == ["train"] * 4 + ["test"] * 4


def test_a_fixed_class_that_sums_to_nothing_is_no_whole():
    table = pd.DataFrame({"sample": ["test"] * 4, "class": [0, 0, 1, 1], "process": ["A"] * 4})
    wholes, squares = class_wholes(kinds_of(table, NAMES), np.array([1.0, -1.0, 2.0, -5.0]), NAMES)
    assert np.isinf(wholes).all()
    assert squares[-1].tolist() == [2.0, 29.0]


@pytest.mark.parametrize("label", [-1, 2])
def test_a_class_that_is_none_is_named(scores, label):
    scores.loc[7, "class"] = label
    with pytest.raises(DataError, match=rf"entry 7 \(counted from 0\) .* the class {label}, "):
        weights_of(scores, YieldSettings(NAMES, fractions=FRACTIONS))


# Kinds -------------------------------------------------------------------------------------------


def test_kinds_count_and_look_up_what_pandas_does(scores):
    kinds = kinds_of(scores, NAMES)
    assert kinds.shape == (3, 2, 3)
    assert kinds.process_names == ("H", "Z", "tt")
    sizes = scores.groupby(["sample", "class", "process"], observed=True).size()
    for (sample, label, process), size in sizes.items():
        at = list(FRACTIONS).index(sample), label, kinds.process_names.index(process)
        assert kinds.entries[at] == size
    assert kinds.entries.sum() == len(scores)
    table = np.arange(6).reshape(2, 3)
    expected = table[scores["class"], scores["process"].cat.codes]
    np.testing.assert_array_equal(kinds.looked_up(table), expected)
    for sample in FRACTIONS:
        np.testing.assert_array_equal(kinds.inside(sample), scores["sample"] == sample)


def test_an_unknown_class_is_named(scores):
    scores.loc[7, "class"] = 2
    with pytest.raises(DataError, match=r"entry 7 .* the class 2, expected one of .* 0 to 1"):
        kinds_of(scores, NAMES)


def test_no_events_have_no_kinds(scores):
    kinds = kinds_of(scores[:0], NAMES)
    assert kinds.entries.sum() == 0
    assert process_yields(kinds, np.empty(0)).empty
