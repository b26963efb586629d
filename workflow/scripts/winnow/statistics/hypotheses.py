"""What a parametrised network is worth at each hypothesis: all events are scored under it.

At a hypothesis signal is the signal that was simulated with it, background all background; signal
of other hypotheses is neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import CLASS, SCORE_PREFIX, SOURCE, TEST, TRAIN, VALIDATION
from winnow.errors import ConfigError
from winnow.networks.targets import Scorer, score_names
from winnow.preparation.arrays import feature_matrix
from winnow.preparation.folds import Fold
from winnow.preparation.normalise.apply import CHUNK, Transform, apply
from winnow.preparation.parameter import Drawing, drawing_of, shortest, told
from winnow.statistics.counting import scan
from winnow.statistics.fom import headline_row
from winnow.statistics.fom_settings import FomSettings
from winnow.statistics.hypothesis_means import HYPOTHESIS, TRAINED
from winnow.statistics.roc import area, area_uncertainty, curve_from_scan
from winnow.statistics.selection import ROLES, Selected, select_events
from winnow.study.keys.parameter import MOST_HYPOTHESES

NEITHER = ROLES.index("neither")
_KEPT = ("fom", "fom_uncertainty", "s", "s_uncertainty", "b", "b_uncertainty")


@dataclass(frozen=True)
class ParametrisedNetwork:
    """A network that scores under a hypothesis, its last feature.

    Attributes:
        score: gives the scores of normalised features.
        transform: the normalisation.
        features: names of its features, in order, the parameter last.
        class_names: the classes, in order.
    """

    score: Scorer
    transform: Transform
    features: Sequence[str]
    class_names: Sequence[str]

    @property
    def drawing(self) -> Drawing:
        """How its parameter was drawn in training.

        Raises:
            ConfigError: it has none.
        """
        found = drawing_of(self.transform)
        if found is None:
            raise ConfigError("config key `parameter`: the model was trained without; train again.")
        return found


def wanted_hypotheses(
    asked: Sequence[float], drawn: Drawing, signal: Mapping[str, Sequence[float]]
) -> list[float]:
    """Return the hypotheses that are told of, rising.

    Args:
        asked: those of the config; none: all of the training's signal, left out or not.
        drawn: how the parameter was drawn.
        signal: sample → values that signal events have.

    Raises:
        ConfigError: too many, or there is no signal of one on validation and test.
    """
    found = sorted(set(map(shortest, asked or [*drawn.trained, *drawn.left_out])))
    if len(found) > MOST_HYPOTHESES:
        raise ConfigError(
            f"config key `parameter.hypotheses`: the signal has {len(found)} values of "
            f"{drawn.column!r}, at most {MOST_HYPOTHESES} can be told of. List some."
        )
    for sample in (VALIDATION, TEST):
        for value in found:
            if value not in signal[sample]:
                raise ConfigError(
                    f"config key `parameter.hypotheses`: no signal event of the sample {sample!r} "
                    f"has {drawn.column} {value:g}, without which no cut can be chosen and nothing "
                    f"quoted; {told(sorted(signal[sample]))}. Leave it out of the list, or give "
                    "signal of it, which need not be trained on (`parameter.leave_out`)."
                )
    return found


def read_hypotheses(
    fold: Fold, network: ParametrisedNetwork, settings: FomSettings
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Return what figures of merit need of every event but scores, and its own hypothesis.

    Args:
        fold: the events.
        network: the network.
        settings: of the figure of merit.

    Returns:
        Columns sample, class, process, weight, with some settings source, one row an event; and
        (events,) the hypothesis of signal, NaN of all else.
    """
    drawn, kept = network.drawing, [c for c in settings.columns if not _is_score(c)]
    read = [name for name in kept if name != "sample"]
    frames, values = [], []
    for block in fold.blocks([*dict.fromkeys([*read, CLASS, SOURCE, drawn.column])]):
        own = block.events.select(read).append_column("sample", block.sample)
        frames.append(own)
        value = block.events[drawn.column].to_numpy().astype(np.float32)
        signal = block.events[CLASS].to_numpy() == drawn.signal
        values.append(np.where(signal, value, np.float32("nan")))
    table = pa.concat_tables(frames).unify_dictionaries()
    return table.to_pandas(), np.concatenate(values)


def signal_values(frame: pd.DataFrame, values: NDArray[np.float32]) -> dict[str, list[float]]:
    """Return sample → the values that its signal events have."""
    sample = frame["sample"].to_numpy()
    found = {}
    for name in (VALIDATION, TEST):
        own = values[(sample == name) & np.isfinite(values)]
        found[name] = [shortest(value) for value in np.unique(own)]
    return found


def scores_at(
    fold: Fold, network: ParametrisedNetwork, hypothesis: float, wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the scores of events under a hypothesis, (events, classes); 0 where none is wanted."""
    scores = np.zeros((len(wanted), len(network.class_names)), np.float32)
    names, start = list(network.features), 0
    for block in fold.blocks(names[:-1]):
        rows = np.flatnonzero(wanted[start : start + len(block.events)])
        for part in (rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)):
            own = feature_matrix(block.events, names[:-1], part)
            given = np.column_stack([own, np.full(len(part), hypothesis, np.float32)])
            scores[start + part] = network.score(apply(network.transform, given))
        start += len(block.events)
    return scores


def hypothesis_table(
    fold: Fold, network: ParametrisedNetwork, asked: Sequence[float], settings: FomSettings
) -> pd.DataFrame:
    """Tabulate area and figure of merit at each hypothesis.

    Args:
        fold: the events.
        network: the network.
        asked: as of `wanted_hypotheses`.
        settings: of the figure of merit; its signal processes are put aside.

    Returns:
        A row a hypothesis: hypothesis, trained_on (whether its signal was), entries (of signal on
        test), auc and auc_uncertainty (test, signal against all background), definition, cut
        (chosen on validation; NaN where none is eligible), and for validation and test fom_X,
        fom_uncertainty_X, s_X, s_uncertainty_X, b_X, b_uncertainty_X there.

    Raises:
        ConfigError: as of `wanted_hypotheses`.
        DataError: a score is NaN.
    """
    settings = replace(settings, signal=None)
    frame, values = read_hypotheses(fold, network, settings)
    drawn = network.drawing
    hypotheses = wanted_hypotheses(asked, drawn, signal_values(frame, values))
    names = score_names("class", network.class_names)
    told_of = (frame["sample"] != TRAIN).to_numpy()
    rows = []
    for hypothesis in hypotheses:
        other = np.isfinite(values) & (values != np.float32(hypothesis))
        scores = scores_at(fold, network, hypothesis, told_of & ~other)
        scored = frame.assign(**dict(zip(names, scores.T, strict=True)))
        selected = without(select_events(scored, settings), other)
        known = {HYPOTHESIS: hypothesis, TRAINED: hypothesis in drawn.trained}
        rows.append(known | at_hypothesis(selected, settings))
    return pd.DataFrame(rows)


def without(selected: Selected, other: NDArray[np.bool_]) -> Selected:
    """Return a selection in which some events, (n,), are neither signal nor background."""
    role = np.where(other, np.int8(NEITHER), selected.role)
    events = replace(selected.events, counted=selected.events.counted & ~other)
    return replace(selected, role=role, events=events)


def at_hypothesis(selected: Selected, settings: FomSettings) -> dict[str, Any]:
    """Return a row of the table of `hypothesis_table`, without the hypothesis."""
    inside = selected.kinds.inside(TEST) & (selected.role != NEITHER)
    own = selected.events.of(inside)
    counts = scan(own.score, own.is_signal, own.weight)
    row = headline_row(selected, settings)
    kept = [f"{name}_{sample}" for sample in (VALIDATION, TEST) for name in _KEPT]
    return {
        "entries": int(own.is_signal.sum()),
        "auc": area(curve_from_scan(counts)),
        "auc_uncertainty": area_uncertainty(counts),
        "definition": row["definition"],
        "label": row["label"],
        "cut": row["cut"],
        **{name: row[name] for name in kept},
    }


def _is_score(column: str) -> bool:
    return column.startswith(SCORE_PREFIX)
