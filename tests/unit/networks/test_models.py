"""Network families: what they compute, and what a user's own file may and may not do."""

import keras
import numpy as np
import pytest

import sections
from winnow.errors import ConfigError, ModelError
from winnow.study.choices import FAMILIES, names

MODEL = {**sections.MODEL, "family": "residual", "layers": [128] * 6, "activation": "tanh"}
SMALL = {**MODEL, "layers": [5, 5, 5]}


def test_parameters_of_the_residual_network():
    """12·128+128 + 5·(128·128+128) + 128·4+4 parameters, five skips, a softmax of its own."""
    network = sections.built(MODEL, 12, 4, 1)
    assert network.count_params() == 84_740
    kinds = [type(layer) for layer in network.layers]
    assert kinds.count(keras.layers.Add) == 5
    assert (kinds[-2:], network.layers[-1].activation) == (
        [keras.layers.Dense, keras.layers.Activation],
        keras.activations.softmax,
    )
    assert network.layers[-2].activation is keras.activations.linear


@pytest.mark.parametrize("penalised", ["all", "hidden"])
def test_a_penalty_is_on_the_layers_that_it_names(penalised):
    network = sections.built({**SMALL, "l2": 0.1, "penalised": penalised}, 3, 4, 1)
    own = ["dense_1", "dense_2", "dense_3", *(["output"] if penalised == "all" else [])]
    squares = sum(np.square(network.get_layer(name).kernel).sum() for name in own)
    assert float(sum(network.losses)) == pytest.approx(0.1 * squares, rel=1e-5)


def features(inputs):
    return np.random.default_rng(1).normal(size=(20, inputs)).astype(np.float32)


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def test_a_residual_network_is_what_numpy_computes():
    network, x = sections.built(SMALL, 3, 4, 1), features(3)
    maps = [network.get_layer(name) for name in ("dense_1", "dense_2", "dense_3", "output")]
    for layer in maps:
        layer.bias.assign(np.linspace(-1, 1, layer.bias.shape[0]))
    (a, b), (c, d), (e, f), (g, h) = ([w.astype(np.float64) for w in m.get_weights()] for m in maps)
    one = np.tanh(x @ a + b)
    two = one + np.tanh(one @ c + d)
    three = two + np.tanh(two @ e + f)
    np.testing.assert_allclose(network(x), softmax(three @ g + h), atol=1e-6)


def test_layers_without_weights_pass_their_input_on():
    network, x = sections.built(SMALL, 3, 4, 1), features(3)
    for name in ("dense_2", "dense_3"):
        layer = network.get_layer(name)
        layer.set_weights([np.zeros_like(values) for values in layer.get_weights()])
    one = np.tanh(x @ network.get_layer("dense_1").get_weights()[0])
    expected = softmax(one @ network.get_layer("output").get_weights()[0])
    np.testing.assert_allclose(network(x), expected, atol=1e-6)


def test_a_residual_network_needs_one_width():
    message = (
        "config key `model.layers`: found [8, 8, 4], but the layers of a `residual` network add "
        "up, so give them all the same number of units."
    )
    with pytest.raises(ConfigError) as caught:
        sections.built({**MODEL, "layers": [8, 8, 4]}, 3, 4, 1)
    assert str(caught.value) == message


OF_PICTURES = ("convolutional", "unet")


def family_keys(family):
    return (
        {"family": "unet", "depth": 1, "width": 3}
        if family == "unet"
        else {**SMALL, "family": family}
    )


def test_parameters_of_the_network_of_jet_images():
    """Four 4×4 convolutions of 8 filters, one pooling, three dense 64: 216,546 (3pia/iml2019)."""
    model = {"family": "convolutional", "layers": [64, 64, 64], "activation": "relu", "dropout": 0}
    network = sections.built({**model, "output": "softmax"}, (40, 40, 1), 2, 1)
    assert network.count_params() == 216_546
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds[5:7] == ["MaxPooling2D", "Conv2D"]
    assert network.output_shape == (None, 2)


@pytest.mark.parametrize("down", ["pooling", "stride"])
@pytest.mark.parametrize("shape", [(13, 10, 1), (3, 16, 8, 1)])
def test_a_unet_gives_each_pixel_probabilities(shape, down):
    network = sections.built({"family": "unet", "depth": 2, "width": 3, "down": down}, shape, 3, 1)
    assert network.output_shape == (None, *shape[:-1], 3)
    pictures = np.random.default_rng(1).random((2, *shape), np.float32)
    found = network.predict(pictures, verbose=0)
    assert np.allclose(found.sum(axis=-1), 1, atol=1e-5)
    # each plane is seen alone: another one changes nothing
    if len(shape) == 4:
        pictures[:, 1] = 0
        again = network.predict(pictures, verbose=0)
        assert np.allclose(again[:, 0], found[:, 0], atol=1e-6)
        assert np.abs(again[:, 1] - found[:, 1]).max() > 1e-3


@pytest.mark.parametrize(("order", "expected"), [
    ("relu_norm", ["Activation", "BatchNormalization"]),
    ("norm_relu", ["BatchNormalization", "Activation"]),
])  # fmt: skip
def test_the_order_of_a_block_is_a_key(order, expected):
    network = sections.built({"family": "unet", "depth": 1, "order": order}, (8, 8, 1), 3, 1)
    kinds = [type(layer).__name__ for layer in network.layers]
    first = kinds.index("Conv2D")
    assert kinds[first + 1 : first + 3] == expected


@pytest.mark.parametrize("family", OF_PICTURES)
def test_a_table_is_no_picture(family):
    with pytest.raises(ConfigError, match="takes pictures, found events of shape"):
        sections.built(family_keys(family), 5, 3, 1)


@pytest.mark.parametrize("family", names(FAMILIES))
def test_weights_follow_from_the_seed(family):
    model, shape = family_keys(family), (8, 6, 1) if family in OF_PICTURES else 5
    one, again, other = (sections.built(model, shape, 4, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(x, y) for x, y in zip(one, again, strict=True))
    kernels = [weights for weights in one if weights.ndim > 1]
    others = [weights for weights in other if weights.ndim > 1]
    assert not any(np.array_equal(x, y) for x, y in zip(kernels, others, strict=True))
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


@pytest.mark.parametrize("family", ["dense", "residual", "convolutional"])
def test_every_family_of_dense_layers_takes_every_setting(family):
    pictures = family in OF_PICTURES
    model = {**SMALL, "family": family, "dropout": 0.3, "batch_normalisation": True, "l2": 0.1}
    network = sections.built(model, (8, 6, 1) if pictures else 3, 2, 1)
    assert network.output_shape == (None, 1)
    assert len(network.losses) == (8 if pictures else 4)
    kinds = [type(layer) for layer in network.layers]
    assert kinds.count(keras.layers.Dropout) == kinds.count(keras.layers.BatchNormalization) == 3
    assert [
        layer.use_bias for layer in network.layers if isinstance(layer, keras.layers.Dense)
    ] == [
        False,
        False,
        False,
        True,
    ]


OWN = """import dataclasses

import keras


@dataclasses.dataclass
class Width:
    units: int = 7


def build(model, input_count, class_count, seed):
    return keras.Sequential(
        [
            keras.Input((input_count,)),
            keras.layers.Dense(Width().units, "tanh"),
            keras.layers.Dense(Width().units, "tanh"),
            keras.layers.Dense(class_count, "softmax"),
        ]
    )


def tall(model, input_count, class_count, seed):
    return build(model, input_count + 1, class_count + len(model["layers"]) - 4, seed)


def shapeless(model, input_count, class_count, seed):
    return keras.Sequential([keras.layers.Dense(class_count)])


def text(model, input_count, class_count, seed):
    return "network"


def broken(model, input_count, class_count, seed):
    return input_count / 0


number = 3
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my_model.py"
    path.write_text("from __future__ import annotations\n\n" + OWN)
    return path


def test_a_users_own_network_is_built_and_repeats(own):
    model = {**MODEL, "module": str(own), "function": "build"}
    one, again, other = (sections.built(model, 3, 4, seed).get_weights() for seed in (1, 1, 2))
    assert [weights.shape for weights in one] == [(3, 7), (7,), (7, 7), (7,), (7, 4), (4,)]
    assert all(np.array_equal(x, y) for x, y in zip(one, again, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_the_function_is_called_build_unless_named(own):
    network = sections.built({**MODEL, "module": str(own)}, 3, 4, 1)
    assert network.count_params() == 4 * 7 + 8 * 7 + 8 * 4
    assert sections.built({**MODEL, "module": None}, 12, 4, 1).count_params() == 84_740


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "missing",
            "model.function: {path} has no function missing. Define it there, or give the name of "
            "the function that builds the network.",
        ),
        (
            "number",
            "model.function: {path} has no function number. Define it there, or give the name of "
            "the function that builds the network.",
        ),
        (
            "text",
            "model.function: text of {path} returned str, expected a keras.Model. Let the function "
            "return the network.",
        ),
        (
            "broken",
            "model.function: broken of {path} failed: ZeroDivisionError: division by zero "
            "(line 37). Mend the function.",
        ),
        (
            "tall",
            "model.function: tall of {path} returned a network from (None, 4) to (None, 6), "
            "expected one from (None, 3) to (None, 4). Build it with keras.Input and keras.Model, "
            "with one output for sigmoid or one per class for softmax (model.output).",
        ),
        (
            "shapeless",
            "model.function: shapeless of {path} returned a network from None to None, "
            "expected one from (None, 3) to (None, 4). Build it with keras.Input and keras.Model, "
            "with one output for sigmoid or one per class for softmax (model.output).",
        ),
    ],
)
def test_a_users_function_that_does_not_fit(own, function, message):
    with pytest.raises(ModelError) as caught:
        sections.built({**MODEL, "module": str(own), "function": function}, 3, 4, 1)
    assert str(caught.value) == message.format(path=own)


def test_a_sigmoid_has_one_output(own):
    with pytest.raises(ModelError, match=r"to \(None, 2\), expected .* to \(None, 1\)"):
        sections.built({**MODEL, "module": str(own)}, 3, 2, 1)
    two = sections.built({**MODEL, "module": str(own), "output": "softmax"}, 3, 2, 1)
    assert two.output_shape[1] == 2


@pytest.mark.parametrize("name", ["absent.py", "notes.txt"])
def test_a_users_file_must_be_python(tmp_path, name):
    (tmp_path / "notes.txt").write_text(OWN)
    path = tmp_path / name
    with pytest.raises(ModelError) as caught:
        sections.built({**MODEL, "module": str(path)}, 3, 4, 1)
    assert str(caught.value) == (
        f"model.module: {path} is no Python file (*.py). Give the path of the file that holds the "
        "function build."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ny = {}['z']\n", "KeyError: 'z' (line 2)"),
        (
            "import no_such_package\n",
            "ModuleNotFoundError: No module named 'no_such_package' (line 1)",
        ),
        ("x = (\n", "SyntaxError: '(' was never closed (my_model.py, line 1)"),
    ],
)
def test_a_users_file_that_cannot_be_loaded(tmp_path, monkeypatch, text, told):
    (tmp_path / "my_model.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "my_model.py", "my_model.py"):
        with pytest.raises(ModelError) as caught:
            sections.built({**MODEL, "module": str(path)}, 3, 4, 1)
        assert str(caught.value) == f"model.module: {path} cannot be loaded: {told}. Mend the file."
