"""Area beside distance: each classifier's own, on test."""

import pandas as pd

from winnow.statistics.tradeoff import tradeoff

NAMES = ("kind", "point", "member", "fold")


def roc(area):
    """A summary with other areas wherever another sample or background might be taken."""
    rows = [
        ("signal", against, sample, area if (against, sample) == ("all", "test") else 0.5, 0.01)
        for against in ("all", "other")
        for sample in ("train", "validation", "test")
    ]
    return pd.DataFrame(rows, columns=["signal", "against", "sample", "auc", "auc_uncertainty"])


def test_each_classifiers_area_stands_beside_its_distances():
    scored = [
        dict(zip(NAMES, ("network", "base", "replica-00", "0"), strict=True)),
        dict(zip(NAMES, ("baseline", "boosting", "replica-00", "0"), strict=True)),
    ]
    distances = [
        pd.DataFrame({"spectator": ["mass", "time"], "distance": [0.1, 0.2]}),
        pd.DataFrame({"spectator": ["mass", "time"], "distance": [0.3, 0.4]}),
    ]
    table = tradeoff(scored, [roc(0.8), roc(0.9)], distances)
    assert table[["point", "spectator", "distance", "test_auc"]].to_numpy().tolist() == [
        ["base", "mass", 0.1, 0.8],
        ["base", "time", 0.2, 0.8],
        ["boosting", "mass", 0.3, 0.9],
        ["boosting", "time", 0.4, 0.9],
    ]
    assert set(table["test_auc_uncertainty"]) == {0.01}
