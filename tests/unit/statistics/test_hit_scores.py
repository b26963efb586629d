"""Scores of hits, how many get their class, and what surrounds them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winnow.columns import CLASS, HIT, PLANE, ROW, SAMPLE, SAMPLES, SOURCE, TEST
from winnow.preparation.folds import FoldEvents
from winnow.preparation.neighbours import NEIGHBOUR_FEATURES, neighbour_features
from winnow.preparation.sparse import OUTSIDE
from winnow.statistics.hit_accuracy import (
    ALL,
    accuracy_by_hits,
    event_hits,
    hit_accuracies,
    shown_events,
)
from winnow.statistics.hits import NO_CLASS, Hits, hits_table, judged, pixel_scores
from winnow.study.lists import Lists

NAMES = ("shower", "track")
COUNTS = np.array([3, 0, 2, 4])


@pytest.fixture
def hits():
    """Four events of three, no, two and four hits; two train, one validates, one tests."""
    sample = pa.chunked_array([pa.array(["train", "test", "validation", "train"])])
    rows = {"train": np.array([0, 3]), "validation": np.array([2]), "test": np.array([1])}
    events = pa.table(
        {
            SOURCE: ["a", "a", "b", "b"],
            ROW: [0, 5, 0, 1],
            "event_id": pa.array([7, 8, 9, 10], pa.uint64()),
            "process": ["k", "k", "l", "l"],
            "weight": [1.0, 1.0, 2.0, -1.0],
            "energy": [0.1, 0.2, 0.3, 0.4],
        }
    )
    pixel = np.array([0, 5, OUTSIDE, 1, 1, 2, 3, 4, 5])
    objects = {
        CLASS: Lists(COUNTS, np.array([1.0, 2, 2, 0, 1, 2, 2, 1, 0])),
        PLANE: Lists(COUNTS, np.array([0.0, 1, 1, 0, 0, 0, 1, 1, 1])),
    }
    return Hits(FoldEvents(events, sample, rows), objects, Lists(COUNTS, pixel.astype(np.float64)))


def by_pixel(pictures):
    """Scores (n, 3, 2, 3) that name event and pixel: shower 1 to track the pixel plus the event."""
    out = np.zeros((len(pictures), 3, 6), np.float32)
    out[:, 0] = 0.9
    out[:, 1] = 0.02
    out[:, 2] = 0.01 * (1 + np.arange(6)) + 0.1 * pictures[:, :1, 0, 0]
    return out.reshape(len(pictures), 3, 2, 3)


def test_a_hit_has_the_scores_of_its_pixel_without_that_of_nothing(hits):
    pictures = np.zeros((4, 2, 3, 1), np.float16)
    pictures[:, 0, 0, 0] = [0, 1, 2, 3]  # the event
    features = {name: pictures[hits.own.rows[name]] for name in SAMPLES}
    found = pixel_scores(hits, features, by_pixel)
    assert np.allclose(found.sum(axis=1), 1)
    event = np.repeat(np.arange(4), COUNTS)
    for place, (own, pixel) in enumerate(zip(event, hits.pixel.content, strict=True)):
        track = 0.01 * (1 + pixel) + 0.1 * own
        expected = 0.5 if pixel == OUTSIDE else track / (track + 0.02)
        assert found[place, 1] == pytest.approx(expected, rel=1e-3)


def test_a_pixel_without_scores_gives_a_hit_the_same_for_all(hits):
    features = {name: np.zeros((len(hits.own.rows[name]), 2, 3, 1)) for name in SAMPLES}

    def nothing(own):
        return np.tile(np.array([1.0, 0, 0])[:, None, None], (len(own), 1, 2, 3))

    assert (pixel_scores(hits, features, nothing) == 0.5).all()


def test_a_hit_is_known_by_its_event_and_place(hits):
    scores = np.stack([np.arange(9) / 9, 1 - np.arange(9) / 9], axis=1).astype(np.float32)
    table = hits_table(hits, NAMES, scores, ["energy"])
    assert table[ROW].to_pylist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert table[SOURCE].to_pylist() == ["a"] * 3 + ["b"] * 6
    assert table[HIT].to_pylist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert table[CLASS].to_pylist() == [0, 1, 1, NO_CLASS, 0, 1, 1, 0, NO_CLASS]
    assert table[PLANE].to_pylist() == [0, 1, 1, 0, 0, 0, 1, 1, 1]
    assert table[SAMPLE].to_pylist() == ["train"] * 3 + ["validation"] * 2 + ["train"] * 4
    assert table["weight"].to_pylist() == [1] * 3 + [2] * 2 + [-1] * 4
    assert table["energy"].to_pylist() == [0.1] * 3 + [0.3] * 2 + [0.4] * 4
    assert table["inside"].to_pylist() == [True, True, False] + [True] * 6
    assert np.allclose(table["score_track"].to_numpy(), scores[:, 1])
    assert judged(table)[HIT].to_pylist() == [0, 1, 2, 1, 0, 1, 2]


def scored(rows):
    """A table of hits of (event, plane, class, whether right)."""
    frame = pd.DataFrame(rows, columns=[ROW, PLANE, CLASS, "right"]).assign(
        **{SOURCE: "a", SAMPLE: TEST}
    )
    track = np.where(frame["right"], frame[CLASS], 1 - frame[CLASS])
    return frame.assign(score_track=track, score_shower=1 - track)


def test_hits_are_counted_by_event_plane_and_class():
    rows = [(0, 0, 1, True), (0, 0, 1, False), (0, 1, 0, True), (1, 0, 1, True)]
    events = event_hits(scored(rows), NAMES)
    table = hit_accuracies(events, NAMES).set_index([PLANE, CLASS])
    assert table.loc[(ALL, ALL), "accuracy"] == 0.75
    assert table.loc[(ALL, "track"), "accuracy"] == pytest.approx(2 / 3)
    assert table.loc[(1, "shower"), "hits"] == 1
    assert np.isnan(table.loc[(1, "track"), "accuracy"])
    assert table.loc[(ALL, ALL), "events"] == 2


def test_the_uncertainty_takes_the_hits_of_an_event_together():
    """Ten hits that are right or wrong together know no more than one."""
    random = np.random.default_rng(1)
    right = random.random(400) < 0.7
    rows = [(event, 0, 1, own) for event, own in enumerate(right) for _ in range(10)]
    table = hit_accuracies(event_hits(scored(rows), NAMES), NAMES)
    own = table[(table[PLANE] == ALL) & (table[CLASS] == ALL)].iloc[0]
    share = right.mean()
    assert own["accuracy"] == pytest.approx(share)
    assert own["uncertainty"] == pytest.approx(np.sqrt(share * (1 - share) / 400))


def test_accuracy_against_hits_and_the_events_that_are_shown():
    rows = []
    for event in range(40):
        count = 60 + event
        rows += [(event, 0, 1, hit < count * event / 40) for hit in range(count)]
    events = event_hits(scored(rows), NAMES)
    by_hits = accuracy_by_hits(events, TEST, 4)
    assert by_hits["events"].sum() == 40
    assert (np.diff(by_hits["accuracy"]) > 0).all()
    assert by_hits["low"].iloc[0] == 60
    assert by_hits["high"].iloc[-1] == 99
    shown = shown_events(events, TEST)
    assert shown[ROW].tolist() == [39, 19, 0]
    assert shown["which"].tolist() == ["best", "median", "worst"]


# Neighbours --------------------------------------------------------------------------------------


def neighbours(points, **keys):
    """Features of hits at points of one event, by name."""
    points = np.array(points, np.float64)
    counts = np.array([len(points)])
    own = {"wire": points[:, 0], "x": points[:, 1], "charge": np.ones(len(points)), **keys}
    found = neighbour_features({name: Lists(counts, np.asarray(v)) for name, v in own.items()})
    return dict(zip(NEIGHBOUR_FEATURES, found.T, strict=True))


def test_hits_on_a_line_are_straight_and_in_a_disc_are_not():
    line = neighbours([(0.3 * n, 0.2 * n) for n in range(60)])
    assert np.allclose(line["straightness_3"], 1, atol=1e-5)
    random = np.random.default_rng(1)
    disc = neighbours(random.normal(0, 1, (3000, 2)) * 1.2)
    middle = disc["hits_10"] > 2500
    assert disc["straightness_10"][middle].mean() < 0.1


def test_neighbours_are_of_the_hits_own_event_and_plane():
    points = [(0, 0), (1, 0), (2, 0), (20, 0)]
    together = neighbours(points)
    assert together["hits_3"].tolist() == [3, 3, 3, 1]
    assert together["hits_10"].tolist() == [3, 3, 3, 1]
    assert np.allclose(np.expm1(together["log_charge_3"]), [3, 3, 3, 1], atol=1e-5)
    apart = neighbours(points, plane=[0, 1, 0, 0])
    assert apart["hits_3"].tolist() == [2, 1, 2, 1]
    two = {n: Lists(np.array([2, 2]), np.asarray(v, np.float64)) for n, v in (
        ("wire", [0, 1, 2, 20]), ("x", [0, 0, 0, 0]), ("charge", [1, 1, 1, 1]))}  # fmt: skip
    assert neighbour_features(two)[:, 1].tolist() == [2, 2, 1, 1]


def test_hits_without_a_place_have_no_neighbours():
    found = neighbours([(0, 0), (np.nan, 0), (1, 0)])
    assert found["hits_3"].tolist() == [2, 0, 2]
