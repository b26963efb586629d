"""Networks that score together: the replicas of a run, the folds of a study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.networks.targets import score_names
from winnow.preparation.normalise.apply import apply
from winnow.tables import read_json
from winnow.training.scoring import ModelFiles, checked_scorer, own_input, set_up, target_of


@dataclass(frozen=True)
class Member:
    """One network of a committee.

    Attributes:
        fold: the fold that it tests; 0 without folds.
        score: features as ingested, (n, ...) float32, NaN where missing → (n, columns) float32.
    """

    fold: int
    score: Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Committee:
    """Networks, what they need, and what they give.

    Attributes:
        members: the networks.
        features: the names of their features, in order.
        columns: the names of what they give of each event.
    """

    members: tuple[Member, ...]
    features: tuple[str, ...]
    columns: tuple[str, ...]

    def score(self, features: NDArray[np.float32], fold: NDArray[np.int8]) -> NDArray[np.float32]:
        """Return an event's mean score over the networks of its fold, of all where it has none.

        Args:
            features: (n, ...) float32, as ingested, NaN where missing.
            fold: (n,) the fold whose networks never saw the event; -1: none of them did.

        Returns:
            (n, columns) float32.
        """
        scores = np.empty((len(features), len(self.columns)), np.float32)
        for own in np.unique(fold):
            rows = np.flatnonzero(fold == own)
            chosen = [m for m in self.members if own in (-1, m.fold)]
            total = np.zeros((len(rows), len(self.columns)))
            for member in chosen:
                total += member.score(features[rows])
            scores[rows] = total / len(chosen)
        return scores


def read_committee(
    models: Sequence[str | Path],
    networks: Sequence[str | Path],
    passports: Sequence[str | Path],
    folds: Sequence[int],
    threads: int = 1,
) -> Committee:
    """Return the committee of some networks once each is proved to be unharmed.

    To be called before TensorFlow computes anything, where Keras serves one of them.

    Args:
        models: their model files.
        networks: the same in ONNX, empty where Keras serves.
        passports: their passports, which say how events become their input.
        folds: the fold that each tests.
        threads: threads of a network.

    Raises:
        ModelError: a network does not give its golden scores, its scores are none of an event, or
            the networks do not go together.
    """
    own = [read_json(path) for path in passports]
    set_up(own, threads)
    for path, passport in zip(passports, own, strict=True):
        for key in ("features", "classes", "reading"):
            if passport[key] != own[0][key]:
                raise ModelError(
                    f"{path}: {key} are {passport[key]}, but {own[0][key]} in {passports[0]}. The "
                    "networks that score together must be of one study: name them anew."
                )
        if target_of(passport) == "pixel":
            raise ModelError(
                f"{path}: the network scores the pixels of an event, expected one that scores "
                "events. Its scores of the study's own events are those of `predict`."
            )
    members = [
        Member(fold, _scorer(ModelFiles(model, network), passport, threads))
        for model, network, passport, fold in zip(models, networks, own, folds, strict=True)
    ]
    return Committee(
        tuple(members),
        tuple(feature["name"] for feature in own[0]["features"]),
        tuple(score_names(target_of(own[0]), own[0]["classes"])),
    )


def _scorer(
    files: ModelFiles, passport: Mapping[str, Any], threads: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    transform = passport["transform"]
    score = checked_scorer(files, passport, own_input(passport), threads)
    return lambda features: score(apply(transform, features))
