"""Sections of a config as the schema's defaults fill them, for tests to set a few keys over."""

from pathlib import Path

from winnow.schema import load_schema, with_defaults

_SCHEMA = load_schema(Path(__file__).resolve().parents[1] / "workflow/schemas/config.schema.yaml")

MODEL = with_defaults({}, _SCHEMA["properties"]["model"], _SCHEMA)
TRAINING = with_defaults({}, _SCHEMA["properties"]["training"], _SCHEMA)
