"""The step `minmax`: the training extremes become −1 and 1."""

from winnow.preparation.normalise.apply import Float64
from winnow.preparation.normalise.fitting import linear_fitter


def _minmax(values: Float64) -> tuple[float, float]:
    """(2x − top − bot) / (top − bot): the training extremes become −1 and 1."""
    bot, top = float(values.min()), float(values.max())
    return (top + bot) / 2, (top - bot) / 2


fit_step = linear_fitter("minmax", _minmax)
