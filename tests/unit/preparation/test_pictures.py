"""Pictures of jets and hits, against ones drawn by hand and by NumPy's histograms."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.columns import OBJECT_PIXEL, PIXEL, PIXEL_CLASS, ROW, SOURCE, VALUE
from winnow.errors import DataError
from winnow.preparation.picture_arrays import (
    picture_transform,
    pixel_weights,
    write_pictures,
    write_pixel_classes,
)
from winnow.preparation.pictures import hits, jets
from winnow.preparation.rasterise import rasterise
from winnow.preparation.sparse import OUTSIDE, dense
from winnow.study.keys.images import images
from winnow.study.lists import Lists

JETS = {"kind": "jets", "objects": {"pt": "pt", "eta": "eta", "phi": "phi"}, "pixels": [4, 4]}
HITS = {
    "kind": "hits",
    "objects": {name: name for name in ("plane", "wire", "x", "charge", "class")},
    "pixels": [4, 2],
    "planes": 2,
    "wire": [0, 4],
    "x": [0, 2],
}


def lists(*events):
    """Lists of events, each a list of numbers."""
    content = [value for own in events for value in own]
    return Lists(np.array([len(own) for own in events]), np.array(content, np.float64))


def jet(*constituents, **keys):
    """The picture of one jet of (pt, eta, phi), as (eta rows, phi columns)."""
    return drawn(jets, {**JETS, "extent": 0.8, **keys}, columns(constituents))


def columns(constituents, names=("pt", "eta", "phi")):
    values = np.array(constituents, np.float64).reshape(-1, len(names))
    return {name: lists(values[:, number]) for number, name in enumerate(names)}


def drawn(kind, settings, objects):
    keys = images(settings)
    pictures = kind.draw(keys, objects)
    out = np.empty((len(pictures.counts), *keys.shape), np.float64)
    dense((pictures.counts, pictures.pixel, pictures.value), out[0].size, out)
    return out[0, ..., 0]


# Jets --------------------------------------------------------------------------------------------


def test_a_jet_is_centred_on_its_leading_constituent():
    """Pixels are 0.4 wide: the leading one falls at 0, into the third of four."""
    picture = jet((1, 1.5, 2.0), (3, 1.0, 2.0), steps=["centre"])
    expected = np.zeros((4, 4))
    expected[2, 2], expected[3, 2] = 3, 1
    assert np.array_equal(picture, expected)


def test_without_centring_a_jet_is_around_its_axis():
    """Two constituents of one pT at eta ±0.3 and one azimuth: the axis is half way between."""
    picture = jet((1, 0.3, 1.0), (1, -0.3, 1.0), steps=[])
    assert picture.sum() == 2
    assert picture[1:3].sum() == 2
    assert (picture[1].sum(), picture[2].sum()) == (1, 1)


@pytest.mark.parametrize("phi", [np.pi - 0.1, -np.pi + 0.1, 3.0, 0.0])
def test_azimuth_has_no_edge(phi):
    shifted = (phi + 0.5 + np.pi) % (2 * np.pi) - np.pi
    picture = jet((5, 0.0, phi), (1, 0.0, shifted), steps=["centre"])
    assert picture[2, 3] == 1


@pytest.mark.parametrize("angle", [0.1, 1.2, 2.9, -2.0])
def test_the_second_leading_constituent_points_along_the_first_axis(angle):
    second = (2, 0.5 * np.cos(angle), 0.5 * np.sin(angle))
    third = (1, 0.5 * np.cos(angle + np.pi / 2), 0.5 * np.sin(angle + np.pi / 2))
    picture = jet((3, 0, 0), second, third, steps=["centre", "rotate"], pixels=[5, 5], extent=0.75)
    expected = np.zeros((5, 5))
    expected[2, 2], expected[4, 2], expected[2, 4] = 3, 2, 1
    assert np.array_equal(picture, expected)


def test_a_flip_puts_the_heavier_half_up():
    light, heavy = (1, 0.0, 0.5), (2, 0.3, -0.5)
    up = jet((9, 0, 0), heavy, light, steps=["centre", "flip"])
    assert up[:, 2:].sum() - 9 == 2
    again = jet((9, 0, 0), (2, 0.3, 0.5), (1, 0.0, -0.5), steps=["centre", "flip"])
    assert np.array_equal(up, again)


def test_the_largest_pixel_of_a_scaled_jet_is_one():
    picture = jet((8, 0, 0), (2, 0.5, 0), steps=["centre", "scale"])
    assert (picture.max(), picture.sum()) == (1, 1.25)


def test_a_picture_is_numpys_histogram_and_holds_what_is_inside():
    random = np.random.default_rng(1)
    pt, eta, phi = random.exponential(5, 60), random.normal(0, 0.5, 60), random.normal(0, 0.5, 60)
    settings = {**JETS, "pixels": [40, 40], "extent": 0.8, "steps": ["centre"]}
    picture = drawn(jets, settings, columns(np.stack([pt, eta, phi], axis=1)))
    lead = pt.argmax()
    x, y = eta - eta[lead], phi - phi[lead]
    edges = np.linspace(-0.8, 0.8, 41)
    expected, *_ = np.histogram2d(x, y, [edges, edges], weights=pt)
    assert np.allclose(picture, expected, rtol=1e-6)
    inside = (np.abs(x) <= 0.8) & (np.abs(y) <= 0.8)
    assert picture.sum() == pytest.approx(pt[inside].sum(), rel=1e-6)
    assert 0 < inside.sum() < 60


def test_four_momenta_and_their_cylinder_coordinates_give_one_picture():
    """Pseudorapidity is artanh(pz/|p|), massless or not; a constituent along the beam has none."""
    random = np.random.default_rng(2)
    pt, eta, phi = random.exponential(5, 30), random.normal(2, 0.3, 30), random.normal(3, 0.3, 30)
    momenta = {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta)}
    along = {"px": 0.0, "py": 0.0, "pz": 50.0}
    given = {name: lists([*values, along[name]]) for name, values in momenta.items()}
    keys = {"pixels": [20, 20], "steps": ["centre", "rotate", "flip", "scale"]}
    one = drawn(jets, {**JETS, **keys, "objects": {n: n for n in momenta}}, given)
    other = drawn(jets, {**JETS, **keys}, columns(np.stack([pt, eta, phi], axis=1)))
    assert np.allclose(one, other, atol=1e-6)


def test_zero_padding_and_missing_values_count_nowhere():
    plain = jet((5, 0, 0), (1, 0.5, 0.1), steps=["centre", "rotate", "scale"])
    padded = jet((5, 0, 0), (1, 0.5, 0.1), (0, 0, 0), (0, 0, 0), (np.nan, 0, 0), (2, np.nan, 0),
                 steps=["centre", "rotate", "scale"])  # fmt: skip
    assert np.array_equal(plain, padded)


@pytest.mark.parametrize("steps", [[], ["centre", "rotate", "flip", "scale"]])
def test_jets_of_one_and_of_no_constituent_have_pictures(steps):
    alone = jet((5, 1, 1), steps=steps)
    assert (np.count_nonzero(alone), alone[2, 2]) == (1, 1 if steps else 5)
    assert not jet((0, 0, 0), steps=steps).any()
    empty = jets.draw(images({**JETS, "steps": steps}), {n: lists([]) for n in JETS["objects"]})
    assert empty.counts.tolist() == [0]


def test_jets_do_not_change_each_other():
    random = np.random.default_rng(3)
    events = [random.normal(1, 0.3, (n, 3)) ** 2 for n in (5, 0, 1, 9)]
    together = jets.draw(
        images({**JETS, "steps": ["centre", "rotate", "flip", "scale"]}),
        {name: lists(*(own[:, i] for own in events)) for i, name in enumerate(JETS["objects"])},
    )
    ends = np.cumsum(together.counts)
    for event, own in enumerate(events):
        alone = jets.draw(
            images({**JETS, "steps": ["centre", "rotate", "flip", "scale"]}), columns(own)
        )
        part = slice(ends[event] - together.counts[event], ends[event])
        assert np.array_equal(together.pixel[part], alone.pixel)
        assert np.array_equal(together.value[part], alone.value)


# Hits --------------------------------------------------------------------------------------------


def some_hits(*rows):
    """Objects of one event from (plane, wire, x, charge, class)."""
    return columns(rows, tuple(HITS["objects"]))


def test_hits_are_summed_in_the_pictures_of_their_planes():
    own = some_hits((0, 0.5, 0.5, 1, 2), (0, 0.9, 0.2, 2, 2), (1, 3.5, 1.5, 4, 1))
    picture = drawn(hits, HITS, own)
    expected = np.zeros((2, 4, 2))
    expected[0, 0, 0], expected[1, 3, 1] = 3, 4
    assert np.array_equal(picture, expected)


def test_a_pixel_has_the_class_of_most_of_its_charge():
    own = some_hits(
        (0, 0.5, 0.5, 1, 2), (0, 0.5, 0.5, 1, 2), (0, 0.5, 0.5, 1.5, 1), (1, 1, 1, 1, 1)
    )
    found = hits.draw(images(HITS), own)
    assert found.label.tolist() == [2, 1]
    noisy = some_hits((0, 0.5, 0.5, 1, 2), (0, 0.5, 0.5, 3, 0))
    assert hits.draw(images(HITS), noisy).label.tolist() == [0]


def test_no_hit_is_lost_on_its_way_to_a_pixel_and_back():
    random = np.random.default_rng(4)
    rows = np.stack(
        [
            random.integers(0, 2, 200),
            random.uniform(-1, 5, 200),
            random.uniform(-0.5, 2.5, 200),
            random.exponential(1, 200),
            random.integers(0, 3, 200),
        ],
        axis=1,
    )
    found = hits.draw(images(HITS), some_hits(*rows))
    inside = (np.abs(rows[:, 1] - 2) <= 2) & (np.abs(rows[:, 2] - 1) <= 1)
    assert np.array_equal(found.object_pixel != OUTSIDE, inside)
    expected = rows[:, 0] * 8 + np.floor(rows[:, 1]) * 2 + np.floor(rows[:, 2])
    assert np.array_equal(found.object_pixel[inside], expected[inside])
    assert found.value.sum() == pytest.approx(rows[inside, 3].sum(), rel=1e-5)
    assert set(found.object_pixel[inside]) == set(found.pixel)


def test_negative_and_repeated_charges_are_summed():
    own = some_hits((0, 0.5, 0.5, 3, 2), (0, 0.5, 0.5, 3, 2), (0, 0.5, 0.5, -1, 1))
    found = hits.draw(images(HITS), own)
    assert (found.value.tolist(), found.label.tolist()) == ([5], [2])


def test_hits_without_a_place_or_charge_are_outside():
    own = some_hits((0, np.nan, 0.5, 1, 2), (0, 0.5, 0.5, np.nan, 2), (0, 0.5, 9, 1, 2))
    found = hits.draw(images(HITS), own)
    assert found.object_pixel.tolist() == [OUTSIDE] * 3
    assert found.counts.tolist() == [0]


def test_a_picture_may_show_no_more_than_the_hits():
    """In each plane the hits reach from the first pixel to the last."""
    keys = {**HITS, "region": "hits"}
    own = some_hits(
        (0, 1.0, 0.5, 1, 2), (0, 2.0, 0.6, 2, 2), (1, 3.0, 1.5, 4, 1), (0, 9.0, 1, 1, 1)
    )
    found = hits.draw(images(keys), own)
    # a plane with one hit has no width: its hit is in the first pixel
    assert found.object_pixel.tolist() == [0, 7, 8, OUTSIDE]


@pytest.mark.parametrize(
    ("row", "told"),
    [((2, 1, 1, 1, 1), "plane 2, expected a whole number from 0 to 1"),
     ((0, 1, 1, 1, 3), "class 3, expected a whole number from 0 to 2"),
     ((0.5, 1, 1, 1, 1), "plane 0.5")],
)  # fmt: skip
def test_planes_and_classes_that_there_are_not_are_refused(row, told):
    with pytest.raises(DataError, match=told):
        hits.draw(images(HITS), some_hits(row))


def test_charge_has_a_unit():
    picture = drawn(hits, {**HITS, "charge_unit": 4}, some_hits((0, 0.5, 0.5, 1, 2)))
    assert picture.max() == 0.25


# Files -------------------------------------------------------------------------------------------


@pytest.fixture
def study(tmp_path):
    """Events of hits in a file, with the last without any; their rows as (n, 5) arrays."""
    random = np.random.default_rng(5)
    events = []
    for count in (*random.integers(1, 30, 700), 0):
        own = random.uniform(0, 1, (count, 5)) * [2, 4.5, 2, 1, 3]
        own[:, 0], own[:, 4] = np.floor(own[:, 0]), np.floor(own[:, 4])
        events.append(own)
    table = {
        SOURCE: pa.array(["toy"] * len(events)).dictionary_encode(),
        ROW: pa.array(np.arange(len(events))),
    }
    for number, name in enumerate(HITS["objects"]):
        table[name] = pa.array(
            [own[:, number].astype(np.float32) for own in events], pa.large_list(pa.float32())
        )
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table(table), path)
    return path, events


@pytest.mark.parametrize("threads", [1, 3])
def test_a_file_of_events_becomes_a_file_of_pictures(study, tmp_path, threads):
    path, events = study
    keys = images(HITS)
    paths = tmp_path / "pictures.parquet", tmp_path / "counts.json"
    counts = rasterise(path, keys, *paths, threads)
    table = pq.read_table(paths[0])
    assert table[ROW].to_pylist() == list(range(len(events)))
    outside = sum(int((own[:, 1] > 4).sum()) for own in events)
    total = sum(map(len, events))
    assert counts["objects"] == total
    assert counts["outside"] == outside > 0
    assert counts["events"] == 701
    assert counts["empty_events"] >= 1
    lengths = [len(own) for own in table[OBJECT_PIXEL].to_pylist()]
    assert lengths == [len(own) for own in events]
    rows = np.array([700, 3, 400])
    write_pictures(table, rows, keys, tmp_path / "p.npy")
    write_pixel_classes(table, rows, keys, tmp_path / "c.npy")
    pictures, classes = np.load(tmp_path / "p.npy"), np.load(tmp_path / "c.npy")
    assert (pictures.dtype, pictures.shape) == (np.float16, (3, 2, 4, 2, 1))
    assert (classes.dtype, classes.shape) == (np.uint8, (3, 2, 4, 2))
    for place, row in enumerate(rows):
        alone = hits.draw(keys, some_hits(*events[row].astype(np.float32)))
        expected = np.zeros(16)
        expected[alone.pixel] = alone.value
        assert np.allclose(pictures[place].ravel(), expected, rtol=1e-3)
        labels = np.zeros(16)
        labels[alone.pixel] = alone.label
        assert np.array_equal(classes[place].ravel(), labels)


def test_pixels_weigh_inversely_to_how_many_there_are(study, tmp_path):
    path, _ = study
    keys = images(HITS)
    rasterise(path, keys, tmp_path / "p.parquet", tmp_path / "c.json", 1)
    table, rows = pq.read_table(tmp_path / "p.parquet"), np.arange(50)
    write_pixel_classes(table, rows, keys, tmp_path / "c.npy")
    count = np.bincount(np.load(tmp_path / "c.npy").ravel(), minlength=3)
    weights = pixel_weights(table, rows, keys, "all")
    assert np.allclose(weights * count, count.sum() / 3)
    filled = pixel_weights(table, rows, keys, "filled")
    assert filled[0] == 0
    assert np.allclose((filled * count)[1:], count.sum() / 2)
    with pytest.raises(DataError, match="has no pixel in the training events"):
        pixel_weights(table, np.array([700]), keys, "all")


def test_what_float16_does_not_hold_is_told(tmp_path):
    table = pa.table(
        {
            PIXEL: pa.array([[0]], pa.large_list(pa.int32())),
            VALUE: pa.array([[1e6]], pa.large_list(pa.float32())),
            PIXEL_CLASS: pa.array([[1]], pa.large_list(pa.uint8())),
        }
    )
    with pytest.raises(DataError, match="more than float16 does"):
        write_pictures(table, np.array([0]), images(HITS), tmp_path / "p.npy")
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_not_normalised_again():
    transform = picture_transform(images(HITS))
    assert transform["inputs"][0]["shape"] == [2, 4, 2, 1]
    assert (transform["steps"], transform["outputs"]) == ([], ["picture"])
