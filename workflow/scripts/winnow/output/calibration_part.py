"""What the page shows of a training's probabilities, where a study asks for it."""

from pathlib import Path
from typing import Any

import pandas as pd

# Title of each figure of a training → the rule's inputs that hold it.
_FIGURES = {
    "Efficiencies": "efficiency_figures",
    "Reliability": "reliability_figures",
    "Fitted against true probabilities": "truth_figures",
}


def calibration_tables(inputs: Any, position: int) -> dict[str, pd.DataFrame]:
    """Return the tables of a training by title; none where there are none.

    Args:
        inputs: the report's named inputs.
        position: the training's place among them.
    """
    if position >= len(inputs.sums):
        return {}
    return {
        "Cross-entropy on test": pd.read_csv(inputs.entropies[position]),
        "Sums of probabilities and counts": pd.read_csv(inputs.sums[position]),
    }


def calibration_figures(inputs: Any, position: int) -> dict[str, Path]:
    """Return the figures of a training by title, those of its classes last; none without any.

    Args:
        inputs: the report's named inputs.
        position: the training's place among them.
    """
    if position >= len(inputs.sums):
        return {}
    found = {
        title: Path(getattr(inputs, name)[position])
        for title, name in _FIGURES.items()
        if len(getattr(inputs, name))
    }
    paths = list(map(Path, inputs.distribution_figures))
    count = len(paths) // len(inputs.sums)
    for path in paths[position * count : (position + 1) * count]:
        found[f"Distributions of {path.stem.partition('-')[2]}"] = path
    return found
