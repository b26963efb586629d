"""The hypothesis of events: signal has its own, others draw one by the signal's shares."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from winnow.columns import CLASS, EVENT_ID, ROW, SOURCE, WEIGHT
from winnow.errors import ConfigError, DataError
from winnow.identity import splitmix64
from winnow.preparation.balance import balance
from winnow.preparation.folds import Fold
from winnow.preparation.parameter import (
    Asked,
    Trained,
    as_seen,
    drawing,
    drawing_of,
    recorded,
)
from winnow.preparation.planing import weighted
from winnow.study.keys.balance import Balance
from winnow.tables import write_parquet

COUNT = 20_000
MASSES, SHARES = np.array([100.0, 200.0, 0.1]), np.array([0.6, 0.3, 0.1])
ASKED = Asked("mass", 1, seed=7)


def events(count=COUNT):
    """Half signal, of three masses; background's mass is nonsense."""
    random = np.random.default_rng(4)
    kind = (np.arange(count) % 2).astype(np.int8)
    mass = np.where(kind == 1, random.choice(MASSES, count, p=SHARES), np.nan)
    return pd.DataFrame(
        {
            SOURCE: "events",
            ROW: np.arange(count),
            EVENT_ID: splitmix64(np.arange(count).astype(np.uint64)),
            CLASS: kind,
            WEIGHT: random.uniform(0.5, 1.5, count),
            "mass": mass.astype(np.float32),
            "sample": random.choice(["train", "validation", "test"], count),
        }
    )


def fold_of(folder, table, name="events"):
    table = table.assign(**{ROW: np.arange(len(table))})
    paths = folder / f"{name}.parquet", folder / f"{name}-samples.parquet"
    write_parquet(table.drop(columns="sample"), paths[0])
    write_parquet(table[[SOURCE, ROW, "sample"]], paths[1])
    return Fold([paths[0]], paths[1], 0)


def column(fold, name):
    return np.concatenate([own.events[name].to_numpy() for own in fold.blocks([name])])


def seen(fold, asked=ASKED):
    return column(as_seen(fold, recorded(drawing(fold, asked))), "mass")


def test_signal_has_its_own_and_others_the_signals_shares(tmp_path):
    table = events()
    fold = fold_of(tmp_path, table)
    found, signal = seen(fold), (table[CLASS] == 1).to_numpy()
    np.testing.assert_array_equal(found[signal], table["mass"][signal])
    trained = table[signal & (table["sample"] == "train")]
    for value in MASSES:
        share = (trained["mass"] == np.float32(value)).mean()
        drawn = (found[~signal] == np.float32(value)).mean()
        assert drawn == pytest.approx(share, abs=4 * np.sqrt(share / (COUNT / 2)))
    assert set(found.tolist()) == set(np.float32(MASSES).tolist())


def test_the_drawn_value_tells_nothing_of_the_sample_and_changes_with_the_seed(tmp_path):
    table = events()
    fold, other = fold_of(tmp_path, table), (table[CLASS] == 0).to_numpy()
    found, again = seen(fold), seen(fold, Asked("mass", 1, seed=8))
    assert 0.3 < (found == again)[other].mean() < 0.6
    for sample in ("train", "test"):
        own = found[other & (table["sample"] == sample).to_numpy()]
        assert (own == np.float32(100)).mean() == pytest.approx(0.6, abs=0.04)


def test_an_event_has_the_same_value_whatever_the_order_and_the_blocks(tmp_path, monkeypatch):
    table = events(3000)
    before = dict(zip(table[EVENT_ID], seen(fold_of(tmp_path, table)).tolist(), strict=True))
    mixed = table.sample(frac=1.0, random_state=1)
    monkeypatch.setattr("winnow.tables.BLOCK", 17)
    fold = fold_of(tmp_path, mixed, "mixed")
    assert len(list(fold.blocks([ROW]))) > 100
    assert dict(zip(mixed[EVENT_ID], seen(fold).tolist(), strict=True)) == before


def test_what_is_left_out_is_neither_drawn_nor_trained_on_but_keeps_its_value(tmp_path):
    table = events()
    fold, asked = fold_of(tmp_path, table), Asked("mass", 1, 7, leave_out=[0.1])
    found, drawn = seen(fold, asked), drawing(fold, asked)
    assert list(drawn.trained) == [100.0, 200.0]
    assert list(drawn.left_out) == [0.1]
    assert sum(drawn.shares) == pytest.approx(1)
    signal, left_out = (table[CLASS] == 1).to_numpy(), (table["mass"] == np.float32(0.1)).to_numpy()
    assert set(found[~signal].tolist()) == {100.0, 200.0}
    np.testing.assert_array_equal(found[signal], table["mass"][signal])
    weight = column(Trained(fold, drawn), WEIGHT)
    np.testing.assert_array_equal(weight[left_out], 0.0)
    np.testing.assert_array_equal(weight[~signal], table[WEIGHT][~signal])
    assert (weight[signal & ~left_out] > 0).all()


def test_signal_is_trained_with_the_shares_that_background_is_drawn_with(tmp_path):
    """Whatever the cross-sections; weights of one hypothesis keep their ratios, signal its sum."""
    table = events()
    table[WEIGHT] *= table["mass"].fillna(1.0)
    fold = fold_of(tmp_path, table)
    drawn, signal = drawing(fold, ASKED), (table[CLASS] == 1).to_numpy()
    weight = column(Trained(fold, drawn), WEIGHT)
    for sample in ("train", "validation"):
        own = signal & (table["sample"] == sample).to_numpy()
        assert weight[own].sum() == pytest.approx(table[WEIGHT][own].sum())
        for value, share in zip(drawn.trained, drawn.shares, strict=True):
            one = own & (table["mass"] == np.float32(value)).to_numpy()
            assert weight[one].sum() == pytest.approx(share * weight[own].sum())
            ratio = weight[one] / table[WEIGHT][one]
            assert np.ptp(ratio) == pytest.approx(0, abs=1e-9 * ratio.max())


def test_a_hypothesis_without_weight_is_refused(tmp_path):
    table = events()
    table.loc[(table["mass"] == 200) & (table["sample"] == "validation"), WEIGHT] *= -1
    fold = fold_of(tmp_path, table)
    with pytest.raises(DataError, match=r"mass 200 sum to -.* in the sample 'validation'"):
        Trained(fold, drawing(fold, ASKED))


def test_what_is_left_out_does_not_count_when_classes_are_balanced(tmp_path):
    table = events()
    asked = Asked("mass", 1, 7, leave_out=[100.0])
    fold = fold_of(tmp_path, table)
    fold = Trained(fold, drawing(fold, asked))
    names = ("background", "signal")
    found = balance(lambda: weighted(fold, "train", None), Balance("sum"), names, "signal", "train")
    own = np.concatenate([found.training_weights(e) for e in weighted(fold, "train", None)])
    train = table[table["sample"] == "train"]
    signal, left_out = (train[CLASS] == 1).to_numpy(), (train["mass"] == 100).to_numpy()
    assert own[signal].sum() == pytest.approx((~signal).sum())
    assert own[left_out].tolist() == [0.0] * left_out.sum()


def test_what_is_recorded_gives_the_same_values_again(tmp_path):
    fold = fold_of(tmp_path, events(500))
    drawn = drawing(fold, ASKED)
    again = drawing_of(recorded(drawn))
    ids = np.arange(100, dtype=np.uint64)
    np.testing.assert_array_equal(again.drawn(ids), drawn.drawn(ids))
    assert drawing_of({"inputs": []}) is None
    assert as_seen(fold, {"inputs": []}) is fold


@pytest.mark.parametrize(
    ("change", "asked", "message"),
    [
        ({"mass": np.nan}, {}, "row 1, column 'mass': found nan of a signal event"),
        ({"mass": np.inf}, {}, "row 1, column 'mass': found inf"),
        ({"mass": 5.0}, {}, r"have 1 value\(s\) of 'mass'"),
        ({}, {"leave_out": [150.0]}, "has mass 150; there is signal of 0.1, 100, 200"),
        ({}, {"leave_out": [100.0, 0.1]}, r"have 1 value\(s\)"),
        ({"mass": "heavy"}, {}, "numbers were expected"),
    ],
)
def test_what_cannot_be_a_parameter_is_refused(tmp_path, change, asked, message):
    fold = fold_of(tmp_path, events(400).assign(sample="train", **change))
    with pytest.raises((ConfigError, DataError), match=message):
        drawing(fold, Asked("mass", 1, 7, **asked))


def test_a_continuous_parameter_is_refused(tmp_path):
    table = events(3000).assign(sample="train", mass=np.arange(3000.0))
    with pytest.raises(ConfigError, match="more than 1000 values"):
        drawing(fold_of(tmp_path, table), ASKED)


def test_a_whole_number_may_be_a_parameter(tmp_path):
    table = events(400).assign(mass=np.int64(100) * (1 + np.arange(400) // 2 % 2))
    fold = fold_of(tmp_path, table)
    assert next(fold.blocks(["mass"])).events["mass"].type == pa.int64()
    assert set(seen(fold).tolist()) == {100.0, 200.0}
