"""The CMS tutorial's files: columns, order, rounding, and numbers that read back as they were."""

import io

import numpy as np
import pandas as pd
import pytest

from toy import fom_of
from winnow.columns import TEST, VALIDATION
from winnow.errors import ConfigError
from winnow.output.tutorial_files import FOM_COLUMNS, fom_table, sample_output, score_columns
from winnow.statistics.fom_settings import FomSettings
from winnow.statistics.yields import YieldSettings
from winnow.study.keys.fom import Cuts

NAMES = ("Signal", "Wjets", "Other")
SETTINGS = {
    "normalise": {"steps": [{"step": "log", "features": ["Met"]}, "minmax"]},
    "model": {"layers": [100, 50], "activation": "tanh", "output": "auto"},
    "training": {"learning_rate": 5e-5, "decay": 1e-4},
}


@pytest.fixture(scope="module")
def scores():
    random = np.random.default_rng(8)
    size = 3000
    label = random.choice(3, size, p=[0.4, 0.4, 0.2]).astype(np.int8)
    logits = random.normal(size=(size, 3)) + 2.0 * np.eye(3)[label]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = pd.DataFrame(
        {
            "sample": pd.Categorical(random.choice(["train", VALIDATION, TEST], size)),
            "class": label,
            "process": pd.Categorical(np.array(["T2", "Wjets_HT", "ttbar"])[label]),
            "weight": random.normal(1.0, 0.6, size),
        }
    )
    for name, column in zip(NAMES, shares.T, strict=True):
        table[f"score_{name}"] = column.astype(np.float32)
    return table


def best_of(scores, grid):
    yields = YieldSettings(
        NAMES, signal="Signal", fractions=dict.fromkeys(("train", VALIDATION, TEST), 1 / 3)
    )
    return fom_of(
        scores, FomSettings(yields, systematic=0.2, min_background_entries=20, grid=grid)
    )[1]


@pytest.mark.parametrize("sample", [VALIDATION, TEST])
@pytest.mark.parametrize("signal", ["Signal", "Other"])
def test_a_sample_is_written_signal_first_each_event_once_in_its_order(scores, sample, signal):
    table = sample_output(scores, sample, NAMES, signal)
    text = table.to_csv(index=False, header=False)
    names = ["score", "weight", "process"]
    read = pd.read_csv(io.StringIO(text), header=None, names=names)
    inside = scores[scores["sample"] == sample]
    count = int((inside["class"] == NAMES.index(signal)).sum())
    assert 0 < count < len(read) == len(inside)
    expected = inside.loc[
        sorted(inside.index, key=lambda row: (inside.loc[row, "class"] != NAMES.index(signal), row))
    ]
    np.testing.assert_array_equal(read["score"].astype(np.float32), expected[f"score_{signal}"])
    np.testing.assert_array_equal(read["weight"], expected["weight"])
    assert read["process"].tolist() == expected["process"].tolist()


def test_scores_need_just_the_columns_named(scores):
    kept = scores[score_columns(NAMES, "Signal")]
    pd.testing.assert_frame_equal(
        sample_output(kept, TEST, NAMES, "Signal"), sample_output(scores, TEST, NAMES, "Signal")
    )


def test_without_a_signal_class_there_is_one_message():
    with pytest.raises(ConfigError, match=r"export\.scores.*signal_class.*Signal, Wjets, Other"):
        score_columns(NAMES, None)


@pytest.mark.parametrize("grid", [None, Cuts(0.4, 0.9, 37)])
def test_a_row_quotes_the_cut_of_the_even_cuts_where_there_are_any(scores, grid):
    best = best_of(scores, grid)
    # as the rule reads it
    best = pd.read_csv(io.StringIO(best.to_csv(index=False)))
    table = fom_table([best], [SETTINGS], 3)
    own = best.set_index(["definition", "scan"]).loc["asimov", "exact" if grid is None else "grid"]
    assert tuple(table) == FOM_COLUMNS
    assert table.iloc[0].tolist() == [
        *("log-minmax", "100-50", "tanh", "categorical_crossentropy", 5e-5, 1e-4),
        *(round(own["fom_validation"], 8), round(own["cut"], 4)),
        *(round(own["fom_test"], 8), round(own["max_test"], 8)),
    ]
    assert (table[list(FOM_COLUMNS[6:])] > 0).all(axis=None)


def test_the_two_scans_quote_different_cuts(scores):
    exact, even = (
        fom_table([best_of(scores, g)], [SETTINGS], 3) for g in (None, Cuts(0.4, 0.9, 37))
    )
    assert exact["at x_cut"][0] != even["at x_cut"][0]
    assert exact["Max Val FOM"][0] >= even["Max Val FOM"][0]


def test_the_index_is_the_number_of_the_run_from_0_and_has_no_name(scores):
    best = best_of(scores, None)
    binary = {**SETTINGS, "model": {**SETTINGS["model"], "output": "sigmoid"}}
    lines = fom_table([best, best], [SETTINGS, binary], 2).to_csv().splitlines()
    assert lines[0] == "," + ",".join(FOM_COLUMNS)
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1"]
    # two classes without a choice of output have a sigmoid, too
    assert all("binary_crossentropy" in line for line in lines[1:])


def test_without_an_eligible_cut_the_numbers_are_missing(scores):
    few = scores.groupby("class", observed=True).head(15)
    row = fom_table([best_of(few, None)], [SETTINGS], 3).iloc[0]
    assert row[["Max Val FOM", "at x_cut", "Test FOM", "Max Test FOM"]].isna().all()
