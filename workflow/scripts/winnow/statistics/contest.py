"""Contestants side by side: a row a training, and means over repeats with their spread."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from winnow.columns import SAMPLE, TEST, VALIDATION

AREA = f"{TEST}_auc"
QUANTITIES = (
    *(AREA, f"{VALIDATION}_auc", "real_seconds", "cpu_seconds", "peak_megabytes"),
    *("events_per_second", "epoch_seconds", "first_epoch_seconds", "epochs", "best_epoch"),
    *("import_seconds", "scoring_seconds", "harness_seconds"),
)
"""What is measured of a training."""

KEY = ("contestant", "setting", "repeat")


def areas(summary: pd.DataFrame) -> dict[str, float]:
    """Return the weighted area under the ROC curve on validation and test, with uncertainties.

    Args:
        summary: of the signal, from `winnow.statistics.roc.roc_tables`.
    """
    own = summary.set_index(SAMPLE).to_dict("index")
    names = ("auc", "auc_uncertainty")
    return {f"{s}_{name}": own[s][name] for s in (VALIDATION, TEST) for name in names}


def runs_table(
    outcomes: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]],
    variables: Mapping[str, Mapping[str, Any]],
) -> pd.DataFrame:
    """Return a row a training: contestant, setting, repeat, what is varied, what was measured.

    Args:
        outcomes: of each training.
        entries: contestant, setting and repeat of each training, in the same order.
        variables: what is varied → setting → its value.
    """
    rows = []
    for entry, outcome in zip(entries, outcomes, strict=True):
        varied = {name: str(own[entry["setting"]]) for name, own in variables.items()}
        measured = {name: outcome.get(name) for name in QUANTITIES}
        versions = " ".join(f"{name} {text}" for name, text in outcome["versions"].items())
        told = {name: outcome["machine"][name] for name in ("processor", "cores")}
        own = {f"{TEST}_auc_uncertainty": outcome[f"{TEST}_auc_uncertainty"]}
        rows.append(
            {name: entry[name] for name in KEY}
            | varied
            | measured
            | own
            | {"threads": outcome["threads"], "versions": versions, **told}
        )
    return pd.DataFrame(rows).astype(dict.fromkeys(QUANTITIES, np.float64))


def summary_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over the repeats of each contestant at each setting, and their spread.

    Args:
        runs: from `runs_table`.

    Returns:
        Of each contestant at each setting: repeats, each quantity with its standard deviation over
        the repeats (`_spread`, n - 1 in the denominator), what is varied, versions and machine.
    """
    rows = []
    for (contestant, setting), part in runs.groupby(["contestant", "setting"], sort=False):
        row: dict[str, Any] = {"contestant": contestant, "setting": setting, "repeats": len(part)}
        for name in QUANTITIES:
            row[name] = part[name].mean()
            row[f"{name}_spread"] = part[name].std() if len(part) > 1 else float("nan")
        kept = [n for n in runs.columns if n not in (*KEY, *QUANTITIES)]
        row |= {n: part[n].iloc[0] for n in kept if n != f"{TEST}_auc_uncertainty"}
        rows.append(row)
    return pd.DataFrame(rows)


def settings_table(
    outcomes: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """Return how each contestant says each setting of the first setting that it was trained at.

    Args:
        outcomes: of each training.
        entries: contestant, setting and repeat of each training, in the same order.

    Returns:
        A row a setting, a column a contestant.
    """
    found: dict[str, Mapping[str, str]] = {}
    for entry, outcome in zip(entries, outcomes, strict=True):
        found.setdefault(entry["contestant"], outcome["words"])
    names = dict.fromkeys(name for words in found.values() for name in words)
    columns = {who: [words.get(n, "") for n in names] for who, words in found.items()}
    return pd.DataFrame({"what": list(names)} | columns)
