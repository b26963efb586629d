"""Balancing: the CMS tutorial's identities, and what is done with negative weights."""

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest

from winnow.errors import ConfigError, DataError
from winnow.preparation.balance import balance
from winnow.preparation.planing import Weighted
from winnow.study.keys.balance import Balance, NegativeWeights, Scheme

BINARY = ("background", "signal")
MULTI = ("Signal", "Wjets", "TTbar", "Other")


def binary_sample(seed=1):
    """Return weights and classes: 3000 background events, 700 signal events, unordered."""
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.repeat(np.int8([0, 1]), [3000, 700]))
    weights = generator.exponential(np.where(classes == 1, 0.002, 4.0))
    return weights, classes


def multi_sample(seed=2):
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.repeat(np.int8([0, 1, 2, 3]), [500, 2000, 900, 100]))
    return generator.exponential(np.array([0.01, 5.0, 2.0, 0.5])[classes]), classes


def run(weights, classes, scheme, names=BINARY, signal="signal", negative="keep"):
    """Return the table and the training weights of a sample that comes in two parts."""
    events = [Weighted(weights[own], classes[own]) for own in (slice(None, 7), slice(7, None))]
    result = balance(lambda: iter(events), Balance(scheme, negative), names, signal, "train")
    training_weights = np.concatenate([result.training_weights(own) for own in events])
    return SimpleNamespace(table=result.table, training_weights=training_weights)


def test_sum_is_the_tutorials_binary_formula():
    weights, classes = binary_sample()
    result = run(weights, classes, "sum")
    # Background w × N_b/Σw_b, signal w × N_b/Σw_s.
    for index in (0, 1):
        inside = classes == index
        np.testing.assert_allclose(
            result.training_weights[inside],
            weights[inside] * 3000 / weights[inside].sum(),
            rtol=1e-12,
        )
    np.testing.assert_allclose(result.table["sum_after"], 3000, rtol=1e-12)


def test_sum_counts_the_background_of_all_classes():
    weights, classes = multi_sample()
    result = run(weights, classes, "sum", MULTI, "Signal")
    np.testing.assert_allclose(result.table["sum_after"], 3000, rtol=1e-12)


def test_sqrt_is_the_tutorials_multi_class_formula():
    weights, classes = multi_sample()
    result = run(weights, classes, "sqrt", MULTI, "Signal")
    S = weights[classes == 0].sum()
    for index in range(4):
        inside = classes == index
        total = weights[inside].sum()
        expected = weights[inside] * 500 / total * np.sqrt(total / S)
        np.testing.assert_allclose(result.training_weights[inside], expected, rtol=1e-12)
        assert result.table["sum_after"][index] == pytest.approx(500 * np.sqrt(total / S))
    assert result.table["sum_after"][0] == pytest.approx(500)


def test_equal_gives_equal_sums_and_mean_one():
    weights, classes = multi_sample()
    result = run(weights, classes, "equal", MULTI, None)
    np.testing.assert_allclose(result.table["sum_after"], 3500 / 4, rtol=1e-12)
    assert result.training_weights.mean() == pytest.approx(1, rel=1e-12)


def test_none_gives_the_physical_weights():
    weights, classes = binary_sample()
    result = run(weights, classes, "none", signal=None)
    np.testing.assert_array_equal(result.training_weights, weights)
    assert result.training_weights is not weights
    assert result.table["scale"].tolist() == [1, 1]


@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("negative", get_args(NegativeWeights))
def test_events_of_a_class_keep_their_ratios_and_the_physical_weights_stay(scheme, negative):
    weights, classes = multi_sample()
    before = weights.copy()
    result = run(weights, classes, scheme, MULTI, "Signal", negative)
    np.testing.assert_array_equal(weights, before)
    for index in range(4):
        inside = classes == index
        ratio = result.training_weights[inside] / weights[inside]
        np.testing.assert_allclose(ratio, result.table["scale"][index], rtol=1e-12)


def test_balanced_weights_do_not_depend_on_a_common_factor():
    weights, classes = multi_sample()
    for scheme in ("sum", "sqrt", "equal"):
        once = run(weights, classes, scheme, MULTI, "Signal").training_weights
        scaled = run(weights * 35866, classes, scheme, MULTI, "Signal").training_weights
        np.testing.assert_allclose(once, scaled, rtol=1e-12)


def test_table_by_hand():
    weights = np.array([1.0, -0.5, 1.5, 2.0, 2.0])
    classes = np.int8([0, 0, 0, 1, 1])
    table = run(weights, classes, "sum").table
    assert table.to_dict("list") == {
        "class": ["background", "signal"],
        "entries": [3, 2],
        "negative_entries": [1, 0],
        "negative_fraction": [pytest.approx(0.5 / 3), 0],
        "sum_before": [2, 4],
        "sum_after": [3, 3],
        "scale": [1.5, 0.75],
        "mean_after": [1, 1.5],
        # (Σw)²/Σw²: 2²/3.5 and 4²/8.
        "effective_entries": [pytest.approx(4 / 3.5), 2],
    }


def test_negative_weights_are_kept_with_their_sign():
    weights, classes = np.array([3.0, -1.0, 1.0, 1.0]), np.int8([0, 0, 1, 1])
    result = run(weights, classes, "sum", negative="keep")
    assert result.training_weights.tolist() == [3, -1, 1, 1]


def test_absolute_takes_the_sums_of_absolute_weights():
    weights, classes = np.array([3.0, -1.0, 1.0, 1.0]), np.int8([0, 0, 1, 1])
    result = run(weights, classes, "sum", negative="absolute")
    assert result.training_weights.tolist() == [1.5, 0.5, 1, 1]
    assert result.table["sum_before"].tolist() == [2, 2]
    assert result.table["sum_after"].tolist() == [2, 2]


def test_zero_leaves_negative_weights_out_of_training_alone():
    weights, classes = np.array([3.0, -1.0, 1.0, 1.0]), np.int8([0, 0, 1, 1])
    result = run(weights, classes, "sum", negative="zero")
    assert result.training_weights.tolist() == [2, 0, 1, 1]
    assert result.table["sum_before"].tolist() == [2, 2]
    assert result.table["negative_entries"].tolist() == [1, 0]
    assert weights.tolist() == [3, -1, 1, 1]


def test_negative_weights_can_be_an_error():
    weights, classes = np.array([3.0, -1.0, 1.0, 1.0]), np.int8([0, 0, 1, 1])
    with pytest.raises(DataError) as caught:
        run(weights, classes, "none", negative="error")
    assert str(caught.value) == (
        "class 'background' has 1 negative weights among the 2 events of the sample "
        "'train', and `balance.negative_weights` is `error`. Set it to `keep`, `absolute` or "
        "`zero`."
    )


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_a_class_whose_weights_cancel_is_an_error(scheme):
    weights, classes = np.array([1.0, -1.5, 1.0, 1.0]), np.int8([0, 0, 1, 1])
    with pytest.raises(DataError) as caught:
        run(weights, classes, scheme)
    assert str(caught.value) == (
        "the weights of class 'background' sum to -0.5 over its 2 events in the sample "
        "'train', a positive sum was expected. Set `balance.negative_weights` to `absolute` or "
        "`zero`, or give the class more events."
    )
    assert run(weights, classes, scheme, negative="absolute").training_weights.min() > 0


@pytest.mark.parametrize("negative", ["keep", "absolute", "zero"])
def test_a_class_of_weights_0_is_an_error_that_speaks_of_weights(negative):
    with pytest.raises(DataError) as caught:
        run(np.array([0.0, 0.0, 1.0]), np.int8([0, 0, 1]), "equal", negative=negative)
    assert str(caught.value) == (
        "the weights of class 'background' sum to 0 over its 2 events in the sample 'train', a "
        "positive sum was expected. Correct `columns.weight`, or leave events of weight 0 out with "
        "`selection`."
    )


@pytest.mark.parametrize("scheme", ["equal", "sum", "sqrt"])
def test_weights_of_60_orders_of_magnitude_keep_their_ratios(scheme):
    weights, classes = np.array([1e-30, 1e30, 1e-30, 3e-30]), np.int8([0, 0, 1, 1])
    result = run(weights, classes, scheme)
    found = result.training_weights
    assert np.isfinite(found).all()
    assert np.isfinite(result.table.select_dtypes(float)).all(axis=None)
    assert found[0] / found[1] == pytest.approx(1e-60, rel=1e-12)
    assert found[3] / found[2] == pytest.approx(3, rel=1e-12)


def test_a_class_of_one_event_has_all_its_class_weighs():
    result = run(np.array([1.0, 1.0, 1.0, 7.0]), np.int8([0, 0, 0, 1]), "equal")
    np.testing.assert_allclose(result.training_weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert result.table["effective_entries"].tolist() == pytest.approx([3, 1])


def test_a_class_without_events_is_an_error():
    with pytest.raises(DataError) as caught:
        run(np.ones(3), np.int8([1, 1, 1]), "equal")
    assert str(caught.value) == (
        "class 'background' has no events in the sample 'train'. Give its processes more "
        "events or a larger fraction, loosen `selection`, or remove the class."
    )


def test_a_sum_of_zero_is_an_error():
    with pytest.raises(DataError, match="class 'background' sum to 0 over its 2 events"):
        run(np.array([1.0, -1.0, 1.0]), np.int8([0, 0, 1]), "none")


@pytest.mark.parametrize("scheme", ["sum", "sqrt"])
def test_schemes_that_need_a_signal_class_say_so(scheme):
    with pytest.raises(ConfigError) as caught:
        run(*binary_sample(), scheme, signal=None)
    assert str(caught.value) == (
        f"config key `balance.scheme`: '{scheme}' needs a signal class, and this study has none. "
        "Use `equal` "
        "or `none`, or name the signal class."
    )
