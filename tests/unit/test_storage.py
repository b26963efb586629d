"""A file system that refuses a file ends a job in one message that names the file."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from winnow.storage import name_file, storage_message

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts"

WRITES = {
    "parquet": "tables.write_parquet(pandas.DataFrame({'x': numpy.random.rand(200_000)}), 'out')",
    "csv": "tables.write_csv(pandas.DataFrame({'x': numpy.random.rand(200_000)}), 'out')",
    "array": "tables.write_array(numpy.zeros(200_000), 'out')",
    "text": "tables.write_text('x' * 200_000, 'out')",
    "state": "state.write_state(pathlib.Path('.'), {'x': numpy.ones(200_000)}, {'fingerprint': 1})",
}


@pytest.mark.parametrize("kind", WRITES)
def test_a_full_disk_ends_a_job_in_one_message(kind: str, tmp_path: Path) -> None:
    script = f"""
import pathlib, types, numpy, pandas, resource
from winnow import tables
from winnow.training import state
from winnow.job import job
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
with job(types.SimpleNamespace(log=["job.log"], input=[], output=[])):
    {WRITES[kind]}
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    name = "state.npz" if kind == "state" else "out"
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"winnow: error: {name}: cannot be written or opened: the ")
    assert line.endswith("and start again.")
    assert line.removeprefix("winnow: error: ") in (tmp_path / "job.log").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["job.log"]


def test_a_log_that_cannot_be_written_is_told_on_the_terminal() -> None:
    script = """
import types
from winnow.job import job
with job(types.SimpleNamespace(log=["/dev/full"], input=[], output=[])) as log:
    log.info("x")
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(
        "winnow: error: /dev/full: cannot be written or opened: the disk is full"
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EDQUOT, "quota"), "the disk quota is used up."),
        (OSError(errno.EROFS, "read-only"), "the file system is read-only."),
        (PermissionError(errno.EACCES, "denied"), "permission denied."),
        (OSError("Can't write data (file write failed: errno = 28, x)"), "the disk is full."),
    ],
)
def test_what_the_file_system_refuses_is_told(error: OSError, told: str) -> None:
    name_file(error, "own.csv")
    assert f"own.csv: cannot be written or opened: {told}" in str(storage_message(error))


def test_other_errors_are_none_of_the_file_system() -> None:
    assert storage_message(OSError(errno.EIO, "broken")) is None
    assert storage_message(ValueError("errno = 28")) is None
