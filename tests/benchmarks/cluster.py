"""Many short trainings on a SLURM cluster of this machine's own: failures, and what a job costs.

Brings up the cluster of `tests/cluster` (as root, see docs/clusters.md), trains a few networks of
one epoch one at a time, by SLURM and without it, then many with 20 at a time, and prints how they
ended and how long a job takes beside its rule's own work.

    python tests/benchmarks/cluster.py [trainings]
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "cluster")]

from slurm import GPUS, slurm_cluster  # noqa: E402
from study import CHECKS, site_profile, write_events  # noqa: E402
from toy import TOY, run_snakemake, write_study  # noqa: E402

FEW = 5
STUDY = ["--configfile", "study.yaml"]
PROFILE = [*site_profile("slurm", require_gpu=0), *CHECKS]


def write_scan(folder: Path, trainings: int) -> None:
    """Write a study of so many trainings of one epoch."""
    rates = [round(0.0001 * number, 4) for number in range(1, trainings + 1)]
    training = {**TOY["training"], "epochs": 1}
    write_study(folder, {**TOY, "training": training, "scan": {"training.learning_rate": rates}})


def timed(folder: Path, *options: str, **settings: int) -> float:
    """Run all trainings of a folder's study; return the seconds it took."""
    begin = time.perf_counter()
    run_snakemake(folder, "--until", "train", *options, *STUDY, **settings)
    return time.perf_counter() - begin


def own_seconds(folder: Path) -> pd.Series:
    """Return the seconds that each training's script took."""
    paths = (folder / "benchmarks").glob("toy/train/**/train.tsv")
    return pd.concat([pd.read_csv(path, sep="\t")["s"] for path in paths])


def prepare(folder: Path) -> None:
    """Make a folder and everything before the trainings in it."""
    folder.mkdir()
    write_events(folder)
    write_scan(folder, 1)
    run_snakemake(folder, "--until", "normalise", "balance", *STUDY)


def main() -> None:
    """Measure and print."""
    trainings = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "slurm").mkdir()
        local, single, many = (place / own for own in ("local", "single", "many"))
        prepare(local)
        for folder in (single, many):
            shutil.copytree(local, folder)  # with times: nothing is made again
        for folder, count in ((local, FEW), (single, FEW), (many, trainings)):
            write_scan(folder, count)
        with slurm_cluster(place / "slurm") as site:
            without = timed(local, cores=1)
            one_by_one = timed(single, *PROFILE, "--jobs", "1")
            seconds = timed(many, *PROFILE)
            jobs = site.jobs(many)
        print(f"{FEW} trainings one at a time: {without / FEW:.1f} s each without a cluster,")
        print(f"  {one_by_one / FEW:.1f} s by SLURM, {own_seconds(single).median():.1f} s in train")
        states = ", ".join(f"{n} {state}" for state, n in jobs["State"].value_counts().items())
        print(f"{trainings} trainings, {GPUS} at a time: {states}; {seconds:.0f} s,")
        elapsed = jobs["ElapsedRaw"].astype(float).median()
        print(
            f"  {elapsed:.0f} s a job, {own_seconds(many).median():.1f} s of it in train (medians)"
        )


if __name__ == "__main__":
    main()
