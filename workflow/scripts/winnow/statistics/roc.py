"""Weighted ROC curves, exact at every distinct score, their area and background rejection."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from winnow.columns import CLASS, SAMPLE, WEIGHT, score_column
from winnow.statistics.counting import Scan, effective_entries, even_points, scan
from winnow.statistics.efficiency import efficiency_interval
from winnow.statistics.parts import by_sample

ALL = "all"
WORKING_POINTS = (0.3, 0.5, 0.7)
POINTS = 2000

# With fewer effective entries of either class the area's uncertainty covers less than 68 %: 60 to
# 65 % between 10 and 50, 45 % below 5 (log-normal weights, widths up to 2, 40 to 3,000 events).
LEAST_EFFECTIVE = 50.0

# A sum of weights that should reach an efficiency may miss it by rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class RocCurve:
    """Efficiencies of `score >= threshold`, from nothing passing to all passing.

    All arrays have shape (m + 1,) for m distinct scores; `threshold` descends from infinity. With
    negative weights an efficiency may leave [0, 1] and turn back. Where the weights of signal or
    background sum to <= 0 that efficiency is NaN. `background_squares` is Σw² of the background
    that passes, in units in which all of it sums to 1; `background_entries` counts raw events.
    """

    threshold: NDArray[np.float64]
    signal_efficiency: NDArray[np.float64]
    background_efficiency: NDArray[np.float64]
    background_squares: NDArray[np.float64]
    background_entries: NDArray[np.int64]


@dataclass(frozen=True)
class Rejection:
    """Background rejection, its interval, and the raw background events left to measure it."""

    rejection: float
    lower: float
    upper: float
    background_entries: int


def roc_curve(score: ArrayLike, is_signal: ArrayLike, weight: ArrayLike) -> RocCurve:
    """Return the weighted ROC curve with equal scores grouped, exact at every distinct score.

    Args:
        score: shape (n,), larger is more like signal.
        is_signal: shape (n,), bool.
        weight: shape (n,), any unit; negative weights are allowed.

    Raises:
        DataError: a score is NaN.
    """
    return curve_from_scan(scan(score, is_signal, weight))


def curve_from_scan(counts: Scan) -> RocCurve:
    """Return the ROC curve of an exact scan."""
    return RocCurve(
        threshold=np.append(np.inf, counts.cut[::-1]),
        signal_efficiency=_efficiency(counts.s),
        background_efficiency=_efficiency(counts.b),
        background_squares=_squares(counts.b, counts.b_variance),
        background_entries=np.append(0, counts.b_entries[::-1]),
    )


def area(curve: RocCurve) -> float:
    """Return the area under the curve, the weighted Mann-Whitney probability.

    It is the probability that a signal event scores above a background event, ties counted half,
    pairs weighted by the product of their weights; NaN where an efficiency is.
    """
    return float(np.trapezoid(curve.signal_efficiency, curve.background_efficiency))


def unweighted_area(counts: Scan) -> float:
    """Return the area with every event counted once, whatever its weight."""
    signal = _efficiency(counts.s_entries.astype(np.float64))
    return float(np.trapezoid(signal, _efficiency(counts.b_entries.astype(np.float64))))


def area_uncertainty(counts: Scan) -> float:
    """Return the statistical standard error of the weighted area.

    DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988) 837, with weights: the placement of an
    event is the weighted fraction of the other class that it stands right to, and the variance is
    n/(n−1) Σw²(placement − area)²/(Σw)², summed over both classes. Unit weights give DeLong's
    value exactly. NaN with fewer than two events of either class or an undefined area; a curve
    that separates perfectly has the error 0, which then says nothing.

    Args:
        counts: the exact scan (not a thinned one).
    """
    curve = curve_from_scan(counts)
    value = area(curve)
    if np.isnan(value) or min(counts.s_entries[0], counts.b_entries[0]) < 2:
        return float("nan")
    signal_placement = 1.0 - _midpoints(curve.background_efficiency)
    background_placement = _midpoints(curve.signal_efficiency)
    variance = 0.0
    for placement, total, squares, entries in (
        (signal_placement, counts.s[0], counts.s_variance, counts.s_entries[0]),
        (background_placement, counts.b[0], counts.b_variance, counts.b_entries[0]),
    ):
        group_squares = np.diff(squares[::-1], prepend=0.0)
        spread = group_squares @ np.square(placement - value) / total**2
        variance += float(spread) * int(entries) / (int(entries) - 1)
    return float(np.sqrt(max(variance, 0.0)))


def fewest_effective(counts: Scan) -> float:
    """Return the effective entries (Σw)²/Σw² of signal or background, whichever has fewer."""
    if counts.cut.size == 0:
        return 0.0
    signal = effective_entries(counts.s[0], counts.s_variance[0])
    return float(min(signal, effective_entries(counts.b[0], counts.b_variance[0])))


def area_warning(summary: pd.DataFrame) -> str:
    """Return what to say of areas whose uncertainty is too small, empty without any.

    Args:
        summary: from `roc_tables`.
    """
    small = summary[~summary["auc_uncertainty_holds"] & summary["auc"].notna()]
    lines = [
        f"{row[SAMPLE]}: '{row['signal']}' against '{row['against']}', "
        f"{row['effective_entries']:.1f} effective entries"
        for row in small.to_dict("records")
    ]
    if not lines:
        return ""
    return (
        f"the uncertainty of an area covers less than 68 % where fewer than {LEAST_EFFECTIVE:g} "
        "effective entries, (Σw)²/Σw², of a class are left:\n  " + "\n  ".join(lines)
    )


def background_rejection(curve: RocCurve, signal_efficiency: float) -> Rejection:
    """Return 1 / background efficiency at the tightest cut that keeps the signal efficiency.

    The cut is one that can be made: there is no interpolation between distinct scores. The
    rejection is NaN where no background is left above the cut or an efficiency is undefined. The
    interval, 68.3 %, is that of the background efficiency; where nothing is left, the rejection
    has a lower end alone.

    Args:
        curve: the exact curve (not a thinned one).
        signal_efficiency: the least weighted signal efficiency, in (0, 1].
    """
    reached = np.flatnonzero(curve.signal_efficiency >= signal_efficiency - _ROUNDING)
    if not reached.size:
        return Rejection(float("nan"), float("nan"), float("nan"), 0)
    index = int(reached[0])
    efficiency, squares = curve.background_efficiency[index], curve.background_squares[index]
    low, high = efficiency_interval(efficiency, squares, 1.0, curve.background_squares[-1])
    value, lower, upper = (
        float(1.0 / share) if share > 0 else float("nan") for share in (efficiency, high, low)
    )
    return Rejection(value, lower, upper, int(curve.background_entries[index]))


def thin(curve: RocCurve, points: int = POINTS) -> RocCurve:
    """Return at most `points` points of a defined curve, evenly along it, both ends included."""
    kept = even_points([curve.signal_efficiency, curve.background_efficiency], points)
    return RocCurve(
        threshold=curve.threshold[kept],
        signal_efficiency=curve.signal_efficiency[kept],
        background_efficiency=curve.background_efficiency[kept],
        background_squares=curve.background_squares[kept],
        background_entries=curve.background_entries[kept],
    )


def roc_tables(
    scores: pd.DataFrame,
    class_names: tuple[str, ...],
    signal: str | None,
    points: int = POINTS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate the ROC curves of every sample.

    The score is that of the signal's node. The signal stands against all else, and with more than
    two classes against each background class; without a signal class every class stands against
    all else with the score of its own node.

    Args:
        scores: columns sample, class, weight and a score per class; one row per event.
        class_names: the classes in the order of the `class` column.
        signal: the signal class, or None.
        points: the most points kept of a curve.

    Returns:
        curves: sample, signal, against, threshold (infinite at the first point, where nothing
            passes), signal_efficiency, background_efficiency; none where the area is undefined.
        summary: sample, signal, against, auc, auc_uncertainty, auc_unweighted, effective_entries
            (of the class that has fewer), auc_uncertainty_holds (whether they are enough for the
            uncertainty to cover its 68 %), and for each working point e rejection_at_e, the ends
            of its 68.3 % interval rejection_lower_at_e and rejection_upper_at_e, and
            background_entries_at_e.

    Raises:
        DataError: a score is NaN.
    """
    curves, summary = [], []
    for sample, part in by_sample(scores):
        label = part[CLASS].to_numpy()
        weight = part[WEIGHT].to_numpy(np.float64)
        for name, against in _pairs(class_names, signal):
            is_signal = label == class_names.index(name)
            used = is_signal | (against == ALL)
            if against != ALL:
                used |= label == class_names.index(against)
            score = part[score_column(name)].to_numpy()
            counts = scan(score[used], is_signal[used], weight[used])
            curve = curve_from_scan(counts)
            key = {SAMPLE: sample, "signal": name, "against": against}
            summary.append(key | _summary(counts, curve))
            if not np.isnan(area(curve)):
                curves.append(_curve_rows(key, thin(curve, points)))
    empty = pd.DataFrame(columns=[SAMPLE, "signal", "against", *_CURVE_COLUMNS])
    return pd.concat(curves, ignore_index=True) if curves else empty, pd.DataFrame(summary)


_CURVE_COLUMNS = ("threshold", "signal_efficiency", "background_efficiency")


def _pairs(class_names: tuple[str, ...], signal: str | None) -> Iterator[tuple[str, str]]:
    if signal is None:
        yield from ((name, ALL) for name in class_names)
        return
    yield signal, ALL
    if len(class_names) > 2:
        yield from ((signal, name) for name in class_names if name != signal)


def _summary(counts: Scan, curve: RocCurve) -> dict[str, float]:
    row = {
        "auc": area(curve),
        "auc_uncertainty": area_uncertainty(counts),
        "auc_unweighted": unweighted_area(counts),
        "effective_entries": fewest_effective(counts),
    }
    row["auc_uncertainty_holds"] = row["effective_entries"] >= LEAST_EFFECTIVE
    for point in WORKING_POINTS:
        result = background_rejection(curve, point)
        row[f"rejection_at_{point:g}"] = result.rejection
        row[f"rejection_lower_at_{point:g}"] = result.lower
        row[f"rejection_upper_at_{point:g}"] = result.upper
        row[f"background_entries_at_{point:g}"] = result.background_entries
    return row


def _curve_rows(key: dict[str, str], curve: RocCurve) -> pd.DataFrame:
    columns = {name: getattr(curve, name) for name in _CURVE_COLUMNS}
    return pd.DataFrame(key | columns)


def _efficiency(passing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share that passes at descending cuts, starting with none; NaN without a total."""
    if passing.size == 0 or not passing[0] > 0:
        return np.full(passing.size + 1, np.nan)
    return np.append(0.0, passing[::-1] / passing[0])


def _squares(passing: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Σw² at descending cuts, where all weights sum to 1; NaN without a total."""
    if passing.size == 0 or not passing[0] > 0:
        return np.full(passing.size + 1, np.nan)
    return np.append(0.0, squares[::-1] / passing[0] ** 2)


def _midpoints(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values[1:] + values[:-1]) / 2.0
