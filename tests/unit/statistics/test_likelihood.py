"""The discovery significance of bins, held against pyhf and against the formula of one bin."""

import numpy as np
import pyhf
import pytest

from winnow.statistics.likelihood import discovery_significance
from winnow.statistics.significance import asimov


def with_pyhf(s, background, fractions, variance=None):
    """√q0 of pyhf on Asimov data: a normsys a group, a shapesys where there is one group."""
    samples = [
        {
            "name": "signal",
            "data": s.tolist(),
            "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
        }
    ]
    for group, (rates, fraction) in enumerate(zip(background, fractions, strict=True)):
        modifiers = []
        if fraction > 0:
            data = {"hi": 1 + fraction, "lo": 1 - fraction}
            modifiers.append({"name": f"norm{group}", "type": "normsys", "data": data})
        if variance is not None:
            assert len(background) == 1, "one factor a bin acts on the whole background"
            data = np.sqrt(variance).tolist()
            modifiers.append({"name": "statistics", "type": "shapesys", "data": data})
        samples.append({"name": f"b{group}", "data": rates.tolist(), "modifiers": modifiers})
    model = pyhf.Model({"channels": [{"name": "score", "samples": samples}]}, poi_name="mu")
    start = np.array(model.config.suggested_init())
    start[model.config.poi_index] = 1.0
    data = model.expected_data(start)
    bounds = [
        (-50.0, 50.0) if low < 0 else (1e-10, 1e6) for low, _ in model.config.suggested_bounds()
    ]
    bounds[model.config.poi_index] = (0.0, 10.0)
    fixed = model.config.suggested_fixed()
    q0 = pyhf.infer.test_statistics.q0(0.0, data, model, start.tolist(), bounds, fixed)
    return float(np.sqrt(q0))


@pytest.mark.parametrize("bins", [1, 2, 10, 50])
def test_binning_without_shape_brings_nothing(bins):
    """s 100, b 1000, 20 %: 0.506 by pyhf, whatever the number of bins."""
    s, b = np.full(bins, 100 / bins), np.full((1, bins), 1000 / bins)
    found = float(discovery_significance(s, b, np.array([0.2])))
    assert found == pytest.approx(0.506, abs=5e-4)
    assert found == pytest.approx(with_pyhf(s, b, [0.2]), abs=1e-3)


SHAPES = {
    "one group": (1, [0.2]),
    "two groups": (2, [0.1, 0.4]),
    "one is known": (3, [0.3, 0.0, 0.15]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_normalisations_agree_with_pyhf(shape, seed):
    groups, fractions = SHAPES[shape]
    rng = np.random.default_rng(seed)
    s = np.sort(rng.uniform(0.5, 20, 6))
    b = -np.sort(-rng.uniform(2, 200, (groups, 6)), axis=1)
    found = float(discovery_significance(s, b, np.array(fractions)))
    assert found == pytest.approx(with_pyhf(s, b, fractions), rel=1e-3)


@pytest.mark.parametrize("fraction", [0.0, 0.25])
@pytest.mark.parametrize("seed", range(3))
def test_the_simulations_statistics_agree_with_pyhf(fraction, seed):
    rng = np.random.default_rng(seed)
    s, b = np.sort(rng.uniform(0.5, 20, 5)), -np.sort(-rng.uniform(2, 200, (1, 5)), axis=1)
    variance = np.square(rng.uniform(0.05, 0.4, 5) * b[0])
    found = float(discovery_significance(s, b, np.array([fraction]), variance))
    assert found == pytest.approx(with_pyhf(s, b, [fraction], variance), rel=1e-3)


def test_one_bin_with_its_own_uncertainty_is_the_formula():
    """Cowan 2012, eq. (20): s 50, b 100, σ 7."""
    found = discovery_significance(
        np.array([50.0]), np.array([[100.0]]), np.array([0.0]), np.array([49.0])
    )
    assert float(found) == pytest.approx(float(asimov(50, 100, 7)), rel=1e-9)
    assert float(found) == pytest.approx(3.7195, abs=5e-5)


def test_bins_known_exactly_add_up_in_quadrature():
    s, b = np.array([1.0, 5.0, 9.0]), np.array([[100.0, 30.0, 4.0]])
    found = float(discovery_significance(s, b, np.array([0.0])))
    assert found == pytest.approx(np.sqrt(np.sum(asimov(s, b[0]) ** 2)), rel=1e-9)


def test_replicas_are_fitted_side_by_side():
    rng = np.random.default_rng(4)
    s, b = rng.uniform(1, 20, (30, 8)), rng.uniform(5, 100, (30, 3, 8))
    fractions, variance = np.array([0.1, 0.5, 0.9]), rng.uniform(1, 50, (30, 8))
    together = discovery_significance(s, b, fractions, variance)
    alone = [float(discovery_significance(s[i], b[i], fractions, variance[i])) for i in range(30)]
    np.testing.assert_allclose(together, alone, rtol=1e-9)


@pytest.mark.parametrize(
    ("s", "b", "expected"),
    [
        ([1.0, 2.0], [[5.0, 0.0]], np.nan),
        ([1.0, -6.0], [[5.0, 5.0]], np.nan),
        ([0.0, 0.0], [[5.0, 5.0]], 0.0),
        ([-1.0, 0.5], [[5.0, 5.0]], 0.0),
    ],
)
def test_what_has_no_significance(s, b, expected):
    found = discovery_significance(np.array(s), np.array(b), np.array([0.1]))
    np.testing.assert_equal(float(found), expected)
