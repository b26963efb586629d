"""Ingest: one input file to the events that all later stages read.

The file is streamed. Each row ends in exactly one of three places: the events, a cut (counted in
the cutflow) or the rejected rows (defective; listed with the reason). A physical weight is

    product of the weight columns × cross_section / generated × luminosity of the file / study's

where the last two factors apply to processes and files that have them, and `generated` is that of
the file's sample: the files of one process and one period or luminosity.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import (
    CLASS,
    CUT,
    ENTRY,
    EVENT_ID,
    PROCESS,
    REJECTED,
    ROW,
    SAMPLE,
    SAMPLES,
    SCORED,
    SOURCE,
    STATUSES,
    WEIGHT,
)
from winnow.errors import DataError
from winnow.events.chunks import Chunk
from winnow.events.cutflow import ALL_EVENTS, NOT_IGNORED, Totals
from winnow.events.defects import MISSING_ID, Findings, Rejection, rejected_rows
from winnow.events.objects import OBJECT_TYPE, object_columns, sample_codes_of
from winnow.events.plan import Plan, plan_of
from winnow.events.processes import IGNORED, Processes
from winnow.events.readers import read_chunks
from winnow.events.settings import IngestSettings
from winnow.events.values import (
    add_derived,
    as_text,
    checked_values,
    feature_columns,
    flag_processes,
    physical_weights,
    repeated,
    spectators_of_text,
)
from winnow.identity import event_ids, key, without_value
from winnow.storage import atomic
from winnow.study.classes import listed
from winnow.study.files import InputFile
from winnow.tables import parquet_writer, write_json, write_parquet

_NAMES_TYPE = pa.dictionary(pa.int32(), pa.string())

_ROW_GROUP = 131_072


def ingest(
    file: InputFile,
    settings: IngestSettings,
    events_path: str | Path,
    cutflow_path: str | Path,
    rejected_path: str | Path,
    counts_path: str | Path,
) -> dict[str, Any]:
    """Stream one file into the events, its cutflow, its rejected rows and its counts.

    The cutflow has one row per process and step: step 0, `all`, are the rows that are not rejected,
    then `not ignored` where processes are ignored, then every cut in order; `entries` are events
    that are left.
    A file without events has empty outputs. None of the outputs appears if anything fails.

    Args:
        file: the input.
        settings: what the config says.
        events_path: Parquet, columns as in `events_schema`.
        cutflow_path: Parquet, columns process, step, cut, entries, sum_of_weights.
        rejected_path: CSV with columns source, row, column, value, reason.
        counts_path: JSON of what is returned.

    Returns:
        rows_read = rows_kept + rows_cut + rows_rejected, rejected_by_reason, sum_of_weights and
        negative_weights (entries) of the kept events.

    Raises:
        DataError: the file cannot be used, or a row is defective and `on_defect` is error.
        ConfigError: file and config do not fit together.
    """
    totals = totals_of(settings)
    with ExitStack() as outputs:
        events, cutflow, rejected, counts = (
            outputs.enter_context(atomic(path))
            for path in (events_path, cutflow_path, rejected_path, counts_path)
        )
        reject = outputs.enter_context(rejected_rows(file, settings, rejected))
        _write_events(labelled_events(file, settings, totals, reject), events)
        write_parquet(totals.cutflow(), cutflow)
        result = totals.counts(file.source)
        write_json(result, counts)
    return result


def totals_of(settings: IngestSettings) -> Totals:
    """Return the counts of a file's events before any is read."""
    ignoring = (NOT_IGNORED,) if settings.ignored else ()
    return Totals(cuts=(ALL_EVENTS, *ignoring, *settings.selection))


def labelled_events(
    file: InputFile, settings: IngestSettings, totals: Totals, rejection: Rejection
) -> Iterator[pa.Table]:
    """Yield the kept events of a file with process and weight, chunk by chunk.

    Args:
        file: the input; weight columns of its own take the place of the settings'.
        settings: what the config says.
        totals: from `totals_of`; what is counted on the way.
        rejection: what becomes of defective rows.
    """
    if file.weight is not None:
        settings = replace(settings, weight=tuple(file.weight))
    yield from _events(file, settings, plan_of(file, settings), totals, rejection)


@dataclass(frozen=True)
class Entries:
    """Some entries of a file, one after the other, and the events that are left of them.

    Attributes:
        status: (entries,) int8, what became of each, an index into STATUSES.
        events: the scored ones, columns as of `events_schema`.
    """

    status: NDArray[np.int8]
    events: pa.Table


def read_entries(
    file: InputFile, settings: IngestSettings, rejected_path: Path
) -> Iterator[Entries]:
    """Stream a file whose events need no process and no weight, every entry accounted for.

    Args:
        file: the file.
        settings: what is read of it; the first of its classes stands for all events.
        rejected_path: CSV with columns source, row, column, value, reason.

    Yields:
        All entries, in the file's order.

    Raises:
        DataError: the file cannot be used, or a row is defective and `on_defect` is error.
    """
    file = replace(
        file,
        process=None,
        class_name=next(iter(settings.classes)),
        sample=None,
        weight=None,
        luminosity=None,
    )
    totals = Totals(cuts=(ALL_EVENTS, *settings.selection))
    with rejected_rows(file, settings, rejected_path) as reject:
        done = 0
        for events in _events(file, settings, plan_of(file, settings), totals, reject):
            status = np.full(totals.rows_read - done, STATUSES.index(CUT), dtype=np.int8)
            status[events[ROW].to_numpy() - done] = STATUSES.index(SCORED)
            status[np.array(reject.rows, dtype=np.int64) - done] = STATUSES.index(REJECTED)
            yield Entries(status, events)
            done = totals.rows_read


def events_schema(
    settings: IngestSettings, text_spectators: Sequence[str] = (), pre_split: bool = False
) -> pa.Schema:
    """Return the columns of the events, the same for every source of a study.

    Args:
        settings: what the config says.
        text_spectators: the spectators that hold text; the others are float64.
        pre_split: whether the files bring their sample.
    """
    fields = [
        (SOURCE, _NAMES_TYPE),
        (ROW, pa.int64()),
        (EVENT_ID, pa.uint64()),
        (PROCESS, _NAMES_TYPE),
        (CLASS, pa.int8()),
        (WEIGHT, pa.float64()),
    ]
    if pre_split:
        fields.append((SAMPLE, _NAMES_TYPE))
    for name in settings.spectators:
        fields.append((name, pa.string() if name in text_spectators else pa.float64()))
    fields.extend((name, pa.float32()) for name in settings.features)
    fields.extend((name, OBJECT_TYPE) for name in settings.objects)
    return pa.schema(fields)


def ingest_messages(
    file: InputFile, counts: Mapping[str, Any], rejected_path: str | Path
) -> Iterator[str]:
    """Yield what a user must know of a file that was read, though it is no error.

    Args:
        file: the file.
        counts: as `ingest` returns them.
        rejected_path: where the rejected rows are listed.
    """
    if not counts["rows_read"]:
        yield f"{file.path} has no events"
    if counts["rows_rejected"]:
        yield f"{file.path}: {counts['rows_rejected']} rows rejected, see {rejected_path}"


def _events(
    file: InputFile,
    settings: IngestSettings,
    plan: Plan,
    totals: Totals,
    rejection: Rejection,
) -> Iterator[pa.Table]:
    """Yield the kept events chunk by chunk, counting on the way."""
    names = listed(settings.classes, settings.ignored)
    processes = Processes(file, settings, plan.process_column, names)
    text_spectators: tuple[str, ...] | None = None
    for chunk in read_chunks(file, plan.numbers, plan.others, plan.lists, plan.numbered):
        if text_spectators is None:
            text_spectators = spectators_of_text(chunk, file, settings, plan)
            split = file.sample is not None or settings.sample is not None
            schema = events_schema(settings, text_spectators, split)
        findings = Findings(chunk)
        codes = processes.codes(chunk)
        ignored = np.array(processes.classes, dtype=np.int64)[codes] == IGNORED
        findings.unlooked = ignored
        flag_processes(findings, codes, processes)
        for name in (name for name in settings.event_id if name != ENTRY):
            nameless = without_value(chunk.others[name])
            if nameless.any():
                findings.flag(nameless, name, chunk.others[name].to_pylist(), *MISSING_ID)
        values = checked_values(chunk, file, settings, plan, text_spectators, findings)
        with _told_with_file(file):
            add_derived(values, settings, plan, findings)
        scales = np.array(processes.scales, dtype=np.float64)[codes]
        weight = physical_weights(chunk, values, scales, settings, plan, findings)
        features = feature_columns(values, settings, findings)
        objects = object_columns(values, settings.objects, findings)
        sample = _samples(chunk, file, settings, findings)
        rejection.apply(findings, totals)

        kept = findings.valid
        totals.rows_read += len(chunk.rows) + len(chunk.defects)
        totals.count_step(0, processes, codes[kept], weight[kept])
        before = np.count_nonzero(kept)
        with _told_with_file(file):
            passed = [expression.passes(values) for expression in plan.selection.values()]
        for step, passing in enumerate([*([~ignored] if settings.ignored else []), *passed], 1):
            kept = kept & passing
            totals.count_step(step, processes, codes[kept], weight[kept])
        totals.rows_kept += int(np.count_nonzero(kept))
        totals.rows_cut += int(before - np.count_nonzero(kept))
        totals.sum_of_weights += float(weight[kept].sum())
        totals.negative_weights += int(np.count_nonzero(weight[kept] < 0))

        columns = {
            SOURCE: repeated(file.source, len(chunk.rows)),
            ROW: chunk.rows,
            EVENT_ID: _ids(chunk, file, plan),
            PROCESS: pa.DictionaryArray.from_arrays(
                codes.astype(np.int32), pa.array(processes.positions, pa.string())
            ),
            CLASS: np.array(processes.classes, dtype=np.int8)[codes],
            WEIGHT: weight,
            **sample,
            **{
                name: as_text(chunk.others[name]) if name in text_spectators else values[name]
                for name in settings.spectators
            },
            **features,
            **objects,
        }
        table = pa.table([columns[name] for name in schema.names], schema=schema)
        yield table if kept.all() else table.filter(pa.array(kept))


def _samples(
    chunk: Chunk, file: InputFile, settings: IngestSettings, findings: Findings
) -> dict[str, pa.Array]:
    """Return the column of the events' samples where the file, or a column of it, tells them."""
    if file.sample is not None:
        return {SAMPLE: repeated(file.sample, len(chunk.rows))}
    if settings.sample is None:
        return {}
    codes = sample_codes_of(chunk.others[settings.sample], findings, settings.sample)
    return {SAMPLE: pa.DictionaryArray.from_arrays(codes, pa.array(SAMPLES))}


def _ids(chunk: Chunk, file: InputFile, plan: Plan) -> NDArray[np.uint64]:
    """Return the events' ids; the entries of two files differ by the names of the files."""
    known = {name: chunk.others.get(name, chunk.numbers.get(name)) for name in plan.identity}
    if ENTRY in known:
        known[ENTRY] = chunk.rows
        known[f"{ENTRY} of"] = np.full(len(chunk.rows), key(SOURCE, file.source), np.uint64)
    return event_ids(known)


@contextmanager
def _told_with_file(file: InputFile) -> Iterator[None]:
    """Name the file in a message on an expression."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{file.path}: {error}") from error


def _write_events(tables: Iterator[pa.Table], path: Path) -> None:
    """Write tables of one schema as row groups of bounded size."""
    first = next(tables)
    names = [f.name for f in first.schema if pa.types.is_dictionary(f.type)]
    with (
        parquet_writer(path, first.schema, compression_level=1, use_dictionary=names) as writer,
        ThreadPoolExecutor(max_workers=1) as behind,  # compresses while the next is prepared
    ):
        written = behind.submit(lambda: None)
        for group in _row_groups(itertools.chain([first], tables)):
            written.result()
            written = behind.submit(writer.write_table, group, row_group_size=_ROW_GROUP)
        written.result()


def _row_groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= _ROW_GROUP:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
