"""The binned reading: where bins end, what they hold, and how their significances add up."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import StepPatch

from winnow.columns import SAMPLES
from winnow.errors import ConfigError, DataError
from winnow.figures import style
from winnow.figures.binned import binned
from winnow.statistics.binned import binned_tables, joint
from winnow.statistics.binning import (
    BinnedSettings,
    bin_of,
    binning,
    equal_signal_edges,
    fixed_edges,
    merge_bins,
)
from winnow.statistics.counting import CountedEvents, at_cuts, scan
from winnow.statistics.kinds import kinds_of
from winnow.statistics.likelihood import discovery_significance
from winnow.statistics.merit import figure_of_merit, fom_uncertainty
from winnow.statistics.selection import ROLES, Selected
from winnow.statistics.significance import DEFINITIONS, asimov, asimov_no_systematic
from winnow.statistics.yields import process_yields

NAMES = ("signal", "background")
PROCESSES = ("H", "tt", "Z")
CUT = 0.5
FRACTIONS = np.array([0.1])


def settings(**changes):
    return BinnedSettings(**({"min_background_entries": 0} | changes))


def drawing(yields, bins, summary, *names):
    """Return the figure, with a figure of merit of one cut of 1.5 ± 0.25."""
    return binned(yields, bins, summary.assign(one_cut=1.5, one_cut_uncertainty=0.25), *names)


def read(scores, events, fractions=(0.1,), **changes):
    return binned_tables(selected(scores, events, fractions), settings(**changes))


def selected(scores, events, fractions):
    """Return events of which all of the first class are signal, whatever their process."""
    kinds = kinds_of(scores, NAMES)
    roles = np.zeros(kinds.shape[1:], np.int8)
    roles[1] = ROLES.index("background")
    passed = np.ones(len(scores), bool)
    role = kinds.looked_up(roles)
    return Selected(kinds, roles, role, passed, events, np.asarray(fractions))


def make(sample, label, process, score, weight):
    """Return scores and events; every background process is a systematic group, tt the first."""
    scores = pd.DataFrame(
        {
            "sample": pd.Categorical(sample),
            "class": np.asarray(label, np.int8),
            "process": pd.Categorical(process),
        }
    )
    events = CountedEvents(
        np.asarray(score, np.float32),
        np.asarray(label) == 0,
        np.asarray(weight, np.float64),
        (np.asarray(process) == "Z").astype(np.intp),
        np.ones(len(scores), bool),
    )
    return scores, events


def joined(events):
    """Return the events with one systematic group."""
    return replace(events, group=np.zeros_like(events.group))


@pytest.fixture
def toy():
    generator = np.random.default_rng(11)
    size = 12_000
    label = (generator.random(size) < 0.7).astype(np.int8)
    score = 1 / (1 + np.exp(-generator.normal(size=size) - 1.5 * (label == 0)))
    return make(
        generator.choice(SAMPLES, size, p=[0.5, 0.25, 0.25]),
        label,
        np.where(label == 0, "H", np.where(generator.random(size) < 0.4, "tt", "Z")),
        np.round(score, 3),
        generator.normal(1.0, 0.7, size) * np.where(label == 0, 0.01, 1.0),
    )


def test_one_bin_above_a_cut_is_the_one_cut_figure_of_merit(toy):
    scores, events = toy
    _, bins, summary = read(scores, joined(events), edges=(CUT, 1.0))
    for sample in SAMPLES:
        inside = (scores["sample"] == sample).to_numpy()
        counts = scan(events.score[inside], events.is_signal[inside], events.weight[inside])
        at = at_cuts(counts, [CUT])
        row = bins[bins["sample"] == sample].iloc[0]
        assert (row["s_entries"], row["b_entries"]) == (at.s_entries[0], at.b_entries[0])
        assert row["sigma"] == pytest.approx(0.1 * at.b[0], rel=1e-12)
        for name, definition in DEFINITIONS.items():
            if name == "asimov":  # a likelihood, see test_likelihood
                continue
            (found,) = summary[
                (summary["sample"] == sample) & (summary["definition"] == name)
            ].itertuples()
            value = figure_of_merit(definition, at.s, at.background, FRACTIONS)[0]
            assert found.binned == pytest.approx(value, rel=1e-10)
            # Differences of two values near 1 with a step of 1e-4 hold some ten digits.
            error = fom_uncertainty(definition, at, FRACTIONS)[0]
            assert found.uncertainty == pytest.approx(error, rel=1e-7)
            assert found.entries_outside == np.count_nonzero(events.score[inside] < CUT)


@pytest.mark.parametrize("statistics", [True, False])
def test_the_asimov_significance_of_bins_is_that_of_their_likelihood(toy, statistics):
    scores, events = toy
    asked = {"count": 6, "fractions": (0.1, 0.2), "simulation_statistics": statistics}
    _, bins, summary = read(scores, events, **asked)
    for sample in SAMPLES:
        inside = (scores["sample"] == sample).to_numpy()
        index = bin_of(events.score[inside], np.append(bins["low"].unique(), 1.0))
        part = events.of(inside)
        s, first, second = (
            np.bincount(index[chosen], part.weight[chosen], minlength=bins["bin"].nunique())
            for chosen in (
                part.is_signal,
                ~part.is_signal & (part.group == 0),
                ~part.is_signal & (part.group == 1),
            )
        )
        variance = np.bincount(
            index[~part.is_signal], part.weight[~part.is_signal] ** 2, minlength=s.size
        )
        background = np.stack([first, second])
        expected = discovery_significance(
            s, background, np.array([0.1, 0.2]), variance if statistics else None
        )
        (row,) = summary[
            (summary["sample"] == sample) & (summary["definition"] == "asimov")
        ].itertuples()
        assert row.binned == pytest.approx(float(expected), rel=1e-9)
        assert 0 < row.uncertainty < row.binned


def test_binning_without_shape_brings_nothing(toy):
    """One systematic moves all bins together: more bins of a flat score are worth no more."""
    edges = np.linspace(0, 1, 51)
    sample = np.repeat(SAMPLES, 100)
    score = np.tile(np.repeat((edges[1:] + edges[:-1]) / 2, 2), 3)
    scores, events = make(sample, [0, 1] * 150, ["H", "tt"] * 150, score, [2.0, 20.0] * 150)
    for count in (1, 2, 10, 50):
        asked = {"count": count, "kind": "equal_width", "simulation_statistics": False}
        summary = read(scores, joined(events), fractions=(0.2,), **asked)[2]
        rows = summary.set_index(["definition", "sample"])["binned"]
        # 0.506 by pyhf, HistFactory's normalisation; √(s²/(s + b + σ²)) in the Gaussian limit
        assert rows["asimov", "test"] == pytest.approx(0.506, abs=5e-4)
        gaussian = 100 / np.sqrt(100 + 1000 + 200**2)
        assert rows["s_over_sqrt_s_plus_b_sigma2", "test"] == pytest.approx(gaussian, rel=1e-9)


def test_independent_bins_add_in_quadrature():
    # Cowan 2012, eq. (20) at s = 50, b = 100, σ = 7 of the simulation's own: Z = 3.7195 a bin.
    weight = np.array([50.0, 49.0, 51.0] * 2)
    sample, label = np.repeat(SAMPLES, 6), [0, 1, 1] * 6
    scores, events = make(
        sample, label, ["H", "tt", "tt"] * 6, [0.2, 0.3, 0.3, 0.8, 0.7, 0.7] * 3, np.tile(weight, 3)
    )
    _, bins, summary = read(scores, events, fractions=(0.0, 0.0), kind="equal_width", count=2)
    rows = summary.set_index(["definition", "sample"])
    variance = 49.0**2 + 51.0**2
    one = float(asimov(50, 100, np.sqrt(variance)))
    assert rows.loc[("asimov", "test"), "binned"] == pytest.approx(np.sqrt(2) * one, rel=1e-9)
    two = bins[bins["sample"] == "test"]["asimov_no_systematic"].to_numpy()
    found = rows.loc[("asimov_no_systematic", "test"), "binned"]
    assert found == pytest.approx(np.hypot(*two), rel=1e-12)
    assert (summary["bins"] == 2).all()
    assert (summary["undefined_bins"] == "").all()


positive = st.floats(1e-3, 1e5)


@given(st.lists(st.tuples(positive, positive), min_size=2, max_size=6))
def test_splitting_bins_never_lowers_the_significance_without_systematic(parts):
    # Z² = 2b φ(s/b) with φ(r) = (1+r)ln(1+r) − r convex: as a perspective function it is convex
    # and of degree one, so that Z²(Σs, Σb) <= ΣZ²(s, b).
    s, b = np.array(parts).T
    definition = DEFINITIONS["asimov_no_systematic"]
    split = float(joint(definition, s, b[np.newaxis], np.zeros(1), None))
    whole = float(asimov_no_systematic(s.sum(), b.sum()))
    assert split >= whole * (1 - 1e-12)


def test_yields_are_numpy_histograms(toy):
    scores, events = toy
    edges = (0.0, 0.1, 0.45, 0.8, 1.0)
    yields, bins, _ = read(scores, events, edges=edges, fractions=(0.1, 0.2))
    assert list(yields.columns[:6]) == ["sample", "bin", "low", "high", "process", "class"]
    assert len(yields) == 3 * 3 * 4
    assert list(yields["sample"].unique()) == list(SAMPLES)
    for (sample, process), part in yields.groupby(["sample", "process"]):
        inside = ((scores["sample"] == sample) & (scores["process"] == process)).to_numpy()
        score, weight = events.score[inside].astype(float), events.weight[inside]
        np.testing.assert_allclose(part["yield"], np.histogram(score, edges, weights=weight)[0])
        variance = np.histogram(score, edges, weights=weight**2)[0]
        np.testing.assert_allclose(part["uncertainty"], np.sqrt(variance))
        np.testing.assert_array_equal(part["entries"], np.histogram(score, edges)[0])
        assert part["low"].tolist() == list(edges[:-1])
        assert part["high"].tolist() == list(edges[1:])
        assert set(part["class"]) == {"signal" if process == "H" else "background"}
        assert set(part["is_signal"]) == {process == "H"}
    for (sample, number), part in yields.groupby(["sample", "bin"]):
        row = bins[(bins["sample"] == sample) & (bins["bin"] == number)].iloc[0]
        values = part.set_index("process")["yield"]
        assert row["s"] == pytest.approx(values["H"], rel=1e-12)
        assert row["b"] == pytest.approx(values["tt"] + values["Z"], rel=1e-12)
        assert row["sigma"] == pytest.approx(np.hypot(0.1 * values["tt"], 0.2 * values["Z"]))
        background = part[~part["is_signal"]]
        error = np.sqrt((background["uncertainty"] ** 2).sum())
        assert row["b_uncertainty"] == pytest.approx(error)
        assert row["b_entries"] == background["entries"].sum()


def test_events_that_do_not_count_might_not_be_there(toy):
    scores, events = toy
    counted = np.random.default_rng(5).random(len(scores)) < 0.6
    asked = {"count": 12, "min_background_entries": 40, "fractions": (0.1, 0.2)}
    found = read(scores, replace(events, counted=counted), **asked)
    expected = read(scores[counted], events.of(counted), **asked)
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_bins_from_0_to_1_hold_the_whole_yield(toy):
    scores, events = toy
    yields, _, summary = read(scores, joined(events), count=7)
    keys = ["sample", "class", "process"]
    summed = yields.groupby(keys)[["yield", "entries"]].sum()
    whole = process_yields(kinds_of(scores, NAMES), events.weight).set_index(keys)
    np.testing.assert_allclose(summed["yield"], whole.loc[summed.index, "yield"])
    np.testing.assert_array_equal(summed["entries"], whole.loc[summed.index, "entries"])
    assert (summary["entries_outside"] == 0).all()


def test_a_score_on_an_edge_belongs_above_it():
    edges = np.array([0.0, 0.5, 1.0])
    found = bin_of(np.array([-0.1, 0.0, 0.49, 0.5, 1.0, 1.1]), edges)
    assert found.tolist() == [-1, 0, 0, 1, 1, -1]


@pytest.mark.parametrize("count", [1, 2, 5, 13])
def test_equal_signal_bins_differ_by_one_weight_at_most(count):
    generator = np.random.default_rng(2)
    score = generator.beta(4, 2, 4000).astype(np.float32)
    # Distinct scores; a tenth of the weights negative.
    score = np.unique(score)
    weight = generator.exponential(size=score.size)
    weight *= np.where(generator.random(score.size) < 0.1, -0.3, 1.0)
    edges = equal_signal_edges(score, weight, count)
    assert (edges[0], edges[-1], edges.size) == (0.0, 1.0, count + 1)
    above = np.cumsum(np.histogram(score.astype(float), edges, weights=weight)[0][::-1])
    # Each edge passes its share from above by less than the event that stands on it.
    excess = above - weight.sum() * np.arange(1, count + 1) / count
    assert excess.min() > -1e-9
    assert excess.max() < weight.max()
    standing = weight[np.searchsorted(score, edges[1:-1])][::-1]
    assert (excess[:-1] < standing).all()


def test_equal_signal_bins_never_split_equal_scores():
    score = np.repeat(np.float32([0.25, 0.5, 1.0]), [1, 1, 8])
    edges = equal_signal_edges(score, np.ones(10), 5)
    # The score 1 holds four of the five shares: the bins below it are what is left.
    assert edges.tolist() == [0.0, 1.0]
    assert equal_signal_edges(score, np.ones(10), 10).tolist() == [0.0, 0.5, 1.0]


def test_a_share_that_is_reached_twice_ends_at_the_higher_score():
    # From above 3, 1, 4, 6: half of 6 is reached at 0.875, lost again and reached at 0.625.
    score = np.float32([0.875, 0.75, 0.625, 0.5])
    assert equal_signal_edges(score, np.array([3.0, -2.0, 3.0, 2.0]), 2).tolist() == [0, 0.875, 1]


def test_equal_signal_needs_signal(toy, tmp_path):
    assert equal_signal_edges(np.float32([0.1, 0.2]), np.array([1.0, -2.0]), 3).size == 0
    assert equal_signal_edges(np.empty(0, np.float32), np.empty(0), 3).size == 0
    scores, events = toy
    full = read(scores, joined(events))
    lost = replace(joined(events), weight=np.where(events.is_signal, -1.0, events.weight))
    *_, summary = tables = read(scores, lost)
    for empty, filled in zip(tables[:2], full[:2], strict=True):
        assert empty.empty
        assert list(empty.columns) == list(filled.columns)
    assert list(summary.columns) == list(full[2].columns)
    assert len(summary) == len(full[2])
    assert summary[["binned", "uncertainty"]].isna().all(axis=None)
    assert (summary["bins"] == 0).all()
    figure = drawing(*tables, "asimov", "title", "label")
    (text,) = figure.axes[0].texts
    assert text.get_text().startswith("no bins: the signal")
    style.save(figure, tmp_path / "a.png", tmp_path / "a.pdf")
    # Other bins need no signal.
    assert len(read(scores, lost, kind="equal_width")[1]) == 3 * 10


@pytest.mark.parametrize("edges", [(0.5,), (0.0, 0.5, 0.5), (1.0, 0.0), (0.0, np.nan)])
def test_edges_must_ascend(edges):
    with pytest.raises(ConfigError, match=r"fom\.bins\.edges: found .*low to high"):
        fixed_edges(edges)


@pytest.mark.parametrize(
    ("entries", "least", "edges"),
    [
        ([100, 60, 10, 45, 3], 50, [0, 1, 2, 5]),
        ([100, 60, 10, 45, 3], 0, [0, 1, 2, 3, 4, 5]),
        ([10, 5, 60, 70, 50], 50, [0, 3, 4, 5]),
        ([3, 0, 0, 0, 60], 50, [0, 5]),
        ([10, 9, 8, 7, 6], 50, [0, 5]),
        ([10, 9, 8, 7, 16], 50, [0, 5]),
    ],
)
def test_thin_bins_join_their_left_neighbour(entries, least, edges):
    assert merged(np.arange(6.0), entries, least).tolist() == edges


def merged(edges, entries, least):
    """Return the edges that remain of bins whose events all weigh 1."""
    counts = np.array(entries)
    return merge_bins(edges, counts, counts.astype(float), counts.astype(float), least)


def test_bins_join_until_their_effective_entries_are_enough():
    entries, sums = np.array([90, 60, 100]), np.array([90.0, 60.0, 20.0])
    # 20²/100 = 4 effective entries alone, 80²/160 = 40 with a second, 170²/250 = 116 with all.
    kept = merge_bins(np.arange(4.0), entries, sums, entries.astype(float), 50)
    assert kept.tolist() == [0, 3]
    assert merge_bins(np.arange(4.0), entries, sums, entries.astype(float), 4).size == 4
    # Bins that sum to less than 0 join, whatever their effective entries.
    kept = merge_bins(np.arange(3.0), np.array([90, 9]), np.array([90.0, -9.0]), np.ones(2), 0)
    assert kept.tolist() == [0, 2]


@given(st.lists(st.integers(0, 100), min_size=1, max_size=12), st.integers(0, 120))
def test_joined_bins_are_thick_enough_or_alone(entries, least):
    edges = np.arange(len(entries) + 1.0)
    kept = merged(edges, entries, least)
    assert set(kept) <= set(edges)
    assert (kept[0], kept[-1]) == (edges[0], edges[-1])
    assert (np.diff(kept) > 0).all()
    sums = np.add.reduceat(entries, kept[:-1].astype(int))
    assert kept.size == 2 or sums.min() >= least


def test_bins_are_made_on_validation_alone(toy):
    scores, events = toy
    asked = {"count": 20, "min_background_entries": 60}
    validation = (scores["sample"] == "validation").to_numpy()
    _, bins, _ = read(scores, joined(events), **asked)
    found = bins[bins["sample"] == "validation"]
    assert 2 < len(found) < 20
    assert found["b_entries"].min() >= 60
    assert bins["eligible"].all()
    generator = np.random.default_rng(3)
    changed = CountedEvents(
        np.where(validation, events.score, generator.random(len(scores))).astype(np.float32),
        np.where(validation, events.is_signal, generator.permutation(events.is_signal)),
        np.where(validation, events.weight, generator.permutation(events.weight)),
        np.zeros_like(events.group),
        events.counted,
    )
    _, again, _ = read(scores, changed, **asked)
    for sample in SAMPLES:
        part = again[again["sample"] == sample]
        np.testing.assert_array_equal(part["low"], found["low"])
        np.testing.assert_array_equal(part["high"], found["high"])
    pd.testing.assert_frame_equal(again[again["sample"] == "validation"], found)
    test = again["sample"] == "test"
    assert not np.allclose(again.loc[test, "b"], bins.loc[test, "b"])


def test_undefined_bins_do_not_count_and_are_listed():
    scores, events = make(
        ["validation"] * 6 + ["test"] * 5,
        [0, 1] * 3 + [0, 1, 0, 0, 1],
        ["H", "tt"] * 3 + ["H", "tt", "H", "H", "tt"],
        [0.1, 0.1, 0.5, 0.5, 0.9, 0.9, 0.1, 0.1, 0.5, 0.9, 0.9],
        [5.0, 100.0] * 3 + [5.0, 100.0, 7.0, 9.0, -3.0],
    )
    asked = {"kind": "equal_width", "count": 3, "min_background_entries": 1}
    asked |= {"fractions": (0.0,), "simulation_statistics": False}
    _, bins, summary = read(scores, joined(events), **asked)
    rows = summary[summary["definition"] == "asimov"].set_index("sample")
    assert rows.loc["validation", "undefined_bins"] == ""
    assert rows.loc["test", "undefined_bins"] == "1 2"
    assert rows.loc["train", "undefined_bins"] == "0 1 2"
    assert np.isnan(rows.loc["train", "binned"])
    test = bins[bins["sample"] == "test"]
    assert rows.loc["test", "binned"] == pytest.approx(test["asimov"].iloc[0])
    # AMS adds 10 to b: it is defined where none is left, not where it is negative.
    ams = summary[(summary["definition"] == "ams") & (summary["sample"] == "test")].iloc[0]
    assert ams["undefined_bins"] == "2"


def test_a_sample_without_enough_background_has_one_bin_that_does_not_count(toy):
    scores, events = toy
    asked = {"min_background_entries": 100_000}
    _, bins, summary = read(scores, joined(events), **asked)
    assert len(bins) == 3
    assert not bins["eligible"].any()
    assert summary["binned"].isna().all()
    assert (summary["undefined_bins"] == "0").all()


def test_the_uncertainty_is_that_of_contents_that_fluctuate(toy):
    # Two processes with unlike systematics; the contents vary as the table of yields says.
    fractions = np.array([0.05, 0.3])
    asked = {"kind": "equal_width", "count": 4, "fractions": tuple(fractions)}
    yields, _, summary = read(*toy, **asked)
    generator = np.random.default_rng(4)
    part = yields[yields["sample"] == "train"].set_index("process")
    drawn = {
        name: generator.normal(
            part.loc[name, "yield"], part.loc[name, "uncertainty"], size=(4000, 4)
        )
        for name in PROCESSES
    }
    background = np.stack([drawn["tt"], drawn["Z"]], axis=1)
    variance = sum(part.loc[name, "uncertainty"].to_numpy() ** 2 for name in ("tt", "Z"))
    for name, definition in DEFINITIONS.items():
        spread = joint(definition, drawn["H"], background, fractions, variance).std(ddof=1)
        (row,) = summary[
            (summary["definition"] == name) & (summary["sample"] == "train")
        ].itertuples()
        # Four standard errors of a standard deviation from 4000 draws.
        assert row.uncertainty == pytest.approx(spread, rel=4 / np.sqrt(8000)), name


def test_undefined_scores_are_errors(toy):
    scores, events = toy
    events.score[7] = np.nan
    with pytest.raises(DataError, match="score NaN"):
        read(scores, events)


def test_binning_counts_background_alone():
    _, events = make(
        ["validation"] * 6,
        [0, 0, 0, 0, 1, 1],
        ["H"] * 4 + ["tt"] * 2,
        [0.1, 0.6, 0.7, 0.9, 0.2, 0.8],
        np.ones(6),
    )
    asked = {"kind": "equal_width", "count": 4, "min_background_entries": 1}
    assert binning(events, settings(**asked)).tolist() == [0.0, 0.75, 1.0]


# The figure --------------------------------------------------------------------------------------


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def drawn(axes, label):
    """Return values and edges of the step curve with a label."""
    (found,) = [
        item for item in axes.patches if isinstance(item, StepPatch) and item.get_label() == label
    ]
    return found.get_data()


def test_the_figure_stacks_backgrounds_and_overlays_signal(toy):
    tables = read(*toy, kind="equal_width", count=8, fractions=(0.1, 0.1), min_background_entries=9)
    yields, bins, summary = tables
    figure = drawing(*tables, "asimov", "title", "label")
    upper, lower = figure.axes
    assert texts(figure.legends[0]) == ["Z", "tt", "H", "uncertainty (stat. and syst.)"]
    test = yields[yields["sample"] == "test"].pivot_table("yield", "bin", "process")
    values, edges, base = drawn(upper, "Z")
    np.testing.assert_allclose(base, test["tt"])
    np.testing.assert_allclose(values, test["tt"] + test["Z"])
    # A bin without signal is drawn at the lower end of the axis.
    floor = upper.get_ylim()[0]
    np.testing.assert_allclose(drawn(upper, "H")[0], test["H"].clip(lower=floor))
    own = bins[bins["sample"] == "test"]
    np.testing.assert_allclose(edges, [*own["low"], 1.0])
    error = np.hypot(own["b_uncertainty"], own["sigma"])
    values, _, base = drawn(upper, "uncertainty (stat. and syst.)")
    np.testing.assert_allclose(values, own["b"] + error)
    np.testing.assert_allclose(base, own["b"] - error)
    assert upper.get_yscale() == "log"
    assert upper.get_ylabel() == "expected events per bin"
    total = summary[(summary["sample"] == "test") & (summary["definition"] == "asimov")].iloc[0]
    label = f"test: {style.with_uncertainty(total['binned'], total['uncertainty'])}"
    label += " (one cut: 1.50 ± 0.25)"
    np.testing.assert_array_equal(drawn(lower, label)[0], own["asimov"])
    assert lower.get_ylabel() == DEFINITIONS["asimov"].label
    assert lower.get_xlim() == (0.0, 1.0)


def test_narrow_bins_are_drawn_equally_wide_with_their_edges(toy):
    tables = read(toy[0], joined(toy[1]), edges=(0.0, 0.3, 0.302, 1.0), fractions=(0.0,))
    figure = drawing(*tables, "ams")
    upper, lower = figure.axes
    np.testing.assert_array_equal(drawn(upper, "H")[1], [0, 1, 2, 3])
    assert [tick.get_text() for tick in lower.get_xticklabels()] == ["0", "0.3", "0.302", "1"]
    assert "statistical uncertainty" in texts(figure.legends[0])


def test_the_figure_joins_the_smallest_of_many_processes(toy):
    yields, bins, summary = read(*toy, kind="equal_width", count=4, fractions=(0.1, 0.1))
    background = yields[~yields["is_signal"]]
    shares = np.arange(1, 13) / 78
    many = pd.concat(
        [
            yields[yields["is_signal"]],
            *(
                background.assign(process=f"p{n:02d}", **{"yield": share * background["yield"]})
                for n, share in enumerate(shares)
            ),
        ]
    )
    figure = drawing(many, bins, summary, "asimov")
    upper, names = figure.axes[0], texts(figure.legends[0])
    assert names[:9] == [*(f"p{n:02d}" for n in range(11, 3, -1)), "4 others"]
    own = background[background["sample"] == "test"].groupby("bin")["yield"].sum()
    values, _, _ = drawn(upper, "4 others")
    np.testing.assert_allclose(values, own * shares[:4].sum())
    np.testing.assert_allclose(drawn(upper, "p11")[0], own)


def test_the_figure_shades_what_does_not_count(toy, tmp_path):
    scores, events = toy
    tables = read(scores, joined(events), min_background_entries=100_000)
    figure = drawing(*tables, "asimov")
    lower = figure.axes[1]
    assert texts(lower.get_legend())[-1] == "does not count"
    style.save(figure, tmp_path / "a.png", tmp_path / "a.pdf")


def test_the_figure_of_an_empty_test_sample_is_drawn(toy, tmp_path):
    scores, events = toy
    scores = scores.assign(sample=scores["sample"].astype(str).replace("test", "train"))
    figure = drawing(*read(scores, joined(events)), "asimov")
    style.save(figure, tmp_path / "a.png", tmp_path / "a.pdf")


def test_the_figure_is_saved_the_same_twice_and_nothing_is_cut_off(toy, tmp_path):
    tables = read(*toy, fractions=(0.1, 0.2))
    for name in ("a", "b"):
        figure = drawing(*tables, "asimov", "title", "label")
        style.save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    figure = drawing(*tables, "asimov", "title", "label")
    with style.context():
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02


def test_bins_of_60_orders_of_magnitude_have_a_joint_figure_of_merit():
    """The covariance is singular in units of events: each bin counts as it does alone."""
    definition = DEFINITIONS["s_over_sqrt_s_plus_b_sigma2"]
    s, background = np.array([3e-30, 4e30]), np.array([[1e-30, 2e30]])
    found = joint(definition, s, background, np.array([0.1]), None)
    # of events so many, the systematic is all of the second bin's variance; the first has no say
    assert found == pytest.approx(4e30 / np.sqrt(6e30 + 4e58), rel=1e-6)
    none = joint(definition, s, background, np.array([0.0]), None)
    assert none == pytest.approx(np.hypot(3e-30 / np.sqrt(4e-30), 4e30 / np.sqrt(6e30)))
    many = np.array([1e30, 2e30, 3e-30, 3e30]), np.array([[1e30, 1e30, 1e-30, 2e30]])
    assert np.isfinite(joint(definition, *many, np.array([0.1]), None))
