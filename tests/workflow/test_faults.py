"""A few of the faults that tests/campaigns/faults.py does by the hundred."""

import shutil

import pytest

from campaigns.disturbed import CONFIG, Study
from campaigns.faults import BAD, fault
from toy import run_snakemake

SEED = 1
# kind → the number of a fault; those of damaged files are of files that are read to their end
FAULTS = {
    "bit flipped": 4,
    "another study's": 2,
    "record damaged": 3,
    "clock set": 4,
    "worker killed": 5,
    "snakemake killed": 6,
    "input changed": 8,
    "file size limited": 10,
}
# what must be told, and is nothing to go on from
TOLD = {"bit flipped", "another study's", "record damaged"}


@pytest.fixture(scope="module")
def disturbed(finished, tmp_path_factory):
    """The toy study, and another one: split by another seed."""
    other = shutil.copytree(finished, tmp_path_factory.mktemp("other") / "study", symlinks=True)
    run_snakemake(other, "results/toy/split/samples.parquet", *CONFIG, "--config", "seed=2")
    return Study(finished), other


@pytest.mark.parametrize("kind", FAULTS)
def test_a_disturbed_study_says_so_or_ends_as_undisturbed(disturbed, tmp_path, kind):
    jobs, hurt, verdict, words = fault(*disturbed, tmp_path, SEED, FAULTS[kind], kind)
    assert verdict not in BAD, f"{jobs}: {hurt}: {verdict}: {words}"
    assert verdict == "told" or kind not in TOLD, f"{jobs}: {hurt}: {verdict}"
