"""The step `quantile`: to a standard normal, through quantiles."""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from winnow.preparation.normalise.apply import Float32, Float64, Transform
from winnow.preparation.normalise.fitting import fit_single

PARAMETER = "quantiles"
MAXIMUM_QUANTILES = 1000


def fit_step(features: Float32, transform: Transform, config: Mapping[str, Any]) -> dict[str, Any]:
    """To a standard normal through quantiles; equal ones merge at their mean probability."""
    normal = NormalDist()
    count = config["quantiles"] or MAXIMUM_QUANTILES

    def fit_one(values: Float64, _name: str, _config: Mapping[str, Any]) -> dict[str, list[float]]:
        probabilities = np.linspace(0, 1, min(count, len(values)))
        points, first = np.unique(np.quantile(values, probabilities), return_index=True)
        last = np.append(first[1:], len(probabilities)) - 1
        middle = (probabilities[first] + probabilities[last]) / 2
        # The extremes of n values lie, in the mean, at about half an event from 0 and 1.
        margin = 0.5 / len(values)
        middle = middle.clip(margin, 1 - margin)
        return {"x": points.tolist(), "y": [normal.inv_cdf(p) for p in middle]}

    return {
        "step": "quantile",
        "operation": "interpolate",
        **fit_single(features, transform, config, fit_one),
    }
