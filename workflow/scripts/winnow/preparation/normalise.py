"""Feature normalisation, fitted on training events: one JSON object another language can apply.

Format (version 1)
------------------
`inputs` lists the input columns in order: `name`, `impute` (the value, in the feature's own
unit, that stands in for NaN) and `indicator` (the name of its 0/1 output, 1 where it was NaN, or
null). `steps` lists the operations in order, `outputs` the names of the output columns in order.
All numbers are float64. To apply it to one event:

1. Start with a table name → value: each input, NaN replaced by `impute`.
2. For each step, by its `operation`, with the parameters at position i for `features[i]`:

   `log`          x → ln(max(x, floor[i])).
   `linear`       x → (x − centre[i]) / scale[i].
   `interpolate`  x → linear interpolation through the points (x[i][j], y[i][j]), x[i] rising;
                  below the first and above the last point, that point's y.
   `matrix`       joint: remove all `features`, then add, for each name outputs[i],
                  Σ_j matrix[i][j] · (x_j − centre[j]).

3. Give out the table's values in the order of `outputs`; an indicator's value is 0 or 1.

The names that a config knows are built from these operations: log is `log` (floor: the smallest
training value); minmax, standard and robust are `linear`; quantile is `interpolate`; decorrelate
and pca are `matrix`.

Features are fitted one by one on the training events where they are not missing; the joint steps
(decorrelate, pca) are fitted on all training events, imputed. No event weights enter.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from winnow.errors import ConfigError, DataError

FORMAT = "winnow-normalisation"
VERSION = 1
INDICATOR_SUFFIX = "_missing"
MAXIMUM_QUANTILES = 1000
# The parameter that a step may have beside its features.
_PARAMETERS = {"pca": "components", "quantile": "quantiles"}

_CHUNK = 65_536
# Float32 features that depend on each other linearly leave eigenvalues of order 1e-14.
_SMALLEST_EIGENVALUE = 1e-11
# Eigenvalues are exact to about 1e-16 of the largest.
_SMALLEST_VARIANCE_RATIO = 1e-13

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
Transform = dict[str, Any]
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
        The transform, see the module's description: plain lists, strings and floats.

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
        fitted = _FITTERS[config["step"]](features, transform, config)
        transform["steps"].append(fitted)
        if fitted["operation"] == "matrix":
            transform["outputs"] = _replace(
                transform["outputs"], fitted["features"], fitted["outputs"]
            )
    transform["outputs"] += [i["indicator"] for i in transform["inputs"] if i["indicator"]]
    _check_unique(transform["outputs"])
    return transform


def apply(transform: Transform, features: Float32, out: Float32 | None = None) -> Float32:
    """Apply a fitted normalisation, in chunks, so that the memory beside the output is bounded.

    Args:
        transform: What `fit` returned, or the JSON read back.
        features: Events, shape (events, inputs), float32, NaN where missing; may be a memory map.
        out: Where to write, shape (events, outputs), float32; may be a memory map.

    Returns:
        The normalised features, float32, shape (events, outputs), columns as in `output_names`.

    Raises:
        DataError: The columns do not fit the transform, or a result is not finite.
    """
    outputs = output_names(transform)
    names = [item["name"] for item in transform["inputs"]]
    if features.ndim != 2 or features.shape[1] != len(names):
        raise DataError(
            f"normalise: the features have the shape {features.shape}, but the transform expects "
            f"{len(names)} columns ({', '.join(names)}). Apply it to the features it was fitted on."
        )
    if out is None:
        out = np.empty((len(features), len(outputs)), dtype=np.float32)
    for start, block in _blocks(features):
        columns = _evaluate(transform, block, outputs)
        with np.errstate(over="ignore"):
            result = np.array([columns[name] for name in outputs], dtype=np.float32)
        _check_finite(result, outputs, start)
        out[start : start + len(block)] = result.T
    return out


def output_names(transform: Transform) -> list[str]:
    """Return the names of a transform's output columns, in order; refuse an unknown format."""
    found = (transform.get("format"), transform.get("version"))
    if found != (FORMAT, VERSION):
        raise DataError(
            f"normalise: the transform has the format {found[0]!r}, version {found[1]!r}, but this "
            f"program reads {FORMAT!r}, version {VERSION}. Fit it again with this program."
        )
    return list(transform["outputs"])


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


def constant_features(transform: Transform) -> list[str]:
    """Return the features that `fit` left out because training events have one value of them."""
    mixed = {
        name for s in transform["steps"] if s["operation"] == "matrix" for name in s["features"]
    }
    used = mixed | set(transform["outputs"])
    return [item["name"] for item in transform["inputs"] if item["name"] not in used]


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
    if name not in _FITTERS:
        raise ConfigError(
            f"config key `{key}`: unknown step {name!r}. Known are: {', '.join(_FITTERS)}."
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


def _components(config: Mapping[str, Any]) -> int:
    """Return how many components a pca keeps: a whole number, all by default."""
    most = len(config["features"])
    value = config["components"]
    if value is None:
        return most
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConfigError(
            f"config key `{config['key']}.components`: found {value!r}, expected a whole number "
            f"from 1 to {most}."
        )
    return value


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


def _blocks(features: Float32) -> Iterator[tuple[int, Float32]]:
    """Yield (first row, rows) in chunks of bounded size."""
    for start in range(0, len(features), _CHUNK):
        yield start, features[start : start + _CHUNK]


def _check_finite(result: Float32, outputs: Sequence[str], start: int) -> None:
    """Raise DataError naming the first output and event that is not finite."""
    if not np.isfinite(result).all():
        column, row = np.argwhere(~np.isfinite(result))[0]
        raise DataError(
            f"normalise: the output {outputs[column]!r} of event {start + row} (counted from 0) is "
            f"{result[column, row]}, expected a finite number. Reject infinite values at ingest."
        )


# Application -------------------------------------------------------------------------------------


def _evaluate(transform: Transform, block: Float32, wanted: Sequence[str]) -> dict[str, Float64]:
    """Return the wanted columns after the steps so far, computing no more than they need."""
    steps: list[dict[str, Any]] = transform["steps"]
    needed: list[set[str]] = [set(wanted)]
    for step in reversed(steps):
        needed.append(_needed_before(step, needed[-1]))
    columns = {}
    for position, item in enumerate(transform["inputs"]):
        name, indicator = item["name"], item["indicator"]
        if name not in needed[-1] and indicator not in needed[-1]:
            continue
        values = block[:, position].astype(np.float64)
        missing = np.isnan(values)
        if indicator:
            columns[indicator] = missing.astype(np.float64)
        values[missing] = item["impute"]
        columns[name] = values
    for step, after in zip(steps, reversed(needed[:-1]), strict=True):
        if step["operation"] == "matrix":
            _apply_matrix(step, columns, after)
        else:
            _apply_single(step, columns, after)
    return columns


def _needed_before(step: Mapping[str, Any], after: set[str]) -> set[str]:
    """Return the columns a step must be given so that those in `after` come out."""
    if step["operation"] != "matrix" or after.isdisjoint(step["outputs"]):
        return after
    return (after - set(step["outputs"])) | set(step["features"])


def _apply_single(step: Mapping[str, Any], columns: dict[str, Float64], needed: set[str]) -> None:
    """Apply a step that treats features one by one, in place."""
    for position, name in enumerate(step["features"]):
        if name not in needed:
            continue
        values = columns[name]
        if step["operation"] == "linear":
            values -= step["centre"][position]
            values /= step["scale"][position]
        elif step["operation"] == "log":
            np.log(np.maximum(values, step["floor"][position]), out=values)
        else:
            columns[name] = np.interp(values, step["x"][position], step["y"][position])


def _apply_matrix(step: Mapping[str, Any], columns: dict[str, Float64], needed: set[str]) -> None:
    """Apply a joint step: its features make way for its outputs."""
    if needed.isdisjoint(step["outputs"]):
        return
    values = np.array([columns.pop(name) for name in step["features"]])
    values -= np.array(step["centre"])[:, None]
    columns.update(zip(step["outputs"], np.array(step["matrix"]) @ values, strict=True))


# Fitting -----------------------------------------------------------------------------------------


def _training_values(features: Float32, transform: Transform, name: str) -> Float64:
    """Return a column after the steps so far, where its own feature is not missing."""
    joint = {n for s in transform["steps"] if s["operation"] == "matrix" for n in s["outputs"]}
    names = [item["name"] for item in transform["inputs"]]
    parts = []
    for _, block in _blocks(features):
        values = _evaluate(transform, block, [name])[name]
        # What a joint step mixed comes from imputed events: none of it is missing.
        parts.append(values if name in joint else values[~np.isnan(block[:, names.index(name)])])
    return np.concatenate(parts)


def _fit_single(
    features: Float32,
    transform: Transform,
    config: Mapping[str, Any],
    fit_one: Callable[[Float64, str, Mapping[str, Any]], dict[str, Any]],
) -> dict[str, list[Any]]:
    """Fit feature by feature; return each parameter as a list in the order of the features."""
    fitted: dict[str, list[Any]] = {}
    for name in config["features"]:
        values = _training_values(features, transform, name)
        if values.min() == values.max():
            raise ConfigError(
                f"config key `{config['key']}`: {name!r} is constant ({values[0]:g}) in the "
                f"training events before the step {config['step']}. Drop it from "
                "`columns.features`, or mend the steps before."
            )
        for parameter, value in fit_one(values, name, config).items():
            fitted.setdefault(parameter, []).append(value)
    return {"features": list(config["features"]), **fitted}


def _fit_log(features: Float32, transform: Transform, config: Mapping[str, Any]) -> dict[str, Any]:
    """Natural logarithm; below the smallest training value, that value's logarithm."""
    imputed = {item["name"]: item["impute"] for item in transform["inputs"]}

    def fit_one(values: Float64, name: str, config: Mapping[str, Any]) -> dict[str, float]:
        floor = float(values.min())
        if floor <= 0:
            raise ConfigError(
                f"config key `{config['key']}`: the log of {name!r} is undefined, its smallest "
                f"training value is {floor:g}. List under the step's `features` only those that "
                "are positive."
            )
        first = not any(name in step["features"] for step in transform["steps"])
        if first and len(values) < len(features) and imputed[name] <= 0:
            raise ConfigError(
                f"config key `normalise.impute`: {imputed[name]:g} stands in for missing values of "
                f"{name!r}, but {config['key']} takes its log. Use `median` or a positive number."
            )
        return {"floor": floor}

    return {
        "step": "log",
        "operation": "log",
        **_fit_single(features, transform, config, fit_one),
    }


def _linear_fitter(
    name: str, centre_and_scale: Callable[[Float64], tuple[float, float]]
) -> Callable[[Float32, Transform, Mapping[str, Any]], dict[str, Any]]:
    """Return the fitter of a step (x − centre) / scale."""

    def fit_one(values: Float64, feature: str, config: Mapping[str, Any]) -> dict[str, float]:
        centre, scale = centre_and_scale(values)
        if scale == 0:
            raise ConfigError(
                f"config key `{config['key']}`: {feature!r} has no width for the step {name}: at "
                f"least 68 % of its training values are {centre:g}. Use minmax, standard or "
                "quantile for it."
            )
        return {"centre": centre, "scale": scale}

    def fitter(
        features: Float32, transform: Transform, config: Mapping[str, Any]
    ) -> dict[str, Any]:
        fitted = _fit_single(features, transform, config, fit_one)
        return {"step": name, "operation": "linear", **fitted}

    return fitter


def _minmax(values: Float64) -> tuple[float, float]:
    """(2x − top − bot) / (top − bot): the training extremes become −1 and 1."""
    bot, top = float(values.min()), float(values.max())
    return (top + bot) / 2, (top - bot) / 2


def _standard(values: Float64) -> tuple[float, float]:
    """Mean 0, standard deviation (of the n values) 1."""
    return float(values.mean()), float(values.std())


def _robust(values: Float64) -> tuple[float, float]:
    """Median 0, half the distance between the 16 % and 84 % quantiles 1."""
    low, median, high = (float(q) for q in np.quantile(values, (0.16, 0.5, 0.84)))
    return median, (high - low) / 2


def _fit_quantile(
    features: Float32, transform: Transform, config: Mapping[str, Any]
) -> dict[str, Any]:
    """To a standard normal through quantiles; equal ones merge at their mean probability."""
    normal = NormalDist()

    count = config["quantiles"] or MAXIMUM_QUANTILES

    def fit_one(values: Float64, _name: str, _config: Mapping[str, Any]) -> dict[str, list[float]]:
        probabilities = np.linspace(0, 1, min(count, len(values)))
        points, first = np.unique(np.quantile(values, probabilities), return_index=True)
        last = np.append(first[1:], len(probabilities)) - 1
        middle = (probabilities[first] + probabilities[last]) / 2
        # The extremes of n values lie, in the mean, at about half an event from 0 and 1.
        margin = 0.5 / len(values)
        middle = middle.clip(margin, 1 - margin)
        return {"x": points.tolist(), "y": [normal.inv_cdf(p) for p in middle]}

    return {
        "step": "quantile",
        "operation": "interpolate",
        **_fit_single(features, transform, config, fit_one),
    }


def _moments(
    features: Float32, transform: Transform, names: Sequence[str]
) -> tuple[Float64, Float64]:
    """Return mean (k,) and covariance (k, k) of imputed columns, in two passes."""

    def blocks() -> Iterator[Float64]:
        for _, block in _blocks(features):
            columns = _evaluate(transform, block, names)
            yield np.array([columns[name] for name in names])

    mean = np.zeros(len(names))
    for values in blocks():
        mean += values.sum(axis=1) / len(features)
    covariance = np.zeros((len(names), len(names)))
    for values in blocks():
        centred = values - mean[:, None]
        covariance += centred @ centred.T
    return mean, covariance / max(len(features) - 1, 1)


def _eigen(covariance: Float64) -> tuple[Float64, Float64]:
    """Return eigenvalues, falling, and eigenvectors as columns, their largest entry positive."""
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    return values, vectors * np.sign(vectors[largest, np.arange(len(values))])


def _check_independent(covariance: Float64, kept: int, config: Mapping[str, Any]) -> None:
    """Raise ConfigError naming the features that are linear combinations of each other."""
    width = np.sqrt(np.diag(covariance))
    if not width.all():
        name = config["features"][int(width.argmin())]
        raise ConfigError(
            f"config key `{config['key']}`: {name!r} is constant before the step {config['step']}. "
            "Drop it from `columns.features`."
        )
    values, vectors = _eigen(covariance / np.outer(width, width))
    dependent = int((values < _SMALLEST_EIGENVALUE).sum())
    if kept > len(values) - dependent:
        share = np.abs(vectors[:, -1])
        names = [n for n, s in zip(config["features"], share, strict=True) if s > 0.1 * share.max()]
        mend = "leave one of them out"
        if config["step"] == "pca":
            mend += f", or set `components` to {len(values) - dependent} or less"
        raise ConfigError(
            f"config key `{config['key']}`: {', '.join(names)} depend on each other linearly in "
            f"the training events, {config['step']} cannot give all of them unit variance: {mend}."
        )


def _check_conditioned(values: Float64, config: Mapping[str, Any]) -> None:
    """Raise ConfigError where the features' scales differ beyond double precision."""
    if values[-1] < _SMALLEST_VARIANCE_RATIO * values[0]:
        raise ConfigError(
            f"config key `{config['key']}`: the variances of the features span {values[0]:.1e} to "
            f"{values[-1]:.1e}, too far for {config['step']}. Put the step `standard` before it."
        )


def _fit_decorrelate(
    features: Float32, transform: Transform, config: Mapping[str, Any]
) -> dict[str, Any]:
    """C^(−1/2) (x − mean): unit covariance, as near to the old axes as can be (ZCA, Kessy 2018)."""
    names = list(config["features"])
    mean, covariance = _moments(features, transform, names)
    _check_independent(covariance, len(names), config)
    values, vectors = _eigen(covariance)
    _check_conditioned(values, config)
    matrix = (vectors / np.sqrt(values)) @ vectors.T
    return _matrix_step("decorrelate", names, names, mean, matrix)


def _fit_pca(features: Float32, transform: Transform, config: Mapping[str, Any]) -> dict[str, Any]:
    """Projections on the leading principal axes, each divided by its standard deviation."""
    names = list(config["features"])
    kept = _components(config)
    mean, covariance = _moments(features, transform, names)
    _check_independent(covariance, kept, config)
    values, vectors = _eigen(covariance)
    _check_conditioned(values[:kept], config)
    matrix = (vectors[:, :kept] / np.sqrt(values[:kept])).T
    earlier = sum(len(s["outputs"]) for s in transform["steps"] if s["step"] == "pca")
    outputs = [f"pca_{earlier + i + 1}" for i in range(kept)]
    return _matrix_step("pca", names, outputs, mean, matrix)


def _matrix_step(
    name: str, features: list[str], outputs: list[str], centre: Float64, matrix: Float64
) -> dict[str, Any]:
    """Describe a joint step."""
    return {
        "step": name,
        "operation": "matrix",
        "features": features,
        "outputs": outputs,
        "centre": centre.tolist(),
        "matrix": matrix.tolist(),
    }


_FITTERS: Mapping[str, Callable[[Float32, Transform, Mapping[str, Any]], dict[str, Any]]] = {
    "log": _fit_log,
    "minmax": _linear_fitter("minmax", _minmax),
    "standard": _linear_fitter("standard", _standard),
    "robust": _linear_fitter("robust", _robust),
    "quantile": _fit_quantile,
    "decorrelate": _fit_decorrelate,
    "pca": _fit_pca,
}
