"""Time of the exact FOM scan of a million events, beside a plain pandas loop over 200 cuts.

And of all tables that the rule fom makes of them, without bootstrap.

Run: python tests/benchmarks/fom.py
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

from winnow.statistics.binned import binned_tables
from winnow.statistics.binning import BinnedSettings
from winnow.statistics.counting import scan
from winnow.statistics.fom import fom_tables
from winnow.statistics.fom_groups import group_table
from winnow.statistics.fom_settings import FomSettings
from winnow.statistics.heavy import heavy_events
from winnow.statistics.merit import best_cut, figure_of_merit
from winnow.statistics.selection import select_events
from winnow.statistics.significance import DEFINITIONS
from winnow.statistics.yields import YieldSettings, absent_yields

EVENTS = 1_000_000
CUTS = 200
SYSTEMATIC = 0.2


def make_events():
    """Return a score, a class and a weight per event, float32 scores as a network writes them."""
    generator = np.random.default_rng(1)
    is_signal = generator.random(EVENTS) < 0.3
    logit = generator.normal(size=EVENTS) + 2.0 * is_signal
    weight = generator.exponential(size=EVENTS) * np.where(is_signal, 0.01, 1.0)
    return (1 / (1 + np.exp(-logit))).astype(np.float32), is_signal, weight


def exact(score, is_signal, weight):
    """Scan every distinct score and choose the best cut of every definition."""
    counts = scan(score, is_signal, weight)
    best = {}
    for name, definition in DEFINITIONS.items():
        values = figure_of_merit(definition, counts.s, counts.background, np.array([SYSTEMATIC]))
        best[name] = float(values[best_cut(counts, values, 50)])
    return best, counts.cut.size


def loop(score, is_signal, weight):
    """Select events anew for each of 200 cuts, as a plain script does."""
    frame = pd.DataFrame({"score": score, "signal": is_signal, "weight": weight})
    best = dict.fromkeys(DEFINITIONS, 0.0)
    for cut in np.linspace(0.0, 1.0, CUTS, endpoint=False):
        passed = frame[frame["score"] >= cut]
        background = passed[~passed["signal"]]
        if len(background) < 50:
            continue
        s, b = passed[passed["signal"]]["weight"].sum(), background["weight"].sum()
        for name, definition in DEFINITIONS.items():
            best[name] = max(best[name], float(definition.function(s, b, SYSTEMATIC * b)))
    return best


def tables(scores):
    """Make every table of the rule fom."""
    factors = {"train": 2.0, "validation": 4.0, "test": 4.0}
    yields = YieldSettings(("background", "signal"), "signal", split_factors=factors)
    settings = FomSettings(yields, SYSTEMATIC)
    selected = select_events(scores, settings)
    heavy_events(scores, selected.kinds)
    absent = absent_yields(selected.kinds, scores["weight"].to_numpy(), yields)
    _, best, _ = fom_tables(selected, absent, settings)
    binned_tables(selected, BinnedSettings())
    group_table(selected, best, settings)


def as_scores(score, is_signal, weight):
    """Return the table of scores, three processes in three samples."""
    generator = np.random.default_rng(2)
    kinds = {
        "sample": generator.choice([0, 0, 1, 2], EVENTS),
        "process": np.where(is_signal, 0, generator.integers(1, 3, EVENTS)),
    }
    names = {"sample": ["train", "validation", "test"], "process": ["H", "tt", "Z"]}
    columns = {name: pd.Categorical.from_codes(kinds[name], names[name]) for name in kinds}
    columns |= {"source": pd.Categorical(["a.csv"] * EVENTS), "row": np.arange(EVENTS)}
    columns |= {"class": is_signal.astype(np.int8), "weight": weight, "score_signal": score}
    return pd.DataFrame(columns)


def main():
    """Print both times, their ratio and both maxima."""
    events = make_events()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        best, points = exact(*events)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    coarse = loop(*events)
    plain = time.perf_counter() - start
    scores, all_tables = as_scores(*events), []
    for _ in range(3):
        start = time.perf_counter()
        tables(scores)
        all_tables.append(time.perf_counter() - start)
    print(f"{EVENTS:,} events, {len(DEFINITIONS)} definitions")
    listed = ", ".join(f"{value:.3f}" for value in times)
    print(f"winnow, {points:,} distinct cuts: {listed} s (three runs, the first one cold)")
    print(f"all tables of the rule fom: {', '.join(f'{value:.3f}' for value in all_tables)} s")
    print(f"pandas loop, {CUTS} cuts: {plain:.3f} s")
    print(f"ratio (median): {plain / sorted(times)[1]:.1f}")
    for name in DEFINITIONS:
        print(f"  {name:30s} exact maximum {best[name]:9.4f}, on {CUTS} cuts {coarse[name]:9.4f}")


if __name__ == "__main__":
    main()
