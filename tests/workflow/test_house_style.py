"""The workflow is clean by its own tools."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from toy import ROOT, run_snakemake

TOOLS = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports", "--no-cache"],
    "snakefmt": ["snakefmt", "--check", "Snakefile", "workflow/rules"],
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_finds_nothing(tool):
    name, *arguments = TOOLS[tool]
    command = [str(Path(sys.executable).parent / name), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert process.returncode == 0, process.stdout + process.stderr


def test_lint_finds_nothing():
    assert "Congratulations" in run_snakemake(ROOT, "--lint").stdout
