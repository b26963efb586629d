"""The recipes of an image: what the command makes of the environments' files as they are now."""

import os
import re

from toy import ROOT, run_snakemake


def test_the_recipe_is_what_the_command_makes_now(monkeypatch):
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{ROOT / 'container'}")
    searching = "optimise={keys: {model.dropout: {low: 0, high: 0.5}}}"
    told = run_snakemake(ROOT, "--config", searching, "--containerize", "dockerfile").stdout
    made = told[re.search("^FROM ", told, re.MULTILINE).start() :]
    assert made == (ROOT / "container/Dockerfile").read_text(), "make container"


def test_both_recipes_make_the_same_environments_at_the_same_places():
    docker, apptainer = (
        (ROOT / "container" / name).read_text() for name in ("Dockerfile", "winnow.def")
    )
    for pattern in (
        r"^# .*",
        r"conda env create --prefix \S+ --file \S+",
        r"(envs/\S+ /conda-envs/\S+)",
        r"conda_env_hash\W+(\w+)",
    ):
        found = re.findall(pattern, docker, re.MULTILINE)
        assert found == re.findall(pattern, apptainer, re.MULTILINE), pattern
        assert found


def test_a_recipe_has_the_environment_of_every_rule_but_the_contestants():
    recipe = (ROOT / "container/Dockerfile").read_text()
    sources = re.findall(r"^# +source: (\S+)$", recipe, re.MULTILINE)
    held = {(ROOT / source).read_bytes() for source in sources}
    missing = {
        path.stem for path in (ROOT / "envs").glob("*.yaml") if path.read_bytes() not in held
    }
    assert all(name.startswith("contest_") for name in missing), missing
    assert len(held) == len(sources) > 15
