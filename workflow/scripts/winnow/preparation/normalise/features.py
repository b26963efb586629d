"""Features that a normalisation is fitted on, gone through in blocks, whatever their number."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from winnow.columns import TRAIN
from winnow.preparation.arrays import feature_matrix
from winnow.preparation.folds import Fold
from winnow.preparation.normalise.apply import CHUNK, Float32, Float64, blocks, by_name
from winnow.preparation.values import Values


class Features(Protocol):
    """Features of events.

    Attributes:
        names: of the features, in order.
        count: how many events.
        shape: of an event's features, (features,) of a table.
    """

    names: Sequence[str]
    count: int
    shape: tuple[int, ...]

    def columns(self, wanted: Sequence[str]) -> Iterator[Mapping[str, Float32]]:
        """Yield the wanted features, by name, of `CHUNK` events each time, in order."""


def present(features: Features, name: str) -> Values:
    """Return a feature's values where it is not missing; of an array all of its numbers."""

    def parts() -> Iterator[Float64]:
        for block in features.columns([name]):
            column = block[name]
            yield column[~np.isnan(column)].astype(np.float64)

    return Values(parts)


def feature_levels(features: Features, count: int) -> list[list[float]]:
    """Return equally spaced quantiles of each feature, from smallest to largest value.

    Returns:
        of each feature `count` numbers, rising; none where it is missing throughout; nothing of
        arrays.
    """
    if len(features.shape) > 1:
        return []
    columns = (present(features, name) for name in features.names)
    shares = np.linspace(0, 1, count)
    return [own.quantiles(shares).tolist() if own.count else [] for own in columns]


class Matrix:
    """Features in one array."""

    def __init__(self, features: Float32, names: Sequence[str]) -> None:
        """Take an array.

        Args:
            features: (events, features) float32, NaN where missing; or (events, ...) of one feature
                that is an array, such as an image.
            names: of the features.
        """
        self.names, self.count, self.shape = names, len(features), features.shape[1:]
        self._features = features

    def columns(self, wanted: Sequence[str]) -> Iterator[Mapping[str, Float32]]:
        """Yield all features; more than are wanted cost nothing."""
        for _, block in blocks(self._features):
            yield by_name(block, self.names)


class Training:
    """Features of a fold's training events, read anew each time."""

    def __init__(self, fold: Fold, names: Sequence[str]) -> None:
        """Take a fold.

        Args:
            fold: the events.
            names: of the features.
        """
        self.names, self.count, self._fold = names, fold.count(TRAIN), fold
        self.shape: tuple[int, ...] = (len(names),)
        for matrix in self._matrices(names):
            self.shape = matrix.shape[1:]
            break

    def columns(self, wanted: Sequence[str]) -> Iterator[Mapping[str, Float32]]:
        """Yield the wanted features; how the files are cut does not matter."""
        shape = self.shape if len(self.shape) > 1 else (len(wanted),)
        waiting = np.empty((0, *shape), np.float32)
        for matrix in self._matrices(wanted):
            waiting = np.concatenate([waiting, matrix])
            whole = len(waiting) // CHUNK * CHUNK
            for _, block in blocks(waiting[:whole]):
                yield by_name(block, wanted)
            waiting = waiting[whole:]
        if len(waiting):
            yield by_name(waiting, wanted)

    def _matrices(self, wanted: Sequence[str]) -> Iterator[Float32]:
        for table in self._fold.of_sample(TRAIN, wanted):
            yield feature_matrix(table, wanted, np.arange(len(table)))
