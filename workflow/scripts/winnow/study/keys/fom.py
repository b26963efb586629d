"""The section `fom`: the figure of merit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from winnow.study.keys.bounds import Count, NotNegative, Text
from winnow.study.typed import says

Entries = Annotated[int, says(minimum=0, unit="events")]
ByName = Annotated[Mapping[str, NotNegative], says(minProperties=1)]
Definition = Literal[
    "asimov",
    "asimov_no_systematic",
    "ams",
    "s_over_sqrt_b",
    "s_over_sqrt_s_plus_b",
    "s_over_sqrt_s_plus_b_sigma2",
]


@dataclass(frozen=True)
class Cuts:
    """The cuts low + i · (high − low) / count, i from 0 to count − 1."""

    low: float
    """The lowest cut."""
    high: float
    """Where the cuts end; not a cut itself."""
    count: Count
    """Number of cuts."""


@dataclass(frozen=True)
class Bootstrap:
    """Bands on the curves of validation and test, on their maximum and at the cut."""

    replicas: Annotated[int, says(minimum=0)] = 200
    """How often each sample is drawn again, each event counted a Poisson number of times; 0 for no
    band."""


@dataclass(frozen=True)
class Bins:
    """Bins of the score, read together; a bin with too few background events on validation joins
    its neighbour. The Asimov significance with systematic is that of a profile likelihood in which
    an entry of `systematic` moves all it covers together in every bin.
    """

    edges: Annotated[tuple[float, ...], says(minItems=2)] | None = None
    """Edges of the bins, ascending, instead of `count` and `kind`."""
    count: Count = 10
    """Number of bins from 0 to 1."""
    kind: Literal["equal_signal", "equal_width"] = "equal_signal"
    """What the bins have in common on validation."""
    simulation_statistics: bool = True
    """Whether that likelihood has a factor for the background of each bin, known as well as the
    simulation's own statistics tell."""


@dataclass(frozen=True)
class Fom:
    """The figure of merit."""

    definition: Definition = "asimov"
    """The definition that is quoted first and ranks the runs; all are computed."""
    systematic: NotNegative | ByName = 0.0
    """Relative systematic uncertainty of the background; or background process or class → its own,
    `default` (0 without it) for all others. Entries are independent; what one entry covers moves
    together."""
    signal: Annotated[tuple[Text, ...], says(minItems=1)] | None = None
    """Processes of the signal class, names or patterns, that the figure of merit counts; its other
    processes are neither signal nor background. Default all."""
    selection: Literal["score", "largest_score"] = "score"
    """`score`, a cut on the signal's score; `largest_score` counts only events, too, whose largest
    score is the signal's."""
    cuts: Cuts | None = None
    """Cuts at even distances, scanned beside the exact scan, with rows of their own in
    `best.csv`."""
    min_background_entries: Entries = 50
    """A cut or a bin is eligible only with so many background events in it on validation, raw ones
    and effective ones, (Σw)²/Σw², and with a positive sum."""
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    """Bands on the curves of validation and test, on their maximum and at the cut."""
    bins: Bins = field(default_factory=Bins)
    """Bins of the score, read together; a bin with too few background events on validation joins
    its neighbour. The Asimov significance with systematic is that of a profile likelihood in which
    an entry of `systematic` moves all it covers together in every bin."""
