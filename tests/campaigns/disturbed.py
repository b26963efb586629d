"""The studies that faults are done to, and what is known of a copy of one."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forked import PLAN, python, server
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
# what run times and dates stand in
TIMED = {"timing.parquet", "report.html", "points.png", "points.pdf", "state.npz"}


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

    def heal(self) -> None:
        """Do what the user does, once."""
        self.healing()
        self.healing = lambda: None

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
        self.scripts = [*scripts_of(folder).glob("*.py")]

    def consumers(self, job: Job) -> list[Job]:
        """Return the jobs that read what a job makes."""
        return [own for own in self.jobs if set(own.input) & set(job.output)]

    def script(self, job: Job) -> Path:
        """Return the script that Snakemake ran for a job, with all that it gives it."""
        own = [path for path in self.scripts if path.name.endswith(f".{job.rule}.py")]
        return next(path for path in own if job.output[0].encode() in path.read_bytes())

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


def scripts_of(folder: Path) -> Path:
    """Return where the scripts are kept that Snakemake ran in a folder."""
    return folder.with_name(f"{folder.name}-scripts")


def made(folder: Path, seed: int) -> None:
    """Run the small study in a folder to its end, and keep the scripts that Snakemake ran."""
    folder.mkdir()
    scripts_of(folder).mkdir()
    keeper = scripts_of(folder) / "python"
    keeper.write_text(f'#!/bin/sh\ncp "$1" {scripts_of(folder)}\nexec {python()} "$@"\n')
    keeper.chmod(0o755)
    events = toy_events(EVENTS, 1)
    for number, part in enumerate(np.array_split(np.arange(EVENTS), 2)):
        events.iloc[part].to_csv(folder / f"events-{number}.csv", index=False)
    write_study(folder, {**STUDY, "seed": seed})
    arguments = ["-s", str(ROOT / "Snakefile"), "--cores", "2", *CONFIG]
    with (folder.parent / "said").open("wb") as said:
        run = server(*PLAN).start("snakemake", [str(keeper), *arguments], folder, said, said)
    if run.wait():
        raise RuntimeError((folder.parent / "said").read_text())
