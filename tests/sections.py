"""Sections of a config as the schema's defaults fill them, for tests to set a few keys over.

No unit is dropped and no training stops early, so that what tests compute follows from few keys.
"""

from pathlib import Path

from winnow.study.schema import load_schema, with_defaults

_SCHEMA = load_schema(Path(__file__).resolve().parents[1] / "workflow/schemas/config.schema.yaml")

MODEL = with_defaults({"activation": "relu", "dropout": 0}, _SCHEMA["properties"]["model"], _SCHEMA)
TRAINING = with_defaults(
    {"early_stopping": {"patience": 0}}, _SCHEMA["properties"]["training"], _SCHEMA
)
