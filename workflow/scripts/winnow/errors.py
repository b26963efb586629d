"""The errors a user can mend: shown as one message, without a traceback."""

from collections.abc import Iterable


class WinnowError(Exception):
    """Base of every error whose message tells the user what to change."""


class ConfigError(WinnowError):
    """The config is wrong: the message names the key, what was found and what is right."""


class DataError(WinnowError):
    """An input is wrong: the message names file, row or column, what was found and the mend."""


class ModelError(WinnowError):
    """A model cannot be trained, saved, or does not fit the input it was given."""


class DeviceError(WinnowError):
    """The machine lacks a device that the job must have."""


def refuse(faults: Iterable[str]) -> None:
    """Raise ConfigError with one line for each fault of a config, where there are any."""
    told = "\n".join(faults)
    if told:
        raise ConfigError(told)
