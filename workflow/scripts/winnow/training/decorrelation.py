"""The distance correlation of score and spectator as a penalty (DisCo, arXiv:2001.05310).

With x the signal's score and y the spectator of background events, primed ones of another event,

    dCov²(x, y) = ⟨|x−x'||y−y'|⟩ + ⟨|x−x'|⟩⟨|y−y'|⟩ − 2⟨|x−x'||y−y''|⟩,
    dCorr²(x, y) = dCov²(x, y) / √(dCov²(x, x) dCov²(y, y)),

the means taken with the training weights. It is 0 for independent numbers alone, 1 for those that
are proportional (Székely, Rizzo, Bakirov, arXiv:0803.4101), and whatever the units. All pairs of a
batch enter: time and memory grow with the square of `training.batch_size`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from winnow.columns import CLASS
from winnow.preparation.folds import read_fold
from winnow.training.evaluation import TrainingData
from winnow.training.windows import permutation

# events of validation whose pairs are looked at together
BLOCK = 2048


@dataclass(frozen=True)
class Decorrelate:
    """The penalty of a batch.

    Attributes:
        strength: what dCorr² is multiplied by.
        output: the network's output that is the signal's score.
        warm_up: steps over which the strength grows to itself.
    """

    strength: float
    output: int
    warm_up: int = 0

    def at_step(
        self, number: tf.Tensor, scores: tf.Tensor, weights: tf.Tensor, spectator: tf.Tensor
    ) -> tf.Tensor:
        """Return the penalty at a step of the training, counted from 0; as of the whole one."""
        grown = tf.cast(number + 1, tf.float32) / (self.warm_up or 1)
        return tf.minimum(grown, 1.0) * self(scores, weights, spectator)

    def __call__(self, scores: tf.Tensor, weights: tf.Tensor, spectator: tf.Tensor) -> tf.Tensor:
        """Return the whole penalty.

        Args:
            scores: (events, outputs).
            weights: (events,) training weights.
            spectator: (events,) NaN where an event takes no part.
        """
        score = scores[:, self.output]
        return self.strength * distance_correlation(score, spectator, weights)


def distance_correlation(x: tf.Tensor, y: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return dCorr² of two numbers of weighted events, a scalar.

    Negative weights enter with their sign. Where they leave no positive sum or spread, or where
    there are fewer than two events, it is 0.

    Args:
        x: (n,) float32, finite.
        y: (n,) float32; events without it (NaN) take no part.
        weights: (n,) float32.
    """
    there = tf.math.is_finite(y)
    shares = tf.where(there, weights, 0.0)
    total = tf.reduce_sum(shares)
    shares = tf.math.divide_no_nan(shares, total)
    a, b = _centred(x, shares), _centred(tf.where(there, y, 0.0), shares)

    def covariance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        return tf.tensordot(shares, tf.linalg.matvec(one * other, shares), 1)

    spread = covariance(a, a) * covariance(b, b)
    usable = (total > 0) & (spread > 0)
    # the root's gradient at 0 is infinite, and would reach through tf.where
    found = covariance(a, b) / tf.sqrt(tf.where(usable, spread, 1.0))
    return tf.where(usable, found, 0.0)


def _centred(values: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """Return the distances of all pairs, less the means of their rows and columns."""
    distances = tf.abs(values[:, None] - values[None, :])
    means = tf.linalg.matvec(distances, shares)
    return distances - means[:, None] - means[None, :] + tf.tensordot(shares, means, 1)


def background_spectator(
    events: Sequence[str | Path], samples: str | Path, fold: int, name: str, signal: int
) -> dict[str, NDArray[np.float32]]:
    """Read the spectator that the background's score is not to tell.

    Args:
        events: the event tables.
        samples: the split table.
        fold: the fold that tests; 0 without folds.
        name: the spectator.
        signal: the signal's class.

    Returns:
        sample → (n,) of its events in order, less their mean, in standard deviations (float32 then
        keeps the digits of large numbers); NaN for signal and where it is missing.

    Raises:
        DataError: as of `read_fold`.
    """
    own = read_fold(events, samples, fold, [CLASS, name])
    values = own.events[name].to_numpy().astype(np.float64)
    values[~np.isfinite(values) | (own.events[CLASS].to_numpy() == signal)] = np.nan
    found = {}
    for sample, rows in own.rows.items():
        chosen = values[rows]
        there = chosen[np.isfinite(chosen)]
        middle, width = (there.mean(), there.std()) if len(there) else (0.0, 1.0)
        found[sample] = ((chosen - middle) / (width or 1.0)).astype(np.float32)
    return found


def make_penalty(
    model: keras.Model, data: TrainingData, penalty: Decorrelate, seed: int
) -> Callable[[], float]:
    """Return a function that gives the mean penalty of a sample, over blocks of its events.

    Args:
        model: any model.
        data: the sample, with a spectator.
        penalty: of a batch.
        seed: of the order in which events are put into blocks; rows of files are sorted.
    """
    order = permutation(data.count, seed, "decorrelation").astype(np.int64)
    blocks = [order[start : start + BLOCK] for start in range(0, data.count, BLOCK)]
    layout = data.layout

    @tf.function(autograph=False, input_signature=[*layout.specs])
    def measured(
        features: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, spectator: tf.Tensor
    ) -> tf.Tensor:
        seen, _ = layout.seen(features, labels)
        return penalty(tf.cast(model(seen, training=False), tf.float32), weights, spectator)

    def mean() -> float:
        found = [float(measured(*data.tensors(rows))) for rows in blocks]
        return float(np.average(found, weights=[len(rows) for rows in blocks]))

    return mean
