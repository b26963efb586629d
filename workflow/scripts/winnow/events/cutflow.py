"""What is counted over the chunks of a file: rows, and the events left after each cut."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import PROCESS
from winnow.events.processes import Processes

ALL_EVENTS = "all"
"""The cutflow's step 0: the rows that are not rejected."""

NOT_IGNORED = "not ignored"
"""The cutflow's step 1 where the config ignores processes."""

CUTFLOW_SCHEMA = pa.schema(
    [
        (PROCESS, pa.string()),
        ("step", pa.int32()),
        ("cut", pa.string()),
        ("entries", pa.int64()),
        ("sum_of_weights", pa.float64()),
        ("sum_of_squared_weights", pa.float64()),
    ]
)


@dataclass
class Totals:
    """What is counted over the chunks of a file, after each of its cuts, the first being none."""

    cuts: tuple[str, ...]
    rows_read: int = 0
    rows_kept: int = 0
    rows_cut: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    sum_of_weights: float = 0.0
    negative_weights: int = 0
    entries: dict[tuple[str, int], int] = field(default_factory=dict)
    yields: dict[tuple[str, int], float] = field(default_factory=dict)
    squares: dict[tuple[str, int], float] = field(default_factory=dict)

    def count_step(
        self,
        step: int,
        processes: Processes,
        codes: NDArray[np.int64],
        weight: NDArray[np.float64],
    ) -> None:
        """Add the events that are left at a step of the cutflow."""
        size = len(processes.positions)
        entries = np.bincount(codes, minlength=size)
        yields = np.bincount(codes, weight, minlength=size)
        squares = np.bincount(codes, np.square(weight), minlength=size)
        for name, position in processes.positions.items():
            if step and (name, 0) not in self.entries:
                continue
            if not step and not entries[position] and (name, 0) not in self.entries:
                continue  # a process of rejected rows only
            key = (name, step)
            self.entries[key] = self.entries.get(key, 0) + int(entries[position])
            self.yields[key] = self.yields.get(key, 0.0) + float(yields[position])
            self.squares[key] = self.squares.get(key, 0.0) + float(squares[position])

    def cutflow(self) -> pa.Table:
        """Return entries and weights left after each step, by process; schema CUTFLOW_SCHEMA."""
        keys = sorted(self.entries)
        return pa.table(
            [
                [process for process, _ in keys],
                [step for _, step in keys],
                [self.cuts[step] for _, step in keys],
                [self.entries[key] for key in keys],
                [self.yields[key] for key in keys],
                [self.squares[key] for key in keys],
            ],
            schema=CUTFLOW_SCHEMA,
        )

    def counts(self, source: str) -> dict[str, Any]:
        """Return the counts; raise RuntimeError where a row is lost or counted twice."""
        rows_rejected = self.rejected.total()
        last = len(self.cuts) - 1
        left = sum(count for (_, step), count in self.entries.items() if step == last)
        if (
            self.rows_read != self.rows_kept + self.rows_cut + rows_rejected
            or left != self.rows_kept
        ):
            raise RuntimeError(
                f"{source}: {self.rows_read} rows read, but {self.rows_kept} kept, {self.rows_cut}"
                f" cut, {rows_rejected} rejected and {left} left by the cutflow"
            )
        return {
            "source": source,
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_cut": self.rows_cut,
            "rows_rejected": rows_rejected,
            "rejected_by_reason": dict(sorted(self.rejected.items())),
            "sum_of_weights": self.sum_of_weights,
            "negative_weights": self.negative_weights,
        }
