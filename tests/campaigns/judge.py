"""Reads damaged files one after the other and says what came of each, a line of JSON each.

`campaigns.readers` starts it as a process of its own, since what is looked for are crashes, hangs
and memory without bounds.
"""

import csv
import gzip
import io
import json
import resource
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from campaigns.corpus import SAMPLES, Sample, real_sample
from campaigns.mutations import mutated
from winnow.errors import WinnowError
from winnow.events.readers import column_names, entry_count, read_chunks, unfit_columns
from winnow.identity import spelled_number
from winnow.study.files import InputFile

MOST_MEMORY = 600_000_000
"""Bytes that reading a file of some kB may take beside what the process holds."""
ADDRESSES = 8_000_000_000
"""Bytes of addresses that the process may have: what asks for more is refused at once."""

# the rows of a file, columns → their values, how many rows were refused by themselves
Found = tuple[int, dict[str, list[Any]], int]


def read(file: InputFile, sample: Sample) -> Found:
    """Return what the readers find in a file, with all that a plan asks before."""
    column_names(file)
    entry_count(file)
    unfit_columns(file, [*sample.numbers, *sample.others])
    rows, defects = 0, 0
    values: dict[str, list[Any]] = {}
    for chunk in read_chunks(file, sample.numbers, sample.others, sample.lists):
        rows += len(chunk.rows) + len(chunk.defects)
        defects += len(chunk.defects)
        for name, column in chunk.numbers.items():
            values.setdefault(name, []).extend(column.tolist())
        for name, texts in chunk.others.items():
            values.setdefault(name, []).extend(texts.to_pylist())
        for name, lists in chunk.lists.items():
            values.setdefault(f"{name} counts", []).extend(lists.counts.tolist())
            values.setdefault(name, []).extend(lists.content.tolist())
    return rows, values, defects


def spelled(content: bytes, sample: Sample) -> Found | None:
    """Return what a CSV says, line by line with Python's own reader; None: it is no text."""
    options = dict(sample.options)
    try:
        packed = content.startswith(b"\x1f\x8b")
        # bytes that are no text matter where they are read
        text = (gzip.decompress(content) if packed else content).decode(
            "utf-8-sig", "surrogateescape"
        )
        stream = io.StringIO(text, newline="")
        lines = csv.reader(stream, delimiter=options.get("delimiter", ","))
        rows = [row for row in lines if row]
    except (OSError, EOFError, ValueError, csv.Error, gzip.zlib.error):  # type: ignore[attr-defined]
        return None
    names = options.get("columns")
    if names is None:
        while rows and rows[0][0].startswith("#"):
            del rows[0]
        if not rows:
            return None
        names, rows = tuple(name.strip() for name in rows[0]), rows[1:]
    values: dict[str, list[Any]] = {name: [] for name in (*sample.numbers, *sample.others)}
    good = 0
    for row in rows:
        if len(row) != len(names):
            continue
        cells = dict(zip(names, row, strict=True))
        numbers = {n: cells[n].strip() for n in sample.numbers}
        if any(t and not _is_exact(t) for t in numbers.values()):
            continue
        good += 1
        for name, cell in numbers.items():
            values[name].append(float(cell) if cell else np.nan)
        for name in sample.others:
            values[name].append(cells[name])
    return len(rows), values, len(rows) - good


def _is_exact(text: str) -> bool:
    """Return whether a text spells a number, and a whole one that a float64 holds."""
    number = spelled_number(text)
    return number is not None and not (isinstance(number, int) and float(text) != number)


def alike(found: Found, other: Found) -> bool:
    """Return whether two readings are one, value by value."""
    if found[0] != other[0] or found[2] != other[2] or set(found[1]) != set(other[1]):
        return False
    return all(
        len(values) == len(other[1][name])
        and all(a == b or (a != a and b != b) for a, b in zip(values, other[1][name], strict=True))
        for name, values in found[1].items()
    )


def verdict(file: InputFile, sample: Sample, content: bytes, sound: Found) -> tuple[str, str]:
    """Return what came of a damaged file, in a word, and what is to be said of it."""
    try:
        found = read(file, sample)
    except WinnowError as error:
        told = str(error)
        good = file.path in told and len(told) < 5000 and "\n" not in told
        return ("refused" if good else "unclear"), told
    except Exception:  # which is what is looked for
        return "raised", traceback.format_exc(limit=-6)
    if sample.format == "csv":
        expected = spelled(content, sample)
        if expected is None:
            return "wrong", f"{found[0]} rows of what is no CSV"
        if not alike(found, expected):
            return "wrong", f"{_differ(found, expected)}"
        return ("same" if alike(found, sound) else "changed"), ""
    if alike(found, sound):
        return "same", ""
    if found[0] != sound[0]:
        return "wrong", f"{found[0]} rows in place of {sound[0]}"
    return ("wrong" if sample.checked else "changed"), _differ(found, sound)


def _differ(found: Found, expected: Found) -> str:
    told = [f"rows {found[0]} {expected[0]}, defects {found[2]} {expected[2]}"]
    for name in sorted(set(found[1]) | set(expected[1])):
        one, other = found[1].get(name, []), expected[1].get(name, [])
        unlike = [
            (i, a, b)
            for i, (a, b) in enumerate(zip(one, other, strict=False))
            if not (a == b or (a != a and b != b))
        ]
        if unlike or len(one) != len(other):
            told.append(f"{name}: {len(one)} {len(other)}, {len(unlike)} differ, {unlike[:3]}")
    return "; ".join(told)[:600]


def _resident(kind: str) -> int:
    """Return bytes of memory that this process holds (`VmRSS`) or held at most (`VmHWM`)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) * 1024
    raise ValueError(kind)


def main(request: dict[str, Any]) -> None:
    """Judge the mutations of a range of numbers of one sample."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    folder = Path(request["folder"])
    for kind, numbers in request["kinds"].items():
        sample = (
            real_sample(request["samples"][kind]) if kind in request["samples"] else SAMPLES[kind]()
        )
        path = folder / "damaged"
        file = InputFile("s", str(path), sample.format, **dict(sample.options))
        path.write_bytes(sample.content)
        sound = read(file, sample)
        for number in range(*numbers):
            content, damages = mutated(sample.content, sample.format, (request["seed"], number))
            path.write_bytes(content)
            print(json.dumps({"kind": kind, "number": number}), flush=True)
            Path("/proc/self/clear_refs").write_text("5")
            before, began = _resident("VmRSS"), time.monotonic()
            word, told = verdict(file, sample, content, sound)
            more = _resident("VmHWM") - before
            if more > MOST_MEMORY:
                word, told = "memory", f"{more / 1e6:.0f} MB ({word}: {told})"
            seconds = time.monotonic() - began
            answer = {"verdict": word, "told": told[:1500], "damages": damages, "seconds": seconds}
            print(json.dumps({"kind": kind, "number": number, **answer}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
