"""Whether two runs of a study gave the same tables, byte for byte.

python tests/benchmarks/same_tables.py BEFORE AFTER

BEFORE and AFTER are `results/<study>` folders. CSV and text files are compared by their bytes,
Parquet files by their columns, without those that say how long something took. Exit code 1 where a
table differs or is missing in one of the two.
"""

import sys
from pathlib import Path

import pandas as pd

ENDINGS = (".csv", ".txt", ".parquet", ".npy", ".h5")
TIMED = "timing.parquet"


def tables(folder: Path) -> dict[str, Path]:
    """Return the study's tables by their paths in its folder; states are no results."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in ENDINGS)
    return {str(p.relative_to(folder)): p for p in found if p.name != TIMED}


def same(before: Path, after: Path) -> bool:
    """Return whether two tables hold the same, times apart."""
    if before.read_bytes() == after.read_bytes():
        return True
    if before.suffix not in (".csv", ".parquet"):
        return False
    read = pd.read_csv if before.suffix == ".csv" else pd.read_parquet
    options = {"dtype": str} if before.suffix == ".csv" else {}
    frames = [read(path, **options) for path in (before, after)]
    untimed = [frame.loc[:, ["seconds" not in name for name in frame]] for frame in frames]
    return untimed[0].equals(untimed[1])


def main() -> int:
    """Print every table that differs, and how many do not."""
    before, after = (tables(Path(name)) for name in sys.argv[1:3])
    differing = sorted(before.keys() ^ after.keys())
    differing += [n for n in sorted(before.keys() & after.keys()) if not same(before[n], after[n])]
    for name in differing:
        print(f"differs: {name}")
    print(f"{len(before.keys() | after.keys()) - len(differing)} tables are the same")
    return 1 if differing or not before else 0


if __name__ == "__main__":
    sys.exit(main())
