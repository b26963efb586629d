"""What kind each event of a table of scores is of: its sample, its class and its process."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, SAMPLES, SOURCE
from winnow.errors import DataError

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Kinds:
    """The sample, the class and the process of n events, as indices.

    Attributes:
        sample: shape (n,), into SAMPLES.
        label: shape (n,), into `class_names`.
        process: shape (n,), into `process_names`.
        class_names: the classes in the order of the `class` column.
        process_names: all processes, those of no event too.
        brought: shape (n,), whether its file brought an event's sample; None: it is not told.
    """

    sample: NDArray[np.integer[Any]]
    label: NDArray[np.integer[Any]]
    process: NDArray[np.integer[Any]]
    class_names: tuple[str, ...]
    process_names: tuple[str, ...]
    brought: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """The numbers of samples, classes and processes."""
        return len(SAMPLES), len(self.class_names), len(self.process_names)

    @cached_property
    def of_class(self) -> NDArray[np.intp]:
        """The class of a sample that each event is of, counted sample by sample, shape (n,)."""
        return self.sample.astype(np.intp) * self.shape[1] + self.label

    @cached_property
    def of_process(self) -> NDArray[np.intp]:
        """The process of a class of a sample that each event is of, counted alike, shape (n,)."""
        return self.of_class * self.shape[2] + self.process

    @cached_property
    def entries(self) -> NDArray[np.intp]:
        """Events of each sample, class and process, of `shape`."""
        counted = np.bincount(self.of_process, minlength=math.prod(self.shape))
        return counted.reshape(self.shape)

    def inside(self, sample: str) -> NDArray[np.bool_]:
        """Return which events are of a sample, shape (n,)."""
        inside: NDArray[np.bool_] = self.sample == SAMPLES.index(sample)
        return inside

    def looked_up(self, table: NDArray[Number]) -> NDArray[Number]:
        """Return each event's entry in a table of shape (classes, processes), shape (n,)."""
        found: NDArray[Number] = np.broadcast_to(table, self.shape).ravel()[self.of_process]
        return found


def kinds_of(
    scores: pd.DataFrame, class_names: tuple[str, ...], split_sources: Collection[str] = ()
) -> Kinds:
    """Return the sample, class and process of each event of a table of scores.

    Args:
        scores: columns sample, class (index), process, with `split_sources` also source; one row
            per event.
        class_names: the classes in the order of the `class` column.
        split_sources: the files that bring their sample, beside others.

    Raises:
        DataError: an event is of no known sample or class.
    """
    samples, process = (pd.Categorical(scores[name]) for name in (SAMPLE, PROCESS))
    # The last element answers code -1, a missing name.
    position = np.append(pd.Index(SAMPLES).get_indexer(samples.categories), -1).astype(np.int8)
    sample, label = position[samples.codes], scores[CLASS].to_numpy()
    wrong = np.flatnonzero((sample < 0) | (label < 0) | (label >= len(class_names)))
    if wrong.size:
        row = scores.iloc[int(wrong[0])]
        raise DataError(
            f"scores: entry {wrong[0]} (counted from 0) has the sample '{row[SAMPLE]}' and the "
            f"class {row[CLASS]}, expected one of {list(SAMPLES)} and 0 to "
            f"{len(class_names) - 1}. Make the scores again with the present config."
        )
    brought = scores[SOURCE].isin(split_sources).to_numpy() if split_sources else None
    names = tuple(process.categories.astype(str))
    return Kinds(sample, label, process.codes, class_names, names, brought)
