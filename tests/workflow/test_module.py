"""winnow used from another workflow, in a folder of its own, as a module and by include."""

import re
import subprocess
import sys

import pytest

from toy import ROOT, TOY, toy_events, write_study

MODULE = """
configfile: "study.yaml"
module winnow:
    snakefile: "{root}/Snakefile"
    config: config
use rule * from winnow as winnow_*
"""
INCLUDE = """
configfile: "study.yaml"
include: "{root}/Snakefile"
"""


@pytest.mark.parametrize(
    ("snakefile", "prefix"), [(MODULE, "winnow_"), (INCLUDE, "")], ids=["module", "include"]
)
def test_the_whole_study_is_planned_from_another_workflow(tmp_path, snakefile, prefix):
    toy_events(300, 1).to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, TOY)
    (tmp_path / "Snakefile").write_text(snakefile.format(root=ROOT))
    command = [sys.executable, "-m", "snakemake", f"{prefix}all", "-n", "--cores", "1"]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = process.stdout + process.stderr
    assert process.returncode == 0, said
    planned = dict(re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE))
    # one of each, of the toy study and not of the default one
    for rule in ("ingest", "split", "train", "checkpoint_model", "fom", "report", "all"):
        assert planned[f"{prefix}{rule}"] == "1"
    assert "results/toy/" in said
    assert "higgsml" not in said


def test_a_study_runs_as_a_module_to_its_events(tmp_path):
    toy_events(300, 1).to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, TOY)
    (tmp_path / "Snakefile").write_text(MODULE.format(root=ROOT))
    target = "results/toy/split/samples.parquet"
    command = [sys.executable, "-m", "snakemake", target, "--cores", "1"]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    assert (tmp_path / target).exists()
