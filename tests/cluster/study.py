"""What tests of clusters share: the toy study, and running snakemake on it."""

import contextlib
import json
import shutil
import subprocess
import sys

import yaml

from toy import ROOT, TOY, asked, run_snakemake, toy_events, write_study

RUN = "train/base/replica-00/fold-0"
TRAINED = f"results/toy/{RUN}/history.parquet"
# by default a job's state on SLURM is first looked at after 40 s
CHECKS = ["--slurm-init-seconds-before-status-checks", "1"]
# the rules that share a job
EVALUATION = {"checkpoint_model", "predict", "ensemble", "fom", "roc", "diagnostics"}
# a network of a user's own that computes slowly as long as there is a file named `slow`, so that a
# test has all the time it needs to disturb a training, on a machine of any speed
PACED = """
import time
from pathlib import Path

import keras
import tensorflow as tf


class Paced(keras.layers.Layer):
    def call(self, inputs):
        with tf.control_dependencies([tf.py_function(wait, [], [])]):
            return tf.identity(inputs)


def wait():
    if Path("slow").exists():
        time.sleep(0.1)


def build(model, inputs, classes, seed):
    entry = keras.Input((inputs,))
    hidden = keras.layers.Dense(16, activation="relu")(Paced()(entry))
    hidden = keras.layers.Dropout(0.1, seed=seed)(hidden)
    return keras.Model(entry, keras.layers.Dense(1, activation="sigmoid")(hidden))
"""
LONG = {
    **TOY,
    "model": {"module": "paced.py"},
    "training": {**TOY["training"], "epochs": 500},
    "hardware": {"save_every": 1},
}


def write_events(folder):
    """Write the toy study's input."""
    toy_events(4000, 1).to_csv(folder / "events-0.csv", index=False)


def write_default(folder):
    """Write the default study at a small size."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    for file in config["input"]["files"]:
        file["path"] = str(ROOT / file["path"])
    config["training"]["epochs"] = 2
    write_study(folder, config)


def site_profile(name, **train):
    """Return the options of a profile, with resources of `train` that differ at a test's site.

    An option replaces the profile's whole key, so all of the key's entries are given again.
    """
    folder = ROOT / "profiles" / name
    resources = yaml.safe_load((folder / "config.yaml").read_text())["set-resources"]
    resources["train"].update(train)
    options = [
        f"{rule}:{key}={value}"
        for rule, entries in resources.items()
        for key, value in entries.items()
    ]
    return ["--workflow-profile", str(folder), "--set-resources", *options]


def train_laptop(folder):
    """Make everything of the long training's study up to the training, here, undisturbed."""
    write_events(folder)
    (folder / "paced.py").write_text(PACED)
    write_study(folder, LONG)
    run_snakemake(folder, TRAINED, "--configfile", "study.yaml")


def untrained(reference, folder, **hardware):
    """Copy a study that `train_laptop` made, without what training made; training will be slow."""
    shutil.copytree(reference, folder, dirs_exist_ok=True)  # with times: nothing else is rerun
    shutil.rmtree(folder / "results" / "toy" / "train")
    (folder / "logs" / "toy" / RUN / "train.log").unlink()
    write_study(folder, {**LONG, "hardware": {**LONG["hardware"], **hardware}})
    (folder / "slow").touch()


def shown(folder, *options):
    """Return job → resources of all its rules, as a dry-run of the whole study shows them."""
    jobs = {}
    for rule, resources in asked(folder, "--forceall", *options):
        jobs.setdefault("evaluate" if rule in EVALUATION else rule, []).append(resources)
    return jobs


@contextlib.contextmanager
def snakemake(folder, *arguments):
    """Run snakemake in a folder beside the test; its messages go to the file `out`."""
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), *arguments]
    with (folder / "out").open("a") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def same_training(first, second):
    """Whether two folders hold the same training, to the last bit."""
    names = ("history.parquet", "best.weights.h5", "last.weights.h5")
    paths = [
        [folder / "results" / "toy" / RUN / name for name in names] for folder in (first, second)
    ]
    return all(one.read_bytes() == two.read_bytes() for one, two in zip(*paths, strict=True))


def write_scan(folder):
    """Write the toy study with a scan of two keys; return point → (learning rate, scheme)."""
    write_events(folder)
    rates, schemes = (0.02, 0.03), ("equal", "sqrt")
    scan = {"training.learning_rate": list(rates), "balance.scheme": list(schemes)}
    write_study(folder, {**TOY, "training": {**TOY["training"], "epochs": 1}, "scan": scan})
    return {
        f"learning_rate={rate}__scheme={scheme}": (rate, scheme)
        for rate in rates
        for scheme in schemes
    }


def trained_with(folder):
    """Return point → (learning rate, scheme) that its model's passport says it was trained with."""
    found = {}
    for path in (folder / "results" / "toy" / "checkpoint_model").rglob("passport.json"):
        config = json.loads(path.read_text())["config"]
        own = config["training"]["learning_rate"], config["balance"]["scheme"]
        found[path.relative_to(folder).parts[3]] = own
    return found
