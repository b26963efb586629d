"""The numbers that a study is judged by, in a few lines of text."""

import math

import pandas as pd

from winnow.columns import TEST
from winnow.output import calibration_part
from winnow.output.page import OVERTRAINING, Study
from winnow.statistics.choice import BASELINE, NETWORK

SIGNIFICANT = 2.0
"""A difference of so many standard deviations is called significant."""


def headline(study: Study, definition: str | None) -> str:
    """Return the numbers that a study is judged by, a few lines of text.

    They are those of the best scan point, chosen by validation: the mean over its replicas, each
    with its folds joined. Reference classifiers are told where one is better than every network.

    Args:
        study: the study.
        definition: the figure of merit quoted; None without a signal class.
    """
    runs = study.runs[study.runs["kind"] == NETWORK]
    point = study.points[study.points["kind"] == NETWORK].iloc[0]
    own = runs[runs["point"] == point["point"]]
    lines = [f"study {study.name}: {len(runs)} run{'s' if len(runs) > 1 else ''}"]
    if (study.points["rank"].notna()).sum() > 1:
        lines.append(_points_line(study.points))
    if len(own) == 1:
        lines.append(f"best run, chosen by validation: {study.parts[0].name}, {_epoch(own)}")
    else:
        lines.append(f"point {point['point']}: {_joined(point)}")
    lines.append(_area_line(point, own))
    lines += calibration_part.calibration_lines(study.parts[0].tables)
    if definition is not None:
        lines.append(_fom_line(point, own, definition))
    lines += _reference_lines(study)
    lines += _heavy_lines(study)
    lines += [_overtraining_line(row) for _, row in study.parts[0].tables[OVERTRAINING].iterrows()]
    return "\n".join(lines) + "\n"


def _heavy_lines(study: Study) -> list[str]:
    """Tell of single events that hold much of a class's weight, with their fold if there are."""
    lines = []
    for _, row in study.heavy.iterrows():
        where = f"{row['sample']} of fold {row['fold']}" if study.joined else row["sample"]
        lines.append(
            f"one event holds {row['share']:.0%} of the weight of {row['class']} in {where}: "
            f"{row['source']}, row {row['row']}"
        )
    return lines


def _epoch(runs: pd.DataFrame) -> str:
    return f"epoch {runs['best_epoch'].iloc[0]:.0f}"


def _joined(point: pd.Series) -> str:
    parts = []
    if point["replicas"] > 1:
        parts.append(f"mean of {point['replicas']} replicas")
    if point["folds"] > 1:
        parts.append(f"{point['folds']} folds joined")
    return ", ".join(parts)


def _spread(point: pd.Series, metric: str, digits: int) -> str:
    spread = point[f"{metric}_spread"]
    return "" if pd.isna(spread) else f", spread over replicas {spread:.{digits}f}"


def area_error(runs: pd.DataFrame) -> float:
    """Return the statistical uncertainty of a mean area: folds are tested on parts of their own."""
    return float(runs["test_auc_uncertainty"].mean() / math.sqrt(runs["fold"].nunique()))


def _area_line(point: pd.Series, runs: pd.DataFrame) -> str:
    area, error = point["test_auc"], area_error(runs)
    return f"test AUC {area:.4f} ± {error:.4f}{_spread(point, 'test_auc', 4)}"


def _overtraining_line(row: pd.Series) -> str:
    return (
        f"training against validation, node {row['node']}, class {row['class']}: {row['verdict']} "
        f"(scores: p = {row['p_value']:.3f}; area: {row['auc_gap']:+.4f} ± "
        f"{row['auc_gap_uncertainty']:.4f})"
    )


def _reference_lines(study: Study) -> list[str]:
    """Tell of reference classifiers whose test area is above that of every network and ensemble."""
    by = study.points.set_index("name")["test_auc"]
    kinds = study.points.set_index("name")["kind"]
    ours, references = by[kinds != BASELINE].dropna(), by[kinds == BASELINE].dropna()
    if ours.empty:
        return []
    lines = []
    for name, area in references.items():
        best = str(ours.idxmax())
        if not area > ours[best]:
            continue
        error = gap_error(study, str(name), best)
        sure = "significantly " if area - ours[best] > SIGNIFICANT * error else ""
        lines.append(
            f"the reference {name} is {sure}better than every network: test AUC {area:.4f}, "
            f"{best} {ours[best]:.4f}, uncertainty of the difference at most {error:.4f}"
        )
    return lines


def gap_error(study: Study, *names: str) -> float:
    """Return a bound on the uncertainty of the difference of two points' areas.

    It takes them as independent: of the same events, they differ by less.

    Args:
        study: the study.
        names: of two rows of the table of points.
    """
    return math.hypot(*(area_error(_runs_of(study, name)) for name in names))


def _runs_of(study: Study, name: str) -> pd.DataFrame:
    """Return the runs of a row of the table of points, by the row's name."""
    row = study.points[study.points["name"] == name].iloc[0]
    alike = (study.runs["kind"] == row["kind"]) & (study.runs["point"] == row["point"])
    found: pd.DataFrame = study.runs[alike]
    return found


def _points_line(points: pd.DataFrame) -> str:
    verdicts = points.loc[points["rank"] > 1, "best_is"].value_counts()
    said = ", ".join(f"{verdict} {count}" for verdict, count in verdicts.items())
    return f"best scan point: {points['name'].iloc[0]} (against the others: {said})"


def _fom_line(point: pd.Series, runs: pd.DataFrame, definition: str) -> str:
    if pd.isna(point["test_fom"]):
        return (
            f"{definition}: no cut is eligible (fom.min_background_entries asks for more "
            "background events above the cut than validation has)"
        )
    where = "each run's own cut" if len(runs) > 1 else f"the cut {runs['cut'].iloc[0]:.4f}"
    return (
        f"{definition} {point['test_fom']:.3f} ± {point['test_fom_uncertainty']:.3f} on {TEST}"
        f"{_spread(point, 'test_fom', 3)}, at {where} chosen on validation "
        f"({point['validation_fom']:.3f} there, biased upward by that choice)"
    )
