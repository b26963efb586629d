"""The study's page: headline numbers, tables and figures in one self-contained HTML file."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from winnow.columns import TEST
from winnow.significance import DEFINITIONS
from winnow.tables import read_frame, read_json

_RUN_KEYS = ("point", "replica", "fold")


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
        runs: the comparison, ranked.
        parts: one per run, in the comparison's order.
        tables: of the study as a whole, by title.
        figures: of the study as a whole, by title.
    """

    name: str
    runs: pd.DataFrame
    parts: Sequence[RunPart]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]


def read_study(inputs: Any, name: str, runs: Sequence[Mapping[str, str]]) -> Study:
    """Collect a study's tables and figures.

    Args:
        inputs: the rule's named inputs.
        name: the study.
        runs: point, replica and fold of each run, in the order of the inputs that are per run.
    """
    table = pd.read_csv(inputs.runs, dtype=dict.fromkeys(_RUN_KEYS, str))
    parts = []
    for names in table[[*_RUN_KEYS]].to_numpy().tolist():
        run = dict(zip(_RUN_KEYS, names, strict=True))
        position = list(runs).index(run)
        parts.append(_run_part(inputs, position, _run_name(run)))
    return Study(
        name=name,
        runs=table,
        parts=parts,
        tables={
            "Rows read, kept, cut and rejected": pd.DataFrame(
                [_flat(path) for path in inputs.counts]
            ),
            "Cutflow": pd.concat([read_frame(path) for path in inputs.cutflows]),
            "Events per sample": pd.read_csv(inputs.split),
            **{
                f"Training weights ({Path(path).parts[-3]})": pd.read_csv(path)
                for path in inputs.balances
            },
        },
        figures={
            "Runs": Path(inputs.compare),
            "Input variables by class": Path(inputs.inputs[0]),
            "Correlations by class": Path(inputs.inputs[1]),
        },
    )


def _run_name(run: Mapping[str, Any]) -> str:
    return f"{run['point']}/replica-{run['replica']}/fold-{run['fold']}"


def _run_part(inputs: Any, position: int, name: str) -> RunPart:
    tables = {"ROC": pd.read_csv(inputs.rocs[position])}
    figures = {"ROC": Path(inputs.roc_figures[position])}
    if inputs.foms:
        tables["Figure of merit at the cut chosen on validation"] = _long(
            pd.read_csv(inputs.foms[position])
        )
        tables["Yields at the cut"] = pd.read_csv(inputs.yields[position])
        figures["Figure of merit"] = Path(inputs.fom_figures[position])
    tables["Over-training"] = pd.read_csv(inputs.overtraining[position])
    figures["Scores"] = Path(inputs.score_figures[position])
    figures["Confusion matrix"] = Path(inputs.confusion_figures[position])
    figures["Loss and accuracy"] = Path(inputs.history_figures[position])
    return RunPart(name, tables, figures)


def _long(best: pd.DataFrame) -> pd.DataFrame:
    kept = ["definition", "cut"] + [
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
    first = study.runs.iloc[0]
    best = study.parts[0]
    count = len(study.runs)
    lines = [f"study {study.name}: {count} run{'s' if count > 1 else ''}"]
    lines.append(f"best run, chosen by validation: {best.name}, epoch {first['best_epoch']}")
    lines.append(
        f"test AUC {first['test_auc']:.4f} ± {first['test_auc_uncertainty']:.4f}"
        + (
            f" (mean of {count} runs {study.runs['test_auc'].mean():.4f}, spread "
            f"{study.runs['test_auc'].std(ddof=1):.4f})"
            if count > 1
            else ""
        )
    )
    if definition is not None:
        lines.append(_fom_line(first, definition))
    lines += [
        f"training against validation, {row['class']}: {row['verdict']} (p = {row['p_value']:.3f}, "
        f"area {row['auc_gap']:+.4f} ± {row['auc_gap_uncertainty']:.4f})"
        for _, row in best.tables["Over-training"].iterrows()
    ]
    return "\n".join(lines) + "\n"


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
    return environment.from_string(template).render(study=study, headline=text, labels=labels)


def _table(frame: pd.DataFrame) -> str:
    return str(
        frame.to_html(index=False, float_format="{:.6g}".format, na_rep="undefined", border=0)
    )


def _image(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
