"""What network families share: hidden and output layers as the `model` section describes them."""

import keras

from winnow.errors import ConfigError
from winnow.identity import key
from winnow.networks.hidden import Hidden
from winnow.networks.targets import output_kind
from winnow.study.keys.model import Model


def hidden_layer(
    model: Hidden, inputs: keras.KerasTensor, units: int, number: int, seed: int
) -> keras.KerasTensor:
    """Add a hidden layer: linear map, batch normalisation, activation, dropout.

    Args:
        model: the network's keys.
        inputs: (events, any) what the layer acts on.
        units: its width.
        number: its place in the network, from 1; it ends the names of its parts.
        seed: the run's seed.

    Returns:
        (events, units).
    """
    kernel, bias = model.initializer, not model.batch_normalisation
    outputs = _linear(units, f"dense_{number}", kernel, bias, seed, penalty_of(model))(inputs)
    if model.batch_normalisation:
        outputs = keras.layers.BatchNormalization(name=f"normalisation_{number}")(outputs)
    outputs = keras.layers.Activation(model.activation, name=f"activation_{number}")(outputs)
    if model.dropout > 0:
        name = f"dropout_{number}"
        drop = keras.layers.Dropout(model.dropout, name=name, seed=layer_seed(name, seed))
        outputs = drop(outputs)
    return outputs


def output_layer(
    model: Hidden, inputs: keras.KerasTensor, class_count: int, seed: int
) -> keras.KerasTensor:
    """Add the linear output and, as a layer of its own, the sigmoid or softmax.

    Args:
        model: the network's keys.
        inputs: (events, any) the last hidden layer.
        class_count: number of classes.
        seed: the run's seed.

    Returns:
        (events, 1) the score of the signal class for `sigmoid`, else (events, class_count).
    """
    units = output_count(model, class_count)
    penalty = penalty_of(model) if model.penalised == "all" else None
    linear = _linear(units, "output", "glorot_uniform", True, seed, penalty)
    # scikinC and other exporters want the softmax as a layer of its own
    kind = output_kind(model, class_count)
    return keras.layers.Activation(kind, name=kind)(linear(inputs))


def convolution(
    inputs: keras.KerasTensor,
    filters: tuple[int, int],
    name: str,
    initializer: str,
    seed: int,
    penalty: keras.regularizers.Regularizer | None = None,
    strides: int = 1,
) -> keras.KerasTensor:
    """Add a convolution that keeps the size of pictures, but for its stride.

    Args:
        inputs: (events, rows, columns, any).
        filters: how many, and their rows and columns.
        name: the layer's.
        initializer: of its weights.
        seed: the run's seed.
        penalty: on its weights.
        strides: every so many pixels.
    """
    return keras.layers.Conv2D(
        filters[0],
        filters[1],
        strides=strides,
        padding="same",
        name=name,
        kernel_initializer=seeded(initializer, name, seed),
        kernel_regularizer=penalty,
    )(inputs)


def check_pictures(family: str, shape: tuple[int, ...], *axes: int) -> None:
    """Refuse events that are no pictures.

    Args:
        family: the network's.
        shape: an event's features.
        axes: how many axes they may have.

    Raises:
        ConfigError: they have others.
    """
    if len(shape) not in axes:
        raise ConfigError(
            f"config key `model.family`: `{family}` takes pictures, found events of shape {shape}. "
            "Make pictures in the section `images`, or take another family."
        )


def output_count(model: Model, class_count: int) -> int:
    """Return the number of a network's outputs: one for `sigmoid`, else one per class."""
    return 1 if output_kind(model, class_count) == "sigmoid" else class_count


def seeded(initializer: str, name: str, seed: int) -> keras.initializers.Initializer:
    """Return what draws the initial weights of one layer of a run."""
    own = {"class_name": initializer, "config": {"seed": layer_seed(name, seed)}}
    return keras.initializers.get(own)


def layer_seed(name: str, seed: int) -> int:
    """Return the seed of one layer of a run, from 0 to 2³¹ - 1."""
    return key("layer", name, seed) % 2**31


def _linear(
    units: int,
    name: str,
    initializer: str,
    bias: bool,
    seed: int,
    penalty: keras.regularizers.Regularizer | None,
) -> keras.layers.Layer:
    return keras.layers.Dense(
        units,
        name=name,
        use_bias=bias,
        kernel_initializer=seeded(initializer, name, seed),
        kernel_regularizer=penalty,
    )


def penalty_of(model: Hidden) -> keras.regularizers.Regularizer | None:
    """Return the penalty on a layer's weights, None without any."""
    if model.l1 == 0 and model.l2 == 0:
        return None
    return keras.regularizers.L1L2(l1=model.l1, l2=model.l2)
