"""Planing: what is flat afterwards, what stays, and what is refused."""

import numpy as np
import pytest

from winnow.errors import DataError
from winnow.preparation.balance import balance
from winnow.preparation.planing import Weighted, fit_planing
from winnow.study.keys.balance import Balance, Planing

NAMES = ("background", "signal")


def sample(count=4000):
    """A falling background and a peak of signal, with weights, some of them negative."""
    generator = np.random.default_rng(3)
    classes = generator.permutation(np.repeat(np.int8([0, 1]), count // 2))
    mass = np.where(
        classes == 1, generator.normal(125, 5, count), 80 + generator.exponential(40, count)
    )
    weights = generator.uniform(0.5, 1.5, count) * np.where(generator.random(count) < 0.05, -1, 1)
    return weights, classes, mass


def sums_in_bins(weights, classes, mass, bins):
    edges = np.quantile(mass, np.arange(1, bins) / bins)
    place = np.searchsorted(edges, mass, side="right")
    return np.array([np.bincount(place[classes == c], weights[classes == c], bins) for c in (0, 1)])


def cut(weights, classes, mass):
    """Return events in two parts."""
    own = [slice(None, 5), slice(5, None)]
    return [Weighted(weights[part], classes[part], mass[part]) for part in own]


def planed(weights, classes, mass, bins, names):
    events = cut(weights, classes, mass)
    found = fit_planing(lambda: iter(events), bins, names)
    return np.concatenate([found.weights(own) for own in events])


def balanced(weights, classes, mass, settings):
    events = cut(weights, classes, mass)
    result = balance(lambda: iter(events), settings, NAMES, "signal", "train")
    return np.concatenate([result.training_weights(own) for own in events])


def test_each_class_is_flat_where_it_has_events_and_keeps_its_sum():
    weights, classes, mass = sample()
    found = planed(weights, classes, mass, 10, NAMES)
    sums = sums_in_bins(found, classes, mass, 10)
    for index, own in enumerate(sums):
        filled = own[
            np.bincount(
                np.searchsorted(
                    np.quantile(mass, np.arange(1, 10) / 10), mass[classes == index], side="right"
                ),
                minlength=10,
            )
            > 0
        ]
        np.testing.assert_allclose(filled, weights[classes == index].sum() / len(filled))
    assert (np.sign(found) == np.sign(weights)).all()


def test_in_a_bin_weights_keep_their_ratios():
    weights, classes, mass = sample()
    found = planed(weights, classes, mass, 4, NAMES)
    place = np.searchsorted(np.quantile(mass, [0.25, 0.5, 0.75]), mass, side="right")
    ratio = (found / weights)[(place == 2) & (classes == 0)]
    np.testing.assert_allclose(ratio, ratio[0])


def test_missing_values_are_a_bin_of_their_own():
    weights, classes, mass = np.ones(6), np.int8([0, 0, 0, 0, 1, 1]), np.array([1.0] * 6)
    mass[0] = mass[4] = np.nan
    found = planed(weights, classes, mass, 1, NAMES)
    np.testing.assert_allclose(found, [2, 2 / 3, 2 / 3, 2 / 3, 1, 1])
    mass[:] = np.nan
    np.testing.assert_allclose(planed(weights, classes, mass, 3, NAMES), weights)


@pytest.mark.parametrize("missing", [False, True])
def test_a_bin_whose_weights_cancel_is_refused(missing):
    weights, classes = np.array([1.0, -1.0, 5.0, 5.0]), np.int8([0, 0, 0, 1])
    mass = np.array([np.nan, np.nan, 3.0, 3.0] if missing else [1.0, 1.0, 3.0, 3.0])
    where = "where it is missing" if missing else "between -inf and 2"
    with pytest.raises(DataError, match=f"'background' sum to 0 {where}, .*negative_weights"):
        planed(weights, classes, mass, 2, NAMES)


def test_classes_are_scaled_after_it():
    weights, classes, mass = sample()
    settings = Balance("equal", planing=Planing("mass", 10))
    found = balanced(weights, classes, mass, settings)
    expected = planed(weights, classes, mass, 10, NAMES)
    for index in (0, 1):
        own = found[classes == index]
        np.testing.assert_allclose(own.sum(), len(weights) / 2)
        np.testing.assert_allclose(
            own / own.sum(), expected[classes == index] / expected[classes == index].sum()
        )


def test_of_negative_weights_the_absolute_values_are_flat():
    weights, classes, mass = sample()
    settings = Balance("none", "absolute", planing=Planing("mass", 10))
    found = balanced(weights, classes, mass, settings)
    sums = sums_in_bins(found, classes, mass, 10)[0]
    np.testing.assert_allclose(
        sums[sums > 0], np.abs(weights[classes == 0]).sum() / (sums > 0).sum()
    )
