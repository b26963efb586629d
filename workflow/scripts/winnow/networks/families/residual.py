"""The family `residual`: dense layers, each from the second on adding its input to its output."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from winnow.networks.hidden import Hidden

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Keys(Hidden):
    """Hidden dense layers of one width."""

    def faults(self) -> Iterator[str]:
        """List layers that do not add up."""
        if len(set(self.layers)) > 1:
            yield (
                f"config key `model.layers`: found {list(self.layers)}, but the layers of a "
                "`residual` network add up, so give them all the same number of units."
            )


def build(keys: Keys, shape: tuple[int, ...], class_count: int, seed: int) -> "keras.Model":
    """Build dense layers with additive skips: h₁ = f₁(x), hₙ = hₙ₋₁ + fₙ(hₙ₋₁) from the second on.

    The skips of He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385, over
    one layer each. Arguments and result are those of `winnow.networks.build.build`.
    """
    import keras

    from winnow.networks.layers import hidden_layer, output_layer

    inputs = keras.Input(shape, name="features")
    hidden = inputs if len(shape) == 1 else keras.layers.Flatten(name="flat")(inputs)
    for number, units in enumerate(keys.layers, start=1):
        outputs = hidden_layer(keys, hidden, units, number, seed)
        if number > 1:
            outputs = keras.layers.Add(name=f"skip_{number}")([hidden, outputs])
        hidden = outputs
    return keras.Model(inputs, output_layer(keys, hidden, class_count, seed), name="residual")
