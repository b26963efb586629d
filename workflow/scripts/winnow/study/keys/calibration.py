"""The section `calibration`: scores held against classes, as probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from winnow.study.keys.bounds import Column, Columns
from winnow.study.typed import says


@dataclass(frozen=True)
class Calibration:
    """Figures and tables of each training that hold its scores on test events against their
    classes, as probabilities, for studies that ask for them. They mean something where
    `balance.scheme` is `none`.
    """

    columns: Columns
    """Features or spectators that the share of each class is drawn against."""
    bins: Annotated[int, says(minimum=2)] = 20
    """Number of bins, of each column and of probabilities."""
    truth: Mapping[str, Column] = field(default_factory=dict)
    """Class → the spectator that holds its true probability, for every class, where a simulation
    knows it."""
