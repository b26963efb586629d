import json
import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

from winnow.errors import WinnowError
from winnow.training.state import fingerprint, read_state, write_state

OURS = fingerprint({"epochs": 3}, {"train": "aa"})
THEIRS = fingerprint({"epochs": 4}, {"train": "aa"})
META = {"fingerprint": OURS, "epoch": 1}

SPECIAL = np.array([0x7FC00001, 0xFF800001, 0x80000000, 1, 0x7F800000], np.uint32)
ARRAYS = {
    "dense/kernel:0": np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32),
    "special": SPECIAL.view(np.float32),  # NaN payloads, -0.0, a subnormal, infinity
    "double": np.array([0.1, np.nextafter(1, 2), -np.nan]),
    "long": np.array([-(2**63), 2**63 - 1], np.int64),
    "bits": np.array([[0, 2**32 - 1]], np.uint32),
    "flags": np.array([True, False]),
    "step": np.array(7, np.int64),
    "rate": np.array(0.1, np.float32),
    "empty": np.empty((0, 5), np.float32),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "every second": np.arange(10)[::2],
    "file": np.array(1),  # names that savez or a zip would stumble over
    "arr_0": np.array(2),
    "a.npy": np.array(3),
    "a": np.array(4),
    "../ä\0": np.array(5),
}


def no_report(line):
    raise AssertionError(line)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_arrays_and_meta_come_back_bit_by_bit(tmp_path):
    meta = META | {"best": float("inf"), "loss": 0.1 + 0.2, "history": [{"epoch": 1}], "name": "ä"}
    write_state(tmp_path / "new" / "state", ARRAYS, meta)
    arrays, found = read_state(tmp_path / "new" / "state", OURS, no_report)
    assert found == meta
    assert list(arrays) == list(ARRAYS)
    for name, expected in ARRAYS.items():
        assert arrays[name].dtype == expected.dtype, name
        assert arrays[name].shape == expected.shape, name
        assert arrays[name].tobytes() == expected.tobytes(), name


def test_nothing_comes_from_a_folder_that_has_no_state(tmp_path):
    assert read_state(tmp_path / "absent", OURS, no_report) is None
    assert not (tmp_path / "absent").exists()
    assert read_state(tmp_path, OURS, no_report) is None


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(2, ml_dtypes.bfloat16),
        np.zeros(2, ml_dtypes.float8_e5m2),
        np.array([{}], object),
        np.array(["text"]),
        np.zeros(2, [("x", "f4")]),
    ],
)
def test_an_array_that_would_not_come_back_is_an_error_and_leaves_the_old_state(tmp_path, array):
    write_state(tmp_path, ARRAYS, META)
    with pytest.raises(TypeError, match="array 'moments' has type"):
        write_state(tmp_path, {"moments": array}, META)
    assert read_state(tmp_path, OURS, no_report)[1] == META
    assert files(tmp_path) == ["state.npz"]


def test_meta_must_be_json_and_have_a_fingerprint(tmp_path):
    with pytest.raises(TypeError, match="int64"):
        write_state(tmp_path, {}, META | {"epoch": np.int64(1)})
    with pytest.raises(ValueError, match="fingerprint"):
        write_state(tmp_path, {}, {"epoch": 1})
    assert files(tmp_path) == []


def test_a_foreign_state_is_set_aside_with_one_line(tmp_path):
    lines = []
    write_state(tmp_path, ARRAYS, META | {"fingerprint": THEIRS})
    assert read_state(tmp_path, OURS, lines.append) is None
    assert lines == [
        f"{tmp_path}/state.npz: not used, kept as set-aside-1.npz, training starts anew: it is of "
        f"a training with other parameters or inputs: expected fingerprint {OURS}, found {THEIRS}"
    ]
    assert files(tmp_path) == ["set-aside-1.npz"]
    assert read_state(tmp_path, OURS, no_report) is None


def test_a_torn_state_is_set_aside_and_overwrites_no_other(tmp_path):
    (tmp_path / "set-aside-1.npz").write_bytes(b"first")
    write_state(tmp_path, ARRAYS, META)
    whole = (tmp_path / "state.npz").read_bytes()
    (tmp_path / "state.npz").write_bytes(whole[:-40])
    lines = []
    assert read_state(tmp_path, OURS, lines.append) is None
    assert lines == [
        f"{tmp_path}/state.npz: not used, kept as set-aside-2.npz, training starts anew: it is "
        "torn: expected the SHA-256 of what precedes in its last 32 bytes, found another "
        f"({len(whole) - 40} bytes in all)"
    ]
    assert (tmp_path / "set-aside-1.npz").read_bytes() == b"first"
    assert (tmp_path / "set-aside-2.npz").read_bytes() == whole[:-40]


def test_every_truncation_and_every_changed_byte_is_seen(tmp_path):
    write_state(tmp_path, {"weights": np.arange(3, dtype=np.float32)}, META)
    whole = (tmp_path / "state.npz").read_bytes()
    torn = [whole[:length] for length in range(0, len(whole), 7)]
    for position in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        torn.append(bytes(changed))
    for content in torn:
        (tmp_path / "state.npz").write_bytes(content)
        lines = []
        assert read_state(tmp_path, OURS, lines.append) is None
        assert len(lines) == 1
        (tmp_path / "set-aside-1.npz").unlink()


def test_a_state_that_cannot_be_read_is_left_where_it_is(tmp_path):
    (tmp_path / "state.npz").mkdir()
    with pytest.raises(IsADirectoryError):
        read_state(tmp_path, OURS, no_report)
    assert files(tmp_path) == ["state.npz"]


KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
import numpy as np
from winnow.training.state import read_state, write_state

def arrays(number):
    return {name: np.random.default_rng([number, n]).random(60_000) for n, name in enumerate("ab")}

def write_for_ever(folder, number):
    while True:
        number += 1
        write_state(folder, arrays(number), {"fingerprint": "f", "number": number})

folder, random_source, facts = Path(sys.argv[1]), random.Random(1), []
write_state(folder, arrays(0), {"fingerprint": "f", "number": 0})
number = 0
for kill in range(40):
    before = (folder / "state.npz").stat().st_ino
    writer = os.fork()
    if not writer:
        write_for_ever(folder, number)
    # on a machine of any speed some are hit after a state of theirs, and some while they write one
    while kill % 4 == 0 and (folder / "state.npz").stat().st_ino == before:
        time.sleep(0.001)
    while kill % 4 == 1 and not any(folder.glob("*.tmp")):
        pass
    if kill % 4 != 1:
        time.sleep(random_source.uniform(0, 0.06))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    left = len(list(folder.glob("*.tmp")))
    lines = []
    found, meta = read_state(folder, "f", lines.append)
    expected = arrays(meta["number"])
    same = all(found[name].tobytes() == expected[name].tobytes() for name in expected)
    facts.append([same and found.keys() == expected.keys(), meta["number"] - number, left, lines])
    number = meta["number"]
print(json.dumps([facts, sorted(path.name for path in folder.iterdir())]))
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_state(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    facts, left = json.loads(done.stdout)
    assert len(facts) == 40
    for whole, progress, _, lines in facts:
        assert whole
        assert progress >= 0
        assert lines == []
    assert sum(progress for _, progress, _, _ in facts) > 0
    assert sum(unfinished for _, _, unfinished, _ in facts) > 0  # some were hit while writing
    assert left == ["state.npz"]


def test_a_write_that_was_taken_over_does_not_replace_the_state(tmp_path, monkeypatch):
    write_state(tmp_path, {}, META)
    sync = os.fsync

    def taken_over_meanwhile(descriptor):
        sync(descriptor)
        read_state(tmp_path, OURS, no_report)

    monkeypatch.setattr(os, "fsync", taken_over_meanwhile)
    with pytest.raises(WinnowError, match="another training has taken over this state while"):
        write_state(tmp_path, {}, META | {"epoch": 2})
    monkeypatch.undo()
    assert read_state(tmp_path, OURS, no_report)[1] == META


def test_a_fingerprint_depends_on_values_and_not_on_order():
    same = {
        fingerprint({"a": 1, "b": {"c": [2, 3], "d": None}}, {"x": "1", "y": "2"}),
        fingerprint({"b": {"d": None, "c": [2, 3]}, "a": 1}, {"y": "2", "x": "1"}),
    }
    others = {
        fingerprint({"a": 1, "b": {"c": [3, 2], "d": None}}, {"x": "1", "y": "2"}),
        fingerprint({"a": 1, "b": {"c": [2, 3], "d": None}}, {"x": "2", "y": "1"}),
        fingerprint({"a": 1, "b": {"c": [2, 3], "d": None}}, {"x": "1"}),
        fingerprint({"a": "1", "b": {"c": [2, 3], "d": None}}, {"x": "1", "y": "2"}),
    }
    assert len(same) == 1
    assert len(same | others) == 5
    # printf '[{"a":1},{"x":"1"}]' | sha256sum
    assert fingerprint({"a": 1}, {"x": "1"}) == (
        "ad934b62d7175764d5660ba5b0056a72818c17a532da30a43fa2a33db1072078"
    )
    with pytest.raises(TypeError):
        fingerprint({"a": np.float32(1)}, {})


def test_a_finished_trainings_state_is_used_again_and_replaced_by_anothers(tmp_path):
    lines = []
    write_state(tmp_path, ARRAYS, META | {"finished": True})
    assert read_state(tmp_path, OURS, lines.append)[1]["finished"]
    assert lines == []
    assert read_state(tmp_path, THEIRS, lines.append) is None
    assert len(lines) == 1
    assert "of a finished training with other parameters" in lines[0]
    assert files(tmp_path) == ["state.npz"]
