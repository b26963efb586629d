"""The headline: whose numbers it quotes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from winnow.output.calibration_part import CROSS_ENTROPY
from winnow.output.headline import headline
from winnow.output.page import OVERTRAINING, RunPart, Study

OVERTRAINED = pd.DataFrame(
    [
        {
            "class": "W",
            "node": node,
            "verdict": verdict,
            "p_value": p,
            "auc_gap": 0.02,
            "auc_gap_uncertainty": 0.005,
        }
        for node, verdict, p in (
            ("signal", "the scores differ", 0.002),
            ("W", "no sign of over-training", 0.4),
        )
    ]
)


def study(runs, points):
    """A study with these runs and points; what is not given has one value."""
    run = {"kind": "network", "member": "replica-00", "fold": "0", "best_epoch": 7.0, "cut": 0.5}
    point = {"kind": "network", "replicas": 1, "folds": 1, "best_is": "untested"}
    run |= {"test_auc_uncertainty": 0.004, "chosen": False}
    point |= {"test_auc_spread": np.nan, "test_fom_spread": np.nan}
    table = pd.DataFrame([point | own for own in points])
    table["name"] = table["point"]
    table["rank"] = pd.Series(range(1, len(table) + 1), dtype="Int64").where(
        table["kind"] == "network"
    )
    return Study(
        name="toy",
        points=table,
        runs=pd.DataFrame([run | own for own in runs]),
        parts=[RunPart("base/replica-00/fold-0", {OVERTRAINING: OVERTRAINED}, {})],
        tables={},
        figures={},
        heavy=pd.DataFrame(),
    )


FOM = {"validation_fom": 12.0, "test_fom": 10.26, "test_fom_uncertainty": 0.71}
RUN = {"point": "base", "test_auc": 0.9}


def test_one_run_is_told_with_its_epoch_and_cut():
    lines = headline(study([RUN], [{**RUN, **FOM}]), "asimov").splitlines()
    assert lines[:4] == [
        "study toy: 1 run",
        "best run, chosen by validation: base/replica-00/fold-0, epoch 7",
        "test AUC 0.9000 ± 0.0040",
        "asimov 10.260 ± 0.710 on test, at the cut 0.5000 chosen on validation (12.000 there, "
        "biased upward by that choice)",
    ]
    # every node has a line of its own, with the p of the scores and the gap of the area
    assert lines[4:] == [
        "training against validation, node signal, class W: the scores differ (scores: p = 0.002; "
        "area: +0.0200 ± 0.0050)",
        "training against validation, node W, class W: no sign of over-training (scores: p = "
        "0.400; area: +0.0200 ± 0.0050)",
    ]


def test_folds_and_replicas_are_quoted_joined_and_by_their_point():
    """The best point's numbers, not those of one fold, nor a mean over other points."""
    runs = [
        {"point": point, "member": f"replica-0{r}", "fold": str(f), "test_auc": area}
        for point, area in (("a", 0.9), ("b", 0.5))
        for r in range(2)
        for f in range(4)
    ]
    points = [
        {"point": "a", "test_auc": 0.9, "test_auc_spread": 0.002, "test_fom_spread": 0.3, **FOM},
        {"point": "b", "test_auc": 0.5, "best_is": "better", **FOM},
    ]
    shown = headline(
        study(runs, [{**point, "replicas": 2, "folds": 4} for point in points]), "asimov"
    )
    assert shown.splitlines()[:5] == [
        "study toy: 16 runs",
        "best scan point: a (against the others: better 1)",
        "point a: mean of 2 replicas, 4 folds joined",
        # a fourth of the events tests each fold: 0.004 / √4
        "test AUC 0.9000 ± 0.0020, spread over replicas 0.0020",
        "asimov 10.260 ± 0.710 on test, spread over replicas 0.300, at each run's own cut chosen on"
        " validation (12.000 there, biased upward by that choice)",
    ]


@pytest.mark.parametrize(("area", "said"), [(0.905, ""), (0.95, "significantly ")])
def test_a_reference_that_is_better_than_every_network_is_told(area, said):
    reference = {"point": "hist_gradient_boosting", "kind": "baseline", "test_auc": area}
    told = headline(study([RUN, reference], [{**RUN, **FOM}, {**reference, **FOM}]), None)
    assert (
        f"the reference hist_gradient_boosting is {said}better than every network: test AUC "
        f"{area:.4f}, base 0.9000, uncertainty of the difference at most 0.0057"
    ) in told
    worse = {**reference, "test_auc": 0.89}
    assert "reference" not in headline(
        study([RUN, worse], [{**RUN, **FOM}, {**worse, **FOM}]), None
    )


@pytest.mark.parametrize("known", [False, True])
def test_a_cross_entropy_is_told_beside_that_of_the_truth(known):
    own = {"cross_entropy": 0.67401, "cross_entropy_uncertainty": 0.00145}
    own |= {"ratio": 1.01612, "ratio_uncertainty": 0.00037} if known else {}
    whole = study([RUN], [RUN])
    tables = {**whole.parts[0].tables, CROSS_ENTROPY: pd.DataFrame([own])}
    told = headline(replace(whole, parts=[replace(whole.parts[0], tables=tables)]), None)
    beside = ", 1.0161 ± 0.0004 times that of the truth" if known else ""
    assert f"cross-entropy 0.6740 ± 0.0014 on test{beside}\n" in told
    assert "cross-entropy" not in headline(whole, None)


def test_an_event_with_much_weight_is_told():
    heavy = pd.DataFrame(
        [{"sample": "test", "class": "W", "process": "Wj", "share": 0.374, "source": "a", "row": 5}]
    )
    told = headline(replace(study([RUN], [{**RUN, **FOM}]), heavy=heavy), None)
    assert "one event holds 37% of the weight of W in test: a, row 5" in told


def test_no_eligible_cut_is_told():
    one = study([RUN], [{**RUN, **FOM, "test_fom": np.nan}])
    assert "asimov: no cut is eligible" in headline(one, "asimov")
