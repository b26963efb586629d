"""What only a user's command line shows: a config file that Snakemake took for a target."""

from collections.abc import Iterable
from pathlib import Path

from winnow.errors import ConfigError

CONFIG_ENDINGS = (".yaml", ".yml", ".json")


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
