"""From files to a study: the config that is written fits them, plans and passes the check."""

import os
import re
import subprocess
import sys

from toy import ROOT, planned, run_snakemake, toy_events


def test_a_written_config_is_checked_and_planned(tmp_path):
    toy_events(2000, 1).drop(columns="truth").to_csv(tmp_path / "events.csv", index=False)
    command = [sys.executable, "-m", "winnow.events.starter"]
    schema = str(ROOT / "workflow/schemas/config.schema.yaml")
    done = subprocess.run(
        [*command, schema, "own.yaml", "events.csv"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "make run STUDY=own.yaml" in done.stdout
    checked = run_snakemake(tmp_path, "check", "--configfile", "own.yaml")
    assert "study own: 1 trainings of 1 scan points" in checked.stdout
    assert re.search(r"events +2000 +yes +2000", checked.stdout)
    assert planned(tmp_path, "--configfile", "own.yaml")["train"] == 1
