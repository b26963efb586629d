"""Moments and quantiles of numbers that are not held at once."""

import tracemalloc

import numpy as np
import pytest

from winnow.preparation.values import Values

SHARES = [0, 0.001, 0.16, 0.5, 0.731, 0.84, 1]


def numbers(kind, count=20_000):
    random = np.random.default_rng(len(kind))
    return {
        "spread": random.normal(size=count),
        "falling": random.lognormal(3, 4, count),
        "whole": random.integers(-3, 4, count).astype(float),
        "mostly one": np.where(random.random(count) < 0.8, 7.0, random.normal(size=count)),
        "rising": np.arange(count) / 7,
        "one": np.full(count, 2.5),
    }[kind]


KINDS = ["spread", "falling", "whole", "mostly one", "rising", "one"]


def parts(values, size=777):
    return lambda: (values[start : start + size] for start in range(0, len(values), size))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [2_999, 20_000])
def test_quantiles_are_numpys_to_the_last_bit_however_few_numbers_are_held(kind, count):
    values = numbers(kind, count)
    expected = np.quantile(values, SHARES)
    for held in (100, 1_500, count):
        found = Values(parts(values), held).quantiles(SHARES)
        np.testing.assert_array_equal(found, expected, err_msg=f"{held}")


@pytest.mark.parametrize("kind", KINDS)
def test_moments_are_those_of_all_and_do_not_depend_on_what_is_held(kind):
    values = numbers(kind)
    few, all_held = Values(parts(values), 100), Values(parts(values))
    assert few.count == len(values)
    assert (few.low, few.high) == (values.min(), values.max())
    assert few.mean == pytest.approx(values.mean(), rel=1e-13, abs=1e-15)
    assert few.deviation == pytest.approx(values.std(), rel=1e-12)
    assert (few.mean, few.deviation) == (all_held.mean, all_held.deviation)


def test_memory_does_not_grow_with_the_numbers():
    def peak(count):
        tracemalloc.start()
        Values(made(count), 50_000).quantiles(np.linspace(0, 1, 100))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    def made(count):
        return lambda: (
            np.random.default_rng(part).normal(size=10_000) for part in range(count // 10_000)
        )

    assert peak(2_000_000) < 1.2 * peak(500_000)
