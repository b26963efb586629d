"""An event's objects, its constituents or hits, as lists that stay with it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.columns import SAMPLES
from winnow.events.defects import UNEQUAL, UNKNOWN_SAMPLE, Findings
from winnow.events.values import Lengths, Named, as_text
from winnow.study.lists import Lists, Values, as_lists, event_of, unequal

OBJECT_TYPE = pa.large_list(pa.float32())


def object_columns(
    values: Mapping[str, Values], names: Sequence[str], findings: Findings
) -> dict[str, pa.Array]:
    """Return lists of objects as float32, without the zeros that fill lists of equal length.

    Objects at the end of an event whose values are all 0 are such filling. Events in which the
    lists differ in length are flagged, and have no objects.

    Args:
        values: the columns.
        names: those of objects.
        findings: what is wrong with rows.
    """
    events = len(findings.rows)
    lists = {name: as_lists(values[name], events) for name in names}
    differing = unequal(list(lists.values()))
    if differing is not None and differing.any():
        findings.flag(differing, names[0], Lengths(names, lists), *UNEQUAL)
        lists = {name: _without(own, differing) for name, own in lists.items()}
    if not names:
        return {}
    counts, kept = _filled(list(lists.values()))
    offsets = pa.array(np.append(0, np.cumsum(counts)))
    with np.errstate(over="ignore"):  # what float32 does not hold is in no picture
        return {
            name: pa.LargeListArray.from_arrays(
                offsets, pa.array(own.content[kept].astype(np.float32))
            )
            for name, own in lists.items()
        }


def sample_codes_of(column: pa.Array, findings: Findings, name: str) -> NDArray[np.int32]:
    """Return each event's sample as its position in SAMPLES, from its name or that number.

    Rows with anything else are flagged, and are 0.
    """
    told = as_text(column).fill_null("").dictionary_encode()
    texts = [text.removesuffix(".0") for text in told.dictionary.to_pylist()]
    known = {str(code): code for code in range(len(SAMPLES))}
    known |= {sample: code for code, sample in enumerate(SAMPLES)}
    places = told.indices.to_numpy().astype(np.int64)
    of_text = np.array([known.get(text, -1) for text in texts], dtype=np.int32)
    codes: NDArray[np.int32] = of_text[places]
    findings.flag(codes < 0, name, Named(texts, places), *UNKNOWN_SAMPLE)
    codes[codes < 0] = 0
    return codes


def _without(lists: Lists, events: NDArray[np.bool_]) -> Lists:
    """Return lists that are empty in some events."""
    counts = np.where(events, 0, lists.counts)
    return Lists(counts, lists.of_events(~events).content)


def _filled(lists: Sequence[Lists]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how many objects each event has up to its last that is not all 0, and which."""
    counts, starts = lists[0].counts, lists[0].starts
    something = np.zeros(len(lists[0].content), bool)
    for own in lists:
        something |= own.content != 0
    event = event_of(counts)
    place = np.arange(len(something)) - starts[event] + 1
    last = np.zeros(len(counts), np.int64)
    np.maximum.at(last, event[something], place[something])
    return last, place <= last[event]
