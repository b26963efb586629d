"""Import Keras without the packages that it only looks for, a third of the time it takes."""

import importlib
import sys
from typing import Any

# Keras imports them where they are installed: for picture galleries and scikit-learn's interface.
_UNUSED = ("matplotlib", "sklearn")


def import_keras() -> None:
    """Import TensorFlow and Keras as where matplotlib and scikit-learn are not installed.

    Afterwards both packages can be imported as ever. Does nothing new where Keras is imported.
    """
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in _UNUSED if name not in modules]
    modules.update(dict.fromkeys(hidden))  # a module that is None is one that is not installed
    try:
        importlib.import_module("tensorflow")
        importlib.import_module("keras")
    finally:
        for name in hidden:
            del modules[name]
