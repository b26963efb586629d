"""A figure of merit along the cut, thinned and drawn, so that a page can move the cut."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.columns import SAMPLE, TEST, VALIDATION
from winnow.output.page_words import DEFINITIONS
from winnow.output.paper import rounded

SHOWN = (TEST, VALIDATION)
"""Samples whose numbers are told, in this order."""

# So many cuts stand in the page, the chosen one beside them.
_POINTS = 200
# The drawing, in its own units: the whole, and what lies on each side of the curves.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 260, 52, 8, 8, 34
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class CutScan:
    """What the page shows of a figure of merit along the cut.

    Attributes:
        name: of the figure of merit.
        chosen: the position of the cut that validation chose.
        cuts: as texts, rising.
        rows: of each cut a row for each of SHOWN: signal, background, their efficiencies, figure
            of merit with its band, as texts.
        x: of each cut, where it is drawn.
        y: sample → of each cut, where its figure of merit is drawn; None where it is undefined.
        x_ticks: places and texts.
        y_ticks: places and texts.
        barred: left and right ends of what is drawn of cuts with too few background events.
    """

    name: str
    chosen: int
    cuts: Sequence[str]
    rows: Sequence[Sequence[Sequence[str]]]
    x: Sequence[float]
    y: dict[str, Sequence[float | None]]
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    barred: Sequence[tuple[float, float]]


def cut_scan(curves: pd.DataFrame, definition: str, cut: float) -> CutScan:
    """Return what the page shows of a scan of the cut.

    Args:
        curves: of `statistics.fom: fom_tables`.
        definition: the figure of merit.
        cut: the one that validation chose, among those of the curves.
    """
    whole = curves[curves[SAMPLE] == TEST]["cut"].to_numpy(np.float64)
    kept = thinned(len(whole), int(np.argmin(np.abs(whole - cut))))
    parts = {own: curves[curves[SAMPLE] == own].iloc[kept] for own in SHOWN}
    cuts, eligible = whole[kept], parts[VALIDATION]["eligible"].to_numpy(np.bool_)
    values = {own: part[definition].to_numpy(np.float64) for own, part in parts.items()}
    x_ticks, y_ticks = ticks(cuts.min(), cuts.max()), ticks(0.0, _highest(values, eligible))
    x = _across(cuts, x_ticks)
    return CutScan(
        name=DEFINITIONS[definition],
        chosen=int(np.argmin(np.abs(cuts - cut))),
        cuts=[f"{value:.4f}" for value in cuts],
        rows=list(zip(*(_texts(part, definition) for part in parts.values()), strict=True)),
        x=x,
        y={own: _up(own_line, y_ticks) for own, own_line in values.items()},
        x_ticks=_marked(_across(x_ticks, x_ticks), x_ticks),
        y_ticks=_marked(_up(y_ticks, y_ticks), y_ticks),
        barred=_barred(x, eligible),
    )


def thinned(count: int, chosen: int, points: int = _POINTS) -> NDArray[np.intp]:
    """Return evenly spaced positions, both ends and the chosen one among them.

    >>> thinned(10, 4, 4).tolist(), thinned(3, 1, 4).tolist()
    ([0, 3, 4, 6, 9], [0, 1, 2])
    """
    even = np.linspace(0, count - 1, min(count, points)).round().astype(np.intp)
    return np.union1d(even, np.array([chosen], dtype=np.intp))


def ticks(low: float, high: float, most: int = 6) -> NDArray[np.float64]:
    """Return round numbers that enclose a range.

    >>> ticks(0.02, 0.97).tolist(), ticks(0, 3.7).tolist()
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 1.0, 2.0, 3.0, 4.0])
    """
    width = (high - low) / (most - 1) or 1.0
    power = 10.0 ** math.floor(math.log10(width))
    step = power * next(own for own in _STEPS if own * power >= width * (1 - 1e-9))
    ends = math.floor(low / step), math.ceil(high / step)
    return np.round(np.arange(ends[0], ends[1] + 1) * step, 12)


def line(x: Sequence[float], y: Sequence[float | None]) -> str:
    """Return a line in the language of SVG's paths, broken where it is undefined.

    >>> line([1.0, 2.0, 3.0, 4.0], [5.0, None, 6.0, 7.0])
    'M1.0 5.0M3.0 6.0L4.0 7.0'
    """
    steps, joined = "", False
    for across, up in zip(x, y, strict=True):
        if up is not None:
            steps += f"{'L' if joined else 'M'}{across} {up}"
        joined = up is not None
    return steps


def _highest(values: dict[str, NDArray[np.float64]], eligible: NDArray[np.bool_]) -> float:
    """Return what the axis must hold: all that could be chosen, not the noise beyond it."""
    seen = np.concatenate([line[eligible] for line in values.values()])
    return float(np.nanmax(seen, initial=1e-9)) * 1.1


def _share(values: NDArray[np.float64], marks: NDArray[np.float64]) -> NDArray[np.float64]:
    # what leaves the drawing need not be drawn far from it
    share: NDArray[np.float64] = np.clip((values - marks[0]) / (marks[-1] - marks[0]), -0.2, 1.2)
    return share


def _across(values: NDArray[np.float64], marks: NDArray[np.float64]) -> list[float]:
    """Return where values are drawn between the first and the last mark."""
    places = LEFT + _share(values, marks) * (WIDTH - RIGHT - LEFT)
    return [round(float(own), 1) for own in places]


def _up(values: NDArray[np.float64], marks: NDArray[np.float64]) -> list[float | None]:
    """Return how high values are drawn, None where they are undefined."""
    places = HEIGHT - BOTTOM + _share(values, marks) * (TOP - HEIGHT + BOTTOM)
    return [None if np.isnan(own) else round(float(own), 1) for own in places]


def _marked(places: Sequence[float | None], marks: NDArray[np.float64]) -> list[tuple[float, str]]:
    pairs = zip(places, marks, strict=True)
    return [(place, f"{mark:g}") for place, mark in pairs if place is not None]


def _barred(x: Sequence[float], eligible: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return the stretches between neighbouring cuts of which the upper one is not eligible."""
    found: list[tuple[float, float]] = []
    for left, right, free in zip(x, x[1:], eligible[1:], strict=False):
        if free:
            continue
        if found and found[-1][1] == left:
            found[-1] = (found[-1][0], right)
        else:
            found.append((left, right))
    return found


def _texts(part: pd.DataFrame, definition: str) -> list[list[str]]:
    """Return of each cut the texts of a sample's numbers."""
    return [
        [
            rounded(row["s"], row["s_uncertainty"]),
            rounded(row["b"], row["b_uncertainty"]),
            f"{row['s_efficiency']:.3g}",
            f"{row['b_efficiency']:.3g}",
            _banded(*(row[f"{definition}{end}"] for end in ("", "_lower", "_upper"))),
            "yes" if row["eligible"] else "no",
        ]
        for _, row in part.iterrows()
    ]


def _banded(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return "undefined"
    band = "" if math.isnan(low) or math.isnan(high) else f" [{low:.3g}, {high:.3g}]"
    return f"{value:.3g}{band}"
