"""Loss and accuracy of a scan's points by epoch."""

import numpy as np
import pandas as pd
import pytest

from winnow.statistics.evolution import evolution


def history(*losses):
    own = np.array(losses)
    epochs = np.arange(1, len(own) + 1)
    given = {"loss": own + 1, "accuracy": 1 - own, "validation_loss": own}
    return pd.DataFrame(
        {"epoch": epochs, "learning_rate": 0.1 / epochs, "validation_accuracy": own / 2, **given}
    )


def test_a_points_row_is_the_mean_of_those_of_its_trainings_that_got_there():
    tables = [history(0.5, 0.3), history(0.9), history(0.7, 0.1, 0.2)]
    found = evolution(tables, ["slow", "fast", "slow"]).set_index(["point", "epoch"])
    assert list(found.index) == [("slow", 1), ("slow", 2), ("fast", 1), ("slow", 3)]
    assert found["trainings"].tolist() == [2, 2, 1, 1]
    second = found.loc[("slow", 2)]
    assert second["validation_loss"] == pytest.approx(0.2)
    assert second[["validation_loss_low", "validation_loss_high"]].tolist() == [0.1, 0.3]
    assert second["train_loss"] == pytest.approx(1.2)
    assert second["train_accuracy_low"] == pytest.approx(0.7)
    assert second["validation_accuracy"] == pytest.approx(0.1)
    assert second["learning_rate"] == pytest.approx(0.05)


def test_each_training_has_a_point():
    with pytest.raises(ValueError, match="zip"):
        evolution([history(0.1)], ["a", "b"])
