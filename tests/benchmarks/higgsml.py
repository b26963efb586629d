"""The default study's network against scikit-learn's gradient boosting, on the same splits.

Runs the default study once per seed (`python tests/benchmarks/higgsml.py 1 2 3 4 5`), one network
each, then trains `HistGradientBoostingClassifier` with its defaults and class-balanced weights on
the same training events, and reads both by the same functions.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from winnow.config import complete, yield_settings  # noqa: E402
from winnow.fom import FomSettings, fom_tables  # noqa: E402
from winnow.roc import roc_tables  # noqa: E402
from winnow.schema import load_schema  # noqa: E402
from winnow.yields import YieldSettings  # noqa: E402


def run_study(folder: Path, seed: int) -> pd.DataFrame:
    """Run the default study with one network and return its scores with the features beside."""
    scores = "results/higgsml/predict/base/replica-00/fold-0/scores.parquet"
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--cores", "2", scores]
    command += ["--quiet", "all", "--config", "replicas=1", f"seed={seed}"]
    subprocess.run(command, cwd=folder, check=True)
    events = pd.concat(map(pd.read_parquet, folder.glob("results/higgsml/ingest/*/events.parquet")))
    own = ["source", "row"]
    features = events.drop(columns=["event_id", "process", "class", "weight"])
    return pd.read_parquet(folder / scores).merge(features, on=own, validate="1:1")


def boosted(scores: pd.DataFrame, features: list[str], seed: int) -> pd.DataFrame:
    """Replace the network's scores by those of gradient boosting trained on the same events."""
    train = scores[scores["sample"] == "train"]
    sums = train.groupby("class")["weight"].sum()
    weights = train["weight"] * len(train) / (2 * train["class"].map(sums))
    classifier = HistGradientBoostingClassifier(random_state=seed)
    classifier.fit(train[features].to_numpy(), train["class"], weights)
    probability = classifier.predict_proba(scores[features].to_numpy())
    return scores.assign(score_background=probability[:, 0], score_signal=probability[:, 1])


def measured(scores: pd.DataFrame, settings: FomSettings) -> tuple[float, float]:
    """Return the weighted test area, and AMS on test at the eligible validation cut."""
    _, summary = roc_tables(scores, settings.yields.class_names, settings.yields.signal)
    _, best, _ = fom_tables(scores, settings)
    area = summary.set_index("sample").loc["test", "auc"]
    return area, best.set_index("definition").loc["ams", "fom_test"]


def main() -> None:
    """Print one line a seed, then means, spreads and the paired difference."""
    study = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config = complete(study, load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml"))
    features = [feature["name"] for feature in config["columns"]["features"]]
    settings = FomSettings(YieldSettings(**yield_settings(config)), headline="ams")
    rows = []
    print("seed | network AUC  AMS | gradient boosting AUC  AMS")
    for seed in map(int, sys.argv[1:] or range(1, 6)):
        with tempfile.TemporaryDirectory() as name:
            for link in ("config", "resources"):
                (Path(name) / link).symlink_to(ROOT / link)
            scores = run_study(Path(name), seed)
        rows.append(
            [*measured(scores, settings), *measured(boosted(scores, features, seed), settings)]
        )
        print("{:4d} | {:.4f} {:.3f} | {:.4f} {:.3f}".format(seed, *rows[-1]), flush=True)
    table = np.array(rows)
    if len(table) > 1:
        print("mean | {:.4f} {:.3f} | {:.4f} {:.3f}".format(*table.mean(axis=0)))
        print("std  | {:.4f} {:.3f} | {:.4f} {:.3f}".format(*table.std(axis=0, ddof=1)))
        paired = table[:, 0] - table[:, 2]
        print(f"AUC, network - boosting: {paired.mean():+.4f} ± {paired.std(ddof=1):.4f}")


if __name__ == "__main__":
    main()
