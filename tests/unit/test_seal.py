"""A bit that changes in a file between stages is found, wherever it lies."""

import keras
import numpy as np
import pandas as pd
import pytest

from winnow.errors import DataError
from winnow.seal import check_seal, seal
from winnow.tables import new_array, read_array, read_frame, write_array, write_parquet
from winnow.training.checkpoint import load_weights
from winnow.training.train import save_weights

TABLE = pd.DataFrame(
    {
        "number": np.random.default_rng(1).normal(size=3000),
        "count": np.arange(3000),
        "process": pd.Categorical(np.resize(["zjets", "higgs", "top"], 3000)),
        "text": np.resize(["a", "bb", "c"], 3000),
    }
)


def network():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])


def read_weights(path):
    made = network()
    load_weights(made, path)
    return np.concatenate([w.ravel() for w in made.get_weights()])


WRITERS = {
    "array.npy": (
        lambda path: write_array(np.random.default_rng(2).normal(size=(500, 3)), path),
        lambda path: np.array(read_array(path)),
    ),
    "table.parquet": (lambda path: write_parquet(TABLE, path), read_frame),
    "best.weights.h5": (lambda path: save_weights(network(), path), read_weights),
}


@pytest.mark.parametrize("name", WRITERS)
def test_no_flipped_bit_gives_another_content(tmp_path, name):
    """Bits of every part of the file: a reader refuses it, or gives what was written."""
    write, read = WRITERS[name]
    path = tmp_path / name
    write(path)
    good, expected = path.read_bytes(), read(path)
    random, refused, places = np.random.default_rng(3), list[str](), 300
    for place in np.linspace(0, len(good) - 1, places).astype(int):
        damaged = bytearray(good)
        damaged[place] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            found = read(path)
        except DataError as error:
            refused.append(str(error))
            continue
        assert np.array_equal(np.asarray(found), np.asarray(expected)), place
    assert len(refused) > 0.9 * places
    assert not [told for told in refused if "\n" in told]
    path.write_bytes(good)
    assert np.array_equal(np.asarray(read(path)), np.asarray(expected))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9])
def test_a_file_that_was_cut_is_refused_in_one_line(tmp_path, name, share):
    write, read = WRITERS[name]
    path = tmp_path / name
    write(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DataError, match=r"cannot be read as .*delete it"):
        read(path)


def test_an_array_that_is_written_part_by_part_is_sealed_too(tmp_path):
    path = tmp_path / "array.npy"
    with new_array(path, (1000, 2), "float32") as out:
        out[:500], out[500:] = 1, 2
    assert np.array_equal(read_array(path)[:, 0], np.repeat([1, 2], 500))
    content = bytearray(path.read_bytes())
    content[3000] ^= 4
    path.write_bytes(content)
    with pytest.raises(DataError, match="not what was written"):
        read_array(path)


def test_what_others_wrote_has_no_seal_and_is_read(tmp_path):
    np.save(tmp_path / "array.npy", np.arange(3))
    assert read_array(tmp_path / "array.npy").tolist() == [0, 1, 2]


def test_numpy_and_keras_read_sealed_files(tmp_path):
    write_array(np.arange(3), tmp_path / "array.npy")
    assert np.load(tmp_path / "array.npy").tolist() == [0, 1, 2]
    made = network()
    save_weights(made, tmp_path / "own.weights.h5")
    again = network()
    again.load_weights(tmp_path / "own.weights.h5")
    assert np.array_equal(again.get_weights()[0], made.get_weights()[0])


def test_content_beyond_a_buffer_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("winnow.seal._STEP", 10)
    path = tmp_path / "long"
    path.write_bytes(bytes(range(100)))
    seal(path)
    check_seal(path)
    monkeypatch.setattr("winnow.seal._STEP", 7)
    check_seal(path)
    content = bytearray(path.read_bytes())
    content[95] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="not what was written"):
        check_seal(path)
