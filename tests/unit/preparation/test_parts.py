"""Events that are gone through some at a time: the same as all at once, however files are cut."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sections
from winnow.columns import EVENT_ID, ROW, SAMPLE, SAMPLES, SOURCE, TRAIN
from winnow.errors import DataError
from winnow.events.split import samples_table
from winnow.preparation.folds import Fold, read_fold
from winnow.preparation.normalise.features import Training
from winnow.preparation.normalise.fit import fit
from winnow.statistics.scores import taker
from winnow.study.keys.normalise import Normalise
from winnow.study.keys.normalise import steps as normalise_steps
from winnow.study.typed import made
from winnow.tables import (
    array_reader,
    array_writer,
    event_blocks,
    read_array,
    read_events,
    write_array,
    write_parquet,
)

NAMES = ["x", "y", "z"]
FRACTIONS = {"train": 0.6, "validation": 0.2, "test": 0.2}


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    for module in ("tables", "preparation.folds"):
        monkeypatch.setattr(f"winnow.{module}.BLOCK", 100)
    monkeypatch.setattr("winnow.preparation.normalise.apply.CHUNK", 64)
    monkeypatch.setattr("winnow.preparation.normalise.features.CHUNK", 64)


def events(count=1000, seed=1):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 3)).astype(np.float32)
    values[random.random((count, 3)) < 0.1] = np.nan
    return pa.table(
        {
            SOURCE: pa.array([f"file{row * 3 // count}" for row in range(count)]),
            ROW: np.arange(count),
            EVENT_ID: random.integers(0, 2**63, count).astype(np.uint64),
            "process": pa.array(random.choice(["top", "w"], count)),
            "weight": random.normal(1, 1, count),
            **{name: values[:, place] for place, name in enumerate(NAMES)},
        }
    )


def written(folder, table, cuts):
    """Write a table in files that end at some rows, in row groups of another size each."""
    paths = []
    for number, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(table)], strict=True)):
        paths.append(folder / f"{number}-of-{len(cuts)}.parquet")
        pq.write_table(table.slice(begin, end - begin), paths[-1], row_group_size=37 * (number + 1))
    return paths


def same(one, other):
    """Say whether tables are equal, missing values being equal to themselves."""
    return one.schema == other.schema and one.to_pandas().equals(other.to_pandas())


@pytest.fixture
def study(tmp_path):
    table = events()
    write_parquet(samples_table(table, FRACTIONS, 7), tmp_path / "samples.parquet")
    return table, written(tmp_path, table, [333, 333, 801]), tmp_path / "samples.parquet"


def test_the_parts_of_events_are_the_whole_and_none_is_large(study):
    table, paths, _ = study
    blocks = list(event_blocks(paths, [ROW, "x"]))
    assert same(pa.concat_tables(blocks), table.select([ROW, "x"]))
    assert all(0 < len(block) <= 100 for block in blocks)
    assert same(pa.concat_tables(event_blocks(paths)), read_events(paths))


def test_events_that_are_large_are_held_a_few_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("winnow.tables.BLOCK_BYTES", 3000)
    tensors = np.zeros((40, 5, 10), np.float32)
    table = pa.table({"image": pa.FixedShapeTensorArray.from_numpy_ndarray(tensors), "y": [1] * 40})
    write_parquet(table, tmp_path / "a.parquet")
    sizes = {columns: [] for columns in [("image",), ("y",)]}
    for columns, found in sizes.items():
        found += map(len, event_blocks([tmp_path / "a.parquet"], columns))
    assert (max(sizes["image",]), sizes["y",]) == (15, [40])


def test_a_sample_that_one_file_alone_brings_is_null_in_the_others(tmp_path):
    table, names = events(300), ["test", None, "train"]
    paths = written(tmp_path, table, [100, 200])
    own = [pa.nulls(100, pa.string()) if n is None else pa.array([n] * 100) for n in names]
    for path, column in zip(paths[::2], own[::2], strict=True):
        part = pq.read_table(path).append_column(SAMPLE, column.dictionary_encode())
        pq.write_table(part, path)
    for columns in (None, [ROW, SAMPLE]):
        found = pa.concat_tables(event_blocks(paths, columns)).unify_dictionaries()
        assert found[SAMPLE].to_pylist() == pa.concat_arrays(own).to_pylist()
        assert same(found, read_events(paths, columns))


def test_a_fold_in_parts_is_the_fold_at_once(study):
    _, paths, samples = study
    whole, fold = read_fold(paths, samples, 0, [ROW, "x"]), Fold(paths, samples, 0)
    for name in SAMPLES:
        own = pa.concat_tables(fold.of_sample(name, [ROW, "x"]))
        expected = whole.events.select([ROW, "x"]).take(pa.array(whole.rows[name]))
        assert same(own, expected)
        assert fold.count(name) == len(own)
    blocks = list(fold.blocks(["x"]))
    joined = pa.concat_tables([block.events for block in blocks])
    assert same(joined, whole.events.select(["x"]))
    names = [name for block in blocks for name in block.sample.to_pylist()]
    assert names == whole.sample.to_pylist()


@pytest.mark.parametrize("change", ["shorter", "longer", "other order"])
def test_a_fold_of_other_events_is_refused(study, tmp_path, change):
    table, _, samples = study
    other = {
        "shorter": table.slice(0, 950),
        "longer": pa.concat_tables([table, table.slice(0, 1)]),
        "other order": table.take(pa.array(np.r_[0:998, 999, 998])),
    }[change]
    (tmp_path / "other").mkdir()
    paths = written(tmp_path / "other", other, [400])
    with pytest.raises(
        DataError, match=r"does not belong to these events: their `(row|source)` columns"
    ):
        Fold(paths, samples, 0)


@pytest.mark.parametrize("steps", [["standard"], ["quantile", "decorrelate", "robust"], ["pca"]])
def test_a_normalisation_does_not_depend_on_how_the_files_are_cut(study, tmp_path, steps):
    table, paths, samples = study
    settings = made(Normalise, {"steps": steps, "indicators": True})

    def fitted(own):
        return fit(Training(Fold(own, samples, 0), NAMES), settings, normalise_steps(settings))

    (tmp_path / "again").mkdir()
    whole = fitted(written(tmp_path / "again", table, []))
    assert fitted(paths) == whole
    rows = read_fold(paths, samples, 0, []).rows[TRAIN]
    matrix = np.column_stack([table[name].to_numpy()[rows] for name in NAMES])
    assert sections.fitted(matrix, NAMES, steps, indicators=True) == whole


def test_arrays_are_written_and_read_in_parts(tmp_path):
    array = np.random.default_rng(2).normal(size=(500, 3)).astype(np.float32)
    write_array(array, tmp_path / "whole.npy")
    with array_writer(tmp_path / "parts.npy", array.shape, "float32") as write:
        for start in range(0, 500, 77):
            write(array[start : start + 77])
    assert (tmp_path / "parts.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    np.testing.assert_array_equal(read_array(tmp_path / "parts.npy"), array)
    with array_reader(tmp_path / "parts.npy") as read:
        parts = [read(count) for count in (0, 1, 300, 300, 5)]
    assert [len(part) for part in parts] == [0, 1, 300, 199, 0]
    np.testing.assert_array_equal(np.concatenate(parts), array)


def test_an_array_that_lacks_rows_is_not_left_behind(tmp_path):
    with (
        pytest.raises(ValueError, match="bytes were written"),
        array_writer(tmp_path / "a.npy", (10, 2), "float32") as write,
    ):
        write(np.zeros((9, 2)))
    assert not list(tmp_path.iterdir())


def test_rows_are_taken_as_they_come_and_none_is_made_up():
    rows = np.arange(20, dtype=np.float32).reshape(10, 2)
    take = taker(iter([rows[:3], rows[3:3], rows[3:]]))
    found = [take(count) for count in (1, 0, 5, 4)]
    assert [len(part) for part in found] == [1, 0, 5, 4]
    np.testing.assert_array_equal(np.concatenate(found), rows)
    with pytest.raises(DataError, match="1 more events than there are features of"):
        take(1)
