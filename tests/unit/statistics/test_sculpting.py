"""How far a cut on the score bends a spectator: against distances that are known."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from winnow.statistics.sculpting import SHARES, distance, sculpting, slice_edges
from winnow.study.keys.plot_axes import PlotAxis


def measured(mass, score, weight=None, seed=1):
    weight = np.ones(len(mass)) if weight is None else weight
    table, histograms = sculpting(pd.DataFrame({"m": mass}), score, weight, seed)
    return table.iloc[0], histograms


def test_a_score_that_is_the_mass_has_the_distance_of_its_slices():
    """F is x; in a slice of shares from a to b F_s rises from 0 to 1 between them.

    The integral of (F_s − x)² is summed up here in fine steps.
    """
    x = (np.arange(200_000) + 0.5) / 200_000
    expected = 0.0
    for a, b in pairwise(SHARES):
        inside = np.clip((x - a) / (b - a), 0, 1)
        expected += (b - a) * np.mean((inside - x) ** 2)
    generator = np.random.default_rng(0)
    mass = generator.random(40_000)
    found, _ = measured(mass, mass)
    assert found["distance"] == pytest.approx(np.sqrt(expected), abs=0.003)
    assert found["p_value"] == pytest.approx(1 / 101)


def test_an_unrelated_score_has_the_distance_that_chance_gives():
    """Over experiments the p-value is as often small as it should be."""
    generator = np.random.default_rng(1)
    p_values, excess = [], []
    for number in range(60):
        mass, score = generator.exponential(size=(2, 800))
        found, _ = measured(mass, score, seed=number)
        p_values.append(found["p_value"])
        excess.append(found["distance"] - found["unrelated"])
    assert 0.3 < np.mean(p_values) < 0.7
    assert np.mean(np.array(p_values) < 0.1) < 0.25
    assert abs(np.mean(excess)) < 3 * np.std(excess) / np.sqrt(60)


def test_the_uncertainty_is_the_spread_over_experiments():
    generator = np.random.default_rng(2)
    distances, told = [], []
    for number in range(40):
        mass = generator.normal(size=1000)
        found, _ = measured(mass, mass + generator.normal(size=1000), seed=number)
        distances.append(found["distance"])
        told.append(found["uncertainty"])
    assert np.mean(told) == pytest.approx(np.std(distances), rel=0.35)


def test_a_weight_of_two_is_two_events():
    generator = np.random.default_rng(3)
    mass = generator.normal(size=3000)
    score = mass + generator.normal(size=3000)
    twice = np.arange(3000) % 3 == 0
    weighted, _ = measured(mass, score, np.where(twice, 2.0, 1.0))
    repeated, _ = measured(np.append(mass, mass[twice]), np.append(score, score[twice]))
    # the steps at which F is told lie elsewhere
    assert weighted["distance"] == pytest.approx(repeated["distance"], abs=2e-3)


def test_negative_weights_take_away():
    """Events of both signs cancel: the distance is that of those that are left."""
    generator = np.random.default_rng(4)
    mass = generator.normal(size=4000)
    score = mass + generator.normal(size=4000)
    extra = generator.normal(3, 1, size=(2, 500))
    both = [np.concatenate([own, e, e]) for own, e in ((mass, extra[0]), (score, extra[1]))]
    weight = np.concatenate([np.ones(4000), np.ones(500), -np.ones(500)])
    left, _ = measured(mass, score)
    found, _ = measured(*both, weight)
    assert found["distance"] == pytest.approx(left["distance"], abs=4e-3)


def test_slices_hold_their_shares():
    generator = np.random.default_rng(5)
    score, weight = generator.random((2, 10_000))
    edges = slice_edges(score, weight)
    inside = np.histogram(score, np.clip(edges, 0, 1), weights=weight)[0] / weight.sum()
    np.testing.assert_allclose(inside, np.diff(SHARES), atol=1e-3)


def test_histograms_are_of_unit_area_and_missing_values_are_left_out():
    generator = np.random.default_rng(6)
    mass = np.append(generator.random(5000), [np.nan] * 10)
    found, histograms = measured(mass, np.append(generator.random(5000), [0.5] * 10))
    assert found["entries"] == 5000
    width = histograms["high"] - histograms["low"]
    areas = (histograms["density"] * width).groupby(histograms["slice"]).sum()
    assert len(areas) == 4
    assert ((areas > 0.95) & (areas <= 1 + 1e-9)).all()


def test_a_spectator_has_the_bins_that_are_asked_for_and_the_same_distance():
    score, mass = np.random.default_rng(7).random((2, 500))
    own = pd.DataFrame({"mass": mass}), score, np.ones(500), 1
    asked = {"mass": PlotAxis(4, (0.2, 1.0))}
    (plain, _), (found, histograms) = sculpting(*own), sculpting(*own, asked)
    pd.testing.assert_frame_equal(found, plain)
    assert sorted(set(histograms["low"])) == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_the_same_seed_gives_the_same_and_weights_without_a_sum_give_none():
    generator = np.random.default_rng(7)
    mass, score = generator.random((2, 300))
    one, two = (measured(mass, score)[0] for _ in range(2))
    pd.testing.assert_series_equal(one, two)
    found, histograms = measured(mass, score, np.where(np.arange(300) % 2, 1.0, -1.0))
    assert np.isnan(found["distance"])
    assert histograms.empty
    assert np.isnan(distance(np.zeros((4, 3))))
