"""The default study's networks against scikit-learn's gradient boosting, on the same splits.

Runs the default study once per seed (`python tests/benchmarks/higgsml.py 1 2 3 4 5`), ten networks
each, then trains `HistGradientBoostingClassifier` with its defaults and class-balanced weights on
the same training events, and reads one network, the ensemble of ten, and boosting by the same
functions. Needs about three minutes a seed on two cores.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from winnow.statistics.fom import fom_tables  # noqa: E402
from winnow.statistics.fom_settings import FomSettings, fom_settings  # noqa: E402
from winnow.statistics.roc import roc_tables  # noqa: E402
from winnow.statistics.selection import select_events  # noqa: E402
from winnow.statistics.yields import absent_yields  # noqa: E402
from winnow.study.keys.fom import Bootstrap, Fom  # noqa: E402
from winnow.study.schema import load_schema  # noqa: E402
from winnow.study.sections import complete, yield_settings  # noqa: E402
from winnow.study.typed import made  # noqa: E402

REPLICAS = 10
LINE = "{:.4f} {:.3f} | {:.4f} {:.3f} | {:.4f} {:.3f}"


def run_study(folder: Path, seed: int) -> tuple[list[pd.DataFrame], float]:
    """Run the default study with ten networks.

    Returns:
        The scores of the first network and of the ensemble, with the features beside; and the
        seconds that training all ten took, from the prepared arrays on.
    """

    def snakemake(*targets: str) -> float:
        command = [sys.executable, "-m", "snakemake", *targets, "-s", ROOT / "Snakefile"]
        command += ["--cores", "2", "--quiet", "all"]
        command += ["--config", f"replicas={REPLICAS}", f"seed={seed}"]
        begin = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True)
        return time.perf_counter() - begin

    runs = [f"base/replica-{replica:02d}/fold-0" for replica in range(REPLICAS)]
    prepared = "results/higgsml/prepare/base/fold-0"
    snakemake(f"{prepared}/features.train.npy", f"{prepared}/weights.train.npy")
    seconds = snakemake(*(f"results/higgsml/train/{run}/history.parquet" for run in runs))
    scores = [
        f"results/higgsml/predict/{run}/scores.parquet" for run in (runs[0], "base/ensemble/fold-0")
    ]
    snakemake(*scores)
    events = pd.concat(map(pd.read_parquet, folder.glob("results/higgsml/ingest/*/events.parquet")))
    own = ["source", "row"]
    features = events.drop(columns=["event_id", "process", "class", "weight"])
    tables = [pd.read_parquet(folder / path) for path in scores]
    return [table.merge(features, on=own, validate="1:1") for table in tables], seconds


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
    selected = select_events(scores, settings)
    weight = scores["weight"].to_numpy(float)
    absent = absent_yields(selected.kinds, weight, settings.yields)
    _, best, _ = fom_tables(selected, absent, settings)
    area = summary.set_index("sample").loc["test", "auc"]
    return area, best.loc[best["headline"], "fom_test"].iloc[0]


def main() -> None:
    """Print one line a seed, then means, spreads and the paired difference."""
    study = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config = complete(study, load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml"))
    features = [feature["name"] for feature in config["columns"]["features"]]
    yields = yield_settings(config)
    settings, _ = fom_settings(replace(made(Fom, config["fom"]), bootstrap=Bootstrap(0)), yields, 1)
    rows = []
    print("seed | one network AUC AMS | ensemble AUC AMS | gradient boosting AUC AMS | training")
    for seed in map(int, sys.argv[1:] or range(1, 6)):
        with tempfile.TemporaryDirectory() as name:
            for link in ("config", "resources"):
                (Path(name) / link).symlink_to(ROOT / link)
            (network, ensemble), seconds = run_study(Path(name), seed)
        tables = network, ensemble, boosted(network, features, seed)
        rows.append([value for table in tables for value in measured(table, settings)])
        print(f"{seed:4d} | {LINE.format(*rows[-1])} | {seconds:.0f} s", flush=True)
    table = np.array(rows)
    if len(table) > 1:
        print(f"mean | {LINE.format(*table.mean(axis=0))}")
        print(f"std  | {LINE.format(*table.std(axis=0, ddof=1))}")
        for name, column in (("one network", 0), ("ensemble", 2)):
            paired = table[:, column] - table[:, 4]
            print(f"AUC, {name} - boosting: {paired.mean():+.4f} ± {paired.std(ddof=1):.4f}")


if __name__ == "__main__":
    main()
