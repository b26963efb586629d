import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from winnow.identity import event_ids, key, splitmix64, uniform

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def test_splitmix64_gives_the_published_sequence() -> None:
    # the reference implementation's first five numbers for seed 1234567
    # (https://prng.di.unimi.it/splitmix64.c; Rosetta Code, "Pseudo-random numbers/Splitmix64")
    states = np.uint64(1234567) + np.arange(5, dtype=np.uint64) * GOLDEN
    assert splitmix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_a_value_has_one_id_whatever_its_type() -> None:
    ids = [
        event_ids({"n": values})
        for values in (
            np.array([0, 1, -7], dtype=np.int64),
            np.array([-0.0, 1, -7], dtype=np.float32),
            np.array([0.0, 1, -7], dtype=np.float64),
            np.array([0, 1, -7], dtype=np.int8),
            pa.array([0, 1, -7], pa.int32()),
            pa.array([0, 1, -7], pa.float64()),
            pa.array(["0", "1", "-7"]),
            pa.array(["0.0", "1e0", " -7"]),
            pa.array(["0", "1", "-7"], pa.large_string()),
            pa.array(["0", "1.0", "-7"]).dictionary_encode(),
            pa.array([0, 1, -7]).dictionary_encode(),
        )
    ]
    assert all(np.array_equal(ids[0], other) for other in ids[1:])
    booleans = [event_ids({"n": v}) for v in (np.array([False, True]), pa.array([False, True]))]
    booleans.append(event_ids({"n": pa.array(["False", "true"])}))
    assert all(np.array_equal(ids[0][:2], other) for other in booleans)
    assert np.array_equal(
        event_ids({"n": pa.array([0, 1], pa.uint64())}), event_ids({"n": np.array([False, True])})
    )


def test_missing_values_are_one_value() -> None:
    quiet, other = np.uint64(0x7FF8000000000000), np.uint64(0xFFF8000000000001)
    nans = np.array([quiet, other]).view(np.float64)
    ids = [
        event_ids({"x": nans}),
        event_ids({"x": pa.array([None, None], pa.float64())}),
        event_ids({"x": pa.array([None, None], pa.int64())}),
        event_ids({"x": pa.array([None, ""], pa.string())}),
        event_ids({"x": pa.array(["nan", "NaN"])}),
    ]
    assert len({int(value) for column in ids for value in column}) == 1
    assert ids[0][0] != event_ids({"x": np.array([0])})[0]


def test_big_integers_are_exact() -> None:
    numbers = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**62 + 1]
    ids = event_ids({"n": np.array(numbers)})
    assert len(set(ids.tolist())) == len(numbers)
    assert np.array_equal(ids, event_ids({"n": pa.array(list(map(str, numbers)))}))
    unsigned = event_ids({"n": pa.array([2**64 - 1, 2**64 - 2], pa.uint64())})
    assert np.array_equal(unsigned, event_ids({"n": pa.array([str(2**64 - 1), str(2**64 - 2)])}))
    assert event_ids({"n": np.array([2.0**60])})[0] == event_ids({"n": np.array([2**60])})[0]


@pytest.mark.parametrize("extra", [[], ["text"], ["0.5"], [str(2**64 - 1)], ["0x10"], [""]])
def test_the_fast_and_the_slow_way_to_read_text_agree(extra: list[str]) -> None:
    texts = [str(2**53 + i) for i in range(80)] + extra
    alone = [int(event_ids({"n": pa.array([text])})[0]) for text in texts]
    assert event_ids({"n": pa.array(texts)}).tolist() == alone
    floats = [repr(i + 0.25) for i in range(80)] + extra
    alone = [int(event_ids({"n": pa.array([text])})[0]) for text in floats]
    assert event_ids({"n": pa.array(floats)}).tolist() == alone


def test_texts_that_no_number_spells_count_letter_by_letter() -> None:
    texts = ["s", "S", "b", "1_000", "0x10", "Wjets.root", "ü"]
    assert len(set(event_ids({"p": pa.array(texts)}).tolist())) == len(texts)
    assert event_ids({"p": pa.array(["1_000"])})[0] != event_ids({"p": np.array([1000])})[0]


def test_columns_are_taken_in_name_order_and_their_names_count() -> None:
    a, b = np.array([1, 2]), np.array([2, 1])
    assert np.array_equal(event_ids({"a": a, "b": b}), event_ids({"b": b, "a": a}))
    assert not np.array_equal(event_ids({"a": a, "b": b}), event_ids({"a": b, "b": a}))
    assert not np.array_equal(event_ids({"a": a}), event_ids({"c": a}))
    with pytest.raises(ValueError, match="at least one column"):
        event_ids({})


def test_ids_do_not_depend_on_the_chunking() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=1000)
    names = pa.array([f"name {i % 90}" if i % 3 else str(i) for i in range(1000)])
    whole = event_ids({"x": x, "name": names})
    parts = [
        event_ids({"x": x[start : start + 77], "name": names.slice(start, 77)})
        for start in range(0, 1000, 77)
    ]
    assert np.array_equal(whole, np.concatenate(parts))


def test_ids_and_keys_are_the_same_on_every_machine() -> None:
    # made once with this code: they must never change, or every split changes
    columns = {
        "run": np.array([1, 2]),
        "mass": np.array([0.5, np.nan]),
        "name": np.array(["s", "b"]),
    }
    expected_ids, expected_key = event_ids(columns).tolist(), key("split", 1)
    assert expected_ids == [13379541084395625723, 5190664277574147055]
    assert expected_key == 163079237925829152
    code = "from winnow.identity import key; print(key('split', 1))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(found.stdout) == expected_key


def test_keys_tell_order_type_and_borders_apart() -> None:
    keys = {key("a", "b"), key("b", "a"), key("ab"), key("a", 1), key("a", "1"), key("a"), key()}
    assert len(keys) == 7
    assert all(0 <= k < 2**64 for k in keys)


def test_sequential_ids_give_uniform_numbers() -> None:
    numbers = uniform(np.arange(200_000, dtype=np.uint64), key("split", 1))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.bincount((numbers * 100).astype(int), minlength=100)
    assert stats.chisquare(counts).pvalue > 1e-4
    assert stats.chisquare(counts).pvalue < 1 - 1e-4  # not more even than chance


def test_hashed_columns_give_uniform_numbers() -> None:
    events = event_ids(
        {"run": np.repeat(np.arange(100), 1000), "event": np.tile(np.arange(1000), 100)}
    )
    assert len(np.unique(events)) == 100_000
    assert stats.kstest(uniform(events, key("split", 2)), "uniform").pvalue > 1e-4


@pytest.mark.parametrize("other", [key("split", 2), key("split", 1) ^ 1, 0, 2**64 - 1])
def test_numbers_of_different_keys_are_independent(other: int) -> None:
    ids = np.arange(100_000, dtype=np.uint64)
    one, two = uniform(ids, key("split", 1)), uniform(ids, other)
    table = np.histogram2d(one, two, bins=10, range=[[0, 1], [0, 1]])[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4
    neighbours = np.histogram2d(one[1:], one[:-1], bins=10, range=[[0, 1], [0, 1]])[0]
    assert stats.chi2_contingency(neighbours).pvalue > 1e-4
