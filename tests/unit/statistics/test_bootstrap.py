"""The bootstrap: what a replica counts, the spread it has, and what its bands cover."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from winnow.errors import DataError
from winnow.statistics.bootstrap import (
    BootstrapSettings,
    Replicas,
    fom_bootstrap,
    largest,
    quantile_band,
    replicate,
)
from winnow.statistics.counting import CountedEvents, at_cuts, scan
from winnow.statistics.merit import background_uncertainty, fom_uncertainty
from winnow.statistics.significance import DEFINITIONS, asimov

ONE_GROUP = np.array([0.1])


def events(score, is_signal, weight, group=None):
    label = np.asarray(is_signal, dtype=bool)
    return CountedEvents(
        np.asarray(score, dtype=np.float32),
        label,
        np.asarray(weight, dtype=np.float64),
        np.zeros(label.size, np.intp) if group is None else np.asarray(group, np.intp),
        np.ones(label.size, bool),
    )


def toy(generator, signal=400, background=400):
    """Return a sample of known expectation, s = signal / 10 and b = 0.72 background, above 0.5."""
    s, b = generator.poisson([signal, background])
    score = np.concatenate([generator.uniform(0.5, 1, s), generator.uniform(0.5, 1, b)])
    size = generator.exponential(size=s + b)
    sign = np.where(generator.random(s + b) < 0.1, -0.8, 1.0)
    label = np.arange(s + b) < s
    return events(score, label, np.where(label, 0.1 * size, (sign - 0.1) * size))


def test_a_replica_counts_each_event_a_whole_number_of_times_at_every_cut_it_passes():
    # Digits of a sum in base 100 tell how often each event is counted; scores are exact in float32.
    sample = events(
        [0.25, 0.5, 0.5, 0.75, 0.5, 0.75],
        [True, True, False, True, False, False],
        [1.0, 1e2, 3.0, 1e4, -5.0, 7.0],
        [9, 9, 0, 9, 1, 1],
    )
    cuts = np.array([0.125, 0.25, 0.3, 0.5, 0.75, 0.8])
    fractions = np.array([0.1, 0.3])
    replicas = replicate(sample, cuts, fractions, "test", BootstrapSettings(3, 40))
    seen = set()
    for s, b, sigma in zip(replicas.s, replicas.b, replicas.sigma, strict=True):
        first, second, third = s[0] % 100, s[0] // 100 % 100, s[0] // 10_000
        assert s[1:].tolist() == [s[0], *[s[0] - first] * 2, 1e4 * third, 0.0]
        assert b[4] % 7 == 0
        assert b[5] == sigma[5] == 0
        assert sigma[4] == pytest.approx(0.3 * b[4])
        assert set(b[:4]) == {b[0]}
        seen |= {first, second, third}
    assert {0.0, 1.0, 2.0} <= seen


def test_events_are_counted_with_poisson_probabilities():
    size, replicas = 2000, 60
    cuts = np.arange(size) / size
    sample = events(cuts + 0.25 / size, np.ones(size), np.ones(size))
    found = replicate(sample, cuts, ONE_GROUP, "test", BootstrapSettings(1, replicas))
    drawn = -np.diff(found.s, axis=1, append=0.0).ravel().astype(int)
    observed = np.bincount(np.minimum(drawn, 6), minlength=7)
    expected = np.append(stats.poisson.pmf(range(6), 1.0), stats.poisson.sf(5, 1.0)) * drawn.size
    assert stats.chisquare(observed, expected).pvalue > 0.01


def test_spread_and_correlation_of_replicas_are_those_of_weighted_sums():
    generator = np.random.default_rng(5)
    sample = toy(generator)
    cuts = np.array([0.5, 0.6, 0.8])
    replicas = replicate(sample, cuts, ONE_GROUP, "test", BootstrapSettings(2, 2000))
    counts = at_cuts(scan(sample.score, sample.is_signal, sample.weight), cuts)
    for drawn, total, variance in (
        (replicas.s, counts.s, counts.s_variance),
        (replicas.b, counts.b, counts.b_variance),
    ):
        # Four standard errors of a mean and of a variance from 2000 replicas.
        np.testing.assert_array_less(
            np.abs(drawn.mean(axis=0) - total), 4 * np.sqrt(variance / 2000)
        )
        covariance = np.cov(drawn.T)
        # What two cuts share is what passes the tighter one.
        expected = np.minimum.outer(variance, variance)
        np.testing.assert_allclose(covariance, expected, atol=4 * np.sqrt(2 / 2000) * variance[0])
        np.testing.assert_allclose(np.diag(covariance), variance, rtol=4 * np.sqrt(2 / 2000))
    np.testing.assert_allclose(replicas.sigma, 0.1 * replicas.b, rtol=1e-12)


def test_events_beyond_one_block_are_counted_and_those_below_all_cuts_are_not():
    size = 150_000
    score = np.full(size, 0.2)
    score[-500:] = 0.9
    score[:20_000] = 0.01
    sample = events(score, np.ones(size), np.ones(size))
    cuts = np.array([0.1, 0.5])
    s = replicate(sample, cuts, ONE_GROUP, "test", BootstrapSettings(1, 50)).s
    expected = np.array([130_000, 500])
    # Four standard errors of the mean of 50 Poisson numbers.
    np.testing.assert_array_less(np.abs(s.mean(axis=0) - expected), 4 * np.sqrt(expected / 50))
    assert len(set(s[:, 1])) > 1


def test_replicas_depend_on_seed_sample_and_number_alone():
    sample = toy(np.random.default_rng(6))
    cuts = np.array([0.5, 0.7])

    def draw(seed=1, name="test", replicas=8):
        return replicate(sample, cuts, ONE_GROUP, name, BootstrapSettings(seed, replicas)).s

    np.testing.assert_array_equal(draw(), draw())
    np.testing.assert_array_equal(draw()[:5], draw(replicas=5))
    assert not np.array_equal(draw(), draw(seed=2))
    assert not np.array_equal(draw(), draw(name="train"))
    assert len(np.unique(draw()[:, 0])) == 8


def test_an_event_is_drawn_alike_whatever_its_score_and_whether_others_count():
    # Weights of powers of a hundred tell how often each event is counted.
    weight = 100.0 ** np.arange(6)
    first = events(np.linspace(0.5, 1, 6), np.ones(6), weight)
    second = replace(
        events(np.linspace(1, 0, 6), np.ones(6), weight), counted=np.array([1, 0, 1, 1, 0, 1], bool)
    )
    drawn = [
        replicate(sample, np.array([0.3]), ONE_GROUP, "test", BootstrapSettings(1, 30)).s[:, 0]
        for sample in (first, second)
    ]
    for event in (0, 2, 3):
        counts = [sums // weight[event] % 100 for sums in drawn]
        np.testing.assert_array_equal(*counts)
    # Neither what does not count, nor what passes no cut.
    for event in (1, 4, 5):
        assert not (drawn[1] // weight[event] % 100).any()


def test_without_replicas_nothing_is_defined():
    sample = toy(np.random.default_rng(6))
    cuts = np.array([0.5, 0.7])
    drawn = replicate(sample, cuts, ONE_GROUP, "test", BootstrapSettings(1, 0))
    bands, spread = fom_bootstrap(drawn, cuts, np.ones(2, bool), dict.fromkeys(DEFINITIONS, 0))
    assert bands.drop(columns="cut").isna().all(axis=None)
    assert spread.drop(columns="definition").isna().all(axis=None)


def test_the_band_covers_the_true_value_at_its_stated_rate():
    generator = np.random.default_rng(7)
    toys, replicas = 250, 59
    cuts, eligible, chosen = np.array([0.5]), np.array([True]), dict.fromkeys(DEFINITIONS, 0)
    # The mean of (sign − 0.1) is 0.9 · 0.9 − 0.1 · 0.9.
    s, b = 0.1 * 400, 0.72 * 400
    truth = {name: float(d.function(s, b, 0.1 * b)) for name, d in DEFINITIONS.items()}
    intervals = [(0.16, 0.84), (0.05, 0.95)]
    missed = {(name, q): np.zeros(2) for name in DEFINITIONS for q in intervals}
    for number in range(toys):
        settings = BootstrapSettings(number, replicas)
        drawn = replicate(toy(generator), cuts, ONE_GROUP, "test", settings)
        for quantiles in intervals:
            bands, _ = fom_bootstrap(drawn, cuts, eligible, chosen, quantiles)
            for name, value in truth.items():
                lower, upper = bands[f"{name}_lower"][0], bands[f"{name}_upper"][0]
                missed[name, quantiles] += [value < lower, value > upper]
    for (name, quantiles), (below, above) in missed.items():
        # The interval spans (replicas − 1)(q2 − q1) gaps of order statistics, each
        # 1/(replicas + 1).
        covered = (quantiles[1] - quantiles[0]) * (replicas - 1) / (replicas + 1)
        side = (1 - covered) / 2
        # Three binomial standard errors.
        error = 3.0 * np.sqrt(covered * (1 - covered) / toys)
        assert 1 - (below + above) / toys == pytest.approx(covered, abs=error), name
        error = 3.0 * np.sqrt(side * (1 - side) / toys)
        assert below / toys == pytest.approx(side, abs=error), name
        assert above / toys == pytest.approx(side, abs=error), name


def test_the_band_agrees_with_linear_error_propagation_for_a_large_sample():
    sample = toy(np.random.default_rng(8), 4000, 4000)
    cuts = np.array([0.5, 0.9])
    settings = BootstrapSettings(1, 1000)
    drawn = replicate(sample, cuts, ONE_GROUP, "validation", settings)
    bands, spread = fom_bootstrap(
        drawn, cuts, np.ones(2, bool), dict.fromkeys(DEFINITIONS, 1), settings.quantiles
    )
    counts = at_cuts(scan(sample.score, sample.is_signal, sample.weight), cuts)
    for name, definition in DEFINITIONS.items():
        expected = fom_uncertainty(definition, counts, ONE_GROUP) * stats.norm.ppf(0.84)
        width = (bands[f"{name}_upper"] - bands[f"{name}_lower"]) / 2
        # Four standard errors of the half-width, 3 % each with 1000 replicas of a normal number.
        np.testing.assert_allclose(width, expected, rtol=0.12)
        row = spread.set_index("definition").loc[name]
        assert row["fom_lower"] == bands[f"{name}_lower"][1]
        assert row["fom_upper"] == bands[f"{name}_upper"][1]
        value = definition.function(counts.s[1], counts.b[1], 0.1 * counts.b[1])
        assert row["fom_mean"] == pytest.approx(float(value), abs=expected[1] / 4)


def test_tables_are_quantiles_of_the_definitions_over_replicas():
    sample = toy(np.random.default_rng(9))
    cuts = np.linspace(0.5, 0.9, 5)
    drawn = replicate(sample, cuts, ONE_GROUP, "test", BootstrapSettings(4, 50))
    eligible = cuts < 0.75
    chosen = dict.fromkeys(DEFINITIONS, 2) | {"ams": None}
    bands, spread = fom_bootstrap(drawn, cuts, eligible, chosen, (0.1, 0.9))
    values = asimov(drawn.s, drawn.b, drawn.sigma)
    np.testing.assert_array_equal(bands["cut"], cuts)
    np.testing.assert_array_equal(bands["asimov_lower"], np.quantile(values, 0.1, axis=0))
    np.testing.assert_array_equal(bands["asimov_upper"], np.quantile(values, 0.9, axis=0))
    rows = spread.set_index("definition")
    assert list(rows.index) == list(DEFINITIONS)
    top = values[:, eligible].max(axis=1)
    assert rows.loc["asimov", "max_mean"] == pytest.approx(top.mean())
    assert rows.loc["asimov", "max_lower"] == pytest.approx(np.quantile(top, 0.1))
    assert rows.loc["asimov", "max_upper"] == pytest.approx(np.quantile(top, 0.9))
    assert rows.loc["asimov", "fom_mean"] == pytest.approx(values[:, 2].mean())
    assert rows.loc["ams", ["fom_mean", "fom_lower", "fom_upper"]].isna().all()
    assert np.isfinite(rows.loc["ams", "max_mean"])


def test_a_band_needs_nine_defined_replicas_of_ten():
    values = np.tile(np.arange(20.0)[:, np.newaxis], (1, 4))
    values[:2, 1] = np.nan
    values[:3, 2] = np.nan
    values[:, 3] = np.nan
    lower, upper = quantile_band(values, (0.0, 0.5))
    np.testing.assert_array_equal(lower, [0.0, 2.0, np.nan, np.nan])
    np.testing.assert_array_equal(upper, [9.5, 10.5, np.nan, np.nan])


def test_the_max_is_taken_over_eligible_defined_cuts():
    values = np.array([[1.0, 3.0, 9.0], [2.0, np.nan, 9.0], [np.nan, np.nan, 9.0]])
    top = largest(values, np.array([True, True, False]))
    np.testing.assert_array_equal(top, [3.0, 2.0, np.nan])
    assert np.isnan(largest(values, np.zeros(3, bool))).all()
    assert np.isnan(largest(np.empty((2, 0)), np.zeros(0, bool))).all()


def test_without_background_nothing_is_defined():
    sample = events([0.5, 0.6], [True, True], [1.0, 1.0])
    cuts = np.array([0.1])
    settings = BootstrapSettings(1, 20)
    drawn = replicate(sample, cuts, ONE_GROUP, "test", settings)
    bands, spread = fom_bootstrap(drawn, cuts, np.array([True]), dict.fromkeys(DEFINITIONS, 0))
    assert np.isnan(bands["asimov_lower"][0])
    assert np.isnan(bands["asimov_upper"][0])
    rows = spread.set_index("definition")
    assert rows.loc["asimov", ["max_mean", "fom_mean", "fom_upper"]].isna().all()
    # AMS is defined without background.
    assert rows.loc["ams", "fom_upper"] > 0


def test_independent_uncertainties_add_in_quadrature():
    # By hand: √((0.1 · 100)² + (0.2 · 50)²) = 10√2; 0.1 · 20 and 0.2 · −10 give √8.
    found = background_uncertainty([[100.0, 20.0], [50.0, -10.0]], [0.1, 0.2])
    np.testing.assert_allclose(found, [np.sqrt(200), np.sqrt(8)], rtol=1e-15)


def test_undefined_scores_are_errors():
    sample = events([0.5, np.nan], [True, False], [1.0, 1.0])
    with pytest.raises(DataError, match="1 of 2 events have the score NaN"):
        replicate(sample, np.array([0.1]), ONE_GROUP, "test", BootstrapSettings(1))


def test_a_class_is_rescaled_in_every_replica_or_undefined():
    weight = np.array([1.0, 1.0, -1.2, 4.0, 4.0])
    free = events([0.9, 0.6, 0.9, 0.9, 0.6], [1, 1, 1, 0, 0], weight)
    cuts, asked = np.array([0.5, 0.8]), BootstrapSettings(1, 400)
    drawn = replicate(free, cuts, ONE_GROUP, "test", asked)
    # the second total is the signal's; of the first one's class the sample has no event
    given = replace(free, fixed=np.array([1, 1, 1, -1, -1]))
    found = replicate(given, cuts, ONE_GROUP, "test", asked)
    whole = drawn.s[:, 0]
    assert np.sum(whole < 0) > 20
    assert np.sum(whole > 0) > 20
    # 0.8 is what the signal's weights sum to
    factor = np.where(whole > 0, 0.8 / np.where(whole > 0, whole, 1.0), np.nan)
    np.testing.assert_allclose(found.s, drawn.s * factor[:, np.newaxis], rtol=1e-12)
    # of what has no total nothing changes, but where the class that has one is undefined
    kept = whole > 0
    np.testing.assert_allclose(found.b[kept], drawn.b[kept], rtol=1e-12)


def test_a_mean_is_that_of_the_replicas_that_are_defined():
    s, b = np.full((20, 1), 9.0), np.linspace(1.0, 20.0, 20)[:, np.newaxis]
    b[3] = 0.0
    drawn = Replicas(s, b, 0.0 * b)
    spread = fom_bootstrap(drawn, np.zeros(1), np.ones(1, bool), dict.fromkeys(DEFINITIONS, 0))[1]
    row = spread.set_index("definition").loc["s_over_sqrt_b"]
    expected = np.mean([9.0 / np.sqrt(n) for n in range(1, 21) if n != 4])
    assert row["fom_mean"] == pytest.approx(expected, rel=1e-12)
    assert row["max_mean"] == pytest.approx(expected, rel=1e-12)


def test_nine_of_ten_is_counted_in_replicas():
    values = np.ones((100, 2))
    values[:10, 0] = np.nan
    values[:11, 1] = np.nan
    lower, _ = quantile_band(values, (0.16, 0.84))
    np.testing.assert_array_equal(lower, [1.0, np.nan])
