"""Schedules: closed forms step by step, values by hand, Keras' own, and independence of cuts."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.study.keys.training import Schedule
from winnow.study.typed import made
from winnow.training.schedules import SHAPES, learning_rates, momenta

SCHEDULE = {
    "kind": "constant",
    "final": 0.01,
    "start": 0.1,
    "rise": 0.4,
    "annihilate": 0.1,
    "momentum_high": 0.95,
    "momentum_low": 0.85,
}
KINDS = sorted(SHAPES)


def schedule(kind, **changes):
    return made(Schedule, {**SCHEDULE, "kind": kind, **changes})


def rates(kind, total, base=1.0, decay=0.0, **changes):
    return learning_rates(schedule(kind, **changes), base, decay, 0, total, total)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("constant", lambda x, final: 1.0),
        ("exponential", lambda x, final: final**x),
        ("linear", lambda x, final: 1 - x * (1 - final)),
        ("cosine", lambda x, final: final + (1 - final) * (1 + np.cos(np.pi * x)) / 2),
    ],
)
@pytest.mark.parametrize("total", [2, 3, 1000])
@pytest.mark.parametrize("final", [0.001, 0.5, 100.0])
def test_a_schedule_is_its_closed_form_at_every_step(kind, form, total, final):
    expected = [0.3 * form(step / (total - 1), final) for step in range(total)]
    found = rates(kind, total, base=0.3, final=final)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert found[0] == 0.3
    assert found[-1] == 0.3 * (1.0 if kind == "constant" else final)


def test_decay_is_keras_2s():
    """Keras 2 (`optimizer_v2._decayed_lr`): rate / (1 + decay · iterations)."""
    found = rates("constant", 4, base=0.01, decay=0.5)
    np.testing.assert_allclose(found, [0.01, 0.01 / 1.5, 0.005, 0.004], rtol=1e-15)


@pytest.mark.parametrize(
    ("kind", "decay", "reference"),
    [
        ("exponential", 0.0, keras.optimizers.schedules.ExponentialDecay(0.2, 60, 0.01)),
        ("cosine", 0.0, keras.optimizers.schedules.CosineDecay(0.2, 60, alpha=0.01)),
        ("linear", 0.0, keras.optimizers.schedules.PolynomialDecay(0.2, 60, 0.002, power=1.0)),
        ("constant", 0.03, keras.optimizers.schedules.InverseTimeDecay(0.2, 1, 0.03)),
    ],
)
def test_keras_own_schedules_agree(kind, decay, reference):
    expected = [float(reference(step)) for step in range(61)]
    # Keras computes in float32
    np.testing.assert_allclose(rates(kind, 61, 0.2, decay), expected, rtol=2e-6)


def test_ten_steps_of_one_cycle_by_hand():
    expected = [0.1, 0.325, 0.55, 0.775, 1.0, 0.775, 0.55, 0.325, 0.1, 0.01]
    np.testing.assert_allclose(rates("one_cycle", 10), expected, rtol=1e-14)
    np.testing.assert_allclose(rates("one_cycle", 10, base=0.4), 0.4 * np.array(expected))


def test_ten_momenta_of_one_cycle_by_hand():
    expected = [0.95, 0.925, 0.9, 0.875, 0.85, 0.875, 0.9, 0.925, 0.95, 0.95]
    np.testing.assert_allclose(momenta(schedule("one_cycle"), 0, 10, 10), expected, rtol=1e-14)


def test_one_cycle_of_a_published_example():
    """S. Gugger, "The 1cycle policy" (2018): .08 to .8 in 41 epochs, back by 82, .0008 at 95."""
    found = rates("one_cycle", 96, 0.8, rise=41 / 95, annihilate=13 / 95, final=0.001)
    np.testing.assert_allclose(found[[0, 41, 82, 95]], [0.08, 0.8, 0.08, 0.0008], rtol=1e-13)
    for begin, end in ((0, 41), (41, 82), (82, 95)):
        straight = np.linspace(found[begin], found[end], end - begin + 1)
        np.testing.assert_allclose(found[begin : end + 1], straight, rtol=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "one_cycle"])
def test_only_one_cycle_changes_the_momentum(kind):
    assert momenta(schedule(kind), 0, 10, 10) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_phase_of_one_step_has_the_base_rate(kind):
    assert rates(kind, 1, base=0.3).tolist() == [0.3]
    assert learning_rates(schedule(kind), 0.3, 0.0, 0, 0, 1).shape == (0,)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [
        (1, {}, [1.0]),
        (2, {"rise": 0.4, "annihilate": 0.1}, [1.0, 0.1]),
        (3, {"rise": 0.4, "annihilate": 0.1}, [0.1, 1.0, 0.1]),
        (5, {"rise": 0.01, "annihilate": 0.25}, [1.0, 0.7, 0.4, 0.1, 0.01]),
        (5, {"rise": 0.5, "annihilate": 0.01}, [0.1, 0.55, 1.0, 0.55, 0.1]),
        (5, {"rise": 0.5, "annihilate": 0.5}, [0.1, 0.55, 1.0, 0.505, 0.01]),
        (5, {"rise": 1.0, "annihilate": 0.0}, [0.1, 0.325, 0.55, 0.775, 1.0]),
        # 0.1 · 15 and (1 - 0.9) · 15 round to different steps
        (16, {"rise": 0.1, "annihilate": 0.9}, [0.1, 0.55, *np.linspace(1.0, 0.01, 14)]),
    ],
)
def test_a_share_that_holds_no_step_is_left_out(total, shares, expected):
    np.testing.assert_allclose(rates("one_cycle", total, **shares), expected, rtol=1e-14)


@given(
    st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.floats(1e-4, 1), st.floats(1e-4, 1)
)
def test_one_cycle_never_jumps(total, rise, annihilate, start, part):
    annihilate *= 1 - rise
    found = rates(
        "one_cycle", total, rise=rise, annihilate=annihilate, start=start, final=start * part
    )
    top = round(rise * (total - 1))
    foot = max(top, round((1 - annihilate) * (total - 1)))
    assert found.max() == found[top] == 1
    lengths = [top, foot - top, total - 1 - foot]
    steepest = max((1 / length for length in lengths if length), default=0)
    assert np.abs(np.diff(found)).max(initial=0) <= steepest + 1e-12


@given(st.sampled_from(KINDS), st.integers(1, 300), st.data())
def test_cutting_a_phase_changes_no_bit(kind, total, data):
    plan = schedule(kind, rise=0.3)
    cuts = sorted(data.draw(st.lists(st.integers(0, total), max_size=12)))
    decay = 0.01 if kind == "constant" else 0.0
    whole = learning_rates(plan, 0.003, decay, 0, total, total)
    edges = list(zip([0, *cuts], [*cuts, total], strict=True))
    pieces = [learning_rates(plan, 0.003, decay, *edge, total) for edge in edges]
    assert np.concatenate(pieces).tobytes() == whole.tobytes()
    if kind == "one_cycle":
        parts = np.concatenate([momenta(plan, *edge, total) for edge in edges])
        assert parts.tobytes() == momenta(plan, 0, total, total).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_step_by_step_gives_the_bits_of_one_call(kind):
    total = 1001
    one = [learning_rates(schedule(kind), 0.1, 0.0, n, n + 1, total)[0] for n in range(total)]
    assert np.array(one).tobytes() == rates(kind, total, base=0.1).tobytes()
