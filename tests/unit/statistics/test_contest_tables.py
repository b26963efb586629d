"""Contestants side by side: means, spreads, words, and who is beaten in nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from winnow.figures.pareto import undominated
from winnow.statistics.contest import areas, runs_table, settings_table, summary_table
from winnow.statistics.roc import roc_tables

ENTRIES = [
    {"contestant": name, "setting": "base", "repeat": f"{repeat:02d}"}
    for name in ("a", "b")
    for repeat in range(2)
]


def outcome(seconds, area, **words):
    return {
        "real_seconds": seconds,
        "cpu_seconds": 2 * seconds,
        "test_auc": area,
        "test_auc_uncertainty": 0.01,
        "epochs": None,
        "threads": 1,
        "versions": {"x": "1.0", "y": "2"},
        "machine": {"processor": "p", "cores": "2", "system": "Linux"},
        "words": words,
    }


OUTCOMES = [outcome(1, 0.8, loss="l"), outcome(3, 0.9), outcome(2, 0.7, loss="m", batch="n"),
            outcome(4, 0.7)]  # fmt: skip


def test_means_and_spreads_over_repeats():
    runs = runs_table(OUTCOMES, ENTRIES, {"neurons": {"base": 20}})
    assert list(runs["neurons"]) == ["20"] * 4
    assert list(runs["versions"]) == ["x 1.0 y 2"] * 4
    summary = summary_table(runs).set_index("contestant")
    assert summary.loc["a", "real_seconds"] == 2
    assert summary.loc["a", "real_seconds_spread"] == pytest.approx(np.sqrt(2))
    assert summary.loc["b", "test_auc_spread"] == 0
    assert np.isnan(summary.loc["a", "epochs"])
    assert list(summary["repeats"]) == [2, 2]


def test_words_stand_side_by_side():
    table = settings_table(OUTCOMES, ENTRIES).set_index("what")
    assert table.loc["loss"].tolist() == ["l", "m"]
    assert table.loc["batch"].tolist() == ["", "n"]


def test_areas_are_weighted_and_of_their_own_sample():
    random = np.random.default_rng(2)
    label = random.integers(0, 2, 900)
    table = pd.DataFrame(
        {
            "sample": np.repeat(["train", "validation", "test"], 300),
            "class": label,
            "weight": random.uniform(-0.2, 2, 900),
            "score_s": label + random.normal(size=900),
        }
    )
    found = areas(roc_tables(table, ("b", "s"), "s")[1])
    assert set(found) == {
        f"{s}_auc{u}" for s in ("validation", "test") for u in ("", "_uncertainty")
    }
    test = table[table["sample"] == "test"]
    positive = table.assign(weight=table["weight"].abs())
    expected = roc_auc_score(test["class"], test["score_s"], sample_weight=test["weight"].abs())
    curves, summary = roc_tables(positive, ("b", "s"), "s")
    assert areas(summary)["test_auc"] == pytest.approx(expected)
    curve = curves[curves["sample"] == "test"]
    area = np.trapezoid(curve["signal_efficiency"], curve["background_efficiency"])
    assert area == pytest.approx(expected, abs=1e-6)


def test_the_front_holds_what_nothing_beats_in_both():
    cost = pd.Series([1.0, 2.0, 2.0, 3.0, 4.0])
    quality = pd.Series([0.5, 0.7, 0.6, 0.7, 0.9])
    assert undominated(cost, quality).tolist() == [True, True, False, False, True]
