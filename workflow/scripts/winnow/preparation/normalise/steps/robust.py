"""The step `robust`: median 0, a width from quantiles 1."""

import numpy as np

from winnow.preparation.normalise.apply import Float64
from winnow.preparation.normalise.fitting import linear_fitter


def _robust(values: Float64) -> tuple[float, float]:
    """Median 0, half the distance between the 16 % and 84 % quantiles 1."""
    low, median, high = (float(q) for q in np.quantile(values, (0.16, 0.5, 0.84)))
    return median, (high - low) / 2


fit_step = linear_fitter("robust", _robust)
