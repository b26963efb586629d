"""All classifiers of a study side by side: ranked runs, ranked scan points, and who is better."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from winnow.columns import SAMPLES, TEST, VALIDATION
from winnow.statistics.choice import ASKED, ENSEMBLE, KINDS, NETWORK
from winnow.statistics.fom_groups import COVARIANCE
from winnow.statistics.merit import figure_of_merit, fom_slopes
from winnow.statistics.roc import ALL
from winnow.statistics.significance import DEFINITIONS
from winnow.study.scan import BASE, OPTIMISED, cell, described

# What points are compared in; where a replica has several folds: joint yields, means and sums.
FOMS = ("validation_fom", "test_fom")
MEANS = ("validation_auc", "test_auc", "best_epoch", "validation_loss")
SUMS = ("wall_seconds", "cpu_seconds")
METRICS = (*FOMS, *MEANS, *ASKED, *SUMS)

LEVEL = 0.05
BETTER, EQUAL, UNTESTED = "better", "not distinguishable", "untested"

_YIELDS = ("s", "s_uncertainty", "b", "b_uncertainty")
# What ranks, best first: where a figure of merit is undefined or the study has none, the area.
_RANKING = ("validation_fom", "validation_auc")
# Differences that agree to this share are the same: what is left is rounding.
_EQUAL = 1e-9


def row_name(kind: str, point: str, keys: Mapping[str, Any]) -> str:
    """Return what a point's row is called: its ensemble stands beside it.

    The point of the base config says the values of the scanned keys, which its name does not hold,
    and so does the one that a search has chosen.
    """
    said = [described(keys)] if point in (BASE, OPTIMISED) and keys else []
    said += [ENSEMBLE] if kind == ENSEMBLE else []
    return f"{point} ({', '.join(said)})" if said else point


def run_row(
    scored: Mapping[str, str],
    auc: pd.DataFrame,
    best: pd.DataFrame | None,
    passport: Mapping[str, Any] | None = None,
    timing: pd.DataFrame | None = None,
    metrics: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what is known of one scored classifier.

    Args:
        scored: kind (network, ensemble or baseline), point, member and fold.
        auc: the ROC summary; the rows of the signal against all are used, or, without a signal
            class, of the first class.
        best: the FOM at the best cuts, of which the headline's row is used; None without a signal
            class. sigma_X is the absolute uncertainty of the background in a sample X, in events.
        passport: of a training: the model's passport.
        timing: of a training: seconds of each epoch.
        metrics: the config's `compare.metrics`, columns of the ROC summary.
    """
    row: dict[str, Any] = {name: scored[name] for name in ("kind", "point", "member", "fold")}
    if best is not None:
        row |= _fom_columns(best[best["headline"]].iloc[0])
    leading = auc[(auc["signal"] == auc["signal"].iloc[0]) & (auc["against"] == ALL)]
    areas = leading.set_index("sample")
    for sample in (VALIDATION, TEST, *(name for name in SAMPLES if name not in (VALIDATION, TEST))):
        row[f"{sample}_auc"] = float(areas.loc[sample, "auc"])
        row[f"{sample}_auc_uncertainty"] = float(areas.loc[sample, "auc_uncertainty"])
    for name in metrics:
        row |= {f"{sample}_{name}": float(areas.loc[sample, name]) for sample in (VALIDATION, TEST)}
    row["best_epoch"] = np.nan if passport is None else passport["epoch"]
    row["validation_loss"] = np.nan if passport is None else passport["losses"]["validation_loss"]
    row["epochs"] = np.nan if timing is None else len(timing)
    wall = None if timing is None else timing["training_seconds"] + timing["validation_seconds"]
    row["wall_seconds"] = np.nan if wall is None else float(wall.sum())
    row["cpu_seconds"] = np.nan if timing is None else float(timing["cpu_seconds"].sum())
    return row


def _fom_columns(chosen: pd.Series) -> dict[str, Any]:
    row: dict[str, Any] = {"definition": chosen["definition"], "cut": chosen["cut"]}
    for sample in (VALIDATION, TEST):
        row[f"{sample}_fom"] = chosen[f"fom_{sample}"]
        row[f"{sample}_fom_uncertainty"] = chosen[f"fom_uncertainty_{sample}"]
    for sample in (VALIDATION, TEST):
        row |= {f"{name}_{sample}": chosen[f"{name}_{sample}"] for name in _YIELDS}
        row[f"sigma_{sample}"] = chosen[f"sigma_{sample}"]
    return row


def comparison(
    rows: Sequence[Mapping[str, Any]],
    keys: Mapping[str, Mapping[str, Any]],
    groups: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank runs and scan points by validation alone.

    The chosen run is the best replica of the best point, with all its folds.

    Args:
        rows: of all scored classifiers, as `run_row` returns them.
        keys: of every scan point the value of each scanned key.
        groups: of all scored classifiers: kind, point, member, fold, sample, and the background of
            each systematic uncertainty with its covariance (`fom_groups`), by which folds are
            joined; None: the whole background moves together, by sigma_X.

    Returns:
        runs: one row per scored classifier: rank (networks only), chosen, then what `run_row`
            gives.
        points: one row per scan point, its ensemble, and per baseline: rank (networks only), kind,
            name, point, the scanned keys, replicas, folds; of each metric mean, spread (standard
            deviation, ddof 1) and error (of the mean) over replicas, NaN where a replica's is; with
            folds also fold_spread, the root mean square over replicas of the spread over folds;
            test_fom_uncertainty, of the sample, of one replica; then the paired test of the best
            point against this one.
    """
    runs = _ranked(pd.DataFrame(list(rows)), ("point", "member", "fold"))
    replicas = _replicas(runs, groups)
    points = _ranked(_points(replicas, keys), ("name",))
    points = points.merge(_tests(runs, points), on=["kind", "point"], how="left")
    first = points.iloc[0]["point"]
    of_best = replicas[(replicas["kind"] == NETWORK) & (replicas["point"] == first)]
    member = _ranked(of_best, ("member",)).iloc[0]["member"]
    chosen = (runs["kind"] == NETWORK) & (runs["point"] == first) & (runs["member"] == member)
    runs.insert(1, "chosen", chosen)
    runs = runs.astype({"best_epoch": "Int64", "epochs": "Int64"})
    return runs, points


def _ranked(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Sort by kind, then by what ranks, then by names, and number the networks."""
    by = [name for name in _RANKING if name in table]
    order = table.assign(_kind=table["kind"].map(KINDS.index)).sort_values(
        ["_kind", *by, *names], ascending=[True, *(False for _ in by), *(True for _ in names)]
    )
    order = order.drop(columns=["_kind", *({"rank"} & {*order.columns})]).reset_index(drop=True)
    rank = pd.Series(range(1, len(order) + 1), dtype="Int64").where(order["kind"] == NETWORK)
    order.insert(0, "rank", rank)
    return order


def _replicas(runs: pd.DataFrame, groups: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per replica, its folds joined into one measurement on the whole sample."""
    rows = []
    for (kind, point, member), part in runs.groupby(["kind", "point", "member"], sort=False):
        row = {"kind": kind, "point": point, "member": member, "folds": len(part)}
        if FOMS[0] in part:
            own = None
            if groups is not None:
                alike = (groups["kind"] == kind) & (groups["point"] == point)
                own = groups[alike & (groups["member"] == member)]
            row |= _joint_foms(part, own)
        asked = [name for name in ASKED if name in part]
        row |= {name: part[name].mean(skipna=False) for name in (*MEANS, *asked)}
        row |= {name: part[name].sum(skipna=False) for name in SUMS}
        row |= {f"{name}_folds": part[name].var(ddof=1, skipna=False) for name in _present(part)}
        rows.append(row)
    return pd.DataFrame(rows)


def _joint_foms(part: pd.DataFrame, groups: pd.DataFrame | None) -> dict[str, Any]:
    """Return the FOMs of a replica's folds together, each fold read at its own cut.

    A fold's yields are scaled from its part to the whole sample, so the yields of all parts are
    the means over folds, with variances Σσ²/k². A systematic uncertainty is common to all parts:
    what it covers is joined before it is taken of it.
    """
    definition = DEFINITIONS[part["definition"].iloc[0]]
    row: dict[str, Any] = {"definition": definition.name}
    for sample in (VALIDATION, TEST):
        s, s_error, b, b_error, sigma = (
            part[f"{name}_{sample}"].to_numpy(np.float64) for name in (*_YIELDS, "sigma")
        )
        if groups is None:
            background, covariance = b.mean(keepdims=True), np.diag(_variance_of_mean(b_error))
            relative = np.array([sigma.mean() / b.mean() if b.mean() > 0 else 0.0])
        else:
            background, covariance, relative = _joint_groups(groups[groups["sample"] == sample])
        contents = s.mean(keepdims=True), background[:, np.newaxis], relative
        row[f"{sample}_fom"] = float(figure_of_merit(definition, *contents)[0])
        slopes = fom_slopes(definition, *contents)[:, 0]
        row[f"{sample}_fom_uncertainty"] = _along(slopes, _variance_of_mean(s_error), covariance)
    return row


def _along(
    slopes: NDArray[np.float64], s_variance: NDArray[np.float64], covariance: NDArray[np.float64]
) -> float:
    """Return the standard error of what has these slopes by s and by each group of background."""
    # the slope of what has no events is not asked for; a signal there must be
    known = np.where(np.diag(covariance) == 0.0, 0.0, slopes[1:])
    variance = slopes[0] ** 2 * s_variance[0] + known @ covariance @ known
    return float(np.sqrt(np.maximum(variance, 0.0)))


def _joint_groups(
    groups: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return background of each group over folds, covariance and relative uncertainties."""
    parts = [part for _, part in groups.groupby("fold", sort=False)]
    names = [name for name in groups if str(name).startswith(COVARIANCE)]
    covariances = np.array([part[names].to_numpy(np.float64) for part in parts])
    return (
        np.mean([part["b"].to_numpy(np.float64) for part in parts], axis=0),
        covariances.sum(axis=0) / len(parts) ** 2,
        parts[0]["fraction"].to_numpy(np.float64),
    )


def _variance_of_mean(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    variance: NDArray[np.float64] = np.square(errors).sum(keepdims=True) / errors.size**2
    return variance


def _present(table: pd.DataFrame) -> list[str]:
    return [name for name in METRICS if name in table]


def _points(replicas: pd.DataFrame, keys: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    scanned = list(dict.fromkeys(name for values in keys.values() for name in values))
    rows = []
    for (kind, point), part in replicas.groupby(["kind", "point"], sort=False):
        name = row_name(str(kind), str(point), keys.get(str(point), {}))
        row: dict[str, Any] = {"kind": kind, "name": name, "point": point}
        row |= {key: cell(keys[str(point)][key]) for key in scanned if str(point) in keys}
        row |= {"replicas": len(part), "folds": part["folds"].max()}
        if FOMS[0] in part:
            row["definition"] = part["definition"].iloc[0]
        for metric in _present(part):
            row[metric] = part[metric].mean(skipna=False)
            row[f"{metric}_spread"] = part[metric].std(ddof=1, skipna=False)
            row[f"{metric}_error"] = row[f"{metric}_spread"] / np.sqrt(len(part))
            if part["folds"].max() > 1:
                row[f"{metric}_fold_spread"] = np.sqrt(part[f"{metric}_folds"].mean(skipna=False))
        if FOMS[0] in part:
            row["test_fom_uncertainty"] = part["test_fom_uncertainty"].mean(skipna=False)
        rows.append(row)
    return pd.DataFrame(rows)


# The paired test -----------------------------------------------------------------------------


def _tests(runs: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Return the paired test of the first point against each other one, a row per point."""
    networks = points[points["kind"] == NETWORK]
    order = networks["point"].tolist()
    defined = [name for name in _RANKING if name in runs and networks[name].notna().iloc[0]]
    metric = defined[0] if defined else _RANKING[-1]
    pivoted = runs[runs["kind"] == NETWORK].pivot_table(
        metric, "point", ["member", "fold"], aggfunc="first", dropna=False
    )
    values = pivoted.loc[order].to_numpy(np.float64)
    difference = values[0] - values
    p_value, corrected = best_against_others(values)
    pairs = np.isfinite(difference).sum(axis=1)
    mean = np.nansum(difference, axis=1) / np.where(pairs > 0, pairs, np.nan)
    table = pd.DataFrame(
        {
            "kind": NETWORK,
            "point": order,
            "tested_metric": metric,
            "pairs": pd.array(pairs, dtype="Int64"),
            "best_minus_this": mean,
            "p_value": p_value,
            "p_value_corrected": corrected,
            "best_is": list(map(verdict, mean, corrected)),
        }
    )
    return table.iloc[1:]


def best_against_others(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Test the best point against each other one, in pairs of runs with the same seed and fold.

    A two-sided paired t-test, Student, Biometrika 6 (1908) 1; p-values corrected after Holm,
    Scand. J. Statist. 6 (1979) 65, not for the m − 1 comparisons with the best alone but for all
    m(m − 1)/2 pairs of points: the best is found by looking at all of them. Then the chance of
    any false "better" stays below 5 %, whatever is equal to what. Of ten equal points, five
    replicas each, the best is called better than some other one in 54 % of toys without
    correction, in 11 % with Holm's for the nine comparisons, and in 3 % with this one.

    All runs share their events, so the test knows the chance of training (initial weights, order
    of batches) and not that of the sample: it says whether other seeds would find the same
    winner on these events. It does not say what other events would; for folds that would need
    more, since their training events overlap (Bengio and Grandvalet, JMLR 5 (2004) 1089).
    Ensembles and baselines are not tested: they have no replicas to pair.

    Args:
        values: the validation metric, shape (points, pairs), the best point first; NaN where a
            point has no such run or its metric is undefined.

    Returns:
        p-values and corrected p-values, shape (points,); NaN of the best itself and of points that
        share fewer than two defined pairs with it.
    """
    pairs = list(combinations(range(len(values)), 2))
    differences = np.array([values[i] - values[j] for i, j in pairs]).reshape(-1, values.shape[1])
    p_values = paired_p_values(differences)
    others = len(values) - 1
    # combinations begins with the pairs of the first point
    return (
        np.append(np.nan, p_values[:others]),
        np.append(np.nan, holm(p_values)[:others]),
    )


def paired_p_values(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two-sided p-values of Student's t-test that mean differences are zero.

    Args:
        differences: shape (m, n), those of n pairs in each of m tests; NaN where one is incomplete.

    Returns:
        Shape (m,); 1 where all differences are zero; NaN with fewer than two pairs, or where
        differences are all the same: runs that know no chance cannot be tested.
    """
    defined = np.isfinite(differences)
    low = differences.min(axis=1, where=defined, initial=np.inf)
    high = differences.max(axis=1, where=defined, initial=-np.inf)
    tested = high - low > _EQUAL * np.maximum(np.abs(low), np.abs(high))
    nothing = (low == 0.0) & (high == 0.0) & (defined.sum(axis=1) > 1)
    p_values = np.where(nothing, 1.0, np.nan)
    if tested.any():
        known = np.where(defined, differences, np.nan)[tested]
        p_values[tested] = ttest_1samp(known, 0.0, axis=1, nan_policy="omit").pvalue
    return p_values


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values adjusted for their number by Holm's step-down rule.

    Holm, Scand. J. Statist. 6 (1979) 65: the i-th smallest of m counts (m − i + 1)-fold, none
    less than a smaller one, none more than 1.

    Args:
        p_values: shape (m,); NaN is no comparison and stays NaN.
    """
    adjusted = np.full(p_values.shape, np.nan)
    order = np.argsort(p_values)[: np.count_nonzero(np.isfinite(p_values))]
    steps = np.arange(order.size, 0, -1) * p_values[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def verdict(difference: float, p_value_corrected: float) -> str:
    """Return what may be said of the best point against another one.

    Args:
        difference: mean of the best point's metric minus the other's.
        p_value_corrected: NaN where there was no test.
    """
    if np.isnan(p_value_corrected):
        return UNTESTED
    return BETTER if p_value_corrected < LEVEL and difference > 0 else EQUAL
