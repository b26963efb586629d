"""Where a study's numbers come from: config, date, versions, times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import yaml

from winnow.statistics.choice import NETWORK


@dataclass(frozen=True)
class Provenance:
    """What the page says of where its numbers come from.

    Attributes:
        facts: name → what is known.
        config: the study's config in YAML, defaults among it.
    """

    facts: Mapping[str, str]
    config: str


def provenance(
    config: Mapping[str, Any],
    passport: Mapping[str, Any],
    runs: pd.DataFrame,
    written: datetime,
) -> Provenance:
    """Collect where a study's numbers come from.

    Args:
        config: of the study.
        passport: of a chosen network.
        runs: every scored classifier, of networks with wall_seconds and cpu_seconds.
        written: when the page was.
    """
    own = runs[runs["kind"] == NETWORK]
    versions = ", ".join(f"{name} {number}" for name, number in passport["versions"].items())
    wall, cpu = own["wall_seconds"].sum(), own["cpu_seconds"].sum()
    facts = {
        "Page written": f"{written:%Y-%m-%d %H:%M} UTC",
        "Networks trained with": versions,
        "Seed": str(config["seed"]),
        "Trainings": f"{len(own)}, {duration(wall)} in all, {duration(cpu)} of CPU time",
        "SHA-256 of the chosen network's config": passport["config_sha256"],
    }
    return Provenance(facts, yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True))


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it.

    >>> duration(29.5), duration(300), duration(9000)
    ('30 s', '5.0 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
