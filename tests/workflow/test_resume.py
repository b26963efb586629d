"""A training that is killed at any moment ends as if it had never been."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forked import JOB, server
from toy import ROOT, TOY, run_snakemake, toy_events, write_study

PLACES = (ROOT / "workflow" / "scripts", ROOT / "tests", Path(__file__).parent)


def start(folder, change=None, every=0.0, slow=0.0):
    """Start an attempt in a process that has TensorFlow imported, which takes half of the time."""
    options = json.dumps({"change": change or {}, "every": every, "slow": slow})
    with Path(os.devnull).open("w") as nowhere:
        return server(*JOB).start(
            "function",
            ["training_attempt", "from_arguments", str(folder), options],
            folder,
            nowhere,
            nowhere,
            PYTHONPATH=os.pathsep.join(map(str, PLACES)),
        )


def lines(folder):
    path = folder / "log"
    return path.read_text().splitlines() if path.exists() else []


def begun(folder, process, line="begins"):
    """Wait until an attempt has come to a line of the log that was not there before."""
    before = sum(text.startswith(line) for text in lines(folder))
    while sum(text.startswith(line) for text in lines(folder)) == before:
        assert process.poll() in (None, 0)
        if process.poll() == 0:  # it went on at its very end
            return
        time.sleep(0.005)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    process = start(folder)
    begun(folder, process, "epoch 0 ")
    begin = time.monotonic()
    assert process.wait() == 0
    return folder, time.monotonic() - begin


def assert_same(first, second):
    assert (first / "history.csv").read_bytes() == (second / "history.csv").read_bytes()
    for name in ("best", "last"):
        with np.load(first / f"{name}.npz") as one, np.load(second / f"{name}.npz") as two:
            assert one.files == two.files
            assert all(one[entry].tobytes() == two[entry].tobytes() for entry in one.files)


def test_killed_at_twenty_moments_it_ends_as_undisturbed(undisturbed, tmp_path):
    """Moments between epochs, inside them, and inside the writing of a state."""
    reference, duration = undisturbed
    generator = np.random.default_rng(11)
    kills = 0
    while kills < 20:
        process = start(tmp_path)
        # before the first epoch ends most of the time goes into tracing the graph
        begun(tmp_path, process, "epoch" if kills % 4 else "begins")
        begin = time.monotonic()
        try:
            assert process.wait(float(generator.uniform(0.0, 0.5 * duration))) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
        else:
            assert_same(reference, tmp_path)
            shutil.rmtree(tmp_path / "state")  # and anew, for more kills
            # the machine may be less busy than it was
            duration = max(duration / 2, time.monotonic() - begin)
    assert start(tmp_path).wait() == 0
    assert_same(reference, tmp_path)
    assert sum(line.startswith("going on in epoch") for line in lines(tmp_path)) >= 10
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["state.npz"]


def test_a_training_that_is_finished_ends_at_once_and_as_before(undisturbed, tmp_path):
    reference, _ = undisturbed
    assert start(tmp_path).wait() == 0
    trained = sum(line.startswith("epoch ") for line in lines(tmp_path))
    assert start(tmp_path).wait() == 0
    assert lines(tmp_path)[-1] == "going on after its end"
    assert sum(line.startswith("epoch ") for line in lines(tmp_path)) == trained
    assert_same(reference, tmp_path)


def test_sigterm_saves_a_last_state_and_fails(undisturbed, tmp_path):
    process = start(tmp_path, every=1e9, slow=0.1)
    begun(tmp_path, process, "epoch 3 ")
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait() != 0
    assert time.monotonic() - begin < 10
    assert (tmp_path / "state" / "state.npz").exists()
    assert start(tmp_path).wait() == 0
    assert any(line.startswith("going on in epoch") for line in lines(tmp_path))
    assert_same(undisturbed[0], tmp_path)


def test_the_state_of_other_params_is_set_aside(tmp_path):
    process = start(tmp_path, slow=0.1)
    begun(tmp_path, process, "epoch 3 ")
    process.kill()
    process.wait()
    assert start(tmp_path, change={"learning_rate": 0.02}).wait() == 0
    assert not any(line.startswith("going on") for line in lines(tmp_path))
    assert any("with other parameters or inputs" in line for line in lines(tmp_path))
    left = {path.name for path in (tmp_path / "state").iterdir()}
    assert left == {"set-aside-1.npz", "state.npz"}


def test_a_worse_epoch_after_a_resume_does_not_replace_the_best(tmp_path):
    """keras#17012: the first epoch after a restart overwrites the best model with a worse one."""
    change = {"phases": [], "epochs": 25, "learning_rate": 0.5}
    process = start(tmp_path, change=change, slow=0.1)
    begun(tmp_path, process, "epoch 20 ")
    process.kill()
    process.wait()
    assert start(tmp_path, change=change).wait() == 0
    assert any(line.startswith("going on in epoch") for line in lines(tmp_path))
    losses = pd.read_csv(tmp_path / "history.csv")["validation_loss"]
    assert len(losses) == 25
    assert losses.idxmin() < 18
    assert json.loads((tmp_path / "best.json").read_text()) == losses.min()


def test_a_train_job_that_is_killed_goes_on_at_its_retry(tmp_path):
    toy_events(4000, 1).to_csv(tmp_path / "events-0.csv", index=False)
    training = {**TOY["training"], "epochs": 400}
    write_study(tmp_path, {**TOY, "training": training, "hardware": {"save_every": 1}})
    run = "train/base/replica-00/fold-0"
    target = f"results/toy/{run}/history.parquet"
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "2"]
    command += ["--retries", "2", target, "--configfile", "study.yaml"]
    state = tmp_path / "results" / "toy" / run / "state"
    with (tmp_path / "out").open("w") as out:
        snakemake = subprocess.Popen(command, cwd=tmp_path, stdout=out, stderr=out)
        while not (state / "state.npz").exists():
            assert snakemake.poll() is None, (tmp_path / "out").read_text()
            time.sleep(0.02)
        leases = [json.loads(path.read_text()) for path in state.glob("lease-*.json")]
        os.kill(leases[0]["pid"], signal.SIGKILL)
        assert snakemake.wait() == 0, (tmp_path / "out").read_text()
    log = (tmp_path / "logs" / "toy" / run / "train.log").read_text()
    assert "going on in epoch" in log
    assert [path.name for path in state.iterdir()] == ["state.npz"]
    killed = (tmp_path / target).read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    (other / "events-0.csv").symlink_to(tmp_path / "events-0.csv")
    write_study(other, {**TOY, "training": training})
    run_snakemake(other, target, "--configfile", "study.yaml", forked=False)
    assert (other / target).read_bytes() == killed


def test_a_job_that_fails_costs_no_training(tmp_path):
    """A defect in the input removes what ingest made; mended, the trainings are found finished."""
    table = toy_events(400, 1)
    table.to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, {**TOY, "input": {**TOY["input"], "on_defect": "error"}})
    run = "train/base/replica-00/fold-0"
    target, log = f"results/toy/{run}/history.parquet", tmp_path / f"logs/toy/{run}/train.log"
    arguments = (target, "--configfile", "study.yaml")
    run_snakemake(tmp_path, *arguments)
    history = (tmp_path / target).read_bytes()
    assert "epoch 0 " in log.read_text()
    with (tmp_path / "events-0.csv").open("a") as stream:
        stream.write(",".join(["what"] * len(table.columns)) + "\n")
    assert run_snakemake(tmp_path, *arguments, check=False).returncode == 1
    table.to_csv(tmp_path / "events-0.csv", index=False)
    run_snakemake(tmp_path, *arguments)
    assert "going on after its end" in log.read_text()
    assert "epoch 0 " not in log.read_text()
    assert (tmp_path / target).read_bytes() == history
