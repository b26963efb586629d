"""The tutorial's commands, typed as they stand, and the keys that its pages name."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import yaml

from toy import ROOT, planned, run_snakemake
from winnow.study.schema import load_schema, resolve
from winnow.study.sections import complete

SCHEMA = load_schema(ROOT / "workflow/schemas/config.schema.yaml")


def commands():
    (block,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/tutorial.md").read_text(), re.DOTALL)
    return block.splitlines()


@pytest.fixture
def folder(tmp_path):
    """What the commands see of a clone; the tests' own environment stands for `.venv`."""
    for name in ("Makefile", "workflow", "resources", "Snakefile", "config"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path


def make(folder, line, *options):
    """Type a line with `make`; what sets up the environment is done already."""
    command = [*shlex.split(line), "-o", ".venv/run.done", *options]
    done = subprocess.run(
        command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    return done.stdout


def test_three_commands_make_a_study_that_plans(folder):
    study, check, run = commands()
    assert "make run STUDY=first.yaml" in make(folder, study)
    config = yaml.safe_load((folder / "first.yaml").read_text())
    assert config["columns"]["process"] == "Label"
    assert config["columns"]["event_id"] == ["EventId"]
    assert "KaggleSet (words)" in (folder / "first.yaml").read_text()
    program, *arguments = shlex.split(check)
    assert program == ".venv/bin/snakemake"
    told = run_snakemake(folder, *arguments).stdout
    assert re.search(r"22889 +yes +22889 +0 +0 +15072 +7817", told)
    assert "--configfile first.yaml" in make(folder, run, "-n")
    assert planned(folder, "--configfile", "first.yaml")["train"] == 1


def test_what_the_tutorial_adds_next_is_accepted(folder, monkeypatch):
    """Each line of YAML in the table, over the config that was written."""
    make(folder, commands()[0])
    monkeypatch.chdir(folder)
    (folder / "data.root").touch()
    given = yaml.safe_load((folder / "first.yaml").read_text())
    page = (ROOT / "docs/tutorial.md").read_text()
    table = page[page.index("| question | keys |") :]
    told = re.findall(r"`([a-z]+: .*?)`(?=[:,;|. ])", table)
    assert len(told) >= 6
    for text in told:
        complete(given | yaml.safe_load(text), SCHEMA)


def has(key):
    """Return whether the schema has a key such as `model.layers` or `input.files[]`."""
    schema = SCHEMA
    for name in key.replace("[]", ".[]").split("."):
        schema = resolve(schema, SCHEMA)
        schema = schema.get("items") if name == "[]" else schema.get("properties", {}).get(name)
        if schema is None:
            return False
    return True


@pytest.mark.parametrize("page", ["from-tmva", "from-keras"])
def test_the_schema_has_every_key_that_stands_beside_another_programs_option(page):
    text = (ROOT / f"docs/{page}.md").read_text()
    rows = re.findall(r"^\| .*? (?<!\\)\| (.*) \|$", text, re.MULTILINE)
    keys = {
        key
        for row in rows
        for key in re.findall(r"`([a-z_0-9]+(?:\[\])?(?:\.[a-z_0-9]+)+)[:`]", row)
        if key not in ("model.c", "model.onnx", "best.weights.h5")
    }
    assert len(keys) > 15
    assert [key for key in sorted(keys) if not has(key)] == []


def test_what_stands_beside_a_keras_line_is_accepted(tmp_path, monkeypatch):
    """Each key with its value, over the study that the page is about; a sigmoid, of two classes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_model.py").touch()
    text = (ROOT / "docs/from-keras.md").read_text()
    found = re.findall(r"`([a-z_.]+): (.+?)`", text)
    assert len(found) > 30
    for key, value in found:
        *sections, name = key.split(".")
        study = "cms-binary" if value == "sigmoid" else "cms-multiclass"
        config = yaml.safe_load((ROOT / f"config/studies/{study}.yaml").read_text())
        if key == "training.schedule.kind":
            del config["training"]["decay"], config["scan"]
        place = config
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = yaml.safe_load(value)
        complete(config, SCHEMA)
