"""Normalisation: against scikit-learn, and applied by an interpreter that knows only the format."""

import json
import math
from bisect import bisect_right
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.preprocessing import (
    MinMaxScaler,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

import sections
from winnow.errors import ConfigError, DataError
from winnow.preparation.normalise.apply import apply, constant_features, output_names

NAMES = ["pt", "eta", "mass"]


def toy(events=4000, seed=1):
    """Return correlated features: two positive, of very different size, one symmetric."""
    generator = np.random.default_rng(seed)
    pt = generator.exponential(40.0, events) + 20
    eta = generator.normal(0.3, 1.2, events)
    mass = pt * np.cosh(eta) + generator.exponential(5.0, events)
    return np.column_stack([pt, eta, mass]).astype(np.float32)


def with_missing(features, seed=2):
    """Return a copy where a third of pt and a tenth of mass is missing."""
    generator = np.random.default_rng(seed)
    features = features.copy()
    features[generator.random(len(features)) < 0.33, 0] = np.nan
    features[generator.random(len(features)) < 0.10, 2] = np.nan
    return features


def fit(features, steps, impute="median", indicators=False, names=NAMES):
    return sections.fitted(features, names, steps, impute=impute, indicators=indicators)


def fit_apply(features, steps, **options):
    return apply(fit(features, steps, **options), features)


def interpret(text, event):
    """Apply the documented JSON format to one event, in plain Python, without winnow's code."""
    transform = json.loads(text)
    assert (transform["format"], transform["version"]) == ("winnow-normalisation", 1)
    table = {}
    for item, value in zip(transform["inputs"], event, strict=True):
        missing = math.isnan(value)
        table[item["name"]] = item["impute"] if missing else float(value)
        if item["indicator"] is not None:
            table[item["indicator"]] = 1.0 if missing else 0.0
    for step in transform["steps"]:
        if step["operation"] == "matrix":
            centred = [
                table.pop(n) - c for n, c in zip(step["features"], step["centre"], strict=True)
            ]
            for name, row in zip(step["outputs"], step["matrix"], strict=True):
                table[name] = sum(a * b for a, b in zip(row, centred, strict=True))
            continue
        for i, name in enumerate(step["features"]):
            value = table[name]
            if step["operation"] == "log":
                table[name] = math.log(max(value, step["floor"][i]))
            elif step["operation"] == "linear":
                table[name] = (value - step["centre"][i]) / step["scale"][i]
            elif step["operation"] == "interpolate":
                x, y = step["x"][i], step["y"][i]
                if value <= x[0]:
                    table[name] = y[0]
                elif value >= x[-1]:
                    table[name] = y[-1]
                else:
                    j = bisect_right(x, value)
                    share = (value - x[j - 1]) / (x[j] - x[j - 1])
                    table[name] = y[j - 1] + share * (y[j] - y[j - 1])
            else:
                raise AssertionError(step["operation"])
    return [table[name] for name in transform["outputs"]]


# Against scikit-learn -----------------------------------------------------------------------------


def test_minmax_is_the_tutorials_formula_and_scikit_learns():
    x = toy()
    result = fit_apply(x, ["minmax"])
    top, bot = x.astype(np.float64).max(axis=0), x.astype(np.float64).min(axis=0)
    np.testing.assert_allclose(result, (2 * x - top - bot) / (top - bot), atol=1e-6)
    expected = MinMaxScaler((-1, 1)).fit_transform(x.astype(np.float64))
    np.testing.assert_allclose(result, expected, atol=1e-6)
    assert result.min() == -1
    assert result.max() == 1


def test_standard_is_scikit_learns():
    x = toy()
    expected = StandardScaler().fit_transform(x.astype(np.float64))
    np.testing.assert_allclose(fit_apply(x, ["standard"]), expected, atol=1e-5)


def test_robust_is_scikit_learns_up_to_half_the_distance():
    x = toy()
    scaler = RobustScaler(quantile_range=(16, 84)).fit(x.astype(np.float64))
    expected = 2 * scaler.transform(x.astype(np.float64))
    np.testing.assert_allclose(fit_apply(x, ["robust"]), expected, rtol=1e-5, atol=1e-5)


def test_robust_of_a_gaussian_is_standard():
    # The 16 % and 84 % quantiles of a standard normal lie 0.99446 from its median.
    x = np.random.default_rng(3).normal(5, 3, (200_000, 1)).astype(np.float32)
    transform = fit(x, ["robust"], names=["x"])
    assert transform["steps"][0]["scale"][0] == pytest.approx(3 * 0.99446, rel=0.01)
    assert transform["steps"][0]["centre"][0] == pytest.approx(5, abs=0.03)


def test_quantile_gives_a_standard_normal_close_to_scikit_learns():
    x = toy(20_000)
    result = fit_apply(x, ["quantile"])
    expected = QuantileTransformer(
        n_quantiles=1000, output_distribution="normal", subsample=None
    ).fit_transform(x.astype(np.float64))
    inner = np.abs(expected) < 3
    np.testing.assert_allclose(result[inner], expected[inner], atol=0.02)
    assert np.abs(result).max() < 4.5
    np.testing.assert_allclose(result.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(result.std(axis=0), 1, atol=0.02)


def test_a_quantile_step_has_as_many_points_as_asked_for():
    x = toy(20_000)
    asked = fit_apply(x, [{"step": "quantile", "quantiles": 20}])
    # at its points, the table is the normal's inverse: exact but for float32
    for k in range(1, 19):
        at = np.quantile(x[:, 0], k / 19, method="nearest")
        found = asked[x[:, 0] == at, 0][0]
        assert found == pytest.approx(NormalDist().inv_cdf(k / 19), abs=2e-3)
    # halfway between two of them the line lies off the true quantile, where a fine table does not
    first, second = np.quantile(x[:, 0], [1 / 19, 2 / 19])
    near = np.argmin(np.abs(x[:, 0] - (first + second) / 2))
    line = (NormalDist().inv_cdf(1 / 19) + NormalDist().inv_cdf(2 / 19)) / 2
    assert asked[near, 0] == pytest.approx(line, abs=2e-3)


def test_pca_is_scikit_learns_up_to_sign():
    x = toy()
    expected = PCA(whiten=True).fit_transform(x.astype(np.float64))
    result = fit_apply(x, ["pca"])
    signs = np.sign((result * expected).sum(axis=0))
    np.testing.assert_allclose(result, signs * expected, atol=2e-5)


def test_decorrelate_gives_unit_covariance_by_a_symmetric_positive_matrix():
    x = toy()
    transform = fit(x, ["decorrelate"])
    result = apply(transform, x).astype(np.float64)
    np.testing.assert_allclose(np.cov(result.T), np.eye(3), atol=1e-5)
    # C^(−1/2) is the only symmetric positive matrix whose square is the inverse covariance.
    matrix = np.array(transform["steps"][0]["matrix"])
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-9)
    assert (np.linalg.eigvalsh(matrix) > 0).all()
    inverse = np.linalg.inv(np.cov(x.astype(np.float64).T))
    np.testing.assert_allclose(matrix @ matrix, inverse, rtol=1e-6, atol=1e-9)
    assert transform["outputs"] == NAMES


def test_log_is_the_natural_logarithm_and_stops_at_the_smallest_training_value():
    x = toy()
    transform = fit(x, [{"step": "log", "features": ["pt", "mass"]}])
    np.testing.assert_allclose(apply(transform, x)[:, [0, 2]], np.log(x[:, [0, 2]]), rtol=1e-6)
    np.testing.assert_array_equal(apply(transform, x)[:, 1], x[:, 1])
    other = np.array([[-5, 0, 0], [x[:, 0].min() / 2, 0, 1e6]], dtype=np.float32)
    low_pt, low_mass = np.log(x[:, [0, 2]].min(axis=0))
    expected = [[low_pt, 0, low_mass], [low_pt, 0, np.log(1e6)]]
    np.testing.assert_allclose(apply(transform, other), expected, rtol=1e-6)


def test_no_step_leaves_the_features():
    x = toy(50)
    np.testing.assert_array_equal(fit_apply(x, []), x)


# Chains, subsets, parameters ----------------------------------------------------------------------


def test_chain_equals_the_steps_one_after_another():
    x = toy()
    chained = fit_apply(x, [{"step": "log", "features": ["pt", "mass"]}, "standard", "pca"])
    logged = x.astype(np.float64)
    logged[:, [0, 2]] = np.log(logged[:, [0, 2]])
    expected = PCA(whiten=True).fit_transform(StandardScaler().fit_transform(logged))
    signs = np.sign((chained * expected).sum(axis=0))
    np.testing.assert_allclose(chained, signs * expected, atol=2e-5)


def test_each_feature_can_have_its_own_step():
    x = toy()
    steps = [{"step": "minmax", "features": ["eta"]}, {"step": "standard", "features": ["mass"]}]
    result = fit_apply(x, steps)
    np.testing.assert_array_equal(result[:, 0], x[:, 0])
    np.testing.assert_array_equal(result[:, [1]], fit_apply(x, ["minmax"])[:, [1]])
    np.testing.assert_array_equal(result[:, [2]], fit_apply(x, ["standard"])[:, [2]])


def test_a_step_after_a_joint_step_sees_what_that_gives():
    x = with_missing(toy())
    result = fit_apply(x, ["standard", {"step": "pca", "components": 2}, "minmax"])
    assert result.shape == (len(x), 2)
    np.testing.assert_allclose(result.min(axis=0), -1, atol=1e-6)
    np.testing.assert_allclose(result.max(axis=0), 1, atol=1e-6)


def test_pca_of_some_features_keeps_the_others_and_counts_its_components_on():
    x = np.column_stack([toy(), toy(seed=9)])
    names = ["a", "b", "c", "d", "e", "f"]
    transform = fit(
        x,
        [
            {"step": "pca", "features": ["b", "a"], "components": 1},
            {"step": "pca", "features": ["d", "f"]},
        ],
        names=names,
    )
    assert output_names(transform) == ["c", "e", "pca_1", "pca_2", "pca_3"]
    result = apply(transform, x)
    np.testing.assert_array_equal(result[:, :2], x[:, [2, 4]])
    expected = PCA(1, whiten=True).fit_transform(x[:, :2].astype(np.float64))[:, 0]
    np.testing.assert_allclose(np.abs(result[:, 2]), np.abs(expected), atol=2e-5)


def test_pca_signs_do_not_depend_on_the_event_order():
    x = toy()
    forward = fit(x, ["standard", "pca"])["steps"][1]["matrix"]
    np.testing.assert_allclose(
        forward, fit(x[::-1].copy(), ["standard", "pca"])["steps"][1]["matrix"], rtol=1e-6
    )
    forward = np.array(forward)
    assert (forward[range(3), np.abs(forward).argmax(axis=1)] > 0).all()


def test_quantile_merges_equal_values_in_the_middle():
    # Half the events are 0, the others 1: probabilities 1/4 and 3/4 → ∓0.6745 of a normal.
    x = np.repeat(np.float32([0, 1]), 500)[:, None]
    transform = fit(x, ["quantile"], names=["jets"])
    assert transform["steps"][0]["x"][0][0] == 0
    assert transform["steps"][0]["x"][0][-1] == 1
    result = apply(transform, x)
    np.testing.assert_allclose(result[[0, -1], 0], [-0.6745, 0.6745], atol=0.01)


def test_quantile_is_finite_and_clipped_outside_the_training_range():
    x = toy()
    transform = fit(x, ["quantile"])
    low, high = apply(transform, np.float32([[-1e30] * 3, [1e30] * 3]))
    # Half an event of 4000: the 1.25e-4 quantile of a standard normal is −3.6623.
    np.testing.assert_allclose(low, -3.6623, atol=1e-3)
    np.testing.assert_allclose(high, 3.6623, atol=1e-3)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    arrays(
        np.float32,
        (40, 1),
        elements=st.floats(-(2.0**40), 2.0**40, width=32, allow_subnormal=False),
    ).filter(lambda x: np.ptp(x.astype(np.float64)) > 1e-3 * np.abs(x).max())
)
def test_every_step_of_one_feature_keeps_its_order(x):
    order = np.argsort(x[:, 0], kind="stable")
    for step in ("minmax", "standard", "quantile"):
        result = fit_apply(x, [step], names=["x"])[order, 0]
        assert (np.diff(result) >= -1e-6).all()


# Missing values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["minmax", "standard", "robust", "quantile"])
def test_missing_values_do_not_enter_the_fit(step):
    x = toy()
    gaps = with_missing(x)
    transform = fit(gaps, [step])
    present = ~np.isnan(gaps[:, 0])
    alone = fit(x[present], [step])
    for key in ("centre", "scale", "x", "y"):
        if key in alone["steps"][0]:
            np.testing.assert_allclose(transform["steps"][0][key][0], alone["steps"][0][key][0])
    np.testing.assert_allclose(
        apply(transform, gaps)[present, 0],
        apply(alone, x)[present, 0],
        atol=1e-6,
    )


def test_median_and_constant_imputation_come_before_the_steps():
    gaps = with_missing(toy())
    missing = np.isnan(gaps[:, 0])
    for impute, value in (("median", np.nanmedian(gaps[:, 0])), (30.0, 30.0)):
        transform = fit(gaps, ["minmax"], impute=impute)
        step = transform["steps"][0]
        expected = (value - step["centre"][0]) / step["scale"][0]
        result = apply(transform, gaps)
        np.testing.assert_allclose(result[missing, 0], expected, rtol=1e-5)
        assert np.isfinite(result).all()


def test_joint_steps_are_fitted_on_imputed_events():
    gaps = with_missing(toy())
    imputed = np.where(np.isnan(gaps), np.nanmedian(gaps, axis=0), gaps).astype(np.float64)
    result = fit_apply(gaps, ["pca"])
    expected = PCA(whiten=True).fit_transform(imputed)
    np.testing.assert_allclose(np.abs(result), np.abs(expected), atol=2e-5)


def test_indicators_stand_behind_the_features_unscaled():
    gaps = with_missing(toy())
    transform = fit(gaps, ["standard"], indicators=True)
    assert transform["outputs"] == [*NAMES, "pt_missing", "mass_missing"]
    result = apply(transform, gaps)
    np.testing.assert_array_equal(result[:, 3:], np.isnan(gaps[:, [0, 2]]))
    fresh = apply(transform, np.float32([[np.nan, np.nan, 100]]))
    assert np.isfinite(fresh).all()
    assert fresh[0, 3:].tolist() == [1, 0]


# What the fit may see, and what goes to the file --------------------------------------------------


def test_test_events_neither_change_the_fit_nor_each_other():
    train, test = with_missing(toy()), with_missing(toy(seed=7)) * np.float32(3)
    transform = fit(train, ["standard", "pca"])
    before = json.dumps(transform)
    together = apply(transform, np.concatenate([train, test]))
    assert json.dumps(transform) == before
    np.testing.assert_allclose(together[: len(train)], apply(transform, train), atol=1e-6)
    assert abs(together[len(train) :, 0].std() - 1) > 0.5


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["minmax"],
        [{"step": "log", "features": ["pt", "mass"]}, "robust", "minmax"],
        ["quantile"],
        ["standard", "decorrelate"],
        ["standard", {"step": "pca", "features": ["pt", "mass"], "components": 1}, "quantile"],
    ],
    ids=str,
)
def test_the_json_can_be_applied_without_this_program(steps):
    train = with_missing(toy())
    text = json.dumps(fit(train, steps, indicators=True), allow_nan=False)
    other = with_missing(toy(60, seed=11) * np.float32(1.3) - np.float32(4))
    expected = np.array([interpret(text, event) for event in other.tolist()])
    result = apply(json.loads(text), other)
    np.testing.assert_allclose(result, expected, rtol=2e-6, atol=2e-6)


def test_the_json_names_inputs_and_version():
    transform = fit(with_missing(toy()), ["minmax"], indicators=True)
    assert list(transform) == ["format", "version", "inputs", "steps", "outputs"]
    assert [(i["name"], i["indicator"]) for i in transform["inputs"]] == [
        ("pt", "pt_missing"),
        ("eta", None),
        ("mass", "mass_missing"),
    ]


def test_chunks_do_not_change_the_result(monkeypatch):
    x = with_missing(toy(1000))
    steps = ["standard", "pca", "quantile"]
    transform = fit(x, steps)
    whole = apply(transform, x)
    monkeypatch.setattr("winnow.preparation.normalise.apply.CHUNK", 77)
    np.testing.assert_allclose(apply(transform, x), whole, atol=1e-6)
    np.testing.assert_allclose(apply(fit(x, steps), x), whole, atol=1e-4)


def test_apply_writes_into_a_memory_map(tmp_path: Path):
    x = toy(100)
    transform = fit(x, ["standard"])
    out = np.lib.format.open_memmap(
        tmp_path / "out.npy", mode="w+", dtype=np.float32, shape=(100, 3)
    )
    assert apply(transform, x, out) is out
    out.flush()
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), apply(transform, x))


# Errors -------------------------------------------------------------------------------------------


def constant_column(value):
    x = toy(100)
    x[:, 1] = value
    return x


@pytest.mark.parametrize(
    "steps",
    [
        ["standard"],
        [{"step": "minmax", "features": ["eta", "pt"]}],
        ["decorrelate"],
        [{"step": "pca", "components": 2}],
        ["log"],
    ],
)
def test_a_constant_feature_is_left_out_as_if_it_were_not_listed(steps):
    x = constant_column(4)
    x[3, 1] = np.nan
    found = sections.fitted(x, NAMES, steps, indicators=True, constant="drop")
    kept = [0, 2]
    listed = [
        {**step, "features": ["pt"]} if isinstance(step, dict) and "features" in step else step
        for step in steps
    ]
    alone = sections.fitted(x[:, kept], ["pt", "mass"], listed, indicators=True)
    assert output_names(found) == [*output_names(alone), "eta_missing"]
    values = apply(found, x)
    np.testing.assert_array_equal(values[:, :-1], apply(alone, x[:, kept]))
    np.testing.assert_array_equal(values[:, -1], np.isnan(x[:, 1]))
    assert constant_features(found) == ["eta"]
    assert constant_features(alone) == []


def test_constant_features_alone_are_an_error():
    x = np.full((50, 3), 2.0, np.float32)
    with pytest.raises(ConfigError, match="every feature is constant in the training events"):
        sections.fitted(x, NAMES, [], constant="drop")


@pytest.mark.parametrize(
    ("features", "steps", "message"),
    [
        (
            constant_column(4),
            [],
            "config key `columns.features`: 'eta' is constant in every training event where it is "
            "not missing: it cannot separate anything. Drop it from `columns.features`, or set "
            "`normalise.constant: drop`.",
        ),
        (
            constant_column(np.nan),
            ["minmax"],
            "config key `columns.features`: 'eta' is missing in every training event. Drop it from "
            "`columns.features`.",
        ),
        (
            toy(100),
            [{"step": "minmax", "features": ["phi"]}],
            "config key `normalise.steps[0].features`: 'phi' is not among the columns at this step "
            "(pt, eta, mass).",
        ),
        (
            toy(100),
            ["pca", {"step": "minmax", "features": ["eta"]}],
            "config key `normalise.steps[1].features`: 'eta' is not among the columns at this step "
            "(pca_1, pca_2, pca_3).",
        ),
        (
            toy(100),
            [{"step": "minmax", "features": []}],
            "config key `normalise.steps[0].features`: the list is empty, expected some of the "
            "columns at this "
            "step (pt, eta, mass).",
        ),
        (
            toy(100),
            [{"step": "pca", "components": 4}],
            "config key `normalise.steps[0].components`: found 4, expected at most 3, the number "
            "of features that the step takes.",
        ),
        (
            np.float32([[i, float(i > 18), -i] for i in range(20)]),
            ["robust"],
            "config key `normalise.steps[0]`: 'eta' has no width for the step robust: at least 68 "
            "% of its "
            "training values are 0. Use minmax, standard or quantile for it.",
        ),
        (
            toy(100)[:, [0, 1, 0]] * np.float32([1, 1, 2]),
            ["standard", "decorrelate"],
            "config key `normalise.steps[1]`: pt, mass depend on each other linearly in the "
            "training events, "
            "decorrelate cannot give all of them unit variance: leave one of them out.",
        ),
        (
            toy(100)[:, [0, 1, 0]] * np.float32([1, 1, 2]),
            ["standard", "pca"],
            "config key `normalise.steps[1]`: pt, mass depend on each other linearly in the "
            "training events, "
            "pca cannot give all of them unit variance: leave one of them out, or set `components` "
            "to 2 or less.",
        ),
        (
            np.float32([[1, 1, 2], [1, 2, 3], [np.nan, 3, 4], [2, 4, 9]]),
            [{"step": "log", "features": ["pt"]}, {"step": "minmax", "features": ["eta"]}, "log"],
            "config key `normalise.steps[2]`: the log of 'pt' is undefined, its smallest training "
            "value is 0. "
            "List under the step's `features` only those that are positive.",
        ),
    ],
)
def test_config_errors_name_key_and_mend(features, steps, message):
    with pytest.raises(ConfigError) as caught:
        fit(features, steps)
    assert str(caught.value) == message


def test_log_refuses_a_constant_that_has_none():
    with pytest.raises(ConfigError) as caught:
        fit(with_missing(toy()), [{"step": "log", "features": ["mass"]}], impute=-999)
    assert str(caught.value) == (
        "config key `normalise.impute`: -999 stands in for missing values of 'mass', but "
        "normalise.steps[0] "
        "takes its log. Use `median` or a positive number."
    )


def test_joint_steps_refuse_scales_beyond_double_precision():
    x = toy() * np.float32([1, 1e-9, 1])
    with pytest.raises(
        ConfigError, match=r"`normalise\.steps\[0\]`: the variances of the features"
    ):
        fit(x, ["decorrelate"])
    result = fit_apply(x, ["standard", "decorrelate"]).astype(np.float64)
    np.testing.assert_allclose(np.cov(result.T), np.eye(3), atol=1e-5)


def test_a_feature_named_like_a_new_column_is_an_error():
    names = ["pt", "pt_missing", "mass"]
    with pytest.raises(ConfigError, match=r"'pt_missing' is a feature and also .* Rename"):
        fit(with_missing(toy()), [], indicators=True, names=names)


def test_data_errors():
    x = toy()
    with pytest.raises(DataError, match="the training sample has no events"):
        fit(x[:0], [])
    infinite = x.copy()
    infinite[5, 2] = np.inf
    with pytest.raises(DataError, match="feature 'mass': infinite values among the training"):
        fit(infinite, [])
    transform = fit(x, ["standard"])
    with pytest.raises(DataError, match=r"output 'mass' of event 5 .* is inf, expected a finite"):
        apply(transform, infinite)
    with pytest.raises(DataError, match=r"expects 3 columns \(pt, eta, mass\)"):
        apply(transform, x[:, :2])
    with pytest.raises(DataError, match=r"version 2, but this program reads .* version 1"):
        apply(transform | {"version": 2}, x)
