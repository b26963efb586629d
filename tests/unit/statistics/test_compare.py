"""The comparison: ranks, spreads, folds joined, the paired test's rates, and what may not move."""

from itertools import combinations

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toy import fom_of
from winnow.columns import TEST, VALIDATION
from winnow.figures import style
from winnow.figures.compare import points_figure, runs_figure
from winnow.figures.scales import scanned_keys
from winnow.statistics.choice import chosen_positions
from winnow.statistics.compare import (
    BETTER,
    EQUAL,
    UNTESTED,
    best_against_others,
    comparison,
    holm,
    paired_p_values,
    run_row,
    verdict,
)
from winnow.statistics.fom_settings import FomSettings
from winnow.statistics.roc import roc_tables
from winnow.statistics.significance import asimov
from winnow.statistics.yields import YieldSettings

KEYS = {
    f"decay={decay:g},activation={activation}": {
        "training.decay": decay,
        "model.activation": activation,
    }
    for decay in (1e-5, 1e-4, 1e-3)
    for activation in ("relu", "tanh")
}
ONE_KEY = {f"rate={rate}": {"training.learning_rate": rate} for rate in (0.1, 0.2)}


def row(kind="network", point="base", member="replica-00", fold="0", **values):
    network = kind == "network"
    return {
        "kind": kind,
        "point": point,
        "member": member,
        "fold": fold,
        "validation_auc": 0.9,
        "test_auc": 0.8,
        "best_epoch": 3 if network else np.nan,
        "epochs": 5 if network else np.nan,
        "validation_loss": 0.5 if network else np.nan,
        "wall_seconds": 10.0 if network else np.nan,
        "cpu_seconds": 20.0 if network else np.nan,
    } | values


def fom_values(s, b, s_error=1.0, b_error=3.0, relative=0.0):
    """Return s/sqrt(b) and what it comes from, the same in both samples."""
    values = {"definition": "s_over_sqrt_b"}
    for sample in (VALIDATION, TEST):
        values |= {f"{sample}_fom": s / np.sqrt(b), f"s_{sample}": s, f"b_{sample}": b}
        values |= {f"s_uncertainty_{sample}": s_error, f"b_uncertainty_{sample}": b_error}
        values |= {f"{sample}_fom_uncertainty": 0.1, f"sigma_{sample}": relative * b}
    return values


def study(replicas=5, folds=("0",), points=tuple(KEYS), seed=5):
    generator = np.random.default_rng(seed)
    rows = []
    for level, point in enumerate(points):
        for member in [f"replica-{replica:02d}" for replica in range(replicas)] + ["ensemble"]:
            for fold in folds:
                s, b = 100 + 3 * level + generator.normal(), 400 + generator.normal()
                kind = "ensemble" if member == "ensemble" else "network"
                rows.append(row(kind, point, member, fold, **fom_values(s, b)))
    for name in ("hist_gradient_boosting", "logistic_regression"):
        rows += [row("baseline", name, fold=f, **fom_values(105.0, 400.0)) for f in folds]
    return rows


# Tables ------------------------------------------------------------------------------------------


def test_points_have_mean_spread_and_error_over_replicas_as_pandas_has_them():
    rows = study()
    runs, points = comparison(rows, KEYS)
    networks = pd.DataFrame(rows).query("kind == 'network'").groupby("point")["validation_fom"]
    of_networks = points[points["kind"] == "network"].set_index("point")
    for column, expected in (
        ("validation_fom", networks.mean()),
        ("validation_fom_spread", networks.std()),
        ("validation_fom_error", networks.sem()),
    ):
        expected = expected.loc[of_networks.index].to_numpy()
        np.testing.assert_allclose(of_networks[column], expected, rtol=1e-12)
    assert (of_networks["replicas"] == 5).all()
    assert points["rank"].tolist()[:6] == [1, 2, 3, 4, 5, 6]
    assert points["validation_fom"][:6].is_monotonic_decreasing
    assert points["name"][0] == "decay=0.001,activation=tanh"
    assert points.loc[0, ["training.decay", "model.activation"]].tolist() == [1e-3, "tanh"]
    assert len(runs) == len(rows)


def test_references_stand_below_the_networks_without_rank():
    runs, points = comparison(study(), KEYS)
    assert points["kind"].tolist() == ["network"] * 6 + ["ensemble"] * 6 + ["baseline"] * 2
    assert points["rank"].isna().tolist() == [False] * 6 + [True] * 8
    assert points["name"][6] == f"{points['point'][6]} (ensemble)"
    for table in (runs, points):
        assert table.loc[table["kind"] != "network", "rank"].isna().all()
    assert points["best_is"].isna().tolist() == [True] + [False] * 5 + [True] * 8
    assert runs.loc[runs["kind"] == "network", "rank"].tolist() == list(range(1, 31))
    assert runs.loc[runs["kind"] != "network", ["wall_seconds", "best_epoch"]].isna().all().all()


def test_the_chosen_run_is_the_best_replica_of_the_best_point_with_all_its_folds():
    # the single best run belongs to the point that is worse in the mean
    values = {"a": [(3.0, 3.0), (2.8, 2.8)], "b": [(4.0, 1.0), (1.0, 1.0)]}
    rows = [
        row(point=point, member=f"replica-0{replica}", fold=str(fold), **fom_values(10 * f, 100.0))
        for point, replicas in values.items()
        for replica, foms in enumerate(replicas)
        for fold, f in enumerate(foms)
    ]
    runs, points = comparison(rows, {"a": {}, "b": {}})
    assert (points["point"][0], runs["point"][0]) == ("a", "b")
    chosen = runs[runs["chosen"]]
    assert set(zip(chosen["point"], chosen["member"], chosen["fold"], strict=True)) == {
        ("a", "replica-00", "0"),
        ("a", "replica-00", "1"),
    }


def test_best_copies_the_folds_of_the_chosen_run_in_order(tmp_path):
    runs, _ = comparison(study(replicas=2, folds=("0", "1", "2")), KEYS)
    runs.to_csv(tmp_path / "runs.csv", index=False)
    trainings = [
        {"point": point, "replica": replica, "fold": fold}
        for point in KEYS
        for replica in ("00", "01")
        for fold in ("0", "1", "2")
    ]
    positions = chosen_positions(pd.read_csv(tmp_path / "runs.csv", dtype=str), trainings)
    found = [trainings[position] for position in positions]
    assert [run["fold"] for run in found] == ["0", "1", "2"]
    assert {run["point"] for run in found} == {"decay=0.001,activation=tanh"}
    assert len({run["replica"] for run in found}) == 1


def test_folds_join_their_yields_and_not_their_figures_of_merit():
    yields = [(30.0, 100.0), (60.0, 400.0), (90.0, 100.0)]
    rows = [row(fold=str(i), **fom_values(s, b, 2.0, 6.0)) for i, (s, b) in enumerate(yields)]
    _, points = comparison(rows, {"base": {}})
    # s = 60 and b = 200 with errors 2/√3 and 6/√3; s/√b varies by ds/√b and s db/(2 b^1.5)
    assert points["test_fom"][0] == pytest.approx(60 / np.sqrt(200), rel=1e-12)
    slopes = np.array([1 / np.sqrt(200), 60 / (2 * 200**1.5)])
    error = np.hypot(*(slopes * np.array([2.0, 6.0]) / np.sqrt(3)))
    # numerical derivatives with a step of 1e-4 are good to its square
    assert points["test_fom_uncertainty"][0] == pytest.approx(error, rel=1e-7)
    foms = [s / np.sqrt(b) for s, b in yields]
    assert points["test_fom_fold_spread"][0] == pytest.approx(np.std(foms, ddof=1))
    assert points.loc[0, ["replicas", "folds", "wall_seconds"]].tolist() == [1, 3, 30.0]
    assert np.isnan(points["test_fom_spread"][0])


def test_folds_share_the_systematic_of_the_background():
    golden = {"s": 50.0, "b": 100.0, "sigma": 7.0}
    values = {f"{name}_{s}": value for name, value in golden.items() for s in (VALIDATION, TEST)}
    values |= {"definition": "asimov"}
    rows = [row(fold=str(i), **(fom_values(1.0, 1.0) | values)) for i in range(3)]
    _, points = comparison(rows, {"base": {}})
    # Cowan's Asimov Z at s = 50, b = 100, σ = 7, which three equal folds must not change
    assert points["validation_fom"][0] == pytest.approx(3.7195, abs=5e-5)


def test_folds_join_what_each_systematic_covers():
    """Each process's own systematic is taken of its background in all folds, not fold by fold."""
    folds = [(40.0, (90.0, 10.0)), (60.0, (20.0, 120.0)), (50.0, (60.0, 40.0))]
    fractions, errors = (0.3, 0.1), (5.0, 3.0)
    rows, groups = [], []
    for fold, (s, backgrounds) in enumerate(folds):
        values = {"definition": "asimov"}
        for sample in (VALIDATION, TEST):
            sigma = float(np.hypot(*np.multiply(fractions, backgrounds)))
            values |= {f"s_{sample}": s, f"b_{sample}": sum(backgrounds), f"sigma_{sample}": sigma}
            for name, b, f, e in zip(("Z", "tt"), backgrounds, fractions, errors, strict=True):
                own = {"kind": "network", "point": "base", "member": "replica-00"}
                own |= {"fold": str(fold), "sample": sample, "group": name}
                covariance = {"covariance_Z": 0.0, "covariance_tt": 0.0, f"covariance_{name}": e**2}
                groups.append({**own, "fraction": f, "b": b, **covariance})
        rows.append(row(fold=str(fold), **(fom_values(1.0, 1.0, 2.0, 6.0) | values)))
    _, points = comparison(rows, {"base": {}}, pd.DataFrame(groups))
    z, tt = np.mean([b for _, b in folds], axis=0)

    def value(s, z, tt):
        return float(asimov(s, z + tt, np.hypot(0.3 * z, 0.1 * tt)))

    assert points["test_fom"][0] == pytest.approx(value(50.0, z, tt), rel=1e-12)
    # test parts are disjoint: √Σσ²/3 for each, propagated by hand
    h, centre = 1e-3, np.array([50.0, z, tt])
    slopes = [(value(*(centre + h * d)) - value(*(centre - h * d))) / (2 * h) for d in np.eye(3)]
    error = np.linalg.norm(np.array(slopes) * np.array([2.0, 5.0, 3.0])) / np.sqrt(3)
    assert points["test_fom_uncertainty"][0] == pytest.approx(error, rel=1e-5)


def test_one_undefined_replica_leaves_the_point_undefined_and_last():
    rows = [
        row(point=point, member=f"replica-0{i}", **fom_values(s, 100.0))
        for point, signals in {"a": (90.0, np.nan), "b": (20.0, 30.0)}.items()
        for i, s in enumerate(signals)
    ]
    _, points = comparison(rows, {"a": {}, "b": {}})
    assert points["point"].tolist() == ["b", "a"]
    assert np.isnan(points["validation_fom"][1])
    assert points["best_is"][1] == UNTESTED


def test_without_a_signal_the_area_ranks():
    rows = [row(point=p, validation_auc=a) for p, a in (("low", 0.8), ("high", 0.9))]
    _, points = comparison(rows, {"low": {}, "high": {}})
    assert points["point"].tolist() == ["high", "low"]
    assert points["tested_metric"][1] == "validation_auc"


def test_a_run_row_reads_the_headline_and_the_times():
    auc = pd.DataFrame(
        [
            {"sample": s, "signal": "x", "against": a, "auc": v, "auc_uncertainty": 0.1}
            for a, values in (("all", (0.7, 0.8, 0.9)), ("y", (0.1, 0.2, 0.3)))
            for s, v in zip(("train", "validation", "test"), values, strict=True)
        ]
    )
    other, own = ({"definition": name, "headline": name == "ams"} for name in ("asimov", "ams"))
    for entry, value in ((other, 1.0), (own, 2.0)):
        entry["cut"] = value
        for s in ("validation", "test"):
            for name in ("fom", "fom_uncertainty", "s", "s_uncertainty", "b", "b_uncertainty",
                         "sigma"):  # fmt: skip
                entry[f"{name}_{s}"] = value
    timing = pd.DataFrame(
        {"training_seconds": [1.0, 2.0], "validation_seconds": [0.5, 0.5], "cpu_seconds": [3.0, 4]}
    )
    scored = {"kind": "network", "point": "p", "member": "replica-00", "fold": "0"}
    passport = {"epoch": 2, "losses": {"validation_loss": 0.25}}
    found = run_row(scored, auc, pd.DataFrame([other, own]), passport, timing)
    expected = {"cut": 2.0, "validation_fom": 2.0, "sigma_test": 2.0, "test_auc": 0.9}
    expected |= {"wall_seconds": 4.0, "cpu_seconds": 7.0, "best_epoch": 2, "epochs": 2}
    assert {name: found[name] for name in expected} == expected


def test_metrics_that_are_asked_for_are_read_and_averaged_over_replicas():
    rows = []
    for replica, value in enumerate((0.7, 0.9)):
        auc = pd.DataFrame(
            [
                {"sample": s, "signal": "x", "against": "all", "auc": 0.5, "auc_uncertainty": 0.1,
                 "accuracy": value + shift, "rejection_at_0.3": 10 * value}
                for s, shift in (("train", 0.05), ("validation", 0.0), ("test", -0.1))
            ]
        )  # fmt: skip
        names = ("network", "base", f"replica-0{replica}", "0")
        scored = dict(zip(("kind", "point", "member", "fold"), names, strict=True))
        rows.append(run_row(scored, auc, None, metrics=["accuracy", "rejection_at_0.3"]))
    _, points = comparison(rows, {"base": {}})
    point = points.iloc[0]
    assert point["validation_accuracy"] == pytest.approx(0.8)
    assert point["test_accuracy"] == pytest.approx(0.7)
    assert point["test_rejection_at_0.3"] == pytest.approx(8)
    assert point["test_accuracy_spread"] == pytest.approx(np.std([0.6, 0.8], ddof=1))
    assert "test_balanced_accuracy" not in points


def scores_of(quality, seed):
    generator = np.random.default_rng(seed)
    size = 3000
    label = (generator.random(size) < 0.7).astype(np.int8)
    score = 1 / (1 + np.exp(-generator.normal(size=size) - quality * (label == 0)))
    return pd.DataFrame(
        {
            "sample": pd.Categorical(
                generator.choice(["train", "validation", "test"], size, p=[0.5, 0.25, 0.25])
            ),
            "class": label,
            "process": pd.Categorical(np.where(label == 0, "H", "Z")),
            "weight": 1.0,
            "score_signal": score.astype(np.float32),
            "score_background": (1 - score).astype(np.float32),
        }
    )


def test_permuting_the_test_labels_moves_neither_cut_nor_ranking_nor_choice():
    fractions = {"train": 0.5, "validation": 0.25, "test": 0.25}
    yields = YieldSettings(("signal", "background"), "signal", 1.0, fractions)
    settings = FomSettings(yields=yields, min_background_entries=10, headline="ams")
    tables = []
    for permuted in (False, True):
        rows = []
        for point, quality in (("low", 0.8), ("high", 1.6)):
            for replica in range(3):
                scores = scores_of(quality + 0.1 * replica, replica)
                test = (scores["sample"] == "test").to_numpy()
                if permuted:
                    for name in ("class", "process"):
                        labels = scores.loc[test, name].to_numpy()
                        scores.loc[test, name] = labels[::-1]
                _, best, _ = fom_of(scores, settings)
                _, roc = roc_tables(scores, ("signal", "background"), "signal")
                names = ("network", point, f"replica-0{replica}", "0")
                scored = dict(zip(("kind", "point", "member", "fold"), names, strict=True))
                rows.append(row(**(run_row(scored, roc, best) | {"epochs": 1})))
        tables.append(comparison(rows, {"low": {}, "high": {}}))
    (runs, points), (permuted_runs, permuted_points) = tables
    kept = ["rank", "chosen", "point", "member", "cut", "validation_fom", "validation_auc"]
    pd.testing.assert_frame_equal(runs[kept], permuted_runs[kept])
    kept = ["rank", "name", "validation_fom", "p_value", "p_value_corrected", "best_is"]
    pd.testing.assert_frame_equal(points[kept], permuted_points[kept])
    assert points["point"][0] == "high"
    assert (runs["test_fom"] != permuted_runs["test_fom"]).all()


# The paired test ---------------------------------------------------------------------------------


def p_value(difference):
    (found,) = paired_p_values(difference[np.newaxis])
    return found


def test_the_p_value_is_students():
    """Student (1908), the sleep of ten patients after two drugs: t = 4.0621, p = 0.0028."""
    sleep = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    assert p_value(sleep) == pytest.approx(0.00283, abs=5e-6)


def test_tests_of_several_rows_are_those_of_each():
    rows = np.random.default_rng(5).normal(size=(5, 4))
    rows[1, 2], rows[2], rows[3, 1:] = np.nan, 0.0, np.nan
    np.testing.assert_array_equal(paired_p_values(rows), [p_value(row) for row in rows])


def test_the_p_value_is_scipys():
    generator = np.random.default_rng(3)
    for size in (2, 3, 10):
        one, other = generator.normal(size=(2, size))
        expected = stats.ttest_rel(one, other).pvalue
        assert p_value(one - other) == pytest.approx(expected, rel=1e-10)
    one[4] = np.nan
    expected = stats.ttest_rel(one, other, nan_policy="omit").pvalue
    assert p_value(one - other) == pytest.approx(float(expected), rel=1e-10)


def test_what_cannot_be_tested_is_not():
    assert np.isnan(p_value(np.array([0.3])))
    assert np.isnan(p_value(np.array([0.3, np.nan])))
    assert np.isnan(p_value(np.array([0.0])))
    assert np.isnan(p_value(np.array([np.nan, np.nan])))
    assert np.isnan(p_value(np.array([0.3, 0.1 + 0.2, 0.3])))
    assert p_value(np.zeros(4)) == 1.0
    assert verdict(0.1, np.nan) == UNTESTED


def test_better_needs_significance_and_a_positive_difference():
    assert verdict(0.1, 0.049) == BETTER
    assert verdict(0.1, 0.05) == EQUAL
    assert verdict(-0.1, 0.001) == EQUAL


def test_holm_corrects_as_written():
    # worked by hand after Holm (1979): 4 × 0.005, 3 × 0.01, 2 × 0.03, 0.04 raised to the one before
    adjusted = holm(np.array([0.01, 0.04, 0.03, np.nan, 0.005]))
    np.testing.assert_allclose(adjusted, [0.03, 0.06, 0.06, np.nan, 0.02])
    assert holm(np.array([0.6, 0.9])).tolist() == [1.0, 1.0]


def test_the_best_is_corrected_for_all_pairs_of_points():
    values = np.random.default_rng(4).normal(size=(4, 6)) + np.array([[3.0], [1.0], [0.5], [0.0]])
    p_value, corrected = best_against_others(values)
    pairs = list(combinations(range(4), 2))
    expected = [stats.ttest_rel(values[i], values[j]).pvalue for i, j in pairs]
    np.testing.assert_allclose(p_value[1:], expected[:3], rtol=1e-10)
    np.testing.assert_allclose(corrected[1:], holm(np.array(expected))[:3], rtol=1e-10)
    assert np.isnan(p_value[0])


def test_a_clear_difference_is_called_better():
    _, points = comparison(study(points=tuple(KEYS)[::5]), {k: KEYS[k] for k in tuple(KEYS)[::5]})
    assert points["best_is"][1] == BETTER
    assert points["pairs"][1] == 5


def false_calls(points, pairs, toys, seed):
    """Count the toys of equal points in which the best is called better than any other."""
    generator = np.random.default_rng(seed)
    called = 0
    for _ in range(toys):
        # what a seed does to all points alike, and what it does to each
        values = generator.normal(size=(points, pairs)) + generator.normal(size=pairs)
        ranked = values[np.argsort(-values.mean(axis=1))]
        differences = (ranked[0] - ranked).mean(axis=1)
        _, corrected = best_against_others(ranked)
        called += BETTER in map(verdict, differences, corrected)
    return called


def test_two_equal_points_are_called_different_at_the_stated_rate():
    toys = 4000
    called = false_calls(2, 5, toys, 21)
    # the central 99.7 % of a binomial of 5 %
    low, high = stats.binom.interval(0.997, toys, 0.05)
    assert low <= called <= high


def test_the_best_of_many_equal_points_is_called_better_no_more_often_than_stated():
    toys = 800
    assert false_calls(8, 5, toys, 22) <= stats.binom.ppf(0.997, toys, 0.05)


# Figures -----------------------------------------------------------------------------------------


def test_metrics_are_drawn_against_every_scanned_key_with_their_spread():
    _, points = comparison(study(), KEYS)
    figure = points_figure(points, KEYS, "$Z$", "t", "label")
    axes = figure.axes
    assert len(axes) == 16
    left, right = axes[:2]
    assert (left.get_xscale(), right.get_xscale()) == ("log", "linear")
    assert [tick.get_text() for tick in axes[-1].get_xticklabels()] == ["relu", "tanh"]
    assert axes[-2].get_xlabel() == "training.decay"
    part = points.query("kind == 'network' and `model.activation` == 'tanh'")
    part = part.sort_values("training.decay")
    np.testing.assert_allclose(left.lines[0].get_xdata(), part["training.decay"])
    np.testing.assert_allclose(left.lines[0].get_ydata(), part["validation_fom"])
    band = left.collections[0].get_paths()[0].vertices
    value, spread = part["validation_fom"].iloc[-1], part["validation_fom_spread"].iloc[-1]
    top = band[np.isclose(band[:, 0], 1e-3), 1]
    assert top.max() == pytest.approx(value + spread)
    assert top.min() == pytest.approx(value - spread)
    assert [t.get_text() for t in left.get_legend().get_texts()] == [
        "activation tanh",
        "activation relu",
    ]
    assert "hist_gradient_boosting" in [t.get_text() for t in figure.legends[0].get_texts()]


def test_without_a_scan_all_rows_stand_side_by_side():
    _, points = comparison(study(points=("base",)), {"base": {}})
    axes = points_figure(points, {"base": {}}).axes
    assert len(axes) == 8
    assert [tick.get_text() for tick in axes[-1].get_xticklabels()] == [
        "base",
        "base (ensemble)",
        "hist_gradient_boosting",
        "logistic_regression",
    ]


def test_a_key_with_one_value_or_with_zero_among_decades():
    keys = {f"p{i}": {"a": value, "b": 1} for i, value in enumerate((0.0, 1e-4, 1e-2))}
    assert scanned_keys(keys) == ["a"]
    _, points = comparison(study(points=tuple(keys)), keys)
    axes = points_figure(points, keys).axes
    assert [tick.get_text() for tick in axes[-1].get_xticklabels()] == ["0", "0.0001", "0.01"]


def test_runs_are_drawn_by_point_with_the_chosen_one_ringed_and_references_hollow():
    runs, points = comparison(study(), KEYS)
    area, merit = runs_figure(runs, points).axes
    told = [" ".join(tick.get_text().split()) for tick in area.get_yticklabels()]
    assert told == points["name"].tolist()
    best = runs.query("kind == 'network' and point == @points.point[0]")
    drawn = merit.lines[0].get_xdata()
    assert sorted(drawn) == sorted(best["validation_fom"])
    ring = next(item for item in merit.lines if item.get_markersize() == 12)
    assert ring.get_xdata().tolist() == runs.loc[runs["chosen"], "test_fom"].tolist()
    filled = [matplotlib.colors.to_hex(item.get_markerfacecolor()) for item in merit.lines[:1]]
    assert filled == [style.SAMPLE_STYLES[VALIDATION].colour]
    hollow = [item for item in merit.lines if item.get_markerfacecolor() == "white"]
    assert len(hollow) == 2 * 8


@pytest.mark.parametrize(
    "draw",
    [
        lambda runs, points: points_figure(points, ONE_KEY, "$Z$", "t", "label"),
        lambda runs, points: runs_figure(runs, points, "$Z$", "t", "label"),
    ],
    ids=["points", "runs"],
)
def test_figures_are_saved_the_same_twice_and_nothing_is_cut_off(draw, tmp_path):
    tables = comparison(study(points=tuple(ONE_KEY)), ONE_KEY)
    for name in ("a", "b"):
        style.save(draw(*tables), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    for ending in ("png", "pdf"):
        first, second = (tmp_path / f"{name}.{ending}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    figure = draw(*tables)
    with style.context():
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02


def test_the_spread_over_folds_is_drawn_as_a_bar_on_the_point():
    yields = [(30.0, 100.0), (60.0, 400.0), (90.0, 100.0)]
    rows = [row(fold=str(i), **fom_values(s, b, 2.0, 6.0)) for i, (s, b) in enumerate(yields)]
    _, points = comparison(rows, {"base": {}})
    figure = points_figure(points, {"base": {}}, "$Z$")
    axes = next(own for own in figure.axes if own.get_ylabel() == "$Z$\ntest")
    bars = [bar for item in axes.containers for bar in item.lines[2][0].get_segments()]
    heights = [segment[:, 1] for segment in bars if np.ptp(segment[:, 1]) > 0]
    value, spread = points["test_fom"][0], points["test_fom_fold_spread"][0]
    (height,) = heights
    np.testing.assert_allclose(height, [value - spread, value + spread])
    assert "spread over folds" in [t.get_text() for t in figure.legends[0].get_texts()]


def test_the_base_config_s_point_says_its_values_of_the_scanned_keys():
    keys = {
        "base": {"training.decay": 0.0, "balance.scheme": "sum"},
        "scheme=sqrt": {"training.decay": 0.0, "balance.scheme": "sqrt"},
    }
    runs, points = comparison(study(points=tuple(keys)), keys)
    assert set(points["name"]) >= {
        "base (decay=0, scheme=sum)",
        "base (decay=0, scheme=sum, ensemble)",
        "scheme=sqrt",
        "scheme=sqrt (ensemble)",
    }
    area, _ = runs_figure(runs, points).axes
    told = [" ".join(tick.get_text().split()) for tick in area.get_yticklabels()]
    assert told == points["name"].tolist()
    _, alone = comparison(study(points=("base",)), {"base": {}})
    assert alone["name"][0] == "base"
