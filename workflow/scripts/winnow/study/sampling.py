"""Who is tried next in a search: proposals of Optuna's samplers, the same for the same results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from winnow.errors import ConfigError
from winnow.identity import key
from winnow.study.space import Choices, Range, Space, combinations, enumerated

# So often a sampler may propose what was tried before.
_ASKED = 64


@dataclass(frozen=True)
class Result:
    """What came of a trial.

    Attributes:
        trial: its name, by which results are ordered.
        values: of the searched keys.
        losses: epochs → lowest validation loss until then; empty where the training diverged.
        finished: whether it was trained to its end.
    """

    trial: str
    values: Mapping[str, Any]
    losses: Mapping[int, float]
    finished: bool


def propose(
    searched: Space,
    results: Sequence[Result],
    count: int,
    seed: int,
    sampler: str = "tpe",
    first: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Propose points that were not tried yet.

    The sampler is made anew each time and told all results in the order of their trials' names:
    what is proposed depends on nothing else, in which order the trainings ended least of all.

    Args:
        searched: what is searched.
        results: of all trials so far.
        count: how many points are wanted.
        seed: of the search.
        sampler: `tpe` or `random`.
        first: values that are proposed before all others, where nothing was tried yet.

    Returns:
        For each point the value of each searched key.

    Raises:
        ConfigError: there are fewer points that were not tried.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    told = sorted(results, key=lambda result: result.trial)
    study = optuna.create_study(sampler=_sampler(sampler, key("optimise", seed, len(told)), count))
    axes = {name: _axis(own) for name, own in searched.items()}
    study.add_trials([_told(result, searched, axes) for result in told])
    known = [dict(result.values) for result in told]
    proposed = [dict(first)] if first and not known else []
    while len(proposed) < count:
        point = _next(study, searched, axes, known + proposed)
        if point is None:
            raise ConfigError(
                f"config key `optimise.keys`: only {combinations(searched):g} points are there to "
                "be tried; scan them instead, or search less."
            )
        proposed.append(point)
    return proposed


def _next(
    study: optuna.Study,
    searched: Space,
    axes: Mapping[str, BaseDistribution],
    known: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Return a point that is not known yet, None where there is none."""
    for _ in range(_ASKED):
        drawn = study.ask(dict(axes)).params
        point = {name: _value(own, drawn[name]) for name, own in searched.items()}
        if point not in known:
            return point
    if combinations(searched) == float("inf"):
        return point
    return next((point for point in enumerated(searched) if point not in known), None)


def _sampler(name: str, seed: int, startup: int) -> optuna.samplers.BaseSampler:
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed % 2**32)
    # one estimator of all keys together; what is asked for in a round keeps its distance
    return optuna.samplers.TPESampler(
        seed=seed % 2**32, n_startup_trials=startup, multivariate=True, constant_liar=True
    )


def _axis(own: Range | Choices) -> BaseDistribution:
    if isinstance(own, Choices):
        # positions: lists are no categories of Optuna's
        return CategoricalDistribution(range(len(own.values)))
    if own.whole:
        return IntDistribution(int(own.low), int(own.high), log=own.log)
    return FloatDistribution(own.low, own.high, log=own.log)


def _value(own: Range | Choices, drawn: Any) -> Any:
    return own.values[drawn] if isinstance(own, Choices) else own.rounded(drawn)


def _told(result: Result, searched: Space, axes: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """Return a result as Optuna knows it: one that stopped is judged after those that did not."""
    params = {
        name: own.values.index(result.values[name])
        if isinstance(own, Choices)
        else result.values[name]
        for name, own in searched.items()
    }
    finished = result.finished and bool(result.losses)
    return create_trial(
        state=TrialState.COMPLETE if finished else TrialState.PRUNED,
        value=min(result.losses.values()) if finished else None,
        params=params,
        distributions=dict(axes),
        intermediate_values=dict(result.losses),
    )
