"""Proof that an exported model gives what Keras gives, before its file is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.identity import key
from winnow.networks.passport import golden_features

Float32 = NDArray[np.float32]

# how far a probability may be from Keras': both add float32 products, in another order
TOLERANCE = 1e-5
RANDOM_ROWS = 10_000
MISSING_SHARE = 0.1
LEVELS = 21
"""Quantiles of each feature that a passport keeps."""


def proof_rows(passports: Sequence[Mapping[str, Any]]) -> Float32:
    """Return the golden rows of passports and `RANDOM_ROWS` drawn as training's values lie.

    Each value is drawn by itself from the quantiles of its feature that the first passport has, and
    missing with the probability `MISSING_SHARE`; the seed is that of the first run.
    """
    first = passports[0]
    generator = np.random.default_rng(key("proof", first["seeds"]["run"]))
    levels = np.linspace(0, 1, LEVELS)
    places = generator.random((RANDOM_ROWS, len(first["levels"])))
    columns = [
        np.interp(places[:, number], levels, own) if own else np.full(RANDOM_ROWS, np.nan)
        for number, own in enumerate(first["levels"])
    ]
    rows = np.stack(columns, axis=1).astype(np.float32)
    rows[generator.random(rows.shape) < MISSING_SHARE] = np.nan
    return np.concatenate([*map(golden_features, passports), rows])


def check_equal(what: str, found: Float32, expected: Float32) -> None:
    """Refuse probabilities that are further than `TOLERANCE` from Keras'.

    Args:
        what: the exported file.
        found: (n, classes) its probabilities.
        expected: (n, classes) Keras'.

    Raises:
        ModelError: names the largest difference and its row.
    """
    difference = np.abs(found.astype(np.float64) - expected).max(axis=1)
    worst = int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))
    if not difference[worst] <= TOLERANCE:
        raise ModelError(
            f"{what}: its probabilities are not Keras': they differ by up to "
            f"{difference[worst]:.3g} (row {worst} of the {len(found)} compared), allowed are "
            f"{TOLERANCE:g}. Nothing was written. Where weights are very large, float32 cannot do "
            "better: train with a penalty (`model.l2`), or export to keras or saved_model."
        )
