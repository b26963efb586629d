"""Ingest: one input file to the events that all later stages read.

The file is streamed. Each row ends in exactly one of three places: the events, a cut (counted in
the cutflow) or the rejected rows (defective; listed with the reason). A physical weight is

    product of the weight columns × cross_section / generated × luminosity of the file / study's

where the last two factors apply to processes and files that have them, and `generated` is that of
the file's sample: the files of one process and one period or luminosity.
"""

import csv
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.columns import CLASS, EVENT_ID, PROCESS, ROW, SAMPLE, SOURCE, WEIGHT
from winnow.errors import ConfigError, DataError
from winnow.events.chunks import Chunk, Defect
from winnow.events.numbers import as_numbers, text_as_numbers
from winnow.events.readers import column_names, defect_message, read_chunks
from winnow.identity import event_ids, without_value
from winnow.study.classes import class_of, fits, listed, process_name
from winnow.study.expressions import Expression, parse
from winnow.study.files import InputFile
from winnow.tables import atomic, write_json, write_parquet

ALL_EVENTS = "all"
"""The cutflow's step 0: the rows that are not rejected."""

NOT_IGNORED = "not ignored"
"""The cutflow's step 1 where the config ignores processes."""

CUTFLOW_SCHEMA = pa.schema(
    [
        (PROCESS, pa.string()),
        ("step", pa.int32()),
        ("cut", pa.string()),
        ("entries", pa.int64()),
        ("sum_of_weights", pa.float64()),
    ]
)
REJECTED_COLUMNS = (SOURCE, ROW, "column", "value", "reason")

_NAMES_TYPE = pa.dictionary(pa.int32(), pa.string())
_ROW_GROUP = 131_072
_UNKNOWN, _IGNORED = -1, -2
_LARGEST_WEIGHT = 1e100  # sums of squares of any number of them stay finite


@dataclass(frozen=True)
class ProcessSettings:
    """What the config says about a process.

    Attributes:
        cross_section: in the inverse unit of the luminosity; None: weights are physical already.
        generated: number of generated events, or the sum of their generator weights; None where
            the files bring their own.
    """

    cross_section: float | None = None
    generated: float | None = None


@dataclass(frozen=True)
class IngestSettings:
    """What ingest takes from the config; all files of a study share it.

    Attributes:
        features: the network's inputs, in order.
        classes: class → names or shell patterns of its processes, as of `classes.class_of`.
        ignored: names or shell patterns of processes that are left out and counted.
        spectators: columns carried along: float64, or text where most of the file's first values
            spell no number.
        weight: columns whose product is the event weight; none: 1.
        event_id: columns that identify an event; none: all columns of the file.
        process_column: column with the process name, for files without a process of their own.
        derived: new column → expression on the file's columns and on derived ones before it.
        selection: name of a cut → expression, applied in order.
        missing_values: numbers that stand for a missing value.
        nan_is_missing: whether NaN and empty cells stand for a missing value.
        on_defect: whether a defective row is an error or is left out and listed.
        processes: facts on processes, by name.
        luminosity: the study's luminosity, for files that have their own.
        generator_weights: columns that `generated` is summed from, checked row by row.
    """

    features: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]]
    spectators: tuple[str, ...] = ()
    weight: tuple[str, ...] = ()
    event_id: tuple[str, ...] = ()
    process_column: str | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    selection: Mapping[str, str] = field(default_factory=dict)
    missing_values: tuple[float, ...] = ()
    nan_is_missing: bool = False
    on_defect: Literal["error", "reject"] = "error"
    processes: Mapping[str, ProcessSettings] = field(default_factory=dict)
    luminosity: float = 1.0
    generator_weights: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


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
    if file.weight is not None:
        settings = replace(settings, weight=tuple(file.weight))
    plan = _plan(file, settings)
    ignoring = (NOT_IGNORED,) if settings.ignored else ()
    totals = _Totals(steps=(ALL_EVENTS, *ignoring, *settings.selection))
    with ExitStack() as outputs:
        events, cutflow, rejected, counts = (
            outputs.enter_context(atomic(path))
            for path in (events_path, cutflow_path, rejected_path, counts_path)
        )
        reject = outputs.enter_context(_rejected_rows(file, settings, rejected))
        _write_events(_events(file, settings, plan, totals, reject), events)
        write_parquet(totals.cutflow(), cutflow)
        result = totals.counts(file.source)
        write_json(result, counts)
    return result


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
    return pa.schema(fields)


def generator_weight_sum(
    file: InputFile,
    column: str,
    on_defect: Literal["error", "reject"] = "error",
    missing_values: Sequence[float] = (),
) -> float:
    """Return the sum of a generator-weight column over a whole file, before any cut.

    Rows that `ingest` rejects for a defective generator weight (`generator_weights`), or because
    they cannot be read, are left out here too with `on_defect` reject.

    Raises:
        DataError: a value is not a finite number, or missing, and `on_defect` is error.
    """
    sums = []
    for chunk in read_chunks(file, [column]):
        values = chunk.numbers[column]
        findings = _Findings(chunk)
        _flag_weight(findings, column, values, _stored(missing_values, chunk, column))
        if on_defect == "error":
            findings.raise_first(file)
        sums.append(math.fsum(values[findings.valid]))
    return math.fsum(sums)


def generator_weight_sums(
    file: InputFile,
    columns: Mapping[str, str],
    on_defect: Literal["error", "reject"],
    missing_values: Sequence[float],
) -> dict[str, float]:
    """Return process → sum of its generator weights over a file, for the file's own process.

    Args:
        file: the file.
        columns: process → column of its generator weights.
        on_defect: as of `generator_weight_sum`.
        missing_values: likewise.
    """
    return {
        process: generator_weight_sum(file, column, on_defect, missing_values)
        for process, column in columns.items()
        if process == file.process
    }


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


def resolved_settings(
    params: Mapping[str, Any],
    generator_sums: Sequence[Mapping[str, float]],
    process: str | None,
) -> IngestSettings:
    """Make settings of a rule's parameters.

    Args:
        params: what `winnow.study.sections.ingest_settings` returns.
        generator_sums: of each file of the same sample, process → sum of its generator weights.
        process: the process of the file that is ingested, where it has one of its own.

    Returns:
        The settings, `generated` a number for every process.
    """
    processes, columns = {}, []
    for name, facts in params["processes"].items():
        generated = facts.get("generated")
        if isinstance(generated, dict):
            columns += [generated["column"]] if name == process else []
            generated = math.fsum(sums.get(name, 0.0) for sums in generator_sums)
        processes[name] = ProcessSettings(facts["cross_section"], generated)
    return IngestSettings(
        **{**params, "processes": processes, "generator_weights": tuple(dict.fromkeys(columns))}
    )


# Which columns are read --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """The columns of one file: how each is read, and what is made of them."""

    derived: dict[str, Expression]
    selection: dict[str, Expression]
    numbers: tuple[str, ...]
    others: tuple[str, ...]
    checked: tuple[str, ...]
    weights: tuple[str, ...]
    identity: tuple[str, ...]
    process_column: str | None


def _plan(file: InputFile, settings: IngestSettings) -> _Plan:
    if file.class_name is not None and file.class_name not in settings.classes:
        raise ConfigError(
            f"config key `input.files[].class`: found {file.class_name!r} for {file.path}, expected"
            f" one of the classes {', '.join(settings.classes)}."
        )
    process_column = None if file.process is not None else settings.process_column
    if process_column is None and file.process is None and file.class_name is None:
        raise ConfigError(
            f"config key `input.files[].process`: missing for {file.path}; name the process of its"
            " events, or the column that holds it in `columns.process`."
        )
    derived = {name: parse(text) for name, text in settings.derived.items()}
    selection = {name: parse(text) for name, text in settings.selection.items()}
    checked: dict[str, None] = {}
    known: set[str] = set()
    for name, expression in derived.items():
        checked.update(dict.fromkeys(c for c in expression.columns if c not in known))
        known.add(name)
    uses = [settings.features, *(expression.columns for expression in selection.values())]
    checked.update(dict.fromkeys(name for use in uses for name in use if name not in known))
    weights = tuple(dict.fromkeys([*settings.weight, *settings.generator_weights]))
    numbers = tuple(dict.fromkeys([*checked, *(name for name in weights if name not in known)]))
    spectators = [name for name in settings.spectators if name not in known]
    identity = settings.event_id or column_names(file)
    others = [
        *(name for name in spectators if name not in numbers),
        *settings.event_id,
        *([process_column] if process_column is not None else []),
        *(name for name in identity if name not in numbers),
    ]
    return _Plan(
        derived=derived,
        selection=selection,
        numbers=numbers,
        others=tuple(dict.fromkeys(others)),
        checked=(*checked, *(name for name in spectators if name not in checked)),
        weights=weights,
        identity=identity,
        process_column=process_column,
    )


# Defects -----------------------------------------------------------------------------------------

_BAD_WEIGHT = ("weight not finite", "a finite number; no value of a weight can be missing", "")
_LARGE_WEIGHT = (
    "weight too large",
    f"a weight of at most {_LARGEST_WEIGHT:g}, cross-section and luminosity included",
    "Correct the file, list a value that stands for a missing one in `input.missing_values`",
)
_MISSING_WEIGHT = (
    "missing weight",
    "a weight; the value stands for a missing one in `input.missing_values`",
    "Correct the file",
)
_INFINITE = (
    "infinite value",
    "a finite number",
    "Correct the file, list the value in `input.missing_values`",
)
_MISSING = (
    "missing value",
    "a number (the cell is NaN or empty)",
    "If it stands for a missing value, list nan in `input.missing_values`",
)
_UNDEFINED = (
    "undefined result",
    "a finite number (none of its inputs is missing)",
    "Guard the expression in `columns.derived` with a cut or where()",
)
_MISSING_ID = (
    "missing event id",
    "a value, since all events without one would be taken for the same event",
    "Correct the file, or identify events by other columns in `columns.event_id`",
)
_NO_PROCESS = ("missing process", "the name of a process", "")
_UNKNOWN_PROCESS = ("unknown process", "a process of a class", "List it in `classes`")
_BEYOND_FLOAT32 = (
    "beyond float32",
    "a number below 3.4e38, the largest of a feature",
    "Correct the file, or list the value in `input.missing_values`",
)


class _Findings:
    """The defects of a chunk: at most one for a row, the first that is flagged."""

    def __init__(self, chunk: Chunk) -> None:
        self.rows = chunk.rows
        self.valid = np.ones(len(chunk.rows), dtype=bool)
        self.unlooked = np.zeros(len(chunk.rows), dtype=bool)
        self.defects = list(chunk.defects)

    def flag(
        self,
        bad: NDArray[np.bool_],
        column: str | None,
        values: Any,
        reason: str,
        expected: str,
        mend: str,
    ) -> None:
        """Note a defect of the rows where `bad`, with the value found there."""
        bad = bad & ~self.unlooked
        for position in np.flatnonzero(bad & self.valid):
            value = values[position]
            shown = f"{value:g}" if isinstance(value, float) else repr(value)[:80]
            row = int(self.rows[position])
            self.defects.append(Defect(row, column, shown, reason, expected, mend))
        self.valid &= ~bad

    def raise_first(self, file: InputFile) -> None:
        """Raise DataError for the defect that comes first in the file, if there is one."""
        if self.defects:
            first = min(self.defects, key=lambda defect: defect.row)
            raise DataError(defect_message(file, first))


@contextmanager
def _rejected_rows(file: InputFile, settings: IngestSettings, path: Path) -> Iterator["_Rejection"]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(REJECTED_COLUMNS)
        yield _Rejection(file, settings.on_defect == "error", writer)


@dataclass
class _Rejection:
    """Applies the policy for defective rows."""

    file: InputFile
    is_error: bool
    writer: Any

    def apply(self, findings: _Findings, totals: "_Totals") -> None:
        if self.is_error:
            findings.raise_first(self.file)
        for defect in sorted(findings.defects, key=lambda item: item.row):
            column = "" if defect.column is None else defect.column
            self.writer.writerow(
                [self.file.source, defect.row, column, defect.value, defect.reason]
            )
            totals.rejected[defect.reason] += 1


# Processes ---------------------------------------------------------------------------------------


@dataclass
class _Processes:
    """The processes seen so far, by position, with their class and the scale of their weights."""

    file: InputFile
    settings: IngestSettings
    column: str | None
    names: frozenset[str]
    positions: dict[str, int] = field(default_factory=dict)
    classes: list[int] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)

    def position(self, name: str) -> int:
        """Return a process's position, new ones last."""
        if name not in self.positions:
            self.positions[name] = len(self.positions)
            self.classes.append(_class_of(name, self.file, self.settings))
            self.scales.append(_scale(name, self.file, self.settings))
        return self.positions[name]

    def codes(self, chunk: Chunk) -> NDArray[np.int64]:
        """Return the position of every row's process, shape (n,)."""
        if self.column is None:
            own = self.file.process if self.file.process is not None else self.file.class_name
            return np.full(len(chunk.rows), self.position(process_name(own, self.names)))
        column = chunk.others[self.column]
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        of_value = [self.position(process_name(value, self.names)) for value in distinct]
        if encoded.null_count:
            of_value.append(self.position(""))
        indices = pc.fill_null(encoded.indices.cast(pa.int64()), len(of_value) - 1)
        rows: NDArray[np.intp] = indices.to_numpy(zero_copy_only=False)
        return np.array(of_value, dtype=np.int64)[rows]


def _class_of(name: str, file: InputFile, settings: IngestSettings) -> int:
    names = list(settings.classes)
    if name and any(fits(name, pattern) for pattern in settings.ignored):
        return _IGNORED
    if file.class_name is not None:
        return names.index(file.class_name) if name else _UNKNOWN
    found = class_of(name, settings.classes)
    return _UNKNOWN if found is None else names.index(found)


def _scale(name: str, file: InputFile, settings: IngestSettings) -> float:
    scale = 1.0 if file.luminosity is None else file.luminosity / settings.luminosity
    process = settings.processes.get(name, ProcessSettings())
    if process.cross_section is None:
        return scale
    generated = process.generated if file.generated is None else file.generated
    if not generated or not math.isfinite(generated):
        raise ConfigError(
            f"config key `processes.{name}.generated`: found {generated}, expected a number"
            " of events (or sum of generator weights) other than 0, to go with the cross-section."
        )
    return scale * process.cross_section / generated


# Chunks to events --------------------------------------------------------------------------------


@dataclass
class _Totals:
    """What is counted over the chunks of a file."""

    steps: tuple[str, ...]
    rows_read: int = 0
    rows_kept: int = 0
    rows_cut: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    sum_of_weights: float = 0.0
    negative_weights: int = 0
    entries: dict[tuple[str, int], int] = field(default_factory=dict)
    yields: dict[tuple[str, int], float] = field(default_factory=dict)

    def count_step(
        self,
        step: int,
        processes: _Processes,
        codes: NDArray[np.int64],
        weight: NDArray[np.float64],
    ) -> None:
        """Add the events that are left at a step of the cutflow."""
        size = len(processes.positions)
        entries = np.bincount(codes, minlength=size)
        yields = np.bincount(codes, weight, minlength=size)
        for name, position in processes.positions.items():
            if step and (name, 0) not in self.entries:
                continue
            if not step and not entries[position] and (name, 0) not in self.entries:
                continue  # a process of rejected rows only
            key = (name, step)
            self.entries[key] = self.entries.get(key, 0) + int(entries[position])
            self.yields[key] = self.yields.get(key, 0.0) + float(yields[position])

    def cutflow(self) -> pa.Table:
        keys = sorted(self.entries)
        return pa.table(
            [
                [process for process, _ in keys],
                [step for _, step in keys],
                [self.steps[step] for _, step in keys],
                [self.entries[key] for key in keys],
                [self.yields[key] for key in keys],
            ],
            schema=CUTFLOW_SCHEMA,
        )

    def counts(self, source: str) -> dict[str, Any]:
        """Return the counts; raise RuntimeError where a row is lost or counted twice."""
        rows_rejected = self.rejected.total()
        last = len(self.steps) - 1
        left = sum(count for (_, step), count in self.entries.items() if step == last)
        if (
            self.rows_read != self.rows_kept + self.rows_cut + rows_rejected
            or left != self.rows_kept
        ):
            raise RuntimeError(
                f"{source}: {self.rows_read} rows read, but {self.rows_kept} kept, {self.rows_cut}"
                f" cut, {rows_rejected} rejected and {left} left by the cutflow"
            )
        return {
            "source": source,
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_cut": self.rows_cut,
            "rows_rejected": rows_rejected,
            "rejected_by_reason": dict(sorted(self.rejected.items())),
            "sum_of_weights": self.sum_of_weights,
            "negative_weights": self.negative_weights,
        }


def _write_events(tables: Iterator[pa.Table], path: Path) -> None:
    """Write tables of one schema as row groups of bounded size."""
    first = next(tables)
    names = [f.name for f in first.schema if pa.types.is_dictionary(f.type)]
    with (
        pq.ParquetWriter(
            path, first.schema, compression="zstd", compression_level=1, use_dictionary=names
        ) as writer,
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


def _events(
    file: InputFile,
    settings: IngestSettings,
    plan: _Plan,
    totals: _Totals,
    rejection: _Rejection,
) -> Iterator[pa.Table]:
    """Yield the kept events chunk by chunk, counting on the way."""
    names = listed(settings.classes, settings.ignored)
    processes = _Processes(file, settings, plan.process_column, names)
    text_spectators: tuple[str, ...] | None = None
    for chunk in read_chunks(file, plan.numbers, plan.others):
        if text_spectators is None:
            text_spectators = _text_spectators(chunk, file, settings, plan)
            schema = events_schema(settings, text_spectators, file.sample is not None)
        findings = _Findings(chunk)
        codes = processes.codes(chunk)
        ignored = np.array(processes.classes, dtype=np.int64)[codes] == _IGNORED
        findings.unlooked = ignored
        _flag_processes(findings, codes, processes)
        for name in settings.event_id:
            nameless = without_value(chunk.others[name])
            if nameless.any():
                findings.flag(nameless, name, chunk.others[name].to_pylist(), *_MISSING_ID)
        values = _checked_values(chunk, file, settings, plan, text_spectators, findings)
        with _told_with_file(file):
            _add_derived(values, settings, plan, findings)
        scales = np.array(processes.scales, dtype=np.float64)[codes]
        weight = _weights(chunk, values, scales, settings, plan, findings)
        features = _features(values, settings, findings)
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
            SOURCE: _constant(file.source, len(chunk.rows)),
            ROW: chunk.rows,
            EVENT_ID: event_ids(
                {name: chunk.others.get(name, chunk.numbers.get(name)) for name in plan.identity}
            ),
            PROCESS: pa.DictionaryArray.from_arrays(
                codes.astype(np.int32), pa.array(processes.positions, pa.string())
            ),
            CLASS: np.array(processes.classes, dtype=np.int8)[codes],
            WEIGHT: weight,
            **({SAMPLE: _constant(file.sample, len(chunk.rows))} if file.sample else {}),
            **{
                name: _as_text(chunk.others[name]) if name in text_spectators else values[name]
                for name in settings.spectators
            },
            **features,
        }
        table = pa.table([columns[name] for name in schema.names], schema=schema)
        yield table if kept.all() else table.filter(pa.array(kept))


@contextmanager
def _told_with_file(file: InputFile) -> Iterator[None]:
    """Name the file in a message on an expression."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{file.path}: {error}") from error


def _constant(text: str, length: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(length, dtype=np.int32), [text])


def _as_text(column: pa.Array) -> pa.Array:
    return column.cast(pa.string())


def _text_spectators(
    chunk: Chunk, file: InputFile, settings: IngestSettings, plan: _Plan
) -> tuple[str, ...]:
    """Return the spectators that are text: most of the file's first rows spell no number."""
    names = []
    for name in settings.spectators:
        if name in plan.derived or name in chunk.numbers:
            continue
        column = chunk.others[name]
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            values, bad = text_as_numbers(_as_text(column), file.decimal)
            if bad is not None and bad.sum() > np.isfinite(values).sum():
                names.append(name)
    return tuple(names)


def _flag_processes(findings: _Findings, codes: NDArray[np.int64], processes: _Processes) -> None:
    names = list(processes.positions)
    classless = np.array(processes.classes, dtype=np.int64) == _UNKNOWN
    nameless = np.array([not name for name in names], dtype=bool)
    shown = _Named(names, codes)
    findings.flag(nameless[codes], processes.column, shown, *_NO_PROCESS)
    findings.flag(classless[codes], processes.column, shown, *_UNKNOWN_PROCESS)


@dataclass(frozen=True)
class _Named:
    """The process name of a row, by its position in the chunk."""

    names: Sequence[str]
    codes: NDArray[np.int64]

    def __getitem__(self, position: int) -> str:
        return self.names[int(self.codes[position])]


def _checked_values(
    chunk: Chunk,
    file: InputFile,
    settings: IngestSettings,
    plan: _Plan,
    text_spectators: Sequence[str],
    findings: _Findings,
) -> dict[str, NDArray[np.float64]]:
    """Return the columns that must hold numbers, missing values as NaN."""
    values = {}
    for name in plan.checked:
        if name in text_spectators:
            continue
        if name in chunk.numbers:
            found = chunk.numbers[name]
        else:
            column = chunk.others[name]
            found, bad, reason, expected = as_numbers(file, name, column)
            if bad is not None:
                findings.flag(bad, name, column.to_pylist(), reason, expected, "")
        values[name] = _with_missing(found, _stored(settings.missing_values, chunk, name))
        if np.isfinite(values[name]).all():
            continue
        findings.flag(np.isinf(values[name]), name, found, *_INFINITE)
        if not settings.nan_is_missing:
            findings.flag(np.isnan(found), name, found, *_MISSING)
    return values


def _stored(missing_values: Sequence[float], chunk: Chunk, name: str) -> Sequence[float]:
    """Return the missing values as a column of float16 holds them too: -9999 is -10000 there."""
    if name not in chunk.halves:
        return missing_values
    with np.errstate(over="ignore"):  # what is infinite there stays a defect
        halves = [float(np.float16(value)) for value in missing_values]
    return [*missing_values, *(value for value in halves if math.isfinite(value))]


def _with_missing(
    values: NDArray[np.float64], missing_values: Sequence[float]
) -> NDArray[np.float64]:
    # a file's float32 column holds the nearest float32 of a value such as -999.9
    for value in {*missing_values, *(float(np.float32(value)) for value in missing_values)}:
        found = values == value
        if found.any():
            values = np.where(found, np.nan, values)
    return values


def _add_derived(
    values: dict[str, NDArray[np.float64]],
    settings: IngestSettings,
    plan: _Plan,
    findings: _Findings,
) -> None:
    for name, expression in plan.derived.items():
        result = expression.evaluate(values)
        if not np.isfinite(result).all():
            findings.flag(np.isinf(result), name, result, *_INFINITE)
            if not settings.nan_is_missing:
                from_missing = np.any([np.isnan(values[c]) for c in expression.columns], axis=0)
                findings.flag(np.isnan(result) & ~from_missing, name, result, *_UNDEFINED)
        values[name] = result


def _weights(
    chunk: Chunk,
    values: Mapping[str, NDArray[np.float64]],
    scales: NDArray[np.float64],
    settings: IngestSettings,
    plan: _Plan,
    findings: _Findings,
) -> NDArray[np.float64]:
    """Return the product of the weight columns and the processes' scales, shape (n,)."""
    weight = np.ones(len(chunk.rows))
    for name in plan.weights:
        column = values[name] if name in plan.derived else chunk.numbers[name]
        missing = _stored(settings.missing_values, chunk, name)
        _flag_weight(findings, name, column, missing)
        if name in settings.weight:
            with np.errstate(all="ignore"):  # such rows are flagged
                weight = weight * column
    with np.errstate(all="ignore"):
        weight = weight * scales
    too_large = ~(np.abs(weight) <= _LARGEST_WEIGHT)
    findings.flag(too_large, None, weight, *_LARGE_WEIGHT)
    # what an ignored row holds is not looked at, and must not enter sums
    return np.where(findings.unlooked & too_large, 0.0, weight)


def _flag_weight(
    findings: _Findings,
    name: str,
    values: NDArray[np.float64],
    missing_values: Sequence[float],
) -> None:
    findings.flag(~np.isfinite(values), name, values, *_BAD_WEIGHT)
    if missing_values:
        missing = np.isnan(_with_missing(values, missing_values))
        findings.flag(missing, name, values, *_MISSING_WEIGHT)
    findings.flag(np.abs(values) > _LARGEST_WEIGHT, name, values, *_LARGE_WEIGHT)


def _features(
    values: Mapping[str, NDArray[np.float64]], settings: IngestSettings, findings: _Findings
) -> dict[str, NDArray[np.float32]]:
    features = {}
    for name in settings.features:
        with np.errstate(over="ignore"):  # such rows are flagged
            features[name] = values[name].astype(np.float32)
        too_large = np.isinf(features[name])
        if too_large.any():
            findings.flag(too_large, name, values[name], *_BEYOND_FLOAT32)
    return features
