"""Train on some virtual devices in a process of its own: python two_devices.py DEVICES FOLDER."""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

import sections
from winnow.training.evaluation import TrainingData
from winnow.training.progress import Watch

MODEL = {**sections.MODEL, "layers": [16, 16], "activation": "tanh", "l2": 0.001}
TRAINING = {**sections.TRAINING, "epochs": 3, "batch_size": 100, "clip_norm": 0.05}


def gaussians(count, seed):
    """Three unit Gaussians with weights."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, count)
    features = generator.normal(size=(count, 3)) + labels[:, None]
    weights = generator.uniform(0.2, 3.0, count)
    return TrainingData(features.astype(np.float32), labels.astype(np.int32), weights)


def main(devices, folder):
    """Train, and write history and weights."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(cpu, parts)
    strategy = tf.distribute.get_strategy()
    if devices > 1:
        strategy = tf.distribute.MirroredStrategy([f"CPU:{n}" for n in range(devices)])
    with strategy.scope():
        model = sections.built(MODEL, 3, 3, 1)
        paths = folder / "best.weights.h5", folder / "last.weights.h5"
        data = gaussians(730, 1), gaussians(510, 2)
        history, _ = sections.trained(model, *data, TRAINING, 1, *paths, Watch())
        assert model.trainable_variables[0].value.__class__.__name__.startswith(
            "Mirrored" if devices > 1 else "Resource"
        )
    history.to_csv(folder / "history.csv", index=False)
    np.savez(folder / "weights.npz", *model.get_weights())


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
