"""The JSON schema of the sections whose keys are classes, with what can be chosen in them."""

from typing import Any

from winnow.errors import ConfigError
from winnow.study.choices import (
    CONTESTANTS,
    FAMILIES,
    FORMATS,
    PICTURES,
    SIMULATORS,
    STEPS,
    listed,
    names,
)
from winnow.study.keys.apply import Apply
from winnow.study.keys.balance import Balance
from winnow.study.keys.calibration import Calibration
from winnow.study.keys.compare import Compare
from winnow.study.keys.contest import Contest
from winnow.study.keys.export import Export
from winnow.study.keys.fom import Fom
from winnow.study.keys.hardware import Hardware
from winnow.study.keys.images import Images, image_keys
from winnow.study.keys.importance import Importance
from winnow.study.keys.model import Model, family_keys
from winnow.study.keys.normalise import Normalise, Step, step_keys
from winnow.study.keys.optimise import Optimise
from winnow.study.keys.parameter import Parameter
from winnow.study.keys.plots import Plots
from winnow.study.keys.range_test import RangeTest
from winnow.study.keys.simulate import Simulate, simulator_keys
from winnow.study.keys.split import Split
from winnow.study.keys.training import Training
from winnow.study.keys.transform import Transform
from winnow.study.keys.yields import Yields
from winnow.study.typed import object_schema


def section_schemas() -> dict[str, dict[str, Any]]:
    """Return section → JSON schema; of families and steps it has the keys of all."""
    return {
        "normalise": _normalise(),
        "balance": object_schema(Balance),
        "transform": object_schema(Transform),
        "model": _model(),
        "training": object_schema(Training),
        "range_test": object_schema(RangeTest),
        "importance": object_schema(Importance),
        "split": object_schema(Split),
        "yields": object_schema(Yields),
        "fom": object_schema(Fom),
        "apply": object_schema(Apply),
        "compare": object_schema(Compare),
        "calibration": _calibration(),
        "parameter": object_schema(Parameter),
        "export": object_schema(Export),
        "plots": object_schema(Plots),
        "hardware": object_schema(Hardware),
    }


def file_formats() -> dict[str, Any]:
    """Return what may be the `format` of an input file."""
    return {"enum": list(names(FORMATS))}


def simulator_properties() -> dict[str, Any]:
    """Return what may stand in `simulate` beside how much is simulated."""
    schema = object_schema(Simulate)
    _add_keys(schema, [simulator_keys(name) for name in names(SIMULATORS)])
    _offer(schema, "simulator", SIMULATORS)
    found: dict[str, Any] = schema["properties"]
    return found


def contest_properties() -> dict[str, Any]:
    """Return what may stand in `contest` beside what is varied."""
    found: dict[str, Any] = object_schema(Contest)["properties"]
    own = found["contestants"]
    own["items"] = {"enum": list(names(CONTESTANTS))}
    own["description"] += f" {listed(CONTESTANTS)}."
    return found


def optimise_properties() -> dict[str, Any]:
    """Return what may stand in `optimise` beside what is searched."""
    found: dict[str, Any] = object_schema(Optimise)["properties"]
    return found


def image_properties() -> dict[str, Any]:
    """Return what may stand in `images`."""
    schema = object_schema(Images)
    _add_keys(schema, [image_keys(name) for name in names(PICTURES)])
    _offer(schema, "kind", PICTURES)
    found: dict[str, Any] = schema["properties"]
    del found["objects"]["default"]
    found["classes"]["items"] = {"$ref": "#/$defs/name"}
    found["objects"]["additionalProperties"] = {"$ref": "#/$defs/column"}
    return found


def _calibration() -> dict[str, Any]:
    schema = object_schema(Calibration)
    schema["properties"]["truth"]["propertyNames"] = {"$ref": "#/$defs/name"}
    return schema


def _model() -> dict[str, Any]:
    schema = object_schema(Model)
    _add_keys(schema, [family_keys(name) for name in names(FAMILIES)])
    _offer(schema, "family", FAMILIES)
    return schema


def _offer(schema: dict[str, Any], key: str, package: str) -> None:
    """Let a key of a schema be the name of one of a package's modules."""
    own = schema["properties"][key]
    schema["properties"][key] = {
        "enum": list(names(package)),
        "default": own["default"],
        "description": f"{own['description']} {listed(package)}.",
    }


def _normalise() -> dict[str, Any]:
    schema, step = object_schema(Normalise), object_schema(Step)
    _add_keys(step, [step_keys(name) for name in names(STEPS)])
    choices = {"enum": list(names(STEPS))}
    step["properties"]["step"] = {
        **choices,
        "description": step["properties"]["step"]["description"],
    }
    steps = schema["properties"]["steps"]
    steps["items"] = {"anyOf": [choices, step]}
    steps["description"] += f" {listed(STEPS)}."
    return schema


def _add_keys(schema: dict[str, Any], sections: list[type]) -> None:
    """Add the keys of several sections to a schema; a key of one name is one key.

    Raises:
        ConfigError: a class is none that keys can be read from, or two say different things of one.
    """
    for section in sections:
        try:
            properties = object_schema(section)["properties"]
        except (TypeError, KeyError, SyntaxError) as error:
            raise ConfigError(
                f"{section.__module__}: its `Keys` cannot be read ({type(error).__name__}: "
                f"{error}). Make it a frozen dataclass whose fields are numbers, texts, booleans, "
                "literals, tuples or such classes, on a class of winnow.study.keys."
            ) from error
        for key, own in properties.items():
            known = schema["properties"].setdefault(key, own)
            if known != own:
                differing = [k for k in {**known, **own} if known.get(k) != own.get(k)]
                raise ConfigError(
                    f"{section.__module__}: the key {key!r} is another one elsewhere "
                    f"({', '.join(differing)}: {[own.get(k) for k in differing]}, elsewhere "
                    f"{[known.get(k) for k in differing]}). Give it another name, or say the same."
                )
