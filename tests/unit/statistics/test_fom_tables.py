"""Columns of the tables of figures of merit, each against numpy by hand."""

import numpy as np
import pandas as pd
import pytest

from toy import fom_of
from winnow.errors import ConfigError, DataError
from winnow.statistics.bootstrap import BootstrapSettings, replicate
from winnow.statistics.fom_settings import FomSettings
from winnow.statistics.selection import passing, select_events
from winnow.statistics.significance import DEFINITIONS
from winnow.statistics.yields import YieldSettings

NAMES = ("signal", "other", "zjets")
FACTORS = {"train": 1.0, "validation": 2.0, "test": 4.0}
GROUPS = {"tt": 0.1, "zjets": 0.3}


def settings(**changes):
    yields = YieldSettings(NAMES, "signal", 1.5, split_factors=FACTORS)
    return FomSettings(**({"yields": yields, "min_background_entries": 30} | changes))


@pytest.fixture(scope="module")
def scores():
    """Events of few distinct scores; of validation's background little lies above 0.7."""
    generator = np.random.default_rng(41)
    size = 3000
    label = generator.choice(3, size, p=[0.3, 0.4, 0.3]).astype(np.int8)
    sample = generator.choice(list(FACTORS), size)
    score = generator.beta(np.where(label == 0, 3, 1.5), 2)
    low = (sample == "validation") & (label > 0) & (generator.random(size) < 0.9)
    score = np.where(low & (score > 0.7), score - 0.6, score)
    other = np.where(generator.random(size) < 0.5, "tt", "WW")
    return pd.DataFrame(
        {
            "sample": sample,
            "class": label,
            "process": np.where(label == 0, "H", np.where(label == 1, other, "Zee")),
            "weight": generator.uniform(0.5, 1.5, size),
            "score_signal": np.round(score, 2).astype(np.float32),
        }
    )


def background(scores, sample, cut):
    """Return the yields of the groups of background above a cut, the rest's first, by hand."""
    part = scores[(scores["sample"] == sample) & (scores["score_signal"] >= cut)]
    weight = part["weight"] * 1.5 * FACTORS[sample]
    return np.array([weight[part["process"] == name].sum() for name in ("WW", "tt", "Zee")])


def enough(scores, sample, cut):
    """Return whether 30 background events, raw and effective, lie above a cut."""
    part = scores[(scores["sample"] == sample) & (scores["score_signal"] >= cut)]
    w = part.loc[part["class"] > 0, "weight"]
    return len(w) >= 30 and w.sum() ** 2 / (w**2).sum() >= 30


def test_the_systematic_and_the_number_of_eligible_cuts_stand_in_the_row(scores):
    best = fom_of(scores, settings(systematic=GROUPS))[1]
    cuts = np.unique(scores.loc[scores["sample"] == "validation", "score_signal"])
    eligible = sum(enough(scores, "validation", cut) for cut in cuts)
    assert 0 < eligible < len(cuts)
    assert set(best["eligible_points"]) == {eligible}
    for row in best.to_dict("records"):
        for sample in FACTORS:
            moved = background(scores, sample, row["cut"]) * [0.0, 0.1, 0.3]
            assert row[f"sigma_{sample}"] == pytest.approx(np.sqrt(np.sum(moved**2)))
    # one uncertainty of several is enough for the axis to say so
    assert best["label"][0] == fom_of(scores, settings(systematic=0.1))[1]["label"][0]
    assert best["label"][0] != fom_of(scores, settings())[1]["label"][0]


def test_bands_and_spreads_are_quantiles_of_the_samples_own_replicas(scores):
    drawn = BootstrapSettings(7, 40, (0.1, 0.8))
    asked = settings(systematic=GROUPS, bootstrap=drawn)
    curves, best, _ = fom_of(scores, asked)
    selected = select_events(scores, asked)
    chosen = best.set_index("definition")["cut"]
    differ = 0
    for sample in ("validation", "test"):
        own = curves[curves["sample"] == sample]
        cuts = own["cut"].to_numpy()
        replicas = replicate(selected.parts[sample], cuts, selected.fractions, sample, drawn)
        eligible = np.array([enough(scores, sample, cut) for cut in cuts])
        differ += np.sum(eligible != own["eligible"])
        for name, definition in DEFINITIONS.items():
            values = definition.function(replicas.s, replicas.b, replicas.sigma)
            row = best.set_index("definition").loc[name]
            for end, quantile in (("lower", 0.1), ("upper", 0.8)):
                defined = np.isfinite(values).all(axis=0)
                expected = np.quantile(values[:, defined], quantile, axis=0)
                np.testing.assert_allclose(own[f"{name}_{end}"][defined], expected, rtol=1e-12)
                at_cut = np.quantile(values[:, cuts == chosen[name]], quantile)
                assert row[f"fom_{end}_{sample}"] == pytest.approx(at_cut, rel=1e-12)
                top = np.quantile(values[:, eligible].max(axis=1), quantile)
                assert row[f"max_{end}_{sample}"] == pytest.approx(top, rel=1e-12)
            assert row[f"max_mean_{sample}"] == pytest.approx(
                values[:, eligible].max(axis=1).mean()
            )
    # what is eligible on validation and on test is not the same here
    assert differ > 0


def test_a_share_of_nothing_or_of_less_is_undefined():
    weight = {"train": [-2.0, 1.0], "validation": [2.0, 3.0], "test": [1.0, -1.0]}
    rows = [
        (sample, label, process, own, score)
        for sample, weights in weight.items()
        for label, process, scale in ((0, "H", 1.0), (1, "tt", -1.0 if sample == "train" else 1.0))
        for own, score in zip(np.multiply(weights, scale), (0.25, 0.75), strict=True)
    ]
    table = pd.DataFrame(rows, columns=["sample", "class", "process", "weight", "score_signal"])
    table = table.astype({"class": np.int8, "score_signal": np.float32})
    curves = fom_of(table, settings(min_background_entries=0))[0]
    found = curves.set_index(["sample", "cut"])
    assert found.loc[("validation", 0.75), "s_efficiency"] == pytest.approx(3 / 5)
    assert found.loc[("train", 0.75), "b_efficiency"] == pytest.approx(-1.0)
    assert found.loc["train", "s_efficiency"].isna().all()
    for name in ("s_efficiency", "b_efficiency"):
        assert found.loc["test", name].isna().all()


def test_a_score_that_is_no_number_is_refused_before_anything_is_counted(scores):
    scores = scores.assign(score_other=np.float32(0.2), score_zjets=np.float32(0.1))
    largest = settings(selection="largest_score")
    assert passing(scores, largest).any()
    for name in ("score_other", "score_zjets", "score_signal"):
        lost = scores.assign(**{name: scores[name].where(scores.index != 5)})
        with pytest.raises(DataError, match="1 of 3000 events have the score NaN"):
            passing(lost, largest)
    with pytest.raises(DataError, match="1 of 3000 events have the score NaN"):
        select_events(lost, settings())
    unknown = YieldSettings(NAMES, "higgs", split_factors=FACTORS)
    with pytest.raises(ConfigError, match=r"signal: found 'higgs', expected one of \['signal'"):
        select_events(scores, settings(yields=unknown))


def test_an_uncertainty_is_propagated_through_the_systematic_too(scores):
    """Of f = s/√D with D = s + b + Σ(f_k b_k)², by its derivatives on paper."""
    best = fom_of(scores, settings(systematic=GROUPS))[1].set_index("definition")
    row = best.loc["s_over_sqrt_s_plus_b_sigma2"]
    for sample in FACTORS:
        part = scores[(scores["sample"] == sample) & (scores["score_signal"] >= row["cut"])]
        weight = part["weight"] * 1.5 * FACTORS[sample]
        s, *b = (weight[part["process"] == name].sum() for name in ("H", "WW", "tt", "Zee"))
        variances = [
            np.sum(weight[part["process"] == name] ** 2) for name in ("H", "WW", "tt", "Zee")
        ]
        b, f = np.array(b), np.array([0.0, 0.1, 0.3])
        total = s + b.sum() + np.sum((f * b) ** 2)
        by_s = total**-0.5 - s / 2 * total**-1.5
        by_b = -s / 2 * total**-1.5 * (1 + 2 * f**2 * b)
        expected = np.sqrt(np.sum(np.square([by_s, *by_b]) * variances))
        assert row[f"fom_{sample}"] == pytest.approx(s / np.sqrt(total), rel=1e-12)
        assert row[f"fom_uncertainty_{sample}"] == pytest.approx(expected, rel=1e-5)
