"""What is looked at once, when a plan is made, and not again in each of its jobs.

It takes libraries or files that the config alone does not need: what is refused here would fail in
a job, after Snakemake has removed what an earlier run of that job had made.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from winnow.errors import ConfigError
from winnow.header_checks import header_faults
from winnow.label_checks import label_faults
from winnow.schema import Config, closest
from winnow.simulate_processes import PROCESSES

CONFIG_ENDINGS = (".yaml", ".yml", ".json")


def refuse_unworkable(
    config: Config, files: Mapping[str, Mapping[str, Any]], made: Mapping[str, int]
) -> None:
    """Refuse what a complete config asks for and a job could not do.

    Args:
        config: the config.
        files: as of `winnow.inputs.input_files`.
        made: files that the study simulates for itself.

    Raises:
        ConfigError: one line for each fault, naming the key, what was found and what is right.
    """
    faults = [*_simulation_faults(config), *label_faults(config)]
    faults += header_faults(config, files, made)
    if faults:
        raise ConfigError("\n".join(faults))


def is_config_file(argument: str) -> bool:
    """Return whether an argument of a command line is the path of a config file."""
    return argument.endswith(CONFIG_ENDINGS) and Path(argument).is_file()


def refuse_swallowed_config(targets: Iterable[str]) -> None:
    """Refuse a config file among the targets: `--configfile` was forgotten, or took another.

    Raises:
        ConfigError: a target is the path of a config file.
    """
    for target in targets:
        if is_config_file(target):
            raise ConfigError(
                f"{target}: found among the targets, though it is a config file. Write "
                f"`--configfile {target}` at the end of the command, after all targets; the "
                "default study is planned without it."
            )


def _simulation_faults(config: Config) -> Iterator[str]:
    for name in config.get("simulate", {}).get("events", {}):
        if name not in PROCESSES:
            yield (
                f"config key `simulate.events.{name}`: no such process can be simulated; "
                f"{closest(name, PROCESSES)}"
            )
