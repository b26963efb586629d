"""The command lines of README.md and docs/, typed as they stand, and what goes wrong beside."""

import re
import shlex
from pathlib import Path

import pytest

from toy import ROOT, TOY, run_snakemake, toy_events, write_study

# they need a finished study, conda, or a cluster, and have tests of their own
ELSEWHERE = ("--report", "--sdm", "profiles/slurm", "profiles/htcondor", "--unlock")


def command_lines():
    """List the snakemake command lines of the pages' shell blocks, without program and comment."""
    for page in (ROOT / "README.md", ROOT / "docs" / "clusters.md"):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
            for line in re.findall(r"^\S*snakemake (.*)$", block, re.MULTILINE):
                if not any(word in line for word in ELSEWHERE):
                    yield line.split("#")[0].strip()


LINES = list(dict.fromkeys(command_lines()))


@pytest.fixture
def folder(tmp_path):
    """A folder like the project's, with a study beside the default one."""
    for name in ("config", "resources", "profiles"):
        (tmp_path / name).symlink_to(ROOT / name)
    toy_events(20, 1).to_csv(tmp_path / "events-0.csv", index=False)
    write_study(tmp_path, TOY, "my-study.yaml")
    return tmp_path


def test_the_pages_have_command_lines():
    assert {"--cores all", "-n"} <= set(LINES)
    assert sum("--configfile" in line for line in LINES) >= 3


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_of_the_pages_plans_what_it_says(folder, line):
    text = run_snakemake(folder, "--dry-run", *shlex.split(line)).stdout
    study = re.search(r"--configfile (?:\S*/)?(\S+)\.yaml", line)
    name = {None: "higgsml", "my-study": "toy"}.get(study and study[1], study and study[1])
    quiet = "-q" in shlex.split(line)
    assert quiet or re.search(rf"(results|logs)/{name}/", text)
    assert ("range_test" in line) == bool(re.search(r"^rule range_test:", text, re.MULTILINE))


def test_check_tells_what_the_inputs_hold_and_what_would_fail(folder):
    toy_events(400, 1).to_csv(folder / "events-0.csv", index=False)
    given = ("--cores", "1", "check", "--configfile", "my-study.yaml")
    told = run_snakemake(folder, *given).stdout
    assert re.search(r"events-0 +400 yes", told)
    assert re.search(r"validation +\d+ +\d+", told)
    assert not (folder / "results").exists()
    few = toy_events(400, 1)
    few = few[(few["process"] != "higgs.root") | (few["process"] == "higgs.root").cumsum().le(1)]
    few.to_csv(folder / "events-0.csv", index=False)
    failed = run_snakemake(folder, *given, check=False)
    assert failed.returncode != 0
    assert "class 'signal' has no events in the sample" in failed.stdout


def test_nested_keys_are_changed_on_the_command_line(folder):
    page = (ROOT / "config" / "README.md").read_text()
    given = re.search(r"`--config (.*?)`", page)[1]
    assert given == "'training={epochs: 3}' seed=2"
    arguments = ["--configfile", "my-study.yaml", "--config", *shlex.split(given)]
    assert "rule train" in run_snakemake(folder, "-n", *arguments).stdout
    arguments[3] = "training={epochs: three}"
    failed = run_snakemake(folder, "-n", *arguments, check=False)
    assert failed.returncode != 0
    assert "config key `training.epochs`: found 'three'" in failed.stdout


def test_a_config_file_that_became_a_target_is_told(folder):
    failed = run_snakemake(folder, "-n", "my-study.yaml", check=False)
    assert failed.returncode != 0
    assert "my-study.yaml: found among the targets, though it is a config file." in failed.stdout


def test_a_column_that_files_lack_leaves_what_stands(folder):
    """A job that fails has lost what an earlier one made: it must not be started."""
    made = Path(folder, "results/toy/ingest/events-0/events.parquet")
    run_snakemake(folder, "--configfile", "my-study.yaml", "--until", "ingest")
    before = made.read_bytes()
    columns = {**TOY["columns"], "features": ["mass", "angel"]}
    write_study(folder, {**TOY, "columns": columns}, "my-study.yaml")
    failed = run_snakemake(folder, "--configfile", "my-study.yaml", check=False)
    assert failed.returncode != 0
    assert "config key `columns.features`: column 'angel' is missing in events-0.csv." in (
        failed.stdout
    )
    assert made.read_bytes() == before
