"""Scoring a ROOT file to a friend tree: rate and memory, beside a plain loop of uproot and Keras.

    python tests/benchmarks/apply.py FOLDER [--events 1000000 10000000]

The network is that of LHCb's efficiencies (12 inputs, 84,740 parameters), or the default study's
layout (4 × 100) with `--small`; untrained, since that changes nothing in how long it takes. Each
measurement is a process of its own; both write the same four float branches.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import uproot

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "workflow" / "scripts")]

NAMES = [f"x{number}" for number in range(12)]
CLASSES = ["a", "b", "c", "d"]
CHUNK = 500_000


def write_events(path, count):
    """Write events of twelve Gaussian columns, a basket a chunk."""
    generator = np.random.default_rng(1)
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", dict.fromkeys(NAMES, "f4"))
        for start in range(0, count, CHUNK):
            size = min(CHUNK, count - start)
            values = generator.normal(size=(12, size)).astype(np.float32)
            tree.extend(dict(zip(NAMES, values, strict=True)))


def write_model(folder, layers):
    """Write model, network and passport as checkpoint_model does."""
    import sections
    from winnow.networks.passport import RunFacts
    from winnow.preparation.normalise.apply import apply
    from winnow.tables import write_json
    from winnow.training import checkpoint
    from winnow.training.serving import save_serving

    events = np.random.default_rng(1).normal(size=(10_000, 12)).astype(np.float32)
    family = "residual" if len(set(layers)) == 1 and layers[0] == 128 else "dense"
    model = {"family": family, "layers": layers, "activation": "tanh", "dropout": 0}
    network, transform = (
        sections.built(model, 12, 4, 1),
        sections.fitted(events, NAMES, ["standard"]),
    )
    history = pd.DataFrame({"epoch": [0], "loss": [1.0], "validation_loss": [1.0]})
    reading = {"missing_values": [], "event_id": ["x0"], "derived": {}, "selection": {}}
    features = [{"name": name, "unit": ""} for name in NAMES]
    facts = RunFacts(CLASSES, 3, features, reading, {"model": model}, {"run": 1})
    passport = checkpoint.make_passport(network, history, transform, events[:32], facts, {})
    told = network, apply(transform, events), passport
    passport["serves"] = save_serving(*told, folder / "network.onnx")
    write_json(passport, folder / "passport.json")
    checkpoint.save_model(network, folder / "model.keras")


def job(folder, path):
    """Return what the rule apply gives its script."""
    from winnow.study.applied import applied_settings

    passport = json.loads((folder / "passport.json").read_text())
    reading = {**passport["reading"], "features": NAMES}
    return {
        "input": {
            "table": [],
            "models": [folder / "model.keras"],
            "networks": [folder / "network.onnx"],
            "passports": [folder / "passport.json"],
            "roles": [],
        },
        "output": {
            "scores": folder / "scores.parquet",
            "friend": folder / "friend.root",
            "rejected": folder / "rejected.csv",
            "counts": folder / "counts.json",
        },
        "params": {
            "file": {"source": "events", "path": str(path), "format": "root"},
            "settings": applied_settings(reading, []),
            "runs": None,
            "folds": [0],
            "tree": "winnow",
            "branches": {},
            "threads": 1,
        },
        "log": folder / "apply.log",
    }


def winnow(folder, path):
    """Score with the rule's script."""
    from scripts import ended

    given = json.loads(json.dumps(job(folder, path), default=str))
    code, told = ended("apply", given)
    if code:
        sys.exit(told)


def plain(folder, path):
    """Score as one does by hand: chunks of uproot, Keras' predict, a tree of scores."""
    import keras

    from winnow.training.restore import network

    passport = json.loads((folder / "passport.json").read_text())
    model = network(passport, folder / "model.keras")
    step = passport["transform"]["steps"][0]
    centre, scale = (np.array(step[key], np.float32) for key in ("centre", "scale"))
    keras.utils.disable_interactive_logging()
    with uproot.open(path) as source, uproot.recreate(folder / "plain.root") as target:
        branches = [f"score_{name}" for name in CLASSES]
        tree = target.mktree("scores", dict.fromkeys(branches, "f4"))
        for arrays in source["Events"].iterate(NAMES, step_size=CHUNK, library="np"):
            features = np.stack([arrays[name] for name in NAMES], axis=1)
            scores = model.predict((features - centre) / scale, batch_size=5000)
            tree.extend(dict(zip(branches, scores.T, strict=True)))


def measured(kind, folder, path):
    """Run one of the two in a process of its own; return seconds and peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, str(HERE), str(folder), "--run", kind, "--path", str(path)],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"},
    )
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{kind} failed")
    return time.perf_counter() - start, used.ru_maxrss / 1024


def main():
    """Measure, or be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--run", choices=["model", "winnow", "plain"])
    parser.add_argument("--path", type=Path)
    asked = parser.parse_args()
    if asked.run == "model":
        write_model(asked.folder, [100] * 4 if asked.small else [128] * 6)
        return
    if asked.run:
        {"winnow": winnow, "plain": plain}[asked.run](asked.folder, asked.path)
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    # in a process of its own: memory that is counted to a child begins with its parent's
    command = [sys.executable, str(HERE), str(asked.folder), "--run", "model"]
    subprocess.run([*command, *(["--small"] if asked.small else [])], check=True)
    print(f"{'events':>10} {'kind':>7} {'seconds':>8} {'events/s':>9} {'MB':>6}")
    for count in asked.events:
        path = asked.folder / f"events-{count}.root"
        write_events(path, count)
        for kind in ("winnow", "plain"):
            seconds, memory = measured(kind, asked.folder, path)
            print(f"{count:10,} {kind:>7} {seconds:8.1f} {count / seconds:9,.0f} {memory:6.0f}")
        path.unlink()


if __name__ == "__main__":
    main()
