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
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from campaigns.disturbances import BEFORE, DIRECT, FILE, LONG, MEANWHILE, MOUNTED, SHARES
from campaigns.disturbed import (
    CONFIG,
    Case,
    Job,
    Study,
    finished,
    jobs_of,
    kill,
    made,
    mountable,
    place,
    processes,
)
from forked import JOB, server
from toy import run_snakemake
from winnow.verify import damaged

BAD = ("wrong", "unclear", "redone", "stuck")
ROUNDS = 8
"""Starts after which a study must have ended."""


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
            case.heal()
            if not code and kind != "input changed":
                break
            case.start()
            code, rounds = case.ended(), rounds + 1
            if rounds > ROUNDS:
                return "stuck", case.said[-1][-3000:]
    finally:
        case.heal()
    wrong = unlike(case)
    if wrong:
        return "wrong", f"{case.hurt}: {wrong}"
    again = redone(case.said) if kind not in ("clock set", "input changed", "input touched") else []
    return ("redone", str(again)) if again else (verdict, "")


def judged_directly(case: Case, kind: str) -> tuple[str, str]:
    """Do a fault to a job's input and run the job alone, as `judged` without Snakemake."""
    BEFORE[kind](case)
    (job,) = case.jobs
    verdict = "went on"
    if run_directly(case, job):
        verdict = answer(case, kind)
        if verdict in BAD:
            return verdict, case.said[-1][-3000:]
        maker = next(own for own in case.study.jobs if case.hurt in own.output)
        if run_directly(case, maker) or run_directly(case, job):
            return "stuck", case.said[-1][-3000:]
    wrong = unlike(case)
    return ("wrong", f"{case.hurt}: {wrong}") if wrong else (verdict, "")


def run_directly(case: Case, job: Job) -> int:
    """Run a job's script as Snakemake ran it, and return its exit code."""
    with (case.folder / "said").open("wb") as said:
        script = str(case.study.script(job))
        case.main = server(*JOB).start("script", [script], case.folder, said, said)
    return case.ended()


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


def unlike(case: Case) -> list[str]:
    """Return the files that are not as undisturbed, and are not refused by who reads all of them.

    A job that reads some columns of a table does not see what was damaged in others.
    """
    whole = case.folder.resolve() / case.hurt
    refused = {case.folder.resolve() / line.partition(":")[0] for line in damaged(case.folder)}
    return [
        name
        for name in case.study.differences(case.folder)
        if not (case.study.results / name == Path(case.hurt) and whole in refused)
    ]


def redone(said: Sequence[str]) -> list[str]:
    """Return what was made again though an earlier start had finished it, and nobody deleted it."""
    done, again = set[str](), set[str]()
    for told in said:
        begun = {path for job, _ in jobs_of(told) for path in job.output}
        again |= done & begun
        done |= finished(told)
    return sorted(again)


def fault(study: Study, other: Path, where: Path, seed: int, number: int, kind: str) -> Any:
    """Do one fault; return its jobs, the file, what came of it and the last words.

    Of damaged files one in five goes by Snakemake, the others where the scripts were kept do not:
    to plan takes longer than to read what was damaged.
    """
    folder = where / f"fault-{number}"
    case = prepared(study, other, folder, (seed, number), kind)
    direct = kind in DIRECT and study.scripts and number % 5
    try:
        verdict, words = judged_directly(case, kind) if direct else judged(case, kind)
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
