"""What the workflow tests share."""

import shutil

import numpy as np
import pytest
from filelock import FileLock

from toy import TOY, run_snakemake, toy_events, write_study


def made(folder):
    """Run the toy study in a folder to its end."""
    folder.mkdir()
    events = toy_events(4000, 1)
    for number, part in enumerate(np.array_split(np.arange(4000), 2)):
        events.iloc[part].to_csv(folder / f"events-{number}.csv", index=False)
    write_study(folder, TOY)
    run_snakemake(folder, "--configfile", "study.yaml")


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id):
    """The toy study, run to its end once for all processes; each has a copy."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    original = shared / "toy-of-all"
    with FileLock(shared / "toy-of-all.lock"):
        # the mark of a whole one: what failed half-way is no study
        if not (original / "whole").exists():
            shutil.rmtree(original, ignore_errors=True)
            made(original)
            (original / "whole").touch()
    # its dates go with it: by them Snakemake tells what is new
    return shutil.copytree(original, tmp_path_factory.mktemp("toy") / "study", symlinks=True)
