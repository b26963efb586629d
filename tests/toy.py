"""Running the workflow as a user does: snakemake in a folder of its own, on a small study."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from forked import snakemake
from winnow.statistics.fom import fom_tables
from winnow.statistics.selection import select_events
from winnow.statistics.yields import absent_yields

ROOT = Path(__file__).resolve().parents[1]


def run_snakemake(folder, *arguments, check=True, cores=2, forked=True):
    """Run snakemake in a folder; return the finished process, output and errors in stdout.

    forked: Snakemake and its jobs start with their imports made, in half of the time; without,
        they are what a user starts, as always where a profile says how jobs are started.
    """
    command = ["-s", str(ROOT / "Snakefile"), "--cores", str(cores), *arguments]
    with tempfile.TemporaryFile() as output:
        plans = {"-n", "--dry-run"} & set(arguments)
        if forked and (plans or "--workflow-profile" not in arguments):
            code = snakemake(command, folder, output)
        else:
            command = [sys.executable, "-m", "snakemake", *command]
            code = subprocess.run(
                command, cwd=folder, stdout=output, stderr=output, check=False
            ).returncode
        output.seek(0)
        process = subprocess.CompletedProcess(command, code, output.read().decode())
    if check:
        assert process.returncode == 0, process.stdout
    return process


def planned(folder, *arguments):
    """Return rule → number of jobs of a dry-run."""
    text = run_snakemake(folder, "-n", "--quiet", "host", *arguments).stdout
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", text, re.MULTILINE | re.DOTALL)
    if table is None:
        assert "Nothing to be done" in text, text
        return {}
    return {rule: int(count) for rule, count in map(str.split, table[1].splitlines())}


def asked(folder, *arguments):
    """Return (rule, resource → text) of every job that a dry-run shows."""
    text = run_snakemake(folder, "-n", "-p", *arguments).stdout
    rules = re.split(r"^ *(?:(?:local)?rule|checkpoint) (\w+):$", text, flags=re.MULTILINE)[1:]
    return [
        (rule, dict(pair.split("=", 1) for pair in resources.split(", ")))
        for rule, block in zip(rules[::2], rules[1::2], strict=True)
        for resources in re.findall(r"^ *resources: (.*)$", block, re.MULTILINE)
    ]


def fom_of(scores, settings):
    """Return the tables of figures of merit of a table of scores, as the rule fom makes them."""
    selected = select_events(scores, settings)
    weight = scores["weight"].to_numpy(float)
    return fom_tables(selected, absent_yields(selected.kinds, weight, settings.yields), settings)


def at_the_cut(yields):
    """Return a table of yields at the cut that counts alone."""
    return yields[(yields["scan"] == "exact") & (yields["chosen_on"] == "validation")]


def toy_events(count, seed):
    """Two Gaussian classes with weights, some of them negative, and missing values."""
    generator = np.random.default_rng(seed)
    signal = generator.random(count) < 0.4
    mass = np.where(signal, generator.normal(125, 10, count), generator.exponential(80, count) + 20)
    weight = generator.uniform(0.5, 1.5, count) * np.where(generator.random(count) < 0.05, -1, 1)
    return pd.DataFrame(
        {
            "event": np.arange(count),
            "mass": np.where(generator.random(count) < 0.1, -999.0, mass),
            "angle": generator.normal(0.8 * signal, 1.0),
            "energy": generator.lognormal(3 + 0.3 * signal, 0.5),
            "truth": generator.normal(size=count),
            "w": weight,
            "process": np.where(
                signal, "higgs.root", np.where(mass > 90, "top.root", "zjets.root")
            ),
        }
    )


TOY = {
    "study": "toy",
    "input": {"files": [{"path": "events-*.csv"}], "missing_values": [-999]},
    "columns": {
        "features": [{"name": "mass", "unit": "GeV"}, "angle", {"name": "energy", "unit": "GeV"}],
        "weight": ["w"],
        "process": "process",
        "event_id": ["event"],
        "spectators": ["truth"],
    },
    "selection": {"acceptance": "abs(angle) < 3"},
    "classes": {"background": ["top", "zjets"], "signal": ["higgs"]},
    "signal_class": "signal",
    "normalise": {"steps": ["standard"], "indicators": True},
    "model": {"layers": [16], "activation": "relu", "dropout": 0},
    "training": {
        "epochs": 4,
        "batch_size": 200,
        "learning_rate": 0.01,
        "early_stopping": {"patience": 0},
    },
    "yields": {"luminosity": 10.0},
    "fom": {"systematic": 0.1, "min_background_entries": 20},
}


def write_study(folder, config, name="study.yaml"):
    """Write a config and return its path."""
    path = Path(folder) / name
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path
