"""What the page shows of a training's probabilities, where a study asks for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

CROSS_ENTROPY = "Cross-entropy on test"

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
    if position >= len(getattr(inputs, "sums", ())):
        return {}
    return {
        CROSS_ENTROPY: pd.read_csv(inputs.entropies[position]),
        "Sums of probabilities and counts": pd.read_csv(inputs.sums[position]),
    }


def calibration_figures(inputs: Any, position: int) -> dict[str, Path]:
    """Return the figures of a training by title, those of its classes last; none without any.

    Args:
        inputs: the report's named inputs.
        position: the training's place among them.
    """
    if position >= len(getattr(inputs, "sums", ())):
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


def calibration_lines(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tell the cross-entropy of a training, and beside the truth's where it is known.

    Args:
        tables: of the training, by title.
    """
    if CROSS_ENTROPY not in tables:
        return []
    own = tables[CROSS_ENTROPY].iloc[0]
    line = (
        f"cross-entropy {own['cross_entropy']:.4f} ± {own['cross_entropy_uncertainty']:.4f} on test"
    )
    if "ratio" in own:
        line += f", {own['ratio']:.4f} ± {own['ratio_uncertainty']:.4f} times that of the truth"
    return [line]
