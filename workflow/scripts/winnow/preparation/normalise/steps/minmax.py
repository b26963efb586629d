"""The step `minmax`: the training extremes become −1 and 1."""

from winnow.preparation.normalise.fitting import linear_fitter
from winnow.preparation.values import Values


def _minmax(values: Values) -> tuple[float, float]:
    """(2x − top − bot) / (top − bot): the training extremes become −1 and 1."""
    bot, top = values.low, values.high
    return (top + bot) / 2, (top - bot) / 2


fit_step = linear_fitter("minmax", _minmax)
