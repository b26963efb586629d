"""The CMS tutorial's multi-class job by winnow, against its algorithm as one plain Keras script.

Simulates the six files of the study `cms-multiclass` (not timed), then trains two decays × three
replicas twice on two cores: `tutorial_script.py` in one process, and `snakemake --cores 2` to its
end, figures of merit and figures included on both sides. Prints both wall times, their ratio,
where winnow's went, and what the networks of both are worth.

    python tests/benchmarks/tutorial.py [training events] [epochs]
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import chdir
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from winnow.columns import SAMPLES  # noqa: E402
from winnow.simulation.collect import collect  # noqa: E402
from winnow.simulation.samples import COLUMNS, FRACTIONS, chunk, write_chunk  # noqa: E402
from winnow.statistics.roc import area, roc_curve  # noqa: E402
from winnow.study.scan import scan_points  # noqa: E402
from winnow.study.schema import load_schema  # noqa: E402
from winnow.study.sections import complete  # noqa: E402
from winnow.study.simulation_plan import (  # noqa: E402
    chunk_files,
    chunks,
    joined_chunks,
    simulated_files,
)

CORES = 2
DECAYS = (1e-3, 1e-4)
REPLICAS = 3
QUANTITIES = ("validation FOM", "test FOM", "test AUC")
WEIGHT_COLUMN = 17


def scaled(study, training_events):
    """Return a study that simulates about so many training events, its processes in proportion."""
    study = deepcopy(study)
    events = study["simulate"]["events"]
    scale = training_events / FRACTIONS[0] / sum(events.values())
    study["simulate"]["events"] = {name: max(1, round(scale * n)) for name, n in events.items()}
    return study


def simulate(study, folder):
    """Write the six files into a folder."""
    folder = folder.resolve()
    schema = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    config = complete(study, schema)
    with tempfile.TemporaryDirectory(dir=folder) as place, chdir(place):
        for own in chunks(config):
            where = f"results/{config['study']}/simulate/{own.process}/chunk-{own.number}"
            paths = [f"{where}/{name}" for name in chunk_files(config)]
            events = chunk(own.process, own.events, config["seed"], own.number)
            columns = COLUMNS[config["simulate"]["columns"]]
            write_chunk(own.process, events, own.total, columns, paths)
        for name in (Path(path).name for path in simulated_files(config)):
            collect(joined_chunks(config, name), folder / name)


def training_study(study, files, epochs):
    """Return the study on files that are there: networks alone, any background will do."""
    study = deepcopy(study)
    del study["simulate"]
    for entry in study["input"]["files"]:
        entry["path"] = str(files / Path(entry["path"]).name)
    study["replicas"] = REPLICAS
    study["baselines"] = []
    study["scan"] = {"training.decay": list(DECAYS)}
    study["training"] |= {"epochs": epochs, "batch_size": 5000, "learning_rate": 5e-5}
    study["fom"]["min_background_entries"] = 0
    return study


def timed(command, folder):
    """Run a command in a new folder; return its wall and CPU seconds."""
    folder.mkdir()
    before, start = os.times(), time.perf_counter()
    process = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - start, os.times()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{process.stdout}")
    cpu = after.children_user + after.children_system - before.children_user
    return wall, cpu - before.children_system


def script_results(folder, files):
    """Return decay, replica and QUANTITIES of the script's networks."""
    table = pd.read_csv(folder / "17var_fom.csv")
    weights = [
        pd.read_csv(files / f"test_{kind}.csv", header=None, usecols=[WEIGHT_COLUMN]).to_numpy()
        for kind in ("sig", "bkg")
    ]
    weight = np.concatenate(weights)[:, 0]
    is_signal = np.arange(weight.size) < len(weights[0])
    areas = [
        area(roc_curve(np.load(folder / path), is_signal, weight))
        for path in (
            f"decay_{decay:g}/run_{run}/test_scores.npy"
            for decay, run in zip(table["decay rate"], table["run"], strict=True)
        )
    ]
    columns = table[["decay rate", "max validation FOM", "test FOM"]]
    return columns.set_axis(["decay", *QUANTITIES[:2]], axis=1).assign(**{QUANTITIES[2]: areas})


def winnow_results(folder, study):
    """Return the same of winnow's networks, the cut chosen among the tutorial's 200."""
    schema = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    rows = []
    for name, point in scan_points(complete(study, schema)).items():
        for replica in range(REPLICAS):
            run = f"{name}/replica-{replica:02d}/fold-0"
            best = pd.read_csv(folder / "fom" / run / "best.csv").set_index(["scan", "definition"])
            # the tutorial counts what is undefined as 0
            own = best.loc["grid", "asimov"].fillna(0.0)
            summary = pd.read_csv(folder / "roc" / run / "summary.csv")
            summary = summary[summary["against"] == "all"].set_index("sample")
            values = own["fom_validation"], own["fom_test"], summary.loc[SAMPLES[2], "auc"]
            rows.append([point.config["training"]["decay"], *values])
    return pd.DataFrame(rows, columns=["decay", *QUANTITIES])


def print_quality(script, winnow):
    """Print mean ± spread of both, and their distance in standard errors of the two means."""
    for decay in DECAYS:
        for name in QUANTITIES:
            means, spreads = zip(
                *(
                    (own.mean(), own.std(ddof=1))
                    for own in (side.loc[side["decay"] == decay, name] for side in (script, winnow))
                ),
                strict=True,
            )
            error = float(np.hypot(*spreads) / np.sqrt(REPLICAS))
            texts = [f"{m:.5f} ± {s:.5f}" for m, s in zip(means, spreads, strict=True)]
            distance = (means[1] - means[0]) / error if error else 0.0
            print(f"decay {decay:g} | {name:14s} | {' | '.join(texts)} | {distance:+.1f}")


def print_jobs(folder, cpu):
    """Print the time of winnow's jobs by rule, and the CPU time of what has no benchmark."""
    tables = [pd.read_csv(path, sep="\t").assign(rule=path.stem) for path in folder.rglob("*.tsv")]
    rules = pd.concat(tables).groupby("rule")
    table = rules.agg(jobs=("s", "size"), wall=("s", "sum"), cpu=("cpu_time", "sum"))
    print("winnow's rules | jobs | seconds in all, up to two jobs at a time | CPU seconds in all")
    for name, row in table.sort_values("cpu", ascending=False).iterrows():
        print(f"  {name:18s} {row['jobs']:3.0f} {row['wall']:7.1f} {row['cpu']:7.1f}")
    print(f"  {'all else':18s} {'':11s} {cpu - table['cpu'].sum():7.1f}")


def show(folder, study, script, winnow):
    """Print what both sides took, (wall, CPU) seconds each, and what their networks are worth."""
    for side, (wall, cpu) in (("plain script", script), ("winnow", winnow)):
        print(f"{side:12s} {wall:7.1f} s wall, {cpu:7.1f} s CPU")
    print(f"ratio of wall times: {script[0] / winnow[0]:.2f}")
    print("mean ± spread over replicas | script | winnow | difference in standard errors")
    results = folder / "winnow" / "results" / study["study"]
    print_quality(
        script_results(folder / "script", folder / "files"), winnow_results(results, study)
    )
    print_jobs(folder / "winnow" / "benchmarks", winnow[1])


def main() -> None:
    """Simulate, run both, print."""
    given = [int(text) for text in sys.argv[1:]]
    training_events, epochs = given + [100_000, 100][len(given) :]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    study = yaml.safe_load((ROOT / "config" / "studies" / "cms-multiclass.yaml").read_text())
    study = scaled(study, training_events)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = folder / "files"
        files.mkdir()
        simulate(study, files)
        print(f"{training_events:,} training events, {epochs} epochs, {CORES} cores", flush=True)
        study = training_study(study, files, epochs)
        (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        own = Path(__file__).with_name("tutorial_script.py")
        # so that the first side does not alone read the libraries from a cold disk
        timed(["-c", "import keras, mplhep, sklearn.metrics"], folder / "warm")
        script = timed([own, files, str(epochs), str(REPLICAS)], folder / "script")
        workflow = ["-m", "snakemake", "-s", ROOT / "Snakefile", "--cores", str(CORES)]
        workflow += ["--configfile", folder / "study.yaml"]
        winnow = timed(workflow, folder / "winnow")
        show(folder, study, script, winnow)


if __name__ == "__main__":
    main()
