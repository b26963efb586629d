"""Classes and processes of a config: names that stand where they do nothing, or mean nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from winnow.study.classes import class_of, fits, listed, process_name
from winnow.study.files import sample_key
from winnow.study.schema import Config, closest


def class_faults(config: Config) -> Iterator[str]:
    """List classes that are named and do not exist, and processes of files that are of none."""
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
        ignored = config["ignore"]
        if (
            "process" in file
            and "class" not in file
            and not fits_any(file["process"], classes)
            and not any(fits(file["process"], pattern) for pattern in ignored)
        ):
            yield (
                f"config key `input.files[{index}].process`: {file['process']!r} belongs to no "
                "class; list it in `classes`, or give the file a `class`."
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
                f"config key `processes.{name}.generated.column`: needs every input file to name "
                "its `process`, since the sum is over whole files; give the number itself instead."
            )
    if "signal_cross_section" in config["yields"] and signal in config["yields"]["total_yield"]:
        yield (
            f"config key `yields.signal_cross_section`: `yields.total_yield.{signal}` gives the "
            "signal's yield too; remove one of the two."
        )
    for name in config["yields"]["total_yield"]:
        if name not in classes:
            yield (
                f"config key `yields.total_yield.{name}`: no such class; expected one of "
                f"{', '.join(classes)}."
            )


def shadow_faults(config: Config) -> Iterator[str]:
    """List the processes that a class lists and never gets, and patterns that ignore all."""
    for pattern in config["ignore"]:
        if set(pattern) == {"*"}:
            yield f"config key `ignore`: {pattern!r} leaves out every process; remove it."
    earlier: list[tuple[str, str]] = []
    for name, processes in config["classes"].items():
        for process in processes:
            for pattern in config["ignore"]:
                if set(pattern) != {"*"} and _covers(pattern, process):
                    yield (
                        f"config key `ignore`: {pattern!r} leaves out {process!r}, which "
                        f"`classes.{name}` lists; remove it from one of the two."
                    )
            first = next((f for f in earlier if _covers(f[1], process)), None)
            if first is not None:
                yield (
                    f"config key `classes.{name}`: {process!r} never comes here, since {first[1]!r}"
                    f" of `classes.{first[0]}` takes it before; a process is of one class, the "
                    "first that lists it, so list patterns last."
                )
        earlier += [(name, process) for process in processes]


def _covers(pattern: str, process: str) -> bool:
    """Return whether a pattern takes all that a name or another pattern takes."""
    return fits(process, pattern) and ("*" in pattern or "*" not in process)


def fits_any(process: str, classes: Mapping[str, list[str]]) -> bool:
    """Return whether a process is of some class."""
    return class_of(process_name(process, listed(classes)), classes) is not None


def is_open(config: Config) -> bool:
    """Return whether a file names its class, which then takes all that its process column holds."""
    files = config["input"]["files"]
    return any("class" in f and "process" not in f for f in files) and (
        "process" in config["columns"]
    )


def process_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the normalisation of processes: what is meant must be known."""
    classes, files = config["classes"], config["input"]["files"]
    named = {file.get("process", file.get("class")) for file in files}
    for index, file in enumerate(files):
        key = f"config key `input.files[{index}]"
        if "period" in file and "luminosity" not in file:
            yield f"{key}.luminosity`: missing beside `period`; give the period's luminosity."
        if "generated" in file and file.get("process") not in config["processes"]:
            yield (
                f"{key}.generated`: goes with the cross-section of the file's process; give the "
                "file a `process`, and that its `cross_section` in `processes`."
            )
    for name, facts in config["processes"].items():
        if not (fits_any(name, classes) or name in named or is_open(config)):
            yield (
                f"config key `processes.{name}`: no class takes this process, so that it would be "
                f"ignored; {closest(name, sorted(listed(classes)))}"
            )
            continue
        own = [(i, f) for i, f in enumerate(files) if f.get("process", name) == name]
        yield from _normalisation_faults(name, facts, own)


def _normalisation_faults(
    name: str, facts: Mapping[str, Any], files: list[tuple[int, dict[str, Any]]]
) -> Iterator[str]:
    """List what is wrong with how a process that may stand in these files is normalised."""
    key = "config key `input.files[{}].{}`: "
    lacking = [index for index, file in files if "luminosity" not in file]
    if lacking and len(lacking) < len(files):
        yield (
            key.format(lacking[0], "luminosity")
            + f"missing, while other files of the process {name!r} have their own; give it for all "
            "of them or for none."
        )
        return
    samples: dict[tuple[Any, ...], set[Any]] = {}
    for index, file in files:
        luminosities = samples.setdefault(sample_key(file), set())
        luminosities.add(file.get("luminosity"))
        if len(luminosities) > 1:
            yield (
                key.format(index, "luminosity")
                + f"found {file.get('luminosity')}, another one than in the files before of the "
                f"process {name!r} and the period {file.get('period')!r}; one period has one "
                "luminosity."
            )
            return
    without = [index for index, file in files if "generated" not in file]
    if without and len(without) < len(files):
        yield (
            key.format(without[0], "generated")
            + f"missing, while other files of the process {name!r} have it; give it for all of "
            "them or for none."
        )
    elif without and "generated" not in facts:
        yield (
            f"config key `processes.{name}.generated`: missing; give the number of generated "
            "events, or `{column: NAME}` for the sum of a column, or `generated` to each of its "
            "files."
        )
    elif without and len(samples) > 1 and not isinstance(facts["generated"], dict):
        yield (
            f"config key `processes.{name}.generated`: found {facts['generated']:g}, while its "
            f"files are of {len(samples)} periods or luminosities, so that it cannot be known "
            "whether the number is of one of them or of all. Give `input.files[].generated` to "
            "each file instead, or `{column: NAME}`."
        )


def generator_columns(config: Config) -> dict[str, str]:
    """Return process → generator-weight column, for processes whose `generated` is a sum."""
    return {
        name: process["generated"]["column"]
        for name, process in config["processes"].items()
        if isinstance(process.get("generated"), dict)
    }
