"""The step `pca`: projections on the leading principal axes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from winnow.preparation.normalise.apply import Transform
from winnow.preparation.normalise.features import Features
from winnow.preparation.normalise.fitting import moments
from winnow.preparation.normalise.joint import (
    check_conditioned,
    check_independent,
    eigen,
    matrix_step,
)
from winnow.study.keys.bounds import Count
from winnow.study.keys.normalise import Step


@dataclass(frozen=True)
class Keys(Step):
    """Projections on principal axes."""

    components: Count | None = None
    """For `pca`, how many components are kept; default all."""

    def faults(self, chosen: Sequence[str]) -> Iterator[str]:
        """List more components than columns."""
        if self.components is not None and self.components > len(chosen):
            yield (
                f"config key `{self.place}.components`: found {self.components}, expected at most "
                f"{len(chosen)}, the number of features that the step takes."
            )

    def columns_after(self, available: Sequence[str], made: int) -> tuple[list[str], int]:
        """Return the columns with components, at the end, in place of those that the step takes."""
        chosen = self.features or available
        kept = self.components or len(chosen)
        new = [f"pca_{made + number + 1}" for number in range(kept)]
        return [*(name for name in available if name not in chosen), *new], made + kept


def fit_step(features: Features, transform: Transform, step: Keys) -> dict[str, Any]:
    """Projections on the leading principal axes, each divided by its standard deviation."""
    names = list(step.chosen)
    kept = step.components or len(names)
    mean, covariance = moments(features, transform, names)
    check_independent(covariance, kept, step)
    values, vectors = eigen(covariance)
    check_conditioned(values[:kept], step)
    matrix = (vectors[:, :kept] / np.sqrt(values[:kept])).T
    earlier = sum(len(s["outputs"]) for s in transform["steps"] if s["step"] == "pca")
    outputs = [f"pca_{earlier + i + 1}" for i in range(kept)]
    return matrix_step("pca", names, outputs, mean, matrix)
