"""Events as a variation has them: shifted before anything is made of them, and of one identity."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from winnow.columns import SAMPLES
from winnow.errors import DataError
from winnow.events.settings import IngestSettings
from winnow.events.shifted import events_that_test
from winnow.events.split import Split, assign, assign_folds
from winnow.study.files import InputFile

FRACTIONS = {"train": 0.4, "validation": 0.2, "test": 0.4}
SETTINGS = {
    "features": ("x", "ratio"),
    "classes": {"signal": ("s",)},
    "weight": ("w",),
    "derived": {"double": "2 * x", "ratio": "double / y"},
    "selection": {"small": "ratio < 10"},
    "missing_values": (-9.0,),
}
KEY = 77


def written(tmp_path, rows=400, **columns):
    generator = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "x": generator.uniform(1, 10, rows),
            "x_up": generator.uniform(1, 10, rows),
            "y": generator.uniform(0.5, 3, rows),
            "w": generator.uniform(0.5, 2, rows),
        }
    ).assign(**columns)
    table.to_csv(tmp_path / "a.csv", index=False)
    return table


def read(tmp_path, folds=0, name="a.csv", rejected=None, **own):
    file = InputFile("a", str(tmp_path / name), "csv", process="s", class_name="signal")
    split, counts = Split(FRACTIONS, KEY, folds), {}
    writer = csv.writer(rejected or io.StringIO())
    given = [(file, IngestSettings(**{**SETTINGS, **own}))]
    parts = list(events_that_test(given, split, writer, lambda path, found: counts.update(found)))
    events = pd.concat([events.to_pandas() for events, _ in parts])
    return events.set_index("row"), np.concatenate([fold for _, fold in parts]), counts


def test_what_is_shifted_moves_all_that_is_made_of_it(tmp_path):
    table = written(tmp_path)
    events, _, counts = read(tmp_path, shifted={"x": "x_up + 0 * x", "w": "w * x"})
    ratio = 2 * table["x_up"] / table["y"]
    assert counts["rows_kept"] == (ratio < 10).sum()
    own = table.loc[events.index]
    np.testing.assert_allclose(events["x"], own["x_up"], rtol=1e-6)
    np.testing.assert_allclose(events["ratio"], ratio[events.index], rtol=1e-6)
    # the file's own x, not the shifted one
    np.testing.assert_allclose(events["weight"], own["w"] * own["x"])
    assert (ratio[events.index] < 10).all()


def test_a_derived_column_is_shifted_once_it_is_there(tmp_path):
    table = written(tmp_path)
    events, _, _ = read(tmp_path, shifted={"double": "double + 1", "ratio": "ratio * 1.5"})
    own = table.loc[events.index]
    np.testing.assert_allclose(events["x"], own["x"], rtol=1e-6)
    np.testing.assert_allclose(events["ratio"], 1.5 * (2 * own["x"] + 1) / own["y"], rtol=1e-6)


@pytest.mark.parametrize("folds", [0, 3])
def test_an_event_keeps_its_id_and_its_sample(tmp_path, folds):
    """Without `event_id` it is that of all columns, read as they are in the file."""
    written(tmp_path)
    nominal, _, _ = read(tmp_path, folds)
    shifted, fold, _ = read(tmp_path, folds, shifted={"x": "x_up", "y": "y * 1.3"})
    both = nominal.index.intersection(shifted.index)
    assert 20 < len(both) < min(len(nominal), len(shifted))
    assert (nominal.loc[both, "event_id"] == shifted.loc[both, "event_id"]).all()
    ids = shifted["event_id"].to_numpy()
    if folds:
        assert fold.tolist() == assign_folds(ids, folds, KEY).tolist()
        assert set(fold) == {0, 1, 2}
    else:
        assert set(assign(ids, FRACTIONS, KEY)) == {SAMPLES.index("test")}
        assert not fold.any()


def test_what_the_shift_lets_in_has_the_sample_that_it_would_have(tmp_path):
    written(tmp_path)
    nominal, _, _ = read(tmp_path)
    wide, _, _ = read(tmp_path, selection={})
    shifted, _, _ = read(tmp_path, shifted={"y": "y * 2"})
    new = shifted.index.difference(nominal.index)
    assert len(new) > 10
    assert set(new) <= set(wide.index)


def test_samples_that_a_file_brings_are_kept(tmp_path):
    names = [SAMPLES[number % 3] for number in range(400)]
    table = written(tmp_path, sample=names)
    events, _, _ = read(tmp_path, sample="sample", shifted={"x": "x_up"})
    assert len(events) > 50
    assert set(table.loc[events.index, "sample"]) == {"test"}


def test_missing_values_stay_missing_and_defects_are_told(tmp_path):
    x = np.where(np.arange(400) % 2, 5.0, -9.0)
    up = np.where(np.arange(400) == 8, np.inf, 3.0)
    written(tmp_path, x=x, x_up=up)
    events, _, _ = read(tmp_path, shifted={"x": "x * 1.1"}, selection={})
    np.testing.assert_array_equal(events["x"].isna(), events.index % 2 == 0)
    with pytest.raises(DataError, match="line 10, column 'x_up'"):
        read(tmp_path, shifted={"x": "x_up"})
    with pytest.raises(DataError, match=r"column 'x': found nan"):
        read(tmp_path, shifted={"x": "sqrt(-y)"})
    rejected = io.StringIO()
    _, _, counts = read(tmp_path, shifted={"x": "x_up"}, on_defect="reject", rejected=rejected)
    assert counts["rows_rejected"] == 1
    assert rejected.getvalue() == "a,8,x_up,inf,infinite value\r\n"


def test_a_shifted_weight_is_checked_as_any_other(tmp_path):
    written(tmp_path)
    with pytest.raises(DataError, match="column 'w'"):
        read(tmp_path, shifted={"w": "w / (x - x)"})


def test_a_file_without_events_has_none(tmp_path):
    (tmp_path / "empty.csv").write_text("x,x_up,y,w\n")
    events, fold, counts = read(tmp_path, name="empty.csv", shifted={"x": "x_up"})
    assert len(events) == len(fold) == counts["rows_read"] == 0
