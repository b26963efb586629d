"""Every rule in the conda environment that its file describes."""

import shutil

import pytest

from toy import TOY, run_snakemake, toy_events, write_study


@pytest.mark.conda
@pytest.mark.skipif(shutil.which("conda") is None, reason="no conda on this machine")
def test_the_chain_runs_in_the_environments_of_its_rules(tmp_path):
    toy_events(4000, 1).to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, {**TOY, "replicas": 2, "baselines": ["logistic_regression"]})
    run_snakemake(tmp_path, "--sdm", "conda", "--configfile", "study.yaml")
    assert (tmp_path / "results" / "toy" / "report" / "report.html").exists()
    assert list((tmp_path / ".snakemake" / "conda").glob("*/bin/python"))
