"""The config: schema, defaults, the checks a schema cannot make, and its key table."""

import difflib
import glob
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from winnow.columns import CANONICAL, SAMPLES, SCORE_PREFIX
from winnow.errors import ConfigError
from winnow.expressions import parse

Config = dict[str, Any]

_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")

SCANNABLE = ("model", "training", "balance", "normalise")

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".csv.gz": "csv",
    ".txt.gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".root": "root",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
}


def load_schema(path: str | Path) -> Config:
    """Read the JSON schema of the config, written as YAML."""
    schema: Config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return schema


def complete(config: Mapping[str, Any], schema: Config) -> Config:
    """Check a config against the schema and beyond it, and fill in the defaults.

    Args:
        config: the config as read from YAML.
        schema: the JSON schema.

    Returns:
        A new config in which every key that has a default is set, each feature is a mapping with
        `name`, `unit` and `label`, and each input file is a mapping of its own.

    Raises:
        ConfigError: one line for each fault, naming the key, what was found and what is right.
    """
    config = _with_numbers(dict(config))
    _raise(_schema_faults(config, schema))
    full = _with_defaults(deepcopy(config), schema, schema)
    full["columns"]["features"] = [
        {"unit": "", "label": feature["name"], **feature}
        if isinstance(feature, dict)
        else {"name": feature, "unit": "", "label": feature}
        for feature in full["columns"]["features"]
    ]
    _raise(list(_semantic_faults(full)))
    return full


def _with_numbers(value: Any) -> Any:
    # YAML 1.1 reads 1e-4, without a point, as text
    if isinstance(value, dict):
        return {name: _with_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    return value


def _raise(faults: list[str]) -> None:
    if faults:
        raise ConfigError("\n".join(faults))


def _resolve(schema: Config, root: Config) -> Config:
    if "$ref" not in schema:
        return schema
    target: Any = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def _with_defaults(value: Any, schema: Config, root: Config) -> Any:
    schema = _resolve(schema, root)
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            child = _resolve(child, root)
            if name not in value and "default" in child:
                value[name] = deepcopy(child["default"])
            if name in value:
                value[name] = _with_defaults(value[name], child, root)
    elif isinstance(value, list) and "items" in schema:
        items = _resolve(schema["items"], root)
        objects = [o for o in items.get("anyOf", [items]) if o.get("type") == "object"]
        for child in objects:
            value = [_with_defaults(v, child, root) if isinstance(v, dict) else v for v in value]
    return value


def _dotted(parts: Iterator[Any] | list[Any]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _closest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known))}."


_EXPECTED = {
    "type": "a value of type {}",
    "enum": "one of {}",
    "minimum": "a number of at least {}",
    "maximum": "a number of at most {}",
    "exclusiveMinimum": "a number above {}",
    "exclusiveMaximum": "a number below {}",
    "pattern": "a name of letters, digits, `_`, `.` and `-`",
    "minItems": "at least {} entry",
    "minLength": "a text that is not empty",
    "minProperties": "at least {} entries",
    "uniqueItems": "entries that differ",
    "const": "{}",
}


def _expectation(error: jsonschema.ValidationError) -> str:
    if error.validator == "anyOf":
        return " or ".join(dict.fromkeys(_expectation(e) for e in error.context or []))
    limit = error.validator_value
    text = ", ".join(map(str, limit)) if isinstance(limit, list) else str(limit)
    return _EXPECTED.get(str(error.validator), str(error.message)).format(text)


def _describe(error: jsonschema.ValidationError) -> list[str]:
    key = _dotted(list(error.absolute_path))
    schema = error.schema if isinstance(error.schema, dict) else {}
    instance: Any = error.instance
    if error.validator == "anyOf" and error.context:
        # where only one alternative is of the right type, its own complaint is the useful one
        fitting = [e for e in error.context if e.validator != "type" or len(e.relative_path) > 0]
        if fitting and isinstance(instance, dict):
            return _describe(fitting[0])
    if error.validator == "additionalProperties" and schema.get("additionalProperties") is False:
        known = list(schema.get("properties", {}))
        return [
            f"config key `{_dotted([*error.absolute_path, name])}`: unknown; {_closest(name, known)}"
            for name in instance
            if name not in known
        ]
    if error.validator == "required":
        missing = [name for name in schema["required"] if name not in instance]
        return [
            f"config key `{_dotted([*error.absolute_path, name])}`: missing, but required."
            for name in missing
        ]
    description = schema.get("description")
    hint = f" {description}" if description else ""
    return [f"config key `{key}`: found {_show(instance)}, expected {_expectation(error)}.{hint}"]


def _schema_faults(config: Mapping[str, Any], schema: Config) -> list[str]:
    errors = jsonschema.Draft202012Validator(schema).iter_errors(config)
    faults: list[str] = []
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        faults.extend(_describe(error))
    return list(dict.fromkeys(faults))


def _semantic_faults(config: Config) -> Iterator[str]:
    yield from _class_faults(config)
    yield from _column_faults(config)
    yield from _sample_faults(config)
    yield from _method_faults(config)
    yield from _scan_faults(config)
    yield from _file_faults(config)


def _class_faults(config: Config) -> Iterator[str]:
    classes: Mapping[str, list[str]] = config["classes"]
    of_files = {file["class"] for file in config["input"]["files"] if "class" in file}
    for name, processes in classes.items():
        if not processes and name not in of_files:
            yield (
                f"config key `classes.{name}`: no process belongs to this class; list its "
                f"processes, or give an input file `class: {name}`."
            )
    for index, file in enumerate(config["input"]["files"]):
        if "class" in file and file["class"] not in classes:
            yield (
                f"config key `input.files[{index}].class`: found {file['class']!r}, expected one "
                f"of the classes {', '.join(classes)}."
            )
        if "process" not in file and "process" not in config["columns"]:
            yield (
                f"config key `input.files[{index}].process`: missing; name the process of the "
                "file's events, or the column that holds it in `columns.process`."
            )
    signal = config.get("signal_class")
    if signal is not None and signal not in classes:
        yield (
            f"config key `signal_class`: found {signal!r}, expected one of the classes "
            f"{', '.join(classes)}."
        )
    for name in generator_columns(config):
        if any("process" not in file for file in config["input"]["files"]):
            yield (
                f"config key `processes.{name}.generated.column`: needs every input file to name its "
                "`process`, so that the sum is over whole files; give the number itself instead."
            )
    for name in config["yields"]["total_yield"]:
        if name not in classes:
            yield (
                f"config key `yields.total_yield.{name}`: no such class; expected one of "
                f"{', '.join(classes)}."
            )


def _column_faults(config: Config) -> Iterator[str]:
    columns = config["columns"]
    features = [feature["name"] for feature in columns["features"]]
    for name in sorted({name for name in features if features.count(name) > 1}):
        yield f"config key `columns.features`: `{name}` is listed twice; list it once."
    forbidden = {
        **dict.fromkeys(columns["spectators"], "columns.spectators"),
        **dict.fromkeys(columns["weight"], "columns.weight"),
        **dict.fromkeys(columns["event_id"], "columns.event_id"),
        **({columns["process"]: "columns.process"} if "process" in columns else {}),
    }
    for name in features:
        if name in forbidden:
            yield (
                f"config key `columns.features`: `{name}` stands in `{forbidden[name]}` too; a "
                "network must not see it, so remove it from one of the two."
            )
    spectators: list[str] = columns["spectators"]
    for name in sorted({name for name in spectators if spectators.count(name) > 1}):
        yield f"config key `columns.spectators`: `{name}` is listed twice; list it once."
    for key, names in (("features", features), ("spectators", spectators)):
        for name in names:
            if name in CANONICAL or name.startswith(SCORE_PREFIX):
                yield (
                    f"config key `columns.{key}`: `{name}` is a name of winnow's own event table; "
                    f"give the column another one with `columns.derived` (`my_{name}: {name}`)."
                )
    for name, text in columns["derived"].items():
        yield from _expression_faults(f"columns.derived.{name}", text)
    for name, text in config["selection"].items():
        yield from _expression_faults(f"selection.{name}", text)


def _expression_faults(key: str, text: str) -> Iterator[str]:
    try:
        parse(text)
    except ConfigError as error:
        yield f"config key `{key}`: {error}"


def _sample_faults(config: Config) -> Iterator[str]:
    fractions = config["split"]["fractions"]
    total = sum(fractions.values())
    if not math.isclose(total, 1, abs_tol=1e-9):
        yield (
            f"config key `split.fractions`: they add up to {total:g}, expected 1 "
            f"({', '.join(f'{name} {value:g}' for name, value in fractions.items())})."
        )
    given = [file.get("sample") for file in config["input"]["files"]]
    factors = "split_factors" in config["yields"]
    if any(given):
        if not all(given):
            yield (
                f"config key `input.files[{given.index(None)}].sample`: missing, while other files "
                "name their sample; give it for all files or for none."
            )
        for sample in SAMPLES:
            if sample not in given:
                yield (
                    f"config key `input.files`: no file has `sample: {sample}`; an input that is "
                    "split already needs all three samples."
                )
        if not factors:
            yield (
                "config key `yields.split_factors`: missing; inputs that are split already need "
                "the factor by which each sample's weights are multiplied "
                "(`{train: 4, validation: 4, test: 2}` for 25/25/50 %)."
            )
    elif factors:
        yield (
            "config key `yields.split_factors`: given, but no input file names its `sample`; the "
            "factors then follow from `split.fractions`, so remove it."
        )


def _method_faults(config: Config) -> Iterator[str]:
    classes, signal = config["classes"], config.get("signal_class")
    scheme, output = config["balance"]["scheme"], config["model"]["output"]
    if scheme in ("sum", "sqrt") and signal is None:
        yield (
            f"config key `balance.scheme`: `{scheme}` needs a `signal_class`; name it, or use "
            "`equal` or `none`."
        )
    if output == "sigmoid" and len(classes) != 2:
        yield (
            f"config key `model.output`: `sigmoid` is for two classes, found {len(classes)}; use "
            "`softmax` or `auto`."
        )
    features = [feature["name"] for feature in config["columns"]["features"]]
    for index, step in enumerate(config["normalise"]["steps"]):
        for name in step.get("features", []) if isinstance(step, dict) else []:
            if name not in features:
                yield (
                    f"config key `normalise.steps[{index}].features`: `{name}` is no feature; "
                    f"{_closest(name, features)}"
                )


def _scan_faults(config: Config) -> Iterator[str]:
    known = [f"{top}.{leaf}" for top in SCANNABLE for leaf in _leaves(config[top])]
    for name in config["scan"]:
        if name not in known:
            yield (
                f"config key `scan.{name}`: there is no key `{name}` to scan; "
                f"{_closest(name, known)}"
            )


def _leaves(section: Mapping[str, Any]) -> Iterator[str]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from (f"{name}.{leaf}" for leaf in _leaves(value))
        else:
            yield name


def _file_faults(config: Config) -> Iterator[str]:
    for index, file in enumerate(config["input"]["files"]):
        key = f"config key `input.files[{index}].path`"
        paths = _matches(file["path"])
        if not paths:
            yield (
                f"{key}: no file matches {file['path']!r}; paths are relative to "
                "the folder in which snakemake runs."
            )
        if "format" not in file and any(_format(path) is None for path in paths):
            yield (
                f"{key}: the ending of {file['path']!r} tells no format; set "
                f"`input.files[{index}].format` to csv, parquet, root or hdf5."
            )


def _matches(pattern: str) -> list[str]:
    if glob.has_magic(pattern):
        return sorted(glob.glob(pattern, recursive=True))
    return [pattern] if Path(pattern).exists() else []


def _format(path: str) -> str | None:
    name = Path(path).name.lower()
    return next(
        (FORMATS[end] for end in sorted(FORMATS, key=len, reverse=True) if name.endswith(end)), None
    )


def input_files(config: Config) -> dict[str, dict[str, Any]]:
    """List a complete config's input files.

    Returns:
        Source name → the arguments of `winnow.readers.InputFile`, sorted by source name. A source
        is named after its file; where two files share a name, after as much of their folders as
        tells them apart.

    Raises:
        ConfigError: a file is listed twice.
    """
    entries = [
        (Path(path), file) for file in config["input"]["files"] for path in _matches(file["path"])
    ]
    resolved = [path.resolve() for path, _ in entries]
    for path in resolved:
        if resolved.count(path) > 1:
            raise ConfigError(f"config key `input.files`: {path} is listed twice; list it once.")
    files = {}
    for (path, file), source in zip(entries, _source_names(resolved), strict=True):
        files[source] = {
            "source": source,
            "path": str(path),
            "format": file.get("format") or _format(str(path)),
            "tree": file.get("tree"),
            "key": file.get("key"),
            "columns": file.get("columns"),
            "process": file.get("process"),
            "class_name": file.get("class"),
            "sample": file.get("sample"),
            "luminosity": file.get("luminosity"),
        }
    return dict(sorted(files.items()))


def _source_names(paths: list[Path]) -> list[str]:
    def name(path: Path, depth: int) -> str:
        stem = path.name
        for end in sorted(FORMATS, key=len, reverse=True):
            stem = stem[: -len(end)] if stem.lower().endswith(end) else stem
        text = "-".join([*path.parts[max(1, len(path.parts) - depth) : -1], stem])
        return "".join(c if c.isalnum() or c in "_.-" else "_" for c in text)

    names = []
    for path in paths:
        depth = 1
        while (
            depth < len(path.parts) and [name(p, depth) for p in paths].count(name(path, depth)) > 1
        ):
            depth += 1
        names.append(name(path, depth))
    return names


def ingest_settings(config: Config) -> dict[str, Any]:
    """Return what ingest depends on, as the rule's parameter."""
    columns = config["columns"]
    own_luminosity = any("luminosity" in file for file in config["input"]["files"])
    return {
        "features": [feature["name"] for feature in columns["features"]],
        "spectators": columns["spectators"],
        "weight": columns["weight"],
        "event_id": columns["event_id"],
        "process_column": columns.get("process"),
        "derived": columns["derived"],
        "selection": config["selection"],
        "missing_values": [v for v in config["input"]["missing_values"] if v != "nan"],
        "nan_is_missing": "nan" in config["input"]["missing_values"],
        "on_defect": config["input"]["on_defect"],
        "classes": config["classes"],
        "processes": config["processes"],
        # only then does it enter the weights, and only then must a change rerun ingest
        "luminosity": config["yields"]["luminosity"] if own_luminosity else 1.0,
    }


def generator_columns(config: Config) -> dict[str, str]:
    """Return process → generator-weight column, for processes whose `generated` is a sum."""
    return {
        name: process["generated"]["column"]
        for name, process in config["processes"].items()
        if isinstance(process["generated"], dict)
    }


def yield_settings(config: Config) -> dict[str, Any]:
    """Return what yields depend on, as a rule's parameter: arguments of `YieldSettings`."""
    yields = config["yields"]
    return {
        "class_names": list(config["classes"]),
        "signal": config.get("signal_class"),
        "luminosity": yields["luminosity"],
        "fractions": config["split"]["fractions"],
        "split_factors": yields.get("split_factors"),
        "total_yield": yields["total_yield"],
        "signal_cross_section": yields.get("signal_cross_section"),
    }


def pattern(names: Iterable[str]) -> str:
    """Return the regular expression that matches just these names, for a wildcard constraint."""
    return "|".join(re.escape(name) for name in names)


def key_table(schema: Config) -> str:
    """Return the Markdown table of every config key, made from the schema."""
    rows = ["| key | type | default | unit | what it is |", "|---|---|---|---|---|"]
    rows.extend(_rows(schema, "", schema, set(schema["required"])))
    return "\n".join(rows) + "\n"


def _rows(schema: Config, prefix: str, root: Config, required: set[str]) -> Iterator[str]:
    for name, child in schema.get("properties", {}).items():
        child = _resolve(child, root)
        key = f"{prefix}{name}"
        kind = _kind(child, root).replace("|", "\\|")
        default = "**required**" if name in required else _default(child)
        description = " ".join(child.get("description", "").split())
        yield f"| `{key}` | {kind} | {default} | {child.get('unit', '')} | {description} |"
        yield from _rows(child, f"{key}.", root, set(child.get("required", [])))
        for below, mark in ((child.get("items"), "[]"), (child.get("additionalProperties"), ".*")):
            if isinstance(below, dict):
                below = _resolve(below, root)
                for option in below.get("anyOf", [below]):
                    yield from _rows(option, f"{key}{mark}.", root, set(option.get("required", [])))


def _default(schema: Config) -> str:
    if "default" not in schema or (schema["default"] == {} and "properties" in schema):
        return ""
    value = schema["default"]
    return (
        "`''`"
        if value == ""
        else f"`{yaml.safe_dump(value, default_flow_style=True).split(chr(10))[0]}`"
    )


def _kind(schema: Config, root: Config) -> str:
    schema = _resolve(schema, root)
    if "anyOf" in schema:
        return " or ".join(_kind(option, root) for option in schema["anyOf"])
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"]).replace("\\|", "|")
    if "const" in schema:
        return f"`{schema['const']}`"
    names = {"object": "mapping", "array": "list", "string": "text", "boolean": "true or false"}
    kind = names.get(schema["type"], schema["type"])
    return f"{kind} of {_kind(schema['items'], root)}" if "items" in schema else kind
