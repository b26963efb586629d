"""Input files as jobs see them: which share one, and how much memory their events take."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from winnow.events.readers import entry_count
from winnow.study.files import InputFile, batches, file_format
from winnow.study.memory import picture_megabytes, table_megabytes


def files_of(folder: Path, megabytes: list[float]) -> dict[str, dict[str, object]]:
    """Sparse files of given sizes, named in their order."""
    files = {}
    for number, size in enumerate(megabytes):
        path = folder / f"f{number:03d}.csv"
        path.touch()
        with path.open("r+b") as stream:
            stream.truncate(int(size * 1e6))
        files[path.stem] = {"source": path.stem, "path": str(path), "format": "csv"}
    return files


def test_few_files_have_a_job_each(tmp_path: Path) -> None:
    assert batches(files_of(tmp_path, [0.1] * 3)) == {}


def test_small_files_share_jobs_up_to_a_size_and_a_number(tmp_path: Path) -> None:
    files = files_of(tmp_path, [0.1] * 60 + [500.0, 15.0, 15.0])
    found = batches(files)
    assert list(found) == ["000", "001"]
    assert found["000"] == list(files)[:50]
    assert found["001"] == [*list(files)[50:60], "f061", "f062"]
    whole = batches(files_of(tmp_path, [15.0] * 13))
    assert [len(sources) for sources in whole.values()] == [6, 6, 1]


def test_what_the_workflow_makes_itself_shares_no_job(tmp_path: Path) -> None:
    files = files_of(tmp_path, [0.1] * 8)
    made = [files[name]["path"] for name in list(files)[:5]]
    assert batches(files, made) == {}


def test_a_file_that_comes_last_leaves_the_other_batches_alone(tmp_path: Path) -> None:
    files = files_of(tmp_path, [0.1] * 120)
    before = batches(dict(list(files.items())[:-1]))
    after = batches(files)
    assert before.keys() == after.keys()
    assert [number for number in after if before[number] != after[number]] == ["002"]


def written(folder: Path, kind: str, events: int) -> InputFile:
    frame = pd.DataFrame({"x": np.random.default_rng(1).normal(size=events), "y": 1.5})
    path = folder / f"events.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "csv.gz":
        frame.to_csv(path, index=False, compression="gzip")
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pandas(frame), path, compression="zstd")
    elif kind == "root":
        with uproot.recreate(path) as out:
            out.mktree("t", {"x": "f8", "y": "f8"})
            out["t"].extend({name: frame[name].to_numpy() for name in frame})
    else:
        frame.to_hdf(path, key="events", format="table")
    return InputFile("s", str(path), file_format(str(path)))


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "root", "table.h5"])
def test_events_are_counted_without_reading_them(tmp_path: Path, kind: str) -> None:
    assert entry_count(written(tmp_path, kind, 500)) == 500
    if kind != "table.h5":  # pandas writes no empty table
        assert entry_count(written(tmp_path, kind, 0)) == 0
    many = entry_count(written(tmp_path, kind, 200_000))
    # lines of text vary in length, and gzip's window runs ahead
    assert many == (200_000 if "csv" not in kind else pytest.approx(200_000, rel=0.03))


def config_of(features: int) -> dict[str, object]:
    return {"columns": {"features": [{"name": f"x{i}"} for i in range(features)], "spectators": []}}


def test_memory_follows_events_and_columns_not_bytes(tmp_path: Path) -> None:
    """A column of one value packs to nothing, and takes its 8 bytes an event in memory."""
    table = pa.table({"x0": np.zeros(1_000_000, np.float32)})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    files = {"a": {"source": "a", "path": str(tmp_path / "a.parquet"), "format": "parquet"}}
    assert table_megabytes(config_of(4), files, {}, entry_count) == 80.0
    assert table_megabytes(config_of(14), files, {}, entry_count) == 160.0


def test_of_many_files_some_stand_for_all(tmp_path: Path) -> None:
    files = {}
    for number in range(40):
        path = tmp_path / f"f{number:02d}.csv.gz"
        rows = "".join(f"{number}.{row:03d}\n" for row in range(1000))
        path.write_bytes(gzip.compress(("x\n" + rows).encode()))
        files[path.stem] = {"source": path.stem, "path": str(path), "format": "csv"}
    found = table_megabytes(config_of(4), files, {}, entry_count)
    assert found == pytest.approx(40_000 * 80 / 1e6, rel=0.05)


def test_files_that_the_workflow_makes_have_the_events_of_the_config() -> None:
    files = {"a": {"source": "a", "path": "made.csv", "format": "csv"}}
    config = {**config_of(4), "simulate": {"events": {"one": 400, "other": 600}}}
    assert table_megabytes(config, files, ["made.csv"], entry_count) == 0.08


def test_pictures_take_memory_by_their_pixels():
    """Half precision and, where pixels have classes, a byte; 10,000 events of 6 + 2 columns."""
    config = {"columns": {"features": ["x", "y"], "spectators": []}}
    table = 10_000 * 8 * 8 / 1e6
    assert picture_megabytes(config, table) == 0
    jets = {"kind": "jets", "objects": {"pt": "a", "eta": "b", "phi": "c"}}
    assert picture_megabytes({**config, "images": jets}, table) == pytest.approx(
        10_000 * 3200 / 1e6
    )
    hits = {"kind": "hits", "objects": {}, "pixels": [10, 20], "planes": 3}
    found = picture_megabytes({**config, "images": hits}, table)
    assert found == pytest.approx(10_000 * 600 * 3 / 1e6)
