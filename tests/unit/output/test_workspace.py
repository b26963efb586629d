"""Histograms and workspaces of fits: against pyhf, and against the binned reading."""

import json

import numpy as np
import pandas as pd
import pyhf
import pytest
import uproot

from winnow.errors import DataError
from winnow.output.workspace import expected, fit_bins, histograms, workspace
from winnow.statistics.likelihood import discovery_significance
from winnow.statistics.significance import asimov

SIGNAL = [5.0, 20.0, 40.0]
TOP = [200.0, 80.0, 10.0]
OTHER = [100.0, 30.0, 8.0]
SYSTEMATIC = {"top": 0.1, "default": 0.2}


def rows(process, values, share=0.05, label=None):
    values, bins = np.array(values), len(values)
    edges = np.linspace(0, 1, bins + 1)
    return pd.DataFrame(
        {
            "sample": "test",
            "bin": range(bins),
            "low": edges[:-1],
            "high": edges[1:],
            "process": process,
            "class": label or ("signal" if process == "higgs" else "background"),
            "is_signal": process == "higgs",
            "yield": values,
            "uncertainty": share * np.abs(values),
            "entries": 100,
        }
    )


def table(signal=SIGNAL, top=TOP, other=OTHER, share=0.05):
    parts = [rows("top", top, share), rows("higgs", signal, share), rows("other", other, share)]
    train = [part.assign(sample="train", **{"yield": 1e6}) for part in parts]
    return pd.concat([*parts, *train], ignore_index=True)


def test_the_workspace_is_valid_and_holds_every_process():
    spec = workspace(fit_bins(table()), SYSTEMATIC)
    pyhf.schema.validate(spec, "workspace.json")
    own = pyhf.Workspace(json.loads(json.dumps(spec)))
    assert own.samples == ["higgs", "other", "top"]
    assert own.model().config.poi_name == "mu"
    assert own.data(own.model(), include_auxdata=False) == pytest.approx(
        np.sum([SIGNAL, TOP, OTHER], axis=0)
    )
    names = {name for name, _ in own.modifiers}
    assert names == {"mu", "systematic_top", "systematic_default", "staterror_score"}


@pytest.mark.parametrize("systematic", [0.0, 0.3, SYSTEMATIC])
def test_many_bins_are_expected_as_the_binned_reading_says(systematic):
    """Poisson's constraint of the simulation there, Gauss' here: alike where it is known to 5 %."""
    found = expected(workspace(fit_bins(table()), systematic))["significance"]
    groups = np.array([[TOP, OTHER]])
    shares = [0.1, 0.2] if systematic == SYSTEMATIC else [systematic]
    if systematic != SYSTEMATIC:
        groups = groups.sum(axis=1, keepdims=True)
    variance = (0.05 * np.array([TOP])) ** 2 + (0.05 * np.array([OTHER])) ** 2
    own = discovery_significance(np.array([SIGNAL]), groups, np.array(shares), variance)
    assert found == pytest.approx(own[0], rel=1e-3)


def test_one_bin_without_uncertainty_is_cowans_formula():
    one = pd.concat([rows("higgs", [50.0], 0.0), rows("top", [100.0], 0.0)])
    found = expected(workspace(fit_bins(one), 0.0))
    assert found["significance"] == pytest.approx(float(asimov([50], 100, 0)[0]), rel=1e-6)
    # s = 50 on b = 100: about 1.64 √b / s and a little more, as CLs has it
    assert 0.33 < found["upper_limit"] < 0.45


def test_pyhfs_shapesys_of_one_bin_is_the_designs_formula():
    """golden: s 50, b 100, σ 7 → 3.7195"""
    spec = workspace(fit_bins(pd.concat([rows("higgs", [50.0], 0), rows("top", [100.0], 0)])), 0.0)
    background = spec["channels"][0]["samples"][1]
    background["modifiers"] = [{"name": "b", "type": "shapesys", "data": [7.0]}]
    assert expected(spec)["significance"] == pytest.approx(float(asimov([50], 100, 7)[0]), rel=1e-6)


def test_the_limit_scales_with_the_signal():
    limits = [
        expected(workspace(fit_bins(table(signal=scale * np.array(SIGNAL))), 0.1))["upper_limit"]
        for scale in (1.0, 0.01)
    ]
    assert limits[1] == pytest.approx(100 * limits[0], rel=0.02)


@pytest.mark.parametrize(
    ("top", "edges", "sums"),
    [
        ([200.0, -5.0, 10.0], [0, 2 / 3, 1], [195.0, 10.0]),
        ([-5.0, 80.0, 10.0], [0, 2 / 3, 1], [75.0, 10.0]),
        ([200.0, -5.0, -10.0], [0, 1], [185.0]),
        ([200.0, 80.0, 10.0], [0, 1 / 3, 2 / 3, 1], [200.0, 80.0, 10.0]),
    ],
)
def test_a_negative_bin_is_joined_with_a_neighbour(top, edges, sums):
    binned = fit_bins(table(top=top))
    assert binned.edges == pytest.approx(edges)
    own = next(one for one in binned.yields if one.process == "top")
    assert own.sums == pytest.approx(sums)
    assert binned.merged == 4 - len(edges)
    assert own.variances.sum() == pytest.approx(np.square(0.05 * np.array(top)).sum())


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(DataError, match="process 'top' is -10 in all bins"):
        fit_bins(table(top=[0.0, -5.0, -5.0]))
    with pytest.raises(DataError, match="found 0 processes of signal and 1"):
        fit_bins(rows("top", TOP))


def test_root_histograms_carry_weights_and_their_squares(tmp_path):
    with uproot.recreate(tmp_path / "h.root") as file:
        for name, own in histograms(fit_bins(table())).items():
            file[name] = own
    with uproot.open(tmp_path / "h.root") as file:
        assert file["top"].values() == pytest.approx(TOP)
        assert file["top"].errors() == pytest.approx(0.05 * np.array(TOP))
        assert file["data_expected"].values() == pytest.approx(np.sum([SIGNAL, TOP, OTHER], axis=0))
        assert file["top"].axis().edges() == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_a_process_of_two_classes_is_two_samples():
    parts = [rows("higgs", SIGNAL), rows("top", TOP), rows("top", OTHER, label="tagged")]
    binned = fit_bins(pd.concat(parts))
    assert [one.process for one in binned.yields] == ["higgs", "top background", "top tagged"]


def shift(variation, direction, process, values, share=0.05):
    """What a variation adds to a process."""
    own = rows(process, values, share)
    named = {"variation": variation, "direction": direction, "shift": own["yield"]}
    return own.assign(**named).drop(columns=["sample", "is_signal", "entries"])


def shapes(spec, process):
    """Variation → hi and lo of a process."""
    samples = {own["name"]: own["modifiers"] for own in spec["channels"][0]["samples"]}
    return {
        own["name"]: (own["data"]["hi_data"], own["data"]["lo_data"])
        for own in samples[process]
        if own["type"] == "histosys"
    }


def test_a_variation_is_one_shape_of_all_that_it_moves():
    shifted = pd.concat(
        [
            shift("jes", "up", "top", [-10.0, 5.0, 5.0]),
            shift("jes", "down", "top", [12.0, -6.0, -20.0]),
            shift("jes", "up", "higgs", [1.0, 2.0, 4.0]),
            shift("jes", "down", "higgs", [-1.0, -2.0, -4.0]),
            shift("jes", "up", "other", [0.0, 0.0, 0.0]),
            shift("jes", "down", "other", [0.0, 0.0, 0.0]),
            shift("tune", "down", "other", [-10.0, 0.0, 10.0]),
            shift("rate", "up", "higgs", [1.0, -3.0, 5.0]),
        ]
    )
    spec = workspace(fit_bins(table(), shifted), SYSTEMATIC)
    pyhf.schema.validate(spec, "workspace.json")
    # no bin below 0
    assert shapes(spec, "top") == {"jes": ([190.0, 85.0, 15.0], [212.0, 74.0, 0.0])}
    # what has one direction alone is mirrored; what does not move has no shape
    assert shapes(spec, "higgs") == {
        "jes": ([6.0, 22.0, 44.0], [4.0, 18.0, 36.0]),
        "rate": ([6.0, 17.0, 45.0], [4.0, 23.0, 35.0]),
    }
    assert shapes(spec, "other") == {"tune": ([110.0, 30.0, 0.0], [90.0, 30.0, 18.0])}
    model = pyhf.Workspace(spec).model()
    # correlated over processes: one parameter each
    assert {"jes", "tune"} <= set(model.config.parameters)
    assert model.config.par_slice("jes").stop - model.config.par_slice("jes").start == 1
    moved = np.array(model.config.suggested_init())
    moved[model.config.par_slice("jes")] = 1.0
    found = model.expected_data(moved, include_auxdata=False)
    assert found == pytest.approx([6 + 190 + 100, 22 + 85 + 30, 44 + 15 + 8])


def test_a_variation_that_moves_nothing_costs_nothing_and_one_that_does_costs_something():
    plain = expected(workspace(fit_bins(table()), 0.05))
    nothing = shift("none", "up", "top", [0.0, 0.0, 0.0])
    assert expected(workspace(fit_bins(table(), nothing), 0.05)) == plain
    # background that moves as the signal would
    alike = shift("like", "up", "top", [2.0, 8.0, 8.0])
    assert (
        expected(workspace(fit_bins(table(), alike), 0.05))["significance"]
        < 0.9 * plain["significance"]
    )


def test_a_shape_that_moves_all_background_alike_is_a_systematic():
    """A small one: lines through hi and lo here, powers of the factors there."""
    parts = [
        shift("rate", direction, process, sign * 0.02 * np.array(values))
        for direction, sign in (("up", 1), ("down", -1))
        for process, values in (("top", TOP), ("other", OTHER))
    ]
    found = expected(workspace(fit_bins(table(), pd.concat(parts)), 0.0))
    normsys = expected(workspace(fit_bins(table()), 0.02))
    assert found["significance"] == pytest.approx(normsys["significance"], rel=1e-3)
    assert found["upper_limit"] == pytest.approx(normsys["upper_limit"], rel=2e-3)


def test_shifted_bins_are_joined_with_the_nominal_ones():
    shifted = shift("jes", "up", "top", [-10.0, 5.0, 4.0])
    binned = fit_bins(table(top=[200.0, -5.0, 10.0]), shifted)
    top = next(one for one in binned.yields if one.process == "top")
    shift_of, variances = top.shifts["jes", "up"]
    assert shift_of == pytest.approx([-5.0, 4.0])
    assert variances == pytest.approx([0.05**2 * 125, 0.05**2 * 16])


def test_root_histograms_have_the_shifted_ones_beside(tmp_path):
    shifted = pd.concat(
        [shift("jes", "up", "top", [1.0, 2.0, 3.0]), shift("jes", "down", "top", [-1.0, 0.0, 1.0])]
    )
    with uproot.recreate(tmp_path / "h.root") as file:
        for name, own in histograms(fit_bins(table(), shifted)).items():
            file[name] = own
    with uproot.open(tmp_path / "h.root") as file:
        assert file["top_jesUp"].values() == pytest.approx([201.0, 82.0, 13.0])
        assert file["top_jesUp"].errors() == pytest.approx([0.05, 0.1, 0.15])
        assert file["top_jesDown"].values() == pytest.approx([199.0, 80.0, 11.0])
        assert "other_jesUp" not in file
        assert file["data_expected"].values() == pytest.approx(np.sum([SIGNAL, TOP, OTHER], axis=0))
