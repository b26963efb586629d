"""Fitting a normalisation on training events.

Features are fitted one by one where they are not missing; the joint steps (decorrelate, pca) are
fitted on all training events, imputed. No event weights enter.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from winnow.errors import ConfigError, DataError, refuse
from winnow.preparation.normalise.apply import FORMAT, VERSION, Transform
from winnow.preparation.normalise.features import Features, present
from winnow.preparation.normalise.fitting import Fitter
from winnow.study.choices import STEPS, part
from winnow.study.keys.normalise import Normalise, Step

INDICATOR_SUFFIX = "_missing"


def fit(features: Features, settings: Normalise, steps: Sequence[Step]) -> Transform:
    """Fit a normalisation on training events.

    Args:
        features: Training events.
        settings: The config's `normalise` section; its `constant` says what becomes of a feature
            with one value in all training events where it is not missing: left out of the outputs
            (its indicator is not), or an error.
        steps: Its steps with their own keys (`winnow.study.keys.normalise.steps`). No step leaves
            the features as they are, imputed.

    Returns:
        The transform, as `winnow.preparation.normalise.apply` describes it: plain lists, strings
        and floats.

    Raises:
        ConfigError: An unknown feature, a constant or entirely missing one, a step that the
            training values do not allow.
        DataError: No events, or infinite values.
    """
    names, shaped = features.names, len(features.shape) > 1
    if len(names) != (1 if shaped else features.shape[0]):
        raise ValueError(f"{features.shape} features an event, {len(names)} names")
    if not features.count:
        raise DataError("normalise: the training sample has no events, nothing can be fitted.")
    if shaped:
        return _fit_array(features, settings)
    found = [_input(features, name, settings) for name in names]
    transform: Transform = {
        "format": FORMAT,
        "version": VERSION,
        "inputs": [item for item, _ in found],
        "steps": [],
    }
    idle = [item["name"] for item, is_constant in found if is_constant]
    _check_constant(idle, names, settings.constant)
    transform["outputs"] = [name for name in names if name not in idle]
    for given in steps:
        step = _with_columns(given, transform["outputs"], idle)
        fitter: Fitter = part(STEPS, step.step, "fit_step")
        fitted = fitter(features, transform, step)
        transform["steps"].append(fitted)
        if fitted["operation"] == "matrix":
            transform["outputs"] = _replace(
                transform["outputs"], fitted["features"], fitted["outputs"]
            )
    transform["outputs"] += [i["indicator"] for i in transform["inputs"] if i["indicator"]]
    _check_unique(transform["outputs"])
    return transform


def _fit_array(features: Features, settings: Normalise) -> Transform:
    """Describe one feature that is an array; what is missing in it is imputed, and no more."""
    name = features.names[0]
    if settings.steps:
        raise ConfigError(
            f"config key `normalise.steps`: found {list(settings.steps)}, but {name!r} is an array "
            f"of shape {features.shape} an event, which no step takes. Use an empty list."
        )
    own, _ = _input(features, name, replace(settings, indicators=False))
    return {
        "format": FORMAT,
        "version": VERSION,
        "inputs": [{**own, "shape": list(features.shape)}],
        "steps": [],
        "outputs": [name],
    }


def _input(features: Features, name: str, settings: Normalise) -> tuple[dict[str, Any], bool]:
    """Describe one input, imputation value and indicator, and say whether it is constant."""
    values = present(features, name)
    if not values.count:
        raise ConfigError(
            f"config key `columns.features`: {name!r} is missing in every training event. Drop it "
            "from `columns.features`."
        )
    if not math.isfinite(values.low) or not math.isfinite(values.high):
        raise DataError(
            f"feature {name!r}: infinite values among the training events, finite numbers were "
            "expected. Reject these rows at ingest, or list the value in `input.missing_values`."
        )
    given = settings.impute
    value = float(values.quantiles([0.5])[0]) if given == "median" else float(given)
    missing = values.count < features.count
    indicator = f"{name}{INDICATOR_SUFFIX}" if settings.indicators and missing else None
    return {"name": name, "impute": value, "indicator": indicator}, values.low == values.high


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


def _with_columns(step: Step, available: Sequence[str], idle: Sequence[str]) -> Step:
    """Return a step with the columns that it takes, without features left out as constant."""
    listed = available if step.features is None else step.features
    chosen = tuple(name for name in listed if name not in idle)
    unknown = [name for name in chosen if name not in available]
    if unknown or not chosen:
        found = f"{unknown[0]!r} is not among" if unknown else "the list is empty, expected some of"
        raise ConfigError(
            f"config key `{step.place}.features`: {found} the columns at this step "
            f"({', '.join(available)})."
        )
    own = replace(step, chosen=chosen)
    # a feature that was left out may leave fewer columns than the plan counted on
    refuse(own.faults(chosen))
    return own


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
