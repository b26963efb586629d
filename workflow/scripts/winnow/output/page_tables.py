"""Tables as the page shows them: values with their uncertainties, headings in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from winnow.columns import SAMPLES
from winnow.output.page_words import DEFINITIONS, FILTERS, first_columns, heading
from winnow.output.paper import rounded

# These tables have cells that are about something else, not undefined.
_DASHED = ("Scan points", "Runs")
_NONE: Mapping[str, str] = MappingProxyType({})
# columns that name classes and processes
_NAMING = frozenset(
    {"against", "class", "node", "predicted_class", "process", "signal", "true_class"}
)
# From here on a number has no decimals, and up to here no exponent.
_WHOLE, _LONG = 1000.0, 1e7


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number that it is sorted by; none of a text."""

    text: str
    number: float | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        heading: in words.
        cells: one a row.
        folded: whether it is shown only where all columns are asked for.
        choices: what the table can be filtered by here; empty where it cannot.
    """

    heading: str
    cells: Sequence[Cell]
    folded: bool
    choices: Sequence[str] = ()


def columns(title: str, frame: pd.DataFrame, labels: Mapping[str, str] = _NONE) -> list[Column]:
    """Return a table's columns, those that matter first.

    An uncertainty, a spread and the ends of an interval stand in the column that they belong to.

    Args:
        title: of the table, which says what matters.
        frame: the table.
        labels: class or process → what it is called instead.
    """
    frame = frame.assign(**{own: frame[own].replace(labels) for own in _NAMING & {*frame}})
    names = [str(name) for name in frame]
    beside = {name: _beside(name, names) for name in names}
    merged = {other for others in beside.values() for other in others}
    own = [name for name in names if name not in merged]
    # what no row has is no column that matters
    first = [name for name in first_columns(title, own) if frame[name].notna().any()]
    ordered = [*first, *(name for name in own if name not in first)]
    missing = "–" if title in _DASHED else "undefined"
    return [
        Column(
            heading(name),
            [
                _cell(name, value, errors, missing)
                for value, *errors in zip(
                    frame[name], *(_numbers(frame[n]) for n in beside[name]), strict=True
                )
            ],
            folded=name not in first,
            choices=_choices(frame[name]) if name in FILTERS.get(title, ()) else (),
        )
        for name in ordered
    ]


def _numbers(values: pd.Series) -> pd.Series:
    """Return a column as numbers: what is empty, as where there is one repeat, is none."""
    found: pd.Series = pd.to_numeric(values, errors="coerce")
    return found


def _choices(values: pd.Series) -> list[str]:
    found = list(dict.fromkeys(map(str, values)))
    return found if len(found) > 1 else []


def _beside(name: str, names: Sequence[str]) -> list[str]:
    """Return the columns that say how sure a column is: one of an uncertainty, or two ends."""
    stem, _, ending = name.rpartition("_")
    sample = f"_{ending}" if ending in SAMPLES else ""
    stem = stem if sample else name
    quantity, at, point = stem.partition("_at_")
    found = [
        [f"{stem}_uncertainty{sample}"],
        [f"{name}_spread"],
        [f"{quantity}_{end}{at}{point}{sample}" for end in ("lower", "upper")],
        ["uncertainty"] if name in ("yield", "binned", "accuracy", "distance") else [""],
    ]
    return next((own for own in found if all(other in names for other in own)), [])


def _cell(name: str, value: Any, errors: Sequence[Any], missing: str) -> Cell:
    if isinstance(value, str):
        return Cell(DEFINITIONS.get(value, value) if name == "definition" else value)
    if pd.isna(value):
        return Cell(missing)
    if pd.api.types.is_bool(value):
        return Cell("yes" if value else "no")
    number = float(value)
    if len(errors) == 1:
        return Cell(rounded(number, float(errors[0])), number)
    text = _number(number)
    if errors and not any(map(math.isnan, map(float, errors))):
        text += f" [{', '.join(f'{end:.3g}' for end in errors)}]"
    return Cell(text, number)


def _number(value: float) -> str:
    """Return a number without an uncertainty.

    >>> [_number(value) for value in (3.0, 0.123456, 22889.0, 19196.1077, 1e9)]
    ['3', '0.1235', '22889', '19196', '1e+09']
    """
    return f"{value:.0f}" if _WHOLE <= abs(value) < _LONG else f"{value:.4g}"
