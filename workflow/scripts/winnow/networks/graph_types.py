"""What a network is as a list of simple operations."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

ACTIVATIONS = (
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
)
"""What `function` may be: Keras' definitions at their defaults (gelu by erf, leaky_relu's 0.2)."""


@dataclass(frozen=True)
class Operation:
    """One step of a network, on rows of float32.

    Attributes:
        name: of its result.
        kind: `dense` x → x·kernel + bias; `scale` x → x·kernel + bias, element by element; `add`
            the sum of its inputs; `activation` the function of each element, softmax of each row.
        inputs: names of what it acts on.
        kernel: (inputs, outputs) for `dense`, (outputs,) for `scale`.
        bias: (outputs,).
        function: name of the activation, one of ACTIVATIONS.
    """

    name: str
    kind: Literal["dense", "scale", "add", "activation"]
    inputs: tuple[str, ...]
    kernel: Float32 | None = None
    bias: Float32 | None = None
    function: str = "linear"


@dataclass(frozen=True)
class Graph:
    """A network from one row of numbers to another.

    Attributes:
        name: of the row that comes in.
        width: its length.
        operations: in an order in which each finds its inputs; the last gives the result.
        outputs: length of the result.
    """

    name: str
    width: int
    operations: tuple[Operation, ...]
    outputs: int
