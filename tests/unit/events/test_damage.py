"""Kinds of damage that decoders take for data, one by one."""

import gzip
import io
import pickle
import re
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from campaigns.corpus import LISTS, ROWS, SAMPLES, X
from winnow.errors import DataError
from winnow.events.heaps import Heaps
from winnow.events.readers import column_names, read_chunks
from winnow.study.files import InputFile


def refusal(path: Path, form: str, numbers: list[str], **more: list[str]) -> str:
    with pytest.raises(DataError) as caught:
        list(read_chunks(InputFile("s", str(path), form), numbers, **more))
    return str(caught.value)


def test_text_of_other_bytes_is_refused_in_any_format(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = pa.array([b"abc", b"\xff\xfe", b"d"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"x": [1.0, 2, 3], "name": texts}), path)
    assert "Invalid UTF8 sequence" in refusal(path, "parquet", ["x"], others=["name"])


@pytest.mark.parametrize("more", ["", "3,4,5\n"])
def test_a_whole_number_of_hundreds_of_digits_is_a_defect(more: str, tmp_path: Path) -> None:
    """With a ragged row behind, too, from which on rows are read one by one."""
    path = tmp_path / "a.csv"
    path.write_text(f"x,y\n1,2\n{'1' * 400},3\n{more}")
    (chunk, *_) = read_chunks(InputFile("s", str(path), "csv"), ["x", "y"])
    assert next((d.row, d.reason) for d in chunk.defects) == (1, "integer too large")
    assert chunk.numbers["x"].tolist() == [1]


def test_a_quote_never_closed_before_a_line_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b'x,y\n1,"2\n')
        for _ in range(40):
            stream.write(bytes(1_000_000))
    assert "line 3 has more than 16777216 characters" in refusal(path, "csv", ["x"])


def test_a_changed_byte_in_a_page_with_a_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    x = np.arange(1000.0)
    pq.write_table(
        *(pa.table({"x": x}), path),
        **{"compression": "none", "use_dictionary": False, "write_page_checksum": True},
    )
    path.write_bytes(path.read_bytes().replace(np.float64(500).tobytes(), np.float64(7).tobytes()))
    assert "CRC" in refusal(path, "parquet", ["x"])


@pytest.mark.parametrize("rows", [200, 400])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_array_of_other_length_than_its_header_says(
    rows: int, save: object, tmp_path: Path
) -> None:
    path, sound = tmp_path / "a.npz", io.BytesIO()
    save(sound, x=np.arange(300.0))  # type: ignore[operator]
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w") as new:
        new.writestr("x.npy", old.read("x.npy").replace(b"(300,)", b"(%d,)" % rows))
    assert refusal(path, "npz", ["x"]).startswith(
        f"{path}: cannot be read as NumPy archive (x.npy says that it has the shape ({rows},) of "
        f"float64, {rows * 8} bytes, and has 2400)"
    )


def texts(path: Path, **more: object) -> None:
    names = np.array([f"sample {i} of the simulation" for i in range(300)], dtype=object)
    with h5py.File(path, "w") as out:
        out.create_dataset("name", data=names, dtype=h5py.string_dtype(), **more)
        out.create_dataset("x", data=np.arange(300.0))


PACKED = {"chunks": (64,), "compression": "gzip", "shuffle": True}


@pytest.mark.parametrize("more", [{}, PACKED], ids=["contiguous", "packed"])
def test_a_heap_of_zeros_is_refused_before_hdf5_goes_round_in_it(
    more: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "a.h5"
    texts(path, **more)
    (chunk,) = read_chunks(InputFile("s", str(path), "hdf5"), ["x"], ["name"])
    assert chunk.others["name"].to_pylist() == [f"sample {i} of the simulation" for i in range(300)]
    content = path.read_bytes()
    heap = content.index(b"GCOL")
    path.write_bytes(content[: heap + 200] + bytes(300) + content[heap + 500 :])
    with path.open("rb") as stream, h5py.File(path) as root:
        heaps = Heaps(stream, root)
        with pytest.raises(ValueError, match=f"^the heap at byte {heap} is damaged$"):
            heaps.check(root["name"], 70, 140)
    told = refusal(path, "hdf5", ["x"], others=["name"])
    assert told.startswith(f"{path}: cannot be read as HDF5 (the heap at byte {heap} is damaged).")


def test_a_text_longer_than_its_file_gets_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    texts(path)
    with h5py.File(path) as root:
        place = root["name"].id.get_offset() + 16 * 7
    content = bytearray(path.read_bytes())
    content[place : place + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(content)
    told = refusal(path, "hdf5", ["x"], others=["name"])
    assert "(entries 0 to 300 of /name are longer than the file)" in told


def test_chunks_of_hdf5_that_were_never_written_are_no_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as out:
        out.create_dataset("x", (300,), "f8", chunks=(100,))[:200] = 1.0
    told = refusal(path, "hdf5", ["x"])
    assert "(/x has 2 chunks in the file, and should have 3)" in told


def test_a_data_set_shorter_than_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as out:
        out["x"] = np.arange(321.0)
    content = path.read_bytes()
    length = (321).to_bytes(8, "little")
    assert content.count(length) == 2  # the most that it may grow to, too
    path.write_bytes(content.replace(length, (320).to_bytes(8, "little")))
    told = refusal(path, "hdf5", ["x"])
    assert "(/x has 2568 bytes in the file, and should have 2560)" in told


def test_a_name_that_is_no_text_in_a_table_of_pandas(tmp_path: Path) -> None:
    """PyTables, that pandas opens such files with, would crash the process."""
    path, content = tmp_path / "a.h5", SAMPLES["hdf5 table"]().content
    assert content.count(b"data_columns") == 1
    path.write_bytes(content.replace(b"data_columns", b"data_colu\xffns"))
    told = refusal(path, "hdf5", ["n"])
    assert r"(/events has the name b'data_colu\xffns' in it, which is no text)" in told


def test_lists_with_borders_beyond_their_basket_are_refused(tmp_path: Path) -> None:
    """Uproot would give what the memory behind them holds."""
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=None) as out:
        out.mktree("t", {"x": "f8", "l": "var * float64"})
        out["t"].extend({"x": X, "l": LISTS})
    (chunk,) = read_chunks(InputFile("s", str(path), "root"), ["x"], lists=["l"])
    assert len(chunk.rows) == ROWS
    with uproot.open(path) as file:
        basket = file["t"]["l"].basket(0)
        borders = basket.byte_offsets + basket.member("fKeylen")
    content = bytearray(path.read_bytes())
    place = content.index(borders[:8].astype(">i4").tobytes()) + 4 * 5
    content[place : place + 4] = b"\x7f\x00\x00\x00"
    path.write_bytes(content)
    told = refusal(path, "root", ["x"], lists=["l"])
    assert re.search(r"\(basket 0 of branch 'l' has \d+ values, but its lists have other", told)


def test_a_tree_of_zeros_is_no_tree_without_events(tmp_path: Path) -> None:
    """One whose branches are gone with its entries, as where a file has a hole."""
    path = tmp_path / "a.root"
    sample = SAMPLES["root plain"]()
    with uproot.open(io.BytesIO(sample.content)) as file:
        key = file.key("events")
        begin = key.fSeekKey + key.fKeylen  # type: ignore[attr-defined]
    found = set()
    for hole in range(begin, begin + 200):
        path.write_bytes(sample.content[:hole] + bytes(400) + sample.content[hole + 400 :])
        file_ = InputFile("s", str(path), "root")
        try:
            found.add(sum(len(chunk.rows) for chunk in read_chunks(file_, ["x"])))
        except DataError as error:
            found.add("zeros" in str(error))
    assert True in found
    assert 0 not in found


def test_an_rntuple_whose_clusters_begin_elsewhere_has_no_fewer_rows(tmp_path: Path) -> None:
    path, content = tmp_path / "a.root", bytearray(SAMPLES["rntuple"]().content)
    # first entry and entries of the only cluster, in a list that has a checksum uproot looks past
    record = struct.pack("<QQ", 0, ROWS)
    content[content.index(record) + 7] = 1
    path.write_bytes(content)
    told = refusal(path, "root", ["x"])
    assert re.search(rf"\(\d+ of {ROWS} entries (of 'x' )?are there\)", told)


def test_the_campaign_knows_its_samples(tmp_path: Path) -> None:
    for kind, make in SAMPLES.items():
        sample = make()
        path = tmp_path / "a"
        path.write_bytes(sample.content)
        file = InputFile("s", str(path), sample.format, **dict(sample.options))  # type: ignore[arg-type]
        assert {*sample.numbers, *sample.others, *sample.lists} <= {*column_names(file)}, kind


class Program:
    """What runs a function where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("before", [b"", b"V\xff\n0"])
@pytest.mark.parametrize("place", ["/", "/t", "/t/table"])
def test_a_pandas_table_runs_no_program(place: str, before: bytes, tmp_path: Path) -> None:
    """Nor where texts before it cannot be decoded, after which PyTables tries another way."""
    path, made = tmp_path / "a.h5", tmp_path / "made"
    pd.DataFrame({"x": [1.0, 2.0], "name": ["a.", "b"]}).to_hdf(path, key="t", format="table")
    list(read_chunks(InputFile("s", str(path), "hdf5"), ["x"]))
    with h5py.File(path, "r+") as file:
        file[place].attrs["TITLE"] = np.bytes_(before + pickle.dumps(Program(made), 0))
    assert "holds a Python object" in refusal(path, "hdf5", ["x"])
    assert not made.exists()
    with h5py.File(path, "r+") as file:
        file[place].attrs["TITLE"] = np.bytes_(b"Muons of 2012.")
    list(read_chunks(InputFile("s", str(path), "hdf5"), ["x"]))
