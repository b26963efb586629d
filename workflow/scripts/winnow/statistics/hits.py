"""The table of scores where networks tell apart pixels: one row a hit, keyed by event and hit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.columns import (
    CLASS,
    EVENT_ID,
    HIT,
    OBJECT_PIXEL,
    PLANE,
    PROCESS,
    ROW,
    SAMPLE,
    SOURCE,
    WEIGHT,
    score_column,
)
from winnow.networks.targets import Scorer
from winnow.preparation.folds import FoldEvents, read_fold
from winnow.preparation.rasterise import lists_of
from winnow.preparation.sparse import OUTSIDE
from winnow.study.keys.images import Images
from winnow.study.lists import Lists, event_of

INSIDE = "inside"
NO_CLASS = -1
"""The class of a hit whose true class is that of pixels where nothing is, such as noise."""

_EVENTS = 32


@dataclass(frozen=True)
class Hits:
    """The hits of all events, event after event.

    Attributes:
        own: the events, as a fold sees them.
        objects: quantity → its value for each hit of each event.
        pixel: the pixel of each hit, OUTSIDE of what is outside.
    """

    own: FoldEvents
    objects: Mapping[str, Lists]
    pixel: Lists

    @property
    def event(self) -> NDArray[np.int64]:
        """The event of each hit, shape (hits,)."""
        return event_of(self.pixel.counts)

    @property
    def label(self) -> NDArray[np.int8]:
        """The true class of each hit, counted without that of nothing: NO_CLASS is that."""
        return self.objects[CLASS].content.astype(np.int8) - np.int8(1)

    def of_events(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of the hits of events, rising events given: shape (hits,)."""
        chosen = np.zeros(len(self.pixel.counts), bool)
        chosen[rows] = True
        return np.flatnonzero(chosen[self.event])


def read_hits(
    events: Sequence[str | Path],
    pictures: Sequence[str | Path],
    samples: str | Path,
    fold: int,
    keys: Images,
    spectators: Sequence[str],
) -> Hits:
    """Read the hits of all events, with what travels with their scores.

    Args:
        events: the event tables.
        pictures: the pictures of the same events.
        samples: the split table.
        fold: the fold whose samples these are.
        keys: the config's `images` section.
        spectators: columns carried along.

    Raises:
        DataError: a table is of other events.
    """
    kept = [EVENT_ID, PROCESS, WEIGHT, *spectators]
    own = read_fold(events, samples, fold, [*kept, *keys.columns])
    drawn = read_fold(pictures, samples, fold, [OBJECT_PIXEL])
    objects = {name: lists_of(own.events[column]) for name, column in keys.objects.items()}
    return Hits(own, objects, lists_of(drawn.events[OBJECT_PIXEL]))


def pixel_scores(
    hits: Hits, features: Mapping[str, NDArray[np.generic]], score: Scorer
) -> NDArray[np.float32]:
    """Return each hit's score for each class but that of nothing, (hits, classes - 1) float32.

    They are the scores of the hit's pixel, divided by their sum: a hit is something. A hit outside
    the picture has the same for all.

    Args:
        hits: the hits.
        features: sample → (events, *shape) pictures, in the events' order.
        score: gives (n, classes, ...) scores of pixels.
    """
    found: NDArray[np.float32] | None = None
    starts, counts = hits.pixel.starts, hits.pixel.counts
    for name, pictures in features.items():
        rows = hits.own.rows[name]
        for first in range(0, len(rows), _EVENTS):
            part = rows[first : first + _EVENTS]
            scores = score(np.asarray(pictures[first : first + _EVENTS], np.float32))
            flat = scores.reshape(*scores.shape[:2], -1)[:, 1:]
            if found is None:
                even = np.float32(1 / flat.shape[1])
                found = np.full((len(hits.pixel.content), flat.shape[1]), even, np.float32)
            own = np.repeat(np.arange(len(part)), counts[part])
            places = np.repeat(
                starts[part] - (np.cumsum(counts[part]) - counts[part]), counts[part]
            )
            places = places + np.arange(len(places))
            pixel = hits.pixel.content[places].astype(np.int64)
            inside = pixel != OUTSIDE
            taken = flat[own[inside], :, pixel[inside]]
            total = taken.sum(axis=1, keepdims=True)
            found[places[inside]] = np.where(
                total > 0, taken / np.where(total > 0, total, 1), found[places[inside]]
            )
    return np.empty((0, 0), np.float32) if found is None else found


def hits_table(
    hits: Hits, class_names: Sequence[str], scores: NDArray[np.float32], spectators: Sequence[str]
) -> pa.Table:
    """Join scores of hits to what travels with them.

    Args:
        hits: the hits.
        class_names: the classes that hits have, in order.
        scores: (hits, classes) float32.
        spectators: columns of the events carried along.

    Returns:
        One row a hit, in the events' order: source, row, plane, hit (counted from 0 in its event),
        event_id, process, class (NO_CLASS for noise), sample, weight, the spectators, whether it is
        inside the picture, and the scores.
    """
    event = hits.event
    taken = hits.own.events.select([SOURCE, ROW, EVENT_ID, PROCESS, WEIGHT, *spectators]).take(
        pa.array(event)
    )
    plane = np.zeros(len(event), np.int8)
    if PLANE in hits.objects:
        plane = hits.objects[PLANE].content.astype(np.int8)
    within = np.arange(len(event)) - np.repeat(hits.pixel.starts, hits.pixel.counts)
    columns = {
        SOURCE: taken[SOURCE],
        ROW: taken[ROW],
        PLANE: pa.array(plane),
        HIT: pa.array(within.astype(np.int32)),
        EVENT_ID: taken[EVENT_ID],
        PROCESS: taken[PROCESS],
        CLASS: pa.array(hits.label),
        SAMPLE: hits.own.sample.take(pa.array(event)),
        WEIGHT: taken[WEIGHT],
        **{name: taken[name] for name in spectators},
        INSIDE: pa.array(hits.pixel.content != OUTSIDE),
        **{
            score_column(name): pa.array(np.ascontiguousarray(scores[:, position]))
            for position, name in enumerate(class_names)
        },
    }
    return pa.table(columns)


def judged(table: pa.Table) -> pa.Table:
    """Return the hits that have a class, by which classifiers are judged: all but noise."""
    return table.filter(pc.not_equal(table[CLASS], NO_CLASS))
