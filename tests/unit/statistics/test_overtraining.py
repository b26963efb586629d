"""The over-training test: its distance, its p-value under no difference, its power."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from winnow.statistics.overtraining import kolmogorov_test, overtraining_table


def test_distance_is_scipys_for_unit_weights():
    generator = np.random.default_rng(1)
    score = np.round(generator.normal(size=500), 1)
    is_first = generator.random(500) < 0.6
    result = kolmogorov_test(score, np.ones(500), is_first, generator, 20)
    expected = stats.ks_2samp(score[is_first], score[~is_first]).statistic
    assert result.distance == pytest.approx(expected, rel=1e-12)


def test_an_integer_weight_counts_as_that_many_events():
    generator = np.random.default_rng(2)
    score, is_first = generator.random(200), generator.random(200) < 0.5
    weight = generator.integers(1, 5, 200)
    result = kolmogorov_test(score, weight.astype(float), is_first, generator, 1)
    repeated, member = np.repeat(score, weight), np.repeat(is_first, weight)
    expected = stats.ks_2samp(repeated[member], repeated[~member]).statistic
    assert result.distance == pytest.approx(expected, rel=1e-12)


def test_p_value_agrees_with_scipys_exact_one_for_unit_weights():
    generator = np.random.default_rng(3)
    score = np.concatenate([generator.normal(size=60), generator.normal(0.35, size=90)])
    is_first = np.arange(150) < 60
    result = kolmogorov_test(score, np.ones(150), is_first, generator, 4000, 4001)
    expected = stats.ks_2samp(score[is_first], score[~is_first], method="exact").pvalue
    assert 0.02 < expected < 0.6
    assert result.p_value == pytest.approx(expected, abs=4 * np.sqrt(expected / 4000))


def test_p_value_agrees_with_all_subsets_of_a_small_weighted_sample():
    score = np.array([0.1, 0.2, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8])
    weight = np.array([1.0, 2.0, 0.5, -0.3, 4.0, 1.0, 3.0, 0.2])

    def distance(first):
        inside = np.isin(np.arange(8), first)
        below = score <= np.unique(score)[:, None]
        shares = [below @ (weight * m) / weight[m].sum() for m in (inside, ~inside)]
        return np.abs(shares[0] - shares[1]).max()

    observed = (0, 1, 5)
    every = [distance(subset) for subset in combinations(range(8), 3)]
    expected = np.mean(np.array(every) >= distance(observed) - 1e-12)
    is_first = np.isin(np.arange(8), observed)
    result = kolmogorov_test(score, weight, is_first, np.random.default_rng(1), 4000, 4001)
    assert result.distance == pytest.approx(distance(observed), rel=1e-12)
    assert 0.1 < expected < 0.9
    assert result.p_value == pytest.approx(expected, abs=0.025)


def unequal_weights(generator, size):
    """Log-normal weights over three orders of magnitude, a fifth of them negative."""
    sign = np.where(generator.random(size) < 0.2, -1.0, 1.0)
    return sign * generator.lognormal(0.0, 1.2, size)


def test_p_values_are_uniform_when_the_samples_do_not_differ():
    generator = np.random.default_rng(4)
    p_values = []
    for _ in range(300):
        score = generator.random(400)
        weight = unequal_weights(generator, 400) * (0.5 + score)
        is_first = generator.random(400) < 2 / 3
        p_values.append(kolmogorov_test(score, weight, is_first, generator, 199, 200).p_value)
    assert np.isfinite(p_values).all()
    # (1 + k)/200 is discrete; half a step of jitter makes it continuous.
    continuous = np.array(p_values) - generator.random(300) / 200
    assert stats.kstest(continuous, "uniform").pvalue > 0.01


def test_what_is_not_significant_is_known_after_few_permutations():
    generator = np.random.default_rng(6)
    spared, found = 0, []
    for shift in np.linspace(0, 0.3, 60):
        score = np.concatenate([generator.normal(size=300), generator.normal(shift, size=300)])
        given = score, np.ones(600), np.arange(600) < 300
        seed = int(generator.integers(1000))
        early = kolmogorov_test(*given, np.random.default_rng(seed), 499)
        whole = kolmogorov_test(*given, np.random.default_rng(seed), 499, 500)
        found.append((early.p_value, whole.p_value))
        assert (early.p_value < 0.01) == (whole.p_value < 0.01)
        # twenty are known to 22 %, one standard deviation
        assert early.p_value == pytest.approx(whole.p_value, rel=4 / np.sqrt(20))
        spared += whole.permutations - early.permutations
    assert min(found)[1] < 0.01 < max(found)[1]
    assert spared > 60 * 200


def test_a_difference_gives_a_small_p_value():
    generator = np.random.default_rng(5)
    size = 4000
    is_first = generator.random(size) < 0.5
    score = generator.normal(size=size) + 0.3 * is_first
    weight = np.abs(unequal_weights(generator, size))
    result = kolmogorov_test(score, weight, is_first, generator, 199)
    assert result.p_value == 1 / 200


def test_a_difference_in_the_weights_alone_counts():
    generator = np.random.default_rng(6)
    score = np.tile(np.linspace(0, 1, 2000), 2)
    is_first = np.arange(4000) < 2000
    weight = np.where(is_first, 1.0 + score, 1.0)
    assert kolmogorov_test(score, weight, is_first, generator, 199).p_value == 1 / 200
    assert kolmogorov_test(score, np.ones(4000), is_first, generator, 199).p_value == 1.0


def test_the_generator_decides_the_p_value():
    generator = np.random.default_rng(7)
    score, weight = generator.random(300), unequal_weights(generator, 300)
    is_first = generator.random(300) < 0.5
    results = [
        kolmogorov_test(score, weight, is_first, np.random.default_rng(seed), 99)
        for seed in (1, 1, 2)
    ]
    assert results[0] == results[1]
    assert results[0].p_value != results[2].p_value


@pytest.mark.parametrize(
    ("weight", "is_first"),
    [
        ([1.0, 1.0, -3.0, 1.0], [True, True, False, False]),
        ([1.0, 1.0, 1.0, 1.0], [True, True, True, True]),
        ([], []),
    ],
)
def test_what_cannot_be_compared_is_undefined(weight, is_first):
    score = np.linspace(0, 1, len(weight))
    generator = np.random.default_rng(0)
    result = kolmogorov_test(score, np.array(weight), np.array(is_first, bool), generator, 9)
    assert np.isnan(result.distance)
    assert np.isnan(result.p_value)


def scored(generator, names, size=6000, shift=0.0):
    label = generator.integers(0, len(names), size).astype(np.int8)
    sample = generator.choice(["train", "validation", "test"], size)
    frame = pd.DataFrame(
        {
            "sample": pd.Categorical(sample),
            "class": label,
            "weight": generator.exponential(size=size),
        }
    )
    for index, name in enumerate(names):
        right = label == index
        trained = shift * (sample == "train") * right
        frame[f"score_{name}"] = (generator.random(size) + 0.5 * right + trained).astype("f4")
    return frame


def test_verdicts_and_the_area_gap():
    names = ("s", "b")
    same = scored(np.random.default_rng(8), names)
    table = overtraining_table(same, names, "s", np.random.default_rng(0), 199)
    assert table["class"].tolist() == ["s", "b"]
    assert table["node"].tolist() == ["s", "s"]
    assert set(table["verdict"]) == {"no sign of over-training"}
    part = same[(same["class"] == 0) & (same["sample"] == "train")]
    assert table["entries"][0] == len(part)
    weight = part["weight"]
    expected = weight.sum() ** 2 / (weight**2).sum()
    assert table["effective_entries"][0] == pytest.approx(expected, rel=1e-9)

    over = scored(np.random.default_rng(8), names, shift=0.2)
    table = overtraining_table(over, names, "s", np.random.default_rng(0), 199)
    assert table["verdict"].tolist() == [
        "the scores differ, the area is larger",
        "the area is larger",
    ]
    assert (table["auc_gap"] > 3 * table["auc_gap_uncertainty"]).all()


def test_several_classes_are_compared_on_the_signal_node_and_their_own():
    names = ("s", "w", "t")
    frame = scored(np.random.default_rng(9), names)
    table = overtraining_table(frame, names, "s", np.random.default_rng(0), 9)
    pairs = list(zip(table["class"], table["node"], strict=True))
    assert pairs == [("s", "s"), ("w", "s"), ("w", "w"), ("t", "s"), ("t", "t")]
    table = overtraining_table(
        frame, names, None, np.random.default_rng(0), 9, ("validation", "test")
    )
    assert table["node"].tolist() == list(names)
    assert set(table["sample"]) == {"validation"}
