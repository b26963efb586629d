"""Keys of the families that are made of dense layers."""

from dataclasses import dataclass
from typing import Annotated, Literal

from winnow.study.keys.bounds import Activation, Count, Initializer, NotNegative, Share
from winnow.study.keys.model import Model
from winnow.study.typed import says


@dataclass(frozen=True)
class Hidden(Model):
    """Hidden dense layers."""

    layers: Annotated[tuple[Count, ...], says(minItems=1)] = (100, 100)
    """Units of each hidden layer."""
    activation: Activation = "swish"
    """Activation of the hidden layers."""
    initializer: Initializer = "he_normal"
    """Initial weights of the hidden layers."""
    dropout: Share = 0.3
    """Share of hidden units dropped in training."""
    l1: NotNegative = 0.0
    """L1 penalty on the weights."""
    l2: NotNegative = 0.0
    """L2 penalty on the weights."""
    penalised: Literal["all", "hidden"] = "all"
    """Layers whose weights `l1` and `l2` are on; `hidden` leaves out those of the output."""
    batch_normalisation: bool = False
    """Normalise each hidden layer over the batch."""
