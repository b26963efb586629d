"""A trained network comes back from weights, passport and the user's file, nothing else."""

import re
from pathlib import Path

import keras
import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import numpy_helper

import sections
from winnow.errors import ModelError
from winnow.identity import file_hash
from winnow.networks.passport import RunFacts
from winnow.networks.scorer import score
from winnow.preparation.normalise.apply import apply
from winnow.tables import read_json, write_json
from winnow.training.checkpoint import make_passport, save_model
from winnow.training.scoring import Input, ModelFiles, checked_scorer
from winnow.training.serving import onnx_network, save_serving

FEATURES = [{"name": "pt", "unit": "GeV"}, {"name": "eta", "unit": ""}]
NAMES = [feature["name"] for feature in FEATURES]
CLASSES = ["background", "signal"]
READING = {"missing_values": ["nan"], "derived": {}, "selection": []}
NETWORK = """
import keras
{before}

def build(model, input_count, class_count, seed):
    inputs = keras.Input((input_count,))
    x = {first}
    x = keras.layers.Dense(8, {dense})(x)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
"""
SCALE = """
class Scale(keras.layers.Layer):
    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return x * self.factor
"""
SPARSE = """
class Sparse(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 1e-3 * keras.ops.sum(keras.ops.abs(x))

    def get_config(self):
        return {}
"""
# as people write them: text before the function, what the inputs pass, arguments of the dense layer
PARTS = {
    "lambda layer": ("", "keras.layers.Lambda(lambda t: t * 2.0)(inputs)", 'activation="relu"'),
    "layer": (SCALE, "Scale()(inputs)", 'activation="relu"'),
    "layer with arguments": (SCALE, "Scale(3.0)(inputs)", 'activation="relu"'),
    "registered layer": (
        "@keras.saving.register_keras_serializable()" + SCALE,
        "Scale(3.0)(inputs)",
        'activation="relu"',
    ),
    "lambda activation": ("", "inputs", "activation=lambda t: keras.ops.maximum(t, 0.1 * t)"),
    "activation": ("def bent(x):\n    return x * keras.ops.tanh(x)\n", "inputs", "activation=bent"),
    "regulariser": (SPARSE, "inputs", "kernel_regularizer=Sparse()"),
    "TensorFlow's activation": ("import tensorflow as tf", "inputs", "activation=tf.nn.relu"),
    "operations": (
        "",
        "keras.ops.concatenate([inputs, keras.ops.log1p(keras.ops.abs(inputs))], axis=-1)",
        'activation="relu"',
    ),
    "batch normalisation": ("", "keras.layers.BatchNormalization()(inputs)", "activation='relu'"),
}


def own_module(folder: Path, part: str) -> Path:
    before, first, dense = PARTS[part]
    path = folder / "network.py"
    path.write_text(NETWORK.format(before=before, first=first, dense=dense))
    return path


def trained(folder, model, asks=True):
    """A network that learned a step, on disk as checkpoint_model leaves it.

    asks: whether it is looked for in ONNX.
    """
    events = np.random.default_rng(1).normal(50, 20, (200, 2)).astype(np.float32)
    transform = sections.fitted(events, NAMES, ["standard"])
    network = sections.built(model, 2, 2, 1)
    network.compile("sgd", "binary_crossentropy")
    network.train_on_batch((events - 50) / 20, events[:, :1] > 50)
    history = pd.DataFrame(
        {"epoch": [0], "loss": [0.7], "validation_loss": [0.7], "validation_penalty": [0.0]}
    )
    facts = RunFacts(CLASSES, 1, FEATURES, READING, {"model": model}, {"run": 1})
    passport = make_passport(network, history, transform, events[:32], facts, {})
    passport["serves"] = "keras"
    if asks:
        normalised = apply(transform, events)
        passport["serves"] = save_serving(network, normalised, passport, folder / "network.onnx")
    write_json(passport, folder / "passport.json")
    save_model(network, folder / "model.keras")
    return network, transform


def restored(folder, transform):
    files = ModelFiles(folder / "model.keras", folder / "network.onnx")
    given = Input(FEATURES, transform, CLASSES, READING)
    return checked_scorer(files, read_json(folder / "passport.json"), given)


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("part", PARTS)
def test_a_network_with_parts_of_ones_own_comes_back(tmp_path, part):
    path = own_module(tmp_path, part)
    model = {**sections.MODEL, "module": str(path), "sha256": file_hash(path)}
    network, transform = trained(tmp_path, model)
    events = np.random.default_rng(2).normal(size=(50, 2)).astype(np.float32)
    found = restored(tmp_path, transform)(events)
    serves = read_json(tmp_path / "passport.json")["serves"]
    # what is made of known layers alone needs no file, and no Keras
    assert serves == ("onnx" if part in ("regulariser", "batch normalisation") else "keras")
    tolerance = 1e-6 if serves == "onnx" else 0
    np.testing.assert_allclose(found, score(network, events, 2, 1), rtol=0, atol=tolerance)
    assert len(np.unique(found)) > 50


def test_a_file_that_was_changed_since_is_refused(tmp_path):
    path = own_module(tmp_path, "layer")
    model = {**sections.MODEL, "module": str(path), "sha256": file_hash(path)}
    _, transform = trained(tmp_path, model)
    path.write_text(path.read_text().replace("2.0", "2.5"))
    with pytest.raises(ModelError) as caught:
        restored(tmp_path, transform)
    assert str(caught.value).startswith(
        f"model.module: {path} is not the file that was meant: its sha256 is {file_hash(path)}, "
        f"expected {model['sha256']}."
    )
    path.unlink()
    with pytest.raises(ModelError, match=re.escape(f"{path} is no Python file")):
        restored(tmp_path, transform)


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_no_code_of_a_model_file_runs(tmp_path):
    """Keras keeps the code of a lambda in the file, and `load_model` would run it if allowed to."""
    sigmoid = {**sections.MODEL, "layers": [8], "output": "sigmoid"}
    _, transform = trained(tmp_path, sigmoid, asks=False)
    ran = tmp_path / "ran"
    harmful = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Lambda(lambda t, path=str(ran): (Path(path).touch(), t)[1]),
            *sections.built(sigmoid, 2, 2, 1).layers[1:],
        ]
    )
    ran.unlink()  # building it ran it
    save_model(harmful, tmp_path / "model.keras")
    with pytest.raises((ModelError, ValueError)):
        restored(tmp_path, transform)
    assert not ran.exists()


def test_a_network_that_cannot_be_saved_is_refused_before_it_is_trained(tmp_path):
    path = tmp_path / "network.py"
    own = SCALE.replace("self.factor = factor", "self.factor = factor(1.0)")
    first = "Scale(lambda x: 2 * x)(inputs)"
    path.write_text(NETWORK.format(before=own, first=first, dense='activation="relu"'))
    with pytest.raises(
        ModelError, match=r"returned a network that Keras cannot save: .*get_config"
    ):
        sections.built({**sections.MODEL, "module": str(path)}, 2, 2, 1)


def test_a_damaged_network_in_onnx_is_refused(tmp_path):
    _, transform = trained(tmp_path, {**sections.MODEL, "layers": [8]})
    path = tmp_path / "network.onnx"
    model = onnx.load(path)
    values = numpy_helper.to_array(model.graph.initializer[0]) * np.float32(1.01)
    model.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(values, model.graph.initializer[0].name)
    )
    onnx.save(model, path)
    with pytest.raises(ModelError, match="does not reproduce the golden scores"):
        restored(tmp_path, transform)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"the network cannot be read as ONNX"):
        restored(tmp_path, transform)
    path.write_bytes(b"")
    with pytest.raises(ModelError, match=r"network.onnx: there is no ONNX network"):
        restored(tmp_path, transform)


def test_a_network_that_computes_something_else_in_onnx_is_served_by_keras(tmp_path):
    """A layer that Keras computes in another way than its weights say."""
    network = sections.built({**sections.MODEL, "layers": [8]}, 2, 2, 1)
    events = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    told = network, events, 2, 1, "class"
    assert onnx_network(*told)
    hidden = network.layers[1]
    call = hidden.call
    hidden.call = lambda inputs, training=None: 1.01 * call(inputs)
    assert onnx_network(*told) == b""


def test_damaged_weights_are_refused(tmp_path):
    network, transform = trained(tmp_path, {**sections.MODEL, "layers": [8]}, asks=False)
    network.set_weights([1.01 * weight for weight in network.get_weights()])
    save_model(network, tmp_path / "model.keras")
    with pytest.raises(ModelError, match="does not reproduce the golden scores"):
        restored(tmp_path, transform)


def test_an_input_of_another_normalisation_is_refused(tmp_path):
    _, transform = trained(tmp_path, {**sections.MODEL, "layers": [8]})
    transform["steps"][0]["centre"][0] += 1e-3
    with pytest.raises(ModelError, match="the normalisation is not the one"):
        restored(tmp_path, transform)
    assert read_json(tmp_path / "passport.json")["reading"] == READING
