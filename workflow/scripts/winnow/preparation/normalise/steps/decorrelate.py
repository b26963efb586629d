"""The step `decorrelate`: unit covariance, as near to the old axes as can be."""

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
from winnow.study.keys.normalise import Step


def fit_step(features: Features, transform: Transform, step: Step) -> dict[str, Any]:
    """C^(−1/2) (x − mean): unit covariance, as near to the old axes as can be (ZCA, Kessy 2018)."""
    names = list(step.chosen)
    mean, covariance = moments(features, transform, names)
    check_independent(covariance, len(names), step)
    values, vectors = eigen(covariance)
    check_conditioned(values, step)
    matrix = (vectors / np.sqrt(values)) @ vectors.T
    return matrix_step("decorrelate", names, names, mean, matrix)
