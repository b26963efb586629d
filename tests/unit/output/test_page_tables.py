"""Tables of the page: headings in words, values with their uncertainties, what is folded away."""

import numpy as np
import pandas as pd
import pytest

from winnow.output.page_tables import columns
from winnow.output.page_words import heading


def texts(title, frame):
    return {own.heading: [cell.text for cell in own.cells] for own in columns(title, frame)}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"auc": [0.929], "auc_uncertainty": [0.0041]}, {"area under ROC curve": "0.929 ± 0.004"}),
        (
            {"s_test": [239.17], "s_uncertainty_test": [10.4], "b_test": [6347.6]},
            {"signal (events), test": "239 ± 10", "background (events), test": "6348"},
        ),
        ({"yield": [14.674], "uncertainty": [0.964]}, {"yield (events)": "14.7 ± 1.0"}),
        ({"auc": [0.9276], "auc_spread": [np.nan]}, {"area under ROC curve": "0.9276"}),
        ({"auc": [0.9276], "auc_spread": [""]}, {"area under ROC curve": "0.9276"}),
        (
            {"rejection_at_0.5": [34.846], "rejection_lower_at_0.5": [31.49]}
            | {"rejection_upper_at_0.5": [38.59]},
            {"background rejection at signal efficiency 0.5": "34.85 [31.5, 38.6]"},
        ),
        ({"definition": ["s_over_sqrt_b"]}, {"figure of merit": "s/√b"}),
        ({"rows_kept": [22889], "share": [np.nan]}, {"rows kept": "22889", "share": "undefined"}),
    ],
)  # fmt: skip
def test_a_column_holds_its_uncertainty_and_is_called_by_words(given, shown):
    assert texts("any", pd.DataFrame(given)) == {name: [text] for name, text in shown.items()}


def test_what_matters_stands_first_and_the_rest_is_folded_away():
    table = pd.DataFrame({"extra": [1], "test_auc": [0.9], "cut": [np.nan], "rank": [1]})
    found = columns("Runs", table)
    assert [(own.heading, own.folded) for own in found] == [
        ("rank", False),
        ("area under ROC curve, test", False),
        ("extra", True),
        ("cut", True),  # of which there is nothing
    ]
    assert not any(own.folded for own in columns("another table", table[["rank"]]))


def test_scanned_keys_stand_beside_their_point():
    table = pd.DataFrame(
        {"rank": [1], "name": ["a"], "training.decay": [0.1], "replicas": [2], "pairs": [1]}
    )
    shown = [own.heading for own in columns("Scan points", table) if not own.folded]
    assert shown == ["rank", "scan point", "training.decay", "replicas"]


def test_runs_are_filtered_by_what_there_are_several_of():
    table = pd.DataFrame({"point": ["a", "b"], "member": ["replica-00"] * 2, "fold": ["0", "1"]})
    chosen = {own.heading: list(own.choices) for own in columns("Runs", table)}
    assert chosen == {"scan point": ["a", "b"], "replica": [], "fold": ["0", "1"]}


def test_classes_and_processes_are_called_by_their_labels():
    table = pd.DataFrame({"process": ["tt", "tt_dl"], "counts_as": "tt", "yield": [3.0, 2.0]})
    found = columns("Yields at the cut", table, {"tt": "top"})
    told = {own.heading: [cell.text for cell in own.cells] for own in found}
    assert told["process"] == ["top", "tt_dl"]
    assert told["counted as"] == ["tt", "tt"]


def test_a_number_is_sorted_by_its_value_and_what_is_missing_is_dashed():
    table = pd.DataFrame({"rank": pd.array([2, None], "Int64"), "chosen": [True, False]})
    rank, chosen = columns("Runs", table)
    assert [(cell.text, cell.number) for cell in rank.cells] == [("2", 2.0), ("–", None)]
    assert [cell.text for cell in chosen.cells] == ["yes", "no"]


def test_every_sample_has_its_words():
    assert heading("s_entries_train") == "signal (raw events), train"
    assert heading("test_fom_fold_spread") == "figure of merit, fold spread, test"
