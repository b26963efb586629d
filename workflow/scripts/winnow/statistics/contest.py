"""Contestants side by side: a row a training, and means over repeats with their spread."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from winnow.columns import CLASS, SAMPLE, TEST, VALIDATION, WEIGHT, score_column
from winnow.statistics.counting import scan
from winnow.statistics.parts import by_sample
from winnow.statistics.roc import area, area_uncertainty, curve_from_scan, thin

AREA = f"{TEST}_auc"
QUANTITIES = (
    *(AREA, f"{VALIDATION}_auc", "real_seconds", "cpu_seconds", "peak_megabytes"),
    *("events_per_second", "epoch_seconds", "first_epoch_seconds", "epochs", "best_epoch"),
    *("import_seconds", "scoring_seconds", "harness_seconds"),
)
"""What is measured of a training."""

KEY = ("contestant", "setting", "repeat")


def with_areas(scores: pd.DataFrame, positive: int, signal: str) -> dict[str, float]:
    """Return the weighted area under the ROC curve on validation and test, with uncertainties.

    Args:
        scores: sample, class, weight and the signal's score.
        positive: index of the signal class.
        signal: its name.
    """
    found = {}
    for sample, part in by_sample(scores):
        if sample in (VALIDATION, TEST):
            counts = _scan(part, positive, signal)
            found[f"{sample}_auc"] = area(curve_from_scan(counts))
            found[f"{sample}_auc_uncertainty"] = area_uncertainty(counts)
    return found


def test_curve(scores: pd.DataFrame, positive: int, signal: str) -> pd.DataFrame:
    """Return the ROC curve on test: signal_efficiency and background_efficiency, thinned.

    Args:
        scores: as of `with_areas`.
        positive: index of the signal class.
        signal: its name.
    """
    curve = thin(curve_from_scan(_scan(scores[scores[SAMPLE] == TEST], positive, signal)))
    names = ("signal_efficiency", "background_efficiency")
    return pd.DataFrame({name: getattr(curve, name) for name in names})


def _scan(part: pd.DataFrame, positive: int, signal: str) -> Any:
    score, weight = part[score_column(signal)].to_numpy(), part[WEIGHT].to_numpy(np.float64)
    return scan(score, part[CLASS].to_numpy() == positive, weight)


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
