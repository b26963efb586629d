"""What each stage of the chain costs as events grow: seconds, events/s, peak memory, bytes written.

Writes Parquet of five classes and 30 features, float32, one event in twenty without a value of ten
of them, runs the rules one after the other on two cores, and prints a table. Seconds are those of
the job with its imports, as Snakemake records them; memory is the resident peak of the largest
process. Of the figures of merit and ROC curves the job draws its figures too.

    python tests/benchmarks/scale.py FOLDER [millions of events] ...
"""

import argparse
import base64
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parents[2]
FEATURES = [f"x{number:02d}" for number in range(30)]
CLASSES = ["background", "first", "second", "third", "signal"]
PART = 500_000
STAGES = (
    *("ingest", "split", "normalise", "balance", "train", "checkpoint_model", "predict"),
    *("roc", "fom", "inputs", "diagnostics", "ledger"),
)


def write_events(path: Path, events: int) -> None:
    """Write events class by class in turn, with weights and a number each."""
    generator = np.random.default_rng(events)
    writer = None
    for start in range(0, events, PART):
        size = min(PART, events - start)
        labels = generator.integers(0, len(CLASSES), size).astype(np.int8)
        values = generator.standard_normal((size, len(FEATURES)), np.float32)
        values[:, : len(CLASSES)] += 0.7 * np.eye(len(CLASSES), dtype=np.float32)[labels]
        values[:, 20:][generator.random((size, 10), np.float32) < 0.05] = np.nan
        names = pa.DictionaryArray.from_arrays(pa.array(labels), pa.array(CLASSES))
        table = pa.table(
            {
                "number": np.arange(start, start + size),
                "process": names.cast(pa.string()),
                "weight": generator.uniform(0.5, 1.5, size),
                **{name: values[:, place] for place, name in enumerate(FEATURES)},
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def study(millions: float) -> dict[str, object]:
    """Return the config: everything that a study has by default, one epoch of training."""
    return {
        "study": f"scale-{millions:g}",
        "seed": 1,
        "input": {"files": [{"path": "events.parquet"}], "missing_values": ["nan"]},
        "columns": {
            "process": "process",
            "event_id": ["number"],
            "weight": ["weight"],
            "features": [{"name": name, "unit": ""} for name in FEATURES],
        },
        "classes": {name: [name] for name in CLASSES},
        "signal_class": "signal",
        "normalise": {"steps": ["standard"], "impute": "median"},
        "balance": {"scheme": "equal"},
        "model": {"layers": [100, 100], "activation": "relu", "dropout": 0},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.001,
            "batch_size": 8192,
            "epochs": 1,
            "memory_budget": 500,
        },
    }


def run_stage(folder: Path, rule: str) -> float:
    """Run one rule in a process of its own; return the peak resident memory in MB."""
    code = (
        "import resource, subprocess, sys; "
        "code = subprocess.run(sys.argv[1:]).returncode; "
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "2"]
    command += ["--configfile", "study.yaml", "--until", rule, "--quiet", "all"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{rule} failed:\n{done.stdout}{done.stderr}")
    return int(done.stdout.split("peak ")[-1]) / 1024


def records(folder: Path) -> dict[str, dict[str, object]]:
    """Return output → what Snakemake noted of its job."""
    found = {}
    for path in (folder / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            parts = path.relative_to(folder / ".snakemake/metadata").parts
            name = base64.b64decode("".join(part.lstrip("@") for part in parts)).decode()
            found[name] = json.loads(path.read_text())
    return found


def measured(folder: Path, millions: float) -> pd.DataFrame:
    """Return a row a stage."""
    events = round(millions * 1_000_000)
    own = folder / f"{millions:g}"
    own.mkdir(parents=True)
    write_events(own / "events.parquet", events)
    (own / "study.yaml").write_text(yaml.safe_dump(study(millions)))
    size = (own / "events.parquet").stat().st_size / 1e6
    print(f"{millions:g} million events, {size:.0f} MB of Parquet", flush=True)
    rows, known = [], set[str]()
    for rule in STAGES:
        begin = time.perf_counter()
        peak = run_stage(own, rule)
        wall = time.perf_counter() - begin
        new = {name: record for name, record in records(own).items() if name not in known}
        known |= set(new)
        times = [(r["starttime"], r["endtime"]) for r in new.values() if r["rule"] == rule]
        seconds = max(end for _, end in times) - min(start for start, _ in times)
        written = sum((own / n).stat().st_size for n in new if (own / n).is_file()) / 1e6
        rows.append((rule, seconds, events / seconds if seconds else np.nan, peak, written, wall))
        print(
            f"  {rule:18s} {seconds:7.1f} s {events / max(seconds, 1e-9):12,.0f} events/s "
            f"{peak:6.0f} MB resident {written:8.1f} MB written   ({wall:.1f} s with the plan)",
            flush=True,
        )
    names = ["stage", "seconds", "events_per_second", "peak_mb", "written_mb", "wall_seconds"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "millions", millions)
    return table


def main() -> None:
    """Measure, print, and write scale.csv into the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("millions", type=float, nargs="*", default=[1.0, 10.0])
    options = parser.parse_args()
    tables = [measured(options.folder, millions) for millions in options.millions]
    table = pd.concat(tables)
    table.to_csv(options.folder / "scale.csv", index=False)
    arrays = table[table["stage"].isin(["ingest", "split", "normalise", "balance"])]
    print("Parquet to training arrays:", arrays.groupby("millions")["seconds"].sum().to_dict())


if __name__ == "__main__":
    main()
