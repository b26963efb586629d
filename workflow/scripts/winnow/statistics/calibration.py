"""Scores held against the classes as what a fast simulation takes them for: probabilities.

Detailed is what the classes of the events say, parametrised what their probabilities say: the sum
of weights of a class, and the sum of weights times that class's probability over all events. Where
the probabilities are right, the two differ by chance alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from winnow.columns import CLASS
from winnow.identity import key
from winnow.preparation.values import held
from winnow.statistics.efficiency import efficiency_interval
from winnow.statistics.histograms import (
    Axis,
    asked_edges,
    bin_axis,
    cell_axes,
    share,
    weighted_sums,
)
from winnow.study.keys.plot_axes import UNASKED, PlotAxis

Array = NDArray[np.float64]

LEAST_PROBABILITY = 1e-7
"""What a probability counts as at least in a logarithm, as in the loss that is trained."""


@dataclass(frozen=True)
class Judged:
    """Events with the probability of each class.

    Attributes:
        class_names: the classes in order.
        label: the class of each event, shape (n,).
        weight: shape (n,); negative ones are allowed.
        probability: shape (n, classes).
        drawn: a class drawn by the probabilities, shape (n,).
        truth: the true probabilities where they are known, shape (n, classes).
    """

    class_names: tuple[str, ...]
    label: NDArray[np.intp]
    weight: Array
    probability: Array
    drawn: NDArray[np.intp]
    truth: Array | None = None


@dataclass(frozen=True)
class _Sums:
    """Sums over each bin: of detailed and parametrised weights, of products, and of the drawn.

    `residual` is Σw²(y − p)², with y 1 for events of the class and 0 for others: the variance of
    Σw(y − p) where the probabilities p are right.
    """

    detailed: Array
    detailed_squares: Array
    parametrised: Array
    parametrised_squares: Array
    residual: Array
    drawn: Array

    @property
    def ratio(self) -> Array:
        """Parametrised over detailed, NaN where the latter is not positive."""
        return share(self.parametrised, self.detailed)

    @property
    def ratio_uncertainty(self) -> Array:
        """Uncertainty of the ratio r, to first order: Σw²(p − r·y)² / (Σwy)², its terms' root.

        The variance of a ratio of correlated sums (Cochran, Sampling Techniques, 3rd edition,
        section 6.3), which with p ≈ y comes to nothing however few events there are.
        """
        # Σw²py of the three sums of squares
        both = (self.detailed_squares + self.parametrised_squares - self.residual) / 2.0
        variance = self.parametrised_squares - 2.0 * self.ratio * both
        variance = variance + np.square(self.ratio) * self.detailed_squares
        return share(np.sqrt(np.maximum(variance, 0.0)), self.detailed)


def draw_classes(probability: Array, seed: int) -> NDArray[np.intp]:
    """Draw a class for each event by its probabilities.

    Args:
        probability: shape (n, classes); rows that do not sum to 1 are taken as shares of their sum.
        seed: of the numbers drawn; one for each event, in their order.

    Returns:
        Shape (n,).
    """
    random = np.random.Generator(np.random.Philox(key("drawn classes", seed)))
    edges = np.cumsum(probability, axis=1)
    drawn = random.random(len(probability)) * edges[:, -1]
    found: NDArray[np.intp] = (drawn[:, np.newaxis] >= edges[:, :-1]).sum(axis=1)
    return found


def class_sums(events: Judged) -> pd.DataFrame:
    """Tabulate sums of probabilities against weighted counts.

    Returns:
        class, entries (raw), detailed with uncertainty √Σw², parametrised, drawn (the sum of
        weights of events whose drawn class it is), ratio of parametrised to detailed with its
        uncertainty, brier_score: the weighted mean of (p − y)² (Brier, Monthly Weather Review 78
        (1950) 1, for one class against all else; NaN where the weights sum to <= 0).
    """
    tables = []
    for index, name in enumerate(events.class_names):
        own = _sums(cell_axes(1), np.zeros(len(events.label), np.intp), events, index)
        inside = events.label == index
        squares = np.square(events.probability[:, index] - inside)
        table = _compared(own).assign(
            brier_score=share(np.array([events.weight @ squares]), events.weight.sum())
        )
        table.insert(0, CLASS, name)
        table.insert(1, "entries", int(inside.sum()))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def distributions(
    events: Judged,
    columns: Mapping[str, ArrayLike],
    bins: int,
    axes: Mapping[str, PlotAxis] = UNASKED,
) -> pd.DataFrame:
    """Tabulate, for every column and class, the events of the class against all by probability.

    Args:
        events: the events.
        columns: name → values, shape (n,); NaN: missing.
        bins: of equal width; the range is that of `visible_edges`.
        axes: of columns, those that are asked for.

    Returns:
        column, class, low, high, and as of `class_sums` detailed, detailed_uncertainty,
        parametrised, drawn, ratio, ratio_uncertainty.
    """
    tables = []
    for column, values, edges in _binned(columns, bins, axes):
        for index, name in enumerate(events.class_names):
            table = _compared(_sums([bin_axis(edges)], values, events, index))
            keys = {"column": column, CLASS: name, "low": edges[:-1], "high": edges[1:]}
            tables.append(pd.DataFrame(keys).join(table))
    return pd.concat(tables, ignore_index=True)


def efficiencies(
    events: Judged,
    columns: Mapping[str, ArrayLike],
    bins: int,
    axes: Mapping[str, PlotAxis] = UNASKED,
) -> pd.DataFrame:
    """Tabulate the share of each class along columns, by the classes and by the probabilities.

    Args:
        events: the events.
        columns: as of `distributions`.
        bins: as of `distributions`.
        axes: as of `distributions`.

    Returns:
        column, class, low, high, entries (raw, of all classes), detailed with its interval
        detailed_lower and detailed_upper (68.3 %), parametrised, drawn, pull: (detailed −
        parametrised) over how far counts scatter, √Σw²p(1 − p) / Σw. With the truth, truth, and
        truth_pull: (parametrised − truth) in statistical errors of what is detailed,
        √Σw²q(1 − q) / Σw with the true probability q. Shares are NaN where the weights of a bin
        sum to <= 0.
    """
    tables = []
    for column, values, edges in _binned(columns, bins, axes):
        cells: list[Axis] = [bin_axis(edges)]
        whole, squares, entries = weighted_sums(cells, [values], events.weight)
        for index, name in enumerate(events.class_names):
            own = _sums(cells, values, events, index)
            lower, upper = efficiency_interval(own.detailed, own.detailed_squares, whole, squares)
            _, scatter = _expected(cells, values, events.weight, events.probability[:, index])
            found = {
                "column": column,
                CLASS: name,
                "low": edges[:-1],
                "high": edges[1:],
                "entries": entries,
                "detailed": share(own.detailed, whole),
                "detailed_lower": lower,
                "detailed_upper": upper,
                "parametrised": share(own.parametrised, whole),
                "drawn": share(own.drawn, whole),
                "pull": share(own.detailed - own.parametrised, scatter),
            }
            if events.truth is not None:
                true, error = _expected(cells, values, events.weight, events.truth[:, index])
                found["truth"] = share(true, whole)
                found["truth_pull"] = share(own.parametrised - true, error)
            tables.append(pd.DataFrame(found))
    return pd.concat(tables, ignore_index=True)


def reliability(events: Judged, bins: int) -> pd.DataFrame:
    """Tabulate how often events of a probability are of the class.

    Args:
        events: the events.
        bins: of probability, of equal width from 0 to 1.

    Returns:
        class, low, high, entries (raw), probability (weighted mean in the bin), fraction (weighted,
        of the class), lower and upper (68.3 %). Means and shares are NaN where the weights of a bin
        sum to <= 0, as negative ones can make them.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    axes: list[Axis] = [bin_axis(edges)]
    tables = []
    for index, name in enumerate(events.class_names):
        # float32 outputs may pass 1 by rounding
        values = events.probability[:, index].clip(0.0, 1.0)
        whole, squares, entries = weighted_sums(axes, [values], events.weight)
        own = _sums(axes, values, events, index)
        lower, upper = efficiency_interval(own.detailed, own.detailed_squares, whole, squares)
        found = {
            CLASS: name,
            "low": edges[:-1],
            "high": edges[1:],
            "entries": entries,
            "probability": share(own.parametrised, whole),
            "fraction": share(own.detailed, whole),
            "lower": lower,
            "upper": upper,
        }
        tables.append(pd.DataFrame(found))
    return pd.concat(tables, ignore_index=True)


def against_truth(events: Judged, truth: Array, bins: int) -> pd.DataFrame:
    """Tabulate fitted probabilities in bins of the true ones.

    Args:
        events: the events.
        truth: the true probability of each class, shape (n, classes).
        bins: of the true probability, of equal width from 0 to 1.

    Returns:
        class, low, high, entries (raw), truth and fitted (weighted means), spread: the root of the
        weighted mean squared difference of the two, pull: the difference of their sums in
        statistical errors of a count, √Σw²q(1 − q). NaN where the weights of a bin sum to <= 0.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    axes: list[Axis] = [bin_axis(edges)]
    tables = []
    for index, name in enumerate(events.class_names):
        true, fitted = truth[:, index].clip(0.0, 1.0), events.probability[:, index]
        whole, _, entries = weighted_sums(axes, [true], events.weight)
        summed, _, _ = weighted_sums(axes, [true], events.weight * fitted)
        apart, _, _ = weighted_sums(axes, [true], events.weight * np.square(fitted - true))
        expected, error = _expected(axes, true, events.weight, true)
        found = {
            CLASS: name,
            "low": edges[:-1],
            "high": edges[1:],
            "entries": entries,
            "truth": share(expected, whole),
            "fitted": share(summed, whole),
            "spread": np.sqrt(np.maximum(share(apart, whole), 0.0)),
            "pull": share(summed - expected, error),
        }
        tables.append(pd.DataFrame(found))
    return pd.concat(tables, ignore_index=True)


def cross_entropies(events: Judged) -> dict[str, float]:
    """Return the weighted cross-entropy, and with the truth that of the true probabilities.

    Returns:
        cross_entropy and truth_cross_entropy, means of −log p of each event's own class, with
        `_uncertainty` √Σw²(l − mean)² / Σw; ratio of the two, whose uncertainty takes both from
        the same events. NaN where the weights sum to <= 0.
    """
    losses = _losses(events.probability, events.label)
    whole = float(events.weight.sum())
    found = dict(zip(*_mean("cross_entropy", losses, events.weight, whole), strict=True))
    if events.truth is None:
        return found
    true = _losses(events.truth, events.label)
    found |= zip(*_mean("truth_cross_entropy", true, events.weight, whole), strict=True)
    best = float(events.weight @ true)
    ratio = float(share(events.weight @ losses, best))
    apart = float(np.square(events.weight * (losses - ratio * true)).sum())
    return found | {"ratio": ratio, "ratio_uncertainty": float(share(np.sqrt(apart), best))}


def tables(
    events: Judged,
    columns: Mapping[str, ArrayLike],
    along: Sequence[str],
    bins: int,
    axes: Mapping[str, PlotAxis] = UNASKED,
) -> dict[str, pd.DataFrame]:
    """Return all tables by name: sums, distributions, efficiencies, reliability, and truth.

    Args:
        events: the events; `truth` comes with true probabilities alone.
        columns: what distributions are of, name → values of shape (n,).
        along: those that efficiencies are drawn against.
        bins: of each.
        axes: of columns, those that are asked for.
    """
    found = {
        "sums": class_sums(events),
        "distributions": distributions(events, columns, bins, axes),
        "efficiencies": efficiencies(events, {name: columns[name] for name in along}, bins, axes),
        "reliability": reliability(events, bins),
    }
    if events.truth is not None:
        found["truth"] = against_truth(events, events.truth, bins)
    return found


def _mean(
    name: str, losses: Array, weight: Array, whole: float
) -> tuple[Sequence[str], Sequence[float]]:
    mean = float(share(weight @ losses, whole))
    spread = np.sqrt(np.square(weight * (losses - mean)).sum())
    return (name, f"{name}_uncertainty"), (mean, float(share(spread, whole)))


def _losses(probability: Array, label: NDArray[np.intp]) -> Array:
    own = probability[np.arange(len(label)), label]
    losses: Array = -np.log(np.maximum(own, LEAST_PROBABILITY))
    return losses


def _binned(
    columns: Mapping[str, ArrayLike], bins: int, axes: Mapping[str, PlotAxis]
) -> list[tuple[str, NDArray[np.floating], Array]]:
    """Return each column with its values, those missing at infinity, and the edges of its bins."""
    found = []
    for name, given in columns.items():
        values = np.asarray(given, np.float64)
        edges = asked_edges(axes.get(name, PlotAxis()), held(values[~np.isnan(values)]), bins)
        found.append((name, np.where(np.isnan(values), np.inf, values), edges))
    return found


def _sums(axes: Sequence[Axis], place: NDArray[np.generic], events: Judged, index: int) -> _Sums:
    """Return the sums of a class in every bin."""
    inside = (events.label == index).astype(np.float64)
    probability = events.probability[:, index]
    detailed, detailed_squares, _ = weighted_sums(axes, [place], events.weight * inside)
    expected, expected_squares, _ = weighted_sums(axes, [place], events.weight * probability)
    _, residual, _ = weighted_sums(axes, [place], events.weight * (inside - probability))
    drawn, _, _ = weighted_sums(axes, [place], events.weight * (events.drawn == index))
    return _Sums(detailed, detailed_squares, expected, expected_squares, residual, drawn)


def _expected(
    axes: Sequence[Axis], place: NDArray[np.generic], weight: Array, truth: Array
) -> tuple[Array, Array]:
    """Return Σwq in every bin, and how far counts scatter around it, √Σw²q(1 − q)."""
    expected, _, _ = weighted_sums(axes, [place], weight * truth)
    scatter = np.sqrt(np.maximum(truth * (1.0 - truth), 0.0))
    _, variance, _ = weighted_sums(axes, [place], weight * scatter)
    return expected, np.sqrt(variance)


def _compared(own: _Sums) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "detailed": own.detailed,
            "detailed_uncertainty": np.sqrt(own.detailed_squares),
            "parametrised": own.parametrised,
            "drawn": own.drawn,
            "ratio": own.ratio,
            "ratio_uncertainty": own.ratio_uncertainty,
        }
    )
