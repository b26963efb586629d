"""Autoencoders of a table of features, and networks that see the code of one.

Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science 313
(2006) 504; with noise Vincent et al., "Extracting and composing robust features with denoising
autoencoders", ICML 2008. Linear ones span the principal components (Baldi and Hornik, "Neural
networks and principal component analysis", Neural Networks 2 (1989) 53).
"""

import keras

from winnow.errors import ConfigError
from winnow.networks.build import build
from winnow.networks.layers import layer_seed, seeded
from winnow.study.keys.model import Model
from winnow.study.keys.transform import Transform

CODE, DECODER = "code", "decoder_1"
"""The layer that gives the code, and the one that is given it."""


def autoencoder(keys: Transform, shape: tuple[int, ...], seed: int) -> keras.Model:
    """Build an autoencoder: noise where asked for, encoder, code, and the decoder that mirrors it.

    It is one chain of layers, since trainings compute layer by layer in another precision.

    Args:
        keys: the config's `transform` section.
        shape: of an event's features, (inputs,).
        seed: the transform's; every layer's own seed derives from it and the layer's name.

    Returns:
        A network from (events, inputs) to (events, inputs), float32.

    Raises:
        ConfigError: events are no rows of numbers.
    """
    if len(shape) != 1:
        raise ConfigError(
            f"config key `transform.bottleneck`: a transform is learned of a table of features, "
            f"found events of shape {shape}. Remove the section `transform`."
        )
    inputs = keras.Input(shape, name="features")
    hidden = inputs
    if keys.noise:
        name = "noise"
        hidden = keras.layers.GaussianNoise(keys.noise, layer_seed(name, seed), name=name)(hidden)
    hidden = _encoded(keys, hidden, seed)
    for number, units in enumerate(reversed(keys.layers), start=1):
        hidden = _hidden(keys, hidden, units, f"decoder_{number}", seed)
    copy = _linear(hidden, shape[0], f"decoder_{len(keys.layers) + 1}", seed)
    return keras.Model(inputs, copy, name="autoencoder")


def encoder_of(trained: keras.Model, keys: Transform, seed: int) -> keras.Model:
    """Return the encoder of an autoencoder, from (events, inputs) to (events, bottleneck).

    Args:
        trained: the autoencoder; its weights are copied.
        keys: the config's `transform` section.
        seed: the transform's.
    """
    inputs = keras.Input(trained.input_shape[1:], name="features")
    encoder = keras.Model(inputs, _encoded(keys, inputs, seed), name="encoder")
    for layer in encoder.layers:
        layer.set_weights(trained.get_layer(layer.name).get_weights())
    return encoder


def behind(encoder: keras.Model, network: keras.Model) -> keras.Model:
    """Return an encoder and the network that sees its code as one network."""
    return keras.Sequential([encoder, network], name="encoded")


def whole_network(
    model: Model, transform: Transform, shape: tuple[int, ...], class_count: int, seed: int
) -> keras.Model:
    """Build the network of normalised features: an encoder where one is learned, and what follows.

    Args:
        model: the config's `model` section.
        transform: its `transform` section.
        shape: of an event's normalised features.
        class_count: number of classes.
        seed: of the initial weights.
    """
    if not transform.acts:
        return build(model, shape, class_count, seed)
    encoder = encoder_of(autoencoder(transform, shape, seed), transform, seed)
    return behind(encoder, build(model, (transform.bottleneck,), class_count, seed))


def _encoded(keys: Transform, inputs: keras.KerasTensor, seed: int) -> keras.KerasTensor:
    hidden = inputs
    for number, units in enumerate(keys.layers, start=1):
        hidden = _hidden(keys, hidden, units, f"encoder_{number}", seed)
    return _linear(hidden, keys.bottleneck, CODE, seed)


def _hidden(
    keys: Transform, inputs: keras.KerasTensor, units: int, name: str, seed: int
) -> keras.KerasTensor:
    initializer = seeded(keys.initializer, name, seed)
    own = {"activation": keys.activation, "kernel_initializer": initializer}
    return keras.layers.Dense(units, name=name, **own)(inputs)


def _linear(inputs: keras.KerasTensor, units: int, name: str, seed: int) -> keras.KerasTensor:
    initializer = seeded("glorot_uniform", name, seed)
    return keras.layers.Dense(units, name=name, kernel_initializer=initializer)(inputs)
