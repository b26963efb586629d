"""A trained network from its passport: built anew, and given its weights.

The network comes from winnow's families or from the user's own file, which must be the one, to the
byte, that it was trained with; a model file gives nothing but weights, so that no code in it runs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from winnow.networks.autoencoder import whole_network
from winnow.preparation.normalise.apply import output_shape
from winnow.study.keys.model import model
from winnow.study.keys.transform import Transform
from winnow.study.typed import made


def network(passport: Mapping[str, Any], weights: str | Path) -> keras.Model:
    """Build the network that a passport describes, with the weights of a `.keras` file.

    Raises:
        ModelError: the user's own file is missing, changed since, or fails.
    """
    shape, classes = output_shape(passport["transform"]), len(passport["classes"])
    config, seed = passport["config"], passport["seeds"]["run"]
    learned = made(Transform, config.get("transform", {}))
    built = whole_network(model(config["model"]), learned, shape, classes, seed)
    built.load_weights(weights)
    return built
