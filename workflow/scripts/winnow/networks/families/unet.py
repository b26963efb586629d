"""The family `unet`: a class for each pixel, from what is around it at several scales."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from winnow.study.keys.bounds import Count, Initializer
from winnow.study.keys.model import Model, Target

if TYPE_CHECKING:
    import keras

_MEMORY = 0.9
"""Share that batch normalisation keeps of its means at each step, PyTorch's default: few steps of
few events must do."""


@dataclass(frozen=True)
class Keys(Model):
    """Blocks of two convolutions, down to smaller pictures and up again."""

    target: ClassVar[Target] = "pixel"

    depth: Count = 4
    """For `unet`, how often a picture is halved."""
    width: Count = 16
    """For `unet`, filters of the first block; each halving doubles them."""
    order: Literal["relu_norm", "norm_relu"] = "relu_norm"
    """For `unet`, what follows each convolution: rectifier and batch normalisation, or the other
    way round."""
    down: Literal["pooling", "stride"] = "pooling"
    """For `unet`, how a picture is halved: the largest of 2 × 2 pixels, or a convolution of stride
    2."""
    initializer: Initializer = "he_normal"
    """Initial weights of the hidden layers."""

    def faults(self) -> Iterator[str]:
        """List an output that pixels do not have."""
        if self.output == "sigmoid":
            yield (
                "config key `model.output`: found `sigmoid`, but a pixel has three classes or "
                "more; use `softmax` or `auto`."
            )


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build a U-Net, which sees each plane of an event alike and alone.

    Ronneberger et al., arXiv:1505.04597, with padding, batch normalisation and transposed
    convolutions, as Pandora's network for tracks and showers (AndyChappell/SemanticSegmentation).
    Pictures whose size 2 to the power of `depth` does not divide are filled up with zeros inside.

    Args:
        keys: the family's.
        shape: of an event's pictures, (rows, columns, channels) or (planes, rows, columns, ...).
        class_count: number of classes of pixels.
        seed: the run's seed.

    Returns:
        A network from (events, *shape) to (events, *shape but the last, classes).
    """
    import keras

    from winnow.networks.layers import check_pictures, convolution, layer_seed, seeded

    check_pictures("unet", shape, 3, 4)
    rows, columns, channels = shape[-3:]
    inputs = keras.Input(shape, name="features")
    pictures = keras.ops.reshape(inputs, (-1, rows, columns, channels))
    step = 2**keys.depth
    fill = tuple((0, -size % step) for size in (rows, columns))
    hidden = keras.layers.ZeroPadding2D(fill, name="fill")(pictures)

    def block(hidden: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
        for number in (1, 2):
            own = f"{name}_{number}"
            size, named = (filters, 3), f"convolution_{own}"
            hidden = convolution(hidden, size, named, keys.initializer, seed)
            rectify = keras.layers.Activation("relu", name=f"relu_{own}")
            normalise = keras.layers.BatchNormalization(momentum=_MEMORY, name=f"norm_{own}")
            both = (rectify, normalise) if keys.order == "relu_norm" else (normalise, rectify)
            for layer in both:
                hidden = layer(hidden)
        return hidden

    skips = []
    for level in range(keys.depth):
        filters = keys.width * 2**level
        hidden = block(hidden, filters, f"down_{level}")
        skips.append(hidden)
        if keys.down == "pooling":
            hidden = keras.layers.MaxPooling2D(name=f"half_{level}")(hidden)
        else:
            size, named = (filters, 3), f"half_{level}"
            hidden = convolution(hidden, size, named, keys.initializer, seed, strides=2)
    hidden = block(hidden, keys.width * 2**keys.depth, "bottom")
    for level in reversed(range(keys.depth)):
        name = f"up_{level}"
        hidden = keras.layers.Conv2DTranspose(
            keys.width * 2**level,
            3,
            strides=2,
            padding="same",
            kernel_initializer=seeded(keys.initializer, name, seed),
            name=name,
        )(hidden)
        hidden = keras.layers.Concatenate(name=f"skip_{level}")([skips[level], hidden])
        hidden = block(hidden, keys.width * 2**level, f"level_{level}")
    hidden = hidden[:, :rows, :columns]
    glorot = keras.initializers.GlorotUniform(layer_seed("output", seed))
    scores = keras.layers.Conv2D(class_count, 1, kernel_initializer=glorot, name="output")(hidden)
    scores = keras.ops.reshape(scores, (-1, *shape[:-1], class_count))
    outputs = keras.layers.Activation("softmax", name="softmax")(scores)
    return keras.Model(inputs, outputs, name="unet")
