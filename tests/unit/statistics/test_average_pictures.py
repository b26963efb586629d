"""Average pictures of classes, after each step of drawing."""

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.errors import ModelError
from winnow.networks.weights import first_convolution
from winnow.preparation.pictures import jets
from winnow.statistics import average_pictures as module
from winnow.statistics.average_pictures import average_pictures
from winnow.study.keys.images import images
from winnow.study.lists import Lists

KEYS = images(
    {
        "kind": "jets",
        "objects": {"pt": "pt", "eta": "eta", "phi": "phi"},
        "pixels": [6, 6],
        "steps": ["centre", "scale"],
    }
)


@pytest.fixture
def events(tmp_path):
    random = np.random.default_rng(1)
    counts = random.integers(1, 8, 300)
    content = {
        "pt": random.exponential(3, counts.sum()),
        "eta": random.normal(1, 0.2, counts.sum()),
        "phi": random.normal(3, 0.2, counts.sum()),
    }
    table = {
        "class": random.integers(0, 2, 300).astype(np.int8),
        "weight": random.normal(1, 0.3, 300),
    }
    offsets = np.append(0, np.cumsum(counts))
    lists = {
        name: pa.LargeListArray.from_arrays(offsets, pa.array(values.astype(np.float32)))
        for name, values in content.items()
    }
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    whole = pa.table({**table, **lists})
    pq.write_table(whole.slice(0, 170), paths[0])
    pq.write_table(whole.slice(170), paths[1])
    return (
        paths,
        table,
        {n: Lists(counts, v.astype(np.float32).astype(float)) for n, v in content.items()},
    )


@pytest.mark.parametrize(("step", "steps"), [("none", ()), ("+ scale", ("centre", "scale"))])
def test_the_average_is_weighted(events, step, steps):
    paths, table, lists = events
    found = average_pictures(paths, KEYS, ("centre", "scale"), ("b", "s"))
    assert list(found["step"].unique()) == ["none", "+ centre", "+ scale"]
    keys = images({"kind": "jets", "objects": KEYS.objects, "pixels": [6, 6], "steps": list(steps)})
    sparse = jets.draw(keys, lists)
    pictures = np.zeros((300, 36))
    pictures[np.repeat(np.arange(300), sparse.counts), sparse.pixel] = sparse.value
    for code, name in enumerate(("b", "s")):
        own = table["class"] == code
        expected = np.average(pictures[own], axis=0, weights=table["weight"][own])
        part = found[(found["step"] == step) & (found["class"] == name)]
        assert np.allclose(part.sort_values(["row", "column"])["mean"], expected, atol=1e-6)


def test_of_many_events_some_are_taken_evenly(events, monkeypatch):
    paths, _, _ = events
    monkeypatch.setattr(module, "MOST_EVENTS", 50)
    monkeypatch.setattr(module, "_EVENTS", 10)
    some = average_pictures(paths, KEYS, (), ("b", "s"))
    rows = pd.concat([pq.read_table(p).to_pandas().iloc[::6] for p in paths])
    alone = paths[0].with_name("c.parquet")
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), alone)
    monkeypatch.setattr(module, "MOST_EVENTS", 500)
    assert np.allclose(some["mean"], average_pictures([alone], KEYS, (), ("b", "s"))["mean"])


def test_a_class_without_events_has_no_average(events):
    found = average_pictures(events[0], KEYS, (), ("b", "s", "t"))
    assert found.loc[found["class"] == "t", "mean"].isna().all()


def test_filters_are_those_of_the_first_convolution(tmp_path):
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        for number, name in enumerate(("conv2d_1", "conv2d", "dense")):
            file[f"layers/{name}/vars/0"] = np.full((2, 2, 1, 3), number, np.float32)
    assert (first_convolution(tmp_path / "w.weights.h5") == 1).all()
    with h5py.File(tmp_path / "d.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros((2, 2))
    with pytest.raises(ModelError, match="no convolution"):
        first_convolution(tmp_path / "d.weights.h5")
