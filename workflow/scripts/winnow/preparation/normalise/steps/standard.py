"""The step `standard`: mean 0, standard deviation 1."""

from winnow.preparation.normalise.apply import Float64
from winnow.preparation.normalise.fitting import linear_fitter


def _standard(values: Float64) -> tuple[float, float]:
    """Mean 0, standard deviation (of the n values) 1."""
    return float(values.mean()), float(values.std())


fit_step = linear_fitter("standard", _standard)
