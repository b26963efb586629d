"""Parts of a trained network, from its weights file, without Keras."""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from winnow.errors import ModelError

# Keras numbers layers of a kind, the first without a number
_FIRST_CONVOLUTION = "layers/conv2d/vars/0"


def first_convolution(path: str | Path) -> NDArray[np.float32]:
    """Return the filters of a network's first convolution, (rows, columns, channels, filters).

    Args:
        path: `*.weights.h5`.

    Raises:
        ModelError: the network has no convolution.
    """
    with h5py.File(path) as file:
        if _FIRST_CONVOLUTION not in file:
            raise ModelError(f"{path}: the network has no convolution, whose filters were wanted.")
        return np.asarray(file[_FIRST_CONVOLUTION], np.float32)
