"""Figures against images of record, one a module: `make figures-baseline` draws those anew.

Tables are written out here, in the columns that each figure's docstring names.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winnow.columns import SAMPLES, TEST, VALIDATION
from winnow.figures import style
from winnow.figures.binned import binned
from winnow.figures.class_sums import class_sums
from winnow.figures.compare import points_figure
from winnow.figures.confusion import confusion
from winnow.figures.contest_roc import contest_roc
from winnow.figures.contest_scan import contest_scan
from winnow.figures.correlations import correlations
from winnow.figures.data import data
from winnow.figures.displays import displays
from winnow.figures.distributions import distributions
from winnow.figures.efficiencies import efficiencies
from winnow.figures.evolution import evolution as evolution_figure
from winnow.figures.filters import filters
from winnow.figures.fom import fom
from winnow.figures.history import history
from winnow.figures.hits import hit_accuracy
from winnow.figures.hypotheses import hypotheses
from winnow.figures.importance import importance
from winnow.figures.inputs import inputs
from winnow.figures.nodes import nodes
from winnow.figures.pareto import pareto
from winnow.figures.pictures import average_pictures
from winnow.figures.range_test import range_test
from winnow.figures.reconstruction import reconstruction
from winnow.figures.reliability import reliability
from winnow.figures.roc import roc
from winnow.figures.scores import scores
from winnow.figures.sculpting import sculpting
from winnow.figures.search import search_figure
from winnow.figures.tradeoff import tradeoff
from winnow.figures.truth import truth
from winnow.figures.variations import variations
from winnow.statistics.choice import NETWORK
from winnow.statistics.evolution import evolution
from winnow.statistics.hit_accuracy import ALL

BASELINE = Path(__file__).with_name("baseline")
HEADER = ("title", "label")
CLASSES = ("background", "signal")
# the first is the signal
PROCESSES = ("H", "tt", "Z")
HIT_CLASSES = ("shower", "track")
AGAINST = ("all",)
EDGES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
STEPS = np.linspace(0.0, 1.0, 11)


def cycled(*values):
    """The values, over and over, one a class."""
    return [values[number % len(values)] for number in range(len(CLASSES))]


def in_bins(**columns):
    """A row a bin."""
    return pd.DataFrame({"low": EDGES[:-1], "high": EDGES[1:], **columns})


def draw_binned():
    s, b = np.array([1.0, 3.0, 8.0, 20.0]), np.array([900.0, 200.0, 50.0, 8.0])
    bins = pd.concat(
        in_bins(
            sample=sample,
            bin=range(4),
            s=s,
            b=b,
            b_uncertainty=0.1 * b,
            sigma=0.2 * b,
            eligible=[True, True, True, sample == VALIDATION],
            ams=s / np.sqrt(b),
        )
        for sample in (VALIDATION, TEST)
    )
    yields = pd.concat(
        pd.DataFrame(
            {
                "sample": TEST,
                "bin": range(4),
                "process": process,
                "is_signal": process == PROCESSES[0],
                "yield": values,
            }
        )
        for process, values in zip(
            PROCESSES, (s, 0.7 * b, *[0.3 * b] * (len(PROCESSES) - 2)), strict=True
        )
    )
    summary = pd.DataFrame(
        {
            "definition": "ams",
            "label": "AMS",
            "sample": [VALIDATION, TEST],
            "binned": [7.2, 1.2],
            "uncertainty": 0.3,
            "one_cut": [7.0, 1.1],
            "one_cut_uncertainty": 0.25,
        }
    )
    return binned(yields, bins, summary, "ams", *HEADER)


def draw_class_sums():
    table = pd.DataFrame(
        {
            "class": CLASSES,
            "detailed": cycled(900.0, 120.0),
            "detailed_uncertainty": cycled(30.0, 11.0),
            "parametrised": cycled(910.0, 109.0),
            "drawn": cycled(890.0, 131.0),
            "ratio": cycled(1.011, 0.908),
            "ratio_uncertainty": cycled(0.012, 0.09),
        }
    )
    return class_sums(table, *HEADER)


def draw_compare():
    kinds = ["network", "network", "ensemble", "baseline"]
    points = pd.DataFrame(
        {
            "rank": range(1, 5),
            "kind": kinds,
            "point": ["base", "decay=1e-3", "base", "hist_gradient_boosting"],
            "name": ["base", "decay=1e-3", "base (ensemble)", "hist_gradient_boosting"],
        }
    )
    for number, metric in enumerate(("auc", "fom")):
        for sample in (VALIDATION, TEST):
            points[f"{sample}_{metric}"] = 0.9 + number - 0.02 * np.arange(4)
            points[f"{sample}_{metric}_spread"] = [0.005, 0.008, np.nan, np.nan]
    keys = {"base": {"training.decay": 1e-4}, "decay=1e-3": {"training.decay": 1e-3}}
    return points_figure(points, keys, "AMS", *HEADER)


def draw_evolution():
    epochs, names = np.arange(1, 5), ["constant", "one_cycle"]
    tables = [
        pd.DataFrame(
            {
                "epoch": epochs,
                "learning_rate": 1e-3,
                **dict.fromkeys(("loss", "validation_loss"), 0.6 / (epochs + shift)),
                **dict.fromkeys(("accuracy", "validation_accuracy"), 1 - 0.4 / (epochs + shift)),
            }
        )
        for shift in (0.0, 0.3, 1.0)
    ]
    points = pd.DataFrame({"kind": NETWORK, "point": names, "name": names})
    return evolution_figure(evolution(tables, [names[0], *names]), points, *HEADER)


def draw_confusion():
    table = pd.DataFrame(
        {
            "sample": TEST,
            "true_class": np.repeat(CLASSES, len(CLASSES)),
            "predicted_class": np.tile(CLASSES, len(CLASSES)),
            "fraction": np.resize([0.75, 0.25, 0.4, 0.6], len(CLASSES) ** 2),
            "entries": np.resize([3000, 1000, 40, 60], len(CLASSES) ** 2),
        }
    )
    return confusion(table, TEST, *HEADER)


def contest_runs():
    """A row a training: two contestants at three settings, one at the first alone."""
    names = ["a", "b", "c"]
    rows = [
        {
            "contestant": name,
            "setting": str(units),
            "repeat": repeat,
            "test_auc": 0.8 + 0.0003 * units - 0.01 * number + 0.002 * repeat,
            "real_seconds": (1 + number) * (5 + 0.1 * units) + repeat,
            "cpu_seconds": (2 + number) * (5 + 0.1 * units) + repeat,
            "peak_megabytes": 500 + 200 * number + units,
        }
        for number, name in enumerate(names)
        for units in ((20,) if name == "c" else (20, 100, 250))
        for repeat in range(3)
    ]
    return pd.DataFrame(rows)


def draw_contest_scan():
    values = {str(units): units for units in (20, 100, 250)}
    return contest_scan(contest_runs(), "neurons", values, list(values), *HEADER)


def draw_contest_roc():
    curves = [
        (name, pd.DataFrame({"signal_efficiency": STEPS, "background_efficiency": STEPS**power}))
        for name, power in (("a", 4), ("a", 4.1), ("b", 3))
    ]
    return contest_roc(curves, contest_runs(), "20", *HEADER)


def draw_pareto():
    runs = contest_runs()
    groups = runs.groupby(["contestant", "setting"], sort=False)
    wanted = ["test_auc", "real_seconds"]
    spread = groups[wanted].std().add_suffix("_spread")
    return pareto(groups[wanted].mean().join(spread).reset_index(), *HEADER)


def draw_correlations():
    names = ["pt", "eta", "mass"]
    matrix = np.array([[1.0, -0.42, 0.9], [-0.42, 1.0, np.nan], [0.9, np.nan, 1.0]])
    table = pd.concat(
        pd.DataFrame(
            {
                "class": name,
                "feature_x": np.repeat(names, 3),
                "feature_y": np.tile(names, 3),
                "correlation": (matrix * sign).ravel(),
            }
        )
        for name, sign in zip(CLASSES, cycled(1, -1), strict=True)
    )
    return correlations(table, {"pt": {"label": "momentum", "unit": "GeV"}}, *HEADER)


def draw_data():
    """The score on a logarithmic axis; a mass in which a bin is empty, one has no simulation."""
    parts = []
    for quantity, seen in (("score", [90, 12, 3, 9]), ("mass", [4, 0, 7, 1])):
        shape = np.array(seen, dtype=float) / 2
        for process, values in (
            ("data", np.array(seen, dtype=float)),
            *((name, 1.2 * shape * [1, 1, 1, 0]) for name in PROCESSES[2:]),
            (PROCESSES[0], 0.6 * shape[::-1] * [1, 1, 1, 0]),
        ):
            lower, upper = values - np.sqrt(values), values + np.sqrt(values) + 0.5
            own = in_bins(quantity=quantity, process=process, lower=lower, upper=upper)
            parts.append(own.assign(**{"yield": values}))
    labels = {"mass": {"label": "$m$", "unit": "GeV"}}
    return data(pd.concat(parts), CLASSES[-1], labels, *HEADER)


def draw_search():
    trials = pd.DataFrame(
        {
            "trial": [f"trial-00{number}" for number in range(5)],
            "rung": [1, 1, 0, 0, 0],
            "training.learning_rate": [1e-3, 3e-4, 2e-2, 0.1, 1e-4],
            "model.layers": ["[64, 64]", "[64, 64]", "[16]", "[16]", "[256]"],
            "model.dropout": [0.0, 0.1, 0.2, 0.3, 0.4],
            "outcome": ["finished", "finished", "stopped", "diverged", "stopped"],
            "validation_loss": [0.31, 0.34, 0.42, np.nan, 0.55],
        }
    )
    return search_figure(trials, *HEADER)


def draw_sculpting():
    distances = pd.DataFrame(
        {
            "spectator": ["mass", "none"],
            "distance": [0.0812, np.nan],
            "uncertainty": [0.0041, np.nan],
            "unrelated": [0.004, np.nan],
        }
    )
    table = pd.concat(
        in_bins(
            spectator="mass",
            slice=number,
            density=np.roll([2.0, 1.2, 0.5, 0.3], number),
            uncertainty=0.1 + 0.05 * number,
        )
        for number in range(4)
    )
    return sculpting(distances, table, {"mass": {"label": "$m$", "unit": "GeV"}}, *HEADER)


def draw_tradeoff():
    points = {"strength=0": (0.12, 0.86), "strength=10": (0.02, 0.81), "boosting": (0.15, 0.87)}
    table = pd.DataFrame(
        {
            "kind": "baseline" if point == "boosting" else "network",
            "point": point,
            "spectator": spectator,
            "distance": distance + 0.01 * replica,
            "uncertainty": 0.006,
            "unrelated": 0.008,
            "test_auc": area - 0.004 * replica,
            "test_auc_uncertainty": 0.003,
        }
        for point, (distance, area) in points.items()
        for replica in (0, 1)
        for spectator in ("mass", "time")
    )
    return tradeoff(table, {"mass": {"label": "$m$", "unit": "GeV"}}, *HEADER)


def along(columns):
    """A row a bin of each column and class."""
    return pd.concat(
        in_bins(
            **{"column": column, "class": name},
            detailed=np.roll([40.0, 160.0, 140.0, 60.0], shift),
            detailed_uncertainty=10.0,
            parametrised=np.roll([50.0, 150.0, 145.0, 55.0], shift),
            ratio=[1.25, 0.94, 1.04, 0.92],
            ratio_uncertainty=0.1,
            pull=[-1.0, 1.0, -0.5, 5.0],
        )
        for column in columns
        for shift, name in enumerate(CLASSES)
    )


def draw_distributions():
    # one bin holds nearly all of the last column
    table, inside = (
        along(["mass", "angle", "energy", "charge", "x"]),
        slice(-4 * len(CLASSES), None),
    )
    for name, peaked in (("detailed", [2.0, 9000.0, 3.0, 0.0]), ("parametrised", [3, 9010, 2, 0])):
        values = table[name].to_numpy().copy()
        values[inside] = np.tile(peaked, len(CLASSES))
        table[name] = values
    labels = {"mass": {"label": r"$m_{\tau\tau}$", "unit": "GeV"}}
    return distributions(table, CLASSES[-1], labels, *HEADER)


def draw_efficiencies():
    table = along(["mass", "angle"])
    for name in ("detailed", "parametrised"):
        table[name] /= 200
    table["detailed_lower"], table["detailed_upper"] = (
        table["detailed"] - 0.04,
        table["detailed"] + 0.05,
    )
    table["truth"] = table["parametrised"] + 0.02
    return efficiencies(table, {"mass": {"unit": "GeV"}}, *HEADER)


def draw_fom():
    curves, row = [], {"definition": "ams", "label": "AMS", "scan": "exact", "cut": 0.6}
    for number, sample in enumerate(SAMPLES):
        values = STEPS * (1.2 - STEPS) * (4 - number)
        curves.append(
            pd.DataFrame(
                {
                    "sample": sample,
                    "cut": STEPS,
                    "s": 100 * (1 - STEPS),
                    "b": 1000 * (1 - STEPS) ** 2,
                    "s_uncertainty": 3.0,
                    "b_uncertainty": 20.0,
                    "s_efficiency": 1 - STEPS,
                    "b_efficiency": (1 - STEPS) ** 2,
                    **{
                        f"{group}_efficiency_{end}": np.clip((1 - STEPS) ** power + moved, 0, 1)
                        for group, power in (("s", 1), ("b", 2))
                        for end, moved in (("lower", -0.03), ("upper", 0.03))
                    },
                    "eligible": STEPS < 0.75,
                    "ams": values,
                    "ams_lower": values - 0.1 if number else np.nan,
                    "ams_upper": values + 0.1 if number else np.nan,
                }
            )
        )
        row |= {f"fom_{sample}": values[6], f"fom_uncertainty_{sample}": 0.25}
    return fom(pd.concat(curves), pd.DataFrame([row]), "ams", *HEADER)


def draw_history():
    epoch = np.arange(1, 6)
    table = pd.DataFrame(
        {
            "epoch": epoch,
            "phase": epoch // 4,
            "learning_rate": 0.01 / (1 + 9 * (epoch // 4)),
            "loss": 0.3 + 0.4 / epoch,
            "accuracy": 0.9 - 0.3 / epoch,
            "validation_loss": [0.72, 0.55, 0.5, 0.52, 0.56],
            "validation_penalty": [0.0, 0.0, 0.0, 0.0, 0.0],
            "validation_accuracy": [0.6, 0.72, 0.77, 0.78, 0.76],
        }
    )
    return history(table, *HEADER)


def draw_hits():
    planes = [ALL, 0, 1, 2]
    accuracies = pd.DataFrame(
        [
            {"sample": TEST, "plane": plane, "class": name, "accuracy": value, "uncertainty": 0.01}
            for place, plane in enumerate(planes)
            for name, value in zip(
                (ALL, *HIT_CLASSES),
                np.resize([0.9 - place / 100, 0.85, 0.93], 1 + len(HIT_CLASSES)),
                strict=True,
            )
        ]
    )
    by_hits = pd.DataFrame(
        {"low": [0, 300, 600], "high": [300, 600, 2000], "accuracy": [0.85, 0.9, 0.95]}
    )
    return hit_accuracy(accuracies, by_hits.assign(uncertainty=0.02), TEST, *HEADER)


def draw_displays():
    along = np.arange(40)
    track = pd.DataFrame(
        {"wire": along, "x": 0.5 * along, "class": 1, f"score_{HIT_CLASSES[-1]}": 0.9}
    )
    angle = along / 3
    shower = pd.DataFrame(
        {"wire": 30 + 5 * np.cos(angle), "x": 40 + along * np.sin(angle) / 8, "class": 0}
    ).assign(**{f"score_{HIT_CLASSES[-1]}": along / 60})
    noise = pd.DataFrame(
        {"wire": [5.0], "x": [50.0], "class": -1, f"score_{HIT_CLASSES[-1]}": [0.5]}
    )
    hits = pd.concat([track, shower, noise], ignore_index=True)
    hits["predicted"] = (hits[f"score_{HIT_CLASSES[-1]}"] > 0.5).astype(int)
    names = {"wire": "wire [cm]", "x": "drift [cm]"}
    events = [("best: 0.95", hits), ("worst: 0.5", hits)]
    return displays(events, HIT_CLASSES, names, *HEADER)


def draw_pictures():
    rows, columns = np.divmod(np.arange(64), 8)
    table = pd.concat(
        pd.DataFrame({"step": step, "class": name, "row": rows, "column": columns}).assign(
            mean=np.exp(-((rows - 4) ** 2 + (columns - 4) ** 2) / width) * scale
        )
        for step, scale in (("none", 100.0), ("+ centre", 1.0))
        for name, width in zip(CLASSES, cycled(2.0, 6.0), strict=True)
    )
    return average_pictures(table, 0.8, *HEADER)


def draw_filters():
    rows, columns = np.divmod(np.arange(16), 4)
    kernels = [np.cos(number * rows) * np.sin(0.5 + number * columns) for number in range(10)]
    return filters(np.array(kernels).T.reshape(4, 4, 1, 10), *HEADER)


def draw_hypotheses():
    masses = np.array([250.0, 300.0, 350.0, 400.0])
    common = {"trainings": 2, "definition": "asimov", "label": "$Z$", "fom_spread": 0.1}
    points = [
        pd.DataFrame(
            {
                "point": point,
                "hypothesis": masses,
                "trained_on": [True, True, point == "base", True],
                "fom_test": 3.0 - masses / 200 - shift * (masses == 350),
                "fom_uncertainty_test": 0.1,
                "auc": 0.8 + masses / 4000 - shift / 10 * (masses == 350),
                "auc_uncertainty": 0.004,
                **common,
            }
        )
        for point, shift in (("base", 0.0), ("leave_out=350", 0.2))
    ]
    return hypotheses(pd.concat(points), {"label": "$m$", "unit": "GeV"}, *HEADER)


def draw_importance():
    table = pd.concat(
        pd.DataFrame(
            {
                "metric": metric,
                "group": ["mass", "angle", "energy"],
                "drop": [0.12, 0.03, -0.001],
                "drop_spread": [0.01, 0.005, 0.002],
                "drop_std": 0.01,
            }
        )
        for metric in ("auc", "loss")
    )
    return importance(table, *HEADER)


def draw_inputs():
    table = pd.concat(
        in_bins(
            **{"feature": feature, "class": name},
            density=np.roll([0.4, 1.6, 1.4, 0.6], shift),
            uncertainty=0.1,
            missing_fraction=0.25 if feature == "mass" else 0.0,
            outside_fraction=0.01 + 0.002 * shift,
        )
        for feature in ("mass", "angle")
        for shift, name in enumerate(CLASSES)
    )
    return inputs(table, {"mass": {"label": r"$m_{\tau\tau}$", "unit": "GeV"}}, *HEADER)


def draw_range_test():
    step = np.arange(60)
    rate = 10.0 ** (-5 + step / 12)
    parts = []
    for decay in (0.0, 0.01):
        smoothed = 0.7 - 0.3 / (1 + (3e-3 / rate) ** (1 + 50 * decay)) + rate**2 / 50
        parts.append(
            pd.DataFrame(
                {
                    "weight_decay": decay,
                    "step": step,
                    "learning_rate": rate,
                    "loss": smoothed + 0.02 * np.cos(7 * step),
                    "smoothed_loss": smoothed,
                }
            )
        )
    suggested = pd.DataFrame(
        {
            "weight_decay": [0.0, 0.01],
            "learning_rate": [2e-3, np.nan],
            "largest_learning_rate": [0.1, np.nan],
            "lowest_smoothed_loss": [0.4, 0.41],
            "best": [True, False],
        }
    )
    return range_test(pd.concat(parts), suggested, *HEADER)


def draw_reconstruction():
    errors = pd.concat(
        pd.DataFrame(
            {
                "class": name,
                "feature": ["mass", "angle", "all features"],
                "error": [0.2 + 0.1 * index, 0.8, 0.6],
                "uncertainty": [0.05, 0.1, 0.04],
                "spread": [1.2 - 0.3 * index, 0.9, 1.0],
            }
        )
        for index, name in enumerate(CLASSES)
    )
    edges = np.geomspace(0.01, 10, 5)
    histograms = pd.concat(
        pd.DataFrame(
            {
                "class": name,
                "low": edges[:-1],
                "high": edges[1:],
                "share": np.roll([0.1, 0.4, 0.35, 0.1], index),
                "uncertainty": 0.03,
            }
        )
        for index, name in enumerate(CLASSES)
    )
    return reconstruction(errors, histograms, *HEADER)


def draw_reliability():
    table = pd.concat(
        in_bins(
            **{"class": name},
            entries=[4000, 300, 20, 0],
            probability=[0.05, 0.4, 0.6, np.nan],
            fraction=[0.06, 0.3, 0.62, np.nan],
            lower=[0.05, 0.27, 0.5, np.nan],
            upper=[0.07, 0.33, 0.72, np.nan],
        )
        for name in CLASSES
    )
    return reliability(table, *HEADER)


def draw_roc():
    curves, summary = [], []
    for place, against in enumerate(AGAINST):
        for number, sample in enumerate(SAMPLES):
            pair = {"sample": sample, "signal": CLASSES[-1], "against": against}
            curves.append(
                pd.DataFrame(
                    {
                        **pair,
                        "threshold": 1 - STEPS,
                        "signal_efficiency": STEPS,
                        "background_efficiency": STEPS ** (4 - number + place / 4),
                    }
                )
            )
            summary.append(
                {
                    **pair,
                    "auc": 0.9 - 0.01 * number,
                    "auc_uncertainty": 0.004,
                    "rejection_at_0.3": 40.0,
                    "rejection_lower_at_0.3": 30.0,
                    "rejection_upper_at_0.3": 55.0,
                    "rejection_at_0.5": 8.0,
                    "rejection_lower_at_0.5": 7.0,
                    "rejection_upper_at_0.5": 9.2,
                    "background_entries_at_0.3": 7,
                }
            )
    return roc(pd.concat(curves), pd.DataFrame(summary), *HEADER)


def draw_scores():
    table = pd.concat(
        in_bins(
            **{"sample": sample, "class": name},
            node=CLASSES[-1],
            density=np.roll([1.8, 1.2, 0.7, 0.3], -2 * index) + 0.1 * number,
            uncertainty=0.1,
        )
        for number, sample in enumerate(SAMPLES)
        for index, name in enumerate(CLASSES)
    )
    overtraining = pd.DataFrame(
        {"class": CLASSES, "node": CLASSES[-1], "p_value": cycled(0.04, 0.5)}
    )
    return scores(table, overtraining, CLASSES[-1], *HEADER)


def draw_nodes():
    table = pd.concat(
        in_bins(
            **{"sample": TEST, "class": name},
            node=node,
            density=np.roll([1.8, 1.2, 0.7, 0.3], 1 - 2 * (index - place)) + 0.1 * place,
            uncertainty=0.1,
        )
        for place, node in enumerate(CLASSES)
        for index, name in enumerate(CLASSES)
    )
    return nodes(table, *HEADER)


def draw_truth():
    table = pd.concat(
        in_bins(
            **{"class": name},
            truth=[0.05, 0.4, 0.6, np.nan],
            fitted=[0.07, 0.38, 0.66, np.nan],
            spread=[0.02, 0.08, 0.12, np.nan],
            pull=[0.5, -1.0, 3.0, np.nan],
        )
        for name in CLASSES
    )
    return truth(table, *HEADER)


def draw_variations():
    """Three variations: both directions, a rate up alone with an empty bin, and nothing down."""
    shapes = {"background": np.array([60.0, 25.0, 10.0, 5.0]), "signal": np.array([0, 1.0, 2, 5])}
    parts = []
    for variation, direction, steps in (
        ("jes", "up", [-0.1, 0.1, 0.3, 0.5]),
        ("jes", "down", [0.1, -0.1, -0.2, -0.3]),
        ("rate", "up", [0.2, 0.2, 0.2, 0.2]),
        ("a variation of a long name indeed", "down", [0, 0, 0, 0]),
    ):
        for counts_as, nominal in shapes.items():
            ratio = np.where(nominal > 0, 1 + np.array(steps), np.nan)
            own = in_bins(
                variation=variation,
                direction=direction,
                counts_as=counts_as,
                nominal=nominal,
                shifted=nominal * np.nan_to_num(ratio),
                ratio=ratio,
                ratio_uncertainty=np.where(nominal > 0, np.abs(steps), np.nan) / 2,
            )
            parts.append(own)
    return variations(pd.concat(parts), CLASSES[-1], *HEADER)


FIGURES = {
    name.removeprefix("draw_"): draw for name, draw in globals().items() if name.startswith("draw_")
}


# of 255 grey levels, root mean square: another machine's rounding, not another line
@pytest.mark.mpl_image_compare(
    baseline_dir="baseline", tolerance=3, style="default", savefig_kwargs={"dpi": 40}
)
@pytest.mark.parametrize("name", FIGURES)
def test_looks_as_of_record(name):
    return FIGURES[name]()


def test_every_module_that_draws_has_its_image_of_record():
    modules = {path.stem for path in Path(style.__file__).parent.glob("*.py")}
    drawing = modules - {"__init__", "parts", "scales", "style"}
    assert set(FIGURES) == drawing
    images = {path.stem for path in BASELINE.glob("*.png")}
    assert images == {f"test_looks_as_of_record_{name}" for name in drawing}
