"""What an export starts from: trained networks, and what Keras gives on the rows of its proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.networks.passport import check_format, positive_of
from winnow.networks.proof import proof_rows
from winnow.networks.scorer import score
from winnow.preparation.normalise.apply import apply
from winnow.tables import read_json
from winnow.training.restore import network
from winnow.training.scoring import target_of


@dataclass(frozen=True)
class Reference:
    """Networks whose mean is exported, and what it must give.

    Attributes:
        networks: the Keras models.
        passports: theirs.
        rows: (n, inputs) float32 raw features, NaN where missing.
        scores: (n, classes) float32, Keras' probabilities of the rows, the mean of the networks'.
    """

    networks: Sequence[keras.Model]
    passports: Sequence[Mapping[str, Any]]
    rows: NDArray[np.float32]
    scores: NDArray[np.float32]


def reference(models: Sequence[str | Path], passports: Sequence[str | Path]) -> Reference:
    """Restore networks from their files and score the rows of the proof with them.

    Raises:
        ModelError: a network does not give a probability for each class, or cannot be restored.
    """
    own = [read_json(path) for path in passports]
    for passport in own:
        check_format(passport)
        if target_of(passport) != "class":
            raise ModelError(
                f"export: the network gives what `model.target: {target_of(passport)}` says, and "
                "only those that give classes are exported. Leave `export.formats` out."
            )
    networks = [network(passport, path) for passport, path in zip(own, models, strict=True)]
    rows = proof_rows(own)
    return Reference(networks, own, rows, keras_scores(networks, own, rows))


def keras_scores(
    networks: Sequence[keras.Model],
    passports: Sequence[Mapping[str, Any]],
    rows: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the mean of networks' probabilities, (n, classes), of raw features (n, inputs)."""
    classes = passports[0]["classes"]
    positive = positive_of(passports[0])
    total = np.zeros((len(rows), len(classes)))
    for own, passport in zip(networks, passports, strict=True):
        total += score(own, apply(passport["transform"], rows), len(classes), positive)
    return (total / len(networks)).astype(np.float32)
