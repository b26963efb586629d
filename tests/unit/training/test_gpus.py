"""Which GPU a training takes on a machine that declares several."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from winnow.study.machine import local_gpus, visible_gpus
from winnow.training.gpus import claimed

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"
TRAINING = """
import os, sys, time
from pathlib import Path
from winnow.training.gpus import claimed
with claimed(int(sys.argv[1]), print, Path(sys.argv[2]), Path(sys.argv[3])):
    print(os.environ.get("CUDA_VISIBLE_DEVICES", "unset"), flush=True)
    time.sleep(float(sys.argv[4]))
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder of device files of three GPUs, and one for the locks."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("nvidia0", "nvidia1", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    (tmp_path / "locks").mkdir()
    return tmp_path


def start(machine, count=1, seconds=60.0, **environment):
    command = [sys.executable, "-c", TRAINING, str(count), str(machine), str(machine / "locks")]
    return subprocess.Popen(
        [*command, str(seconds)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(process):
    return process.stdout.readline().strip()


def ended(*processes):
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_trainings_side_by_side_take_different_gpus(machine):
    trainings = [start(machine) for _ in range(3)]
    try:
        assert sorted(first_line(training) for training in trainings) == ["0", "1", "2"]
    finally:
        ended(*trainings)


def test_one_that_finds_none_free_waits_and_takes_over_from_one_that_is_killed(machine):
    holders = [start(machine, 2)]
    holders.append(start(machine))
    try:
        taken = {first_line(holder): holder for holder in holders}
        waiting = start(machine)
        holders.append(waiting)
        told = "waiting for 1 of the GPUs 0, 1, 2: other trainings run there"
        assert first_line(waiting) == told
        (freed,) = [name for name in taken if "," not in name]
        taken[freed].send_signal(signal.SIGKILL)
        assert first_line(waiting) == freed
    finally:
        ended(*holders)


def test_of_those_that_a_scheduler_gave_a_free_one_is_taken(machine):
    trainings = [start(machine, CUDA_VISIBLE_DEVICES="GPU-5f/a,GPU-6e") for _ in range(2)]
    try:
        assert sorted(first_line(training) for training in trainings) == ["GPU-5f/a", "GPU-6e"]
    finally:
        ended(*trainings)


def test_what_a_scheduler_gave_to_one_job_alone_is_not_locked(machine):
    """In another job's own view of the machine the same number is another card."""
    trainings = [start(machine, CUDA_VISIBLE_DEVICES="0") for _ in range(2)]
    try:
        begin = time.monotonic()
        assert [first_line(training) for training in trainings] == ["0", "0"]
        assert time.monotonic() - begin < 30
        assert list((machine / "locks").iterdir()) == []
    finally:
        ended(*trainings)


def test_a_machine_with_fewer_gives_all_and_one_without_none(machine, monkeypatch):
    with claimed(4, print, machine, machine / "locks"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1,2"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    with claimed(1, print, machine / "locks", machine / "locks"):
        assert "CUDA_VISIBLE_DEVICES" not in os.environ
    with claimed(0, print, machine, machine / "locks"):
        assert "CUDA_VISIBLE_DEVICES" not in os.environ
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1,2")
    with claimed(1, print, machine, machine / "locks"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3,1,2"


@pytest.mark.parametrize(
    ("text", "names"),
    [("", []), ("-1", []), ("2", ["2"]), ("0, 1", ["0", "1"]), ("1,-1,0", ["1"])],
)
def test_gpus_that_the_environment_names_are_those_there_are(machine, monkeypatch, text, names):
    assert visible_gpus() is None
    assert local_gpus(machine) == 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", text)
    assert visible_gpus() == names
    assert local_gpus(machine) == len(names)
