"""The step `standard`: mean 0, standard deviation 1."""

from winnow.preparation.normalise.fitting import linear_fitter
from winnow.preparation.values import Values


def _standard(values: Values) -> tuple[float, float]:
    """Mean 0, standard deviation (of the n values) 1."""
    return values.mean, values.deviation


fit_step = linear_fitter("standard", _standard)
