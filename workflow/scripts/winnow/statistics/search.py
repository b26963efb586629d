"""What came of the trials of a search: who goes on, who is chosen, and the table of all."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from winnow.errors import ModelError
from winnow.study.scan import cell

FINISHED, STOPPED, DIVERGED = "finished", "stopped", "diverged"

Outcome = Mapping[str, Any]
"""What a trial's job writes: trial, round, rung, values, epochs, loss (None where the training
diverged), best_epoch, wall_seconds, cpu_seconds, fault."""


def promoted(outcomes: Sequence[Outcome], count: int) -> list[dict[str, Any]]:
    """Return the best trials of a rung, best first: trial and values of each.

    Args:
        outcomes: of all trials of the rung.
        count: how many go on.

    Raises:
        ModelError: every training diverged.
    """
    _refuse_divergence(outcomes)
    kept = sorted(outcomes, key=_order)[:count]
    return [{"trial": own["trial"], "values": own["values"]} for own in kept]


def chosen(outcomes: Sequence[Outcome], last: int) -> Outcome:
    """Return the outcome with the lowest validation loss of those that were trained to the end.

    Args:
        outcomes: of all rounds and rungs.
        last: the last rung.

    Raises:
        ModelError: every training diverged.
    """
    ended = [own for own in outcomes if own["rung"] == last]
    _refuse_divergence(ended)
    return min(ended, key=_order)


def results(outcomes: Sequence[Outcome], last: int) -> list[dict[str, Any]]:
    """Return what a sampler is told of each trial, in the order of names.

    Args:
        outcomes: of all rounds and rungs so far.
        last: the last rung.

    Returns:
        trial; values; losses, epochs → lowest loss until then, rung by rung, none where the
        training diverged; finished, whether it was trained to the end.
    """
    return [
        {
            "trial": trial,
            "values": own[0]["values"],
            "losses": {} if own[-1]["loss"] is None else {o["epochs"]: o["loss"] for o in own},
            "finished": own[-1]["rung"] == last,
        }
        for trial, own in _by_trial(outcomes).items()
    ]


def _by_trial(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Return trial → its outcomes, rung by rung, in the order of names."""
    found: dict[str, list[Outcome]] = {}
    for own in sorted(outcomes, key=lambda own: (own["trial"], own["rung"])):
        found.setdefault(own["trial"], []).append(own)
    return found


def trial_table(outcomes: Sequence[Outcome], last: int) -> pd.DataFrame:
    """Return one row a trial: what it was, how far it came, what came of it; the chosen one first.

    Those that were trained to the end come first, by their loss; then those that stopped, the later
    ones first; then those that diverged.

    Args:
        outcomes: of all rounds and rungs.
        last: the last rung.

    Returns:
        rank, trial, round, rung (the last one that it was trained on), the searched keys, outcome,
        validation_loss (the lowest of all its epochs), best_epoch, epochs, wall_seconds,
        cpu_seconds.
    """
    ends = [own[-1] for own in _by_trial(outcomes).values()]
    ends.sort(key=lambda own: (own["loss"] is None, -own["rung"], *_order(own)))
    rows = [
        {
            "trial": own["trial"],
            "round": own["round"],
            "rung": own["rung"],
            **{key: cell(value) for key, value in own["values"].items()},
            "outcome": _word(own, last),
            "validation_loss": np.nan if own["loss"] is None else own["loss"],
            **{n: own[n] for n in ("best_epoch", "epochs", "wall_seconds", "cpu_seconds")},
        }
        for own in ends
    ]
    table = pd.DataFrame(rows)
    table.insert(0, "rank", range(1, len(table) + 1))
    return table


def _order(own: Outcome) -> tuple[bool, float, str]:
    """Return what trials are sorted by: the loss, and by name where two have the same."""
    diverged = own["loss"] is None
    return diverged, np.inf if diverged else own["loss"], own["trial"]


def _word(own: Outcome, last: int) -> str:
    if own["loss"] is None:
        return DIVERGED
    return FINISHED if own["rung"] == last else STOPPED


def _refuse_divergence(outcomes: Sequence[Outcome]) -> None:
    if all(own["loss"] is None for own in outcomes):
        raise ModelError(
            f"all {len(outcomes)} trials of the search diverged; the first says: "
            f"{outcomes[0]['fault']} Search smaller learning rates."
        )
