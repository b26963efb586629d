"""Permutation importance against scikit-learn's, what it must give, its merging and its figure."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import inspection, metrics
from sklearn.linear_model import LogisticRegression

import sections
from winnow.errors import ConfigError
from winnow.figures.importance import importance
from winnow.statistics.importance import (
    LabelledEvents,
    event_losses,
    input_groups,
    merge_replicas,
    permutation_importance,
    weighted_area,
)

SINGLE = {"strong": [0], "weak": [1], "ignored": [2]}


def toy(size=3000, seed=1):
    """Two classes: a strong, a weak and a useless feature, and weights."""
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 2, size).astype(np.int8)
    features = generator.normal(size=(size, 3)).astype(np.float32)
    features[:, 0] += 1.5 * label
    features[:, 1] += 0.5 * label
    return features, label, generator.exponential(size=size)


def linear(features):
    """A fixed classifier that does not look at its third input."""
    signal = 1 / (1 + np.exp(1.0 - 1.5 * features[:, 0] - 0.5 * features[:, 1]))
    return np.stack([1 - signal, signal], axis=1).astype(np.float32)


def measured(data, groups=SINGLE, score=linear, repeats=5, seed=3, signal=1):
    table = permutation_importance(score, LabelledEvents(*data), groups, repeats, seed, signal)
    return table.set_index(["metric", "group"])


def test_it_agrees_with_scikit_learn():
    features, label, weight = toy()
    classifier = LogisticRegression().fit(features, label, weight)
    repeats = 40
    ours = measured(
        (features, label, weight),
        score=lambda x: classifier.predict_proba(x).astype(np.float32),
        repeats=repeats,
    )
    for metric, scoring in (("auc", "roc_auc"), ("loss", "neg_log_loss")):
        theirs = inspection.permutation_importance(
            classifier,
            features,
            label,
            scoring=scoring,
            n_repeats=repeats,
            random_state=1,
            sample_weight=weight,
        )
        # our loss is Σwl/N, theirs Σwl/Σw
        unit = weight.mean() if metric == "loss" else 1.0
        for position, name in enumerate(SINGLE):
            row = ours.loc[(metric, name)]
            spread = unit * theirs.importances[position].std(ddof=1)
            error = np.hypot(row["drop_std"], spread) / np.sqrt(repeats)
            # six comparisons of means of 40, each wrong by chance once in 15,000
            assert abs(row["drop"] - unit * theirs.importances_mean[position]) < 4 * error
            # the ratio of two variances of 40 each, within once in 2,000
            assert stats.f.cdf((row["drop_std"] / spread) ** 2, 39, 39) < 0.9995
            assert stats.f.cdf((row["drop_std"] / spread) ** 2, 39, 39) > 0.0005


def test_an_event_that_is_an_array_moves_as_a_whole():
    features, label, weight = toy()
    flat = measured((features, label, weight), groups={"all": range(features.shape[1])})
    shaped = features.reshape(len(features), 1, -1)
    found = measured(
        (shaped, label, weight),
        groups={"picture": [0]},
        score=lambda x: linear(x.reshape(len(x), -1)),
    )
    np.testing.assert_array_equal(found.to_numpy(), flat.to_numpy())


def test_area_and_loss_are_scikit_learns():
    _, _, weight = toy()
    generator = np.random.default_rng(4)
    scores = generator.dirichlet(np.ones(3), 3000).astype(np.float32)
    label = generator.integers(0, 3, 3000).astype(np.int8)
    losses = event_losses(scores, label)
    exact = scores.astype(np.float64)
    # scikit-learn wants rows that sum to 1 in float64; ours do in float32
    exact /= exact.sum(axis=1, keepdims=True)
    expected = metrics.log_loss(label, exact, sample_weight=weight)
    assert weight @ losses / weight.sum() == pytest.approx(expected, rel=1e-6)
    areas = [
        metrics.roc_auc_score(label == c, scores[:, c], sample_weight=weight) for c in range(3)
    ]
    assert weighted_area(scores, label, weight, 2) == pytest.approx(areas[2], rel=1e-12)
    assert weighted_area(scores, label, weight, None) == pytest.approx(np.mean(areas), rel=1e-12)


def test_a_confident_error_costs_its_logit_and_a_rounded_one_is_finite():
    """The cross-entropy of a sigmoid at the logit z is ln(1 + e⁻ᶻ), about -z where z is low."""
    signal = np.float32(1 / (1 + np.exp(25.0)))
    scores = np.array([[1 - signal, signal], [0.0, 1.0], [0.0, 1.0]], np.float32)
    losses = event_losses(scores, np.array([1, 0, 1], np.int8))
    np.testing.assert_allclose(losses, [25.0, 25 * np.log(2), 0.0], rtol=1e-6)


def test_the_baseline_is_that_of_the_whole_sample():
    features, label, weight = toy()
    table = measured((features, label, weight))
    scores = linear(features)
    area = metrics.roc_auc_score(label, scores[:, 1], sample_weight=weight)
    loss = weight @ event_losses(scores, label) / len(label)
    np.testing.assert_allclose(table.loc["auc", "baseline"], area, rtol=1e-12)
    np.testing.assert_allclose(table.loc["loss", "baseline"], loss, rtol=1e-12)
    for metric, sign in (("auc", 1), ("loss", -1)):
        part = table.loc[metric]
        lost = sign * (part["baseline"] - part["permuted"])
        np.testing.assert_allclose(part["drop"], lost, atol=1e-12)


@pytest.mark.parametrize("metric", ["auc", "loss"])
def test_an_ignored_feature_drops_exactly_nothing_and_the_strong_one_most(metric):
    part = measured(toy()).loc[metric]
    assert part.loc["ignored", ["drop", "drop_std"]].tolist() == [0.0, 0.0]
    assert part.loc["strong", "drop"] > 3 * part.loc["weak", "drop"] > 0


def test_shuffling_all_that_is_looked_at_leaves_no_separation():
    features, label, _ = toy(4000)
    ones, repeats = np.ones(4000), 40
    row = measured((features, label, ones), {"both": [0, 1]}, repeats=repeats).loc["auc", "both"]
    # Mann and Whitney 1947: the variance of the area without separation; 4 standard errors each
    signal = label.sum()
    width = np.sqrt(4001 / (12 * signal * (4000 - signal)))
    assert row["permuted"] == pytest.approx(0.5, abs=4 * width / np.sqrt(repeats))
    assert row["drop_std"] == pytest.approx(width, rel=4 / np.sqrt(2 * (repeats - 1)))


def redundant():
    """Two measurements of one quantity, of which the classifier takes the sum."""
    generator = np.random.default_rng(5)
    label = generator.integers(0, 2, 4000).astype(np.int8)
    truth = generator.normal(size=4000) + label
    noise = 0.2 * generator.normal(size=(4000, 2))
    features = (truth[:, None] + noise).astype(np.float32)

    def score(x):
        signal = 1 / (1 + np.exp(0.5 - 0.5 * x.sum(axis=1)))
        return np.stack([1 - signal, signal], axis=1).astype(np.float32)

    return (features, label, np.ones(4000)), score


@pytest.mark.parametrize("metric", ["auc", "loss"])
def test_redundant_features_matter_more_together_than_each_alone(metric):
    data, score = redundant()
    drop = measured(data, {"a": [0], "b": [1], "both": [0, 1]}, score).loc[metric, "drop"]
    assert drop["both"] > 1.5 * max(drop["a"], drop["b"])


def test_the_columns_of_a_group_move_together():
    features, label, weight = toy(500)
    seen = []

    def score(x):
        seen.append(x.copy())
        return linear(x)

    measured((features, label, weight), {"pair": [0, 2]}, score, repeats=1)
    whole, moved = seen
    np.testing.assert_array_equal(whole, features)
    np.testing.assert_array_equal(moved[:, 1], features[:, 1])
    pairs = {tuple(row) for row in features[:, [0, 2]]}
    assert {tuple(row) for row in moved[:, [0, 2]]} == pairs
    assert (moved[:, 0] != features[:, 0]).mean() > 0.9


def test_the_features_are_left_as_they_were():
    features, label, weight = toy(500)
    before = features.copy()
    measured((features, label, weight))
    np.testing.assert_array_equal(features, before)


def test_events_of_weight_zero_do_not_count():
    features, label, weight = toy()
    nothing = np.random.default_rng(6).random(3000) < 0.4
    kept = (features[~nothing], label[~nothing], weight[~nothing])
    odd = np.where(nothing[:, None], 100 * features[::-1], features).astype(np.float32)
    with_zeros = measured((odd, label, np.where(nothing, 0.0, weight)))
    without = measured(kept)
    pd.testing.assert_frame_equal(with_zeros.loc["auc"], without.loc["auc"], check_exact=True)
    # the loss divides by the number of all events
    ratio = (~nothing).mean()
    pd.testing.assert_frame_equal(with_zeros.loc["loss"], ratio * without.loc["loss"], rtol=1e-12)


def test_weights_decide_what_matters():
    """Half of the events can be told by the first feature, half by the second."""
    generator = np.random.default_rng(8)
    label = generator.integers(0, 2, 4000).astype(np.int8)
    features = generator.normal(size=(4000, 3)).astype(np.float32)
    first = np.arange(4000) < 2000
    features[first, 0] += 2 * label[first]
    features[~first, 1] += 2 * label[~first]

    def score(x):
        signal = 1 / (1 + np.exp(1.0 - x[:, 0] - x[:, 1]))
        return np.stack([1 - signal, signal], axis=1).astype(np.float32)

    for heavy, most, least in ((first, "strong", "weak"), (~first, "weak", "strong")):
        drop = measured((features, label, np.where(heavy, 10.0, 0.1)), score=score)["drop"]
        for metric in ("auc", "loss"):
            assert drop[metric, most] > 3 * abs(drop[metric, least])


def test_numbers_follow_from_the_seed_and_no_other_group():
    data = toy(500)
    table = measured(data)
    pd.testing.assert_frame_equal(measured(data), table, check_exact=True)
    alone = measured(data, {"weak": [1]})
    pd.testing.assert_frame_equal(alone, table.loc[alone.index], check_exact=True)
    assert measured(data, seed=4)["drop"]["auc", "weak"] != table["drop"]["auc", "weak"]


def test_the_spread_is_that_of_the_repeats():
    data = toy(500)
    first, mean = measured(data, repeats=1)["drop"], measured(data, repeats=2)
    second = 2 * mean["drop"] - first
    np.testing.assert_allclose(mean["drop_std"], abs(first - second) / 2**0.5, atol=1e-12)


def test_a_single_repeat_has_no_spread():
    assert measured(toy(500), repeats=1)["drop_std"].isna().all()


def test_without_a_signal_every_class_counts_the_same():
    data = toy(500)
    table = measured(data, signal=None)
    both = [measured(data, signal=index).loc["auc", "drop"] for index in (0, 1)]
    np.testing.assert_allclose(table.loc["auc", "drop"], np.mean(both, axis=0), atol=1e-12)


def transform(steps, indicators=True):
    features = np.random.default_rng(7).normal(size=(200, 3)).astype(np.float32)
    features[::7, 1] = np.nan
    return sections.fitted(features, ["pt", "mass", "eta"], steps, indicators=indicators)


def test_a_feature_goes_with_its_indicator():
    assert input_groups(transform(["standard"]), {"kinematics": ["pt", "mass"]}) == {
        "pt": [0],
        "mass": [1, 3],
        "eta": [2],
        "kinematics": [0, 1, 3],
    }


def test_components_of_a_pca_stand_for_themselves():
    mixed = transform([{"step": "pca", "features": ["pt", "eta"]}], indicators=False)
    assert input_groups(mixed, {}) == {"mass": [0], "pca_1": [1], "pca_2": [2]}
    with pytest.raises(ConfigError, match=r"'pt' is no input.*mass, pca_1, pca_2"):
        input_groups(mixed, {"leptons": ["pt"]})


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"jets": ["pt", "phi"]}, r"`importance.groups.jets`: 'phi' is no input .* pt, mass, eta"),
        ({"mass": ["pt"]}, r"`importance.groups.mass`: a feature has this name"),
        ({"jets": []}, r"`importance.groups.jets`: the group is empty"),
    ],
)
def test_faults_of_groups_name_the_key(groups, message):
    with pytest.raises(ConfigError, match=message):
        input_groups(transform(["standard"]), groups)


def run_table(drops, std=0.1):
    rows = [("a", "auc"), ("a", "loss"), ("b", "auc"), ("b", "loss")]
    table = pd.DataFrame(rows, columns=["group", "metric"])
    return table.assign(
        baseline=0.9, permuted=0.9 - np.array(drops), drop=np.array(drops), drop_std=std
    )


def test_runs_merge_to_mean_and_spread():
    merged = merge_replicas([run_table([1, 2, 5, 6], 3.0), run_table([3, 2, 9, 0], 4.0)])
    assert list(zip(merged["group"], merged["metric"], strict=True)) == [
        ("a", "auc"),
        ("a", "loss"),
        ("b", "auc"),
        ("b", "loss"),
    ]
    assert merged["drop"].tolist() == [2, 2, 7, 3]
    np.testing.assert_allclose(merged["drop_spread"], [2**0.5, 0, 8**0.5, 18**0.5])
    np.testing.assert_allclose(merged["drop_std"], 12.5**0.5)
    assert merged["runs"].tolist() == [2, 2, 2, 2]
    np.testing.assert_allclose(merged["permuted"], 0.9 - merged["drop"])


def test_one_run_has_no_spread_over_runs():
    merged = merge_replicas([run_table([1, 2, 3, 4], 0.5)])
    assert merged["drop_spread"].isna().all()
    assert merged["drop_std"].tolist() == [0.5] * 4


def bars(axes):
    return [bar.get_width() for bar in axes.patches]


def error_bars(axes):
    (lines,) = (c for c in axes.collections if hasattr(c, "get_segments"))
    return [np.ptp(path[:, 0]) / 2 for path in lines.get_segments()]


def test_the_figure_shows_the_table_the_largest_drop_of_area_on_top():
    merged = merge_replicas([run_table([1, 6, 5, 2]), run_table([3, 6, 9, 4])])
    figure = importance(merged, label="open data")
    area, loss = figure.axes
    assert [text.get_text() for text in area.get_yticklabels()] == ["b", "a"]
    assert area.get_ylim()[0] > area.get_ylim()[1]
    assert (bars(area), bars(loss)) == ([7, 2], [3, 6])
    np.testing.assert_allclose(error_bars(area), [8**0.5, 2**0.5])
    np.testing.assert_allclose(error_bars(loss), [2**0.5, 0])
    assert "area" in area.get_xlabel()
    assert "loss" in loss.get_xlabel()
    assert figure.get_suptitle() == "open data"


def test_the_figure_of_one_run_shows_the_spread_of_its_repeats():
    figure = importance(merge_replicas([run_table([1, 2, 5, 6], 0.5)]))
    np.testing.assert_allclose(error_bars(figure.axes[0]), [0.5, 0.5])
