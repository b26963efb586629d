"""Figures: what is drawn equals the table, axes say what they show and in which unit."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import StepPatch

from winnow.columns import SAMPLES, TEST, TRAIN, VALIDATION
from winnow.figures import style
from winnow.figures.compare import points_figure
from winnow.figures.confusion import confusion as draw_confusion
from winnow.figures.correlations import correlations as draw_correlations
from winnow.figures.fom import fom
from winnow.figures.history import history as draw_history
from winnow.figures.inputs import inputs as draw_inputs
from winnow.figures.roc import roc as draw_roc
from winnow.figures.scores import scores as draw_scores

LABEL = "ATLAS open data"
LONG_LABELS = {"eta": {"label": "transverse mass of the lepton and what is missing"}}


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def line(axes, label):
    """Return x and y of the line with a label."""
    (found,) = [item for item in axes.lines if item.get_label() == label]
    return found.get_xdata(), found.get_ydata()


def history_table():
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "phase": 0,
            "learning_rate": 0.01,
            "loss": [0.7, 0.5, 0.4, 0.3],
            "accuracy": [0.6, 0.7, 0.8, 0.9],
            "validation_loss": [0.75, 0.6, 0.55, 0.65],
            "validation_penalty": [0.0, 0.0, 0.0, 0.0],
            "validation_accuracy": [0.55, 0.65, 0.75, 0.7],
        }
    )


def roc_tables(pairs=(("signal", "all"),)):
    curves, summary = [], []
    for index, (signal, against) in enumerate(pairs):
        for position, sample in enumerate(SAMPLES):
            efficiency = np.linspace(0, 1, 11)
            curve = pd.DataFrame(
                {
                    "sample": sample,
                    "signal": signal,
                    "against": against,
                    "threshold": 1 - efficiency,
                    "signal_efficiency": efficiency,
                    "background_efficiency": efficiency ** (2 + index + position),
                }
            )
            curves.append(curve)
            summary.append(
                {
                    "sample": sample,
                    "signal": signal,
                    "against": against,
                    "auc": 0.9 - 0.01 * position,
                    "auc_uncertainty": 0.004,
                    "rejection_at_0.3": 200.0,
                    "rejection_lower_at_0.3": 150.0,
                    "rejection_upper_at_0.3": 270.0,
                    "rejection_at_0.5": np.nan,
                    "rejection_lower_at_0.5": 300.0,
                    "rejection_upper_at_0.5": np.nan,
                    "background_entries_at_0.3": 7,
                }
            )
    return pd.concat(curves), pd.DataFrame(summary)


def fom_tables(cut=0.6):
    cuts = np.linspace(0, 1, 11)
    curves = pd.concat(
        pd.DataFrame(
            {
                "sample": sample,
                "cut": cuts,
                "s": 100 * (1 - cuts),
                "b": 1000 * (1 - cuts) ** 2,
                "s_uncertainty": 3.0,
                "b_uncertainty": 20.0,
                "s_efficiency": 1 - cuts,
                "s_efficiency_lower": 0.9 * (1 - cuts),
                "s_efficiency_upper": 1 - 0.9 * cuts,
                "b_efficiency": (1 - cuts) ** 2,
                "b_efficiency_lower": 0.8 * (1 - cuts) ** 2,
                "b_efficiency_upper": (1 - 0.9 * cuts) ** 2,
                "eligible": cuts < 0.75,
                "ams": cuts + position,
                "ams_lower": cuts + position - 0.1 if sample != TRAIN else np.nan,
                "ams_upper": cuts + position + 0.2 if sample != TRAIN else np.nan,
            }
        )
        for position, sample in enumerate(SAMPLES)
    )
    row = {"definition": "ams", "label": "AMS", "scan": "exact", "cut": cut}
    for position, sample in enumerate(SAMPLES):
        row |= {f"fom_{sample}": 0.6 + position, f"fom_uncertainty_{sample}": 0.25}
    grid = row | {"scan": "grid", "cut": 0.3}
    return curves, pd.DataFrame([grid, row, row | {"definition": "other", "label": "other"}])


def score_tables(names=("background", "signal")):
    edges = np.linspace(0, 1, 6)
    parts = [
        pd.DataFrame(
            {
                "sample": sample,
                "class": name,
                "node": "signal",
                "low": edges[:-1],
                "high": edges[1:],
                "density": [1.0 + index, 2.0, 0.0, 1.0, 0.5 + 0.1 * position],
                "uncertainty": [0.3, 0.1, 0.0, 0.4, 0.5],
            }
        )
        for position, sample in enumerate(SAMPLES)
        for index, name in enumerate(names)
    ]
    overtraining = pd.DataFrame(
        {"class": names, "node": "signal", "p_value": np.linspace(0.04, 0.5, len(names))}
    )
    return pd.concat(parts), overtraining


def input_table(features):
    parts = [
        pd.DataFrame(
            {
                "feature": feature,
                "class": name,
                "low": [0.0, 1.0, 2.0],
                "high": [1.0, 2.0, 3.0],
                "density": [0.2 + index, 0.5, 0.1],
                "uncertainty": 0.05,
                "missing_fraction": 0.25 if feature == "mass" else 0.0,
                "outside_fraction": 0.01 * (1 + index),
            }
        )
        for feature in features
        for index, name in enumerate(("background", "signal"))
    ]
    return pd.concat(parts)


def correlation_table():
    matrix = [[1.0, -0.42, np.nan], [-0.42, 1.0, 0.001], [np.nan, 0.001, 1.0]]
    names = ["pt", "eta", "mass"]
    return pd.concat(
        pd.DataFrame(
            {
                "class": label,
                "feature_x": np.repeat(names, 3),
                "feature_y": np.tile(names, 3),
                "correlation": np.ravel(matrix),
            }
        )
        for label in ("background", "signal")
    )


def test_history_draws_the_table_and_marks_the_best_epoch():
    table = history_table()
    upper, lower = draw_history(table, "history", LABEL).axes
    for axes, quantity in ((upper, "loss"), (lower, "accuracy")):
        for label, column in (
            ("training, running mean of the epoch", quantity),
            ("validation, at its end", f"validation_{quantity}"),
        ):
            x, y = line(axes, label)
            np.testing.assert_array_equal(x, table["epoch"])
            np.testing.assert_array_equal(y, table[column])
    assert texts(upper.get_legend()) == [
        "training, running mean of the epoch",
        "validation, at its end",
        "best epoch 3: 0.55",
    ]
    assert texts(lower.get_legend())[2] == "best epoch 3: 0.75"
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("loss", "weighted accuracy")
    assert lower.get_xlabel() == "epoch"


def test_history_names_and_shades_phases_where_there_are_several():
    table = history_table()
    assert not draw_history(table).axes[0].texts
    table["phase"], table["learning_rate"] = [0, 0, 1, 1], [0.01, 0.01, 0.001, 0.001]
    upper, lower = draw_history(table).axes
    assert [text.get_text() for text in upper.texts] == [
        "phase 1, rate 0.01",
        "phase 2, rate 0.001",
    ]
    assert [text.xy[0] for text in upper.texts] == [1.5, 3.5]
    for axes in (upper, lower):
        (shade,) = axes.patches
        assert (shade.get_x(), shade.get_x() + shade.get_width()) == (2.5, 4.5)


def test_every_figure_shows_study_and_title():
    figure = draw_history(history_table(), "my title", LABEL)
    assert figure.get_suptitle() == "ATLAS open data\nmy title"
    assert draw_history(history_table()).get_suptitle() == ""


def test_roc_draws_rejection_and_efficiency_with_areas():
    curves, summary = roc_tables()
    left, right = draw_roc(curves, summary).axes
    assert texts(right.figure.legends[0]) == [
        "training: 0.9000 ± 0.0040",
        "validation: 0.8900 ± 0.0040",
        "test: 0.8800 ± 0.0040",
    ]
    test = curves[curves["sample"] == TEST]
    x, y = line(right, "test: 0.8800 ± 0.0040")
    np.testing.assert_array_equal(x, test["background_efficiency"])
    np.testing.assert_array_equal(y, test["signal_efficiency"])
    passing = test[test["background_efficiency"] > 0]
    x, y = left.lines[2].get_data()
    np.testing.assert_array_equal(x, passing["signal_efficiency"])
    np.testing.assert_allclose(y, 1 / passing["background_efficiency"])
    assert left.get_yscale() == "log"
    assert left.get_xlabel() == r"signal efficiency $\varepsilon_s$"
    assert left.get_ylabel() == r"background rejection $1/\varepsilon_b$"
    assert [text.get_text() for text in left.texts] == ["200"]
    (bar,) = left.containers[0].lines[2]
    np.testing.assert_allclose(bar.get_segments()[0], [[0.3, 150.0], [0.3, 270.0]])


def test_roc_of_several_backgrounds_names_each_once():
    tables = roc_tables((("signal", "all"), ("signal", "ttbar")))
    left, right = draw_roc(*tables).axes
    assert texts(right.figure.legends[0]) == [
        "signal against all else: 0.8800 ± 0.0040",
        "signal against ttbar: 0.8800 ± 0.0040",
    ]
    assert texts(left.get_legend()) == ["training", "validation", "test"]
    drawn = [item for item in right.lines if len(item.get_xdata()) == 11]
    assert len(drawn) == 6
    assert {item.get_color() for item in drawn} == set(style.COLOURS[:2])


def test_fom_draws_the_headline_the_cut_and_what_is_not_eligible():
    curves, best = fom_tables()
    upper, middle, lower = fom(curves, best, "ams").axes
    legend = upper.get_legend()
    assert legend.get_title().get_text() == "at the cut 0.6, chosen on validation"
    assert texts(legend) == [
        "training: 0.60 ± 0.25",
        "validation: 1.60 ± 0.25",
        "test: 2.60 ± 0.25",
        "68 % of bootstrap replicas",
        "not eligible: too few background events",
    ]
    x, y = line(upper, "test: 2.60 ± 0.25")
    test = curves[curves["sample"] == TEST]
    np.testing.assert_array_equal(x, test["cut"])
    np.testing.assert_array_equal(y, test["ams"])
    star = upper.lines[-1]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (0.6, 1.6)
    bands = [item.get_paths()[0].vertices for item in upper.collections if item.get_paths()]
    assert len(bands) == 3
    for band, sample in zip(bands, SAMPLES[1:], strict=False):
        own = curves[curves["sample"] == sample]
        for cut, low, high in zip(own["cut"], own["ams_lower"], own["ams_upper"], strict=True):
            heights = band[band[:, 0] == cut, 1]
            assert (heights.min(), heights.max()) == (low, high)
    shade = bands[2]
    assert shade[:, 0].min() == pytest.approx(0.8)
    assert shade[:, 0].max() == pytest.approx(1.0)
    assert upper.get_ylabel() == "AMS"
    assert lower.get_xlabel() == "cut on the signal's score"
    assert middle.get_yscale() == "log"
    x, y = line(middle, "signal, test")
    np.testing.assert_array_equal(y, test["s"][test["s"] > 0])
    assert middle.get_ylabel() == "events above the cut"
    x, y = line(lower, "background, validation")
    np.testing.assert_array_equal(y, test["b_efficiency"][test["b_efficiency"] > 0])
    assert lower.get_ylabel() == "efficiency"
    band = lower.collections[0].get_paths()[0].vertices
    heights = band[np.isclose(band[:, 0], 0.5), 1]
    np.testing.assert_allclose([heights.min(), heights.max()], [0.8 * 0.25, 0.55**2])


def test_fom_says_when_nothing_is_classified_as_signal(tmp_path):
    curves, best = fom_tables(cut=np.nan)
    figure = fom(curves[:0], best, "ams", "title", "label")
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "no event of validation is classified as signal"
    ]
    style.save(figure, tmp_path / "fom.png", tmp_path / "fom.pdf")


def test_fom_says_when_no_cut_is_eligible(tmp_path):
    curves, best = fom_tables(cut=np.nan)
    figure = fom(curves.assign(eligible=False), best, "ams")
    assert figure.axes[0].get_legend().get_title().get_text() == "no cut is eligible"
    assert texts(figure.axes[0].get_legend())[0] == "training"
    style.save(figure, tmp_path / "fom.png", tmp_path / "fom.pdf")


@pytest.mark.parametrize(("last", "said"), [(3.9, ""), (4.0, " (curves leave the axis)")])
def test_fom_says_when_a_curve_of_cuts_that_are_not_eligible_leaves_the_axis(last, said):
    """The axis ends at 1.45 times the largest eligible value, here 2.7: at 3.915."""
    curves, best = fom_tables()
    curves.loc[(curves["sample"] == TEST) & (curves["cut"] == 1), "ams"] = last
    upper = fom(curves, best, "ams").axes[0]
    assert upper.get_ylim() == pytest.approx((0, 3.915))
    assert texts(upper.get_legend())[-1] == f"not eligible: too few background events{said}"


def test_scores_draws_three_samples_per_class_and_pulls():
    histograms, overtraining = score_tables()
    upper, lower = draw_scores(histograms, overtraining, "signal").axes
    assert texts(upper.figure.legends[0]) == ["background (p = 0.04)", "signal (p = 0.5)"]
    steps = [patch for patch in upper.patches if isinstance(patch, StepPatch)]
    assert len(steps) == 4
    train, validation = (
        histograms[(histograms["sample"] == s) & (histograms["class"] == "background")]
        for s in (TRAIN, VALIDATION)
    )
    np.testing.assert_array_equal(steps[0].get_data()[0], train["density"])
    np.testing.assert_array_equal(steps[1].get_data()[0], validation["density"])
    assert steps[0].get_hatch() != steps[2].get_hatch()
    centres, densities = upper.containers[0].lines[0].get_data()
    np.testing.assert_allclose(centres, [0.1, 0.3, 0.5, 0.7, 0.9])
    # the empty bin has no point
    np.testing.assert_allclose(densities, [1.0, 2.0, np.nan, 1.0, 0.7])
    # Only the last bin differs: 0.1 over √2 · 0.5; the empty bin has no pull.
    pull = next(item for item in lower.lines if len(item.get_xdata()) == 5).get_ydata()
    np.testing.assert_allclose(pull, [0, 0, np.nan, 0, 0.1 / np.sqrt(0.5)], atol=1e-12)
    assert lower.get_xlabel() == "signal score"


def test_scores_without_training_compare_test_with_validation():
    histograms, overtraining = score_tables()
    histograms = histograms[histograms["sample"] != TRAIN]
    upper, lower = draw_scores(histograms, overtraining.iloc[:0], "signal").axes
    assert texts(upper.figure.legends[0]) == ["background", "signal"]
    assert upper.figure.legends[0].get_title().get_text() == "class"
    own = histograms[histograms["class"] == "background"].set_index("sample")
    second, first = own.loc[TEST], own.loc[VALIDATION]
    error = np.hypot(first["uncertainty"].to_numpy(), second["uncertainty"].to_numpy())
    difference = second["density"].to_numpy() - first["density"].to_numpy()
    pull = next(item for item in lower.lines if len(item.get_xdata()) == 5).get_ydata()
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(pull, difference / error, atol=1e-12)
    assert lower.get_ylabel() == "(test − val.) / σ"


def test_confusion_writes_shares_and_events():
    table = pd.DataFrame(
        {
            "sample": TEST,
            "true_class": ["b", "b", "s", "s"],
            "predicted_class": ["b", "s", "b", "s"],
            "fraction": [0.75, 0.25, np.nan, np.nan],
            "entries": [3000, 1000, 0, 0],
        }
    )
    axes = draw_confusion(table, TEST).axes[0]
    assert [text.get_text() for text in axes.texts] == [
        "0.750\n(3,000)",
        "0.250\n(1,000)",
        "undefined",
        "undefined",
    ]
    np.testing.assert_array_equal(axes.images[0].get_array()[0], [0.75, 0.25])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["b", "s"]


def test_inputs_have_units_classes_and_missing_shares():
    features = ["mass", "eta", "pt", "phi", "x", "y"]
    labels = {"mass": {"label": r"$m_{\tau\tau}$", "unit": "GeV"}, "eta": {"unit": ""}}
    figure = draw_inputs(input_table(features), labels)
    shown = [axes for axes in figure.axes if axes.axison]
    assert len(shown) == 6
    assert shown[0].get_xlabel() == r"$m_{\tau\tau}$ [GeV]" + "\nmissing 25 %\nbeyond 1–2 %"
    assert shown[0].get_ylabel() == "density [1/GeV]"
    assert (shown[1].get_xlabel(), shown[1].get_ylabel()) == ("eta\nbeyond 1–2 %", "density")
    assert texts(figure.legends[0]) == ["background", "signal"]
    assert shown[0].get_legend() is None
    values = [patch.get_data()[0].tolist() for patch in shown[0].patches]
    assert [0.2, 0.5, 0.1] in values
    assert [1.2, 0.5, 0.1] in values


def test_correlations_write_whole_percents_per_class():
    figure = draw_correlations(correlation_table(), {"pt": {"label": "momentum"}})
    first, second = figure.axes[:2]
    assert (first.get_title(), second.get_title()) == ("background", "signal")
    assert [text.get_text() for text in first.texts] == [
        "100",
        "−42",
        "–",
        "−42",
        "100",
        "–",
        "100",
    ]
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["momentum", "eta", "mass"]
    assert first.images[0].get_array()[0, 1] == -0.42


def test_figures_of_undefined_values_are_drawn(tmp_path):
    histograms, overtraining = score_tables()
    curves, summary = roc_tables()
    drawn = {
        "history": draw_history(history_table().replace(0.75, np.nan)),
        "scores": draw_scores(
            histograms.assign(density=np.nan), overtraining.assign(p_value=np.nan), "signal"
        ),
        "roc": draw_roc(curves.iloc[:0], summary.assign(auc=np.nan)),
    }
    assert "best epoch 3: 0.55" in texts(drawn["history"].axes[0].get_legend())
    assert texts(drawn["scores"].legends[0]) == ["background", "signal"]
    for name, figure in drawn.items():
        style.save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: draw_history(history_table(), "t", LABEL),
        lambda: draw_roc(*roc_tables(), "t", LABEL),
        lambda: fom(*fom_tables(), "ams", "t", LABEL),
        lambda: draw_scores(*score_tables(("a", "b", "c")), "signal", "t", LABEL),
        lambda: draw_inputs(input_table(["mass", "eta"]), {}, "t", LABEL),
        lambda: draw_correlations(correlation_table(), LONG_LABELS, "t", LABEL),
    ],
    ids=["history", "roc", "fom", "scores", "inputs", "correlations"],
)
def test_figures_are_saved_the_same_twice_and_nothing_is_cut_off(draw, tmp_path):
    for name in ("a", "b"):
        figure = draw()
        style.save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    figure = draw()
    with style.context():
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02


def test_a_comparison_of_three_keys_with_long_values_has_room_for_its_panels():
    steps = ["centre", "rotate", "flip", "scale"]
    own = {"model.family": "convolutional", "training.fraction": 1.0, "images.steps": steps}
    keys = {
        "base": own,
        "family=dense": own | {"model.family": "dense"},
        "fraction=0.5": own | {"training.fraction": 0.5},
        "steps=centre": own | {"images.steps": ["centre"]},
    }
    points = pd.DataFrame(
        {"rank": range(1, 5), "kind": "network", "point": list(keys), "name": list(keys)}
    )
    for sample in (VALIDATION, TEST):
        points[f"{sample}_auc"] = [0.9, 0.88, 0.87, 0.85]
        points[f"{sample}_auc_spread"] = np.nan
    figure = points_figure(points, keys)
    figure.draw_without_rendering()  # a warning that panels collapse would be an error here
    sizes = [axes.get_position().size * figure.get_size_inches() for axes in figure.axes]
    assert np.min(sizes) > 0.8
    texts = [tick.get_text() for tick in figure.axes[-1].get_xticklabels()]
    assert max(len(line) for text in texts for line in text.splitlines()) <= 14
