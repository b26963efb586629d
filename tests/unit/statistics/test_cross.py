"""The folds of a classifier together."""

import numpy as np
import pandas as pd
import pytest

from winnow.statistics.cross import summed_yields


def fold_yields(rows):
    """A table of yields at the cut chosen on validation, with other rows that must not count."""
    table = pd.DataFrame(rows, columns=["class", "process", "entries", "weights"])
    table["yield"] = [sum(w) * 4 for w in table["weights"]]
    table["uncertainty"] = [4 * np.sqrt(np.sum(np.square(w))) for w in table["weights"]]
    table = table.assign(
        scan="exact", chosen_on="validation", sample="test", counts_as=table["class"]
    ).drop(columns=["weights"])
    others = [
        table.assign(**{key: value, "yield": 1e6})
        for key, value in (("scan", "grid"), ("chosen_on", "test"), ("sample", "train"))
    ]
    return pd.concat([table, *others])


def test_test_parts_add_up_to_the_whole_sample():
    """Four folds of a quarter each, yields scaled by 4: the sum of all selected weights."""
    rng = np.random.default_rng(1)
    parts = [
        [
            ("background", "tt", 3, rng.uniform(0.5, 2, 3)),
            ("background", "Z", 2, rng.uniform(-1, 2, 2)),
            ("signal", "H", 4, rng.uniform(0.1, 0.2, 4)),
        ]
        for _ in range(4)
    ]
    table = summed_yields([fold_yields(rows) for rows in parts]).set_index("process")
    for position, name in enumerate(("tt", "Z", "H")):
        weights = np.concatenate([rows[position][3] for rows in parts])
        assert table.loc[name, "yield"] == pytest.approx(weights.sum(), rel=1e-12)
        error = np.sqrt(np.sum(weights**2))
        assert table.loc[name, "uncertainty"] == pytest.approx(error, rel=1e-12)
        assert table.loc[name, "entries"] == weights.size
        assert table.loc[name, "folds"] == 4


def test_a_fold_without_a_cut_leaves_no_sum():
    rows = [("signal", "H", 1, np.ones(1))]
    assert summed_yields([fold_yields(rows), fold_yields(rows).iloc[:0]]).empty


def test_a_fold_that_tests_no_event_of_a_process_adds_nothing():
    """The other folds know the process better than the one event that its table counts."""
    tested = [("signal", "H", 2, np.array([1.0, 2.0])), ("background", "tt", 0, np.zeros(1))]
    absent = [("signal", "H", 0, np.array([1.5, -1.5])), ("background", "tt", 1, np.ones(1))]
    table = summed_yields([fold_yields(tested), fold_yields(absent)]).set_index("process")
    assert table.loc["H", "yield"] == pytest.approx(4 * 3.0 / 2, rel=1e-12)
    assert table.loc["H", "uncertainty"] == pytest.approx(4 * np.sqrt(5.0) / 2, rel=1e-12)
    assert table.loc["H", "folds"] == 1
    # tested, though nothing of it passes there
    assert table.loc["tt", "folds"] == 2
