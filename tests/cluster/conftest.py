"""Clusters for the tests, one fixture each, skipped with the reason where one cannot be had."""

import pytest

import slurm


@pytest.fixture(scope="session")
def slurm_site(tmp_path_factory):
    """A SLURM cluster of this machine's own, for all tests."""
    reason = slurm.missing()
    if reason is not None:
        pytest.skip(f"no SLURM cluster: {reason}")
    with slurm.slurm_cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster
