"""The section `optimise`: a search for the best values of scan keys."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from winnow.study.keys.bounds import Count, Fraction
from winnow.study.typed import says


@dataclass(frozen=True)
class Halving:
    """How trials that are worse than others of their round stop early (successive halving)."""

    epochs: Annotated[tuple[Count, ...], says(unit="epochs")] = ()
    """Growing numbers of epochs, of all phases together, after each of which the worse trials stop;
    the others go on from where they are, and in the end as `training` says. An empty list stops
    none."""
    keep: Fraction = 0.5
    """Share of the trials that goes on each time, rounded up."""


@dataclass(frozen=True)
class Optimise:
    """A search for the best values of keys that may be scanned, in rounds of trials."""

    rounds: Count = 4
    """Rounds; the trials of a round are trained side by side, and what came of them is known when
    the next ones are proposed."""
    points: Count = 8
    """Trials a round."""
    sampler: Literal["tpe", "random"] = "tpe"
    """Who proposes trials: Optuna's tree-structured Parzen estimator (`tpe`), whose first round is
    drawn at random, or chance alone. The very first trial is the config's own values, where they
    lie in what is searched."""
    halving: Halving = field(default_factory=Halving)
    """How trials that are worse than others of their round stop early (successive halving)."""
