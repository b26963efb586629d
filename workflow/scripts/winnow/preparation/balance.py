"""Balancing: scale the classes' event weights against each other for training.

Inside a class the weights keep their ratios. The physical weights are never changed: the training
weights stand beside them. Events are gone through part by part, whatever their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.errors import ConfigError, DataError
from winnow.preparation.planing import Parts, PlaningWeights, Weighted, fit_planing
from winnow.study.keys.balance import Balance, NegativeWeights, Scheme

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class BalanceResult:
    """How one sample is balanced.

    Attributes:
        table: One row per class: class, entries, negative_entries, negative_fraction (of Σ|w|),
            sum_before (physical), sum_after, scale, mean_after, effective_entries ((Σw)²/Σw² of
            the training weights).
    """

    table: pd.DataFrame
    _negative: NegativeWeights
    _planing: PlaningWeights | None

    def training_weights(self, events: Weighted) -> Float64:
        """Return the training weights of some of the sample's events, shape (events,)."""
        used = _used(events, self._negative)
        planed = used.weights if self._planing is None else self._planing.weights(used)
        scaled: Float64 = planed * self.table["scale"].to_numpy()[events.classes]
        return scaled


def balance(
    parts: Parts,
    settings: Balance,
    class_names: Sequence[str],
    signal_class: str | None,
    sample: str,
) -> BalanceResult:
    """Balance the classes of one sample on its own sums.

    With W_c the sum of the weights of class c, a weight of that class is multiplied by

    - `none`: 1;
    - `sum`: N_b / W_c, N_b the number of events that are not signal (CMS tutorial, binary);
    - `sqrt`: N_s / W_c · sqrt(W_c / W_s), s the signal (CMS tutorial, multi-class);
    - `equal`: N / (C · W_c), for N events of C classes: equal sums, mean weight 1.

    Args:
        parts: Gives the sample's events anew each time, with their physical weights, and with the
            column of `balance.planing`, whose distribution is made flat in each class before the
            classes are scaled.
        settings: The config's `balance` section. Of negative weights "absolute" takes |w|
            everywhere, before the sums are taken; "zero" lets them count for nothing in training,
            the sums taken without them (as TMVA's IgnoreNegWeightsInTraining).
        class_names: The classes in the config's order.
        signal_class: Name of the signal class, None where the study has none.
        sample: Name of the sample, for messages.

    Returns:
        What gives the training weights, and a table of what is done.

    Raises:
        ConfigError: The scheme needs a signal class, and there is none.
        DataError: A class without events or with a sum that is not positive, in a bin of planing
            too; negative weights where they are errors.
    """
    _check_signal(settings.scheme, signal_class)
    count = len(class_names)
    entries, negative = np.zeros((2, count), np.int64)
    before, absolute, below, sums = np.zeros((4, count))
    for own in parts():
        entries += np.bincount(own.classes, minlength=count)
        negative += np.bincount(own.classes[own.weights < 0], minlength=count)
        before += np.bincount(own.classes, own.weights, count)
        absolute += np.bincount(own.classes, np.abs(own.weights), count)
        below += np.bincount(own.classes, -own.weights.clip(max=0), count)
        used = _used(own, settings.negative_weights).weights
        sums += np.bincount(own.classes, used, count)
    if settings.negative_weights == "error" and negative.any():
        first = int(negative.argmax())
        raise DataError(
            f"class {class_names[first]!r} has {negative[first]} negative weights among "
            f"the {entries[first]} events of the sample {sample!r}, and `balance.negative_weights` "
            "is `error`. Set it to `keep`, `absolute` or `zero`."
        )
    _check_sums(sums, entries, negative, class_names, sample)
    signal = None if signal_class is None else list(class_names).index(signal_class)
    planing = None
    if settings.planing.acts:
        planing = fit_planing(
            lambda: (_used(own, settings.negative_weights) for own in parts()),
            settings.planing.bins,
            class_names,
        )
    table = pd.DataFrame(
        {
            "class": list(class_names),
            "entries": entries,
            "negative_entries": negative,
            "negative_fraction": below / absolute,
            "sum_before": before,
            "scale": _scales(settings.scheme, sums, entries, signal),
        }
    )
    result = BalanceResult(table, settings.negative_weights, planing)
    after, squares = np.zeros((2, count))
    for own in parts():
        training = result.training_weights(own)
        after += np.bincount(own.classes, training, count)
        squares += np.bincount(own.classes, training**2, count)
    table.insert(5, "sum_after", after)
    table["mean_after"] = after / entries
    table["effective_entries"] = after**2 / squares
    return result


def _used(events: Weighted, negative: NegativeWeights) -> Weighted:
    """Return events with the weights that training takes in place of negative ones."""
    if negative == "absolute":
        return replace(events, weights=np.abs(events.weights))
    if negative == "zero":
        return replace(events, weights=events.weights.clip(min=0.0))
    return events


def _scales(
    scheme: Scheme, sums: Float64, entries: NDArray[np.int64], signal: int | None
) -> Float64:
    """Return the factor of each class, shape (classes,)."""
    scales: Float64 = np.ones(len(sums))
    if scheme == "sum" and signal is not None:
        scales = (entries.sum() - entries[signal]) / sums
    elif scheme == "sqrt" and signal is not None:
        scales = entries[signal] / sums * np.sqrt(sums / sums[signal])
    elif scheme == "equal":
        scales = entries.sum() / (len(sums) * sums)
    return scales


def _check_signal(scheme: Scheme, signal_class: str | None) -> None:
    """Raise ConfigError where a scheme needs a signal class that is not there."""
    if scheme in ("sum", "sqrt") and signal_class is None:
        raise ConfigError(
            f"config key `balance.scheme`: {scheme!r} needs a signal class, and this study has "
            "none. Use `equal` or `none`, or name the signal class."
        )


def _check_sums(
    sums: Float64,
    entries: NDArray[np.int64],
    negative: NDArray[np.int64],
    class_names: Sequence[str],
    sample: str,
) -> None:
    """Raise DataError for a class without events or whose weights do not sum above zero."""
    for name, total, number, below in zip(class_names, sums, entries, negative, strict=True):
        if not number:
            raise DataError(
                f"class {name!r} has no events in the sample {sample!r}. Give its "
                "processes more events or a larger fraction, loosen `selection`, or remove the "
                "class."
            )
        if not total > 0:
            mend = (
                "Set `balance.negative_weights` to `absolute` or `zero`, or give the class more "
                "events."
                if below
                else "Correct `columns.weight`, or leave events of weight 0 out with `selection`."
            )
            raise DataError(
                f"the weights of class {name!r} sum to {total:g} over its {number} events "
                f"in the sample {sample!r}, a positive sum was expected. {mend}"
            )
