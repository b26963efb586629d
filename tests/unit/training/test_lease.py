import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from winnow.errors import WinnowError
from winnow.training.lease import LeaseLost, acquire

HEARTBEAT, EXPIRY = 0.02, 0.4
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

OWNER = """
import sys
from pathlib import Path
from winnow.training.lease import LeaseLost, acquire
lease = acquire(Path(sys.argv[1]), lambda line: None, float(sys.argv[2]), float(sys.argv[3]))
print("held", flush=True)
for line in sys.stdin:
    try:
        lease.check()
        print("ours", flush=True)
    except LeaseLost as error:
        print(error, flush=True)
"""


@contextmanager
def owner(folder):
    command = [sys.executable, "-c", OWNER, str(folder), str(HEARTBEAT), str(EXPIRY)]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


class Waiter(threading.Thread):
    """Waits for a lease, as the second of two trainings does."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.lines, self.lease = folder, [], None
        self.start()

    def run(self):
        self.lease = acquire(self.folder, self.lines.append, HEARTBEAT, EXPIRY)


def ask(process):
    process.stdin.write("?\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def rewritten(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def lease_of_a_dead_process(folder):
    """Leave a lease whose process has ended without releasing it."""
    with owner(folder) as process:
        process.kill()
    return folder / "lease-1.json"


def test_a_lease_is_a_file_while_it_is_held(tmp_path):
    lines = []
    with acquire(tmp_path / "a" / "state", lines.append, HEARTBEAT, EXPIRY) as lease:
        found = json.loads((tmp_path / "a" / "state" / "lease-1.json").read_text())
        assert found["pid"] == os.getpid()
        assert {"host", "boot_id", "pid_namespace", "started", "token"} < found.keys()
        lease.check()
        before = lease.path.stat().st_mtime_ns
        time.sleep(5 * HEARTBEAT)
        assert lease.path.stat().st_mtime_ns > before
    assert names(tmp_path / "a" / "state") == []
    lease.release()
    assert lines == []


def test_the_second_waits_while_the_first_lives_and_goes_on_when_it_ends(tmp_path):
    first = acquire(tmp_path, str, HEARTBEAT, EXPIRY)
    second = Waiter(tmp_path)
    second.join(2.5 * EXPIRY)
    assert second.lease is None
    first.check()
    host = json.loads(first.path.read_text())["host"]
    waiting = (
        f"{first.path}: the training with process id {os.getpid()} on {host} holds this state; "
        "waiting until it ends or its heartbeat has stopped for 0.4 s"
    )
    assert second.lines == [waiting]
    first.release()
    second.join(5)
    second.lease.check()
    assert second.lines == [waiting]
    second.lease.release()


def test_the_lease_of_a_killed_process_of_this_machine_is_taken_over_at_once(tmp_path):
    with owner(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, not reaped: a zombie
        lines, start = [], time.monotonic()
        with acquire(tmp_path, lines.append, HEARTBEAT, expiry_seconds=20) as lease:
            assert time.monotonic() - start < 10
            lease.check()
            assert names(tmp_path) == ["lease-2.json"]
    host = os.uname().nodename
    assert lines == [
        f"{tmp_path}/lease-2.json: taken over from the training with process id {process.pid} on "
        f"{host}: its process no longer exists"
    ]


def test_a_process_id_that_another_process_has_now_is_not_the_owner(tmp_path):
    path = lease_of_a_dead_process(tmp_path)
    rewritten(path, pid=os.getpid())
    start = time.monotonic()
    with acquire(tmp_path, str, HEARTBEAT, expiry_seconds=20):
        assert time.monotonic() - start < 10


@pytest.mark.parametrize("place", ["host", "boot_id", "pid_namespace"])
def test_a_lease_from_elsewhere_is_taken_over_when_its_heartbeat_has_stopped(tmp_path, place):
    path = lease_of_a_dead_process(tmp_path)
    rewritten(path, **{place: "elsewhere"})
    os.utime(path, (0, 4e9))  # a clock that is far ahead
    lines, start = [], time.monotonic()
    with acquire(tmp_path, lines.append, HEARTBEAT, EXPIRY) as lease:
        assert EXPIRY <= time.monotonic() - start < 10
        lease.check()
        assert names(tmp_path) == ["lease-2.json"]
    assert lines[-1].endswith("its heartbeat has stopped for 0.4 s")


def test_a_lease_from_elsewhere_holds_while_its_heartbeat_goes_on(tmp_path):
    path = lease_of_a_dead_process(tmp_path)
    rewritten(path, host="elsewhere")
    waiter = Waiter(tmp_path)
    for beat in range(10):
        os.utime(path, (0, 1000 - beat))  # a clock that is behind and set back
        time.sleep(EXPIRY / 4)
        assert waiter.lease is None
    waiter.join(5)
    waiter.lease.release()


def test_a_lease_that_was_never_signed_expires(tmp_path):
    (tmp_path / "lease-3.json").touch()
    lines = []
    with acquire(tmp_path, lines.append, HEARTBEAT, EXPIRY):
        assert names(tmp_path) == ["lease-4.json"]
    assert "a training that has not signed its lease holds this state" in lines[0]


def test_an_owner_that_slept_through_a_takeover_notices(tmp_path):
    with owner(tmp_path) as process:
        assert ask(process) == "ours"
        process.send_signal(signal.SIGSTOP)
        with acquire(tmp_path, str, HEARTBEAT, EXPIRY) as lease:
            process.send_signal(signal.SIGCONT)
            assert ask(process).startswith(f"{tmp_path}/lease-1.json: another training has taken")
            before = lease.path.stat().st_mtime_ns
            process.stdin.close()
            assert process.wait() == 0
            lease.check()
            time.sleep(3 * HEARTBEAT)
            assert lease.path.stat().st_mtime_ns > before


def test_a_lease_under_the_same_name_is_not_taken_for_ones_own(tmp_path):
    lost = acquire(tmp_path, str, HEARTBEAT, EXPIRY)
    lost.path.unlink()
    with acquire(tmp_path, str, 60, 120) as lease:
        assert lease.path == lost.path
        with pytest.raises(LeaseLost, match="wait for it"):
            lost.check()
        before = lease.path.stat().st_mtime_ns
        time.sleep(3 * HEARTBEAT)
        assert lease.path.stat().st_mtime_ns == before  # the lost one's heart beats elsewhere
        lost.release()
        lease.check()
    assert issubclass(LeaseLost, WinnowError)


RACER = """
import os, sys, time
from pathlib import Path
from winnow.training.lease import acquire

folder, me, racers, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for number in range(rounds):
    (folder / f"ready-{number}-{me}").touch()
    while len(list(folder.glob(f"ready-{number}-*"))) < racers:
        time.sleep(0.001)
    with acquire(folder / str(number), print, 0.02, 5) as lease:
        os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
        time.sleep(0.002)
        lease.check()
        (folder / "inside").unlink()
print("done")
"""


def test_of_waiters_that_race_for_a_dead_lease_one_wins_at_a_time(tmp_path):
    racers, rounds = 3, 15
    dead = lease_of_a_dead_process(tmp_path / "dead").read_text()
    for number in range(rounds):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "lease-1.json").write_text(dead)
    command = [sys.executable, "-c", RACER, str(tmp_path)]
    processes = [
        subprocess.Popen(
            [*command, str(me), str(racers), str(rounds)],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for me in range(racers)
    ]
    lines = []
    try:
        for process in processes:
            lines += process.communicate(timeout=20)[0].splitlines()
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * racers
    assert lines.count("done") == racers
    for number in range(rounds):
        taken = [line for line in lines if line.startswith(f"{tmp_path}/{number}/lease-2")]
        assert len([line for line in taken if "no longer exists" in line]) == 1
        assert names(tmp_path / str(number)) == []


def test_a_waiter_that_slept_before_it_took_over_takes_nothing_from_the_next(tmp_path, monkeypatch):
    lease_of_a_dead_process(tmp_path)
    others, system_open = [], os.open

    def open_late(path, *arguments):
        if str(path).endswith("lease-2.json") and not others:
            others.append(None)
            for path in tmp_path.iterdir():
                path.unlink()  # another took over and ended, a third began
            others[0] = acquire(tmp_path, str, HEARTBEAT, EXPIRY)
        return system_open(path, *arguments)

    monkeypatch.setattr(os, "open", open_late)
    waiter = Waiter(tmp_path)
    waiter.join(2 * EXPIRY)
    assert waiter.lease is None
    others[0].check()
    assert names(tmp_path) == ["lease-1.json"]
    others[0].release()
    waiter.join(5)
    waiter.lease.release()


def test_an_expiry_shorter_than_two_heartbeats_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="heartbeats"):
        acquire(tmp_path, str, 1, 1.9)
