"""The study's page: headline numbers, tables and figures in one self-contained HTML file."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import jinja2
import pandas as pd

from winnow.choice import NETWORK
from winnow.columns import EXACT, TEST, VALIDATION
from winnow.significance import DEFINITIONS
from winnow.tables import read_frame, read_json

Table = TypeVar("Table", pd.DataFrame, pd.Series)

OVERTRAINING = "Over-training"

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
    """What the page shows of one run: its name, tables by title, figures by title."""

    name: str
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]


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
    """

    name: str
    points: pd.DataFrame
    runs: pd.DataFrame
    parts: Sequence[RunPart]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]


def read_study(
    inputs: Any, name: str, scored: Sequence[Mapping[str, str]], luminosity: float
) -> Study:
    """Collect a study's tables and figures.

    Args:
        inputs: the rule's named inputs.
        name: the study.
        scored: point, member and fold of each scored classifier, networks first; inputs that are
            one per training or per classifier have this order.
        luminosity: of the study, in the inverse unit of its cross-sections.
    """
    table = pd.read_csv(inputs.runs, dtype=dict.fromkeys(_RUN_KEYS, str))
    places = {_run_name(run): position for position, run in enumerate(scored)}
    ordered = table.sort_values("chosen", ascending=False, kind="stable")
    parts = [
        _run_part(inputs, places[name], name)
        for name in (_run_name(run) for _, run in ordered.iterrows())
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
            "Cutflow (yields before `total_yield` and the scales of samples)": pd.concat(
                [_cutflow(path, luminosity) for path in inputs.cutflows]
            ),
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
    )


def _cutflow(path: str, luminosity: float) -> pd.DataFrame:
    """Return the cutflow of a file, named after its source, with yields at the luminosity."""
    table = read_frame(path)
    table.insert(0, "source", Path(path).parent.name)
    return table.assign(**{"yield": table["sum_of_weights"] * luminosity})


def _run_name(run: Mapping[str, Any] | pd.Series) -> str:
    return "/".join([run["point"], run["member"], f"fold-{run['fold']}"])


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
    drawn = {
        "ROC": inputs.roc_figures,
        "Figure of merit": inputs.fom_figures,
        "Score in bins": inputs.binned_figures,
        "Scores": inputs.score_figures,
        "Confusion matrix": inputs.confusion_figures,
        "Loss and accuracy": inputs.history_figures,
    }
    figures = {
        title: Path(paths[position]) for title, paths in drawn.items() if position < len(paths)
    }
    return RunPart(name, tables, figures)


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

    Args:
        study: the study.
        definition: the figure of merit quoted; None without a signal class.
    """
    networks = study.runs[study.runs["kind"] == NETWORK]
    first = study.runs[study.runs["chosen"]].iloc[0]
    best = study.parts[0]
    count = len(networks)
    lines = [f"study {study.name}: {count} run{'s' if count > 1 else ''}"]
    lines.append(f"best run, chosen by validation: {best.name}, epoch {first['best_epoch']:.0f}")
    if (study.points["rank"].notna()).sum() > 1:
        lines.append(_points_line(study.points))
    lines.append(
        f"test AUC {first['test_auc']:.4f} ± {first['test_auc_uncertainty']:.4f}"
        + (
            f" (mean of {count} runs {networks['test_auc'].mean():.4f}, spread "
            f"{networks['test_auc'].std(ddof=1):.4f})"
            if count > 1
            else ""
        )
    )
    if definition is not None:
        lines.append(_fom_line(first, definition))
    lines += [
        f"training against validation, {row['class']}: {row['verdict']} (p = {row['p_value']:.3f}, "
        f"area {row['auc_gap']:+.4f} ± {row['auc_gap_uncertainty']:.4f})"
        for _, row in best.tables[OVERTRAINING].iterrows()
    ]
    return "\n".join(lines) + "\n"


def _points_line(points: pd.DataFrame) -> str:
    verdicts = points.loc[points["rank"] > 1, "best_is"].value_counts()
    said = ", ".join(f"{verdict} {count}" for verdict, count in verdicts.items())
    return f"best scan point: {points['name'].iloc[0]} (against the others: {said})"


def _fom_line(first: pd.Series, definition: str) -> str:
    if pd.isna(first["cut"]):
        return (
            f"{definition}: no cut is eligible (fom.min_background_entries asks for more "
            "background events above the cut than validation has)"
        )
    return (
        f"{definition} {first['test_fom']:.3f} ± {first['test_fom_uncertainty']:.3f} on {TEST} at "
        f"the cut {first['cut']:.4f} chosen on validation ({first['validation_fom']:.3f} there)"
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
    labels = {name: definition.label for name, definition in DEFINITIONS.items()}
    runs = study.runs.assign(rank=_dashed(study.runs["rank"]))  # what is no network has none
    return environment.from_string(template).render(
        study=study, points=ranked_points(study.points), runs=runs, headline=text, labels=labels
    )


def _table(frame: pd.DataFrame) -> str:
    return str(
        frame.to_html(index=False, float_format="{:.6g}".format, na_rep="undefined", border=0)
    )


def _image(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
