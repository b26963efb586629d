"""Values of which an event has any number, and what becomes one value an event of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def event_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which event each value is of, counted from 0, of events with so many: (values,)."""
    return np.repeat(np.arange(len(counts)), counts)


@dataclass(frozen=True)
class Lists:
    """Any number of values an event.

    Attributes:
        counts: how many each event has, shape (events,), int64.
        content: the values, event after event, shape (sum of the counts,), float64.
    """

    counts: NDArray[np.int64]
    content: Array

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Position in `content` of each event's first value, shape (events,)."""
        starts: NDArray[np.int64] = np.cumsum(self.counts) - self.counts
        return starts

    def any(self, found: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which events have a value that is found, shape (events,)."""
        return _reduced(np.maximum, Lists(self.counts, found.astype(np.float64)), 0.0) > 0

    def of_events(self, chosen: NDArray[np.bool_]) -> "Lists":
        """Return the lists of some events, chosen by a mask of shape (events,)."""
        return Lists(self.counts[chosen], self.content[np.repeat(chosen, self.counts)])

    def element(self, index: int) -> Array:
        """Return one value of each event, counted from 0, NaN where it has fewer: (events,)."""
        there = self.counts > index
        found = np.full(len(self.counts), np.nan)
        found[there] = self.content[self.starts[there] + index]
        return found


Values = NDArray[Any] | Lists


def _reduced(operation: np.ufunc, lists: Lists, of_none: float) -> Array:
    """Return a binary operation over each event's values, of none the value given: (events,)."""
    some = lists.counts > 0
    found = np.full(len(lists.counts), of_none)
    if some.any():
        # events without values take no room, so that each of these ends where the next begins
        found[some] = operation.reduceat(lists.content, lists.starts[some])
    return found


REDUCTIONS: Mapping[str, Callable[[Lists], Array]] = {
    "Sum$": lambda lists: _reduced(np.add, lists, 0.0),
    "Max$": lambda lists: _reduced(np.maximum, lists, np.nan),
    "Min$": lambda lists: _reduced(np.minimum, lists, np.nan),
    "Length$": lambda lists: lists.counts.astype(np.float64),
}
"""TTreeFormula's functions of an event's values; largest and smallest of none are NaN."""

UNDEFINED_OF_NONE = ("Max$", "Min$")


def unequal(columns: Sequence[Values]) -> NDArray[np.bool_] | None:
    """Return the events in which lists differ in length, shape (events,); None: no lists."""
    lists = [column for column in columns if isinstance(column, Lists)]
    if not lists:
        return None
    differing: NDArray[np.bool_] = np.any(
        [other.counts != lists[0].counts for other in lists], axis=0
    )
    return differing


def elementwise(operation: Callable[..., Array], operands: Sequence[Values]) -> Values:
    """Return an operation on values, value by value; what an event has one of goes with all.

    Events in which lists differ in length have no values in what is returned.
    """
    differing = unequal(operands)
    if differing is None:
        return operation(*operands)
    if differing.any():
        equal = ~differing
        operands = [
            Lists(np.where(equal, operand.counts, 0), operand.of_events(equal).content)
            if isinstance(operand, Lists)
            else operand
            for operand in operands
        ]
    counts = next(operand.counts for operand in operands if isinstance(operand, Lists))
    content = operation(*(_spread(operand, counts) for operand in operands))
    return Lists(counts, np.broadcast_to(content, (int(counts.sum()),)))


def as_lists(values: Values, events: int) -> Lists:
    """Return values as lists, one value an event as lists of one."""
    if isinstance(values, Lists):
        return values
    return Lists(np.ones(events, np.int64), np.broadcast_to(values, (events,)))


def _spread(operand: Values, counts: NDArray[np.int64]) -> NDArray[Any]:
    if isinstance(operand, Lists):
        return operand.content
    return np.repeat(operand, counts) if operand.ndim else operand
