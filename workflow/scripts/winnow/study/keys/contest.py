"""The section `contest`: other programs' networks beside the study's own, and what each costs."""

from dataclasses import dataclass
from typing import Annotated

from winnow.study.keys.bounds import Count
from winnow.study.typed import says


@dataclass(frozen=True)
class Contest:
    """Networks of several programs, trained on the study's prepared events with the same settings,
    each alone on its machine: area under the ROC curve, time and memory. Two classes and a signal
    class are needed, and the family `dense`.
    """

    contestants: Annotated[tuple[str, ...], says(minItems=1, uniqueItems=True)] = ("winnow",)
    """Who takes part; those whose software is not there are left out, and said so:"""
    repeats: Count = 5
    """How often each contestant is trained at each point, with other seeds."""
    threads: Count = 1
    """Threads that each contestant may use."""
