"""What a variation changes: against shifted Gaussians, sums by hand and resampled events."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from winnow.errors import ConfigError
from winnow.statistics.kinds import kinds_of
from winnow.statistics.selection import SelectionSettings
from winnow.statistics.variations import (
    beside,
    bin_table,
    changes,
    cut_table,
    paired,
    score_histograms,
    variation_tables,
)
from winnow.statistics.yields import YieldSettings, yield_weights

CLASSES = ("background", "signal")
FRACTIONS = {"train": 0.5, "validation": 0.25, "test": 0.25}
EDGES = np.array([0.0, 0.4, 0.7, 1.0])


def settings(**own):
    yields = {"luminosity": 2.0, "fractions": FRACTIONS} | own.pop("yields", {})
    return SelectionSettings(YieldSettings(CLASSES, "signal", **yields), **own)


def events(scores, process="top", sample="test", weight=1.0, first=0, source="a"):
    label = CLASSES.index("signal") if process.startswith("higgs") else 0
    scores = np.asarray(scores, np.float32)
    return pd.DataFrame(
        {
            "source": source,
            "row": first + np.arange(scores.size),
            "sample": sample,
            "class": np.int8(label),
            "process": process,
            "weight": np.broadcast_to(weight, scores.shape).astype(float),
            "score_signal": scores,
            "score_background": 1 - scores,
        }
    )


def study(*tables):
    """Test events, and one of each class in the other samples."""
    others = [
        events([0.5], process, sample, first=100 * (n + 1), source=process)
        for n, sample in enumerate(("train", "validation"))
        for process in ("top", "higgs")
    ]
    return pd.concat([*others, *tables], ignore_index=True)


def row(table, process="top", counts_as=None):
    own = table[table["process"] == process]
    return (own if counts_as is None else own[own["counts_as"] == counts_as]).iloc[0]


def test_a_shifted_gaussian_has_the_yield_of_the_normal_distribution():
    """A score of Φ(x), x shifted by 0.2: what passes 0.8 is 1 - Φ(Φ⁻¹(0.8) - 0.2)."""
    x = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    nominal = study(events(norm.cdf(x)), events([0.9], "higgs", first=10**6))
    shifted = pd.concat([events(norm.cdf(x + 0.2)), events([0.9], "higgs", first=10**6)])
    own = row(cut_table(paired(nominal, shifted, settings()), 0.8))
    expected = norm.sf(norm.ppf(0.8) - 0.2)
    assert own["efficiency_nominal"] == pytest.approx(0.2, abs=1e-5)
    assert own["efficiency_shifted"] == pytest.approx(expected, abs=1e-4)
    assert own["relative_shift"] == pytest.approx(expected / 0.2 - 1, abs=1e-3)
    # each counts luminosity / fraction = 8; those that moved are all that is uncertain
    moved = 200_000 * (expected - 0.2)
    assert own["entries_moved"] == pytest.approx(moved, rel=1e-3)
    assert own["shift_uncertainty"] == pytest.approx(8 * np.sqrt(moved), rel=1e-3)
    assert own["shift_uncertainty"] < 0.6 * own["yield_nominal_uncertainty"]


def test_uncertainties_are_those_of_events_drawn_again():
    """Poisson bootstrap of the same events before and after."""
    generator = np.random.default_rng(3)
    before = generator.beta(2, 2, 3000)
    after = np.clip(before + generator.normal(0.05, 0.05, 3000), 0, 1)
    weights = generator.uniform(0.5, 1.5, (2, 3000)) * np.where(before < 0.1, -1, 1)
    cells = np.stack([np.where(own > 0.6, 0, -1) for own in (before, after)])
    found = changes(cells, weights, 1)
    times = generator.poisson(1.0, (4000, 3000))
    sums = [times @ np.where(cell == 0, own, 0) for cell, own in zip(cells, weights, strict=True)]
    shift, relative = sums[1] - sums[0], sums[1] / sums[0] - 1
    assert np.sqrt(found.shift_variance[0]) == pytest.approx(shift.std(), rel=0.05)
    assert found.relative_uncertainty[0] == pytest.approx(relative.std(), rel=0.05)
    assert found.shift[0] == pytest.approx(shift.mean(), abs=4 * shift.std() / np.sqrt(4000))


def test_nothing_that_changes_is_nothing_to_the_last_bit():
    generator = np.random.default_rng(1)
    own = events(generator.random(500), weight=generator.normal(1, 1, 500))
    signal = events(generator.random(80), "higgs", first=1000, weight=0.1)
    nominal = study(own, signal)
    tables = variation_tables(
        nominal,
        [("none", "up", pd.concat([signal, own]))],
        settings(yields={"total_yield": {"signal": 3.0}}),
        0.55,
        (EDGES, EDGES),
    )
    at_cut, bins, drawn = tables
    assert (at_cut[["shift", "shift_uncertainty", "relative_shift"]] == 0).all(axis=None)
    assert (at_cut["entries_moved"] == 0).all()
    assert (bins["shift"] == 0).all()
    assert (drawn["ratio"] == 1).all()
    assert (drawn["ratio_uncertainty"] == 0).all()
    for table in tables:
        assert table[["variation", "direction"]].drop_duplicates().to_numpy().tolist() == [
            ["none", "up"]
        ]


def test_a_common_factor_is_known_exactly():
    own = events([0.2, 0.6, 0.9, 0.7], weight=[1.0, 2.0, -0.5, 3.0])
    higgs = events([0.8], "higgs", first=10)
    shifted = pd.concat([own.assign(weight=1.25 * own["weight"]), higgs])
    found = row(cut_table(paired(study(own, higgs), shifted, settings()), 0.5))
    assert found["yield_nominal"] == pytest.approx(8 * 4.5)
    assert found["relative_shift"] == 0.25
    assert found["relative_shift_uncertainty"] == 0
    assert found["shift_uncertainty"] == pytest.approx(8 * 0.25 * np.sqrt(4 + 0.25 + 9))


def test_events_come_and_go_with_the_selection():
    """Row 0 is cut by the shift, rows 7 and 8 are let in by it, of a process that had no event."""
    own, higgs = events([0.9, 0.8, 0.2]), events([0.8], "higgs", first=10)
    new = [events([0.95], first=7), events([0.7], "zjets", first=8), higgs]
    pairs = paired(study(own, higgs), pd.concat([own[1:], *new]), settings())
    table = cut_table(pairs, 0.5)
    top, zjets = row(table), row(table, "zjets")
    assert top[["entries_nominal", "entries_shifted", "entries_moved"]].tolist() == [2, 2, 2]
    assert top["shift"] == 0
    assert top["shift_uncertainty"] == pytest.approx(8 * np.sqrt(2))
    assert zjets[["yield_nominal", "yield_shifted"]].tolist() == [0, 8]
    assert np.isnan(zjets["relative_shift"])
    whole = row(table, "all", "background")
    assert whole[["yield_nominal", "yield_shifted"]].tolist() == [16, 24]
    assert row(table, "all", "signal")["yield_shifted"] == 8
    assert len(table) == 5


def test_totals_stay_those_of_the_nominal_events():
    """A class that is given a total: what the shift loses is lost."""
    own, higgs = events([0.9, 0.9]), events([0.9] * 4, "higgs", first=10)
    given = settings(yields={"total_yield": {"signal": 100.0}})
    pairs = paired(study(own, higgs), pd.concat([own, higgs[1:]]), given)
    found = row(cut_table(pairs, 0.5), "higgs")
    assert found[["yield_nominal", "yield_shifted"]].tolist() == [100.0, 75.0]
    assert found["efficiency_shifted"] == 1.0


@pytest.mark.parametrize("factors", [None, {"train": 3.0, "validation": 3.0, "test": 3.0}])
def test_samples_that_files_bring_count_as_in_all_yields(factors):
    own = events([0.9, 0.8, 0.3], source="split")
    more = events([0.6, 0.9], first=50, weight=2.0)
    higgs = events([0.8], "higgs", first=10)
    trained = events([0.1] * 4, sample="train", source="split", first=60)
    nominal = study(own, more, higgs, trained)
    given = settings(yields={"split_sources": ("split",), "split_factors": factors})
    pairs = paired(nominal, pd.concat([own, more, higgs]), given)
    kinds = kinds_of(nominal, CLASSES, ("split",))
    weight = yield_weights(kinds, nominal["weight"].to_numpy(), given.yields)
    top = kinds.inside("test") & (nominal["process"] == "top").to_numpy()
    whole = cut_table(pairs, np.nan)
    assert row(whole)["yield_nominal"] == pytest.approx(weight[top].sum())
    assert row(whole)["shift"] == 0


def test_only_what_counts_is_counted():
    """Signal of another process is neither; an event whose largest score is another's is out."""
    own = events([0.9, 0.3])
    higgs, other = events([0.8], "higgs", first=10), events([0.9], "higgs2", first=20)
    given = settings(signal=("higgs",), selection="largest_score")
    shifted = pd.concat([own, higgs, other])
    pairs = paired(study(own, higgs, other), shifted, given)
    table = cut_table(pairs, 0.1)
    assert row(table)["yield_nominal"] == 8
    assert row(table, "higgs2")["counts_as"] == "neither"
    assert row(table, "all", "signal")["yield_nominal"] == 8
    assert set(bin_table(pairs, EDGES)["process"]) == {"top", "higgs"}
    assert "neither" not in set(score_histograms(pairs, EDGES)["counts_as"])
    with pytest.raises(ConfigError, match="'ttH' fits no process"):
        paired(study(own, higgs), shifted, settings(signal=("ttH",)))


def test_bins_hold_what_moves_between_them():
    own, higgs = events([0.1, 0.5, 0.5, 0.8], weight=[1, 2, 3, 4]), events([1.0], "higgs", first=9)
    shifted = pd.concat([events([0.1, 0.75, 0.5, 0.3], weight=[1, 2, 3, 4]), higgs])
    pairs = paired(study(own, higgs), shifted, settings())
    table = bin_table(pairs, EDGES)
    top = table[table["process"] == "top"]
    assert top["yield"].tolist() == [40.0, 24.0, 16.0]
    assert top["shift"].tolist() == [32.0, -16.0, -16.0]
    assert top["uncertainty"].tolist() == pytest.approx([8 * np.sqrt(17), 24.0, 16.0])
    assert table[table["process"] == "higgs"]["yield"].tolist() == [0, 0, 8]
    drawn = score_histograms(pairs, EDGES)
    background = drawn[drawn["counts_as"] == "background"]
    assert background["nominal"].tolist() == [8.0, 40.0, 32.0]
    assert background["shifted"].tolist() == [40.0, 24.0, 16.0]
    # (1 - 5·1)² + 4² over 1² ; (3 - 0.6·3)² + (0.6·2)² over 5² ; (0.5·4)² + 2² over 4²
    assert background["ratio_uncertainty"].tolist() == pytest.approx(
        [np.sqrt(32), np.sqrt(1.44 + 1.44) / 5, np.sqrt(8) / 4]
    )


def test_without_a_cut_or_bins_all_events_count():
    own, higgs = events([0.1, 0.9]), events([0.5], "higgs", first=9)
    pairs = paired(study(own, higgs), pd.concat([own, higgs]), settings())
    found = row(cut_table(pairs, np.nan))
    assert found["yield_nominal"] == 16
    assert found["efficiency_nominal"] == 1
    assert bin_table(pairs, np.empty(0)).empty


def test_a_sample_of_its_own_stands_for_its_processes_alone():
    """Events of other files are other events, so that both count in the uncertainty."""
    top, zjets = events([0.9, 0.9, 0.2]), events([0.8], "zjets", first=5)
    higgs = events([0.9], "higgs", first=9)
    nominal = study(top, zjets, higgs)
    own = events([0.9, 0.7, 0.6, 0.1], weight=2.0, source="tune-up-a")
    table = cut_table(paired(nominal, beside(nominal, own), settings()), 0.5)
    found = row(table)
    assert found[["entries_nominal", "entries_shifted", "entries_moved"]].tolist() == [2, 3, 5]
    assert found["shift"] == pytest.approx(8 * (6 - 2))
    assert found["shift_uncertainty"] == pytest.approx(8 * np.sqrt(2 + 3 * 4))
    for process in ("zjets", "higgs"):
        assert row(table, process)[["shift", "shift_uncertainty"]].tolist() == [0, 0]
