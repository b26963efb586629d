"""The study's page: headline numbers, tables and figures in one self-contained HTML file."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import jinja2
import pandas as pd

from winnow.columns import EXACT, TEST, VALIDATION
from winnow.output import calibration_part
from winnow.statistics.choice import BASELINE, NETWORK
from winnow.statistics.efficiency import with_efficiencies
from winnow.tables import read_frame, read_json

Table = TypeVar("Table", pd.DataFrame, pd.Series)

OVERTRAINING = "Over-training"
_CUTFLOW = "Cutflow (yields before `total_yield` and the scales of samples; intervals of 68.3 %)"

# A difference of so many standard deviations is called significant.
_SIGNIFICANT = 2.0

# Title of each figure of a classifier → the rule's inputs that hold it.
_FIGURES = {
    "ROC": "roc_figures",
    "Figure of merit": "fom_figures",
    "Score in bins": "binned_figures",
    "Scores": "score_figures",
    "Confusion matrix": "confusion_figures",
    "Loss and accuracy": "history_figures",
    "Sums of probabilities and counts": "sums_figures",
}

_RUN_KEYS = ("point", "member", "fold")
# Metrics of the ranked points, mean ± spread in one column each.
_METRICS = (
    "validation_fom",
    "test_fom",
    "validation_auc",
    "test_auc",
    "best_epoch",
    "wall_seconds",
    "cpu_seconds",
)


@dataclass(frozen=True)
class RunPart:
    """What the page shows of one run: its name, tables and figures by title, wide ones apart."""

    name: str
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]
    wide: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """What the page shows.

    Attributes:
        name: the study.
        points: the scan points, ensembles and reference classifiers, ranked.
        runs: every scored classifier, ranked.
        parts: one per scored classifier, the chosen run's folds first.
        tables: of the study as a whole, by title.
        figures: of the study as a whole, by title.
        heavy: events that hold much of the weight of a class: sample, class, share, source, row,
            fold.
        joined: one per classifier of which all folds' events stand together, the chosen one first;
            empty without folds.
    """

    name: str
    points: pd.DataFrame
    runs: pd.DataFrame
    parts: Sequence[RunPart]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]
    heavy: pd.DataFrame
    joined: Sequence[RunPart] = ()


def read_study(
    inputs: Any,
    name: str,
    scored: Sequence[Mapping[str, str]],
    luminosity: float,
) -> Study:
    """Collect a study's tables and figures.

    Args:
        inputs: the rule's named inputs.
        name: the study.
        scored: point, member and fold of each scored classifier, networks first; inputs that are
            one per training or per classifier have this order, and those of all folds together.
        luminosity: of the study, in the inverse unit of its cross-sections.
    """
    table = pd.read_csv(inputs.runs, dtype=dict.fromkeys(_RUN_KEYS, str))
    places = {_run_name(run): position for position, run in enumerate(scored)}
    ordered = table.sort_values("chosen", ascending=False, kind="stable")
    parts = [
        _run_part(inputs, places[name], name)
        for name in (_run_name(run) for _, run in ordered.iterrows())
    ]
    classifiers = list(dict.fromkeys(map(_classifier_name, scored)))
    together = [
        _joined_part(inputs, classifiers.index(name), name)
        for name in dict.fromkeys(_classifier_name(run) for _, run in ordered.iterrows())
        if inputs.joined_rocs
    ]
    return Study(
        name=name,
        points=pd.read_csv(inputs.points),
        runs=table,
        parts=parts,
        tables={
            "Rows read, kept, cut and rejected": pd.DataFrame(
                [_flat(path) for path in inputs.counts]
            ),
            _CUTFLOW: pd.concat([_cutflow(path, luminosity) for path in inputs.cutflows]),
            "Events per sample": pd.read_csv(inputs.split),
            "Ledger: roles of the events": pd.read_csv(inputs.ledger),
            **{
                f"Training weights ({Path(path).parts[-3]})": pd.read_csv(path)
                for path in inputs.balances
            },
        },
        figures={
            "Metrics": Path(inputs.metrics),
            "Runs": Path(inputs.compare),
            "Input variables by class": Path(inputs.inputs[0]),
            "Correlations by class": Path(inputs.inputs[1]),
        },
        heavy=pd.concat(
            [pd.read_csv(path).assign(fold=fold) for fold, path in enumerate(inputs.heavy)]
            or [pd.DataFrame()],
            ignore_index=True,
        ),
        joined=together,
    )


def _cutflow(path: str, luminosity: float) -> pd.DataFrame:
    """Return the cutflow of a file, named after its source, with yields at the luminosity."""
    table = read_frame(path)
    table.insert(0, "source", Path(path).parent.name)
    return with_efficiencies(table.assign(**{"yield": table["sum_of_weights"] * luminosity}))


def _run_name(run: Mapping[str, Any] | pd.Series) -> str:
    return f"{_classifier_name(run)}/fold-{run['fold']}"


def _classifier_name(run: Mapping[str, Any] | pd.Series) -> str:
    return f"{run['point']}/{run['member']}"


def _run_part(inputs: Any, position: int, name: str) -> RunPart:
    """Collect what there is of a classifier: what belongs to trainings ends before the others."""
    shown: dict[str, tuple[Sequence[str], Callable[[pd.DataFrame], pd.DataFrame]]] = {
        "ROC": (inputs.rocs, _whole),
        "Figure of merit at the cut chosen on validation": (inputs.foms, _long),
        "Yields at the cut": (inputs.yields, _at_the_cut),
        OVERTRAINING: (inputs.overtraining, _whole),
    }
    tables = {
        title: view(pd.read_csv(paths[position]))
        for title, (paths, view) in shown.items()
        if position < len(paths)
    }
    tables |= calibration_part.calibration_tables(inputs, position)
    figures = _drawn(inputs, _FIGURES, position)
    wide = calibration_part.calibration_figures(inputs, position)
    return RunPart(name, tables, figures, wide)


def _joined_part(inputs: Any, position: int, name: str) -> RunPart:
    """Collect what there is of all folds of a classifier together."""
    tables = {"ROC": pd.read_csv(inputs.joined_rocs[position])}
    if inputs.joined_foms:
        best = pd.read_csv(inputs.joined_foms[position])
        tables["Figure of merit at one cut for all folds"] = _long(best)
        yields = pd.read_csv(inputs.cross_yields[position])
        tables["Test yields at each fold's own cut, summed"] = yields
    figures = _drawn(inputs, {t: f"joined_{kind}" for t, kind in _FIGURES.items()}, position)
    return RunPart(name, tables, figures)


def _drawn(inputs: Any, kinds: Mapping[str, str], position: int) -> dict[str, Path]:
    """Return title → figure of a classifier, of those kinds that it has."""
    drawn = {title: getattr(inputs, kind, []) for title, kind in kinds.items()}
    return {title: Path(paths[position]) for title, paths in drawn.items() if position < len(paths)}


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _at_the_cut(yields: pd.DataFrame) -> pd.DataFrame:
    kept = yields[(yields["scan"] == EXACT) & (yields["chosen_on"] == VALIDATION)]
    return kept.drop(columns=["scan", "chosen_on"])


def ranked_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the table of scan points as a page shows it: mean ± spread in one column."""
    names = list(points.columns)
    leading = names[: names.index("folds") + 1]
    view = points[[name for name in leading if name not in ("kind", "point")]].copy()
    verdicts = ("best_minus_this", "p_value_corrected", "best_is")
    for name in verdicts:
        view[name] = points[name]
    for metric in (name for name in _METRICS if name in points):
        pairs = zip(points[metric], points[f"{metric}_spread"], strict=True)
        view[metric] = [_mean_and_spread(mean, spread) for mean, spread in pairs]
    return _dashed(view)


def _dashed(values: Table) -> Table:
    """Return a table or a column with a dash for what is missing."""
    return values.astype(object).where(values.notna(), "–")


def _mean_and_spread(mean: float, spread: float) -> str:
    if math.isnan(mean):
        return "–"
    return f"{mean:.5g}" if math.isnan(spread) else f"{mean:.5g} ± {spread:.2g}"


def _long(best: pd.DataFrame) -> pd.DataFrame:
    kept = ["definition", "scan", "cut"] + [
        f"{quantity}_{sample}"
        for sample in ("validation", "test", "train")
        for quantity in ("fom", "fom_uncertainty", "s", "b", "b_entries")
    ]
    return best[kept]


def _flat(path: str) -> dict[str, Any]:
    counts = read_json(path)
    return {name: value for name, value in counts.items() if not isinstance(value, dict)}


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


def _area_error(runs: pd.DataFrame) -> float:
    """Return the statistical uncertainty of a mean area: folds are tested on parts of their own."""
    return float(runs["test_auc_uncertainty"].mean() / math.sqrt(runs["fold"].nunique()))


def _area_line(point: pd.Series, runs: pd.DataFrame) -> str:
    area, error = point["test_auc"], _area_error(runs)
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
        # of the same events, so that this bound on the difference's uncertainty is a safe one
        error = math.hypot(*(_area_error(_runs_of(study, row)) for row in (str(name), best)))
        sure = "significantly " if area - ours[best] > _SIGNIFICANT * error else ""
        lines.append(
            f"the reference {name} is {sure}better than every network: test AUC {area:.4f}, "
            f"{best} {ours[best]:.4f}, uncertainty of the difference at most {error:.4f}"
        )
    return lines


def _runs_of(study: Study, name: str) -> pd.DataFrame:
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


def page(study: Study, text: str, template: str) -> str:
    """Render the page.

    Args:
        study: the study.
        text: the headline.
        template: Jinja2 source with the filters `table` and `image`.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["table"] = _table
    environment.filters["image"] = _image
    runs = study.runs.assign(rank=_dashed(study.runs["rank"]))  # what is no network has none
    return environment.from_string(template).render(
        study=study, points=ranked_points(study.points), runs=runs, headline=text
    )


def _table(frame: pd.DataFrame) -> str:
    return str(
        frame.to_html(index=False, float_format="{:.6g}".format, na_rep="undefined", border=0)
    )


def _image(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
