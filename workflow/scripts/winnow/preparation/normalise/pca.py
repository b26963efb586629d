"""The step `pca`: projections on the leading principal axes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from winnow.errors import ConfigError
from winnow.preparation.normalise.apply import Float32, Transform
from winnow.preparation.normalise.fitting import moments
from winnow.preparation.normalise.joint import (
    check_conditioned,
    check_independent,
    eigen,
    matrix_step,
)

PARAMETER = "components"


def fit_step(features: Float32, transform: Transform, config: Mapping[str, Any]) -> dict[str, Any]:
    """Projections on the leading principal axes, each divided by its standard deviation."""
    names = list(config["features"])
    kept = _components(config)
    mean, covariance = moments(features, transform, names)
    check_independent(covariance, kept, config)
    values, vectors = eigen(covariance)
    check_conditioned(values[:kept], config)
    matrix = (vectors[:, :kept] / np.sqrt(values[:kept])).T
    earlier = sum(len(s["outputs"]) for s in transform["steps"] if s["step"] == "pca")
    outputs = [f"pca_{earlier + i + 1}" for i in range(kept)]
    return matrix_step("pca", names, outputs, mean, matrix)


def _components(config: Mapping[str, Any]) -> int:
    """Return how many components a pca keeps: a whole number, all by default."""
    most = len(config["features"])
    value = config["components"]
    if value is None:
        return most
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConfigError(
            f"config key `{config['key']}.components`: found {value!r}, expected a whole number "
            f"from 1 to {most}."
        )
    return value
