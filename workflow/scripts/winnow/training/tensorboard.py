"""Scalars for TensorBoard."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import tensorflow as tf


def tensorboard(folder: Path) -> Callable[[Mapping[str, float]], None]:
    """Return what writes rows of a training's history as TensorBoard events, by epoch.

    A first epoch removes what an earlier training left. The rows of a training that goes on from
    its state join those of the attempts before.
    """
    metadata = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
    writers: list[tf.summary.SummaryWriter] = []

    def write(row: Mapping[str, float]) -> None:
        epoch = int(row["epoch"])
        if not writers:
            if epoch == 0:
                shutil.rmtree(folder, ignore_errors=True)
            writers.append(tf.summary.create_file_writer(str(folder)))
        with writers[0].as_default():
            for name, value in row.items():
                if name not in ("epoch", "phase"):
                    scalar = tf.constant(value, tf.float32)
                    tf.summary.write(name, scalar, step=epoch, metadata=metadata)
        writers[0].flush()

    return write
