"""Where the page says its numbers come from."""

from datetime import UTC, datetime

import pandas as pd
import yaml

from winnow.output.provenance import provenance


def test_config_versions_date_and_times_of_the_networks_are_told():
    config = {"study": "toy", "seed": 3, "plots": {"label": "√s = 13 TeV"}, "classes": {"b": ["x"]}}
    passport = {"versions": {"python": "3.12.1", "keras": "3.15.1"}, "config_sha256": "ab12"}
    runs = pd.DataFrame(
        {"kind": ["network", "network", "baseline"], "wall_seconds": [100.0, 80.0, 5000.0],
         "cpu_seconds": [50.0, 40.0, 1.0]}
    )  # fmt: skip
    found = provenance(config, passport, runs, datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    assert found.facts == {
        "Page written": "2026-03-04 05:06 UTC",
        "Networks trained with": "python 3.12.1, keras 3.15.1",
        "Seed": "3",
        "Trainings": "2, 3.0 min in all, 90 s of CPU time",
        "SHA-256 of the chosen network's config": "ab12",
    }
    assert yaml.safe_load(found.config) == config
    assert "√s" in found.config
