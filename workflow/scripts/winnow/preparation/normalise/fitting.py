"""What the steps of a normalisation share when they are fitted."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from winnow.errors import ConfigError
from winnow.preparation.normalise.apply import Float64, Transform, evaluate, inputs_of
from winnow.preparation.normalise.features import Features
from winnow.preparation.values import Values
from winnow.study.keys.normalise import Step

Fitter = Callable[[Features, Transform, Step], dict[str, Any]]
"""(training events, the transform so far, the step) → the fitted step."""


def fit_single(
    features: Features,
    transform: Transform,
    step: Step,
    fit_one: Callable[[Values, str, Step], dict[str, Any]],
) -> dict[str, list[Any]]:
    """Fit feature by feature; return each parameter as a list in the order of the features."""
    fitted: dict[str, list[Any]] = {}
    for name in step.chosen:
        values = training_values(features, transform, name)
        if values.low == values.high:
            raise ConfigError(
                f"config key `{step.place}`: {name!r} is constant ({values.low:g}) in the "
                f"training events before the step {step.step}. Drop it from "
                "`columns.features`, or mend the steps before."
            )
        for parameter, value in fit_one(values, name, step).items():
            fitted.setdefault(parameter, []).append(value)
    return {"features": list(step.chosen), **fitted}


def linear_fitter(name: str, centre_and_scale: Callable[[Values], tuple[float, float]]) -> Fitter:
    """Return the fitter of a step (x − centre) / scale."""

    def fit_one(values: Values, feature: str, step: Step) -> dict[str, float]:
        centre, scale = centre_and_scale(values)
        if scale == 0:
            raise ConfigError(
                f"config key `{step.place}`: {feature!r} has no width for the step {name}: at "
                f"least 68 % of its training values are {centre:g}. Use minmax, standard or "
                "quantile for it."
            )
        return {"centre": centre, "scale": scale}

    def fitter(features: Features, transform: Transform, step: Step) -> dict[str, Any]:
        fitted = fit_single(features, transform, step, fit_one)
        return {"step": name, "operation": "linear", **fitted}

    return fitter


def training_values(features: Features, transform: Transform, name: str) -> Values:
    """Return a column after the steps so far, where its own feature is not missing."""
    joint = {n for s in transform["steps"] if s["operation"] == "matrix" for n in s["outputs"]}

    def parts() -> Iterator[Float64]:
        for block in features.columns(inputs_of(transform, [name])):
            values = evaluate(transform, block, [name])[name]
            # What a joint step mixed comes from imputed events: none of it is missing.
            yield values if name in joint else values[~np.isnan(block[name])]

    return Values(parts)


def moments(
    features: Features, transform: Transform, names: Sequence[str]
) -> tuple[Float64, Float64]:
    """Return mean (k,) and covariance (k, k) of imputed columns, in two passes."""

    def chunks() -> Iterator[Float64]:
        for block in features.columns(inputs_of(transform, names)):
            columns = evaluate(transform, block, names)
            yield np.array([columns[name] for name in names])

    mean = np.zeros(len(names))
    for values in chunks():
        mean += values.sum(axis=1) / features.count
    covariance = np.zeros((len(names), len(names)))
    for values in chunks():
        centred = values - mean[:, None]
        covariance += centred @ centred.T
    return mean, covariance / max(features.count - 1, 1)
