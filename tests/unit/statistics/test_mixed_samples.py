"""Yields where one file brings its sample and others are shared out, against sums by hand."""

import numpy as np
import pandas as pd
import pytest

from winnow.columns import SAMPLES
from winnow.events.split import assign
from winnow.identity import event_ids
from winnow.statistics.kinds import kinds_of
from winnow.statistics.observed import expected
from winnow.statistics.yields import YieldSettings, absent_yields, yield_weights

NAMES = ("signal", "background")
FRACTIONS = {"train": 0.5, "validation": 0.2, "test": 0.3}
SOURCES = ("brought",)


def rows(source, process, label, counts, weight):
    """So many events of each sample."""
    return pd.DataFrame(
        {
            "source": source,
            "process": process,
            "class": np.int8(label),
            "sample": [sample for sample, count in counts.items() for _ in range(count)],
            "weight": float(weight),
        }
    )


SHARED = {"train": 50, "validation": 20, "test": 30}
TABLE = pd.concat(
    [
        rows("one", "H", 0, SHARED, 0.1),
        rows("two", "Z", 1, SHARED, 2.0),
        rows("brought", "Z", 1, {"test": 40}, 1.0),
        rows("brought", "WW", 1, {"test": 10}, 5.0),
    ],
    ignore_index=True,
)


def yields(table=TABLE, **changes):
    settings = YieldSettings(
        **{"class_names": NAMES, "fractions": FRACTIONS, "split_sources": SOURCES} | changes
    )
    kinds = kinds_of(table, NAMES, settings.split_sources)
    weights = yield_weights(kinds, table["weight"].to_numpy(), settings)
    return table.assign(y=weights).groupby(["sample", "process"])["y"].sum()


def test_each_sample_stands_for_all_events_of_a_process():
    found = yields(luminosity=10.0)
    for sample in SAMPLES:
        assert found[sample, "H"] == pytest.approx(100 * 0.1 * 10)
        # 100 events of 2 in the file that is shared out, 40 of 1 in the one that brings its sample
        assert found[sample, "Z"] == pytest.approx((100 * 2 + 40) * 10)
    assert found["test", "WW"] == pytest.approx(10 * 5 * 10)


def test_an_event_that_its_file_brings_counts_as_one_beside_those_that_are_shared_out():
    settings = YieldSettings(NAMES, fractions=FRACTIONS, split_sources=SOURCES)
    kinds = kinds_of(TABLE, NAMES, SOURCES)
    weights = yield_weights(kinds, np.ones(len(TABLE)), settings)
    test = TABLE["sample"] == "test"
    np.testing.assert_allclose(weights[test & (TABLE["source"] == "brought")], 1.0)
    np.testing.assert_allclose(weights[test & (TABLE["source"] == "two")], 1 / 0.3)
    validation = (TABLE["sample"] == "validation") & (TABLE["process"] == "Z")
    np.testing.assert_allclose(weights[validation], 1 / 0.2 * (100 + 40) / 100)


def test_factors_say_what_files_that_bring_their_sample_stand_for():
    found = yields(split_factors={"train": 9.0, "validation": 9.0, "test": 4.0})
    for sample in SAMPLES:
        assert found[sample, "Z"] == pytest.approx(100 * 2 + 4 * 40)
        assert found[sample, "H"] == pytest.approx(10)
    assert found["test", "WW"] == pytest.approx(4 * 50)


def test_a_sample_that_files_alone_fill_stands_for_what_is_shared_out_too():
    table = TABLE[(TABLE["source"] == "brought") | (TABLE["sample"] != "test")]
    found = yields(table, fractions={"train": 0.5, "validation": 0.5, "test": 0.0})
    # 70 events of 2 are shared out
    assert found["test", "Z"] == pytest.approx(70 * 2 + 40)
    assert found["train", "Z"] == pytest.approx(50 * 2 / 0.5 * (140 + 40) / 140)
    assert ("test", "H") not in found


def test_files_of_all_samples_stand_for_all_of_them_beside_others():
    split = rows("brought", "Z", 1, {"train": 10, "validation": 30, "test": 60}, 3.0)
    table = pd.concat([TABLE[TABLE["source"] == "one"], split], ignore_index=True)
    found = yields(table)
    for sample in SAMPLES:
        assert found[sample, "Z"] == pytest.approx(100 * 3)


def test_given_totals_are_met_and_the_mixture_within_them_is_kept():
    found = yields(total_yield={"background": 580.0})
    # 240 of Z and 50 of WW are on test, twice that is wanted
    assert found["test", "Z"] == pytest.approx(480)
    assert found["test", "WW"] == pytest.approx(100)
    assert found["validation", "Z"] == pytest.approx(580)


def test_entries_tell_how_much_there_is_where_weights_cancel():
    table = TABLE.copy()
    odd = np.flatnonzero((table["process"] == "Z") & (table["source"] == "two"))[::2]
    table.loc[odd, "weight"] = -2.0
    found = yields(table)
    assert found["validation", "Z"] == pytest.approx(0)
    assert found["test", "Z"] == pytest.approx(40)
    table.loc[odd, "weight"] = -1.0  # 50 of 2 and 50 of -1, the sums above 0 again
    assert yields(table)["validation", "Z"] == pytest.approx(50 + 40)


def test_a_process_of_one_sample_alone_is_told_with_the_uncertainty_of_an_event():
    settings = YieldSettings(NAMES, fractions=FRACTIONS, split_sources=SOURCES)
    kinds = kinds_of(TABLE, NAMES, SOURCES)
    table = absent_yields(kinds, TABLE["weight"].to_numpy(), settings)
    assert table["process"].tolist() == ["WW", "WW"]
    assert table["sample"].tolist() == ["train", "validation"]
    np.testing.assert_allclose(table["uncertainty"], [5 / 0.5, 5 / 0.2])


def test_yields_of_all_samples_agree_within_their_statistics():
    generator = np.random.default_rng(4)
    size, brought = 40_000, 12_000
    codes = assign(event_ids({"n": np.arange(size)}), FRACTIONS, 7)
    sample = np.append(np.asarray(SAMPLES)[codes], ["test"] * brought)
    table = pd.DataFrame(
        {
            "source": np.repeat(["two", "brought"], [size, brought]),
            "process": np.where(generator.random(size + brought) < 0.2, "Z", "tt"),
            "class": np.int8(1),
            "sample": sample,
            "weight": generator.normal(1.0, 1.0, size + brought),
        }
    )
    whole = table.groupby("process")["weight"].sum()
    for (name, process), found in yields(table).items():
        part = table[(table["sample"] == name) & (table["process"] == process)]
        error = np.sqrt(2 * len(part)) / FRACTIONS[name]
        assert abs(found - whole[process]) < 3 * error


def test_simulation_beside_data_counts_alike():
    settings = YieldSettings(NAMES, fractions=FRACTIONS, split_sources=SOURCES)
    events, table = expected(TABLE, settings)
    found = yields()["test"]
    for row in table.to_dict("records"):
        assert row["yield"] == pytest.approx(found[row["process"]])
    assert events["yield"].sum() == pytest.approx(found.sum())
    with pytest.raises(ValueError, match="it must be told which events"):
        yield_weights(kinds_of(TABLE, NAMES), TABLE["weight"].to_numpy(), settings)
