"""The history of a training, a table of one row an epoch: which row is the kept weights'."""

import numpy as np
import pandas as pd


def best_row(history: pd.DataFrame) -> int:
    """Return the row of the epoch whose weights are kept: of the lowest loss, of equals the first.

    Args:
        history: validation_loss, and validation_penalty, which is added to it.

    >>> best_row(pd.DataFrame({"validation_loss": [2, 1, 1], "validation_penalty": [0, 1, 0.5]}))
    2
    """
    whole = history["validation_loss"] + history["validation_penalty"]
    return int(whole.fillna(np.inf).to_numpy().argmin())
