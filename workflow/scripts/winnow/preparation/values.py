"""Numbers that are gone through part by part: their moments and quantiles, whatever their number.

All that is computed depends on the numbers and how they are cut into parts, not on memory:
quantiles are exact (those of `numpy.quantile`), found in several passes where there are more
numbers than are held at once.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

HELD = 2**24
"""So many numbers are held at once."""

_SAMPLE = 2**16


def held(values: NDArray[np.floating]) -> "Values":
    """Return numbers of one array, none of them NaN."""
    return Values(lambda: iter([np.asarray(values, np.float64).ravel()]))


class Values:
    """Some numbers, none of them NaN; without any, there is a count alone.

    Attributes:
        count: how many.
        low: the smallest.
        high: the largest.
    """

    def __init__(self, parts: Callable[[], Iterator[Float64]], held: int = HELD) -> None:
        """Count the numbers; hold them where they are few.

        Args:
            parts: gives them anew each time, in the same parts.
            held: how many are held at once.
        """
        self.count, self.low, self.high = 0, math.inf, -math.inf
        self._again, self._most = parts, held
        self._kept: list[Float64] = []
        for part in parts():
            if not len(part):
                continue
            self.count += len(part)
            self.low, self.high = min(self.low, part.min()), max(self.high, part.max())
            self._kept.append(part)
            if self.count > held:
                self._kept.clear()
        self.low, self.high = float(self.low), float(self.high)

    @property
    def positive(self) -> "Values":
        """Those above zero, of which there may be none."""
        return Values(lambda: (part[part > 0] for part in self._parts()), self._most)

    @property
    def whole(self) -> bool:
        """Whether they are whole numbers."""
        return all(np.array_equal(part, np.round(part)) for part in self._parts())

    @property
    def mean(self) -> float:
        """Their mean."""
        return math.fsum(part.sum() for part in self._parts()) / self.count

    @property
    def deviation(self) -> float:
        """Their standard deviation, that of all the numbers there are."""
        mean = self.mean
        return math.sqrt(math.fsum(((p - mean) ** 2).sum() for p in self._parts()) / self.count)

    def quantiles(self, shares: Sequence[float] | Float64) -> Float64:
        """Return the numbers that shares of all lie below, as `numpy.quantile` does.

        Args:
            shares: (n,) from 0 to 1.
        """
        if self._kept:
            found: Float64 = np.quantile(np.concatenate(self._kept), shares)
            return found
        places = np.asarray(shares) * (self.count - 1)
        below = np.floor(places).astype(np.int64)
        above = np.minimum(below + 1, self.count - 1)
        ranked = self._ranked(np.unique([below, above]))
        return np.array([
            np.quantile([ranked[low], ranked[high]], place - low)
            for low, high, place in zip(below, above, places, strict=True)
        ])  # fmt: skip

    def _parts(self) -> Iterator[Float64]:
        return iter(self._kept) if self._kept else self._again()

    def _ranked(self, ranks: NDArray[np.int64]) -> dict[int, float]:
        """Return the numbers of some ranks, the smallest number having rank 0.

        A sample cuts the numbers into ranges that can be held. What lies between the cuts is
        counted, and the ranges with a rank in them are collected, as many as fit in a pass.
        """
        cuts = self._cuts()
        equal, between = np.zeros(len(cuts), np.int64), np.zeros(len(cuts) + 1, np.int64)
        for part in self._parts():
            left, right = (np.searchsorted(cuts, part, side) for side in ("left", "right"))
            at = left < right
            equal += np.bincount(left[at], minlength=len(cuts))
            between += np.bincount(left[~at], minlength=len(cuts) + 1)
        # in order: what is below the first cut, the first cut, what is above it, ...
        sizes = np.empty(2 * len(cuts) + 1, np.int64)
        sizes[0::2], sizes[1::2] = between, equal
        ends = np.cumsum(sizes)
        places = np.searchsorted(ends, ranks, side="right")
        found = {
            int(rank): float(cuts[place // 2])
            for rank, place in zip(ranks, places, strict=True)
            if place % 2
        }
        for group in _groups(np.unique(places[places % 2 == 0] // 2), between, self._most):
            collected = self._collected(cuts, group)
            for place in group:
                for rank in ranks[places == 2 * place]:
                    found[int(rank)] = float(collected[place][rank - (ends - sizes)[2 * place]])
        return found

    def _cuts(self) -> Float64:
        """Return numbers between which about half of what can be held lies; rising."""
        step, sample, seen = -(-self.count // _SAMPLE), list[Float64](), 0
        for part in self._parts():
            sample.append(part[-seen % step :: step].copy())  # a view would hold the part
            seen += len(part)
        ordered = np.sort(np.concatenate(sample))
        pieces = max(2, -(-4 * self.count // self._most))
        return np.unique(ordered[:: max(1, len(ordered) // pieces)])

    def _collected(self, cuts: Float64, group: Sequence[int]) -> dict[int, Float64]:
        """Return the sorted numbers of some ranges, of each above a cut and below the next."""
        bounds = np.concatenate([[-np.inf], cuts, [np.inf]])
        found: dict[int, list[Float64]] = {place: [] for place in group}
        for part in self._parts():
            for place, own in found.items():
                own.append(part[(part > bounds[place]) & (part < bounds[place + 1])])
        return {place: np.sort(np.concatenate(own)) for place, own in found.items()}


def _groups(ranges: NDArray[np.int64], sizes: NDArray[np.int64], most: int) -> Iterator[list[int]]:
    """Yield ranges in groups whose numbers together can be held; one too large is alone."""
    group, size = list[int](), 0
    for own in ranges.tolist():
        if group and size + sizes[own] > most:
            yield group
            group, size = [], 0
        group.append(own)
        size += sizes[own]
    if group:
        yield group
