"""Keras is imported without what it only looks for."""

import subprocess
import sys

from toy import ROOT

SCRIPT = """
import sys

from winnow.networks.lean import import_keras

import_keras()
assert {"keras", "tensorflow"} <= set(sys.modules)
assert not {"matplotlib", "sklearn"} & set(sys.modules)

import keras
import matplotlib.pyplot
import sklearn

keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
"""


def test_keras_is_imported_alone_and_leaves_the_others_to_be_imported():
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT / "workflow" / "scripts", check=True)
