"""The kinds of classifiers that are compared, and the run that validation chose."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from winnow.columns import EXACT, TEST, VALIDATION

NETWORK, ENSEMBLE, BASELINE = "network", "ensemble", "baseline"
KINDS = (NETWORK, ENSEMBLE, BASELINE)

_ASKED = (
    *("accuracy", "balanced_accuracy"),
    *("rejection_at_0.3", "rejection_at_0.5", "rejection_at_0.7"),
)
ASKED = tuple(f"{sample}_{name}" for name in _ASKED for sample in (VALIDATION, TEST))
"""Columns of `compare.metrics`."""


def at_the_cut(yields: pd.DataFrame) -> pd.DataFrame:
    """Return yields at the cut of the exact scan that validation chose, of every sample.

    Args:
        yields: of every cut; the columns scan and chosen_on are left out of what is returned.
    """
    kept = yields[(yields["scan"] == EXACT) & (yields["chosen_on"] == VALIDATION)]
    return kept.drop(columns=["scan", "chosen_on"])


def headline_cut(path: str | Path) -> float:
    """Return the cut that the headline is quoted at, NaN where none is eligible.

    Args:
        path: CSV of the figures of merit of a run, or of all its folds.
    """
    best = pd.read_csv(path)
    return float(best.loc[best["headline"].astype(bool), "cut"].iloc[0])


def chosen_positions(table: pd.DataFrame, runs: Sequence[Mapping[str, str]]) -> list[int]:
    """Return the positions among `runs` of the chosen run's folds, in the order of `runs`.

    Args:
        table: the ranked runs, read as text.
        runs: point, replica and fold of every training.
    """
    chosen = table[table["chosen"] == str(True)]
    names = set(chosen[["point", "member", "fold"]].itertuples(index=False, name=None))
    return [
        position
        for position, run in enumerate(runs)
        if (run["point"], f"replica-{run['replica']}", run["fold"]) in names
    ]


def member_positions(
    table: pd.DataFrame, runs: Sequence[Mapping[str, str]], ensemble: bool
) -> list[int]:
    """Return the positions among `runs` of the networks that score together.

    Args:
        table: the ranked runs, read as text.
        runs: point, replica and fold of every training.
        ensemble: whether all replicas of the chosen point enter, not the chosen one's folds alone.
    """
    chosen = chosen_positions(table, runs)
    points = {runs[position]["point"] for position in chosen}
    everything = [position for position, run in enumerate(runs) if run["point"] in points]
    return everything if ensemble else chosen


def chosen_position(
    path: str, classifiers: Sequence[Mapping[str, str]], ensemble: bool = False
) -> int:
    """Return the position among `classifiers` of the chosen run, its folds together.

    Args:
        path: CSV of the ranked runs.
        classifiers: point and member of everything that gives scores.
        ensemble: whether it is the ensemble of the chosen run's point.

    Raises:
        ValueError: the chosen run is none of them.
    """
    table = pd.read_csv(path, dtype=str)
    first = table[table["chosen"] == str(True)].iloc[0]
    names = [(own["point"], own["member"]) for own in classifiers]
    return names.index((first["point"], ENSEMBLE if ensemble else first["member"]))
