"""What the study's page shows: its tables and figures, and where each of them lies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from winnow.output import calibration_part
from winnow.output.page_words import CUTFLOW
from winnow.statistics.choice import at_the_cut
from winnow.statistics.efficiency import with_efficiencies
from winnow.tables import read_frame, read_json

OVERTRAINING = "Over-training"
TRIALS = "Trials"
CHOSEN_FOM = "Figure of merit at the cut chosen on validation"
JOINED_FOM = "Figure of merit at one cut for all folds"
_QUANTITIES = ("fom", "fom_uncertainty", "s", "s_uncertainty", "b", "b_uncertainty", "b_entries")

# Title of each figure of a classifier → the rule's inputs that hold it.
_FIGURES = {
    "ROC": "roc_figures",
    "Figure of merit": "fom_figures",
    "Score in bins": "binned_figures",
    "Scores": "score_figures",
    "Every class's score": "node_figures",
    "Confusion matrix": "confusion_figures",
    "Sculpting": "sculpting_figures",
    "Loss and accuracy": "history_figures",
    "Sums of probabilities and counts": "sums_figures",
    "Share of hits with their class": "hit_figures",
    "Best, median and worst event": "display_figures",
}

_RUN_KEYS = ("point", "member", "fold")


@dataclass(frozen=True)
class RunPart:
    """What the page shows of one run: its name, tables and figures by title, wide ones apart.

    `sources` holds the files that tables were read from, by the tables' titles, and `curves` is the
    file of figures of merit along the cut, where there is one.
    """

    name: str
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]
    wide: Mapping[str, Path] = field(default_factory=dict)
    sources: Mapping[str, Path] = field(default_factory=dict)
    curves: Path | None = None


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
        contest: other programs' networks beside the study's own, where there is one.
        joined: one per classifier of which all folds' events stand together, the chosen one first;
            empty without folds.
        sources: the files that `tables`, "Scan points" and "Runs" were read from, by title.
        search: the trials of a search, the chosen one first, where there was one.
    """

    name: str
    points: pd.DataFrame
    runs: pd.DataFrame
    parts: Sequence[RunPart]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Path]
    heavy: pd.DataFrame
    joined: Sequence[RunPart] = ()
    contest: RunPart | None = None
    sources: Mapping[str, Path] = field(default_factory=dict)
    search: RunPart | None = None


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
    sources = _table_files(inputs)
    return Study(
        name=name,
        points=pd.read_csv(inputs.points),
        runs=table,
        parts=parts,
        tables={
            "Rows read, kept, cut and rejected": pd.DataFrame(
                [_flat(path) for path in inputs.counts]
            ),
            CUTFLOW: pd.concat([_cutflow(path, luminosity) for path in inputs.cutflows]),
            **{title: pd.read_csv(path) for title, path in sources.items()},
        },
        figures={
            "Metrics": Path(inputs.metrics),
            **dict(zip(["Loss and accuracy by epoch"], map(Path, inputs.evolution), strict=False)),
            "Runs": Path(inputs.compare),
            "Input variables by class": Path(inputs.inputs[0]),
            "Correlations by class": Path(inputs.inputs[1]),
            **{
                title: Path(path)
                for title, paths in (
                    ("Average pictures by class", inputs.averages),
                    ("Filters of the first convolution", inputs.filters),
                    ("Against the hypothesis", inputs.hypotheses_figures),
                )
                for path in paths
            },
            **_copies(inputs.reconstructions),
            **({"Data over simulation": Path(inputs.data[0])} if inputs.data else {}),
            **({"Systematic variations": Path(inputs.variations[0])} if inputs.variations else {}),
            **({"Area against sculpting": Path(inputs.tradeoff[0])} if inputs.tradeoff else {}),
        },
        heavy=pd.concat(
            [pd.read_csv(path).assign(fold=fold) for fold, path in enumerate(inputs.heavy)]
            or [pd.DataFrame()],
            ignore_index=True,
        ),
        joined=together,
        contest=_contest(inputs) if inputs.contest else None,
        sources=sources | {"Scan points": Path(inputs.points), "Runs": Path(inputs.runs)},
        search=_search(inputs.search) if inputs.search else None,
    )


def _table_files(inputs: Any) -> dict[str, Path]:
    """Return title → CSV of the study's tables that are shown as they stand."""
    given = {
        "Events per sample": [inputs.split],
        "Ledger: roles of the events": [inputs.ledger],
        "Systematic variations: yields at the cut": inputs.variation_yields,
        "At each hypothesis": inputs.hypotheses,
        "Data: events seen": inputs.data_counts,
        "Data: events expected": inputs.data_yields,
        "Fit of the score in bins, expected (pyhf)": inputs.fit,
    }
    found = {title: Path(path) for title, paths in given.items() for path in paths}
    balances = map(Path, inputs.balances)
    return found | {f"Training weights ({path.parts[-3]})": path for path in balances}


def _copies(paths: Sequence[str]) -> dict[str, Path]:
    """Return title → figure of each learned transform, in its first fold."""
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        found.setdefault(f"Copies of the learned transform ({path.parts[-3]})", path)
    return found


def _contest(inputs: Any) -> RunPart:
    """Collect what there is of a contest: means over repeats, settings in words, figures."""
    summary, settings = (pd.read_csv(path, keep_default_na=False) for path in inputs.contest)
    figures = {Path(path).stem: Path(path) for path in inputs.contest_figures}
    tables = {"Means over repeats": summary, "Settings in each contestant's words": settings}
    sources = dict(zip(tables, map(Path, inputs.contest), strict=True))
    return RunPart("contest", tables, {}, figures, sources)


def _search(paths: Sequence[str]) -> RunPart:
    """Collect what there is of a search: its trials, and the figure of them."""
    table, figure = map(Path, paths)
    figures = {"Validation loss against searched keys": figure}
    return RunPart("search", {TRIALS: pd.read_csv(table)}, {}, figures, {TRIALS: table})


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
        CHOSEN_FOM: (inputs.foms, _long),
        "Yields at the cut": (inputs.yields, at_the_cut),
        "Sculpting of the background's spectators": (inputs.sculpting, _whole),
        "Share of hits with their class": (inputs.hit_accuracies, _whole),
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
    sources = {
        title: Path(paths[position]) for title, (paths, _) in shown.items() if title in tables
    }
    curves = Path(inputs.fom_curves[position]) if inputs.fom_curves else None
    return RunPart(name, tables, figures, wide, sources, curves)


def _joined_part(inputs: Any, position: int, name: str) -> RunPart:
    """Collect what there is of all folds of a classifier together."""
    sources = {"ROC": Path(inputs.joined_rocs[position])}
    if inputs.joined_foms:
        sources[JOINED_FOM] = Path(inputs.joined_foms[position])
        sources["Test yields at each fold's own cut, summed"] = Path(inputs.cross_yields[position])
    tables = {title: pd.read_csv(path) for title, path in sources.items()}
    if JOINED_FOM in tables:
        tables[JOINED_FOM] = _long(tables[JOINED_FOM])
    figures = _drawn(inputs, {t: f"joined_{kind}" for t, kind in _FIGURES.items()}, position)
    curves = Path(inputs.joined_fom_curves[position]) if inputs.joined_foms else None
    return RunPart(name, tables, figures, sources=sources, curves=curves)


def _drawn(inputs: Any, kinds: Mapping[str, str], position: int) -> dict[str, Path]:
    """Return title → figure of a classifier, of those kinds that it has."""
    drawn = {title: getattr(inputs, kind, []) for title, kind in kinds.items()}
    return {title: Path(paths[position]) for title, paths in drawn.items() if position < len(paths)}


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _long(best: pd.DataFrame) -> pd.DataFrame:
    kept = ["definition", "scan", "cut"] + [
        f"{quantity}_{sample}"
        for sample in ("validation", "test", "train")
        for quantity in _QUANTITIES
    ]
    return best[kept]


def _flat(path: str) -> dict[str, Any]:
    counts = read_json(path)
    return {name: value for name, value in counts.items() if not isinstance(value, dict)}
