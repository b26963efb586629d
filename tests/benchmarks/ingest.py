"""Time ingest to balanced training arrays against numpy.loadtxt and per-column NumPy.

Both sides read the same CSV file: 1,000,000 rows of 17 features, a weight and a process name.

    python tests/benchmarks/ingest.py [rows]
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow/scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sections
from winnow.columns import CLASS, EVENT_ID, SAMPLES, TRAIN, WEIGHT
from winnow.events.ingest import ingest
from winnow.events.settings import IngestSettings
from winnow.events.split import assign
from winnow.identity import key
from winnow.preparation import balance
from winnow.preparation.arrays import feature_matrix
from winnow.preparation.normalise.apply import apply
from winnow.preparation.planing import Weighted
from winnow.study.files import InputFile
from winnow.study.keys.balance import Balance
from winnow.tables import read_events

FEATURES = tuple(f"feature_{position}" for position in range(17))
PROCESSES = {"T2tt.root": "signal", "Wjets.root": "wjets", "TTbar.root": "ttbar"}
FRACTIONS = dict(zip(SAMPLES, (0.5, 0.25, 0.25), strict=True))
GOAL = 6.0

Arrays = tuple[NDArray[np.float32], NDArray[np.float64]]


def write_sample(path: Path, rows: int) -> None:
    """Write the sample: normal features of six digits, weights around 1, three processes."""
    rng = np.random.default_rng(1)
    columns = {name: rng.normal(size=rows).round(6) for name in FEATURES}
    columns["weight"] = rng.uniform(0.5, 1.5, rows).round(8)
    names = np.array(list(PROCESSES))[rng.integers(0, len(PROCESSES), rows)]
    table = pa.table({**columns, "process": names})
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style="none"))


def with_winnow(path: Path, folder: Path) -> Arrays:
    """Ingest, split, normalise and balance with the library, as its rules do."""
    settings = IngestSettings(
        features=FEATURES,
        classes={name: (process.removesuffix(".root"),) for process, name in PROCESSES.items()},
        weight=("weight",),
        process_column="process",
    )
    outputs = [folder / name for name in ("events.parquet", "cuts.parquet", "bad.csv", "n.json")]
    ingest(InputFile("sample", str(path), "csv"), settings, *outputs)
    events = read_events(outputs[:1])
    sample = assign(events[EVENT_ID].to_numpy(), FRACTIONS, key("split", 1))
    train = np.flatnonzero(sample == SAMPLES.index(TRAIN))
    features = feature_matrix(events, FEATURES, train)
    transform = sections.fitted(features, FEATURES, ["minmax"])
    normalised = apply(transform, features)
    own = Weighted(events[WEIGHT].to_numpy()[train], events[CLASS].to_numpy()[train])
    weights = balance.balance(
        lambda: iter([own]),
        Balance("equal"),
        list(PROCESSES.values()),
        "signal",
        TRAIN,
    )
    return normalised, weights.training_weights(own)


def with_loadtxt(path: Path) -> Arrays:
    """Read all cells as text, then convert, normalise and balance column by column."""
    cells = np.loadtxt(path, dtype=str, delimiter=",", skiprows=1)
    sample = np.random.default_rng(1).uniform(size=len(cells)) < FRACTIONS[TRAIN]
    train = cells[sample]
    features = np.empty((len(train), len(FEATURES)), dtype=np.float32)
    for position in range(len(FEATURES)):
        values = train[:, position].astype(np.float64)
        bottom, top = values.min(), values.max()
        features[:, position] = (2 * values - top - bottom) / (top - bottom)
    weights = train[:, len(FEATURES)].astype(np.float64)
    for process in PROCESSES:
        chosen = train[:, len(FEATURES) + 1] == process
        weights[chosen] *= len(train) / len(PROCESSES) / weights[chosen].sum()
    return features, weights


def timed(function: Callable[..., Arrays], *arguments: Path) -> float:
    """Return the seconds a call takes, checking that both sides give the same kind of arrays."""
    start = time.perf_counter()
    features, weights = function(*arguments)
    seconds = time.perf_counter() - start
    assert features.min() == -1
    assert features.max() == 1
    assert np.isclose(weights.mean(), 1)
    return seconds


def main() -> None:
    """Print both times and their ratio."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "sample.csv"
        write_sample(path, rows)
        size = path.stat().st_size / 1e6
        ours = [timed(with_winnow, path, folder) for _ in range(3)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        theirs = timed(with_loadtxt, path)
    print(f"{rows} rows, {len(FEATURES) + 2} columns, {size:.0f} MB CSV to training arrays")
    print(f"winnow: {min(ours):.2f} s (of {', '.join(f'{t:.2f}' for t in ours)}), {peak:.0f} MB")
    print(f"numpy.loadtxt and per-column NumPy: {theirs:.2f} s")
    print(f"ratio: {theirs / min(ours):.1f} (goal: at least {GOAL:g})")


if __name__ == "__main__":
    main()
