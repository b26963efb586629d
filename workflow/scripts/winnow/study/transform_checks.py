"""What a schema cannot say about the section `transform`: an autoencoder's size, and its place."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from winnow.columns import ANOMALY_SCORE
from winnow.errors import ConfigError
from winnow.study.keys.training import Training, phases
from winnow.study.keys.transform import Transform
from winnow.study.scan import assignments
from winnow.study.schema import Config
from winnow.study.step_checks import network_inputs
from winnow.study.typed import made

_SIZE = "transform.bottleneck"


def transform_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the section `transform` of a complete config, one line a fault."""
    own = made(Transform, config["transform"])
    if not own.acts:
        return
    if "images" in config:
        yield (
            f"config key `{_SIZE}`: found {own.bottleneck}, but networks of this study see "
            "pictures, and a transform is learned of a table of features; remove the section "
            "`transform`."
        )
        return
    inputs = len(network_inputs(config))
    if config["normalise"]["indicators"]:
        inputs += len(config["columns"]["features"])  # as many as may have missing values
    if own.bottleneck > inputs and own.noise == 0:
        yield (
            f"config key `{_SIZE}`: found {own.bottleneck}, expected at most the {inputs} "
            "normalised features, which a code of so many holds as they are; take a smaller one, "
            "or set `transform.noise`."
        )
    if own.anomaly_score and ANOMALY_SCORE in config["columns"]["spectators"]:
        yield (
            f"config key `columns.spectators`: `{ANOMALY_SCORE}` is what `transform.anomaly_score` "
            "writes; give the column another name with `columns.derived`."
        )
    yield from _idle_training(own.training)


def given_transform_faults(given: Mapping[str, Any]) -> Iterator[str]:
    """List keys of `transform` that do nothing, of a config as it is given."""
    own = {name: value for name, value in given.get("transform", {}).items() if value != {}}
    scanned: set[str] = set()
    with suppress(ConfigError):  # told of elsewhere
        scanned = {key for point in assignments(given.get("scan", {})) for key in point}
    if own.get("bottleneck", 0) or _SIZE in scanned:
        return
    for name in own:
        if name != "bottleneck":
            yield (
                f"config key `transform.{name}`: does nothing without a bottleneck; set "
                f"`{_SIZE}`, or remove the section."
            )


def _idle_training(training: Training) -> Iterator[str]:
    """List what a copy of a table of features cannot be trained with."""
    key = "config key `transform.training"
    if training.augmentation.acts:
        yield f"{key}.augmentation`: changes pictures, and features are none; remove it."
    if training.decorrelation.acts:
        yield f"{key}.decorrelation`: is about a score of signal, and a copy has none; remove it."
    if any(phase.label_smoothing for phase in phases(training)):
        yield (
            f"{key}.label_smoothing`: is about the labels of classes, and a copy has none; "
            "remove it."
        )
