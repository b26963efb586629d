"""The section `balance`: how training weights are made from physical weights."""

from dataclasses import dataclass, field
from typing import Literal

from winnow.study.keys.bounds import Count

Scheme = Literal["none", "sum", "sqrt", "equal"]
Pixels = Literal["all", "filled"]
NegativeWeights = Literal["keep", "absolute", "zero", "error"]


@dataclass(frozen=True)
class Planing:
    """Training weights that make a column's distribution flat in every class (arXiv:1709.10106)."""

    column: str = ""
    """One of `columns.spectators` or a feature; empty flattens nothing."""
    bins: Count = 20
    """Bins of as many events in which each class gets the same sum of weights, wherever it has
    events; validation is weighted likewise."""

    @property
    def acts(self) -> bool:
        """Whether anything is flattened."""
        return bool(self.column)


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
    planing: Planing = field(default_factory=Planing)
    """Training weights that make a column's distribution flat in every class (arXiv:1709.10106)."""
