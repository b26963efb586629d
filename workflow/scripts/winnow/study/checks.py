"""What a schema cannot say about a config: names that must exist, differ, or add up."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from winnow.errors import ConfigError
from winnow.remote import is_remote, remote_fault
from winnow.study.applied import applied_faults
from winnow.study.calibration_checks import calibration_faults
from winnow.study.choices import FAMILIES, FORMATS, SIMULATORS, foreign_keys, literal, names
from winnow.study.contest import contest_faults
from winnow.study.decorrelation_checks import decorrelation_faults
from winnow.study.expressions import parse
from winnow.study.files import file_format, matches
from winnow.study.image_checks import given_image_faults, image_faults
from winnow.study.keys.model import Model
from winnow.study.keys.simulate import Simulate, simulator_key_names
from winnow.study.keys.training import Training, phases
from winnow.study.model_checks import family_faults, model_faults, model_keys
from winnow.study.name_checks import name_faults
from winnow.study.parameter_checks import SCANNABLE_KEY, SECTION, parameter_faults
from winnow.study.process_checks import class_faults, fits_any, process_faults, shadow_faults
from winnow.study.sample_checks import sample_faults
from winnow.study.scan import assignments
from winnow.study.schema import Config, closest
from winnow.study.search_checks import search_faults
from winnow.study.simulation_plan import simulated_files
from winnow.study.step_checks import step_faults
from winnow.study.transform_checks import given_transform_faults, transform_faults
from winnow.study.typed import made
from winnow.study.variation_checks import variation_faults
from winnow.study.variations import listed

_IN_BRACES = re.compile(r"\{\s*[.\w]+\s*(,.*)?\}")

SCANNABLE = ("model", "training", "transform", "balance", "normalise", "images", SECTION)


def semantic_faults(config: Config) -> Iterator[str]:
    """List what is wrong with a config beyond its schema, one line a fault."""
    yield from class_faults(config)
    yield from shadow_faults(config)
    yield from _idle_faults(config)
    yield from process_faults(config)
    yield from _column_faults(config)
    yield from name_faults(config)
    yield from sample_faults(config)
    yield from method_faults(config)
    yield from calibration_faults(config)
    yield from _export_faults(config)
    yield from _range_test_faults(config)
    yield from _fom_faults(config)
    yield from _scan_faults(config, config["scan"], "scan")
    if "contest" in config:
        yield from _scan_faults(config, config["contest"]["scan"], "contest.scan")
    yield from contest_faults(config)
    if "optimise" in config:
        keys = config["optimise"]["keys"]
        yield from _scan_faults(config, [dict.fromkeys(keys)], "optimise.keys")
        yield from search_faults(config)
    yield from _file_faults(config)
    yield from applied_faults(config)
    yield from _sculpting_faults(config)
    yield from variation_faults(config)


def method_faults(config: Config) -> Iterator[str]:
    """List what is wrong with how events are prepared and networks trained, one line a fault."""
    yield from _preparation_faults(config)
    for key, section in (
        ("training", config["training"]),
        ("transform.training", config["transform"]["training"]),
    ):
        yield from _schedule_faults(key, made(Training, section))
    yield from decorrelation_faults(config)
    yield from parameter_faults(config)
    yield from transform_faults(config)


def given_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """List keys that another one overrides, of a config without its defaults."""
    bins = config.get("fom", {}).get("bins", {})
    for name in ("count", "kind"):
        if "edges" in bins and name in bins:
            yield (
                f"config key `fom.bins.{name}`: does nothing beside `fom.bins.edges`; remove one "
                "of the two."
            )
    yield from given_image_faults(config)
    yield from given_transform_faults(config)
    given = config.get("model", {})
    yield from family_faults(given.get("family", Model.family), given)
    simulated = config.get("simulate", {})
    simulator = simulated.get("simulator", Simulate.simulator)
    for name, owners in foreign_keys(SIMULATORS, simulator, simulated, simulator_key_names):
        yield (
            f"config key `simulate.{name}`: goes with the simulator {owners}, found "
            f"`{simulator}`; remove it."
        )


def _idle_faults(config: Config) -> Iterator[str]:
    """List keys that would do nothing, or count twice."""
    columns, made = config["columns"], simulated_files(config)
    lists = {"columns.weight": columns["weight"], "columns.event_id": columns["event_id"]}
    for place, file in _listed_files(config).items():
        lists[f"{place}.weight"] = file.get("weight", [])
        formats = {file["format"]} if "format" in file else set[str]()
        for path in matches(file["path"], made) if "format" not in file else ():
            # a path whose ending tells no format is told of elsewhere
            with suppress(ValueError):
                formats.add(file_format(path))
        for name, own in _format_keys().items():
            if name in file and formats and not formats & set(own):
                yield (
                    f"config key `{place}.{name}`: does nothing in files of the "
                    f"format {', '.join(sorted(formats))}, only of {' or '.join(own)}; remove it."
                )
    for key, own in lists.items():
        for name in sorted({name for name in own if own.count(name) > 1}):
            yield f"config key `{key}`: `{name}` is listed twice; list it once."
    of_file = dict.fromkeys(columns["event_id"], "columns.event_id")
    if "process" in columns:
        of_file[columns["process"]] = "columns.process"
    for name in columns["derived"]:
        if name in of_file:
            yield (
                f"config key `columns.derived.{name}`: `{of_file[name]}` takes the file's own "
                "column of that name; choose another name."
            )


def _format_keys() -> dict[str, list[str]]:
    """Return key of an input file → the formats that it means something to."""
    found: dict[str, list[str]] = {}
    for format_name in names(FORMATS):
        for key in literal(FORMATS, format_name, "KEYS"):
            found.setdefault(key, []).append(format_name)
    return found


def _column_faults(config: Config) -> Iterator[str]:
    columns = config["columns"]
    features = [feature["name"] for feature in columns["features"]]
    for name in sorted({name for name in features if features.count(name) > 1}):
        yield f"config key `columns.features`: `{name}` is listed twice; list it once."
    forbidden = {
        **dict.fromkeys(columns["spectators"], "columns.spectators"),
        **{
            name: f"input.files[{index}].weight"
            for index, file in enumerate(config["input"]["files"])
            for name in file.get("weight", [])
        },
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
    for name, text in columns["derived"].items():
        yield from _expression_faults(f"columns.derived.{name}", text)
    for name, text in config["selection"].items():
        yield from _expression_faults(f"selection.{name}", text)


def _expression_faults(key: str, text: str) -> Iterator[str]:
    try:
        parse(text)
    except ConfigError as error:
        yield f"config key `{key}`: {error}"


def _preparation_faults(config: Config) -> Iterator[str]:
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
    yield from model_faults(config)
    yield from image_faults(config)
    yield from step_faults(config)


def _schedule_faults(section: str, training: Training) -> Iterator[str]:
    for index, phase in enumerate(phases(training)):
        key = f"{section}.phases[{index}]" if training.phases else section
        schedule = phase.schedule
        if schedule.kind != "constant" and phase.decay > 0:
            yield (
                f"config key `{key}.decay`: goes with the `constant` schedule alone, found "
                f"`{schedule.kind}`; set one of the two."
            )
        if phase.average_from >= phase.epochs:
            yield (
                f"config key `{key}.average_from`: found {phase.average_from}, expected less than "
                f"`epochs`, which is {phase.epochs}: there is no epoch left to average."
            )
        if schedule.kind == "one_cycle":
            if schedule.momentum_high < schedule.momentum_low:
                yield (
                    f"config key `{key}.schedule.momentum_high`: found {schedule.momentum_high:g}, "
                    f"expected at least `momentum_low`, which is {schedule.momentum_low:g}."
                )
            if phase.optimizer == "rmsprop":
                yield (
                    f"config key `{key}.schedule.kind`: `one_cycle` moves the momentum, which it "
                    "cannot for `rmsprop`; use adam, adamw or sgd."
                )
            if schedule.rise + schedule.annihilate >= 1:
                yield (
                    f"config key `{key}.schedule.rise`: with `annihilate` it leaves no steps to "
                    "fall in; together they must be below 1."
                )


def _export_faults(config: Config) -> Iterator[str]:
    for name in ("scores", "fom_table", "workspace"):
        if config["export"][name] and "signal_class" not in config:
            yield (
                f"config key `export.{name}`: needs a `signal_class`, whose score it writes; name "
                "it, or leave the export out."
            )


def _sculpting_faults(config: Config) -> Iterator[str]:
    if config["sculpting"] and "signal_class" not in config:
        yield (
            "config key `sculpting`: needs a `signal_class`, whose score makes the slices; name "
            "it, or leave the key out."
        )
    for name in config["sculpting"]:
        if name not in config["columns"]["spectators"]:
            yield (
                f"config key `sculpting`: {name!r} is none of `columns.spectators`; list it there, "
                "so that it travels with the scores."
            )


def _range_test_faults(config: Config) -> Iterator[str]:
    own = config["range_test"]
    if own["stop"] <= own["start"]:
        yield (
            f"config key `range_test.stop`: found {own['stop']:g}, expected above "
            f"`range_test.start`, which is {own['start']:g}."
        )


def _fom_faults(config: Config) -> Iterator[str]:
    own, classes, signal = config["fom"], config["classes"], config.get("signal_class")
    # The processes of a file that names its class are known when it is read.
    open_classes = {file["class"] for file in config["input"]["files"] if "class" in file}
    backgrounds = {name: found for name, found in classes.items() if name != signal}
    given = own["systematic"] if isinstance(own["systematic"], dict) else {}
    for name in given:
        if name not in {"default", *backgrounds} and not (
            fits_any(name, backgrounds) or open_classes & set(backgrounds)
        ):
            yield (
                f"config key `fom.systematic.{name}`: no background process or class is called "
                f"so; expected `default`, one of the classes {', '.join(backgrounds)}, or one of "
                "their processes."
            )
    of_signal = {name: found for name, found in classes.items() if name == signal}
    for name in own.get("signal", []):
        # Whether a pattern fits is known only when the events are.
        if not (
            set(name) & set("*?[") or open_classes & set(of_signal) or fits_any(name, of_signal)
        ):
            yield (
                f"config key `fom.signal`: {name!r} is no process of the signal class; its "
                f"processes are {', '.join(of_signal.get(signal or '', [])) or 'none'}."
            )
    cuts = own.get("cuts")
    if cuts is not None and cuts["low"] >= cuts["high"]:
        yield (
            f"config key `fom.cuts.high`: found {cuts['high']:g}, expected above `fom.cuts.low`, "
            f"which is {cuts['low']:g}."
        )
    edges = own["bins"].get("edges", [])
    if any(low >= high for low, high in pairwise(edges)):
        yield (
            f"config key `fom.bins.edges`: found {edges}, expected each edge above the one before."
        )


def _scan_faults(config: Config, scan: Any, place: str) -> Iterator[str]:
    known = [f"{top}.{leaf}" for top in SCANNABLE if top in config for leaf in _leaves(config[top])]
    of_all = set().union(*map(model_keys, names(FAMILIES)))
    known += [f"model.{name}" for name in sorted(of_all - set(config["model"]))]
    known = [name for name in known if not name.startswith(f"{SECTION}.") or name == SCANNABLE_KEY]
    try:
        scanned = {key for point in assignments(scan) for key in point}
    except ConfigError as error:
        yield str(error)
        return
    for name in sorted(scanned):
        if name not in known:
            yield (
                f"config key `{place}.{name}`: there is no key `{name}` to scan; "
                f"{closest(name, known)}"
            )


def _leaves(section: Mapping[str, Any]) -> Iterator[str]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from (f"{name}.{leaf}" for leaf in _leaves(value))
        else:
            yield name


def _file_faults(config: Config) -> Iterator[str]:
    made = simulated_files(config)
    for place, file in _listed_files(config).items():
        key = f"config key `{place}.path`"
        if is_remote(file["path"]):
            fault = remote_fault(file["path"])
            if fault is None and file.get("format", "root") != "root":
                fault = f"found {file['path']!r}; only ROOT files are read at an address."
            if fault is not None:
                yield f"{key}: {fault}"
            continue
        paths = matches(file["path"], made)
        if not paths:
            yield (
                f"{key}: no file matches {file['path']!r}; paths are relative to "
                "the folder in which snakemake runs."
            )
        for path in paths:
            yield from (f"{key}: {fault}" for fault in _path_faults(path, "format" in file))


def _listed_files(config: Config) -> dict[str, Mapping[str, Any]]:
    """Return the config key of each entry of files, with the entry."""
    return {
        f"{section}.files[{index}]": file
        for section in ("input", "apply")
        for index, file in enumerate(config[section]["files"])
    } | {
        f"{key}[{index}]": file
        for key, files in listed(config).items()
        for index, file in enumerate(files)
    }


def _path_faults(path: str, has_format: bool) -> Iterator[str]:
    if Path(path).is_dir():
        yield f"{path!r} is a folder; name its files, as in `{path.rstrip('/')}/*.root`."
    elif _IN_BRACES.search(path):
        yield (
            f"found {path!r}; Snakemake takes a word in braces for a wildcard, so that no input "
            "file can have one in its path. Rename it, or make a link to it."
        )
    elif not has_format:
        try:
            file_format(path)
        except ValueError as error:
            yield str(error)
