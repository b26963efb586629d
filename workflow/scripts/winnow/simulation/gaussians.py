"""Two classes of correlated normal variables, whose likelihood ratio is known.

Background has unit widths, and a correlation ρ^|i-j| between its variables i and j; signal has the
same correlation, its own width, and means that lie a Mahalanobis distance d from background's,
along the diagonal. With equal widths the best possible area under the ROC curve is Φ(d/√2).

The events of a chunk depend on the seed, the process and the chunk's number alone, and a shorter
chunk is the beginning of a longer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import SAMPLES
from winnow.identity import key

Array = NDArray[np.float64]

SIGNAL, BACKGROUND = "signal", "background"
PROCESSES = (SIGNAL, BACKGROUND)
TRUTH = "log_likelihood_ratio"

_BATCH = 65_536


@dataclass(frozen=True)
class Classes:
    """How the two classes differ.

    Attributes:
        variables: how many.
        separation: Mahalanobis distance of the means, in background's widths.
        correlation: of neighbouring variables.
        width: of signal, relative to background's.
    """

    variables: int
    separation: float
    correlation: float
    width: float

    @property
    def covariance(self) -> Array:
        """Background's, shape (variables, variables)."""
        place = np.arange(self.variables)
        powers = np.abs(place[:, np.newaxis] - place)
        return np.asarray(np.power(float(self.correlation), powers), np.float64)

    @property
    def mean(self) -> Array:
        """Signal's, shape (variables,)."""
        along = np.ones(self.variables)
        length = np.sqrt(along @ np.linalg.solve(self.covariance, along))
        return np.asarray(self.separation / length * along, np.float64)

    def log_likelihood_ratio(self, values: Array) -> Array:
        """Return ln p(x | signal) / p(x | background), shape (n,).

        Args:
            values: (n, variables).
        """
        inverse = np.linalg.inv(self.covariance)
        moved = values - self.mean
        signal, background = (
            np.einsum("ni,ij,nj->n", x, inverse, x) for x in (moved / self.width, values)
        )
        ratio = 0.5 * (background - signal) - self.variables * np.log(self.width)
        return np.asarray(ratio, np.float64)


def columns(variables: int) -> tuple[str, ...]:
    """Return the columns of a file."""
    return (*(f"x{number}" for number in range(1, variables + 1)), "process", "sample", TRUTH)


def simulated(
    classes: Classes, parts: Sequence[int], process: str, count: int, seed: int, number: int
) -> pa.Table:
    """Simulate the events of a chunk.

    Args:
        classes: how signal and background differ.
        parts: of the events that train, validate and test; they take turns.
        process: one of PROCESSES.
        count: number of events.
        seed: the study's seed.
        number: the chunk's number, from 0.

    Returns:
        `columns`: variables and the logarithm of the likelihood ratio float32, process and sample
        dictionaries of texts.
    """
    batches = []
    for start in range(0, max(count, 1), _BATCH):
        name = key("simulate", seed, process, number, start // _BATCH)
        random = np.random.Generator(np.random.Philox(name))
        batches.append(random.standard_normal((_BATCH, classes.variables))[: count - start])
    values = np.concatenate(batches) @ np.linalg.cholesky(classes.covariance).T
    if process == SIGNAL:
        values = classes.width * values + classes.mean
    turn = np.repeat(np.arange(len(SAMPLES)), parts)[np.arange(len(values)) % sum(parts)]
    names = columns(classes.variables)
    found: dict[str, pa.Array] = {
        name: pa.array(values[:, i].astype(np.float32)) for i, name in enumerate(names[:-3])
    }
    found["process"] = _named(np.zeros(len(values)), [process])
    found["sample"] = _named(turn, list(SAMPLES))
    found[TRUTH] = pa.array(classes.log_likelihood_ratio(values).astype(np.float32))
    return pa.table(found)


def _named(codes: NDArray[np.generic], names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), names)
