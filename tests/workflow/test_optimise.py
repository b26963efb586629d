"""A search from its plan to the page: killed on the way, with other cores, with another round."""

import copy
import json
import os
import shutil
import signal
import threading
import time

import pandas as pd
import pytest

from toy import TOY, planned, run_snakemake, toy_events, write_study

RATE, INDICATORS = "training.learning_rate", "normalise.indicators"
CHOSEN = "results/toy/optimise/chosen.json"
TIMES = ["wall_seconds", "cpu_seconds"]


def study(**changes):
    config = copy.deepcopy(TOY)
    config["training"]["epochs"] = 3
    config["optimise"] = {
        "keys": {
            RATE: {"low": 1e-3, "high": 0.1, "log": True},
            INDICATORS: {"choices": [True, False]},
        },
        "rounds": 2,
        "points": 2,
        "halving": {"epochs": [1]},
        **changes,
    }
    return config


def begun(folder, config):
    folder.mkdir()
    toy_events(1200, 1).to_csv(folder / "events-0.csv", index=False)
    write_study(folder, config)


def kill_one(folder, killed, over):
    """Kill the first trial that is trained on its second rung."""
    while not killed and not over.is_set():
        second = folder.glob("logs/toy/optimise/round-0/rung-1/slot-0/trial.log")
        for lease in folder.glob("results/toy/optimise/trials/*/state/lease-*.json"):
            if any(second) and lease.read_text():
                killed.append(json.loads(lease.read_text())["pid"])
                os.kill(killed[0], signal.SIGKILL)
                return
        time.sleep(0.005)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A study that has searched, one of its trials killed on the way; and what was planned."""
    folder = tmp_path_factory.mktemp("search") / "study"
    begun(folder, study())
    before = planned(folder, "--configfile", "study.yaml")
    killed, over = [], threading.Event()
    watcher = threading.Thread(target=kill_one, args=(folder, killed, over))
    watcher.start()
    try:
        run_snakemake(folder, "--retries", "1", "--configfile", "study.yaml")
    finally:
        over.set()
        watcher.join()
    assert killed
    return folder, before


def test_a_plan_shows_every_job_of_the_search_and_of_what_it_chooses(searched):
    folder, before = searched
    own = {name: before[name] for name in ("propose", "trial", "promote", "choose", "train")}
    assert own == {"propose": 2, "trial": 6, "promote": 2, "choose": 1, "train": 2}
    assert planned(folder, "--configfile", "study.yaml") == {}


def test_what_is_chosen_is_trained_to_the_same_bits_as_on_its_rungs(searched):
    folder, _ = searched
    chosen = json.loads((folder / CHOSEN).read_text())
    trials = pd.read_csv(folder / "results/toy/optimise/optimise.csv")
    assert len(trials) == 4
    assert trials["trial"].iloc[0] == chosen["trial"]
    assert trials["outcome"].tolist() == ["finished"] * 2 + ["stopped"] * 2
    assert chosen["loss"] == trials["validation_loss"].iloc[0]
    run = folder / "results/toy/train/optimised/replica-00/fold-0/history.parquet"
    assert pd.read_parquet(run)["validation_loss"].min() == chosen["loss"]
    first = trials.set_index("trial").loc["trial-000"]
    assert (first[RATE], first[INDICATORS]) == (0.01, True)


def test_the_table_of_points_and_the_page_tell_what_was_chosen(searched):
    folder, _ = searched
    chosen = json.loads((folder / CHOSEN).read_text())["values"]
    points = pd.read_csv(folder / "results/toy/compare/points.csv").set_index("point")
    assert points.loc["optimised", RATE] == chosen[RATE]
    assert points.loc["base", RATE] == 0.01
    page = (folder / "results/toy/report/report.html").read_text()
    assert f"chose {points.loc['optimised', 'name']}, by a validation loss of" in page
    assert "trial-003" in page


def test_other_cores_and_no_kill_search_the_same(searched, tmp_path):
    """As far as what the second round is proposed, of all that came of the first."""
    folder, other = searched[0], tmp_path / "other"
    begun(other, study())
    proposed = "results/toy/optimise/round-1/rung-0/trials.json"
    run_snakemake(other, proposed, "--configfile", "study.yaml", cores=1)
    assert (other / proposed).read_bytes() == (folder / proposed).read_bytes()
    ended = sorted(path.relative_to(other) for path in (other / "results").glob("**/outcome.json"))
    assert len(ended) == 3
    for path in ended:
        one, two = (json.loads((own / path).read_text()) for own in (folder, other))
        assert {name: one[name] for name in one if name not in TIMES} == {
            name: two[name] for name in two if name not in TIMES
        }


def test_another_round_is_added_and_nothing_is_searched_again(searched, tmp_path):
    folder = shutil.copytree(searched[0], tmp_path / "more", symlinks=True)
    write_study(folder, study(rounds=3))
    more = planned(folder, "--configfile", "study.yaml")
    own = {name: more[name] for name in ("propose", "trial", "promote", "choose", "train")}
    assert own == {"propose": 1, "trial": 3, "promote": 1, "choose": 1, "train": 1}
