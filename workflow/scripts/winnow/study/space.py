"""What a search searches: ranges and choices of scan keys."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

_SIGNIFICANT = 4


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both among them, whole ones where both ends are integers.

    `log`: each decade is as likely as another.
    """

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether it has whole numbers alone."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def size(self) -> float:
        """How many values there are."""
        return self.high - self.low + 1 if self.whole else math.inf

    def rounded(self, value: float) -> float:
        """Return a value of the range with no more digits than a table shows.

        >>> Range(1e-4, 0.1).rounded(0.00123456), Range(1, 9).rounded(3.0)
        (0.001235, 3)
        """
        if self.whole:
            return int(value)
        return min(max(float(f"{value:.{_SIGNIFICANT}g}"), self.low), self.high)


@dataclass(frozen=True)
class Choices:
    """Values that have no order."""

    values: tuple[Any, ...]

    @property
    def size(self) -> float:
        """How many values there are."""
        return len(self.values)


Space = Mapping[str, Range | Choices]


def space(keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Range | Choices]:
    """Return what is searched, of the complete config's `optimise.keys`."""
    return {
        name: Choices(tuple(own["choices"])) if "choices" in own else Range(**own)
        for name, own in keys.items()
    }


def combinations(searched: Space) -> float:
    """Return how many points there are, infinity where a range has all numbers between two."""
    return math.prod(own.size for own in searched.values())


def enumerated(searched: Space) -> Iterator[dict[str, Any]]:
    """Yield every point of a space without ranges of real numbers."""
    values = [
        own.values if isinstance(own, Choices) else range(int(own.low), int(own.high) + 1)
        for own in searched.values()
    ]
    yield from (dict(zip(searched, chosen, strict=True)) for chosen in product(*values))


def trial_name(number: int) -> str:
    """Return what the trial of a number, counted over all rounds, is called.

    >>> trial_name(7)
    'trial-007'
    """
    return f"trial-{number:03d}"
