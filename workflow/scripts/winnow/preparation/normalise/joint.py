"""What the joint steps share: principal axes of the covariance, and when there are none."""

from typing import Any

import numpy as np

from winnow.errors import ConfigError
from winnow.preparation.normalise.apply import Float64
from winnow.study.keys.normalise import Step

# Float32 features that depend on each other linearly leave eigenvalues of order 1e-14.
_SMALLEST_EIGENVALUE = 1e-11
# Eigenvalues are exact to about 1e-16 of the largest.
_SMALLEST_VARIANCE_RATIO = 1e-13


def eigen(covariance: Float64) -> tuple[Float64, Float64]:
    """Return eigenvalues, falling, and eigenvectors as columns, their largest entry positive."""
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    return values, vectors * np.sign(vectors[largest, np.arange(len(values))])


def check_independent(covariance: Float64, kept: int, step: Step) -> None:
    """Raise ConfigError naming the features that are linear combinations of each other."""
    width = np.sqrt(np.diag(covariance))
    if not width.all():
        name = step.chosen[int(width.argmin())]
        raise ConfigError(
            f"config key `{step.place}`: {name!r} is constant before the step {step.step}. "
            "Drop it from `columns.features`."
        )
    values, vectors = eigen(covariance / np.outer(width, width))
    dependent = int((values < _SMALLEST_EIGENVALUE).sum())
    if kept > len(values) - dependent:
        share = np.abs(vectors[:, -1])
        names = [n for n, s in zip(step.chosen, share, strict=True) if s > 0.1 * share.max()]
        mend = "leave one of them out"
        if step.step == "pca":
            mend += f", or set `components` to {len(values) - dependent} or less"
        raise ConfigError(
            f"config key `{step.place}`: {', '.join(names)} depend on each other linearly in "
            f"the training events, {step.step} cannot give all of them unit variance: {mend}."
        )


def check_conditioned(values: Float64, step: Step) -> None:
    """Raise ConfigError where the features' scales differ beyond double precision."""
    if values[-1] < _SMALLEST_VARIANCE_RATIO * values[0]:
        raise ConfigError(
            f"config key `{step.place}`: the variances of the features span {values[0]:.1e} to "
            f"{values[-1]:.1e}, too far for {step.step}. Put the step `standard` before it."
        )


def matrix_step(
    name: str, features: list[str], outputs: list[str], centre: Float64, matrix: Float64
) -> dict[str, Any]:
    """Describe a joint step."""
    return {
        "step": name,
        "operation": "matrix",
        "features": features,
        "outputs": outputs,
        "centre": centre.tolist(),
        "matrix": matrix.tolist(),
    }
