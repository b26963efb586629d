"""The section `split`: how events are shared out."""

from dataclasses import dataclass, field

from winnow.study.keys.bounds import Share


@dataclass(frozen=True)
class Fractions:
    """The share of all events in each sample."""

    train: Share
    """Share trained on."""
    validation: Share
    """Share that chooses epoch and cut."""
    test: Share
    """Share that is only quoted."""


@dataclass(frozen=True)
class Split:
    """How events are shared out."""

    fractions: Fractions = field(default_factory=lambda: Fractions(0.25, 0.25, 0.5))
    """Share of each sample; they sum to 1. Events of files that name their `sample` stay there; 0
    is for a sample that such files fill."""
