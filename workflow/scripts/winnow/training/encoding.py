"""Learned transforms: from an autoencoder's weights to codes, a passport, and its encoder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.networks.autoencoder import CODE, DECODER, autoencoder, behind, encoder_of
from winnow.networks.batches import batch_events
from winnow.networks.passport import FORMAT, check_format, golden_features
from winnow.preparation.normalise.apply import Transform as Normalisation
from winnow.preparation.normalise.apply import apply, output_names, output_shape
from winnow.study.keys.transform import Transform
from winnow.study.typed import made
from winnow.tables import read_array, read_json
from winnow.training.checkpoint import check_loss, load_weights
from winnow.training.evaluation import TrainingData

Float32 = NDArray[np.float32]
Encoded = tuple[slice, Float32, Float32]
"""Which events, (n, bottleneck) their codes, and (n, inputs) their copies."""

# float32 codes, whose spread is 1, differ by rounding alone between machines and batch sizes
CODE_TOLERANCE = 1e-4


def restored_autoencoder(
    keys: Transform, seed: int, weights: str | Path, validation: TrainingData, expected_loss: float
) -> keras.Model:
    """Build an autoencoder, load its best epoch's weights and check that they are that epoch's.

    Args:
        keys: the config's `transform` section.
        seed: the transform's.
        weights: the weights file.
        validation: the validation sample.
        expected_loss: the validation loss that the history records for the best epoch.

    Raises:
        ModelError: evaluated again, the loss is another one.
    """
    network = autoencoder(keys, validation.layout.shape, seed)
    load_weights(network, weights)
    check_loss(network, weights, validation, expected_loss, keys.training.precision)
    return network


def standardise(network: keras.Model, features: Float32) -> None:
    """Give the code of an autoencoder mean 0 and spread 1 over some events, in place.

    Any scale of a linear code copies as well, since the decoder makes up for it, but networks that
    see the code begin with weights for inputs of spread 1. A number that is the same for all events
    keeps its scale. No event weights enter, as in `normalise`.

    Args:
        network: as of `winnow.networks.autoencoder.autoencoder`; its copies stay as they are.
        features: (n, inputs) float32, the training events.
    """
    total, squares = np.zeros(0), np.zeros(0)
    for _, codes, _ in make_encoder(network)(features):
        wide = codes.astype(np.float64)
        total = wide.sum(axis=0) + (total if total.size else 0)
        squares = (wide**2).sum(axis=0) + (squares if squares.size else 0)
    mean = total / len(features)
    spread = np.sqrt(np.maximum(squares / len(features) - mean**2, 0))
    spread[spread < 1e-6 * np.sqrt(squares / len(features))] = 1.0
    code, decoder = network.get_layer(CODE), network.get_layer(DECODER)
    kernel, bias = (weight.astype(np.float64) for weight in code.get_weights())
    code.set_weights([kernel / spread, (bias - mean) / spread])
    kernel, bias = (weight.astype(np.float64) for weight in decoder.get_weights())
    decoder.set_weights([kernel * spread[:, None], bias + mean @ kernel])


def make_encoder(network: keras.Model) -> Callable[[Float32], Iterator[Encoded]]:
    """Return a function that yields codes and copies of events, some of them at a time.

    Args:
        network: as of `winnow.networks.autoencoder.autoencoder`.

    Returns:
        A function of (n, inputs) float32, which may be a memory map.
    """
    both = keras.Model(network.input, [network.get_layer(CODE).output, network.output])
    shape = network.input_shape[1:]
    size = batch_events(shape)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, *shape), tf.float32)])
    def forward(batch: tf.Tensor) -> tf.Tensor:
        return both(batch, training=False)

    def encoded(features: Float32) -> Iterator[Encoded]:
        for start in range(0, len(features), size):
            rows = slice(start, min(start + size, len(features)))
            codes, copies = forward(np.ascontiguousarray(features[rows], np.float32))
            yield rows, codes.numpy(), copies.numpy()

    return encoded


def transform_passport(
    network: keras.Model,
    events: Float32,
    told: tuple[Sequence[Mapping[str, Any]], Mapping[str, Any], Normalisation],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Describe a learned transform so that nothing about its use is left to memory.

    Args:
        network: the autoencoder.
        events: (n, inputs) float32 as ingested, kept with their codes as golden rows.
        told: name and unit of each feature, how they are read, and their normalisation.
        facts: as of `winnow.training.checkpoint.training_facts`.
    """
    features, reading, normalisation = told
    wide = events.astype(np.float64).astype(object)
    wide[np.isnan(events)] = None
    codes = _codes(network, apply(normalisation, events))
    return {
        "format": FORMAT,
        "features": list(features),
        "reading": reading,
        "network_inputs": output_names(normalisation),
        "transform": normalisation,
        "fitted_on": normalisation["fitted_on"],
        **facts,
        "golden": {"features": wide.tolist(), "codes": codes.astype(np.float64).tolist()},
    }


def read_encoder(model: str | Path, passport: str | Path) -> tuple[keras.Model, dict[str, Any]]:
    """Return the encoder of a learned transform once it gives the codes of its passport.

    Args:
        model: the autoencoder's file, of which the weights alone are read.
        passport: its passport, returned too.

    Raises:
        ModelError: it gives other codes.
    """
    own = read_json(passport)
    check_format(own)
    keys, seed = made(Transform, own["config"]["transform"]), own["seeds"]["transform"]
    network = autoencoder(keys, output_shape(own["transform"]), seed)
    network.load_weights(model)
    codes = _codes(network, apply(own["transform"], golden_features(own)))
    difference = float(np.max(np.abs(np.array(own["golden"]["codes"]) - codes)))
    if not difference <= CODE_TOLERANCE:
        raise ModelError(
            f"{model}: the autoencoder does not reproduce the golden codes of its passport: they "
            f"differ by up to {difference:.3g}, allowed are {CODE_TOLERANCE:g}. The file is "
            "damaged or belongs to another passport: remove it and run again."
        )
    return encoder_of(network, keys, seed), own


def with_encoder(
    network: keras.Model,
    encoder: keras.Model,
    features: str | Path,
    weights: str | Path,
    expected: tuple[TrainingData, float, str],
) -> tuple[keras.Model, TrainingData]:
    """Return one network of normalised features, and the validation sample as that sees it.

    Args:
        network: what sees the codes.
        encoder: what gives them.
        features: `.npy` of the validation sample's normalised features.
        weights: where those of the network come from, for messages.
        expected: the validation sample with its codes, the loss that the network's training
            recorded, and its precision.

    Raises:
        ModelError: both together do not give that loss: the codes are another encoder's.
    """
    codes, loss, precision = expected
    whole, own = behind(encoder, network), replace(codes, features=read_array(features))
    check_loss(whole, weights, own, loss, precision)
    return whole, own


def _codes(network: keras.Model, features: Float32) -> Float32:
    return np.concatenate([codes for _, codes, _ in make_encoder(network)(features)])
