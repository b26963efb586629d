"""A study whose background's mass is kept from the score, by the loss and by weights."""

import numpy as np
import pandas as pd
import pytest

from toy import asked, run_snakemake, write_study

STUDY = {
    "study": "flat",
    "input": {"files": [{"path": "events.csv"}]},
    "columns": {
        "features": ["x", "near_mass"],
        "process": "process",
        "event_id": ["event"],
        "spectators": ["mass"],
    },
    "classes": {"background": ["zjets"], "signal": ["higgs"]},
    "signal_class": "signal",
    "scan": [
        {"training.decorrelation.strength": 0.0},
        {"training.decorrelation.strength": 3.0},
        {"balance.planing.column": "mass"},
    ],
    "normalise": {"steps": ["standard"]},
    "model": {"layers": [16], "activation": "tanh", "dropout": 0},
    "training": {
        "epochs": 30,
        "batch_size": 500,
        "learning_rate": 0.01,
        "decorrelation": {"spectator": "mass"},
    },
    "balance": {"scheme": "equal"},
    "sculpting": ["mass"],
}


def events(count):
    """A signal that is a peak in a mass, which a feature tells nearly, and that x tells, too."""
    random = np.random.default_rng(11)
    signal = np.arange(count) % 2 == 1
    mass = np.where(signal, random.normal(125, 8, count), random.uniform(60, 200, count))
    return pd.DataFrame(
        {
            "event": np.arange(count),
            "x": random.normal(signal * 1.0, 1.0),
            "near_mass": mass + random.normal(0, 3, count),
            "mass": mass,
            "process": np.where(signal, "higgs", "zjets"),
        }
    )


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flat")
    events(8000).to_csv(folder / "events.csv", index=False)
    run_snakemake(folder, "--configfile", write_study(folder, STUDY).name)
    return folder / "results/flat"


def test_a_training_asks_for_the_memory_of_all_pairs_of_its_largest_batch(tmp_path):
    """20 bytes a pair: 8,000 MB for batches of 20,000 events, 2,000 MB in the second phase's."""
    events(100).to_csv(tmp_path / "events.csv", index=False)
    found = []
    for strength, batch, phases in ((0, 500, 20_000), (1, 500, 20_000), (1, 10_000, 500)):
        training = STUDY["training"] | {
            "batch_size": batch,
            "phases": [{}, {"batch_size": phases}],
            "decorrelation": {"spectator": "mass", "strength": strength},
        }
        study = {**STUDY, "scan": {}, "training": training}
        given = write_study(tmp_path, study).name
        (train,) = [own for rule, own in asked(tmp_path, "--configfile", given) if rule == "train"]
        found.append(int(train["mem_mb"]))
    assert [more - found[0] for more in found] == [0, 8000, 2000]


def test_independence_of_the_mass_is_bought_with_area(flat):
    table = pd.read_csv(flat / "sculpting/tradeoff.csv").set_index("point")
    found = table[["distance", "test_auc"]].T
    plain, penalised, planed = (found[name] for name in ("base", "strength=3", "column=mass"))
    assert plain["distance"] > 0.1
    assert penalised["distance"] < plain["distance"] / 2
    # where there is no signal, no weights make the classes alike
    assert planed["distance"] < 0.8 * plain["distance"]
    # x alone is worth Φ(1/√2) = 0.76
    assert 0.72 < penalised["test_auc"] < plain["test_auc"]
    assert planed["test_auc"] < plain["test_auc"]


def test_the_history_records_the_penalty_and_the_kept_epoch_has_the_least_of_both(flat):
    run = "strength=3/replica-00/fold-0"
    history = pd.read_parquet(flat / f"train/{run}/history.parquet")
    assert (history[["penalty", "validation_penalty"]] > 0).all(axis=None)
    whole = history["validation_loss"] + history["validation_penalty"]
    passport = pd.read_json(flat / f"checkpoint_model/{run}/passport.json", typ="series")
    assert passport["epoch"] == whole.idxmin()
    without = pd.read_parquet(flat / "train/base/replica-00/fold-0/history.parquet")
    assert not without[["penalty", "validation_penalty"]].any(axis=None)


def test_the_report_shows_what_it_costs(flat):
    assert "Area against sculpting" in (flat / "report/report.html").read_text()
