"""The section `compare`: what scan points are put side by side in."""

from dataclasses import dataclass
from typing import Annotated, Literal

from winnow.study.typed import says

Metric = Literal[
    "accuracy", "balanced_accuracy", "rejection_at_0.3", "rejection_at_0.5", "rejection_at_0.7"
]


@dataclass(frozen=True)
class Compare:
    """What scan points are put side by side in."""

    metrics: Annotated[tuple[Metric, ...], says(uniqueItems=True)] = ()
    """Quantities beside area, figure of merit and loss: share of events whose class has the largest
    score, by weight (`accuracy`), its mean over classes (`balanced_accuracy`), and background
    events to one that passes where a share of the signal does (`rejection_at_0.3`), of the signal
    class, else of the first."""
