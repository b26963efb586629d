"""ROOT files at an address: fsspec reads them, and Snakemake need not see them.

The protocol `root` is stood in for by one that serves a folder, in every process: XRootD's own
needs a server.
"""

import os

import pandas as pd
import uproot

from toy import TOY, run_snakemake, toy_events, write_study

SERVED = '''
import os

import fsspec
from fsspec.implementations.local import LocalFileSystem


class Served(LocalFileSystem):
    """What lies in a folder, by the addresses root://server//name."""

    protocol = "root"

    @classmethod
    def _strip_protocol(cls, path):
        return os.environ["SERVED_FOLDER"] + "/" + str(path).rsplit("/", 1)[-1]


fsspec.register_implementation("root", Served, clobber=True)
'''


def test_events_are_read_at_an_address_as_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SERVED)
    (tmp_path / "served").mkdir()
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("SERVED_FOLDER", str(tmp_path / "served"))
    events = toy_events(300, 1)
    with uproot.recreate(tmp_path / "served" / "toy.root") as file:
        file["events"] = {name: events[name].to_numpy() for name in events if name != "process"}
    tables = []
    asked = "--configfile", "study.yaml", "--until", "ingest"
    for folder, address in (
        ("near", tmp_path / "served" / "toy.root"),
        ("far", "root://server//toy.root"),
    ):
        (tmp_path / folder).mkdir()
        given = {"files": [{"path": str(address), "process": "higgs"}]}
        write_study(tmp_path / folder, {**TOY, "input": given})
        ended = run_snakemake(tmp_path / folder, *asked, forked=False)
        (found,) = (tmp_path / folder / "results").glob("*/ingest/*/events.parquet")
        tables.append(pd.read_parquet(found))
        assert "ingest" in ended.stdout
    pd.testing.assert_frame_equal(*tables)
    assert len(tables[0]) == (events["angle"].abs() < 3).sum()
