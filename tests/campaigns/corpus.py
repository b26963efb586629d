"""Small files of every format, to be damaged: what the readers' campaigns begin with."""

import gzip
import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import uproot

ROWS = 300
DATA = Path(__file__).resolve().parents[1] / "data" / "root"

_RANDOM = np.random.default_rng(7)
N = np.arange(ROWS) * 3 - 100
X = np.round(_RANDOM.normal(size=ROWS), 4)
NAME = [("zjets", "ttbar", "higgs é")[i % 3] for i in range(ROWS)]
COUNTS = _RANDOM.integers(0, 4, ROWS)
LISTS = ak.unflatten(np.round(_RANDOM.normal(size=COUNTS.sum()), 3), COUNTS)


@dataclass(frozen=True)
class Sample:
    """A sound file.

    Attributes:
        format: as of `input.files[].format`.
        content: its bytes.
        numbers, others, lists: the columns that are read, as of `read_chunks`.
        options: of `InputFile`.
        checked: whether checksums stand over all values: what is read at all is what was written.
    """

    format: str
    content: bytes
    numbers: tuple[str, ...] = ("n", "x")
    others: tuple[str, ...] = ("name",)
    lists: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    checked: bool = False


def _text(**options: Any) -> bytes:
    return pd.DataFrame({"n": N, "x": X, "name": NAME}).to_csv(index=False, **options).encode()


def _csv() -> Sample:
    return Sample("csv", _text())


def _csv_quoted() -> Sample:
    return Sample("csv", _text(quoting=2, sep=";"), options=(("delimiter", ";"),))


def _csv_gzip() -> Sample:
    return Sample("csv", gzip.compress(_text(), mtime=0))


def _headerless() -> Sample:
    return Sample("csv", _text(header=False), options=(("columns", ("n", "x", "name")),))


def _table() -> pa.Table:
    return pa.table({"n": N, "x": X, "name": NAME, "l": ak.to_arrow(LISTS, extensionarray=False)})


def _parquet(**options: Any) -> Sample:
    stream = io.BytesIO()
    pq.write_table(_table(), stream, row_group_size=100, **options)
    return Sample("parquet", stream.getvalue(), lists=("l",))


def _parquet_plain() -> Sample:
    return _parquet(compression="none", use_dictionary=False)


def _parquet_checked() -> Sample:
    sample = _parquet(compression="zstd", write_page_checksum=True)
    return replace(sample, checked=True)


def _in_file(write: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        write(path)
        return path.read_bytes()


def _tree(compression: Any) -> Sample:
    def write(path: Path) -> None:
        with uproot.recreate(path, compression=compression) as out:
            out.mktree(
                "events", {"n": np.int32, "x": np.float64, "name": "string", "l": "var * float64"}
            )
            for start in range(0, ROWS, 100):
                part = slice(start, start + 100)
                out["events"].extend(
                    {"n": N[part], "x": X[part], "name": NAME[part], "l": LISTS[part]}
                )

    return Sample("root", _in_file(write), lists=("l",))


def _root_zlib() -> Sample:
    return _tree(uproot.ZLIB(4))


def _root_plain() -> Sample:
    return _tree(None)


def _rntuple() -> Sample:
    def write(path: Path) -> None:
        with uproot.recreate(path) as out:
            out.mkrntuple("events", {"n": N, "x": X, "name": NAME, "l": LISTS})

    return Sample("root", _in_file(write), lists=("l",))


def _root_types() -> Sample:
    """A file that ROOT wrote."""
    return Sample(
        "root",
        (DATA / "types.root").read_bytes(),
        ("u4", "s2", "d32"),
        ("text",),
        ("pt", "fixed", "mass"),
    )


def _hdf5_flat() -> Sample:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as out:
            out["n"], out["x"], out["name"] = N, X, NAME

    return Sample("hdf5", _in_file(write))


def _hdf5_chunked() -> Sample:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as out:
            names = np.array([name.encode() for name in NAME])
            for key, values in {"n": N, "x": X, "name": names}.items():
                out.create_dataset(f"events/{key}", data=values, chunks=(64,), compression="gzip")

    return Sample("hdf5", _in_file(write))


def _hdf5_latest() -> Sample:
    """As newer versions of the library write it, with checksums of what says where things are."""

    def write(path: Path) -> None:
        with h5py.File(path, "w", libver="latest") as out:
            for key, values in {"n": N, "x": X}.items():
                out.create_dataset(
                    f"events/{key}", data=values, chunks=(64,), maxshape=(None,), fletcher32=True
                )

    return Sample("hdf5", _in_file(write), others=())


def _hdf5_compound() -> Sample:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as out:
            names = np.array([name.encode() for name in NAME])
            out["events"] = np.rec.fromarrays([N, X, names], names=["n", "x", "name"])

    return Sample("hdf5", _in_file(write))


def _hdf5_table() -> Sample:
    def write(path: Path) -> None:
        frame = pd.DataFrame({"n": N, "x": X, "name": NAME})
        frame.to_hdf(path, key="events", format="table", index=False)

    return Sample("hdf5", _in_file(write))


def _archive(save: Callable[..., None]) -> Sample:
    stream = io.BytesIO()
    save(stream, n=N, x=X, name=np.array(NAME), l=np.stack([X, -X], axis=1))
    return Sample("npz", stream.getvalue(), lists=("l",))


def _npz() -> Sample:
    return _archive(np.savez)


def _npz_packed() -> Sample:
    return _archive(np.savez_compressed)


SAMPLES: dict[str, Callable[[], Sample]] = {
    "csv": _csv,
    "csv quoted": _csv_quoted,
    "csv headerless": _headerless,
    "csv gzip": _csv_gzip,
    "parquet": _parquet,
    "parquet plain": _parquet_plain,
    "parquet checked": _parquet_checked,
    "root": _root_zlib,
    "root plain": _root_plain,
    "root types": _root_types,
    "rntuple": _rntuple,
    "hdf5": _hdf5_flat,
    "hdf5 chunked": _hdf5_chunked,
    "hdf5 latest": _hdf5_latest,
    "hdf5 compound": _hdf5_compound,
    "hdf5 table": _hdf5_table,
    "npz": _npz,
    "npz packed": _npz_packed,
}


def real_sample(written: Mapping[str, Any]) -> Sample:
    """Return a sample of `cut_down`."""
    return Sample(
        written["format"],
        Path(written["path"]).read_bytes(),
        tuple(written["numbers"]),
        tuple(written.get("others", ())),
        tuple(written.get("lists", ())),
        tuple(written.get("options", {}).items()),
    )


def cut_down(data: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Write the first events of real samples, and return what `real_sample` makes samples of.

    Args:
        data: a folder with `higgsml`, `h4l-2e2mu`, `qg-jets` and `tmva-example`.
        folder: where they are written. Files of ROOT cannot be cut: the small ones are taken whole.
    """
    (packed,) = (data / "higgsml").glob("*.csv.gz")
    with gzip.open(packed) as stream:
        lines = [next(stream) for _ in range(200)]
    (folder / "higgsml.csv").write_bytes(b"".join(lines))
    (folder / "higgsml.csv.gz").write_bytes(gzip.compress(b"".join(lines)))
    frame = pd.read_csv(folder / "higgsml.csv")
    frame.to_parquet(folder / "higgsml.parquet")
    frame.to_hdf(folder / "higgsml.h5", key="events", format="table")
    with np.load(next((data / "qg-jets").glob("*.npz"))) as arrays:
        np.savez_compressed(folder / "jets.npz", **{name: arrays[name][:300] for name in arrays})
    numbers, text = ["EventId", "DER_mass_MMC", "Weight"], ["Label"]
    found = {
        name: {"format": form, "path": str(folder / name), "numbers": numbers, "others": text}
        for name, form in {
            **{"higgsml.csv": "csv", "higgsml.csv.gz": "csv"},
            **{"higgsml.parquet": "parquet", "higgsml.h5": "hdf5"},
        }.items()
    }
    found["jets.npz"] = {
        **{"format": "npz", "path": str(folder / "jets.npz"), "numbers": ["is_quark"]},
        "lists": ["constituents.0", "constituents.3"],
    }
    smallest = min((data / "h4l-2e2mu").glob("*.root"), key=lambda path: path.stat().st_size)
    with uproot.open(smallest) as file:
        branches = file["Events"].keys()[:4]
    found[smallest.name] = {"format": "root", "path": str(smallest), "numbers": branches}
    (tmva,) = (data / "tmva-example").glob("*.root")
    with uproot.open(tmva) as file:
        branches = file["TreeS"].keys()
    found[tmva.name] = {
        **{"format": "root", "path": str(tmva), "numbers": branches},
        "options": {"tree": "TreeS"},
    }
    return found
