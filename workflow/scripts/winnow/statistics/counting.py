"""Weighted counting above a cut: the sums that ROC curves and figures of merit are made of."""

from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from winnow.errors import DataError
from winnow.statistics.histograms import cell_axes, weighted_sums

Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True)
class CountedEvents:
    """The events of one sample or several, as signal and background.

    Attributes:
        score: shape (n,), floating.
        is_signal: shape (n,), bool.
        weight: shape (n,), float64, expected events; negative ones are allowed.
        group: shape (n,), the systematic uncertainty that a background event shares, an index
            into the groups' relative uncertainties; without meaning for signal.
        counted: shape (n,), bool; the others are neither signal nor background.
        fixed: shape (n,), which given total the event's class is rescaled to, -1 for none; None:
            none is given.
    """

    score: NDArray[np.floating]
    is_signal: NDArray[np.bool_]
    weight: NDArray[np.float64]
    group: NDArray[np.intp]
    counted: NDArray[np.bool_]
    fixed: NDArray[np.intp] | None = None

    @property
    def row(self) -> NDArray[np.intp]:
        """Where an event counts, shape (n,): 0 for signal, 1 + its group for background."""
        return np.where(self.is_signal, 0, 1 + self.group)

    def of(self, inside: NDArray[np.bool_]) -> "CountedEvents":
        """Return the events in a mask of shape (n,)."""
        return CountedEvents(
            self.score[inside],
            self.is_signal[inside],
            self.weight[inside],
            self.group[inside],
            self.counted[inside],
            None if self.fixed is None else self.fixed[inside],
        )


@dataclass(frozen=True)
class Shares:
    """What passes m cuts, or falls into m bins, of classes whose sum is a given total.

    Such a yield is ε·T, ε the weighted share that is counted. Its variance is that of a ratio of
    correlated sums, T²·var(ε) = (1 − ε)² Σ_in w² + ε² Σ_out w², weights such that Σw = T.

    Attributes:
        row: shape (k,), what each part counts as: 0 for signal, 1 + g for group g of background.
        total: shape (k,), which total each part is of.
        sums: Σw of each part, shape (k, m).
        squares: Σw² of each part, shape (k, m).
        whole: the totals, shape (t,).
        whole_squares: Σw² of all events of the class, those that do not count too, shape (t,).
    """

    row: NDArray[np.intp]
    total: NDArray[np.intp]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    whole: NDArray[np.float64]
    whole_squares: NDArray[np.float64]

    def of(self, index: NDArray[np.intp]) -> "Shares":
        """Return the shares at other cuts, zero beyond the last."""
        return replace(self, sums=_taken(self.sums, index), squares=_taken(self.squares, index))

    def correction(self, slopes: NDArray[np.float64], together: bool) -> NDArray[np.float64]:
        """Return what a variance Σ slope² Σw² changes by since the totals are known.

        Each event of a class moves its own part by w and, through the common factor, every part
        by −ε·w: Σ w² (slope − a)² over all events of the class, with a = Σ ε·slope.
        """
        axis = (0, 1) if together else 0
        change = np.zeros(() if together else slopes.shape[1:])
        for index, (whole, squares) in enumerate(zip(self.whole, self.whole_squares, strict=True)):
            own = self.total == index
            slope = slopes[self.row[own]]
            mean = (slope * self.sums[own]).sum(axis=axis) / whole
            moved = (slope * self.squares[own]).sum(axis=axis)
            change = change - 2.0 * mean * moved + np.square(mean) * squares
        return change


@dataclass(frozen=True)
class Contents:
    """What passes each of m cuts, or falls into each of m bins.

    `s` is a sum of weights and `s_variance` one of squared weights, shape (m,); `background` and
    `background_variance` are such sums for each group of background, shape (groups, m);
    `s_entries` and `b_entries` are raw counts (int64), shape (m,); `shares` is what of them belongs
    to classes of a given total, whose sum does not fluctuate.
    """

    s: NDArray[np.float64]
    background: NDArray[np.float64]
    s_variance: NDArray[np.float64]
    background_variance: NDArray[np.float64]
    s_entries: NDArray[np.int64]
    b_entries: NDArray[np.int64]
    shares: Shares | None = field(default=None, kw_only=True)

    def of(self, inside: NDArray[np.bool_]) -> "Contents":
        """Return the cuts or bins in a mask of shape (m,)."""
        return Contents(
            self.s[inside],
            self.background[:, inside],
            self.s_variance[inside],
            self.background_variance[:, inside],
            self.s_entries[inside],
            self.b_entries[inside],
            shares=None if self.shares is None else self.shares.of(np.flatnonzero(inside)),
        )

    @property
    def b(self) -> NDArray[np.float64]:
        """The whole background, shape (m,)."""
        total: NDArray[np.float64] = self.background.sum(axis=0)
        return total

    @property
    def b_variance(self) -> NDArray[np.float64]:
        """Σw² of the whole background, shape (m,)."""
        total: NDArray[np.float64] = self.background_variance.sum(axis=0)
        return total

    @property
    def s_uncertainty(self) -> NDArray[np.float64]:
        """The statistical uncertainty of the signal, shape (m,)."""
        return self._uncertainty(0)

    @property
    def b_uncertainty(self) -> NDArray[np.float64]:
        """The statistical uncertainty of the whole background, shape (m,)."""
        return self._uncertainty(slice(1, None))

    @property
    def background_covariance(self) -> NDArray[np.float64]:
        """The statistical covariance of the groups of background, shape (groups, groups, m).

        Groups of one class whose total is given move against each other.
        """
        groups = len(self.background)
        apart = np.eye(1 + groups)[1:, :, np.newaxis]
        alone = [self.variance_along(np.tile(row, self.s.size)) for row in apart]
        covariance = np.empty((groups, groups, self.s.size))
        for one in range(groups):
            covariance[one, one] = alone[one]
            for other in range(one):
                both = self.variance_along(np.tile(apart[one] + apart[other], self.s.size))
                covariance[one, other] = (both - alone[one] - alone[other]) / 2.0
                covariance[other, one] = covariance[one, other]
        return covariance

    def variance_along(
        self, slopes: NDArray[np.float64], together: bool = False
    ) -> NDArray[np.float64]:
        """Return the statistical variance of a function of what is counted, linearly.

        Args:
            slopes: its derivatives by s and by each group of background, shape (1 + groups, m);
                those of what has no events do not count.
            together: of one function of all bins rather than of one at each cut.

        Returns:
            Shape (m,), or () where together.
        """
        squares = np.concatenate([self.s_variance[np.newaxis], self.background_variance])
        used = np.where(squares > 0, slopes, 0.0)
        axis = (0, 1) if together else 0
        variance = (np.square(used) * squares).sum(axis=axis)
        if self.shares is not None:
            variance = variance + self.shares.correction(used, together)
        # Where all of a class passes, nothing but rounding is left.
        limited: NDArray[np.float64] = np.maximum(variance, 0.0)
        return limited

    def _uncertainty(self, rows: int | slice) -> NDArray[np.float64]:
        slopes = np.zeros((1 + len(self.background), self.s.size))
        slopes[rows] = 1.0
        return np.sqrt(self.variance_along(slopes))


@dataclass(frozen=True)
class Scan(Contents):
    """What passes `score >= cut`, at each of m cuts (float64) in ascending order."""

    cut: NDArray[np.float64]


def shares_of(events: CountedEvents, place: NDArray[np.intp], places: int) -> Shares | None:
    """Return what each place holds of the classes whose total is given; None without any.

    Args:
        events: all of a sample's, those that do not count too.
        place: shape (n,), the bin of each event, -1 for none.
        places: their number.
    """
    if events.fixed is None or not (events.fixed >= 0).any():
        return None
    totals = int(events.fixed.max()) + 1
    # what is of no total lies outside of the axis
    whole, whole_squares, _ = weighted_sums(cell_axes(totals), [events.fixed], events.weight)
    found = (events.fixed >= 0) & events.counted & (place >= 0)
    keys, part = np.unique(
        np.stack([events.row[found], events.fixed[found]]), axis=1, return_inverse=True
    )
    axes = cell_axes(keys.shape[1], places)
    sums, squares, _ = weighted_sums(axes, [part, place[found]], events.weight[found])
    # A sample without events of the class holds nothing of its total.
    return Shares(
        keys[0], keys[1], sums, squares, np.where(whole > 0, whole, np.inf), whole_squares
    )


def check_scores(score: NDArray[np.floating]) -> None:
    """Raise DataError when a score is not a number: such an event passes no cut and fails none."""
    undefined = np.flatnonzero(np.isnan(score))
    if undefined.size:
        raise DataError(
            f"scores: {undefined.size} of {score.size} events have the score NaN (the first at "
            f"entry {undefined[0]} of the events compared, counted from 0), expected numbers. "
            "The network diverged in training or was given missing values: lower the learning "
            "rate, or give the normalisation an imputation."
        )


def scan(
    score: ArrayLike,
    is_signal: ArrayLike,
    weight: ArrayLike,
    group: ArrayLike | None = None,
    groups: int = 1,
) -> Scan:
    """Count what passes the cut at every distinct score, in O(n log n).

    Args:
        score: shape (n,), floating; float32 is sorted as such, so that no tie is broken.
        is_signal: shape (n,), bool.
        weight: shape (n,), in the unit the sums shall have; negative weights are allowed.
        group: shape (n,), which group each background event belongs to; None: all to one.
        groups: their number.

    Returns:
        A Scan with one cut for each distinct score, ascending.

    Raises:
        DataError: a score is NaN.
    """
    values = np.asarray(score)
    check_scores(values)
    order = np.argsort(values)
    ascending = values[order]
    is_first = np.ones(values.size, dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    first = np.flatnonzero(is_first)
    signal = np.asarray(is_signal, dtype=bool)[order]
    weights = np.asarray(weight, dtype=np.float64)[order]
    of_group = [~signal]
    if group is not None and groups > 1:
        label = np.asarray(group)[order]
        of_group = [~signal & (label == index) for index in range(groups)]
    signal_weights = np.where(signal, weights, 0.0)
    background = np.empty((len(of_group), first.size))
    background_variance = np.empty_like(background)
    for index, inside in enumerate(of_group):
        own = np.where(inside, weights, 0.0)
        background[index] = _sum_above(own, first)
        background_variance[index] = _sum_above(np.square(own), first)
    s_entries = _sum_above(signal.astype(np.int64), first)
    return Scan(
        cut=ascending[first].astype(np.float64),
        s=_sum_above(signal_weights, first),
        background=background,
        s_variance=_sum_above(np.square(signal_weights), first),
        background_variance=background_variance,
        s_entries=s_entries,
        b_entries=values.size - first - s_entries,
    )


def scan_events(events: CountedEvents, groups: int) -> Scan:
    """Count what passes the cut at every distinct score of the events that count.

    Args:
        events: the sample's.
        groups: the number of groups of background.

    Raises:
        DataError: a score is NaN.
    """
    check_scores(events.score)
    counted = events.of(events.counted)
    found = scan(counted.score, counted.is_signal, counted.weight, counted.group, groups)
    if events.fixed is None:
        return found
    place = np.searchsorted(found.cut, events.score, side="right") - 1
    shares = shares_of(events, place, found.cut.size)
    if shares is None:
        return found
    above = replace(shares, sums=_summed(shares.sums), squares=_summed(shares.squares))
    return replace(found, shares=above)


def at_cuts(counts: Scan, cuts: ArrayLike) -> Scan:
    """Return what passes `score >= cut` at other cuts than the scanned ones.

    Args:
        counts: the exact scan of a sample.
        cuts: shape (m,), in any order.

    Returns:
        A Scan with these cuts; zero above the sample's largest score.
    """
    wanted = np.asarray(cuts, dtype=np.float64)
    index = np.searchsorted(counts.cut, wanted, side="left")
    return Scan(
        cut=wanted,
        s=_taken(counts.s, index),
        background=_taken(counts.background, index),
        s_variance=_taken(counts.s_variance, index),
        background_variance=_taken(counts.background_variance, index),
        s_entries=_taken(counts.s_entries, index),
        b_entries=_taken(counts.b_entries, index),
        shares=None if counts.shares is None else counts.shares.of(index),
    )


def even_points(coordinates: list[NDArray[np.float64]], points: int) -> NDArray[np.intp]:
    """Choose at most `points` indices along a curve so that its shape is kept.

    The steps are even in the summed absolute change of all coordinates, each in units of its own
    total change: no gap in any of k coordinates is wider than about k / points of its range.

    Args:
        coordinates: arrays of shape (m,), finite, along the curve.
        points: the largest number of indices wanted, at least 2.

    Returns:
        Ascending indices, the first and the last point among them.
    """
    size = coordinates[0].size
    if size <= points:
        return np.arange(size)
    length = np.zeros(size)
    for values in coordinates:
        travelled = np.cumsum(np.abs(np.diff(values)))
        if travelled[-1] > 0:
            length[1:] += travelled / travelled[-1]
    chosen = np.searchsorted(length, np.linspace(0.0, length[-1], points), side="left")
    chosen[-1] = size - 1
    return np.unique(chosen)


def effective_entries(sum_of_weights: ArrayLike, variance: ArrayLike) -> NDArray[np.float64]:
    """Return (Σw)²/Σw²: how many events of equal weight would fluctuate as much (0 if none)."""
    total = np.asarray(sum_of_weights, dtype=np.float64)
    squares = np.asarray(variance, dtype=np.float64)
    return np.divide(total**2, squares, out=np.zeros(total.shape), where=squares > 0)


def _summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums over each place and all above it, shape (k, m)."""
    summed: NDArray[np.float64] = np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
    return summed


def _sum_above(values: NDArray[Number], first: NDArray[np.intp]) -> NDArray[Number]:
    """Return the sum of `values[i:]` for every i in `first`."""
    summed: NDArray[Number] = np.cumsum(values[::-1])[::-1]
    return summed[first]


def _taken(values: NDArray[Number], index: NDArray[np.intp]) -> NDArray[Number]:
    """Return `values[..., index]`, zero beyond the last."""
    inside = index < values.shape[-1]
    taken = np.zeros((*values.shape[:-1], index.size), dtype=values.dtype)
    taken[..., inside] = values[..., index[inside]]
    return taken
