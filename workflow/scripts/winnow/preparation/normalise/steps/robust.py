"""The step `robust`: median 0, a width from quantiles 1."""

from winnow.preparation.normalise.fitting import linear_fitter
from winnow.preparation.values import Values


def _robust(values: Values) -> tuple[float, float]:
    """Median 0, half the distance between the 16 % and 84 % quantiles 1."""
    low, median, high = (float(q) for q in values.quantiles((0.16, 0.5, 0.84)))
    return median, (high - low) / 2


fit_step = linear_fitter("robust", _robust)
