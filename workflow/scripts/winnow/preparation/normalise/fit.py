"""Fitting a normalisation on training events.

Features are fitted one by one where they are not missing; the joint steps (decorrelate, pca) are
fitted on all training events, imputed. No event weights enter.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from winnow.errors import ConfigError, DataError
from winnow.preparation.normalise import decorrelate, log, minmax, pca, quantile, robust, standard
from winnow.preparation.normalise.apply import FORMAT, VERSION, Float32, Transform
from winnow.preparation.normalise.fitting import Fitter

INDICATOR_SUFFIX = "_missing"
STEPS: Mapping[str, Fitter] = MappingProxyType(
    {
        "log": log.fit_step,
        "minmax": minmax.fit_step,
        "standard": standard.fit_step,
        "robust": robust.fit_step,
        "quantile": quantile.fit_step,
        "decorrelate": decorrelate.fit_step,
        "pca": pca.fit_step,
    }
)
# The parameter that a step may have beside its features.
_PARAMETERS = {"pca": pca.PARAMETER, "quantile": quantile.PARAMETER}

StepConfig = str | Mapping[str, Any]


def fit(
    features: Float32,
    names: Sequence[str],
    steps: Sequence[StepConfig],
    impute: Literal["median"] | float,
    indicators: bool,
    constant: Literal["drop", "error"] = "error",
) -> Transform:
    """Fit a normalisation on training events.

    Args:
        features: Training events, shape (events, features), float32, NaN where missing.
        names: Feature names, in column order.
        steps: Steps in order, each a name (for all features) or a mapping with `step`, optionally
            `features` and, for pca, `components`.
            No step leaves the features as they are, imputed.
        impute: "median" of the non-missing training values, or a number in the feature's own unit.
        indicators: Whether each feature with missing training values gets a 0/1 column beside it.
        constant: What becomes of a feature with one value in all training events where it is not
            missing: left out of the outputs (its indicator is not), or an error.

    Returns:
        The transform, as `winnow.preparation.normalise.apply` describes it: plain lists, strings
        and floats.

    Raises:
        ConfigError: An unknown step, feature or parameter, a constant or entirely missing feature,
            a step that the training values do not allow.
        DataError: No events, or infinite values.
    """
    if features.ndim != 2 or features.shape[1] != len(names):
        raise ValueError(f"{features.shape} features, {len(names)} names")
    if not len(features):
        raise DataError("normalise: the training sample has no events, nothing can be fitted.")
    transform: Transform = {
        "format": FORMAT,
        "version": VERSION,
        "inputs": [
            _input(features[:, position], name, impute, indicators)
            for position, name in enumerate(names)
        ],
        "steps": [],
    }
    idle = [name for position, name in enumerate(names) if _is_constant(features[:, position])]
    _check_constant(idle, names, constant)
    transform["outputs"] = [name for name in names if name not in idle]
    for position, step in enumerate(steps):
        config = _step_config(step, position, transform["outputs"], idle)
        fitted = STEPS[config["step"]](features, transform, config)
        transform["steps"].append(fitted)
        if fitted["operation"] == "matrix":
            transform["outputs"] = _replace(
                transform["outputs"], fitted["features"], fitted["outputs"]
            )
    transform["outputs"] += [i["indicator"] for i in transform["inputs"] if i["indicator"]]
    _check_unique(transform["outputs"])
    return transform


def _input(
    column: Float32, name: str, impute: Literal["median"] | float, indicators: bool
) -> dict[str, Any]:
    """Describe one input: imputation value and indicator."""
    missing = np.isnan(column)
    present = column[~missing]
    if not len(present):
        raise ConfigError(
            f"config key `columns.features`: {name!r} is missing in every training event. Drop it "
            "from `columns.features`."
        )
    low, high = float(present.min()), float(present.max())
    if not math.isfinite(low) or not math.isfinite(high):
        raise DataError(
            f"feature {name!r}: infinite values among the training events, finite numbers were "
            "expected. Reject these rows at ingest, or list the value in `input.missing_values`."
        )
    value = float(np.median(present.astype(np.float64))) if impute == "median" else float(impute)
    indicator = f"{name}{INDICATOR_SUFFIX}" if indicators and missing.any() else None
    return {"name": name, "impute": value, "indicator": indicator}


def _is_constant(column: Float32) -> bool:
    present = column[~np.isnan(column)]
    return bool(present.min() == present.max())


def _check_constant(idle: Sequence[str], names: Sequence[str], policy: str) -> None:
    if len(idle) == len(names):
        raise ConfigError(
            "config key `columns.features`: every feature is constant in the training events "
            f"({', '.join(names)}): none can separate anything. Give others."
        )
    if idle and policy == "error":
        raise ConfigError(
            f"config key `columns.features`: {idle[0]!r} is constant in every training event where "
            "it is not missing: it cannot separate anything. Drop it from `columns.features`, or "
            "set `normalise.constant: drop`."
        )


def _step_config(
    step: StepConfig, position: int, available: Sequence[str], idle: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a step's name, config key, features and own parameters, checked.

    Features that were left out as constant are left out of a step's list too.
    """
    key = f"normalise.steps[{position}]"
    config: dict[str, Any] = {"step": step} if isinstance(step, str) else dict(step)
    name = config.pop("step", "")
    if name not in STEPS:
        raise ConfigError(
            f"config key `{key}`: unknown step {name!r}. Known are: {', '.join(STEPS)}."
        )
    chosen = [f for f in config.pop("features", available) if f not in idle]
    unknown = [feature for feature in chosen if feature not in available]
    if unknown or not chosen:
        found = f"{unknown[0]!r} is not among" if unknown else "the list is empty, expected some of"
        raise ConfigError(
            f"config key `{key}.features`: {found} the columns at this step "
            f"({', '.join(available)})."
        )
    if len(set(chosen)) != len(chosen):
        raise ConfigError(
            f"config key `{key}.features`: a feature is listed twice. List each one once."
        )
    parameter = _PARAMETERS.get(name)
    own = {} if parameter is None else {parameter: config.pop(parameter, None)}
    if config:
        right = f"Its only parameter is `{parameter}`." if own else "It has no parameters."
        raise ConfigError(
            f"config key `{key}.{next(iter(config))}`: unknown parameter of {name}. {right}"
        )
    return {"key": key, "step": name, "features": chosen, **own}


def _replace(columns: Sequence[str], removed: Sequence[str], added: Sequence[str]) -> list[str]:
    """Return the column names after a joint step: in place if it keeps names, else at the end."""
    if list(removed) == list(added):
        return list(columns)
    return [name for name in columns if name not in set(removed)] + list(added)


def _check_unique(outputs: Sequence[str]) -> None:
    """Raise ConfigError where a feature has the name of an indicator or a component."""
    for name in outputs:
        if outputs.count(name) > 1:
            raise ConfigError(
                f"config key `columns.features`: {name!r} is a feature and also the name that "
                "normalise gives to one of its new columns. Rename the feature."
            )
