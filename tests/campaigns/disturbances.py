"""What is done to a study: its files before it is started, its processes while it runs."""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable

import numpy as np

from campaigns.disturbed import Case, kill
from forked import JOB, server

YEAR = 365 * 86400


def flipped(case: Case) -> None:
    """Change one bit of a file, its date as it was."""
    damaged(case, lambda old: flip(old, case.random))


def truncated(case: Case) -> None:
    """Cut a file at a random length."""
    damaged(case, lambda old: old[: int(case.random.integers(len(old)))] if old else b"x")


def exchanged(case: Case) -> None:
    """Put another study's file in its place; where that is the same, another of its files."""
    own = (case.other / case.hurt).read_bytes()
    if own == case.path.read_bytes():
        own = b"".join((case.other / path).read_bytes() for path in case.jobs[0].input[:2]) + b"\n"
    damaged(case, lambda _: own)


def recorded(case: Case) -> None:
    """Change one bit of a file's record."""
    place = case.folder / ".winnow" / "checksums" / case.hurt
    place.write_bytes(flip(place.read_bytes(), case.random))


def damaged(case: Case, change: Callable[[bytes], bytes]) -> None:
    """Change a file's content; half of the time its date stays what it was."""
    before = case.path.stat().st_mtime_ns
    case.path.write_bytes(change(case.path.read_bytes()))
    if case.random.random() < 0.5:
        os.utime(case.path, ns=(before, before))


def flip(old: bytes, random: np.random.Generator) -> bytes:
    """Return bytes with one bit changed."""
    new = bytearray(old or b"\0")
    new[random.integers(len(new))] ^= 1 << int(random.integers(8))
    return bytes(new)


def clock(case: Case) -> None:
    """Set the dates of all files a year ahead or back, as where the clock was wrong."""
    shift = int(case.random.choice([-YEAR, YEAR])) * 10**9
    for path in case.folder.rglob("*"):
        if path.is_file():
            date = path.stat().st_mtime_ns + shift
            os.utime(path, ns=(date, date))


def worker_killed(case: Case) -> bool:
    """Kill one of the processes that a job runs in."""
    found = case.workers() if case.moment() else []
    kill([int(case.random.choice(found))] if found else [])
    return bool(found)


def snakemake_killed(case: Case) -> bool:
    """Kill Snakemake alone, so that its jobs run on while the next one starts."""
    found = case.moment()
    kill([case.main.pid])
    return found


def all_killed(case: Case) -> bool:
    """Kill Snakemake and its jobs."""
    found = case.moment()
    kill([case.main.pid, *case.workers()])
    return found


def changed(case: Case) -> bool:
    """Change a file while it may be read, and put the old content back before the next start."""
    old = case.path.read_bytes()
    case.healing = lambda: case.path.write_bytes(old)
    found = case.moment()
    lines = old.splitlines(keepends=True)
    kept = int(case.random.integers(1, max(2, len(lines))))
    case.path.write_bytes(b"".join(lines[:kept] + lines[kept + 1 :]))
    return found


def touched(case: Case) -> bool:
    """Give a file another date while it may be read."""
    found = case.moment()
    case.path.touch()
    return found


def disk_full(case: Case) -> bool:
    """Fill the disk up to a few kB."""
    found = case.moment()
    ballast = case.folder.parent / "ballast"
    case.healing = lambda: ballast.unlink(missing_ok=True)
    room = shutil.disk_usage(case.folder).free - int(2 ** case.random.uniform(10, 17))
    with contextlib.suppress(OSError), ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(1, room))
    return found


def size_limited(case: Case) -> bool:
    """Allow jobs files of a few kB only."""
    pid = server(*JOB).process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    limit = int(2 ** case.random.uniform(11, 15))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, before[1]))
    case.healing = lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    return case.main.poll() is None


def unwritable(case: Case) -> None:
    """Make a folder that a job writes into read-only."""
    folder = (case.folder / case.jobs[-1].output[0]).parent
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    case.healing = lambda: subprocess.run(["umount", folder], check=True)


BEFORE = {
    "bit flipped": flipped,
    "cut": truncated,
    "another study's": exchanged,
    "record damaged": recorded,
    "clock set": clock,
    "folder unwritable": unwritable,
}
MEANWHILE = {
    "worker killed": worker_killed,
    "snakemake killed": snakemake_killed,
    "all killed": all_killed,
    "input changed": changed,
    "input touched": touched,
    "disk full": disk_full,
    "file size limited": size_limited,
}
FILE = ("bit flipped", "cut", "another study's", "record damaged", "input touched")
DIRECT = ("bit flipped", "cut", "another study's", "record damaged")
MOUNTED = ("disk full", "folder unwritable")
LONG = ("worker killed", "snakemake killed", "all killed", "disk full")
# how often each is drawn: what is silent where it is not found most of all
SHARES = {
    "bit flipped": 5,
    "cut": 2,
    "another study's": 4,
    "record damaged": 1,
    "clock set": 1,
    "folder unwritable": 1,
    "worker killed": 4,
    "snakemake killed": 3,
    "all killed": 3,
    "input changed": 2,
    "input touched": 1,
    "disk full": 3,
    "file size limited": 1,
}
