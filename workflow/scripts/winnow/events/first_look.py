"""A first look at a study's inputs: what their first rows hold, and whether its samples fill."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from winnow.columns import CLASS, SAMPLE, SAMPLES, TEST, WEIGHT
from winnow.events.cutflow import Totals
from winnow.events.defects import rejected_rows
from winnow.events.ingest import labelled_events, totals_of
from winnow.events.settings import IngestSettings
from winnow.events.split import samples_table
from winnow.preparation.balance import balance
from winnow.preparation.planing import Weighted
from winnow.study.files import InputFile
from winnow.study.keys.balance import Balance

ROWS = 100_000
"""Rows of a file that are looked at, rounded up to a chunk."""


@dataclass(frozen=True)
class Look:
    """What the first rows of a file hold.

    Attributes:
        totals: rows read, kept, cut and rejected.
        events: the kept ones.
        whole: whether the file ends there.
    """

    totals: Totals
    events: pa.Table
    whole: bool


def first_look(file: InputFile, settings: IngestSettings, rows: int = ROWS) -> Look:
    """Read a file's first rows as ingest would.

    Args:
        file: the input.
        settings: what the config says.
        rows: how many, at least; all where there are fewer.

    Raises:
        DataError: as of `winnow.events.ingest.ingest`.
        ConfigError: as of `winnow.events.ingest.ingest`.
    """
    totals = totals_of(settings)
    found, whole = [], False
    with (
        tempfile.TemporaryDirectory() as folder,
        rejected_rows(file, settings, Path(folder, "rejected.csv")) as reject,
    ):
        stream = labelled_events(file, settings, totals, reject)
        while totals.rows_read < rows and not whole:
            table = next(stream, None)
            whole = table is None
            if table is not None:
                found.append(table)
        whole = whole or next(stream, None) is None
    events = pa.concat_tables(found, promote_options="permissive").unify_dictionaries()
    return Look(totals, events, whole)


def look_table(looks: Mapping[str, Look], class_names: Sequence[str]) -> pd.DataFrame:
    """Return a row a file: rows read, kept, cut and rejected, and events of each class.

    Args:
        looks: source → its first look.
        class_names: the classes in the config's order.
    """
    rows = []
    for source, look in looks.items():
        counts = np.bincount(look.events[CLASS].to_numpy(), minlength=len(class_names))
        rows.append(
            {
                "input": source,
                "rows": look.totals.rows_read,
                "all": "yes" if look.whole else "no",
                "kept": look.totals.rows_kept,
                "cut": look.totals.rows_cut,
                "rejected": sum(look.totals.rejected.values()),
                **dict(zip(class_names, counts.tolist(), strict=True)),
            }
        )
    return pd.DataFrame(rows)


def check_samples(
    looks: Sequence[Look],
    fractions: Mapping[str, float],
    key: int,
    settings: Balance,
    class_names: Sequence[str],
    signal: str | None,
) -> pd.DataFrame:
    """Share out all events to samples and balance them, as split and balance would.

    Args:
        looks: of every file, each whole.
        fractions: sample → share.
        key: of the hash that shares out.
        settings: the config's `balance` section.
        class_names: the classes in order.
        signal: the signal class, if there is one.

    Returns:
        Events of each class in each sample.

    Raises:
        DataError: a sample or a class in one has no events, or weights that cannot be balanced.
    """
    events = pa.concat_tables([look.events for look in looks], promote_options="permissive")
    sample = samples_table(events, fractions, key)[SAMPLE].cast(pa.string())
    names = sample.to_numpy(zero_copy_only=False)
    classes, weights = events[CLASS].to_numpy(), events[WEIGHT].to_numpy()
    rows: list[dict[str, Any]] = []
    for name in SAMPLES:
        own = names == name
        counts = np.bincount(classes[own], minlength=len(class_names))
        rows.append({SAMPLE: name, **dict(zip(class_names, counts.tolist(), strict=True))})
        if name != TEST:
            whole = Weighted(weights[own], classes[own])
            balance(partial(iter, [whole]), settings, class_names, signal, name)
    return pd.DataFrame(rows)
