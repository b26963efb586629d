"""The section `transform`: an autoencoder between the normalised features and the network."""

from dataclasses import dataclass, field
from typing import Annotated

from winnow.study.keys.bounds import Activation, Count, Initializer, NotNegative
from winnow.study.keys.training import Training
from winnow.study.typed import says


@dataclass(frozen=True)
class Transform:
    """A learned transform. An autoencoder is trained to copy the normalised features of training
    events through a bottleneck; what stands there, the code, is what networks are trained on.
    """

    bottleneck: Annotated[int, says(minimum=0)] = 0
    """Numbers that an event is squeezed into, the inputs of the network; 0 learns no transform."""
    layers: tuple[Count, ...] = (100, 100)
    """Units of each hidden layer of the encoder; the decoder has them the other way round. Without
    any, encoder and decoder are linear."""
    activation: Activation = "swish"
    """Activation of the hidden layers; the code and the copy are linear."""
    initializer: Initializer = "he_normal"
    """Initial weights of the hidden layers."""
    noise: NotNegative = 0.0
    """Standard deviation of Gaussian noise that is added to the normalised features, in training
    only, while the copy is to be one without (a denoising autoencoder); 0 adds none."""
    anomaly_score: bool = False
    """Write a column `anomaly_score` beside the scores of `predict`, the mean squared difference
    between an event's normalised features and their copy."""
    training: Training = field(default_factory=Training)
    """How the autoencoder is trained, with keys and defaults of its own: a scan over those of
    `training` trains no autoencoder anew."""

    @property
    def acts(self) -> bool:
        """Whether a transform is learned."""
        return self.bottleneck > 0
