"""What scores a trained network: ONNX Runtime where it gives what Keras gives, else Keras."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from winnow.networks.onnx_names import KERAS, ONNX
from winnow.networks.onnx_network import network_model
from winnow.networks.onnx_scorer import make_onnx_scorer
from winnow.networks.operations import operations
from winnow.networks.passport import positive_of
from winnow.networks.proof import TOLERANCE
from winnow.networks.scorer import score
from winnow.study.keys.model import Target, model
from winnow.tables import write_bytes

CHECKED_EVENTS = 10_000


def onnx_network(
    network: keras.Model,
    features: NDArray[np.float32],
    class_count: int,
    positive: int,
    target: Target,
) -> bytes:
    """Return a network in ONNX, proved to give Keras' scores; empty where there is none.

    Args:
        network: the trained network.
        features: (n, inputs) float32, normalised, of which `CHECKED_EVENTS` are compared.
        class_count: number of classes.
        positive: for a sigmoid output the class whose score it is.
        target: what it gives; only classes are served.
    """
    own = operations(network) if target == "class" else None
    if own is None:
        return b""
    written: bytes = network_model(own, features.shape[1]).SerializeToString()
    chosen = np.ascontiguousarray(features[:CHECKED_EVENTS])
    expected = score(network, chosen, class_count, positive)
    found = make_onnx_scorer(written, class_count, positive)(chosen)
    return written if np.abs(found - expected).max(initial=0.0) <= TOLERANCE else b""


def save_serving(
    network: keras.Model,
    features: NDArray[np.float32],
    passport: Mapping[str, Any],
    path: str | Path,
) -> str:
    """Write the network in ONNX, or an empty file where Keras serves; return which serves.

    Arguments are those of `onnx_network`, but what the passport says.
    """
    positive, count = positive_of(passport), len(passport["classes"])
    target = model(passport["config"]["model"]).target
    written = onnx_network(network, features, count, positive, target)
    write_bytes(written, path)
    return ONNX if written else KERAS
