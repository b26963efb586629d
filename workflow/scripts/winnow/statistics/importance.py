"""Permutation importance: what a classifier loses when an input is shuffled among the events.

Breiman, "Random Forests", Machine Learning 45 (2001) 5, and for any classifier Fisher, Rudin and
Dominici, JMLR 20 (2019) 177. Inputs that say the same stand in for each other: each of them alone
seems unimportant, their group does not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.errors import ConfigError
from winnow.identity import key
from winnow.preparation.normalise.apply import Transform, output_names
from winnow.statistics.roc import area, roc_curve

AUC = "auc"
LOSS = "loss"
METRICS = (AUC, LOSS)

# What a float32 score of 0 stands for: half the step to the next number below 1, since the other
# class of a sigmoid gets 1 - score. It costs 17.3, not infinity.
_ROUNDED_TO_ZERO = 2.0**-25

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Score = Callable[[Float32], Float32]


@dataclass(frozen=True)
class LabelledEvents:
    """Events with their classes, as a network is measured on them.

    Attributes:
        features: (n, inputs) float32, normalised; may be a memory map, and is not changed.
        classes: (n,) class indices.
        weights: (n,) weights, balanced as in training, so that the loss is the monitored one.
    """

    features: Float32
    classes: NDArray[np.int8]
    weights: Float64


def input_groups(transform: Transform, named: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Return what is shuffled together: every feature, then the groups that the config names.

    A feature's `_missing` indicator belongs to it. Components of a pca, which mix features, are
    shuffled as they are: `pca_1`, `pca_2`, and so on.

    Args:
        transform: the fitted normalisation.
        named: name of a group → its features (or components).

    Returns:
        name → columns of the normalised features.

    Raises:
        ConfigError: a group has the name of a feature, is empty, or names no input.
    """
    owners = {item["indicator"]: item["name"] for item in transform["inputs"] if item["indicator"]}
    groups: dict[str, list[int]] = {}
    for column, output in enumerate(output_names(transform)):
        groups.setdefault(owners.get(output, output), []).append(column)
    own = dict(groups)
    for name, features in named.items():
        where = f"config key `importance.groups.{name}`"
        if name in own:
            raise ConfigError(f"{where}: a feature has this name too. Give the group another one.")
        if not features:
            raise ConfigError(f"{where}: the group is empty. List its features, or remove it.")
        for feature in features:
            if feature not in own:
                raise ConfigError(
                    f"{where}: {feature!r} is no input of the network. Its inputs are: "
                    f"{', '.join(own)}."
                )
        groups[name] = sorted({column for feature in features for column in own[feature]})
    return groups


def event_losses(scores: Float32, classes: NDArray[np.int8]) -> Float64:
    """Return each event's cross-entropy −ln(score of its own class), what a network minimises.

    Training takes it from the outputs before the sigmoid or softmax, so no score is cut off here
    either; only one that float32 rounds to 0 is taken as 2⁻²⁵.

    Args:
        scores: (n, classes) float32, rows summing to 1.
        classes: (n,) class indices.

    Returns:
        (n,) float64, finite.
    """
    own = scores[np.arange(len(classes)), classes].astype(np.float64)
    losses: Float64 = -np.log(np.where(own > 0, own, _ROUNDED_TO_ZERO))
    return losses


def weighted_area(
    scores: Float32, classes: NDArray[np.int8], weights: Float64, signal: int | None
) -> float:
    """Return the weighted area under the ROC curve of the signal's score, signal against all else.

    Args:
        scores: (n, classes) float32.
        classes: (n,) class indices.
        weights: (n,).
        signal: index of the signal class; None for the plain mean, every class counting the same,
            of the areas of each class's own score against all else.

    Returns:
        The area; NaN where a class that is asked for has no events or no positive sum of weights.
    """
    signals = range(scores.shape[1]) if signal is None else [signal]
    areas = [area(roc_curve(scores[:, c], classes == c, weights)) for c in signals]
    return float(np.mean(areas))


def permutation_importance(
    score: Score,
    events: LabelledEvents,
    groups: Mapping[str, Sequence[int]],
    repeats: int,
    seed: int,
    signal: int | None,
) -> pd.DataFrame:
    """Measure what shuffling each group of inputs costs in weighted AUC and in weighted loss.

    The columns of a group move together, by one permutation of the events. A repeat's permutation
    is the same for all groups: they are compared in pairs, and another group changes no number.
    Events of weight 0 take no part, neither as events nor as donors of values; all others give
    their values alike, whatever their weight, which may be negative.

    Args:
        score: normalised features (n, inputs) float32 → scores (n, classes) float32.
        events: what it is measured on.
        groups: name → columns, as `input_groups` returns them.
        repeats: permutations of each group, at least 1.
        seed: the permutations follow from it.
        signal: index of the signal class, or None, see `weighted_area`.

    Returns:
        group, metric (`auc`, or `loss`, Σwl/N), baseline (nothing shuffled), permuted (mean over
        repeats), drop (mean of what is lost: AUC that falls, loss that rises), drop_std (standard
        deviation over repeats; NaN for one); one row per group and metric.

    Raises:
        DataError: a score is NaN.
    """
    used = np.flatnonzero(events.weights)
    shuffled = np.array(events.features[used], np.float32)
    labels = np.asarray(events.classes[used])
    kept = np.asarray(events.weights[used], np.float64)

    def measure() -> Float64:
        scores = score(shuffled)
        loss = float(kept @ event_losses(scores, labels)) / len(events.weights)
        return np.array([weighted_area(scores, labels, kept, signal), loss])

    baseline = measure()
    rows: list[dict[str, Any]] = []
    for name, columns in groups.items():
        # an event that is an array is one input, which moves as a whole
        place = (slice(None), columns) if shuffled.ndim == 2 else slice(None)
        original = np.copy(shuffled[place])
        values = np.empty((repeats, len(METRICS)))
        for repeat, order in enumerate(_permutations(len(used), repeats, seed)):
            shuffled[place] = original[order]
            values[repeat] = measure()
        shuffled[place] = original
        rows += _rows(name, baseline, values)
    return pd.DataFrame(rows)


def merge_replicas(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Merge the tables of several runs of one scan point.

    Args:
        tables: what `permutation_importance` returned for each run, of the same groups.

    Returns:
        group, metric, runs, the means over runs of baseline, permuted and drop, drop_std (root
        mean square of the runs' own, over repeats) and drop_spread (standard deviation of drop
        over runs; NaN for one); one row per group and metric, in the first table's order.
    """
    joined = pd.concat(tables, ignore_index=True)
    joined["variance"] = joined["drop_std"] ** 2
    merged = joined.groupby(["group", "metric"], sort=False, as_index=False).agg(
        runs=("drop", "size"),
        baseline=("baseline", "mean"),
        permuted=("permuted", "mean"),
        drop=("drop", "mean"),
        variance=("variance", "mean"),
        drop_spread=("drop", "std"),
    )
    merged.insert(6, "drop_std", np.sqrt(merged.pop("variance")))
    return merged


def _permutations(count: int, repeats: int, seed: int) -> Iterator[NDArray[np.intp]]:
    """Yield the permutation of each repeat."""
    for repeat in range(repeats):
        generator = np.random.Generator(np.random.Philox(key("importance", seed, repeat)))
        yield generator.permutation(count)


def _rows(name: str, baseline: Float64, values: Float64) -> Iterator[dict[str, Any]]:
    """Yield a group's rows; values: (repeats, metrics)."""
    drops = (baseline - values) * np.array([1.0, -1.0])
    for position, metric in enumerate(METRICS):
        drop = drops[:, position]
        yield {
            "group": name,
            "metric": metric,
            "baseline": baseline[position],
            "permuted": values[:, position].mean(),
            "drop": drop.mean(),
            "drop_std": drop.std(ddof=1) if len(drop) > 1 else float("nan"),
        }
