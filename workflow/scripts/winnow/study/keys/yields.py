"""The section `yields`: how sums of weights become expected events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from winnow.study.keys.bounds import Positive
from winnow.study.typed import says

CrossSection = Annotated[float, says(exclusiveMinimum=0, unit="inverse of `yields.luminosity`")]


@dataclass(frozen=True)
class SplitFactors:
    """What each sample's weights are multiplied by."""

    train: Positive
    """Factor of the training sample."""
    validation: Positive
    """Factor of the validation sample."""
    test: Positive
    """Factor of the test sample."""


@dataclass(frozen=True)
class Yields:
    """How a sum of weights becomes a number of expected events."""

    luminosity: Annotated[
        float, says(exclusiveMinimum=0, unit="inverse of the weights' cross-section unit")
    ] = 1.0
    """Integrated luminosity."""
    split_factors: SplitFactors | None = None
    """For inputs that are split already. What each sample's weights are multiplied by to stand for
    all events. Without weights and cross-sections it may be left out: each class of a sample then
    counts as all its events. Where some files name their `sample` and others are shared out, it is
    for the events of the former, and may be left out too: what those files hold of a process in all
    samples is then all that they stand for."""
    total_yield: Annotated[Mapping[str, Positive], says(unit="events")] = field(
        default_factory=dict
    )
    """Class → its expected events in all; each sample's class sum is rescaled to it exactly, and
    the uncertainty of a part of it is that of a fraction of the total."""
    signal_cross_section: CrossSection | None = None
    """Cross-section of a signal whose weights carry none; its yield is this times the
    luminosity."""
