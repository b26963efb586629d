"""Expected events: a yield is a sum of physical weights × luminosity × scale of the sample."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, SAMPLES, TEST, WEIGHT
from winnow.errors import ConfigError, DataError
from winnow.statistics.counting import effective_entries
from winnow.statistics.efficiency import efficiency_interval, fraction_variance
from winnow.statistics.histograms import cell_axes, weighted_sums
from winnow.statistics.kinds import Kinds
from winnow.statistics.mixed_samples import mixed_scales


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
        split_sources: the files that bring their sample where others are shared out; both kinds
            count as `mixed_samples` says, by `fractions` and, where given, `split_factors`.
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
    split_sources: tuple[str, ...] = ()


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


def yield_factors(
    kinds: Kinds, weight: NDArray[np.float64], settings: YieldSettings
) -> NDArray[np.float64]:
    """Return what a weight is multiplied with to become expected events.

    Args:
        kinds: of n events.
        weight: shape (n,), physical; with `split_sources`, times the `mixed_scales`.
        settings: how weights become expected events.

    Returns:
        Shape (samples in the order of SAMPLES, classes); NaN for samples without events.

    Raises:
        ConfigError: a scale is missing or a total is wrong.
        DataError: a class that is given a total has a sum of weights <= 0 in a sample.
    """
    shape = kinds.shape[:2]
    sums, _, _ = _class_sums(kinds, weight)
    factors = np.full(shape, np.nan)
    targets = class_targets(settings)
    entries = kinds.entries.sum(axis=2)
    for row in np.flatnonzero(entries.any(axis=1)):
        scale: float | NDArray[np.float64] = (
            # a class without events here has nothing to be scaled
            entries.sum(axis=0) / np.maximum(entries[row], 1)
            if settings.measured
            else 1.0
            if settings.split_sources
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


def yield_weights(
    kinds: Kinds, weight: NDArray[np.float64], settings: YieldSettings
) -> NDArray[np.float64]:
    """Return each event's contribution to the yield of its sample, shape (n,), in events.

    Args and Raises as in `yield_factors`, the weight physical.
    """
    weight, _ = _mixed(kinds, weight, settings)
    return weight * yield_factors(kinds, weight, settings).ravel()[kinds.of_class]


def factors_of_test(
    kinds: Kinds, weight: NDArray[np.float64], settings: YieldSettings
) -> NDArray[np.float64]:
    """Return what the weight of a test event of each kind is multiplied with, for its yield.

    Args and Raises as in `yield_weights`.

    Returns:
        Shape (2, classes, processes), of events that are shared out and of those that their file
        brought; the two agree where all files are of one kind.
    """
    scales = np.ones((2, *kinds.shape))
    if settings.split_sources and kinds.brought is not None:
        given = settings.fractions, settings.split_factors
        scales = mixed_scales(kinds, kinds.brought, weight, *given)
    scaled, _ = _mixed(kinds, weight, settings)
    test = SAMPLES.index(TEST)
    factors = yield_factors(kinds, scaled, settings)[test, :, np.newaxis]
    found: NDArray[np.float64] = scales[:, test] * factors
    return found


def _mixed(
    kinds: Kinds, weight: NDArray[np.float64], settings: YieldSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights, scaled where samples are mixed, and the scale of an event of each kind.

    The latter is of shape (samples, classes, processes), as if the event had been shared out.
    """
    if not settings.split_sources:
        return weight, np.ones(kinds.shape)
    if kinds.brought is None:
        raise ValueError("where samples are mixed, it must be told which events bring theirs")
    brought, factors = kinds.brought, settings.split_factors
    scales = mixed_scales(kinds, brought, weight, settings.fractions, factors)
    own = scales.reshape(2, -1)[brought.astype(np.intp), kinds.of_process]
    return weight * own, np.where(scales[0] > 0, scales[0], 1.0)


def process_yields(
    kinds: Kinds,
    weights: NDArray[np.float64],
    selected: NDArray[np.bool_] | None = None,
    fixed: Collection[str] = (),
) -> pd.DataFrame:
    """Tabulate the selected events of every process in every sample.

    Args:
        kinds: of n events.
        weights: shape (n,), from `yield_weights`.
        selected: shape (n,), which events pass the cut; None for all.
        fixed: classes whose sum is a given total, which does not fluctuate.

    Returns:
        One row per sample × class × process that has events: sample, class, process, entries
        (selected, raw), yield (Σw), uncertainty of the yield (√Σw²; of a part of a given total, see
        `fraction_variance`), efficiency (yield over that of all the process's events in the
        sample; NaN where that is <= 0), efficiency_lower and efficiency_upper (68.3 %, see
        `efficiency_interval`), effective_entries.
    """
    present = np.nonzero(kinds.entries)
    passed = slice(None) if selected is None else selected
    axes = cell_axes(kinds.entries.size)
    total, total_squares, _ = weighted_sums(axes, [kinds.of_process], weights)
    sums, squares, entries = weighted_sums(axes, [kinds.of_process[passed]], weights[passed])
    whole, whole_squares, kept, variance = (
        values.reshape(kinds.shape)[present] for values in (total, total_squares, sums, squares)
    )
    lower, upper = efficiency_interval(kept, variance, whole, whole_squares)
    sample, label, process = present
    given, given_squares = (values[sample, label] for values in class_wholes(kinds, weights, fixed))
    return pd.DataFrame(
        {
            SAMPLE: np.asarray(SAMPLES)[sample],
            CLASS: np.asarray(kinds.class_names)[label],
            PROCESS: np.asarray(kinds.process_names, dtype=str)[process],
            "entries": entries.reshape(kinds.shape)[present],
            "yield": kept,
            "uncertainty": np.sqrt(fraction_variance(kept, variance, given, given_squares)),
            "efficiency": np.divide(kept, whole, out=np.full(kept.shape, np.nan), where=whole > 0),
            "efficiency_lower": lower,
            "efficiency_upper": upper,
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


def absent_yields(
    kinds: Kinds, weight: NDArray[np.float64], settings: YieldSettings
) -> pd.DataFrame:
    """Tabulate the processes that have events, but none in a sample that others have events in.

    A yield of 0 of a few events that all fell into another sample is known no better than by one
    event: its uncertainty is what one event would count in the sample, the root mean square of the
    process's weights times the sample's factor.

    Args:
        kinds: of n events.
        weight: shape (n,), physical.
        settings: how weights become expected events.

    Returns:
        The columns of `process_yields`: entries, yield and effective_entries 0, efficiency and its
        interval NaN.

    Raises:
        ConfigError: a scale is missing or a total is wrong.
        DataError: a class that is given a total has a sum of weights <= 0 in a sample.
    """
    scaled, scales = _mixed(kinds, weight, settings)
    factors = yield_factors(kinds, scaled, settings)[..., np.newaxis] * scales
    found = kinds.entries > 0
    missing = ~found & found.any(axis=(1, 2), keepdims=True) & found.any(axis=0)
    sample, label, process = np.nonzero(missing)
    # of all samples together, not the sum of each sample's sum, which rounds in another way
    size = found[0].size
    of_any = kinds.of_process % max(1, size)
    _, squares, _ = weighted_sums(cell_axes(size), [of_any], weight)
    mean = squares.reshape(found.shape[1:]) / np.maximum(kinds.entries.sum(axis=0), 1)
    return pd.DataFrame(
        {
            SAMPLE: np.asarray(SAMPLES, dtype=object)[sample],
            CLASS: np.asarray(kinds.class_names, dtype=object)[label],
            PROCESS: np.asarray(kinds.process_names, dtype=object)[process],
            "entries": 0,
            "yield": 0.0,
            "uncertainty": np.sqrt(mean[label, process]) * np.abs(factors[sample, label, process]),
            "efficiency": np.nan,
            "efficiency_lower": np.nan,
            "efficiency_upper": np.nan,
            "effective_entries": 0.0,
        }
    )


def class_wholes(
    kinds: Kinds, weights: NDArray[np.float64], fixed: Collection[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Σw and Σw² of each class of each sample, for `fraction_variance`.

    Args and Raises as in `process_yields`.

    Returns:
        Both of shape (samples, classes), samples in the order of SAMPLES; the sum is infinite for
        classes that are not fixed.
    """
    sums, squares, _ = _class_sums(kinds, weights)
    given = np.array([name in fixed for name in kinds.class_names])
    return np.where(given & (sums > 0), sums, np.inf), squares


def _class_sums(
    kinds: Kinds, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return sums of weights, of their squares, and entries of each class in each sample."""
    shape = kinds.shape[:2]
    sums, squares, entries = weighted_sums(cell_axes(math.prod(shape)), [kinds.of_class], weights)
    return sums.reshape(shape), squares.reshape(shape), entries.reshape(shape)
