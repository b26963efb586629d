"""The step `log`: natural logarithms."""

from typing import Any

from winnow.errors import ConfigError
from winnow.preparation.normalise.apply import Transform
from winnow.preparation.normalise.features import Features
from winnow.preparation.normalise.fitting import fit_single
from winnow.preparation.values import Values
from winnow.study.keys.normalise import Step


def fit_step(features: Features, transform: Transform, step: Step) -> dict[str, Any]:
    """Natural logarithm; below the smallest training value, that value's logarithm."""
    imputed = {item["name"]: item["impute"] for item in transform["inputs"]}

    def fit_one(values: Values, name: str, step: Step) -> dict[str, float]:
        floor = values.low
        if floor <= 0:
            raise ConfigError(
                f"config key `{step.place}`: the log of {name!r} is undefined, its smallest "
                f"training value is {floor:g}. List under the step's `features` only those that "
                "are positive."
            )
        first = not any(name in earlier["features"] for earlier in transform["steps"])
        if first and values.count < features.count and imputed[name] <= 0:
            raise ConfigError(
                f"config key `normalise.impute`: {imputed[name]:g} stands in for missing values of "
                f"{name!r}, but {step.place} takes its log. Use `median` or a positive number."
            )
        return {"floor": floor}

    return {
        "step": "log",
        "operation": "log",
        **fit_single(features, transform, step, fit_one),
    }
