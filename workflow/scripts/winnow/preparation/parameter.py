"""The hypothesis that an event is seen under by a parametrised network (arXiv:1601.07913).

Signal is seen under its own. Any other event has one of the values of the signal's training events,
with the shares that they have there, drawn by a hash of its id: the same event has the same one,
whatever file, block or machine it is read in. Signal is trained with the same shares of its weight
(`Trained`), so that the value tells nothing of the class.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import CLASS, EVENT_ID, ROW, SAMPLES, SOURCE, TRAIN, VALIDATION, WEIGHT
from winnow.errors import ConfigError, DataError
from winnow.identity import key, uniform
from winnow.preparation.folds import Fold, FoldEvents

PARAMETER = "parameter"
"""Key of a normalisation that says how the parameter was drawn."""

MOST_VALUES = 1000
_SHOWN = 12


@dataclass(frozen=True)
class Asked:
    """What a config asks for.

    Attributes:
        column: the spectator that holds the hypothesis of a signal event.
        signal: index of the signal class.
        seed: the config's.
        leave_out: values whose signal is not trained on.
    """

    column: str
    signal: int
    seed: int
    leave_out: Sequence[float] = ()


@dataclass(frozen=True)
class Drawing:
    """How events without a hypothesis of their own get one.

    Attributes:
        column: as of `Asked`, as are signal and seed.
        signal: index of the signal class.
        seed: the config's.
        trained: what training signal has, rising, without what is left out; float32 at heart.
        shares: the share of the training signal's events with each; together 1.
        left_out: values whose signal is not trained on, rising.
    """

    column: str
    signal: int
    seed: int
    trained: Sequence[float]
    shares: Sequence[float]
    left_out: Sequence[float]

    def drawn(self, event_id: NDArray[np.uint64]) -> NDArray[np.float32]:
        """Return a value for each id, (events,)."""
        edges = np.cumsum(self.shares)[:-1]
        chosen = np.searchsorted(
            edges, uniform(event_id, key("parameter", self.seed)), side="right"
        )
        return np.array(self.trained, np.float32)[chosen]


def drawing(fold: Fold, asked: Asked) -> Drawing:
    """Return how a fold's events get their hypotheses, from its training events.

    Raises:
        ConfigError: the signal has fewer than two values to train on, or more than `MOST_VALUES`,
            or none of its events has a value that is left out.
        DataError: a signal event has no value.
    """
    counts = Counter[float]()
    for table in fold.of_sample(TRAIN, [CLASS, asked.column, SOURCE, ROW]):
        signal = table[CLASS].to_numpy() == asked.signal
        values = own_values(table.filter(pa.array(signal)), asked.column)
        found, times = np.unique(values, return_counts=True)
        counts.update(dict(zip(map(shortest, found), times.tolist(), strict=True)))
        if len(counts) > MOST_VALUES:
            raise ConfigError(
                f"config key `parameter.column`: the signal's training events have more than "
                f"{MOST_VALUES} values of {asked.column!r}, which is for hypotheses that were "
                "simulated one by one. Round it in `columns.derived`, or make it a feature."
            )
    left_out = sorted(set(map(shortest, asked.leave_out)))
    for value in left_out:
        if value not in counts:
            raise ConfigError(
                f"config key `parameter.leave_out`: no signal event of the training sample has "
                f"{asked.column} {value:g}; {told(sorted(counts))}."
            )
        del counts[value]
    if len(counts) < 2:
        raise ConfigError(
            f"config key `parameter`: the signal's training events have {len(counts)} value(s) of "
            f"{asked.column!r} that are trained on, at least 2 were expected, between which a "
            "network can learn to interpolate. Give signal of more, leave fewer out, or remove the "
            "section."
        )
    known, total = sorted(counts), counts.total()
    shares = [counts[value] / total for value in known]
    return Drawing(asked.column, asked.signal, asked.seed, known, shares, left_out)


def shortest(value: float | np.floating[Any]) -> float:
    """Return a value as float32 in the fewest digits that tell it.

    >>> shortest(np.float32(0.1)), shortest(450)
    (0.1, 450.0)
    """
    return float(str(np.float32(value)))


def told(values: Sequence[float]) -> str:
    """Say which values there are, for messages."""
    shown = ", ".join(f"{value:g}" for value in values[:_SHOWN])
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return f"there is signal of {shown or 'none'}{more}"


def own_values(table: pa.Table, column: str) -> NDArray[np.float32]:
    """Return the hypotheses of signal events, (events,).

    Args:
        table: column, source and row.
        column: what holds them.

    Raises:
        DataError: it holds text, or has no finite value of an event.
    """
    kind = table[column].type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"config key `parameter.column`: {column!r} holds {kind}, numbers were expected. Make "
            "them in `columns.derived`."
        )
    values = table[column].to_numpy().astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        first = table.slice(int(wrong[0]), 1)
        raise DataError(
            f"source {first[SOURCE][0].as_py()!r}, row {first[ROW][0].as_py()}, column {column!r}: "
            f"found {values[wrong[0]]:g} of a signal event, a number was expected, since it is the "
            "network's parameter. Correct the file, or leave the event out with `selection`."
        )
    found: NDArray[np.float32] = values
    return found


def values_of(table: pa.Table, drawn: Drawing) -> NDArray[np.float32]:
    """Return the hypothesis that each event is seen under, (events,).

    Args:
        table: the column, class, event_id, source and row.
        drawn: how it is drawn.

    Raises:
        DataError: as of `own_values`.
    """
    signal = table[CLASS].to_numpy() == drawn.signal
    values = drawn.drawn(table[EVENT_ID].to_numpy())
    values[signal] = own_values(table.filter(pa.array(signal)), drawn.column)
    return values


class Parametrised(Fold):
    """A fold whose column of the parameter holds what a network is to see."""

    def __init__(self, fold: Fold, drawn: Drawing) -> None:
        """Take a fold, and how hypotheses are drawn."""
        self.codes, self.events, self._drawn = fold.codes, fold.events, drawn

    def blocks(self, columns: Sequence[str]) -> Iterator[FoldEvents]:
        """Yield some columns of all events, as `Fold.blocks`."""
        name = self._drawn.column
        if name not in columns:
            yield from super().blocks(columns)
            return
        for block in super().blocks([*dict.fromkeys([*columns, *_NEEDED])]):
            values = values_of(block.events, self._drawn)
            yield _with_column(block, columns, name, pa.array(values))


class Trained(Fold):
    """A fold whose signal weighs what a parametrised network is to be trained with.

    In each sample the signal of a hypothesis has the share of the signal's weight that background
    is drawn with, so that the parameter tells nothing of the class; what is not trained on has no
    weight. Inside a hypothesis weights keep their ratios, and the signal its sum.
    """

    def __init__(self, fold: Fold, drawn: Drawing) -> None:
        """Take a fold, and how hypotheses are drawn.

        Raises:
            DataError: the weights of a hypothesis do not sum above zero.
        """
        self.codes, self.events, self._drawn = fold.codes, fold.events, drawn
        sums = np.zeros((len(SAMPLES), len(drawn.trained)))
        for block in super().blocks([CLASS, WEIGHT, drawn.column]):
            weight = block.events[WEIGHT].to_numpy()
            place = self._places(block.events)
            for code, name in enumerate(SAMPLES):
                rows = block.rows[name][place[block.rows[name]] >= 0]
                sums[code] += np.bincount(place[rows], weight[rows], len(drawn.trained))
        for code in map(SAMPLES.index, (TRAIN, VALIDATION)):
            if not (sums[code] > 0).all():
                first = int(np.argmin(sums[code] > 0))
                raise DataError(
                    f"the weights of signal with {drawn.column} {drawn.trained[first]:g} sum to "
                    f"{sums[code, first]:g} in the sample {SAMPLES[code]!r}, a positive sum was "
                    "expected. Give more of it, or leave it out (`parameter.leave_out`)."
                )
        whole = sums.sum(axis=1, keepdims=True) * np.array(drawn.shares)
        factors = np.divide(whole, sums, out=np.zeros_like(sums), where=sums > 0)
        # the last is of what is not trained on
        self._factors = np.hstack([factors, np.zeros((len(SAMPLES), 1))])

    def blocks(self, columns: Sequence[str]) -> Iterator[FoldEvents]:
        """Yield some columns of all events, as `Fold.blocks`."""
        if WEIGHT not in columns:
            yield from super().blocks(columns)
            return
        for block in super().blocks([*dict.fromkeys([*columns, self._drawn.column, CLASS])]):
            weight, place = block.events[WEIGHT].to_numpy().copy(), self._places(block.events)
            signal = block.events[CLASS].to_numpy() == self._drawn.signal
            for code, name in enumerate(SAMPLES):
                rows = block.rows[name][signal[block.rows[name]]]
                weight[rows] *= self._factors[code, place[rows]]
            yield _with_column(block, columns, WEIGHT, pa.array(weight))

    def _places(self, events: pa.Table) -> NDArray[np.int64]:
        """Return which of the hypotheses trained on each signal event has, -1: none; (events,)."""
        value = events[self._drawn.column].to_numpy().astype(np.float32)
        known = np.array(self._drawn.trained, np.float32)
        place = np.searchsorted(known, value).clip(max=len(known) - 1)
        own = (known[place] == value) & (events[CLASS].to_numpy() == self._drawn.signal)
        return np.where(own, place, -1)


_NEEDED = (CLASS, EVENT_ID, SOURCE, ROW)


def _with_column(
    block: FoldEvents, columns: Sequence[str], name: str, values: pa.Array
) -> FoldEvents:
    """Return the wanted columns of a block, one of them with other values."""
    place = block.events.column_names.index(name)
    events = block.events.set_column(place, name, values).select(list(columns))
    return FoldEvents(events, block.sample, block.rows)


def recorded(drawn: Drawing) -> dict[str, dict[str, Any]]:
    """Return what a normalisation records of the parameter."""
    return {PARAMETER: asdict(drawn)}


def drawing_of(transform: Mapping[str, Any]) -> Drawing | None:
    """Return how the parameter of a normalisation was drawn, None where it has none."""
    return Drawing(**transform[PARAMETER]) if PARAMETER in transform else None


def as_seen(fold: Fold, transform: Mapping[str, Any]) -> Fold:
    """Return a fold whose events are as the networks of a normalisation see them."""
    drawn = drawing_of(transform)
    return fold if drawn is None else Parametrised(fold, drawn)


def seen_fold(
    events: Sequence[str | Path], samples: str | Path, fold: int | str, transform: Mapping[str, Any]
) -> Fold:
    """Return a fold as of `as_seen`, from its files (`Fold`)."""
    return as_seen(Fold(events, samples, int(fold)), transform)
