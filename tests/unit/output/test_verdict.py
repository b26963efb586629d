"""The verdict: what is said of a study, and what is advised."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from winnow.output import page_words
from winnow.output.page import OVERTRAINING, TRIALS, RunPart, Study
from winnow.output.verdict import verdict
from winnow.statistics import significance

RUN = {
    "kind": "network", "point": "base", "member": "replica-00", "fold": "0", "cut": 0.5,
    "test_auc_uncertainty": 0.004, "best_epoch": 7, "epochs": 20, "s_test": 239.2,
    "s_uncertainty_test": 10.4, "b_test": 6348.0, "b_uncertainty_test": 200.0, "sigma_test": 0.0,
}  # fmt: skip
POINT = {
    "kind": "network", "point": "base", "name": "base", "replicas": 2, "folds": 1, "best_is": None,
    "test_auc": 0.9276, "validation_auc": 0.93, "validation_fom": 3.4, "test_fom": 2.981,
    "test_fom_uncertainty": 0.235,
}  # fmt: skip
OTHER = {"point": "decay=1e-4", "name": "decay=1e-4"}


def study(runs=(RUN,), points=(POINT,), overtraining="no sign of over-training"):
    return Study(
        name="toy",
        points=pd.DataFrame(points),
        runs=pd.DataFrame(runs),
        parts=[RunPart("base", {OVERTRAINING: pd.DataFrame({"verdict": [overtraining]})}, {})],
        tables={},
        figures={},
        heavy=pd.DataFrame(),
    )


def test_a_sound_study_is_told_in_sentences_and_needs_little():
    found = verdict(study(points=[POINT, {**POINT, **OTHER, "best_is": "better"}]), "ams")
    assert found.told == (
        "Of 2 scan points base, trained 2 times is the best on validation (against the others: "
        "better than 1).",
        "On test its AMS is 2.98 ± 0.24 (3.4 on validation, where the cut was chosen, so that it "
        "lies too high there).",
        "Above the cut of its best replica 239 ± 10 signal and 6350 ± 200 background events are "
        "expected.",
        "No systematic uncertainty enters: AMS knows none.",
        "The area under the ROC curve on test is 0.928 ± 0.004.",
        "There is no sign of over-training.",
    )
    assert found.advice == ()


def test_a_search_is_told_with_what_it_chose():
    trials = pd.DataFrame(
        {
            "trial": ["trial-003", "trial-000", "trial-001"],
            "outcome": ["finished", "finished", "stopped"],
            "validation_loss": [0.31234, 0.35, 0.41],
        }
    )
    named = {"point": "optimised", "name": "optimised (learning_rate=3e-3)", "best_is": "better"}
    own = replace(
        study(points=[POINT, {**POINT, **named}]), search=RunPart("search", {TRIALS: trials}, {})
    )
    assert verdict(own, "ams").told[1] == (
        "A search of 3 trials, 2 of them trained to the end, chose optimised "
        "(learning_rate=3e-3), by a validation loss of 0.3123."
    )


def test_a_systematic_uncertainty_is_told_beside_the_background():
    told = verdict(study([{**RUN, "sigma_test": 634.8}]), "asimov").told
    assert "A systematic uncertainty of 635 events on the background (10%) enters." in told
    assert (
        "No systematic uncertainty enters: fom.systematic is not set."
        in verdict(study(), "asimov").told
    )


def test_folds_are_joined_with_the_uncertainty_of_their_mean():
    runs = [{**RUN, "fold": str(fold), "s_test": s} for fold, s in enumerate((200.0, 280.0))]
    (line,) = [own for own in verdict(study(runs), "ams").told if own.startswith("Above")]
    # 10.4 / √2 and 200 / √2
    assert line == (
        "Above the cut of its best replica 240 ± 7 signal and 6350 ± 140 background events are "
        "expected."
    )


@pytest.mark.parametrize(
    ("area", "said", "advised"),
    [
        (0.95, "The reference classifier bdt is better: area 0.9500 against 0.9276.", True),
        (0.926, "The reference classifier bdt is as good: area 0.9260 against 0.9276.", True),
        (0.8, "No reference classifier is as good: bdt has area 0.8000 against 0.9276.", False),
    ],
)
def test_the_best_reference_is_told(area, said, advised):
    run = {**RUN, "kind": "baseline", "point": "bdt"}
    point = {**POINT, "kind": "baseline", "point": "bdt", "name": "bdt", "test_auc": area}
    found = verdict(study([RUN, run], [POINT, point]), "ams")
    assert said in found.told
    assert any("no better than bdt" in own for own in found.advice) == advised


def test_signs_of_overtraining_are_told_once_and_advised_on():
    found = verdict(study(overtraining="the scores differ, the area is larger"), "ams")
    assert (
        "There are signs of over-training: on training events the scores differ from those of "
        "validation and the area is larger than on validation."
    ) in found.told
    assert any(own.startswith("Against over-training") for own in found.advice)


def test_an_event_that_weighs_too_much_is_told():
    heavy = pd.DataFrame(
        [{"sample": "test", "class": "W", "share": share, "source": "a", "row": 5}
         for share in (0.2, 0.374)]
    )  # fmt: skip
    told = verdict(replace(study(), heavy=heavy), "ams").told
    assert (
        told[-1] == "One event holds 37% of the weight of W in test (a, row 5): numbers hang on it."
    )


@pytest.mark.parametrize(
    ("run", "point", "advice"),
    [
        ({"b_uncertainty_test": 845.0}, {}, "The background above the cut is known to 13%"),
        ({"best_epoch": 20}, {}, "The best epoch is among the last"),
        ({}, {"replicas": 1}, "Each network was trained once"),
        ({}, {}, "Other settings are untried"),
    ],
)
def test_what_is_open_is_advised(run, point, advice):
    found = verdict(study([{**RUN, **run}], [{**POINT, **point}]), "ams").advice
    assert any(own.startswith(advice) for own in found)
    if advice.startswith("Other"):
        assert len(found) == 1


def test_an_ensemble_that_is_better_on_validation_is_advised():
    ensemble = {**POINT, "kind": "ensemble", "validation_fom": 3.5}
    better = verdict(study(points=[POINT, ensemble]), "ams").advice
    assert any("apply.ensemble" in own for own in better)
    worse = verdict(study(points=[POINT, {**ensemble, "validation_fom": 3.3}]), "ams").advice
    assert not any("apply.ensemble" in own for own in worse)


def test_without_a_signal_or_a_cut_no_figure_of_merit_is_told():
    bare = {name: value for name, value in RUN.items() if not name.endswith("_test")}
    assert not any("cut" in own for own in verdict(study([bare]), None).told)
    none = verdict(study(points=[{**POINT, "test_fom": np.nan}]), "ams").told
    assert "AMS: no cut leaves enough background events to be chosen." in none


def test_every_figure_of_merit_has_words():
    assert set(page_words.DEFINITIONS) == set(significance.DEFINITIONS)
