"""How close fitted probabilities come to the true ones: the study `lamarr-efficiency`, scanned.

Trains the study's network in a folder, on 60 % of so many simulated tracks, with the recipe of the
public code, with a smaller penalty, with a third and smaller rate, and with Adam. Prints for each
the cross-entropy on test over that of the true probabilities, and which share of the 20 bins of
momentum has each class's parametrised efficiency within two statistical errors of the truth. A
second call goes on where the first has ended.

    python tests/benchmarks/efficiency.py FOLDER [number of tracks, 1,700,000]
"""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
STUDY = "lamarr-efficiency"


def phases(*rates):
    """Return phases of falling rates, the first with smoothed labels."""
    first, *others = rates
    smoothed = {"learning_rate": first, "label_smoothing": 0.01, "early_stopping": {"patience": 3}}
    rest = [{"learning_rate": rate, "early_stopping": {"patience": 5}} for rate in others]
    return [smoothed, *rest]


def point(optimizer, l2, *rates):
    return {"training.optimizer": optimizer, "model.l2": l2, "training.phases": phases(*rates)}


POINTS = {
    "recipe": point("rmsprop", 1e-3, 1e-2, 1e-3),
    "smaller penalty": point("rmsprop", 1e-5, 1e-2, 1e-3),
    "smaller penalty, third rate": point("rmsprop", 1e-5, 1e-2, 1e-3, 1e-4),
    "Adam": point("adam", 1e-5, 2e-3, 5e-4, 1e-4),
}


def scanned(tracks):
    """Return the study with these points, at full length."""
    study = yaml.safe_load((ROOT / "config" / "studies" / f"{STUDY}.yaml").read_text())
    study["simulate"]["events"] = {"tracks": tracks}
    study["training"]["epochs"] = 50
    return study | {"scan": list(POINTS.values())}


def measured(folder):
    """Return a row a scan point, in the order of the runs."""
    rows = []
    for summary in sorted(
        folder.glob(f"results/{STUDY}/calibration/*/replica-00/fold-0/summary.csv")
    ):
        own = pd.read_csv(summary).iloc[0]
        bins = pd.read_csv(summary.with_name("efficiencies.csv"))
        bins = bins[bins["column"] == "mc_log10_p"]
        inside = (bins["truth_pull"].abs() <= 2).groupby(bins["class"], sort=False).mean()
        rows.append({"point": summary.parents[2].name, **own, **inside})
    return pd.DataFrame(rows)


def main():
    folder, tracks = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_700_000
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(scanned(tracks), sort_keys=False))
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "all"]
    command += ["--until", "calibration", "--configfile", "study.yaml"]
    subprocess.run(command, cwd=folder, check=True)
    print(measured(folder).to_string(index=False))


if __name__ == "__main__":
    main()
