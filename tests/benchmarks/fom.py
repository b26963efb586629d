"""Time of the exact FOM scan of a million events, beside a plain pandas loop over 200 cuts.

Run: python tests/benchmarks/fom.py
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow" / "scripts"))

from winnow.statistics.counting import scan
from winnow.statistics.merit import best_cut, figure_of_merit
from winnow.statistics.significance import DEFINITIONS

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
    print(f"{EVENTS:,} events, {len(DEFINITIONS)} definitions")
    listed = ", ".join(f"{value:.3f}" for value in times)
    print(f"winnow, {points:,} distinct cuts: {listed} s (three runs, the first one cold)")
    print(f"pandas loop, {CUTS} cuts: {plain:.3f} s")
    print(f"ratio (median): {plain / sorted(times)[1]:.1f}")
    for name in DEFINITIONS:
        print(f"  {name:30s} exact maximum {best[name]:9.4f}, on {CUTS} cuts {coarse[name]:9.4f}")


if __name__ == "__main__":
    main()
