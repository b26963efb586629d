"""What a study says, in sentences, and what may be tried next."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from winnow.output.headline import SIGNIFICANT, area_error, gap_error
from winnow.output.page import OVERTRAINING, TRIALS, Study
from winnow.output.page_words import DEFINITIONS
from winnow.output.paper import rounded
from winnow.statistics.choice import BASELINE, ENSEMBLE, NETWORK
from winnow.statistics.search import FINISHED
from winnow.study.scan import OPTIMISED

# Of these figures of merit the systematic uncertainty of the background is a part.
_WITH_SYSTEMATIC = ("asimov", "s_over_sqrt_s_plus_b_sigma2")
# A background that is known less well than this by its simulated events is told of.
_POOR = 0.1
# A best epoch in this last part of a training may not have been the best there is.
_LAST = 0.95


@dataclass(frozen=True)
class Verdict:
    """Sentences on a study.

    Attributes:
        told: what was found, the most important first.
        advice: what may be tried next; empty where nothing is amiss.
    """

    told: tuple[str, ...]
    advice: tuple[str, ...]


def verdict(study: Study, definition: str | None) -> Verdict:
    """Return what the study's tables say of its best scan point, as the headline does in numbers.

    Args:
        study: the study.
        definition: the figure of merit quoted; None without a signal class.
    """
    point = study.points[study.points["kind"] == NETWORK].iloc[0]
    runs = study.runs[(study.runs["kind"] == NETWORK) & (study.runs["point"] == point["point"])]
    first = runs[runs["member"] == runs["member"].iloc[0]]
    told, advice = [_choice(study.points), *_search(study)], list[str]()
    if definition is not None:
        told += _merit(point, first, definition)
    told.append(f"{_area(point, runs)}.")
    for said, tried in (_references(study, point), _overtraining(study), _heavy(study)):
        told += said
        advice += tried
    advice += [*_poor_background(first), *_ensemble(study.points, point), *_untried(study, first)]
    return Verdict(tuple(told), tuple(advice))


def _choice(points: pd.DataFrame) -> str:
    networks = points[points["kind"] == NETWORK]
    best = networks.iloc[0]
    times = f", trained {best['replicas']} times" if best["replicas"] > 1 else ""
    folds = f" in {best['folds']} folds" if best["folds"] > 1 else ""
    if len(networks) == 1:
        return f"One setting of the network was tried: {best['name']}{times}{folds}."
    counts = networks["best_is"].iloc[1:].value_counts()
    against = ", ".join(f"{said} than {n}" if said == "better" else f"{said}: {n}"
                        for said, n in counts.items())  # fmt: skip
    return (
        f"Of {len(networks)} scan points {best['name']}{times}{folds} is the best on validation "
        f"(against the others: {against})."
    )


def _search(study: Study) -> Iterator[str]:
    """Tell what a search has chosen, of how many trials."""
    if study.search is None:
        return
    trials = study.search.tables[TRIALS]
    whole = int((trials["outcome"] == FINISHED).sum())
    own = (study.points["kind"] == NETWORK) & (study.points["point"] == OPTIMISED)
    yield (
        f"A search of {len(trials)} trials, {whole} of them trained to the end, chose "
        f"{study.points.loc[own, 'name'].iloc[0]}, by a validation loss of "
        f"{trials['validation_loss'].iloc[0]:.4g}."
    )


def _merit(point: pd.Series, runs: pd.DataFrame, definition: str) -> Iterator[str]:
    """Tell the figure of merit with what it is made of.

    runs: the folds of the point's best replica.
    """
    name = DEFINITIONS[definition]
    if pd.isna(point["test_fom"]):
        yield f"{name}: no cut leaves enough background events to be chosen."
        return
    value = rounded(point["test_fom"], point["test_fom_uncertainty"])
    there = f"{point['validation_fom']:.3g} on validation, where the cut was chosen"
    yield f"On test its {name} is {value} ({there}, so that it lies too high there)."
    s, b = (
        rounded(runs[f"{own}_test"].mean(), _mean_error(runs[f"{own}_uncertainty_test"]))
        for own in ("s", "b")
    )
    whose = " of its best replica" if point["replicas"] > 1 else ""
    yield f"Above the cut{whose} {s} signal and {b} background events are expected."
    sigma, whole = runs["sigma_test"].mean(), runs["b_test"].mean()
    if definition not in _WITH_SYSTEMATIC:
        yield f"No systematic uncertainty enters: {name} knows none."
    elif sigma > 0:
        yield (
            f"A systematic uncertainty of {sigma:.3g} events on the background "
            f"({sigma / whole:.0%}) enters."
        )
    else:
        yield "No systematic uncertainty enters: fom.systematic is not set."


def _mean_error(errors: pd.Series) -> float:
    return float((errors**2).sum() ** 0.5 / len(errors))


def _area(point: pd.Series, runs: pd.DataFrame) -> str:
    area = rounded(point["test_auc"], area_error(runs))
    return f"The area under the ROC curve on test is {area}"


def _references(study: Study, point: pd.Series) -> tuple[list[str], list[str]]:
    """Compare the best reference classifier with the network, by the area on test."""
    references = study.points[study.points["kind"] == BASELINE].dropna(subset="test_auc")
    if references.empty or pd.isna(point["test_auc"]):
        return [], []
    best = references.sort_values("test_auc").iloc[-1]
    error = gap_error(study, str(best["name"]), str(point["name"]))
    gap = best["test_auc"] - point["test_auc"]
    areas = f"area {best['test_auc']:.4f} against {point['test_auc']:.4f}"
    if gap < -SIGNIFICANT * error:
        return [f"No reference classifier is as good: {best['name']} has {areas}."], []
    word = "better" if gap > SIGNIFICANT * error else "as good"
    return [f"The reference classifier {best['name']} is {word}: {areas}."], [
        f"A network that is no better than {best['name']} may not be worth it: scan model.layers, "
        "training.learning_rate or normalise.steps."
    ]


def _overtraining(study: Study) -> tuple[list[str], list[str]]:
    verdicts = study.parts[0].tables[OVERTRAINING]["verdict"]
    signs = list(dict.fromkeys(
        sign for own in verdicts for sign in own.split(", ")
        if sign in ("the scores differ", "the area is larger")
    ))  # fmt: skip
    if not signs:
        return ["There is no sign of over-training."], []
    words = {
        "the scores differ": "the scores differ from those of validation",
        "the area is larger": "the area is larger than on validation",
    }
    told = " and ".join(words[sign] for sign in signs)
    return [f"There are signs of over-training: on training events {told}."], [
        "Against over-training: training.early_stopping, model.dropout, training.decay, a smaller "
        "network, or more training events."
    ]


def _heavy(study: Study) -> tuple[list[str], list[str]]:
    if study.heavy.empty:
        return [], []
    worst = study.heavy.sort_values("share").iloc[-1]
    told = (
        f"One event holds {worst['share']:.0%} of the weight of {worst['class']} in "
        f"{worst['sample']} ({worst['source']}, row {worst['row']}): numbers hang on it."
    )
    return [told], ["Look at the event that weighs so much, or cut it away with a selection."]


def _poor_background(runs: pd.DataFrame) -> list[str]:
    """Tell of a background above the cut that is known badly by its simulated events."""
    if "b_test" not in runs or not runs["b_test"].mean() > 0:
        return []
    share = _mean_error(runs["b_uncertainty_test"]) / runs["b_test"].mean()
    if share <= _POOR:
        return []
    return [
        f"The background above the cut is known to {share:.0%} by its events: more of them, or a "
        "larger fom.min_background_entries, make the figure of merit surer."
    ]


def _ensemble(points: pd.DataFrame, point: pd.Series) -> list[str]:
    """Advise the mean of the replicas' scores where it is better on validation."""
    rows = points[(points["kind"] == ENSEMBLE) & (points["point"] == point["point"])]
    metric = next(
        (m for m in ("validation_fom", "validation_auc") if m in points and pd.notna(point[m])), ""
    )
    if rows.empty or not metric or not rows.iloc[0][metric] > point[metric]:
        return []
    return [
        "The mean of the replicas' scores is better on validation than one network: "
        "apply.ensemble uses it."
    ]


def _untried(study: Study, runs: pd.DataFrame) -> Iterator[str]:
    """Advise what the study leaves open: longer training, other settings, other seeds."""
    if (runs["best_epoch"] >= _LAST * runs["epochs"]).any():
        yield "The best epoch is among the last: a larger training.epochs may be better."
    networks = study.points[study.points["kind"] == NETWORK]
    if len(networks) == 1:
        yield "Other settings are untried: a scan compares several."
    if networks["replicas"].max() == 1:
        yield "Each network was trained once: replicas tell what is the chance of training."
