"""Which events a figure of merit counts, as signal or as which group of background."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import CLASS, PROCESS, SAMPLE, SAMPLES, SOURCE, WEIGHT, score_column
from winnow.errors import ConfigError
from winnow.statistics.counting import CountedEvents, Scan, check_scores, scan_events
from winnow.statistics.kinds import Kinds, kinds_of
from winnow.statistics.yields import YieldSettings, class_targets, yield_weights
from winnow.study.classes import fits

# The key of `fom.systematic` for all background that has none of its own.
DEFAULT = "default"
LARGEST_SCORE = "largest_score"

SIGNAL, BACKGROUND, NEITHER = ROLES = ("signal", "background", "neither")


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
        source = [SOURCE] if self.yields.split_sources else []
        return [SAMPLE, CLASS, PROCESS, WEIGHT, *source, *map(score_column, filter(None, scored))]


@dataclass(frozen=True)
class Selected:
    """The n events of a table of scores, and what a figure of merit takes each of them for.

    Attributes:
        kinds: sample, class and process of each event.
        roles: what a class's process counts as, an index into ROLES, shape (classes, processes).
        role: shape (n,), int8, what each event counts as, likewise.
        passed: shape (n,), bool, which events pass what is asked before the cut.
        events: all of them, as signal and groups of background.
        fractions: relative uncertainty of each group of background, float64, shape (groups,).
    """

    kinds: Kinds
    roles: NDArray[np.int8]
    role: NDArray[np.int8]
    passed: NDArray[np.bool_]
    events: CountedEvents
    fractions: NDArray[np.float64]

    @cached_property
    def parts(self) -> dict[str, CountedEvents]:
        """The events of each sample."""
        return {sample: self.events.of(self.kinds.inside(sample)) for sample in SAMPLES}

    @cached_property
    def scans(self) -> dict[str, Scan]:
        """What passes each sample's own distinct scores."""
        return {name: scan_events(part, self.fractions.size) for name, part in self.parts.items()}

    @property
    def role_names(self) -> dict[tuple[str, str], str]:
        """Class and process → what they count as."""
        return {
            (label, process): ROLES[role]
            for label, row in zip(self.kinds.class_names, self.roles, strict=True)
            for process, role in zip(self.kinds.process_names, row, strict=True)
        }


def select_events(scores: pd.DataFrame, settings: SelectionSettings) -> Selected:
    """Return the events as signal and groups of background.

    Class sums that are given (`total_yield`, `signal_cross_section`) are those of whole classes,
    whatever is selected from them.

    Args:
        scores: the columns that `settings` names; one row per event.
        settings: what is counted.

    Raises:
        ConfigError: no signal class, a name that fits no process, or a wrong scale or total.
        DataError: a score is NaN, or a class with a total has weights that sum to <= 0.
    """
    signal = _checked_signal(settings.yields)
    score = scores[score_column(signal)].to_numpy()
    check_scores(score)
    kinds = kinds_of(scores, settings.yields.class_names, settings.yields.split_sources)
    weight = yield_weights(kinds, scores[WEIGHT].to_numpy(np.float64), settings.yields)
    roles = roles_of(kinds, settings)
    group, fractions = _groups(kinds, settings)
    role, passed = kinds.looked_up(roles), passing(scores, settings)
    names = list(class_targets(settings.yields))
    position = [names.index(name) if name in names else -1 for name in kinds.class_names]
    events = CountedEvents(
        score,
        role == ROLES.index(SIGNAL),
        weight,
        kinds.looked_up(group),
        passed & (role != ROLES.index(NEITHER)),
        np.array(position, dtype=np.intp)[kinds.label] if names else None,
    )
    return Selected(kinds, roles, role, passed, events, fractions)


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


def roles_of(kinds: Kinds, settings: SelectionSettings) -> NDArray[np.int8]:
    """Return what each class's processes count as, indices into ROLES, shape (classes, processes).

    Raises:
        ConfigError: a name in `settings.signal` fits no process of the signal class.
    """
    signal = kinds.class_names.index(str(settings.yields.signal))
    present = _present(kinds, [signal])
    for pattern in settings.signal or ():
        if not any(fits(name, pattern) for name in present):
            raise ConfigError(
                f"config key `fom.signal`: {pattern!r} fits no process of the class "
                f"'{settings.yields.signal}'; its events are of {', '.join(present)}."
            )
    roles = np.full(kinds.shape[1:], ROLES.index(BACKGROUND), dtype=np.int8)
    for process, name in enumerate(kinds.process_names):
        wanted = settings.signal is None or any(fits(name, p) for p in settings.signal)
        roles[signal, process] = ROLES.index(SIGNAL if wanted else NEITHER)
    return roles


def _checked_signal(yields: YieldSettings) -> str:
    if yields.signal is None or yields.signal not in yields.class_names:
        raise ConfigError(
            f"signal: found {yields.signal!r}, expected one of {list(yields.class_names)}: a "
            "figure of merit needs a signal class."
        )
    return yields.signal


def _present(kinds: Kinds, classes: list[int]) -> list[str]:
    """Return the names of the processes that some classes have events of, sorted."""
    found = np.flatnonzero(kinds.entries[:, classes].any(axis=(0, 1)))
    return sorted(kinds.process_names[process] for process in found)


def _groups(
    kinds: Kinds, settings: SelectionSettings
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the systematic groups of the classes' processes, and each one's uncertainty.

    Returns:
        Shape (classes, processes), and the relative uncertainties, shape (groups,).
    """
    given = settings.systematic
    if not isinstance(given, Mapping):
        return np.zeros(kinds.shape[1:], dtype=np.intp), np.array([given], dtype=np.float64)
    own = {name: fraction for name, fraction in given.items() if name != DEFAULT}
    names = kinds.class_names
    others = [label for label, name in enumerate(names) if name != settings.yields.signal]
    _check_known(own, _present(kinds, others), [names[label] for label in others])
    # Group 0 is all the rest.
    position = {name: index for index, name in enumerate(own, start=1)}
    of_class, of_process = (
        np.array([position.get(name, 0) for name in own_names], dtype=np.intp)
        for own_names in (names, kinds.process_names)
    )
    group = np.where(of_process > 0, of_process, of_class[:, np.newaxis])
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
