"""Pictures of the events of a file, drawn some at a time."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import OBJECT_PIXEL, PIXEL, PIXEL_CLASS, ROW, SOURCE, VALUE
from winnow.preparation.sparse import OUTSIDE, Sparse
from winnow.storage import atomic
from winnow.study.choices import PICTURES, part
from winnow.study.keys.images import Images
from winnow.study.lists import Lists
from winnow.tables import open_parquet, parquet_writer, write_json

# few enough for a processor's cache
_EVENTS = 256


def drawn(keys: Images, events: pa.Table) -> Sparse:
    """Draw the objects of some events.

    Args:
        keys: the config's `images` section.
        events: a table with the list columns of `keys.objects`.

    Raises:
        DataError: objects that the kind of picture cannot have.
    """
    draw = part(PICTURES, keys.kind, "draw")
    pictures: Sparse = draw(keys, objects_of(keys, events))
    return pictures


def objects_of(keys: Images, events: pa.Table) -> dict[str, Lists]:
    """Return quantity → its values, a list an event, of the events' objects."""
    return {name: lists_of(events[column]) for name, column in keys.objects.items()}


def lists_of(column: pa.ChunkedArray) -> Lists:
    """Return a column of lists as counts and float64 content."""
    own = column.combine_chunks()
    counts = own.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    return Lists(counts, own.flatten().to_numpy(zero_copy_only=False).astype(np.float64))


def rasterise(
    events: str | Path, keys: Images, target: str | Path, counts: str | Path, threads: int
) -> dict[str, int]:
    """Draw the events of a file, and write source, row and pixels of each, in its order.

    Memory does not grow with the events.

    Args:
        events: a table of events.
        keys: the config's `images` section.
        target: Parquet with a row an event: source, row, and lists of pixels that something is in:
            their positions in the flattened picture, values, and where pixels have classes, those,
            and the pixel of each object of the event, -1 of what is outside.
        counts: JSON of what is returned.
        threads: how many parts are drawn side by side; the result does not depend on it.

    Returns:
        How many events, events without any pixel, objects, and objects outside there are.

    Raises:
        DataError: objects that the kind of picture cannot have.
    """
    totals = dict.fromkeys(("events", "empty_events", "objects", "outside"), 0)
    columns = [SOURCE, ROW, *keys.columns]
    with (
        open_parquet(events) as file,
        ThreadPoolExecutor(threads) as pool,
        atomic(target) as temporary,
        atomic(counts) as counted,
        parquet_writer(temporary, _schema(file.schema_arrow, keys)) as writer,
    ):
        parts = (
            pa.Table.from_batches([batch])
            for batch in file.iter_batches(batch_size=_EVENTS, columns=columns)
        )
        draw = partial(_part, keys)
        while tables := list(islice(parts, 8 * threads)):
            done = list(pool.map(draw, tables))
            writer.write_table(pa.concat_tables(table for table, _ in done))
            for _, own in done:
                for name, value in own.items():
                    totals[name] += value
        write_json(totals, counted)
    return totals


def rasterise_messages(path: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield what a user must know of pictures that were drawn, though it is no error."""
    if counts["outside"]:
        yield f"{path}: {counts['outside']} of {counts['objects']} objects are outside the picture"
    if counts["empty_events"]:
        yield f"{path}: {counts['empty_events']} of {counts['events']} events have nothing in it"


def _schema(events: pa.Schema, keys: Images) -> pa.Schema:
    fields = [events.field(SOURCE), events.field(ROW)]
    fields += [pa.field(PIXEL, pa.large_list(pa.int32()))]
    fields += [pa.field(VALUE, pa.large_list(pa.float32()))]
    if keys.pixel_classes:
        fields += [pa.field(PIXEL_CLASS, pa.large_list(pa.uint8()))]
        fields += [pa.field(OBJECT_PIXEL, pa.large_list(pa.int32()))]
    return pa.schema(fields)


def _part(keys: Images, events: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    pictures = drawn(keys, events)
    columns = {SOURCE: events[SOURCE], ROW: events[ROW]}
    columns |= {
        PIXEL: _lists(pictures.counts, pictures.pixel),
        VALUE: _lists(pictures.counts, pictures.value),
    }
    if keys.pixel_classes:
        label = (
            np.zeros(len(pictures.pixel), np.uint8) if pictures.label is None else pictures.label
        )
        columns[PIXEL_CLASS] = _lists(pictures.counts, label)
        objects = lists_of(events[keys.columns[0]]).counts
        columns[OBJECT_PIXEL] = _lists(objects, pictures.object_pixel)
    table = pa.table(columns)
    return table.cast(_schema(events.schema, keys)), {
        "events": len(events),
        "empty_events": int(np.count_nonzero(pictures.counts == 0)),
        "objects": len(pictures.object_pixel),
        "outside": int(np.count_nonzero(pictures.object_pixel == OUTSIDE)),
    }


def _lists(counts: NDArray[np.int64], content: NDArray[Any]) -> pa.Array:
    return pa.LargeListArray.from_arrays(np.append(0, np.cumsum(counts)), pa.array(content))
