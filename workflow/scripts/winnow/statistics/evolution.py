"""How loss and accuracy go on with the epochs, point by point of a scan."""

from collections.abc import Iterable, Sequence

import pandas as pd

from winnow.columns import TRAIN, VALIDATION

QUANTITIES = ("loss", "accuracy")


def evolution(histories: Iterable[pd.DataFrame], points: Sequence[str]) -> pd.DataFrame:
    """Tabulate the mean over the trainings of each scan point, epoch by epoch.

    Args:
        histories: of each training, one row an epoch: epoch, learning_rate, loss, accuracy,
            validation_loss, validation_accuracy.
        points: the scan point of each.

    Returns:
        point, epoch, trainings (that got so far), learning_rate (mean), and of loss and accuracy of
        training and validation mean, lowest and highest: `validation_loss`, `validation_loss_low`,
        `validation_loss_high`. Points are in the order in which they come first.
    """
    kept = ["epoch", "learning_rate", *QUANTITIES, *(f"{VALIDATION}_{q}" for q in QUANTITIES)]
    own = [table[kept].assign(point=point) for table, point in zip(histories, points, strict=True)]
    names = {q: f"{TRAIN}_{q}" for q in QUANTITIES}
    table = pd.concat(own, ignore_index=True).rename(columns=names)
    found = {"trainings": ("epoch", "size"), "learning_rate": ("learning_rate", "mean")}
    for sample in (TRAIN, VALIDATION):
        for name in (f"{sample}_{quantity}" for quantity in QUANTITIES):
            found |= {name: (name, "mean"), f"{name}_low": (name, "min")}
            found[f"{name}_high"] = (name, "max")
    groups = table.groupby(["point", "epoch"], sort=False)
    return groups.agg(**found).reset_index()
