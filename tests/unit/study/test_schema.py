"""The schema against the code, and every key of it with values that it must not have."""

import ast
import datetime
import math
from copy import deepcopy
from pathlib import Path

import keras
import pytest

import sections
from sections import TRAINING
from winnow import columns
from winnow.errors import ConfigError
from winnow.simulation import samples
from winnow.statistics.significance import DEFINITIONS
from winnow.study.checks import SCANNABLE
from winnow.study.schema import load_schema, resolve, schema_faults
from winnow.study.sections import complete
from winnow.training import baselines, schedules
from winnow.training.optimizers import make_optimizer

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
LIBRARY = ROOT / "workflow" / "scripts"
# what only looks at a config reads no key: it makes nothing of it
CHECKING = {
    "checks",
    "headers",
    "image_checks",
    "label_checks",
    "model_checks",
    "name_checks",
    "planning",
    "step_checks",
    "process_checks",
    "sample_checks",
    "transform_checks",
}


def places(schema, place=""):
    """List (place, schema) of every key, `[]` and `.*` for the members of lists and mappings."""
    schema = resolve(schema, SCHEMA)
    for option in schema.get("anyOf", []):
        yield from places(option, place)
    for name, child in schema.get("properties", {}).items():
        own = f"{place}.{name}".removeprefix(".")
        yield own, resolve(child, SCHEMA)
        yield from places(child, own)
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), dict):
            yield f"{place}{mark}", resolve(schema[key], SCHEMA)
            yield from places(schema[key], f"{place}{mark}")


PLACES = list(dict(places(SCHEMA)).items())
BY_PLACE = dict(PLACES)


def literals(paths):
    """Return the texts that Python files hold, docstrings aside, and the names of fields."""
    found = set()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in told:
                found.add(node.value)
            elif isinstance(node, ast.keyword | ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


CODE = literals(p for p in LIBRARY.rglob("*.py") if p.stem not in CHECKING)
RULES = "".join(p.read_text() for p in [*(ROOT / "workflow" / "rules").glob("*.smk")])


# Schema and code ---------------------------------------------------------------------------------

TABLES = {
    "baselines[]": baselines.KINDS,
    "fom.definition": DEFINITIONS,
    "input.files[].sample": columns.SAMPLES,
    "simulate.columns": samples.COLUMNS,
    "training.schedule.kind": schedules.SHAPES,
}


@pytest.mark.parametrize("place", TABLES)
def test_what_the_schema_allows_is_what_the_code_has(place):
    options = [BY_PLACE[place], *BY_PLACE[place].get("anyOf", [])]
    (allowed,) = [o["enum"] for o in (resolve(o, SCHEMA) for o in options) if "enum" in o]
    assert set(allowed) == set(TABLES[place])


def test_samples_of_the_schema_are_those_of_the_code():
    for place in ("split.fractions", "yields.split_factors"):
        assert list(BY_PLACE[place]["properties"]) == list(columns.SAMPLES)
        assert BY_PLACE[place]["required"] == list(columns.SAMPLES)


@pytest.mark.parametrize("name", BY_PLACE["model.activation"]["enum"])
def test_keras_has_the_activation(name):
    assert callable(keras.activations.get(name))


@pytest.mark.parametrize("name", BY_PLACE["model.initializer"]["enum"])
def test_keras_has_the_initializer(name):
    assert callable(keras.initializers.get(name))


def test_every_optimizer_is_one_of_its_own():
    classes = {
        name: type(make_optimizer(sections.first_phase({**TRAINING, "optimizer": name})))
        for name in BY_PLACE["training.optimizer"]["enum"]
    }
    own = keras.optimizers
    assert classes == {"adam": own.Adam, "adamw": own.AdamW, "rmsprop": own.RMSprop, "sgd": own.SGD}


@pytest.mark.parametrize("place", [p for p, schema in PLACES if "enum" in schema])
def test_the_code_knows_every_choice(place):
    unknown = {
        value
        for value in BY_PLACE[place]["enum"]
        # of a choice of two or more, the last is what is left when the others are not meant
        if value not in CODE and value not in DEFINITIONS
    }
    known_by_keras = {
        f"{section}.{key}"
        for section in ("model", "transform")
        for key in ("activation", "initializer")
    }
    named_by_modules = {
        "input.files[].format",
        "apply.files[].format",
        *(f"variations.*.{direction}.files[].format" for direction in ("up", "down")),
        "compare.metrics[]",
        "contest.contestants[]",
    }
    assert place in known_by_keras | named_by_modules or len(unknown) <= 1, unknown


@pytest.mark.parametrize("place", [p for p, _ in PLACES if p[-1] not in "]*"])
def test_every_key_is_read(place):
    name = place.rsplit(".", 1)[-1]
    assert name in CODE or f'"{name}"' in RULES


def test_defaults_in_the_code_are_the_schemas():
    """`get(key, default)` of a key that has a default in the schema gives the same."""
    defaults = {}
    for place, schema in PLACES:
        if "default" in schema:
            defaults.setdefault(place.rsplit(".", 1)[-1], []).append(schema["default"])
    differing = []
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="get"),
                    args=[ast.Constant(value=str(name)), ast.Constant(value=default)],
                ) if name in defaults and default not in defaults[name]:
                    differing.append((path.name, node.lineno, name, default))
    assert differing == []


@pytest.mark.parametrize(
    ("place", "schema"), [(p, schema) for p, schema in PLACES if "default" in schema]
)
def test_a_default_is_valid(full, place, schema):
    full = fitting(full, place)
    if place == "model.pool_after":  # which are of four convolutions
        del full["model"]["filters"]
    if place in ("fom.bins.count", "fom.bins.kind"):  # which edges take the place of
        full["fom"]["bins"] = {}
    if place in ("columns.spectators", "apply.files", "apply.spectators"):
        full["apply"], full["sculpting"] = {}, []  # they name them
    if place == "columns.spectators":  # which calibration's truth is of
        full["calibration"]["truth"] = {}
    if place == "transform.bottleneck":  # without one all else is idle
        del full["transform"]
    if place == "model.function":  # which is one of a file
        Path("own.py").touch()
        full["model"] = {"module": "own.py"}
        del full["contest"]  # whose family is `dense`
    assert complete(with_value(full, place, schema["default"]), SCHEMA)


# Every key with values that it must not have -----------------------------------------------------


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A valid study in which every list and mapping of the schema has a member."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").touch()
    Path("b.csv").touch()
    own = {"process": "k", "generated": 5, "columns": ["x"], "weight": ["w"]}
    for name in ("up", "down"):
        Path(f"{name}.csv").touch()
    return {
        "study": "toy",
        "scan": {"training.epochs": [3]},
        "importance": {"groups": {"k": ["x"]}},
        "simulate": {"columns": "binary", "events": {"k": 5}},
        "input": {
            "files": [{"path": "a.csv", "process": "k", "columns": ["x"], "weight": ["w"]}],
            "missing_values": [-999],
        },
        "columns": {
            "features": [{"name": "x"}, "y"],
            "weight": ["w"],
            "event_id": ["e"],
            "spectators": ["m"],
            "derived": {"k": "x"},
            "lists": {"k": "l_*"},
        },
        "compare": {"metrics": ["accuracy"]},
        "contest": {"contestants": ["winnow"]},
        "selection": {"k": "x > 0"},
        "processes": {"k": {"cross_section": 1.0, "generated": {"column": "g"}}},
        "baselines": ["logistic_regression"],
        "ignore": ["i"],
        "classes": {"k": ["k"], "signal": ["s"]},
        "signal_class": "signal",
        "normalise": {"steps": [{"step": "minmax", "features": ["x"]}]},
        "model": {"layers": [5]},
        "transform": {"bottleneck": 1, "layers": [5], "training": {"phases": [{"epochs": 3}]}},
        "training": {"phases": [{"epochs": 3}]},
        "range_test": {"weight_decays": [0.1]},
        "yields": {"total_yield": {"k": 5.0}},
        "fom": {
            "systematic": {"k": 0.1},
            "signal": ["s"],
            "cuts": {"low": 0, "high": 1, "count": 5},
            "bins": {"edges": [0.0, 1.0]},
        },
        "variations": {
            "k": {name: {"files": [{"path": f"{name}.csv", **own}]} for name in ("up", "down")}
        },
        "apply": {
            "files": [{"path": "b.csv", "columns": ["x"]}],
            "spectators": ["m"],
            "branches": {"status": "k"},
            "draw": ["m"],
        },
        "sculpting": ["m"],
        "export": {"formats": ["onnx"]},
        "plots": {"spectators": {"k": {"unit": "GeV"}}},
        "calibration": {"columns": ["x"], "truth": {"k": "m", "signal": "m"}},
    }


OF_HITS = ("planes", "region", "wire", "x", "charge_unit", "classes")
OF_UNET = ("depth", "width", "order", "down")
OF_CONVOLUTIONAL = ("filters", "kernel", "pool_after")
OF_GAUSSIANS = ("variables", "separation", "correlation", "width", "parts")
WITH_SCORES = (
    *("apply", "sculpting", "export", "calibration", "signal_class", "fom", "importance"),
    *("contest", "transform", "variations"),
)


def fitting(full, place):
    """Return the study, or the like with pictures where a key is of those alone."""
    section, _, name = place.removesuffix("[]").removesuffix(".*").partition(".")
    if section == "optimise":  # which has no place beside a contest, nor for what is scanned
        keys = {"model.dropout": {"low": 0.0, "high": 0.5}}
        own = {key: value for key, value in full.items() if key != "contest"}
        return own | {"optimise": {"keys": keys}}
    if section == "parameter":  # with which no file is scored, and no other program trains
        idle = ("apply", "contest", "transform")
        own = {key: value for key, value in full.items() if key not in idle}
        return own | {"parameter": {"column": "m"}}
    if section == "simulate" and name in OF_GAUSSIANS:
        simulate = {"simulator": "gaussians", "events": {"k": 5}, "parts": [1, 1, 1]}
        return full | {"simulate": simulate}
    of_hits = (section == "images" and name in OF_HITS) or (section == "model" and name in OF_UNET)
    if not of_hits and section != "images" and name not in OF_CONVOLUTIONAL:
        return full
    own = {key: value for key, value in full.items() if key not in WITH_SCORES}
    own |= {"balance": {"scheme": "none"}, "normalise": {"steps": []}}
    own["model"] = {"family": "convolutional", "filters": [8], "pool_after": [1], "layers": [5]}
    own["images"] = {
        "kind": "jets",
        "objects": {"px": "a", "py": "b", "pz": "c"},
        "steps": ["flip"],
    }
    if of_hits:
        own["model"] = {"family": "unet"}
        own["images"] = {
            "kind": "hits",
            "objects": {name: f"hit_{name}" for name in ("plane", "wire", "x", "charge")},
            "wire": [0, 9],
            "x": [0, 9],
            "classes": ["a", "b", "c"],
        }
    own["images"]["pixels"] = [4, 4]
    return own


def steps(place):
    """Return a place as keys and positions: `[]` is the first, `.*` the member `k`."""
    for part in place.replace("[]", ".[]").split("."):
        yield 0 if part == "[]" else "k" if part == "*" else part


def with_value(config, place, value):
    config = deepcopy(config)
    parts = [*steps(place)]
    *parents, leaf = parts
    section = config
    for part, inside in zip(parents, parts[1:], strict=True):
        empty = [] if isinstance(inside, int) else {}
        section = section.setdefault(part, empty) if isinstance(part, str) else section[part]
    if isinstance(leaf, int) and not section:
        section.append(value)
    section[leaf] = value
    return config


def dotted(place):
    return ".".join(map(str, steps(place))).replace(".0", "[0]")


def types(schema):
    schema = resolve(schema, SCHEMA)
    own = schema.get("type", [])
    found = {own} if isinstance(own, str) else set(own)
    return found.union(*(types(option) for option in schema.get("anyOf", [])))


NAMES = (
    *("ignore[]", "classes.*[]", "input.files[].process"),
    *(f"variations.*.{direction}.files[].process" for direction in ("up", "down")),
)


def forbidden(place, schema):
    """List values that a key must not have, whatever its type, and those beyond its bounds."""
    options = [schema, *(resolve(option, SCHEMA) for option in schema.get("anyOf", []))]
    kinds = types(schema)
    values = [None, math.nan, math.inf, -math.inf, [[[]]], {"no such": {"no such": {}}}]
    values += [datetime.date(2016, 1, 1)]
    # a number that stands for a name is one
    values += [] if place in NAMES else [10**400, -(10**400)]
    if place == "input.missing_values[]":
        values.remove(math.nan)
    if "boolean" not in kinds and not {"string"} & kinds:
        values += [True, "no such text"]
    numbers = kinds & {"integer", "number"}
    if numbers == {"integer"}:
        values += [1.5, "1.5", "1e-3", 1e300]
    bounds = [option for option in options if numbers and numbers & types(option)]
    for own in bounds if len(bounds) == 1 or "const" not in schema else []:
        values += [own["minimum"] - 1] if "minimum" in own else []
        values += [own["maximum"] + 1] if "maximum" in own else []
        values += [own["exclusiveMinimum"]] if "exclusiveMinimum" in own else []
        values += [own["exclusiveMaximum"]] if "exclusiveMaximum" in own else []
    for own in options:
        if "enum" in own or own.get("minLength"):
            values += [""]
        values += [[]] if own.get("minItems") else []
        values += [{}] if own.get("minProperties") else []
    return values


# a scan's keys are those of other sections: see below
OF_SCANS = ("scan.", "scan[", "contest.scan.", "contest.scan[", "optimise.keys.")
OWN = [place for place, _ in PLACES if not place.startswith(OF_SCANS)]


@pytest.mark.parametrize("place", OWN)
def test_a_key_with_a_value_that_it_must_not_have_is_named(full, place):
    full = fitting(full, place)
    assert complete(full, SCHEMA)
    for value in forbidden(place, BY_PLACE[place]):
        with pytest.raises(ConfigError) as error:
            complete(with_value(full, place, value), SCHEMA)
        lines = str(error.value).splitlines()
        assert any(dotted(place) in line for line in lines), (value, lines)
        assert all(line.startswith("config key `") for line in lines), (value, lines)
        assert all(len(line) < 800 for line in lines), (value, lines)


SCANNED = [
    (place, schema)
    for place, schema in PLACES
    if place.split(".")[0] in SCANNABLE and not {"object"} & types(schema) and "[" not in place
]


@pytest.mark.parametrize(("place", "schema"), SCANNED)
def test_a_scanned_value_that_a_key_must_not_have_is_named(full, place, schema):
    for value in forbidden(place, schema):
        for scan in ({place: [value]}, [{place: value}], {"zip": {place: [value]}}):
            with pytest.raises(ConfigError) as error:
                complete({**full, "scan": scan}, SCHEMA)
            assert place in str(error.value), (scan, str(error.value))


def test_sentinels_at_the_edge_of_a_type_are_numbers_where_a_float64_holds_them():
    """A NaN that becomes an int64 is -2**63; 2**64 - 1 would be taken for 2**64."""
    schema = {"properties": {"n": {"type": "array", "items": {"type": "number"}}}}
    fine = [-(2**63), 2**53, 2**53 + 2, 4294967295, -32768]
    assert schema_faults({"n": fine}, schema) == []
    for number in (2**53 + 1, 2**63 - 1, 2**64 - 1, 10**400):
        assert schema_faults({"n": [number]}, schema) == [
            "config key `n[0]`: found a whole number beyond 2**53 that a float64 does not hold "
            "exactly, expected a smaller one."
        ]
