"""Scores of a trained network by ONNX Runtime, without Keras or TensorFlow."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from winnow.errors import ModelError
from winnow.networks.batches import batch_events
from winnow.networks.onnx_names import FEATURES, OUTPUTS
from winnow.networks.targets import Scorer, class_scores


def session(network: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return a session on the CPU that computes the same whenever it runs on so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # warnings on machines without a GPU
    try:
        return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of many kinds, all of one cause
        raise ModelError(
            f"the network cannot be read as ONNX ({' '.join(str(error).split())[:200]}). Make it "
            "again from the training's weights."
        ) from error


def make_onnx_scorer(network: bytes, class_count: int, positive: int, threads: int = 1) -> Scorer:
    """Return a function that scores events in batches, as `winnow.networks.scorer.make_scorer`'s.

    Args:
        network: an ONNX network, as `winnow.networks.onnx_network.network_model` writes it.
        class_count: number of classes.
        positive: for a sigmoid output the class whose score it is.
        threads: ONNX Runtime's threads.
    """
    own = session(network, threads)
    width = own.get_inputs()[0].shape[1]
    outputs = own.get_outputs()[0].shape[1]
    batch = batch_events((width,))

    def score(features: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = np.empty((len(features), outputs), np.float32)
        for start in range(0, len(features), batch):
            chosen = slice(start, start + batch)
            given = {FEATURES: np.ascontiguousarray(features[chosen])}
            scores[chosen] = own.run([OUTPUTS], given)[0]
        return class_scores(scores, class_count, positive)

    return score


def read_network(path: Path) -> bytes:
    """Return the bytes of an ONNX network that lies beside a model.

    Raises:
        ModelError: it is not there, or empty.
    """
    network = path.read_bytes() if path.is_file() else b""
    if not network:
        raise ModelError(
            f"{path}: there is no ONNX network, but the model's passport says that one serves. "
            "Copy it from where the model was made, to lie beside it, or make the model again."
        )
    return network
