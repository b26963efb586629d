"""From the best epoch's weights to a model that is proved to be that epoch's."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import VALIDATION
from winnow.errors import ModelError
from winnow.history import best_row
from winnow.identity import file_hash
from winnow.networks.build import build
from winnow.networks.passport import FORMAT, GOLDEN_EVENTS, RunFacts, config_hash, golden
from winnow.networks.proof import LEVELS
from winnow.networks.scorer import score
from winnow.networks.versions import package_versions
from winnow.preparation.arrays import feature_matrix
from winnow.preparation.folds import Fold
from winnow.preparation.normalise.apply import Transform, apply, output_names
from winnow.preparation.normalise.features import Training, feature_levels
from winnow.seal import check_seal, intact
from winnow.storage import atomic
from winnow.study.keys.model import Model, model
from winnow.training.evaluation import TrainingData, make_evaluator

_GOLDEN_NUMBERS = 50_000

# How far a loss may be, relatively, from the one that training saw. float32: sums of the same terms
# in another order, on a GPU too (emulated: below 1e-6). On GPUs the others multiply with TF32's 10
# bits of mantissa, each factor rounded by up to 2⁻¹¹, which averages out over weights and events
# (emulated for 2 to 6 layers of 16 to 512 units: up to 1.3e-5).
LOSS_TOLERANCE = {"float32": 5e-6, "tf32": 1e-4, "mixed": 1e-4}


def best_epoch(history: pd.DataFrame) -> int:
    """Return the epoch whose weights are kept."""
    return int(history["epoch"].to_numpy()[best_row(history)])


def best_loss(history: pd.DataFrame) -> float:
    """Return the validation loss of the epoch whose weights are kept."""
    return float(history["validation_loss"].to_numpy()[best_row(history)])


def restored(
    model: Model,
    class_count: int,
    seed: int,
    weights: str | Path,
    validation: TrainingData,
    expected_loss: float,
    precision: str = "float32",
) -> keras.Model:
    """Build the network, load the best epoch's weights and check that they are that epoch's.

    Args:
        model: the config's `model` section.
        class_count: number of classes.
        seed: the run's seed.
        weights: the weights file.
        validation: the validation sample.
        expected_loss: the validation loss that the history records for the best epoch.
        precision: the config's `training.precision`, which decides the tolerance.

    Raises:
        ModelError: evaluated again, the loss differs by more than `LOSS_TOLERANCE`, relatively.
    """
    network = build(model, validation.layout.shape, class_count, seed)
    load_weights(network, weights)
    check_loss(network, weights, validation, expected_loss, precision)
    return network


def load_weights(network: keras.Model, weights: str | Path) -> None:
    """Give a network the weights that a training wrote.

    Raises:
        DataError: the file is missing, cannot be read, or is not what was written.
    """
    with intact(weights, "weights", OSError):
        check_seal(weights)
        network.load_weights(weights)


def check_loss(
    network: keras.Model,
    weights: str | Path,
    validation: TrainingData,
    expected_loss: float,
    precision: str = "float32",
) -> None:
    """Refuse a network that does not give the validation loss that its training recorded.

    Args:
        network: it, with the weights of its best epoch.
        weights: where they come from, for the message.
        validation: as of `restored`, as are the loss and the precision.
        expected_loss: what the history records.
        precision: decides the tolerance.

    Raises:
        ModelError: evaluated again, the loss differs by more than `LOSS_TOLERANCE`, relatively.
    """
    found = make_evaluator(network, validation, in_memory=False)().loss
    if not math.isclose(found, expected_loss, rel_tol=LOSS_TOLERANCE[precision]):
        raise ModelError(
            f"{weights}: evaluated again, the validation loss is {found!r}, but the training's "
            f"history records {expected_loss!r} for its best epoch. The weights are not that "
            "epoch's: train the run again."
        )


def make_passport(
    network: keras.Model,
    history: pd.DataFrame,
    transform: Transform,
    events: NDArray[np.float32],
    facts: RunFacts,
    prepared: Mapping[str, Sequence[str | Path]],
) -> dict[str, Any]:
    """Describe a model so that nothing about its use is left to memory.

    Args:
        network: the trained model.
        history: its training's history.
        transform: the normalisation of its features.
        events: (n, ...) float32 as ingested, kept with their scores as golden rows.
        facts: what the config says of the run.
        prepared: sample → the array files that were trained and validated on, to be hashed.

    Returns:
        A JSON-able mapping.
    """
    target = model(facts.config["model"]).target
    features, count = apply(transform, events), len(facts.class_names)
    scores = score(network, features, count, facts.positive, target)
    return {
        "format": FORMAT,
        "features": list(facts.features),
        "reading": facts.reading,
        "network_inputs": output_names(transform),
        "transform": transform,
        "classes": list(facts.class_names),
        "positive_class": facts.class_names[facts.positive],
        **training_facts(facts.config, facts.seeds, history, prepared),
        "golden": golden(events, scores),
    }


def training_facts(
    config: Mapping[str, Any],
    seeds: Mapping[str, int],
    history: pd.DataFrame,
    prepared: Mapping[str, Sequence[str | Path]],
) -> dict[str, Any]:
    """Return what a passport says of a training.

    Args:
        config: the sections that make the model.
        seeds: name → seed.
        history: the training's history.
        prepared: as of `make_passport`.
    """
    epoch = best_epoch(history)
    row = history.set_index("epoch").loc[epoch]
    return {
        "config": config,
        "config_sha256": config_hash(config),
        "seeds": seeds,
        "versions": package_versions(),
        "inputs": {
            sample: {Path(path).name: file_hash(path) for path in paths}
            for sample, paths in prepared.items()
        },
        "epoch": epoch,
        "losses": {name: float(row[name]) for name in row.index if "loss" in name},
    }


def kept_events(
    fold: Fold,
    features: Sequence[Mapping[str, str]],
    pictures: NDArray[np.floating[Any]] | None = None,
) -> tuple[NDArray[np.float32], list[list[float]]]:
    """Return what a passport keeps of events: the first of validation, and training's quantiles.

    Args:
        fold: the events.
        features: name and unit of each feature.
        pictures: (n, ...) of the validation sample, where networks see them; then there are no
            quantiles, and fewer events of large ones.
    """
    if pictures is not None:
        count = min(GOLDEN_EVENTS, max(1, _GOLDEN_NUMBERS // math.prod(pictures.shape[1:])))
        return np.asarray(pictures[:count], np.float32), []
    names = [feature["name"] for feature in features]
    return golden_events(fold, features), feature_levels(Training(fold, names), LEVELS)


def golden_events(fold: Fold, features: Sequence[Mapping[str, str]]) -> NDArray[np.float32]:
    """Return the events whose scores a passport keeps, the first of validation.

    Args:
        fold: the events.
        features: name and unit of each feature.
    """
    names, found = [feature["name"] for feature in features], list[NDArray[np.float32]]()
    for table in fold.of_sample(VALIDATION, names):
        rows = np.arange(min(len(table), GOLDEN_EVENTS - sum(map(len, found))))
        found.append(feature_matrix(table, names, rows))
        if sum(map(len, found)) == GOLDEN_EVENTS:
            break
    return np.concatenate(found)


def save_model(network: keras.Model, path: str | Path) -> None:
    """Write a model in Keras' own format, whole or not at all."""
    with atomic(path, ".keras") as temporary:
        network.save(temporary)
