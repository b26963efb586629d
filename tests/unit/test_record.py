"""A job takes only what the jobs before it wrote: whatever else lies there is refused."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from winnow.errors import DataError
from winnow.record import check, check_unchanged, record, states
from winnow.seal import stamp
from winnow.tables import write_array, write_csv, write_json, write_parquet
from winnow.verify import main

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts"
WRITERS = {
    "best.csv": lambda path, seed: write_csv(pd.DataFrame({"fom": [3.25 + seed]}), path),
    "passport.json": lambda path, seed: write_json({"epoch": 3, "seed": seed}, path),
    "weights.train.npy": lambda path, seed: write_array(np.full(50, 1.0 + seed), path),
    "samples.parquet": lambda path, seed: write_parquet(samples(seed), path),
}


def samples(seed):
    """The split of some events by a seed: of the same size, with the same smallest and largest."""
    drawn = np.random.default_rng(seed).permutation(np.repeat(["train", "validation", "test"], 40))
    return pd.DataFrame({"row": np.arange(120), "sample": pd.Categorical(drawn)})


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_job_wrote_is_taken_and_nothing_else(name):
    path = f"results/a/{name}"
    WRITERS[name](path, 1)
    record([path])
    check([path])
    content = Path(path).read_bytes()
    WRITERS[name](f"results/b/{name}", 2)
    record([f"results/b/{name}"])
    others = {
        "another study's": Path("results/b", name).read_bytes(),
        "cut": content[:-1],
        "empty": b"",
        "longer": content + b"\n",
    }
    assert len(others["another study's"]) == len(content)
    for kind, other in others.items():
        Path(path).write_bytes(other)
        with pytest.raises(DataError, match=rf"^{path}: .*Delete it, and it is made again"):
            check([path])
        assert Path(path).read_bytes() == other, kind
    Path(path).write_bytes(content)
    check([path])


@pytest.mark.parametrize("name", ["best.csv", "passport.json"])
def test_every_flipped_bit_of_a_text_is_found(name):
    WRITERS[name](name, 1)
    record([name])
    content = Path(name).read_bytes()
    for place in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        Path(name).write_bytes(damaged)
        with pytest.raises(DataError, match="not what this study's job wrote"):
            check([name])


def test_tables_that_differ_in_their_pages_alone_have_different_stamps():
    for seed in (1, 2):
        write_parquet(samples(seed), f"{seed}.parquet")
    footers = [pq.read_metadata(f"{seed}.parquet").to_dict() for seed in (1, 2)]
    assert footers[0] == footers[1]
    assert stamp("1.parquet") != stamp("2.parquet")


def test_a_sealed_file_is_not_read_for_its_stamp(monkeypatch):
    for name in ("weights.train.npy", "samples.parquet"):
        WRITERS[name](name, 1)
    monkeypatch.setattr("winnow.seal._checksum", lambda *_: pytest.fail("the whole was read"))
    assert len({stamp("weights.train.npy"), stamp("samples.parquet")}) == 2


def test_a_table_of_another_maker_is_stamped_whole():
    for seed in (1, 2):
        samples(seed).to_parquet(f"{seed}.parquet")
    assert stamp("1.parquet") != stamp("2.parquet")


def test_a_damaged_record_refuses_the_file_until_it_is_made_again():
    write_csv(pd.DataFrame({"fom": [1]}), "best.csv")
    record(["best.csv"])
    Path(".winnow/checksums/best.csv").write_bytes(b"\xff\x00")
    with pytest.raises(DataError, match=r"^best.csv: "):
        check(["best.csv"])
    record(["best.csv"])
    check(["best.csv"])


def test_files_without_record_pass_and_files_elsewhere_get_none(folder):
    Path("events.csv").write_text("a\n1\n")
    elsewhere = str(folder / "elsewhere.csv")
    Path(elsewhere).write_text("a\n1\n")
    record([elsewhere, "../missing.csv", "missing.csv"])
    check(["events.csv", elsewhere, "missing.csv"])
    assert not Path(".winnow").exists()


@pytest.mark.parametrize("change", ["longer", "touched", "removed"])
def test_a_file_that_changes_while_it_is_read_is_told(change):
    path = Path("events.csv")
    path.write_text("a\n1\n")
    before = states(["events.csv", "missing.csv"])
    check_unchanged(before)
    if change == "longer":
        os.utime(path, ns=(0, before["events.csv"][1]))
        path.write_text("a\n1\n2\n")
    elif change == "touched":
        os.utime(path, ns=(0, before["events.csv"][1] + 1))
    else:
        path.unlink()
    with pytest.raises(DataError, match=r"^events\.csv: it was changed while .* start again"):
        check_unchanged(before)


def test_all_of_a_folder_is_looked_through(folder, capsys, monkeypatch):
    for name, write in WRITERS.items():
        write(name, 1)
    record(WRITERS)
    Path("gone.csv").write_text("a\n")
    record(["gone.csv"])
    Path("gone.csv").unlink()
    assert main([]) == 0
    assert capsys.readouterr().out == "every file that is there is what a job wrote\n"
    monkeypatch.chdir("/")
    for name in WRITERS:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 3] ^= 1  # of sealed files none of their lines
        (folder / name).write_bytes(content)
    assert main([str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [Path(line.partition(":")[0]).name for line in lines] == sorted(WRITERS)
    assert all(line.endswith("and it is made again.") for line in lines)


JOB = """
import sys, types
from pathlib import Path
from winnow.job import job
with job(types.SimpleNamespace(log=["job.log"], input=sys.argv[1:2], output=sys.argv[2:3])):
    text = Path(sys.argv[1]).read_text()
    if len(sys.argv) > 3:
        Path(sys.argv[1]).write_text(sys.argv[3])
    Path(sys.argv[2]).write_text(text)
"""


def run(*arguments):
    """Run a job that copies a file, and writes to it meanwhile where a third argument says what."""
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", JOB, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_jobs_prove_their_inputs_and_record_what_they_make():
    Path("a").write_text("one")
    assert run("a", "b").returncode == 0
    assert run("b", "c").returncode == 0
    Path("b").write_text("two")
    ended = run("b", "d")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("winnow: error: b: it is not what this study's job wrote there")
    assert not Path("d").exists()
    assert run("a", "b").returncode == 0
    assert run("b", "c").returncode == 0
    ended = run("a", "e", "other")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("winnow: error: a: it was changed while this job read it")
    assert not Path(".winnow/checksums/e").exists()
