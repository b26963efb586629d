"""Disturbs studies at random moments, and looks at what comes out when they are started again.

python tests/campaigns/faults.py --faults 200 --seed 1

A small study is run once undisturbed, and once more with another seed, which is the other study
whose files lie in the way. Each fault takes a copy, removes what one job or two in a row have made,
and disturbs: files before the start, processes and files while it runs. Then it is started again,
after what the message says was done, until it ends. All files must then be those of the undisturbed
study, to the byte but for run times and dates, and nothing that was finished may have been made
again. A message is one line that names the file and says how it is mended. Each fault is printed
with its number (`--first NUMBER --faults 1` shows it alone); the exit code says if one was bad.
"""

import argparse
import collections
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from forked import JOB, PLAN, python, server
from toy import ROOT, TOY, run_snakemake, toy_events, write_study

CONFIG = ("--configfile", "study.yaml")
STUDY = {
    **TOY,
    "replicas": 2,
    "baselines": ["logistic_regression"],
    "training": {**TOY["training"], "epochs": 6, "batch_size": 40},
    "fom": {"systematic": 0.1, "min_background_entries": 5},
}
EVENTS = 800
YEAR = 365 * 86400
# what run times and dates stand in
TIMED = {"timing.parquet", "report.html", "points.png", "points.pdf", "state.npz"}
BAD = ("wrong", "unclear", "redone", "stuck")
ROUNDS = 8
"""Starts after which a study must have ended."""


@dataclass(frozen=True)
class Job:
    """A job of the study: its rule, and the files it reads and makes."""

    rule: str
    input: tuple[str, ...]
    output: tuple[str, ...]


@dataclass
class Case:
    """One fault: the copy of the study that it is done to, and what has been done and said.

    Attributes:
        study: the undisturbed study.
        other: another study's folder, the same file names.
        folder: the copy.
        random: what draws.
        jobs: whose outputs were removed; the last one's are asked for.
        hurt: the file that was damaged, exchanged or changed.
        said: what the starts have printed.
        healing: what a user does when told of the disk, before the next start.
        main: Snakemake's process.
    """

    study: "Study"
    other: Path
    folder: Path
    random: np.random.Generator
    jobs: tuple[Job, ...]
    hurt: str = ""
    said: list[str] = field(default_factory=list)
    healing: Callable[[], object] = lambda: None
    main: Any = None

    @property
    def path(self) -> Path:
        """The file that was hurt."""
        return self.folder / self.hurt

    def workers(self) -> list[int]:
        """Return the processes of jobs."""
        return sorted(processes(self.folder) - {self.main.pid})

    def start(self) -> None:
        """Start Snakemake, without waiting for it."""
        wanted = self.jobs[-1].output[:1]
        arguments = ["-s", str(ROOT / "Snakefile"), "--cores", "2", "--rerun-incomplete"]
        with (self.folder / "said").open("wb") as said:
            self.main = server(*PLAN).start(
                "snakemake", [python(), *arguments, *wanted, *CONFIG], self.folder, said, said
            )

    def ended(self, orphans: bool = True) -> int:
        """Wait for Snakemake and for all that it has started; return its exit code.

        orphans: whether to wait for jobs that have outlived it.
        """
        code: int = self.main.wait()
        give_up = time.monotonic() + 120
        while orphans and self.workers():
            if time.monotonic() > give_up:
                raise TimeoutError(f"processes of {self.folder} do not end")
            time.sleep(0.05)
        self.said.append((self.folder / "said").read_text(errors="replace"))
        return code

    def moment(self, most: float = 1.2) -> bool:
        """Wait until a random moment, mostly while a job runs; return whether there was one."""
        if self.random.random() < 0.8:
            while self.main.poll() is None and not self.workers():
                time.sleep(0.03)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.main.wait(float(self.random.uniform(0, most)))
        return self.main.poll() is None


class Study:
    """An undisturbed study."""

    def __init__(self, folder: Path) -> None:
        """Read which jobs it has, in a folder where it has been run to its end."""
        self.folder = folder
        told = run_snakemake(folder, "-n", "--forceall", *CONFIG).stdout
        self.jobs = [job for job, _ in jobs_of(told) if job.output]
        self.results = next((folder / "results").iterdir()).relative_to(folder)

    def consumers(self, job: Job) -> list[Job]:
        """Return the jobs that read what a job makes."""
        return [own for own in self.jobs if set(own.input) & set(job.output)]

    def differences(self, folder: Path) -> list[str]:
        """Return the files that are missing, changed or too many in another folder."""
        own, found = (files(f / self.results) for f in (self.folder, folder))
        extra = {name for name in found - own if not Path(name).match("state/*")}
        changed = {
            name
            for name in own & found
            if content(self.folder / self.results / name) != content(folder / self.results / name)
        }
        lost = {name for name in own - found if not Path(name).match("state/*")}
        return sorted(extra | changed | lost)


def jobs_of(told: str) -> list[tuple[Job, str]]:
    """Return the jobs that Snakemake's messages announce, and the number of each."""
    found = []
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n((?: {4}\S.*\n)+)", told, re.MULTILINE):
        said = dict(re.findall(r"^ {4}(\w+): (.*)$", block, re.MULTILINE))
        paths = (tuple(filter(None, said.get(k, "").split(", "))) for k in ("input", "output"))
        found.append((Job(rule, *paths), said["jobid"]))
    return found


def finished(told: str) -> set[str]:
    """Return what the jobs made that Snakemake's messages call finished."""
    done = set(re.findall(r"^Finished jobid: (\d+)", told, re.MULTILINE))
    return {path for job, number in jobs_of(told) if number in done for path in job.output}


def files(folder: Path) -> set[str]:
    """Return the files below a folder, without the temporary ones that a kill leaves."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)) for path in paths}
    return {name for name in names if not Path(name).name.startswith(".")}


def content(path: Path) -> object:
    """Return what must be the same in a file, without run times and dates."""
    if path.name in TIMED:
        return None
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            # the others hold dates and places in memory
            return archive.read("model.weights.h5")
    if path.name in ("runs.csv", "points.csv"):
        table = pd.read_csv(path, dtype=str)
        return table[[name for name in table if "seconds" not in name]].to_csv()
    return path.read_bytes()


def processes(folder: Path) -> set[int]:
    """Return the processes that run in a folder."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            own = (process / "cwd").readlink() == folder
            if own and (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.add(int(process.name))
    return found


def kill(pids: Iterable[int]) -> None:
    """End processes at once."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


# ------------------------------------------------------------------------------------ the faults


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


def prepared(study: Study, other: Path, folder: Path, seed: Sequence[int], kind: str) -> Case:
    """Copy the study and remove what one job, or two in a row, have made."""
    shutil.copytree(study.folder, folder, symlinks=True)
    random = np.random.default_rng(seed)
    made = {path for job in study.jobs for path in job.output}
    able = study.jobs
    if kind in FILE:
        able = [job for job in able if set(job.input) & made]
    if kind == "input changed":
        able = [job for job in able if set(job.input) - made]
    names = sorted({job.rule for job in able})
    rule = names[random.integers(len(names))]
    own = [job for job in able if job.rule == rule]
    jobs = [own[random.integers(len(own))]]
    if kind in LONG and (after := study.consumers(jobs[0])):
        jobs.append(after[random.integers(len(after))])
    case = Case(study, other, folder, random, tuple(jobs))
    for path in (path for job in jobs for path in job.output):
        (folder / path).unlink()
        state = (folder / path).parent / "state"
        if rule == "train" and state.exists() and random.random() < 0.5:
            shutil.rmtree(state)
    if kind in FILE or kind == "input changed":
        taken = made if kind in FILE else set(jobs[0].input) - made
        found = sorted(set(jobs[0].input) & taken)
        case.hurt = found[random.integers(len(found))]
    return case


def judged(case: Case, kind: str) -> tuple[str, str]:
    """Do a fault, start again until the study ends; return what came of it, and the last words."""
    happened, healed, rounds = True, False, 1
    if kind in BEFORE:
        BEFORE[kind](case)
    try:
        case.start()
        if kind in MEANWHILE:
            happened = MEANWHILE[kind](case)
        # the next Snakemake starts while jobs of the one that was killed go on
        code, verdict = (
            case.ended(kind != "snakemake killed"),
            "went on" if happened else "too late",
        )
        while code or not healed:
            healed = True
            if code:
                verdict = answer(case, kind)
                if verdict in BAD:
                    return verdict, case.said[-1][-3000:]
            case.healing()
            if not code and kind != "input changed":
                break
            case.start()
            code, rounds = case.ended(), rounds + 1
            if rounds > ROUNDS:
                return "stuck", case.said[-1][-3000:]
    finally:
        case.healing()
    wrong = case.study.differences(case.folder)
    if wrong:
        return "wrong", f"{case.hurt}: {wrong}"
    again = redone(case.said) if kind not in ("clock set", "input changed", "input touched") else []
    return ("redone", str(again)) if again else (verdict, "")


def answer(case: Case, kind: str) -> str:
    """Return what a start that failed has told, once what it asks for is done."""
    told = case.said[-1]
    lines = sorted(set(re.findall(r"^winnow: error: (.*)$", told, re.MULTILINE)))
    if not lines and kind in MOUNTED and re.search(r"OSError: \[Errno (28|30)\] .+: '.+'", told):
        return "told by Snakemake"
    if "Traceback" in told:
        return "unclear"
    if len(lines) == 1 and lines[0].endswith("it is made again."):
        named = case.folder / lines[0].partition(":")[0]
        named.unlink()
        return "told" if case.hurt in ("", str(named.relative_to(case.folder))) else "unclear"
    if lines and all("start again" in line for line in lines):
        return "told"
    if "LockException" in told or "--unlock" in told:
        run_snakemake(case.folder, "--unlock", *CONFIG)
        return "told"
    return "started again" if kind.endswith("killed") else "unclear"


def redone(said: Sequence[str]) -> list[str]:
    """Return what was made again though an earlier start had finished it, and nobody deleted it."""
    done, again = set[str](), set[str]()
    for told in said:
        begun = {path for job, _ in jobs_of(told) for path in job.output}
        again |= done & begun
        done |= finished(told)
    return sorted(again)


@contextlib.contextmanager
def place(mounted: bool) -> Iterator[Path]:
    """Yield a folder for the copies; a disk of its own where one can be mounted and filled."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        if mounted:
            options = ["-t", "tmpfs", "-o", "size=48m", "tmpfs"]
            subprocess.run(["mount", *options, folder], check=True)
        try:
            yield Path(folder)
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", folder], check=True)


def mountable() -> bool:
    """Return whether this process may mount a disk."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "tmpfs", folder]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
    return True


def made(folder: Path, seed: int) -> Path:
    """Run the small study in a folder to its end."""
    folder.mkdir()
    events = toy_events(EVENTS, 1)
    for number, part in enumerate(np.array_split(np.arange(EVENTS), 2)):
        events.iloc[part].to_csv(folder / f"events-{number}.csv", index=False)
    write_study(folder, {**STUDY, "seed": seed})
    run_snakemake(folder, *CONFIG)
    return folder


def fault(study: Study, other: Path, where: Path, seed: int, number: int, kind: str) -> Any:
    """Do one fault; return its job, what came of it and the last words."""
    folder = where / f"fault-{number}"
    case = prepared(study, other, folder, (seed, number), kind)
    try:
        verdict, words = judged(case, kind)
    finally:
        kill(processes(folder))
        shutil.rmtree(folder, ignore_errors=True)
    return " → ".join(job.rule for job in case.jobs), case.hurt, verdict, words


def main() -> int:
    """Run a campaign, and print its counts and faults."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", help="those alone", choices=[*BEFORE, *MEANWHILE])
    parser.add_argument("--studies", type=Path, help="folder that keeps both studies for next time")
    given = parser.parse_args()
    can = mountable()
    shares = {k: s for k, s in SHARES.items() if (can or k not in MOUNTED)}
    shares = {k: s for k, s in shares.items() if not given.kinds or k in given.kinds}
    kinds, weights = list(shares), np.array(list(shares.values()), float)
    counts: dict[str, collections.Counter[str]] = {k: collections.Counter() for k in kinds}
    with contextlib.ExitStack() as stack:
        where = stack.enter_context(place(can))
        kept = given.studies or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for seed, name in enumerate(("one", "other"), start=1):
            if not (kept / name).exists():
                made(kept / name, seed)
        study = Study(kept / "one")
        for number in range(given.first, given.first + given.faults):
            draw = np.random.default_rng((given.seed, number, 1))
            kind = kinds[draw.choice(len(kinds), p=weights / weights.sum())]
            begin = time.monotonic()
            jobs, hurt, verdict, words = fault(
                study, kept / "other", where, given.seed, number, kind
            )
            counts[kind][verdict] += 1
            seconds = time.monotonic() - begin
            print(f"{number} {kind}: {jobs} {hurt}: {verdict} ({seconds:.0f} s)", flush=True)
            if verdict in BAD:
                print("   ", words.replace("\n", "\n    "), flush=True)
    for kind, count in counts.items():
        print(f"{kind:18} {count.total():4}", dict(sorted(count.items())))
    return int(any(count[bad] for count in counts.values() for bad in BAD))


if __name__ == "__main__":
    sys.exit(main())
