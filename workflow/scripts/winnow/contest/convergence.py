"""When training has converged, for contestants that leave it to their user."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Convergence:
    """The epochs of a training: their validation losses and times, and the best one's weights.

    Attributes:
        patience: epochs without a better loss before training ends; 0 never ends it.
        weights: returns a copy of the present weights.
        losses: of validation, epoch after epoch.
        seconds: of each epoch, with its validation.
        best_epoch: that of the lowest loss.
        best: its weights.
    """

    patience: int
    weights: Callable[[], Any]
    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = -1
    best: Any = None
    _begin: float = field(default_factory=time.perf_counter)

    def epoch(self, loss: float) -> bool:
        """Take an epoch's validation loss, and return whether training goes on."""
        if self.best_epoch < 0 or loss < self.losses[self.best_epoch]:
            self.best_epoch, self.best = len(self.losses), self.weights()
        self.losses.append(float(loss))
        now = time.perf_counter()
        self.seconds.append(now - self._begin)
        self._begin = now
        waited = len(self.losses) - 1 - self.best_epoch
        return np.isfinite(loss) and not 0 < self.patience <= waited
