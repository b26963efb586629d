"""Folds, ledger, ensembles: every event is scored by a network that never saw it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import chisquare

from winnow.columns import (
    CLASS,
    EVENT_ID,
    FOLD,
    HIT,
    PROCESS,
    ROW,
    SAMPLE,
    SAMPLES,
    SOURCE,
    WEIGHT,
)
from winnow.errors import DataError
from winnow.events import ledger
from winnow.events.split import Split, assign_folds, samples_table
from winnow.identity import digest
from winnow.preparation.arrays import fitted_on
from winnow.preparation.folds import read_fold, read_folds, rows_by_sample, sample_codes
from winnow.statistics.scores import crossed, mean_scores
from winnow.tables import write_json, write_parquet

FOLDS = 5


def events(count=2000, seed=1):
    generator = np.random.default_rng(seed)
    return pa.table(
        {
            SOURCE: pa.array(["file"] * count).dictionary_encode(),
            ROW: np.arange(count),
            EVENT_ID: generator.integers(0, 2**63, count).astype(np.uint64),
            PROCESS: pa.array(["top"] * count).dictionary_encode(),
            CLASS: pa.array(generator.integers(0, 2, count).astype(np.int8)),
            WEIGHT: generator.uniform(-0.1, 1, count),
        }
    )


@pytest.fixture
def split(tmp_path):
    table = events()
    path = tmp_path / "samples.parquet"
    write_parquet(samples_table(table, {}, 7, FOLDS), path)
    return table, path


def seen(table, path, fold):
    """Return the events of a table as a fold sees them."""
    write_parquet(table, path.with_name("events.parquet"))
    return read_fold([path.with_name("events.parquet")], path, fold, table.column_names)


def test_folds_are_equal_and_follow_from_the_id_alone():
    ids = events(20_000)[EVENT_ID].to_numpy()
    folds = assign_folds(ids, FOLDS, 7)
    assert chisquare(np.bincount(folds, minlength=FOLDS)).pvalue > 0.001
    np.testing.assert_array_equal(assign_folds(ids[::-1], FOLDS, 7), folds[::-1])
    assert (assign_folds(ids, FOLDS, 8) != folds).mean() == pytest.approx(0.8, abs=0.02)


def test_each_fold_tests_once_validates_once_and_trains_in_the_others(split):
    table, path = split
    folds = samples_table(table, {}, 7, FOLDS)[FOLD].to_numpy()
    for fold in range(FOLDS):
        roles = np.asarray(seen(table, path, fold).sample.cast(pa.string()))
        np.testing.assert_array_equal(roles == "test", folds == fold)
        np.testing.assert_array_equal(roles == "validation", folds == (fold + 1) % FOLDS)
    ledgers = [ledger.fold_ledger(seen(table, path, n), n) for n in range(FOLDS)]
    ledger.check_each_tested_once(ledgers)
    counts = ledger.summary(dict(enumerate(ledgers)))
    assert counts["test"].sum() == counts["validation"].sum() == len(table)
    assert counts["train"].sum() == (FOLDS - 2) * len(table)
    assert counts["in_two"].sum() == 0


def test_an_empty_fold_is_an_error():
    with pytest.raises(DataError, match=r"fold \d has no events: the inputs have 3 events"):
        samples_table(events(3), {}, 7, 50)


def test_the_summary_counts_events_by_fold():
    table = events()
    own = Split({}, 7, FOLDS)
    list(own.tables([table]))
    counted = own.summary()
    assert counted[FOLD].tolist() == list(range(FOLDS))
    assert counted["entries"].sum() == 2000
    assert counted["sum_of_weights"].sum() == pytest.approx(table[WEIGHT].to_numpy().sum())


def test_an_event_in_two_roles_is_a_leak(split):
    table, path = split
    roles = np.asarray(seen(table, path, 0).sample.cast(pa.string()))
    train, test = np.flatnonzero(roles == "train")[3], np.flatnonzero(roles == "test")[5]
    ids = table[EVENT_ID].to_numpy().copy()
    ids[test] = ids[train]
    planted = table.set_column(2, EVENT_ID, pa.array(ids))
    with pytest.raises(DataError, match="1 events have two roles") as error:
        ledger.fold_ledger(seen(planted, path, 0), 0)
    assert f"file row {train} (train)" in str(error.value)
    assert f"file row {test} (test)" in str(error.value)
    # the summary counts by itself
    written = ledger.fold_ledger(seen(table, path, 0), 0).set_column(2, EVENT_ID, pa.array(ids))
    assert ledger.summary({0: written})["in_two"].tolist() == [1]


def test_a_transform_fitted_on_all_is_a_leak(split, tmp_path):
    table, path = split
    own = ledger.fold_ledger(seen(table, path, 2), 2)
    ids = table[EVENT_ID].to_numpy()
    train = ids[np.asarray(own[SAMPLE].cast(pa.string())) == "train"]
    transform = tmp_path / "normalisation.json"
    write_json(fitted_on([train]), transform)
    ledger.check_transform(transform, own)
    for wrong in (fitted_on([ids]), fitted_on([train[1:]]), {}):
        write_json(wrong, transform)
        with pytest.raises(DataError, match="expected the fold's training events"):
            ledger.check_transform(transform, own)


def test_a_digest_knows_its_events_and_not_their_order():
    ids = events(100)[EVENT_ID].to_numpy()
    assert digest(ids) == digest(ids[::-1])
    assert digest(ids) != digest(ids[1:])
    assert digest(ids) != digest(np.append(ids[1:], ids[0] + np.uint64(1)))


def test_an_event_tested_twice_is_a_leak(split):
    table, path = split
    ledgers = [ledger.fold_ledger(seen(table, path, n), n) for n in (0, 1, 2, 3, 3)]
    with pytest.raises(DataError, match="have the role validation in none or several"):
        ledger.check_each_tested_once(ledgers)


def scored(table, sample, seed):
    """A table of scores whose value tells the seed that made it."""
    roles = sample.cast(pa.string())
    values = np.random.default_rng(seed).random(len(table)).astype(np.float32)
    return table.append_column(SAMPLE, roles).append_column("score_b", pa.array(values))


def test_scores_of_another_sample_are_a_leak(split, tmp_path):
    table, path = split
    own = ledger.fold_ledger(seen(table, path, 1), 1)
    scores = tmp_path / "scores.parquet"
    write_parquet(scored(table, seen(table, path, 1).sample, 1), scores)
    ledger.check_scores(scores, own)
    write_parquet(scored(table, seen(table, path, 2).sample, 1), scores)
    with pytest.raises(DataError, match="scored as another sample than their role"):
        ledger.check_scores(scores, own)


def test_hits_of_another_sample_or_of_no_event_are_a_leak(split, tmp_path):
    """Each event has one hit or more, or none at all."""
    table, path = split
    own = ledger.fold_ledger(seen(table, path, 1), 1)
    scores = tmp_path / "scores.parquet"
    hits = np.repeat(np.arange(len(table)), np.arange(len(table)) % 3)
    number = pa.array(np.arange(len(hits), dtype=np.int32))

    def write(fold, **columns):
        given = scored(table, seen(table, path, fold).sample, 1).take(pa.array(hits))
        for name, values in columns.items():
            given = given.set_column(given.column_names.index(name), name, values)
        write_parquet(given.append_column(HIT, number), scores)

    write(1)
    ledger.check_scores(scores, own)
    write(2)
    with pytest.raises(DataError, match="scored as another sample than their role"):
        ledger.check_scores(scores, own)
    write(1, row=pa.array(np.full(len(hits), 10**9)))
    with pytest.raises(DataError, match=f"{len(hits)} hits are of no event of this study"):
        ledger.check_scores(scores, own)


def test_crossed_scores_are_of_the_fold_that_tests_the_event(split, tmp_path):
    table, path = split
    paths = [tmp_path / f"{fold}.parquet" for fold in range(FOLDS)]
    for fold, target in enumerate(paths):
        write_parquet(scored(table, seen(table, path, fold).sample, fold), target)
    joined, _ = crossed(paths)
    assert joined[ROW].to_pylist() == list(range(len(table)))
    folds = joined[FOLD].to_numpy()
    np.testing.assert_array_equal(folds, samples_table(table, {}, 7, FOLDS)[FOLD].to_numpy())
    expected = np.stack(
        [np.random.default_rng(n).random(len(table)).astype(np.float32) for n in range(FOLDS)]
    )
    np.testing.assert_array_equal(joined["score_b"], expected[folds, np.arange(len(table))])
    assert SAMPLE not in joined.column_names
    with pytest.raises(DataError, match="are tested by no fold"):
        crossed(paths[:-1])


def test_an_ensemble_is_the_mean_of_its_members(split, tmp_path):
    table, path = split
    paths = [tmp_path / f"{seed}.parquet" for seed in range(3)]
    for seed, target in enumerate(paths):
        write_parquet(scored(table, seen(table, path, 0).sample, seed), target)
    frames = [pd.read_parquet(target)["score_b"].astype(float) for target in paths]
    found = mean_scores(paths, ["b"])
    np.testing.assert_allclose(found["score_b"], sum(frames) / 3, rtol=1e-6)
    assert found.drop_columns("score_b").equals(
        pa.Table.from_pandas(pd.read_parquet(paths[0]), preserve_index=False)
        .drop_columns("score_b")
        .cast(found.drop_columns("score_b").schema)
    )
    write_parquet(scored(table[:-1], seen(table, path, 0).sample[:-1], 9), paths[1])
    with pytest.raises(DataError, match="does not belong to these events"):
        mean_scores(paths, ["b"])


def test_a_split_table_without_folds_is_taken_as_it_is(tmp_path):
    table = events(300)
    samples = samples_table(table, {"train": 0.5, "validation": 0.25, "test": 0.25}, 7)
    write_parquet(samples, tmp_path / "samples.parquet")
    own = seen(table, tmp_path / "samples.parquet", 0)
    assert own.sample.to_pylist() == samples[SAMPLE].to_pylist()
    assert set(own.sample.to_pylist()) == set(SAMPLES)


def test_all_folds_are_read_of_one_table(split):
    table, path = split
    own = seen(table, path, 1)
    files = [path.with_name("events.parquet")]
    folds = read_folds(files, path, range(FOLDS), [EVENT_ID])
    assert list(folds) == list(range(FOLDS))
    assert folds[1].events.column_names == [SOURCE, ROW, EVENT_ID]
    assert folds[1].sample.equals(own.sample)
    names = np.asarray(own.sample.cast(pa.string()))
    for name, rows in folds[1].rows.items():
        np.testing.assert_array_equal(rows, np.flatnonzero(names == name))
    assert list(folds[1].rows) == list(SAMPLES)


def test_events_are_read_with_columns_of_any_shape(split):
    table, path = split
    pixels = np.arange(4 * len(table), dtype=np.float32)
    images = pa.FixedSizeListArray.from_arrays(pa.array(pixels), 4)
    own = seen(table.append_column("image", images), path, 0)
    rows = own.rows["validation"]
    found = own.events["image"].take(pa.array(rows)).combine_chunks().flatten().to_numpy()
    np.testing.assert_array_equal(found.reshape(-1, 4), pixels.reshape(-1, 4)[rows])


def test_a_split_of_other_events_is_refused(split):
    table, path = split
    with pytest.raises(DataError, match="does not belong to these events: their `row` columns"):
        seen(table.set_column(1, ROW, pa.array(np.arange(len(table))[::-1])), path, 0)


def test_what_is_no_sample_is_of_none():
    sample = pa.chunked_array([["test", "else", None, "train"]])
    assert sample_codes(sample).tolist() == [2, -1, -1, 0]
    rows = {name: found.tolist() for name, found in rows_by_sample(sample).items()}
    assert rows == {"train": [3], "validation": [], "test": [0]}


def test_joined_folds_hold_every_event_as_validated_and_as_tested(split, tmp_path):
    table, path = split
    paths = [tmp_path / f"{fold}.parquet" for fold in range(FOLDS)]
    for fold, target in enumerate(paths):
        write_parquet(scored(table, seen(table, path, fold).sample, fold), target)
    _, joined = crossed(paths)
    expected = [pd.read_parquet(target).query("sample != 'train'") for target in paths]
    frame = joined.to_pandas()
    assert frame[FOLD].tolist() == [n for n, part in enumerate(expected) for _ in range(len(part))]
    for name in (ROW, SAMPLE, "score_b"):
        wanted = pd.concat(expected)[name].astype(frame[name].dtype)
        np.testing.assert_array_equal(frame[name].to_numpy(), wanted.to_numpy())
    assert joined.column_names == [*expected[0].columns, FOLD]
