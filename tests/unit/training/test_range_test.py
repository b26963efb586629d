"""The range test: rates, batches and decays against recursions and Keras, and what it suggests."""

import keras
import numpy as np
import pandas as pd
import pytest

import sections
from winnow.errors import ModelError
from winnow.figures import range_test as figure_range_test
from winnow.study.keys.model import model as keys
from winnow.study.keys.range_test import RangeTest
from winnow.study.keys.training import Training
from winnow.study.typed import made
from winnow.training.evaluation import TrainingData
from winnow.training.range_test import range_test, smooth, suggestions
from winnow.training.windows import permutation

MODEL = {**sections.MODEL, "layers": [8], "activation": "tanh"}
TRAINING = {**sections.TRAINING, "batch_size": 50}
SGD = {**TRAINING, "optimizer": "sgd"}
FROZEN = {"start": 1e-30, "stop": 1e-29}
ONE_WEIGHT = """
import keras

def build(model, input_count, class_count, seed):
    inputs = keras.Input((input_count,))
    penalty = keras.regularizers.L2(model["l2"])
    dense = keras.layers.Dense(
        1, use_bias=False, kernel_initializer="ones", kernel_regularizer=penalty
    )
    return keras.Model(inputs, keras.layers.Activation("sigmoid")(dense(inputs)))
"""


def events(count=230, seed=1):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, count)
    features = generator.normal(size=(count, 3)) + labels[:, None]
    weights = generator.uniform(0.2, 3.0, count)
    return TrainingData(features.astype(np.float32), labels.astype(np.int32), weights)


def curves_of(data=None, model=MODEL, training=TRAINING, seed=1, **settings):
    settings = {"start": 1e-4, "stop": 0.1, "steps": 12, "weight_decays": [0], **settings}
    own = keys(model), made(Training, training), 2, seed, made(RangeTest, settings)
    return range_test(data or events(), *own)


@pytest.fixture
def one_weight(tmp_path):
    """A sigmoid of one weight, w = 1 at the start."""
    (tmp_path / "one.py").write_text(ONE_WEIGHT)
    return {**MODEL, "module": str(tmp_path / "one.py")}


def balanced(scale):
    """Both classes at one point x = scale: the best weight is 0."""
    return TrainingData(np.full((2, 1), scale, np.float32), np.array([0, 1]), np.ones(2))


def test_losses_are_those_of_gradient_descent_by_hand(one_weight):
    """Loss log(2 cosh(xw/2)), gradient x tanh(xw/2)/2 + 2λw, in float64."""
    scale, decay, steps = 2.0, 0.3, 60
    settings = {"start": 0.01, "stop": 0.5, "steps": steps, "weight_decays": [decay]}
    curve = curves_of(balanced(scale), one_weight, SGD, **settings)
    rates = 0.01 * 50 ** (np.arange(steps) / (steps - 1))
    np.testing.assert_allclose(curve["learning_rate"], rates, rtol=1e-12)
    weight, expected = 1.0, []
    for rate in rates:
        expected.append(np.log(2 * np.cosh(scale * weight / 2)))
        weight -= rate * (scale * np.tanh(scale * weight / 2) / 2 + 2 * decay * weight)
    # float32 sums of a contracting recursion
    np.testing.assert_allclose(curve["loss"], expected, rtol=1e-5)


def test_sgd_diverges_at_two_over_the_curvature(one_weight):
    """At the best weight the curvature is x²/4: above the rate 8/x² the weight swings out."""
    scale, limit = 4.0, 0.5
    settings = {"start": 0.8 * limit, "stop": 2 * limit, "steps": 200}
    curve = curves_of(balanced(scale), one_weight, SGD, **settings)
    rates, losses = curve["learning_rate"].to_numpy(), curve["loss"].to_numpy()
    settled = (curve["step"] >= 20) & (rates < limit)
    np.testing.assert_allclose(losses[settled], np.log(2), rtol=1e-5)
    # the swing, 8e-5 at the limit, takes 42 steps of 2·rate/limit - 1 to grow to where it shows
    shown = rates[(curve["step"] >= 20) & (losses > 1.01 * np.log(2))][0]
    assert limit < shown < 1.3 * limit
    assert losses[-1] > 1.05 * np.log(2)


@pytest.mark.parametrize("decay", [10.0, 100.0])
def test_an_l2_penalty_diverges_at_one_over_it(one_weight, decay):
    """The penalty λw² has the curvature 2λ everywhere: its steps explode above the rate 1/λ."""
    settings = {"start": 0.8 / decay, "stop": 2 / decay, "steps": 100, "weight_decays": [0, decay]}
    curves = curves_of(balanced(1.0), one_weight, SGD, **settings)
    none, some = (curve for _, curve in curves.groupby("weight_decay"))
    assert len(none) == 100
    # the swing shrinks to 1e-3 up to the limit, and grows to 10 within 1.5 times it
    assert 1 < some["learning_rate"].iloc[-1] * decay < 1.5
    assert some["smoothed_loss"].iloc[-1] > 4 * some["smoothed_loss"].min()


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
def test_weight_decay_is_keras_own(optimizer):
    data, decay, steps, rate = events(), 0.2, 10, 0.02
    settings = {"start": rate, "stop": rate * 4, "steps": steps, "weight_decays": [decay]}
    curve = curves_of(data, training={**TRAINING, "optimizer": optimizer}, **settings)
    decoupled = optimizer == "adamw"
    network = sections.built({**MODEL, "l2": 0.0 if decoupled else decay}, 3, 2, 1)
    adamw = keras.optimizers.AdamW(rate, weight_decay=decay)
    network.compile(adamw if decoupled else keras.optimizers.Adam(rate), "binary_crossentropy")
    expected = []
    for step in range(steps):
        epoch, batch = divmod(step, 5)  # 230 events in batches of 50
        part = permutation(230, 1, epoch)[batch * 50 : (batch + 1) * 50]
        penalty = sum(float(loss) for loss in network.losses)
        network.optimizer.learning_rate.assign(rate * 4 ** (step / (steps - 1)))
        weights = data.weights[part].astype(np.float32)
        labels = data.labels[part, None]
        network.reset_metrics()
        whole = network.train_on_batch(data.features[part], labels, weights)
        expected.append(float(whole) - penalty)
    np.testing.assert_allclose(curve["loss"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", [MODEL, {**MODEL, "dropout": 0.3}])
def test_weight_decays_share_weights_and_batches(model):
    curves = curves_of(model=model, training=SGD, weight_decays=[0, 0.1, 5.0], **FROZEN)
    none, some, much = (c["loss"].to_numpy() for _, c in curves.groupby("weight_decay"))
    assert len(none) == 12
    assert np.array_equal(none, some)
    assert np.array_equal(none, much)


def test_an_epoch_meets_every_event_once_and_the_next_in_another_order():
    losses = curves_of(training=SGD, steps=10, **FROZEN)["loss"].to_numpy().reshape(2, 5)
    sizes = np.array([50, 50, 50, 50, 30])
    assert losses[0] @ sizes == pytest.approx(losses[1] @ sizes, rel=1e-6)
    assert not np.isclose(losses[0], losses[1], rtol=1e-4).any()


def test_equal_seeds_give_equal_bytes_and_others_do_not():
    model = {**MODEL, "dropout": 0.3}
    first, again, other = (curves_of(model=model, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert not np.array_equal(first["loss"], other["loss"])


def test_of_phases_the_first_counts():
    phases = [{"optimizer": "sgd", "label_smoothing": 0.2}, {"optimizer": "adam"}]
    curve = curves_of(training={**TRAINING, "phases": phases})
    alone = curves_of(training={**SGD, "label_smoothing": 0.2})
    pd.testing.assert_frame_equal(curve, alone, check_exact=True)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_under_one_cycle_the_momentum_stays_low(optimizer):
    cycle = {**TRAINING["schedule"], "kind": "one_cycle", "momentum_low": 0.9}
    settings = {**TRAINING, "optimizer": optimizer, "momentum": 0.9}  # Adam's own beta 1 is 0.9
    curve = curves_of(training={**settings, "schedule": cycle})
    constant = curves_of(training=settings)
    np.testing.assert_allclose(curve["loss"], constant["loss"], rtol=1e-5)


def test_a_loss_that_is_not_finite_ends_a_curve():
    data = events()
    data.features[permutation(230, 1, 0)[3 * 50], 0] = np.nan
    curves = curves_of(data, weight_decays=[0, 0.1])
    assert curves.groupby("weight_decay")["step"].max().tolist() == [2, 2]
    assert np.isfinite(curves.to_numpy()).all()


def test_a_first_loss_that_is_not_finite_is_told():
    data = events()
    data.features[permutation(230, 1, 0)[0], 0] = np.nan
    with pytest.raises(ModelError, match=r"first step, rate 0.0001, weight decay 0, is not finite"):
        curves_of(data)


def test_smoothing_is_pandas_exponential_mean():
    losses = np.random.default_rng(1).uniform(1, 2, 50)
    expected = pd.Series(losses).ewm(alpha=1 / 8, adjust=True).mean()
    np.testing.assert_allclose(smooth(losses, 8.0)[:, 1], expected, rtol=1e-12)
    np.testing.assert_array_equal(smooth(losses, 1.0)[:, 1], losses)


@pytest.mark.parametrize(
    ("losses", "kept"),
    [([1.0, 0.5, 2.0, 2.1, 0.1], 4), ([-1.0, -0.5, 1.9, 2.1, 0.1], 4), ([1.0, 4.0], 2), ([], 0)],
)
def test_a_curve_ends_at_four_times_its_smallest(losses, kept):
    pairs = smooth(iter(losses), 1.0)
    assert pairs.shape == (kept, 2)
    np.testing.assert_array_equal(pairs[:, 0], losses[:kept])


def synthetic(steps, shapes):
    """Smoothed losses as functions of log10 of the rate, from 1e-6 to 1."""
    x = np.linspace(-6, 0, steps)
    return pd.concat(
        pd.DataFrame({"weight_decay": decay, "step": np.arange(steps), "learning_rate": 10**x,
                      "loss": shape(x), "smoothed_loss": shape(x)})
        for decay, shape in shapes.items()
    )  # fmt: skip


def fall(place, depth, end=-0.5):
    """A fall by `depth`, steepest at log10 rate `place`, and a steep rise from `end` on."""
    return lambda x: 1 - depth / (1 + np.exp(-4 * (x - place))) + np.maximum(x - end, 0)


def test_the_steepest_descent_is_suggested_and_the_lowest_is_best():
    curves = synthetic(601, {0.0: fall(-3, 0.4), 0.1: fall(-2, 0.6), 0.2: fall(-4, 0.5)})
    table = suggestions(curves, 601)
    np.testing.assert_allclose(table["learning_rate"], [1e-3, 1e-2, 1e-4], rtol=1e-9)
    # the loss stops falling at 10^-0.5: found to a memory, 24 steps of 0.01 decades
    largest = np.log10(table["largest_learning_rate"])
    np.testing.assert_allclose(largest, -0.5, atol=0.24)
    assert (largest <= -0.5).all()
    assert not table["still_falling"].any()
    assert table["best"].tolist() == [False, True, False]
    assert table["lowest_smoothed_loss"].to_numpy() == pytest.approx([0.6, 0.4, 0.5], abs=0.002)


def test_noise_of_batches_does_not_decide_where_it_is_steepest():
    """A fall of 0.6 over a decade among batch losses that scatter by 0.1."""
    found = []
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 0.1, 300)
        x = np.linspace(-6, 0, 300)
        curve = synthetic(300, {0.0: lambda x: x})
        curve["smoothed_loss"] = smooth(fall(-3, 0.6)(x) + noise, 12.0)[:, 1]
        found.append(np.log10(suggestions(curve, 300)["learning_rate"][0]))
    # the mean lags by at most its memory, 12 of 50 steps a decade
    assert -3.1 < np.mean(found) < -3 + 12 / 50 + 0.1
    assert np.std(found) < 0.3


def test_the_largest_usable_rate_is_where_the_loss_stops_falling():
    """A parabola in log rate around 10^-1.5, and a fall to the very end, with batches' noise."""
    x = np.linspace(-6, 0, 300)
    noise = np.random.default_rng(1).normal(0, 0.02, 300)
    for shape, place in ((lambda x: 0.1 * (x + 1.5) ** 2, -1.5), (lambda x: -0.3 * x, 0.0)):
        pairs = smooth(2 + shape(x) + noise, 12.0)
        curve = synthetic(300, {0.0: lambda x: x})
        curve["loss"], curve["smoothed_loss"] = pairs[:, 0], pairs[:, 1]
        row = suggestions(curve, 300).iloc[0]
        assert np.log10(row["largest_learning_rate"]) == pytest.approx(place, abs=12 / 50)
        assert row["still_falling"] == (place == 0)


def test_a_loss_that_never_falls_suggests_nothing():
    curves = synthetic(300, {0.0: lambda x: 1 + (x + 6), 0.1: fall(-3, 0.4)})
    table = suggestions(curves, 300)
    assert np.isnan(table["learning_rate"][0])
    assert table["learning_rate"][1] == pytest.approx(1e-3, rel=0.05)
    short = suggestions(curves[curves["step"] < 5], 300)
    assert short["learning_rate"].isna().all()


def test_the_figure_shows_what_the_tables_say():
    curves = synthetic(300, {0.0: lambda x: 1 + (x + 6), 0.1: fall(-3, 0.4)})
    table = suggestions(curves, 300)
    (axes,) = figure_range_test.range_test(curves, table, "title", "label").axes
    assert axes.get_xscale() == "log"
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    rates = table[["learning_rate", "largest_learning_rate"]].iloc[1]
    assert texts == ["0: none", "0.1: {:.2g} (★), {:.2g} (|), best".format(*rates)]
    drawn = {line.get_label(): line for line in axes.lines}
    np.testing.assert_array_equal(
        drawn[texts[1]].get_ydata(), curves["smoothed_loss"][curves["weight_decay"] == 0.1]
    )
    stars = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "*"]
    np.testing.assert_array_equal(stars, table["learning_rate"])
