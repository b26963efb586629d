"""The section `parameter`: a hypothesis as a network's last input."""

from dataclasses import dataclass
from typing import Annotated

from winnow.study.keys.bounds import Column
from winnow.study.typed import says

MOST_HYPOTHESES = 50


@dataclass(frozen=True)
class Parameter:
    """A hypothesis, such as a mass, as the last input of networks (arXiv:1601.07913), for studies
    that ask for it: signal has its own, other events have one drawn from training signal.
    """

    column: Column
    """The spectator that holds it, known of every signal event; what other events have there is not
    read."""
    unit: str = ""
    """Its unit, as of a feature."""
    hypotheses: Annotated[tuple[float, ...], says(uniqueItems=True, maxItems=MOST_HYPOTHESES)] = ()
    """Values at which area and figure of merit are told; default all that training signal has."""
    leave_out: Annotated[tuple[float, ...], says(uniqueItems=True)] = ()
    """Values whose signal is not trained on, nor counted in the validation loss, so that the
    interpolation is tested there; can be scanned."""
