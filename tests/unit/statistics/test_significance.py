"""Figures of merit against the design's golden values, the challenge's formula and 60 digits."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from winnow.statistics.significance import DEFINITIONS, ams, asimov, asimov_no_systematic

# The Cowan 2012 formula as printed, in 60-digit arithmetic: an independent evaluation.


def exact_asimov(s, b, sigma):
    with localcontext() as context:
        context.prec = 60
        s, b, variance = Decimal(s), Decimal(b), Decimal(sigma) ** 2
        n = s + b
        if variance == 0:
            return float((2 * (n * (1 + s / b).ln() - s)).sqrt())
        first = n * (n * (b + variance) / (b * b + n * variance)).ln()
        second = b * b / variance * (1 + variance * s / (b * (b + variance))).ln()
        return float((2 * (first - second)).sqrt())


@pytest.mark.parametrize(
    ("name", "golden"),
    [
        ("asimov", 3.7195),
        ("asimov_no_systematic", 4.6518),
        ("s_over_sqrt_b", 5.0),
        ("s_over_sqrt_s_plus_b", 4.0825),
        ("s_over_sqrt_s_plus_b_sigma2", 3.5444),
    ],
)
def test_golden_values_of_the_design(name, golden):
    assert DEFINITIONS[name].function(50.0, 100.0, 7.0) == pytest.approx(golden, abs=5e-5)


def test_ams_is_the_challenge_formula():
    s, b = 250.0, 4000.0
    printed = np.sqrt(2 * ((s + b + 10) * np.log(1 + s / (b + 10)) - s))
    assert ams(s, b) == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize("s_over_b", [1e-9, 1e-4, 0.05, 0.0999, 0.1001, 0.5, 3.0, 1e5])
@pytest.mark.parametrize("b", [0.01, 1.0, 1e4])
@pytest.mark.parametrize("f", [0.0, 1e-12, 1e-6, 0.01, 0.2, 3.0])
def test_asimov_has_full_precision(s_over_b, b, f):
    s, sigma = s_over_b * b, f * b
    assert asimov(s, b, sigma) == pytest.approx(exact_asimov(s, b, sigma), rel=1e-12)


def test_small_uncertainty_tends_to_the_limit_without():
    assert asimov(50.0, 100.0, 1e-170) == asimov_no_systematic(50.0, 100.0)


@pytest.mark.parametrize("name", list(DEFINITIONS))
def test_no_signal_is_zero(name):
    function = DEFINITIONS[name].function
    np.testing.assert_array_equal(function([0.0, -3.0], [20.0, 20.0], 1.0), [0.0, 0.0])


NONE = np.nan
# s, b, σ, then the values: undefined (no number), 0, or by hand (AMS in 50-digit arithmetic). In
# the order of the registry: the Asimov Z with and without σ, AMS, s/√b, s/√(s+b), s/√(s+b+σ²).
EDGES = {
    "no signal": (0.0, 20.0, 3.0, [0, 0, 0, 0, 0, 0]),
    "negative signal": (-3.0, 20.0, 3.0, [0, 0, 0, 0, 0, 0]),
    "negative background": (4.6, -9.8, 0.0, [NONE] * 6),
    "negative background, positive sum": (30.0, -9.8, 1.0, [NONE] * 6),
    "background just below 0": (5.0, -1e-300, 0.0, [NONE] * 6),
    "no background": (4.0, 0.0, 0.0, [NONE, NONE, 1.1921504, NONE, 2, 2]),
    "no background, a systematic": (16.0, 0.0, 3.0, [NONE, NONE, 4.2055434, NONE, 4, 16 / 5]),
    "nothing": (0.0, 0.0, 0.0, [NONE, NONE, 0, NONE, NONE, NONE]),
    "signal outweighs background": (-30.0, 15.0, 1.0, [NONE] * 6),
    "they cancel": (-15.0, 15.0, 1.0, [NONE, NONE, 0, NONE, NONE, NONE]),
    "negative both": (-1.0, -1.0, 1.0, [NONE] * 6),
    "no systematic": (50.0, 100.0, 0.0, [4.6518, 4.6518, 4.4611550, 5, 4.0825, 4.0825]),
    "no number": (np.nan, 1.0, 0.0, [NONE] * 6),
    "no number of background": (1.0, np.nan, 0.0, [NONE] * 6),
}


@pytest.mark.parametrize("edge", EDGES)
def test_definitions_at_their_edges(edge):
    s, b, sigma, expected = EDGES[edge]
    for definition, value in zip(DEFINITIONS.values(), expected, strict=True):
        found = definition.function(s, b, sigma)
        np.testing.assert_allclose(found, value, rtol=1e-4, err_msg=definition.name)
        # Beside a healthy neighbour nothing changes.
        pair = definition.function([s, 50.0], [b, 100.0], [sigma, 7.0])
        np.testing.assert_array_equal(pair[0], found)
        assert np.isfinite(pair[1])


def test_ams_is_defined_without_background():
    assert ams(5.0, 0.0) == pytest.approx(exact_asimov(5, 10, 0), rel=1e-12)


def test_the_label_says_with_systematic_only_where_there_is_one():
    assert DEFINITIONS["asimov"].axis_label(True) == r"$Z_\mathrm{A}$ with systematic"
    assert DEFINITIONS["asimov"].axis_label(False) == r"$Z_\mathrm{A}$"
    for name, definition in DEFINITIONS.items():
        if name != "asimov":
            assert definition.axis_label(True) == definition.axis_label(False) == definition.label


@pytest.mark.parametrize("name", list(DEFINITIONS))
def test_values_do_not_depend_on_the_shape(name):
    function = DEFINITIONS[name].function
    s, b, sigma = np.array([[1.0], [20.0]]), np.array([3.0, 50.0, 900.0]), 0.2
    together = function(s, b, sigma)
    assert together.shape == (2, 3)
    assert together[1, 2] == function(20.0, 900.0, 0.2)


def test_registry_names_match_and_cannot_be_changed():
    assert all(name == definition.name for name, definition in DEFINITIONS.items())
    with pytest.raises(TypeError):
        DEFINITIONS["mine"] = DEFINITIONS["ams"]
