"""The section `normalise`: how features are transformed, and what its steps have in common."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from winnow.study.choices import STEPS, choice, part
from winnow.study.typed import made, no_key, says

Columns = Annotated[tuple[Annotated[str, says(minLength=1)], ...], says(minItems=1)]


@dataclass(frozen=True)
class Step:
    """One transformation.

    Attributes:
        place: where the step stands in the config, for messages.
        chosen: the columns that it takes when it is fitted: `features`, or all there are.
    """

    step: str
    """Name of the transformation."""
    features: Columns | None = None
    """Only these features; default all."""
    place: str = no_key("normalise.steps")
    chosen: tuple[str, ...] = no_key(())

    def faults(self, chosen: Sequence[str]) -> Iterator[str]:
        """List what is wrong with the step's own keys, given the columns that it takes."""
        yield from ()

    def columns_after(self, available: Sequence[str], made: int) -> tuple[list[str], int]:
        """Return the columns after the step, and how many new ones steps have made so far."""
        return list(available), made


@dataclass(frozen=True)
class Normalise:
    """How features are transformed, fitted on training events only."""

    steps: tuple[str | Mapping[str, Any], ...] = ("standard",)
    """Chain of transformations, each a name (all features) or `{step, features}`; an empty chain
    changes nothing."""
    impute: Literal["median"] | float = "median"
    """What stands in for a missing value, the training median or a constant in the feature's
    unit."""
    indicators: bool = False
    """Add an input `<feature>_missing` (0 or 1) for each feature with missing training values."""
    constant: Literal["drop", "error"] = "drop"
    """What becomes of a feature that has one value in all training events, `drop` (it is no input
    of the network; the log of `normalise` says so) or `error`."""


def steps(normalise: Normalise) -> tuple[Step, ...]:
    """Return the steps of a section `normalise`, each with its own keys and its place."""
    return tuple(step_at(index, given) for index, given in enumerate(normalise.steps))


def step_at(index: int, given: str | Mapping[str, Any]) -> Step:
    """Return a step from what stands in the config, a name or its keys."""
    own = spelled_out(given)
    step = made(step_keys(own["step"]), own)
    return replace(step, place=f"normalise.steps[{index}]")


def spelled_out(given: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the keys of a step as it stands in the config, where a name may stand for them."""
    return {"step": given} if isinstance(given, str) else given


def step_keys(name: str) -> type[Step]:
    """Return the keys of a step of normalise."""
    part(STEPS, name, "fit_step")
    found: type[Step] = getattr(choice(STEPS, name), "Keys", Step)
    return found
