"""The section `balance`: how training weights are made from physical weights."""

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["none", "sum", "sqrt", "equal"]
Pixels = Literal["all", "filled"]
NegativeWeights = Literal["keep", "absolute", "zero", "error"]


@dataclass(frozen=True)
class Balance:
    """How training weights are made from physical weights."""

    scheme: Scheme = "sum"
    """`none`; `sum`: every class sums to the number of background events; `sqrt`: class sums keep
    the square root of their ratio to the signal's; `equal`: classes sum to the same, mean weight
    1."""
    negative_weights: NegativeWeights = "keep"
    """What a negative weight becomes in training: `zero` leaves such events out of training and its
    losses, as TMVA's `IgnoreNegWeightsInTraining`. Yields keep them with their sign."""
    pixels: Pixels = "all"
    """Of pictures whose pixels have classes, the pixels that a network learns from: `all`, or
    `filled`, those with something in them. Classes weigh in inverse proportion to their pixels."""
