"""Which events a figure of merit counts, as signal or as which group of background."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, WEIGHT, score_column
from winnow.errors import ConfigError
from winnow.statistics.counting import Events, check_scores
from winnow.statistics.yields import YieldSettings, class_targets, yield_weights
from winnow.study.classes import fits

# The key of `fom.systematic` for all background that has none of its own.
DEFAULT = "default"
LARGEST_SCORE = "largest_score"

SIGNAL, BACKGROUND, NEITHER = "signal", "background", "neither"


@dataclass(frozen=True)
class SelectionSettings:
    """What a figure of merit counts.

    Attributes:
        yields: classes, signal, luminosity and scales.
        systematic: relative uncertainty f of the whole background, σ = f·b; or process or class
            → f, each entry independent of the others and all of what it covers moving together.
            A process goes before its class; `default` (0 without it) covers all the rest.
        signal: the processes of the signal class that are signal, names or patterns; the others
            are neither signal nor background. None: all.
        selection: `score` for a cut on the signal's score alone; `largest_score` for events, too,
            whose largest score is the signal's (of equal ones the first class's).
    """

    yields: YieldSettings
    systematic: float | Mapping[str, float] = 0.0
    signal: tuple[str, ...] | None = None
    selection: str = "score"

    @property
    def columns(self) -> list[str]:
        """The columns of the table of scores that are read."""
        scored = [self.yields.signal]
        if self.selection == LARGEST_SCORE:
            scored = list(self.yields.class_names)
        return [SAMPLE, CLASS, PROCESS, WEIGHT, *map(score_column, filter(None, scored))]


def select_events(
    scores: pd.DataFrame, settings: SelectionSettings
) -> tuple[Events, NDArray[np.float64]]:
    """Return the events as signal and groups of background, and the groups' uncertainties.

    Class sums that are given (`total_yield`, `signal_cross_section`) are those of whole classes,
    whatever is selected from them.

    Args:
        scores: the columns that `settings` names; one row per event.
        settings: what is counted.

    Returns:
        The events, all rows of `scores`, and the relative uncertainty of each group of
        background, float64, shape (groups,).

    Raises:
        ConfigError: no signal class, a name that fits no process, or a wrong scale or total.
        DataError: a score is NaN, or a class with a total has weights that sum to <= 0.
    """
    signal = _checked_signal(settings.yields)
    score = scores[score_column(signal)].to_numpy()
    check_scores(score)
    weight = yield_weights(scores, settings.yields)
    role = roles(scores, settings)
    group, fractions = _groups(scores, role == BACKGROUND, settings)
    counted = (role != NEITHER) & passing(scores, settings)
    names = list(class_targets(settings.yields))
    position = [names.index(name) if name in names else -1 for name in settings.yields.class_names]
    fixed = np.array(position, dtype=np.intp)[scores[CLASS].to_numpy(np.intp)]
    return Events(score, role == SIGNAL, weight, group, counted, fixed), fractions


def passing(scores: pd.DataFrame, settings: SelectionSettings) -> NDArray[np.bool_]:
    """Return which events pass what is asked before the cut, shape (n,).

    Raises:
        DataError: a score is NaN.
    """
    if settings.selection != LARGEST_SCORE:
        return np.ones(len(scores), dtype=bool)
    names = settings.yields.class_names
    nodes = np.column_stack([scores[score_column(name)].to_numpy() for name in names])
    check_scores(nodes.sum(axis=1))
    largest: NDArray[np.bool_] = nodes.argmax(axis=1) == names.index(str(settings.yields.signal))
    return largest


def roles(table: pd.DataFrame, settings: SelectionSettings) -> NDArray[np.str_]:
    """Return what each row counts as, signal, background or neither, shape (n,).

    Args:
        table: columns class (index) and process; one row per event.
        settings: what is counted.

    Raises:
        ConfigError: a name in `settings.signal` fits no process of the signal class.
    """
    signal = str(settings.yields.signal)
    of_signal = table[CLASS].to_numpy() == settings.yields.class_names.index(signal)
    process = pd.Categorical(table[PROCESS])
    present = _present(process, of_signal)
    for pattern in settings.signal or ():
        if not any(fits(name, pattern) for name in present):
            raise ConfigError(
                f"config key `fom.signal`: {pattern!r} fits no process of the class '{signal}'; "
                f"its events are of {', '.join(present)}."
            )
    wanted = np.array(
        [
            settings.signal is None or any(fits(str(name), p) for p in settings.signal)
            for name in process.categories
        ],
        dtype=bool,
    )
    counts = of_signal & wanted[process.codes] if len(wanted) else of_signal
    return np.where(counts, SIGNAL, np.where(of_signal, NEITHER, BACKGROUND))


def _checked_signal(yields: YieldSettings) -> str:
    if yields.signal is None or yields.signal not in yields.class_names:
        raise ConfigError(
            f"signal: found {yields.signal!r}, expected one of {list(yields.class_names)}: a "
            "figure of merit needs a signal class."
        )
    return yields.signal


def _present(process: pd.Categorical, inside: NDArray[np.bool_]) -> list[str]:
    """Return the names of the processes of the events in a mask."""
    return sorted(str(process.categories[code]) for code in np.unique(process.codes[inside]))


def _groups(
    scores: pd.DataFrame, is_background: NDArray[np.bool_], settings: SelectionSettings
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return each event's systematic group and each group's relative uncertainty."""
    given = settings.systematic
    if not isinstance(given, Mapping):
        return np.zeros(len(scores), dtype=np.intp), np.array([given], dtype=np.float64)
    own = {name: fraction for name, fraction in given.items() if name != DEFAULT}
    process = pd.Categorical(scores[PROCESS])
    processes = _present(process, is_background)
    classes = [name for name in settings.yields.class_names if name != settings.yields.signal]
    _check_known(own, processes, classes)
    # Group 0 is all the rest.
    position = {name: index for index, name in enumerate(own, start=1)}
    of_class = [position.get(name, 0) for name in settings.yields.class_names]
    of_process = [position.get(str(name), 0) for name in process.categories]
    # The last element answers code -1, a missing name.
    by_process = np.array([*of_process, 0], dtype=np.intp)[process.codes]
    by_class = np.array(of_class, dtype=np.intp)[scores[CLASS].to_numpy(np.intp)]
    group = np.where(by_process > 0, by_process, by_class)
    fractions = np.array([given.get(DEFAULT, 0.0), *own.values()], dtype=np.float64)
    return group, fractions


def _check_known(own: Iterable[str], processes: list[str], classes: list[str]) -> None:
    unknown = [name for name in own if name not in processes and name not in classes]
    if unknown:
        raise ConfigError(
            f"config key `fom.systematic`: {', '.join(unknown)} names neither a background "
            f"process nor class; the processes with events are {', '.join(processes)}, the "
            f"classes {', '.join(classes)}."
        )
