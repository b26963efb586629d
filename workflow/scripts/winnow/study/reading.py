"""How events are read for a network, which its passport keeps."""

from collections.abc import Iterable
from typing import Any

from winnow.study.schema import Config


def missing_settings(values: Iterable[Any]) -> dict[str, Any]:
    """Return what `input.missing_values` says, as arguments of `IngestSettings`."""
    given = list(values)
    return {
        "missing_values": [value for value in given if value != "nan"],
        "nan_is_missing": "nan" in given,
    }


def reading_settings(config: Config) -> dict[str, Any]:
    """Return what a model's passport says of how its events were read, and what they passed."""
    return {
        "missing_values": config["input"]["missing_values"],
        "event_id": config["columns"]["event_id"],
        "derived": config["columns"]["derived"],
        "selection": config["selection"],
    }
