"""Expected events: a yield is a sum of physical weights × luminosity × scale of the sample."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, SAMPLES, WEIGHT
from winnow.errors import ConfigError, DataError
from winnow.statistics.counting import effective_entries


@dataclass(frozen=True)
class YieldSettings:
    """How weights become expected events.

    Attributes:
        class_names: the classes in the order of the `class` column.
        signal: name of the signal class; None in a study without one.
        luminosity: integrated luminosity, in the inverse unit of the weights' cross-sections.
        fractions: sample → the fraction of all events that it holds; its scale is the inverse.
        split_factors: sample → scale, for inputs that came split; replaces `fractions`.
        measured: each class of a sample is scaled by its number of events over that in the sample,
            for inputs without weights that came split; replaces `fractions` too.
        total_yield: class → expected events; each sample's class sum is rescaled to it exactly.
        signal_cross_section: cross-section × branching ratio × acceptance of what the signal's
            events stand for, in the inverse unit of the luminosity. For signal whose weights hold
            none: each sample's signal sum is rescaled to signal_cross_section × luminosity.
    """

    class_names: tuple[str, ...]
    signal: str | None = None
    luminosity: float = 1.0
    fractions: Mapping[str, float] = field(default_factory=dict)
    split_factors: Mapping[str, float] | None = None
    measured: bool = False
    total_yield: Mapping[str, float] = field(default_factory=dict)
    signal_cross_section: float | None = None


def sample_scale(sample: str, settings: YieldSettings) -> float:
    """Return what a sample's yields are multiplied with so that it stands for all events.

    Raises:
        ConfigError: neither a split factor nor a fraction above 0 is known for the sample.
    """
    if settings.split_factors is not None:
        if sample not in settings.split_factors:
            raise ConfigError(
                f"split_factors: no factor for the sample '{sample}', which has events; found "
                f"{sorted(settings.split_factors)}. Add '{sample}', e.g. 4 for a 25 % sample."
            )
        return settings.split_factors[sample]
    fraction = settings.fractions.get(sample, 0.0)
    if fraction <= 0:
        raise ConfigError(
            f"fractions: the sample '{sample}' has events, but its fraction is {fraction:g}, "
            "expected above 0. Set it, or give split_factors for inputs that came split."
        )
    return 1.0 / fraction


def class_targets(settings: YieldSettings) -> dict[str, float]:
    """Return the expected events of every class whose yield is given rather than summed.

    Raises:
        ConfigError: a class that does not exist, a total that is not positive, or two totals for
            the signal.
    """
    targets = dict(settings.total_yield)
    for name, total in targets.items():
        if name not in settings.class_names:
            raise ConfigError(
                f"total_yield: unknown class '{name}', expected one of "
                f"{list(settings.class_names)}."
            )
        if not total > 0:
            raise ConfigError(f"total_yield.{name}: found {total:g}, expected a number above 0.")
    if settings.signal_cross_section is None:
        return targets
    if settings.signal is None:
        raise ConfigError(
            "signal_cross_section: given, but the study has no signal class. Name one, or "
            "remove the key."
        )
    if settings.signal in targets:
        raise ConfigError(
            f"signal_cross_section: the signal class '{settings.signal}' has a total_yield too. "
            "Give one of the two."
        )
    if not settings.signal_cross_section > 0:
        raise ConfigError(
            f"signal_cross_section: found {settings.signal_cross_section:g}, expected a number "
            "above 0."
        )
    targets[settings.signal] = settings.signal_cross_section * settings.luminosity
    return targets


def yield_factors(scores: pd.DataFrame, settings: YieldSettings) -> NDArray[np.float64]:
    """Return what a weight is multiplied with to become expected events.

    Args:
        scores: columns sample, class, weight; one row per event.
        settings: how weights become expected events.

    Returns:
        Shape (samples in the order of SAMPLES, classes); NaN for samples without events.

    Raises:
        ConfigError: a scale is missing or a total is wrong.
        DataError: a class that is given a total has a sum of weights <= 0 in a sample.
    """
    sample, label = _codes(scores, settings.class_names)
    classes = len(settings.class_names)
    shape = (len(SAMPLES), classes)
    cell = sample * classes + label
    size = len(SAMPLES) * classes
    weight = scores[WEIGHT].to_numpy(np.float64)
    sums = np.bincount(cell, weight, minlength=size).reshape(shape)
    populated = np.bincount(sample, minlength=len(SAMPLES)) > 0
    factors = np.full(shape, np.nan)
    targets = class_targets(settings)
    entries = np.bincount(cell, minlength=size).reshape(shape)
    for row in np.flatnonzero(populated):
        scale: float | NDArray[np.float64] = (
            # a class without events here has nothing to be scaled
            entries.sum(axis=0) / np.maximum(entries[row], 1)
            if settings.measured
            else sample_scale(SAMPLES[row], settings)
        )
        factors[row] = settings.luminosity * scale
        for name, target in targets.items():
            column = settings.class_names.index(name)
            if not sums[row, column] > 0:
                raise DataError(
                    f"column '{WEIGHT}': the weights of class '{name}' in the sample "
                    f"'{SAMPLES[row]}' sum to {sums[row, column]:g}, expected above 0, because a "
                    f"yield of {target:g} events is asked for it. Give the class more events, or "
                    "remove its total_yield or signal_cross_section."
                )
            factors[row, column] = target / sums[row, column]
    return factors


def yield_weights(scores: pd.DataFrame, settings: YieldSettings) -> NDArray[np.float64]:
    """Return each event's contribution to the yield of its sample, shape (n,), in events.

    Args and Raises as in `yield_factors`.
    """
    sample, label = _codes(scores, settings.class_names)
    factors: NDArray[np.float64] = yield_factors(scores, settings)[sample, label]
    return scores[WEIGHT].to_numpy(np.float64) * factors


def fraction_variance(
    part: NDArray[np.float64],
    part_squares: NDArray[np.float64],
    whole: NDArray[np.float64],
    whole_squares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the variance of a part of a sum that is given, T²·var(ε), elementwise.

    (1 − ε)² Σ_in w² + ε² Σ_out w² with ε = Σ_in w / T: a weighted binomial, the variance of a ratio
    of correlated sums to first order.

    Args:
        part: Σw of the part, in units in which all weights sum to `whole`.
        part_squares: its Σw².
        whole: T; infinite where none is given, which leaves Σw².
        whole_squares: Σw² of all.
    """
    share = part / whole
    variance = np.square(1.0 - share) * part_squares
    variance = variance + np.square(share) * np.maximum(whole_squares - part_squares, 0.0)
    limited: NDArray[np.float64] = np.maximum(variance, 0.0)
    return limited


def process_yields(
    scores: pd.DataFrame,
    weights: NDArray[np.float64],
    class_names: tuple[str, ...],
    selected: NDArray[np.bool_] | None = None,
    fixed: Collection[str] = (),
) -> pd.DataFrame:
    """Tabulate the selected events of every process in every sample.

    Args:
        scores: columns sample, class, process; n rows.
        weights: shape (n,), from `yield_weights`.
        class_names: the classes in the order of the `class` column.
        selected: shape (n,), which events pass the cut; None for all.
        fixed: classes whose sum is a given total, which does not fluctuate.

    Returns:
        One row per sample × class × process that has events: sample, class, process, entries
        (selected, raw), yield (Σw), uncertainty of the yield (√Σw²; of a part of a given total, see
        `fraction_variance`), efficiency (yield over that of
        all the process's events in the sample; NaN where that is <= 0), effective_entries.
    """
    passed = np.ones(len(scores), dtype=bool) if selected is None else selected
    sample, label = _codes(scores, class_names)
    process = pd.Categorical(scores[PROCESS])
    names = process.categories
    cell = (sample * len(class_names) + label) * len(names) + process.codes
    size = len(SAMPLES) * len(class_names) * len(names)
    total = np.bincount(cell, weights, minlength=size)
    present = np.flatnonzero(np.bincount(cell, minlength=size))
    chosen = np.where(passed, weights, 0.0)
    # The stubs know bincount as one of integers only.
    kept, variance = (
        np.asarray(np.bincount(cell, values, minlength=size)[present], dtype=np.float64)
        for values in (chosen, np.square(chosen))
    )
    whole = total[present]
    given, given_squares = class_wholes(scores, weights, class_names, fixed)
    of_class = present // len(names)
    return pd.DataFrame(
        {
            SAMPLE: np.asarray(SAMPLES)[present // (len(class_names) * len(names))],
            CLASS: np.asarray(class_names)[present // len(names) % len(class_names)],
            PROCESS: np.asarray(names.astype(str))[present % len(names)],
            "entries": np.bincount(cell[passed], minlength=size)[present],
            "yield": kept,
            "uncertainty": np.sqrt(
                fraction_variance(kept, variance, given[of_class], given_squares[of_class])
            ),
            "efficiency": np.divide(kept, whole, out=np.full(kept.shape, np.nan), where=whole > 0),
            "effective_entries": effective_entries(kept, variance),
        }
    )


def beside_absent(
    table: pd.DataFrame, absent: pd.DataFrame, class_names: tuple[str, ...]
) -> pd.DataFrame:
    """Return the rows of `process_yields` and `absent_yields` in the order of the former."""
    if absent.empty:
        return table
    joined = pd.concat([table, absent], ignore_index=True)
    order = joined.assign(
        **{
            SAMPLE: pd.Categorical(joined[SAMPLE], SAMPLES),
            CLASS: pd.Categorical(joined[CLASS], class_names),
        }
    ).sort_values([SAMPLE, CLASS, PROCESS], kind="stable")
    ordered: pd.DataFrame = joined.loc[order.index].reset_index(drop=True)
    return ordered


def absent_yields(scores: pd.DataFrame, settings: YieldSettings) -> pd.DataFrame:
    """Tabulate the processes that have events, but none in a sample that others have events in.

    A yield of 0 of a few events that all fell into another sample is known no better than by one
    event: its uncertainty is what one event would count in the sample, the root mean square of the
    process's weights times the sample's factor.

    Args:
        scores: columns sample, class, process, weight; one row per event.
        settings: how weights become expected events.

    Returns:
        The columns of `process_yields`: entries, yield and effective_entries 0, efficiency NaN.

    Raises:
        ConfigError: a scale is missing or a total is wrong.
        DataError: a class that is given a total has a sum of weights <= 0 in a sample.
    """
    factors = yield_factors(scores, settings)
    sample, label = _codes(scores, settings.class_names)
    process = pd.Categorical(scores[PROCESS])
    kind = label * len(process.categories) + process.codes
    kinds = len(settings.class_names) * len(process.categories)
    entries = np.bincount(kind, minlength=kinds)
    squares = np.bincount(kind, np.square(scores[WEIGHT].to_numpy(np.float64)), minlength=kinds)
    found = np.zeros((len(SAMPLES), kinds), dtype=bool)
    found[sample, kind] = True
    of_sample, missing = np.nonzero(~found & found.any(axis=1, keepdims=True) & (entries > 0))
    labels, codes = np.divmod(missing, max(1, len(process.categories)))
    one_event = np.sqrt(squares[missing] / entries[missing])
    return pd.DataFrame(
        {
            SAMPLE: np.asarray(SAMPLES, dtype=object)[of_sample],
            CLASS: np.asarray(settings.class_names, dtype=object)[labels],
            PROCESS: np.asarray(process.categories.astype(str), dtype=object)[codes],
            "entries": 0,
            "yield": 0.0,
            "uncertainty": one_event * np.abs(factors[of_sample, labels]),
            "efficiency": np.nan,
            "effective_entries": 0.0,
        }
    )


def class_wholes(
    scores: pd.DataFrame,
    weights: NDArray[np.float64],
    class_names: tuple[str, ...],
    fixed: Collection[str],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Σw and Σw² of each class of each sample, for `fraction_variance`.

    Args and Raises as in `process_yields`.

    Returns:
        Both of shape (samples · classes,), samples in the order of SAMPLES; the sum is infinite for
        classes that are not fixed.
    """
    sample, label = _codes(scores, class_names)
    cell = sample * len(class_names) + label
    size = len(SAMPLES) * len(class_names)
    sums, squares = (
        np.asarray(np.bincount(cell, values, minlength=size), dtype=np.float64)
        for values in (weights, np.square(weights))
    )
    given = np.tile([name in fixed for name in class_names], len(SAMPLES))
    return np.where(given & (sums > 0), sums, np.inf), squares


def _codes(
    scores: pd.DataFrame, class_names: tuple[str, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each event's index into SAMPLES and into the classes."""
    samples = pd.Categorical(scores[SAMPLE])
    # The last element answers code -1, a missing name.
    position = np.append(pd.Index(SAMPLES).get_indexer(samples.categories), -1)
    sample = position[samples.codes]
    label = scores[CLASS].to_numpy(np.intp)
    wrong = np.flatnonzero((sample < 0) | (label < 0) | (label >= len(class_names)))
    if wrong.size:
        row = scores.iloc[int(wrong[0])]
        raise DataError(
            f"scores: entry {wrong[0]} (counted from 0) has the sample '{row[SAMPLE]}' and the "
            f"class {row[CLASS]}, expected one of {list(SAMPLES)} and 0 to "
            f"{len(class_names) - 1}. Make the scores again with the present config."
        )
    return sample, label
