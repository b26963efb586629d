"""What is wrong with a search beyond its schema."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from winnow.study.keys.training import Training, phases
from winnow.study.scan import assignments
from winnow.study.schema import Config
from winnow.study.search import ARRAY_SECTIONS, rungs, settings
from winnow.study.space import combinations, space
from winnow.study.typed import made

_LOSS = (
    "is part of what the validation loss is, by which trials are compared; scan it, and compare "
    "areas or figures of merit"
)
_FIXED = {
    "balance": _LOSS,
    "training.decorrelation": _LOSS,
    "training.epochs": "is how long a trial may train at most; the best epoch is kept anyway",
    "training.phases": "says how long a trial may train; scan it",
    "training.threads": "is what a job asks its machine for",
    "training.memory_budget": "is what a job asks its machine for",
}


def search_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the config's `optimise`, one line a fault."""
    if "optimise" not in config:
        return
    keys = config["optimise"]["keys"]
    scanned = {key for point in assignments(config["scan"]) for key in point}
    for name, own in keys.items():
        key = f"config key `optimise.keys.{name}`"
        for place, why in _FIXED.items():
            if name == place or name.startswith(f"{place}."):
                yield f"{key}: it cannot be searched: it {why}."
        if name in scanned:
            yield f"{key}: it is scanned, too; remove it from one of `scan` and `optimise`."
        faults = list(_range_faults(own, name.split(".")[0] in ARRAY_SECTIONS))
        yield from (f"{key}{fault}" for fault in faults)
        if faults:
            return
    if config["folds"]:
        yield (
            "config key `optimise`: a search has no folds: it would choose on events that other "
            "folds test. Remove `folds` or the section."
        )
    if "contest" in config:
        yield "config key `optimise`: it has no place beside `contest`; remove one of the two."
    yield from _halving_faults(config)
    optimise, possible = settings(config), combinations(space(keys))
    if optimise is not None and possible < optimise.rounds * optimise.points:
        yield (
            f"config key `optimise`: found {optimise.rounds} rounds of {optimise.points} points, "
            f"expected no more than the {possible:g} that its keys have; scan them instead, or "
            "search less."
        )


def _range_faults(own: Mapping[str, Any], makes_arrays: bool) -> Iterator[str]:
    """List what is wrong with what is searched of one key, as it follows the key's name."""
    if "choices" in own:
        if len(own) > 1:
            yield ": `choices` go alone; remove them, or `low`, `high` and `log`."
        elif any(value in own["choices"][:index] for index, value in enumerate(own["choices"])):
            yield ".choices: a value is listed twice; list it once."
        return
    for name in ("low", "high"):
        if name not in own:
            yield f".{name}: missing; expected `low` and `high`, or `choices`."
            return
    if makes_arrays:
        yield (
            ": every value makes arrays of its own, expected `choices`: those are made once each."
        )
    if own["low"] >= own["high"]:
        yield f".high: found {own['high']:g}, expected above `low`, which is {own['low']:g}."
    if own.get("log") and own["low"] <= 0:
        yield f".low: found {own['low']:g}, expected above 0, since `log` is set."


def _halving_faults(config: Config) -> Iterator[str]:
    optimise = settings(config)
    if optimise is None or not optimise.halving.epochs:
        return
    key, own = "config key `optimise.halving.epochs`", list(optimise.halving.epochs)
    if any(before >= after for before, after in pairwise(own)):
        yield f"{key}: found {own}, expected each number above the one before."
    total = sum(phase.epochs for phase in phases(made(Training, config["training"])))
    if own[-1] >= total:
        yield (
            f"{key}: found {own[-1]}, expected less than the {total} epochs of a whole training: "
            "its end is the last step."
        )
    if rungs(optimise)[-1].trials >= optimise.points:
        yield (
            f"config key `optimise.halving.keep`: {optimise.halving.keep:g} of {optimise.points} "
            "points, rounded up, are all of them; expected more `optimise.points`, or a smaller "
            "share."
        )
