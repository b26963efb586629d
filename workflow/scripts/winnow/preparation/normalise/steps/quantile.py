"""The step `quantile`: to a standard normal, through quantiles."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Any

import numpy as np

from winnow.preparation.normalise.apply import Transform
from winnow.preparation.normalise.features import Features
from winnow.preparation.normalise.fitting import fit_single
from winnow.preparation.values import Values
from winnow.study.keys.normalise import Step
from winnow.study.typed import says

MAXIMUM_QUANTILES = 1000


@dataclass(frozen=True)
class Keys(Step):
    """A step through quantiles."""

    quantiles: Annotated[int, says(minimum=2, maximum=MAXIMUM_QUANTILES)] | None = None
    """For `quantile`, how many points its table has; default 1000."""


def fit_step(features: Features, transform: Transform, step: Keys) -> dict[str, Any]:
    """To a standard normal through quantiles; equal ones merge at their mean probability."""
    normal = NormalDist()
    count = step.quantiles or MAXIMUM_QUANTILES

    def fit_one(values: Values, _name: str, _step: Step) -> dict[str, list[float]]:
        probabilities = np.linspace(0, 1, min(count, values.count))
        points, first = np.unique(values.quantiles(probabilities), return_index=True)
        last = np.append(first[1:], len(probabilities)) - 1
        middle = (probabilities[first] + probabilities[last]) / 2
        # The extremes of n values lie, in the mean, at about half an event from 0 and 1.
        margin = 0.5 / values.count
        middle = middle.clip(margin, 1 - margin)
        return {"x": points.tolist(), "y": [normal.inv_cdf(p) for p in middle]}

    return {
        "step": "quantile",
        "operation": "interpolate",
        **fit_single(features, transform, step, fit_one),
    }
