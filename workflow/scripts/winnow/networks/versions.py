"""Versions of what a model's numbers depend on."""

import platform

import keras
import numpy as np
import tensorflow as tf


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a model's numbers depend on."""
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }
