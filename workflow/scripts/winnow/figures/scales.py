"""Axes of scanned keys: numbers by value, all else side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from winnow.figures import style

Keys = Mapping[str, Mapping[str, Any]]
"""Of every scan point the value of each scanned key."""

# What a column has room for, at the width of a page.
_TICK_LETTERS = 14
_DECADES = 100.0


@dataclass(frozen=True)
class Scale:
    """Where the values of a scanned key stand on its axis, by point."""

    places: Mapping[str, float]
    log: bool
    names: Sequence[str]


def scanned_keys(keys: Keys) -> list[str]:
    """Return the scanned keys that have at least two values."""
    names = dict.fromkeys(name for own in keys.values() for name in own)
    return [name for name in names if len({str(own[name]) for own in keys.values()}) > 1]


def scale_of(keys: Keys, key: str) -> Scale:
    """Place a key's values: numbers by value where an axis can show them, others side by side."""
    values = {point: own[key] for point, own in keys.items()}
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values.values())
    if numeric:
        sizes = [abs(float(value)) for value in values.values() if value]
        wide = max(sizes) >= _DECADES * min(sizes)
        positive = min(values.values()) > 0
        if positive or not wide:
            return Scale({p: float(v) for p, v in values.items()}, positive and wide, [])
    ordered = sorted(set(values.values())) if numeric else list(values.values())
    names = list(dict.fromkeys(shown(value) for value in ordered))
    return Scale({p: names.index(shown(v)) for p, v in values.items()}, False, names)


def shown(value: Any) -> str:
    """Return a config value as text, lists joined by dashes."""
    if isinstance(value, list):
        return "-".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(own)}" for name, own in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def show(axes: Axes, scale: Scale) -> None:
    """Give the axis of a key its ticks."""
    if scale.log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    elif scale.names:
        axes.set_xlim(-0.5, len(scale.names) - 0.5)
        names = [style.wrapped(name, _TICK_LETTERS) for name in scale.names]
        axes.set_xticks(range(len(names)), names)
        axes.tick_params(axis="x", which="minor", bottom=False, top=False)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(3))
