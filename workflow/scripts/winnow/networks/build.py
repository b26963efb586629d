"""Networks from the config's `model` section: the families, and a user's own from a file."""

import importlib.util
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from winnow.errors import ModelError, refuse
from winnow.identity import file_hash
from winnow.networks.layers import layer_seed, output_count
from winnow.study.choices import FAMILIES, part
from winnow.study.keys.model import Model
from winnow.study.typed import plain

UserFunction = Callable[[Mapping[str, Any], int | tuple[int, ...], int, int], keras.Model]

USER_MODULE = "winnow_user_family"


def build(model: Model, shape: tuple[int, ...], class_count: int, seed: int) -> keras.Model:
    """Build the configured network.

    Args:
        model: the config's `model` section, its family's keys. With `module`, the path of a Python
            file, the network comes from that file's function `function`, which is called with the
            section as a mapping, the number of inputs, class_count and seed, and returns what this
            one returns; with `sha256` the file must be the one of that hash.
        shape: an event's features: of a table their number, indicators included, in a tuple.
        class_count: number of classes.
        seed: the run's seed; every layer's own seed derives from it and the layer's name.

    Returns:
        A built Keras model, float32 inputs of shape (events, *shape), with one output for
        `sigmoid` (the score of the signal class) or one per class for `softmax`.

    Raises:
        ConfigError: the family cannot be built with these settings.
        ModelError: the user's file or function is missing, fails, or returns something else.
    """
    if model.module is not None:
        return _user_model(model, Path(model.module), shape, class_count, seed)
    refuse(model.faults())
    build_family = part(FAMILIES, model.family, "build")
    network: keras.Model = build_family(model, shape, class_count, seed)
    return network


def _user_model(
    model: Model, path: Path, shape: tuple[int, ...], class_count: int, seed: int
) -> keras.Model:
    name, inputs = model.function, shape[0] if len(shape) == 1 else shape
    _check_unchanged(path, model.sha256)
    function = _user_function(path, name)
    # layers that the user gave no seed draw theirs from the global generators
    keras.utils.set_random_seed(layer_seed(USER_MODULE, seed))
    try:
        network = function(plain(model), inputs, class_count, seed)
    except Exception as error:
        raise ModelError(
            f"model.function: {name} of {path} failed: {_told(error, path)}. Mend the function."
        ) from error
    if not isinstance(network, keras.Model):
        raise ModelError(
            f"model.function: {name} of {path} returned {type(network).__name__}, expected a "
            "keras.Model. Let the function return the network."
        )
    _check_shapes(network, f"{name} of {path}", shape, output_count(model, class_count))
    _check_saves(network, f"{name} of {path}")
    return network


def _check_unchanged(path: Path, expected: str | None) -> None:
    """Refuse a file that is not the one that the plan was made, or the model trained, with."""
    if expected is not None and path.is_file() and file_hash(path) != expected:
        raise ModelError(
            f"model.module: {path} is not the file that was meant: its sha256 is "
            f"{file_hash(path)}, expected {expected}. It was changed since the plan was made or "
            "the model trained: bring that version back, or start the workflow again."
        )


def _user_function(path: Path, name: str) -> UserFunction:
    spec = importlib.util.spec_from_file_location(USER_MODULE, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise ModelError(
            f"model.module: {path} is no Python file (*.py). Give the path of the file that holds "
            f"the function {name}."
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[USER_MODULE] = module  # dataclasses look their own module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelError(
            f"model.module: {path} cannot be loaded: {_told(error, path)}. Mend the file."
        ) from error
    function: UserFunction | None = getattr(module, name, None)
    if not callable(function):
        raise ModelError(
            f"model.function: {path} has no function {name}. Define it there, or give the name of "
            "the function that builds the network."
        )
    return function


def _told(error: Exception, path: Path) -> str:
    """Return an error's kind and text, and the last line of the user's file that it came by."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == path.absolute()]
    place = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {error}{place}"


def _check_shapes(network: keras.Model, origin: str, shape: tuple[int, ...], outputs: int) -> None:
    found = [getattr(network, name, None) for name in ("input_shape", "output_shape")]
    if found != [(None, *shape), (None, outputs)]:
        raise ModelError(
            f"model.function: {origin} returned a network from {found[0]} to {found[1]}, expected "
            f"one from {(None, *shape)} to {(None, outputs)}. Build it with keras.Input and "
            "keras.Model, with one output for sigmoid or one per class for softmax (model.output)."
        )


def _check_saves(network: keras.Model, origin: str) -> None:
    """Refuse, before it is trained for hours, a network that cannot be written to a model file."""
    try:
        with warnings.catch_warnings():
            # of lambdas, whose code lands in the model file; winnow never loads any
            warnings.simplefilter("ignore", UserWarning)
            network.to_json()
    except Exception as error:
        told = " ".join(str(error).strip().split("\n\n")[0].split())
        raise ModelError(
            f"model.function: {origin} returned a network that Keras cannot save: "
            f"{type(error).__name__}: {told} Give each layer, activation or regulariser of your "
            "own a get_config that returns the arguments of its __init__."
        ) from error
