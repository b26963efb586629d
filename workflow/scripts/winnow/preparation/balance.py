"""Balancing: scale the classes' event weights against each other for training.

Inside a class the weights keep their ratios. The physical weights are never changed: the training
weights stand beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.errors import ConfigError, DataError
from winnow.preparation.planing import planed
from winnow.study.keys.balance import Balance, Scheme

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class BalanceResult:
    """Balanced weights of one sample.

    Attributes:
        training_weights: One weight per event, shape (events,).
        table: One row per class: class, entries, negative_entries, negative_fraction (of Σ|w|),
            sum_before (physical), sum_after, scale, mean_after, effective_entries ((Σw)²/Σw² of
            the training weights).
    """

    training_weights: Float64
    table: pd.DataFrame


def balance(
    weights: Float64,
    classes: NDArray[np.int8],
    settings: Balance,
    class_names: Sequence[str],
    signal_class: str | None,
    sample: str,
    planed_by: Float64 | None = None,
) -> BalanceResult:
    """Balance the classes of one sample on its own sums.

    With W_c the sum of the weights of class c, a weight of that class is multiplied by

    - `none`: 1;
    - `sum`: N_b / W_c, N_b the number of events that are not signal (CMS tutorial, binary);
    - `sqrt`: N_s / W_c · sqrt(W_c / W_s), s the signal (CMS tutorial, multi-class);
    - `equal`: N / (C · W_c), for N events of C classes: equal sums, mean weight 1.

    Args:
        weights: Physical weights, shape (events,), float64.
        classes: Index into `class_names` per event, shape (events,).
        settings: The config's `balance` section. Of negative weights "absolute" takes |w|
            everywhere, before the sums are taken; "zero" lets them count for nothing in training,
            the sums taken without them (as TMVA's IgnoreNegWeightsInTraining).
        class_names: The classes in the config's order.
        signal_class: Name of the signal class, None where the study has none.
        sample: Name of the sample, for messages.
        planed_by: the column of `balance.planing`, shape (events,), whose distribution is made flat
            in each class before the classes are scaled; None: it stays.

    Returns:
        The training weights and a table of what was done.

    Raises:
        ConfigError: The scheme needs a signal class, and there is none.
        DataError: A class without events or with a sum that is not positive, in a bin of planing
            too; negative weights where they are errors.
    """
    _check_signal(settings.scheme, signal_class)
    count = len(class_names)
    entries = np.asarray(np.bincount(classes, minlength=count), dtype=np.int64)
    negative = np.bincount(classes[weights < 0], minlength=count)
    absolute = np.asarray(np.bincount(classes, np.abs(weights), count), dtype=np.float64)
    before = np.asarray(np.bincount(classes, weights, count), dtype=np.float64)
    if settings.negative_weights == "error" and negative.any():
        first = int(negative.argmax())
        raise DataError(
            f"class {class_names[first]!r} has {negative[first]} negative weights among "
            f"the {entries[first]} events of the sample {sample!r}, and `balance.negative_weights` "
            "is `error`. Set it to `keep`, `absolute` or `zero`."
        )
    used = weights
    if settings.negative_weights == "absolute":
        used = np.abs(weights)
    elif settings.negative_weights == "zero":
        used = weights.clip(min=0.0)
    sums = np.asarray(np.bincount(classes, used, count), dtype=np.float64)
    _check_sums(sums, entries, negative, class_names, sample)
    signal = None if signal_class is None else list(class_names).index(signal_class)
    if planed_by is not None:
        used = planed(used, classes, planed_by, settings.planing.bins, class_names)
    scale = _scales(settings.scheme, sums, entries, signal)
    training = used * scale[classes]
    after = np.bincount(classes, training, count)
    table = pd.DataFrame(
        {
            "class": list(class_names),
            "entries": entries,
            "negative_entries": negative,
            "negative_fraction": np.bincount(classes, -weights.clip(max=0), count) / absolute,
            "sum_before": before,
            "sum_after": after,
            "scale": scale,
            "mean_after": after / entries,
            "effective_entries": after**2 / np.bincount(classes, training**2, count),
        }
    )
    return BalanceResult(training, table)


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
