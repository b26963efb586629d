"""The classifier as Keras and TensorFlow files: the networks' mean on normalised inputs.

Keras has no layer for every step of a normalisation in float64, so these two take each network's
normalised inputs; the passports beside them hold the transforms.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.networks.passport import positive_of
from winnow.networks.targets import class_scores
from winnow.preparation.normalise.apply import apply

Float32 = NDArray[np.float32]


def joined(networks: Sequence[keras.Model]) -> keras.Model:
    """Return the mean of networks as one: an input each, `features_<number>`; one is left as is."""
    if len(networks) == 1:
        return networks[0]
    inputs = [
        keras.Input(own.input_shape[1:], name=f"features_{number}")
        for number, own in enumerate(networks)
    ]
    for number, own in enumerate(networks):
        own.name = f"network_{number}"
    told = [own(given) for own, given in zip(networks, inputs, strict=True)]
    return keras.Model(inputs, keras.layers.Average(name="mean")(told), name="mean_of_networks")


def prepared(passports: Sequence[Mapping[str, Any]], rows: Float32) -> list[Float32]:
    """Return raw features (n, inputs) as each network takes them."""
    return [apply(passport["transform"], rows) for passport in passports]


def keras_file_scores(
    path: str | Path, passports: Sequence[Mapping[str, Any]], rows: Float32
) -> Float32:
    """Read a Keras file that was just written and score raw features, (n, classes)."""
    model = keras.saving.load_model(path, compile=False)
    return _classes(model.predict(_given(prepared(passports, rows)), verbose=0), passports)


def saved_model_scores(
    path: str | Path, passports: Sequence[Mapping[str, Any]], rows: Float32
) -> Float32:
    """Read a SavedModel and score raw features by its endpoint `serve`, (n, classes)."""
    given = _given(prepared(passports, rows))
    loaded = tf.saved_model.load(str(path))  # its variables go with it
    return _classes(loaded.serve(given).numpy(), passports)


def _given(inputs: list[Float32]) -> Float32 | list[Float32]:
    return inputs[0] if len(inputs) == 1 else inputs


def _classes(scores: Float32, passports: Sequence[Mapping[str, Any]]) -> Float32:
    first = passports[0]
    return class_scores(scores, len(first["classes"]), positive_of(first))
