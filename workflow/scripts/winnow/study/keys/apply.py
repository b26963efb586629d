"""The section `apply`: files that the chosen networks score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from winnow.study.keys.bounds import Branch, Column, Text


@dataclass(frozen=True)
class Apply:
    """Files that the chosen networks score, entry by entry, without class, weight or process:
    collision data, other samples. Each gets `results/<study>/apply/<file>/`: `scores.parquet` and
    the ROOT friend tree `friend.root`. Missing values, derived columns and selection are the
    networks' own; what is cut or defective is NaN and says so.
    """

    files: tuple[Mapping[str, Any], ...] = ()
    """The files, as of `input.files`."""
    friends: bool = False
    """Whether the study's own input files are scored in the same way. With folds, an event that was
    trained on has the score of the network that never saw it."""
    model: Text | None = None
    """The folder `best` of another study's results, whose networks score instead of this study's.
    Their passports say how the files are read."""
    ensemble: bool = False
    """Whether all replicas of the chosen scan point score together (the mean), not the chosen
    one."""
    spectators: tuple[Column, ...] = ()
    """Columns of the files, or derived ones, that are carried along in `scores.parquet`."""
    tree: Branch = "winnow"
    """Name of the friend trees."""
    branches: Mapping[str, Branch] = field(default_factory=dict)
    """Column of the friend trees → name of its branch: `score_<class>`; `status` (0 scored, 1 cut,
    2 rejected); `role` (0 unseen, 1 train, 2 validation, 3 test); `fold` whose networks scored, -1
    for all."""
    duplicates: Literal["keep", "drop"] = "keep"
    """What the figures do with events that stand in several of `files`, told by `columns.event_id`:
    draw each, or the first alone; those dropped are counted."""
    draw: tuple[Column, ...] = ()
    """Spectators whose distribution in `files` is drawn over the stacked simulation, beside the
    signal's score; an empty list draws nothing."""
