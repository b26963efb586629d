"""A trained network from its passport, checked: the one way to score events with it.

Where the passport says that ONNX serves, the ONNX network beside the model scores, and neither
Keras nor TensorFlow is imported. Else the network comes from winnow's families or from the user's
own file, which must be the one, to the byte, that it was trained with; a model file gives nothing
but weights, so that no code in it runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winnow.networks.lean import import_keras
from winnow.networks.onnx_names import NETWORK_FILE, ONNX
from winnow.networks.onnx_scorer import make_onnx_scorer, read_network
from winnow.networks.passport import check_format, check_golden, check_input, golden_features
from winnow.networks.targets import Scorer
from winnow.preparation.normalise.apply import Transform, apply, output_shape
from winnow.study.keys.model import Target, model

if TYPE_CHECKING:
    import keras


def network(passport: Mapping[str, Any], weights: str | Path) -> "keras.Model":
    """Build the network that a passport describes, with the weights of a `.keras` file.

    Raises:
        ModelError: the user's own file is missing, changed since, or fails.
    """
    import_keras()
    from winnow.networks.build import build

    shape, classes = output_shape(passport["transform"]), len(passport["classes"])
    built = build(model(passport["config"]["model"]), shape, classes, passport["seeds"]["run"])
    built.load_weights(weights)
    return built


def target_of(passport: Mapping[str, Any]) -> Target:
    """Return what the network of a passport gives."""
    return model(passport["config"]["model"]).target


def checked_scorer(
    weights: str | Path,
    passport: Mapping[str, Any],
    features: Sequence[Mapping[str, str]],
    transform: Transform,
    class_names: Sequence[str],
    reading: Mapping[str, Any],
    threads: int = 1,
) -> Scorer:
    """Return a model's scoring function once it is proved to fit its input and to be unharmed.

    Args:
        weights: the model file (`.keras`), with its `network.onnx` beside it.
        passport: its passport.
        features: name and unit of each feature of the input, in order.
        transform: the normalisation of the input.
        class_names: the classes, in order.
        reading: how the input was read: missing values, derived columns, selection.
        threads: ONNX Runtime's or TensorFlow's threads.

    Raises:
        ModelError: the model does not fit the input, or does not give its golden scores.
    """
    check_format(passport)
    check_input(passport, features, transform, class_names, reading)
    score = scorer(weights, passport, threads)
    check_golden(passport, score(apply(transform, golden_features(passport))))
    return score


def scorer(weights: str | Path, passport: Mapping[str, Any], threads: int = 1) -> Scorer:
    """Return a model's scoring function, by what its passport says serves."""
    positive, count = (
        passport["classes"].index(passport["positive_class"]),
        len(passport["classes"]),
    )
    if passport.get("serves") == ONNX:
        own = read_network(Path(weights).with_name(NETWORK_FILE))
        return make_onnx_scorer(own, count, positive, threads)
    return keras_scorer(weights, passport, threads)


def keras_scorer(weights: str | Path, passport: Mapping[str, Any], threads: int = 1) -> Scorer:
    """Return a model's scoring function by Keras, whatever its passport says serves."""
    import_keras()
    from winnow.networks.scorer import make_scorer

    positive, count = (
        passport["classes"].index(passport["positive_class"]),
        len(passport["classes"]),
    )
    return make_scorer(network(passport, weights), count, positive, threads, target_of(passport))


def set_up_scoring(passport: Mapping[str, Any], threads: int) -> None:
    """Set TensorFlow up where it scores: strict float32 on the CPU, before it computes anything."""
    if passport.get("serves") != ONNX:
        import_keras()
        from winnow.networks.devices import set_up_exact

        set_up_exact(threads)
