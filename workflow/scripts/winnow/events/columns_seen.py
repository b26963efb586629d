"""What the columns of a user's files seem to be, by name and content, for a first config."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.events.readers import column_names, read_chunks, unfit_columns
from winnow.identity import spelled_number
from winnow.study.files import InputFile

ROWS = 50_000
"""Rows of a file that are looked at, rounded up to a chunk."""

MOST_CLASSES = 20
SENTINELS = (-9.0, -99.0, -999.0, -9999.0, -99999.0)
"""What analysts write where an event does not have a quantity."""

_WORD = r"(^|[^a-z]){}([^a-z]|$)"
_WEIGHT = re.compile(r"weight|wgt|" + _WORD.format("w"), re.IGNORECASE)
_LABEL = re.compile(r"label|class|process|target|^is_|signal|" + _WORD.format("y"), re.IGNORECASE)
_ID = re.compile(
    r"^(run|run_?n(umber|o)|lumi|ls|lumi_?(block|section)|ev(en)?t|ev(en)?t_?(id|n(umber|o))|id|"
    r"entry|index)$",
    re.IGNORECASE,
)
_EVENT = re.compile(r"^(ev(en)?t.*|id|entry|index)$", re.IGNORECASE)
"""Of those, what tells an event beside a run and a block of one."""
_TRUTH = re.compile(r"truth|^gen_|^mc_", re.IGNORECASE)


@dataclass
class Seen:
    """What the columns of some files seem to be.

    Attributes:
        features: numbers that a network could see.
        weight: columns that are called weights.
        process: the column that tells processes, if there is one.
        event_id: columns that tell an event.
        values: values of the process column, the commonest first.
        sentinels: feature → the sentinel of missing values that it holds, and in which share.
        missing: features with NaN or empty cells.
        falling: features that are positive and far larger than usual in a few events.
        left_out: column → why it is no feature.
        negative: the share of events whose weight is negative.
    """

    features: list[str] = field(default_factory=list)
    weight: list[str] = field(default_factory=list)
    process: str | None = None
    event_id: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    sentinels: dict[str, tuple[float, float]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    falling: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    negative: float = 0.0


def seen(files: Sequence[InputFile]) -> Seen:
    """Look at the first rows of files that are to be one study's.

    Args:
        files: at least one, of one layout or of several.

    Raises:
        DataError: a file cannot be read, has no header, no events, or no column in common with the
            others that could be a feature.
    """
    names, several, left_out = _shared(files)
    found = Seen(left_out=left_out)
    tables = [_first_rows(file, names) for file in files]
    table = pd.concat(tables, ignore_index=True)
    if table.empty:
        raise DataError(f"{files[0].path}: the file has no events; a study wants some to look at.")
    for name in sorted(several):
        found.left_out[name] = (
            f"any number of values an event: derive `{name}[0]` or `Sum$({name})`"
        )
    numbers = {name: _as_numbers(table[name]) for name in names}
    found.process = _process(table, numbers)
    if found.process is not None:
        found.values = _values(files, found.process)
    group = np.repeat(range(len(tables)), [len(own) for own in tables])
    groups = table.groupby(group if found.process is None else found.process, observed=True)
    distinct, within = table.nunique(), groups.nunique().max()
    for name in names:
        if name != found.process:
            _place(name, numbers[name], found, (distinct[name], within.get(name, 0)))
    if not any(_EVENT.match(name) for name in found.event_id):
        found.left_out |= dict.fromkeys(found.event_id, "tells no single event")
        found.event_id = []
    if not found.features:
        raise DataError(
            f"{files[0].path}: no column could be a feature; it has: {', '.join(names[:40])}."
        )
    return found


def _shared(files: Sequence[InputFile]) -> tuple[list[str], frozenset[str], dict[str, str]]:
    """Return the columns of one value that all files have, those of several, and those that not."""
    layouts = []
    for file in files:
        names = column_names(file)
        if file.format == "csv" and all(spelled_number(name) is not None for name in names):
            raise DataError(
                f"{file.path}: the first line holds numbers, expected names. Put a header before "
                "it, or write the names into `input.files[].columns` of a config."
            )
        layouts.append((names, unfit_columns(file, [])[1]))
    everywhere = set(layouts[0][0]).intersection(*(names for names, _ in layouts))
    lists = frozenset().union(*(several for _, several in layouts)) & everywhere
    of_all = list(dict.fromkeys(name for names, _ in layouts for name in names))
    single = [name for name in of_all if name in everywhere and name not in lists]
    return single, lists, {n: "not in every file" for n in of_all if n not in everywhere}


def _first_rows(file: InputFile, names: Sequence[str]) -> pd.DataFrame:
    parts = list[pd.DataFrame]()
    for chunk in read_chunks(file, [], names):
        parts.append(pd.DataFrame({name: chunk.others[name].to_pandas() for name in names}))
        if sum(map(len, parts)) >= ROWS:
            break
    return pd.concat(parts, ignore_index=True)


def _as_numbers(column: pd.Series) -> NDArray[np.float64] | None:
    """Return a column as numbers, NaN where it is empty; None where it holds words."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    text = column.astype("string").str.strip()
    text = text.mask(text.str.lower().isin(["", "nan", "null", "none"]))
    numbers = pd.to_numeric(text, errors="coerce")
    if (numbers.isna() & text.notna()).any():
        return None
    return numbers.to_numpy(np.float64, na_value=np.nan)


def _process(table: pd.DataFrame, numbers: dict[str, NDArray[np.float64] | None]) -> str | None:
    """Return the column that tells processes: of few values, called so or of words, best both."""
    named, words = list[str](), list[str]()
    for name, values in numbers.items():
        distinct = table[name].nunique()
        if not 2 <= distinct <= MOST_CLASSES or _WEIGHT.search(name):
            continue
        whole = values is None or np.array_equal(values, np.round(values))
        if _LABEL.search(name) and whole:
            named.insert(0 if values is None else len(named), name)
        elif values is None:
            words.append(name)
    return next(iter([*named, *words]), None)


def _values(files: Sequence[InputFile], column: str) -> list[str]:
    """Return the values of a column in all rows, as they are spelled, the commonest first."""
    counts: pd.Series = pd.Series(dtype=np.int64)
    for file in files:
        for chunk in read_chunks(file, [], [column]):
            own = chunk.others[column].to_pandas().astype("string").value_counts()
            counts = counts.add(own, fill_value=0)
    return [str(value) for value in counts.sort_values(ascending=False, kind="stable").index]


def _place(
    name: str, values: NDArray[np.float64] | None, found: Seen, distinct: tuple[int, int]
) -> None:
    """Say what a column is.

    Args:
        name: the column's.
        values: its numbers; None where it holds words.
        found: where it is said.
        distinct: how many values it has in all, and at most in one process.
    """
    if values is None:
        found.left_out[name] = "words"
    elif _ID.match(name):
        found.event_id.append(name)
    elif _WEIGHT.search(name):
        found.weight.append(name)
        if len(found.weight) == 1:
            found.negative = float(np.mean(values < 0))
    elif _TRUTH.search(name):
        found.left_out[name] = "called like a truth, which leaks the label"
    elif distinct[0] < 2:
        found.left_out[name] = "one value in all rows that were looked at"
    elif distinct[1] < 2:
        found.left_out[name] = "one value in each process, which it would tell"
    elif found.process is not None and _LABEL.search(name):
        found.left_out[name] = "called like a label"
    else:
        found.features.append(name)
        _habits(name, values, found)


def _habits(name: str, values: NDArray[np.float64], found: Seen) -> None:
    """Say what values a feature has: missing ones, sentinels of them, a falling spectrum."""
    there = values[np.isfinite(values)]
    if len(there) < len(values):
        found.missing.append(name)
    for sentinel in SENTINELS:
        own = there == sentinel
        others = there[~own]
        # a value of a spectrum has neighbours, a sentinel lies below all
        if own.sum() > 1 and len(others) and others.min() > sentinel * 0.9:
            found.sentinels[name] = sentinel, float(own.mean())
            there = others
    if len(there) and there.min() >= 0 and np.quantile(there, 0.99) > 5 * np.median(there) > 0:
        found.falling.append(name)
