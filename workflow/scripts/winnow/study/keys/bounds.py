"""What several keys' values have in common: keywords of JSON schema, and choices."""

from typing import Annotated, Literal

from winnow.study.typed import says

Positive = Annotated[float, says(exclusiveMinimum=0)]
NotNegative = Annotated[float, says(minimum=0)]
Fraction = Annotated[float, says(exclusiveMinimum=0, exclusiveMaximum=1)]
Share = Annotated[float, says(minimum=0, exclusiveMaximum=1)]
Count = Annotated[int, says(minimum=1)]
Text = Annotated[str, says(minLength=1)]
Column = Annotated[str, says(minLength=1)]
Columns = Annotated[tuple[Column, ...], says(minItems=1)]
Branch = Annotated[str, says(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)")]
Activation = Literal[
    "relu",
    "tanh",
    "sigmoid",
    "swish",
    "gelu",
    "elu",
    "selu",
    "leaky_relu",
    "softplus",
    "linear",
]
Initializer = Literal[
    "he_normal",
    "he_uniform",
    "glorot_normal",
    "glorot_uniform",
    "lecun_normal",
    "lecun_uniform",
]
