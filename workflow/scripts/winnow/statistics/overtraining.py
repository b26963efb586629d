"""Over-training verdict that knows weights: Kolmogorov distance with a permutation p-value."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, SAMPLE, TRAIN, VALIDATION, WEIGHT, score_column
from winnow.statistics.counting import check_scores, effective_entries, scan
from winnow.statistics.roc import area, area_uncertainty, curve_from_scan

# What is less likely than this by chance is significant: one row in a hundred is, for each sign.
THRESHOLD = 0.01
PERMUTATIONS = 500
# With so many at least as distant, the p-value is above 4 %, whatever the others would be.
ENOUGH = 20

# Equal distances may differ by rounding, as sums are taken in another order.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class KolmogorovTest:
    """The weighted Kolmogorov distance of two samples and its p-value; NaN where undefined.

    Attributes:
        distance: it.
        p_value: how likely one at least as large is by chance.
        permutations: from how many reassignments that is known.
    """

    distance: float
    p_value: float
    permutations: int


def kolmogorov_test(
    score: NDArray[np.floating],
    weight: NDArray[np.float64],
    is_first: NDArray[np.bool_],
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
    enough: int = ENOUGH,
) -> KolmogorovTest:
    """Test whether two weighted samples are drawn from one distribution.

    The distance is the largest difference of the two weighted empirical distribution functions.
    Its p-value is the share of random reassignments of the events to the two samples, sizes kept
    and each weight staying with its event, that are at least as distant: (1 + k)/(1 + n)
    (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39). It holds for any weights,
    negative ones too, since it assumes nothing but that events are exchangeable. Once `enough` are
    as distant no more are drawn, and the p-value is enough/n (Besag and Clifford, Biometrika 78
    (1991) 301): what is not significant is known after few.

    Args:
        score: shape (n,).
        weight: shape (n,), any unit.
        is_first: shape (n,), which events are of the first sample.
        generator: the source of the permutations.
        permutations: how many at most.
        enough: as distant ones after which no more are drawn.

    Returns:
        The test; NaN when the weights of either sample sum to <= 0.

    Raises:
        DataError: a score is NaN.
    """
    check_scores(score)
    order = np.argsort(score)
    ascending = score[order]
    weights = np.asarray(weight, dtype=np.float64)[order]
    pooled = np.cumsum(weights)
    last = np.append(np.flatnonzero(ascending[1:] != ascending[:-1]), score.size - 1)
    ends = None if last.size == score.size else last
    chosen = int(np.count_nonzero(is_first))
    if not 0 < chosen < score.size:
        return KolmogorovTest(float("nan"), float("nan"), 0)
    work = np.empty(score.size)
    distance = _distance(weights, pooled, is_first[order], ends, work)
    if not np.isfinite(distance):
        return KolmogorovTest(float("nan"), float("nan"), 0)
    reached = distance * (1.0 - _ROUNDING)
    as_distant = 0
    subsets = _random_subsets(generator, score.size, chosen, permutations)
    for made, subset in enumerate(subsets, start=1):
        as_distant += _distance(weights, pooled, subset, ends, work) >= reached
        if as_distant == enough:
            return KolmogorovTest(distance, enough / made, made)
    return KolmogorovTest(distance, (1 + as_distant) / (1 + permutations), permutations)


def overtraining_table(
    scores: pd.DataFrame,
    class_names: tuple[str, ...],
    signal: str | None,
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
    samples: tuple[str, str] = (TRAIN, VALIDATION),
) -> pd.DataFrame:
    """Compare the scores of two samples class by class, by physical weights.

    Every class is compared on the signal's node and, with more than two classes or without a
    signal, on its own. A difference that is significant may still be tiny: the gap of the areas
    under the ROC curve (the node's class against all else) says how much it matters.

    Args:
        scores: columns sample, class, weight and a score per class; one row per event.
        class_names: the classes in the order of the `class` column.
        signal: the signal class, or None.
        generator: the source of the permutations.
        permutations: how many for each row at most.
        samples: the two samples; (validation, test) gives a control.

    Returns:
        One row per class and node: class, node, sample, reference, distance, p_value,
        permutations, entries, reference_entries, effective_entries, reference_effective_entries,
        auc_gap (sample − reference), auc_gap_uncertainty, and verdict: what is significant at 1 %,
        of "the scores differ" (p_value) and "the area is larger" (auc_gap over its uncertainty,
        one-sided), or "no sign of over-training", or "undefined".

    Raises:
        DataError: a score is NaN.
    """
    sample, reference = samples
    part = scores[scores[SAMPLE].isin(samples)]
    is_first = (part[SAMPLE] == sample).to_numpy()
    label = part[CLASS].to_numpy()
    weight = part[WEIGHT].to_numpy(np.float64)
    gaps: dict[str, tuple[float, float]] = {}
    rows = []
    for name, node in _comparisons(class_names, signal):
        score = part[score_column(node)].to_numpy()
        if node not in gaps:
            gaps[node] = _area_gap(score, label == class_names.index(node), weight, is_first)
        inside = label == class_names.index(name)
        result = kolmogorov_test(
            score[inside], weight[inside], is_first[inside], generator, permutations
        )
        first, second = weight[inside & is_first], weight[inside & ~is_first]
        rows.append(
            {
                "class": name,
                "node": node,
                "sample": sample,
                "reference": reference,
                "distance": result.distance,
                "p_value": result.p_value,
                "permutations": result.permutations,
                "entries": first.size,
                "reference_entries": second.size,
                "effective_entries": _effective(first),
                "reference_effective_entries": _effective(second),
                "auc_gap": gaps[node][0],
                "auc_gap_uncertainty": gaps[node][1],
                "verdict": _verdict(result.p_value, *gaps[node]),
            }
        )
    return pd.DataFrame(rows)


def _comparisons(class_names: tuple[str, ...], signal: str | None) -> Iterator[tuple[str, str]]:
    for name in class_names:
        if signal is not None:
            yield name, signal
        # The two nodes of a binary network mirror each other.
        if signal is None or (len(class_names) > 2 and name != signal):
            yield name, name


def _verdict(p_value: float, gap: float, uncertainty: float) -> str:
    signs = []
    if p_value < THRESHOLD:
        signs.append("the scores differ")
    if gap > NormalDist().inv_cdf(1 - THRESHOLD) * uncertainty:
        signs.append("the area is larger")
    if np.isnan(p_value):
        return "undefined"
    return ", ".join(signs) or "no sign of over-training"


def _effective(weight: NDArray[np.float64]) -> float:
    return float(effective_entries(weight.sum(), np.square(weight).sum()))


def _area_gap(
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
    weight: NDArray[np.float64],
    is_first: NDArray[np.bool_],
) -> tuple[float, float]:
    """Return area(first) − area(second) and its standard error."""
    areas, errors = [], []
    for inside in (is_first, ~is_first):
        counts = scan(score[inside], is_signal[inside], weight[inside])
        areas.append(area(curve_from_scan(counts)))
        errors.append(area_uncertainty(counts))
    return areas[0] - areas[1], math.hypot(*errors)


def _distance(
    weights: NDArray[np.float64],
    pooled: NDArray[np.float64],
    is_first: NDArray[np.bool_],
    ends: NDArray[np.intp] | None,
    work: NDArray[np.float64],
) -> float:
    """Return the weighted Kolmogorov distance of events sorted by score.

    With C the cumulated weights of all and A those of the first sample,
    A/A_total − (C − A)/(C_total − A_total) = (A · C_total/A_total − C)/(C_total − A_total).
    `pooled` is C; `ends` are the last events of groups of equal scores (None: all are distinct);
    `work` is scratch of the same shape, since fresh memory would cost as much as the sums.
    """
    gap = np.cumsum(np.multiply(weights, is_first, out=work), out=work)
    total, first = pooled[-1], gap[-1]
    if not (first > 0 and total - first > 0):
        return float("inf")
    gap *= total / first
    gap -= pooled
    if ends is not None:
        gap = gap[ends]
    return float(max(gap.max(), -gap.min()) / (total - first))


def _random_subsets(
    generator: np.random.Generator, size: int, chosen: int, count: int
) -> Iterator[NDArray[np.bool_]]:
    """Yield masks of exactly `chosen` of `size` events, every such subset being equally likely.

    Independent draws give a uniform subset of about the right size; flipping the surplus at random
    keeps it uniform. Many times faster than shuffling.
    """
    threshold = np.uint16(min(round(chosen / size * 65536), 65535))
    for _ in range(count):
        mask = generator.integers(0, 65536, size, dtype=np.uint16) < threshold
        surplus = int(np.count_nonzero(mask)) - chosen
        if surplus:
            pool = np.flatnonzero(mask if surplus > 0 else ~mask)
            mask[generator.choice(pool, abs(surplus), replace=False, shuffle=False)] ^= True
        yield mask
