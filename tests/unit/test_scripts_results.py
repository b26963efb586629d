"""The scripts that make tables, figures and pages of scores, on a small study."""

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from jobs import AXES, LOOKS, MEMBERS, SAMPLES
from winnow.columns import CLASS, SAMPLE, WEIGHT
from winnow.figures.compare import points_figure, runs_figure
from winnow.figures.confusion import confusion as draw_confusion
from winnow.figures.correlations import correlations as draw_correlations
from winnow.figures.history import history as draw_history
from winnow.figures.importance import importance
from winnow.figures.inputs import inputs as draw_inputs
from winnow.figures.range_test import range_test
from winnow.figures.roc import roc as draw_roc
from winnow.figures.scores import scores as draw_scores
from winnow.figures.style import Looks, save
from winnow.output.page_words import heading
from winnow.statistics.diagnostics import (
    accuracies,
    confusion,
    score_histograms,
)
from winnow.statistics.input_tables import correlations, input_histograms, parts_of
from winnow.statistics.overtraining import overtraining_table
from winnow.statistics.roc import roc_tables
from winnow.study.keys.plot_axes import PlotAxis
from winnow.tables import read_json

CLASSES = ("background", "signal")
NETWORKS = MEMBERS[:2]
NAMED = ("a title", "a label", Looks(**LOOKS))


def made(study, rule, folder, **where):
    """Run a job whose outputs go to a folder, and return what they are."""
    job = study.job(rule, folder, **where)
    ended = study.run(rule, job)
    assert ended.returncode == 0, ended.stderr
    return {name: Path(path) for name, path in job["output"].items()}


def log(folder, rule):
    return (folder / f"{rule}.log").read_text()


def outputs_of(study, rule, **where):
    """Return the outputs that a job of the study has made."""
    return {name: Path(path) for name, path in study.job(rule, **where)["output"].items()}


def assert_same_table(path, expected):
    """Compare a CSV with a table that went through one too."""
    wanted = pd.read_csv(StringIO(expected.to_csv(index=False)))
    pd.testing.assert_frame_equal(pd.read_csv(path), wanted)


def assert_same_figure(outputs, name, figure, folder):
    """Compare a drawn figure with one drawn here, to the last pixel."""
    expected = [folder / f"expected.{ending}" for ending in ("png", "pdf")]
    save(figure, *expected)
    for path in expected:
        ending = path.suffix[1:]
        found = outputs[f"{name}_{ending}" if name else ending]
        assert found.read_bytes() == path.read_bytes(), (name, ending)


def test_roc_tabulates_and_draws_the_areas(compared, tmp_path):
    outputs = outputs_of(compared, "roc", member="replica-00")
    scores = pd.read_parquet(compared.scores("replica-00"))
    curves, summary = roc_tables(scores, CLASSES, "signal")
    assert_same_table(outputs["summary"], summary.merge(accuracies(scores, CLASSES), on=SAMPLE))
    pd.testing.assert_frame_equal(pd.read_parquet(outputs["curves"]), curves)
    assert_same_figure(outputs, "", draw_roc(curves, summary, *NAMED), tmp_path)
    for sample in SAMPLES:
        own = scores[(scores[SAMPLE] == sample) & (scores[WEIGHT] > 0)]
        area = roc_auc_score(own[CLASS], own["score_signal"], sample_weight=own[WEIGHT])
        assert summary.set_index(SAMPLE).loc[sample, "auc"] == pytest.approx(area, abs=0.02)
    assert "areas:" in log(compared.folder / "roc", "roc")


@pytest.mark.parametrize("sample", ["train", "test"])
@pytest.mark.parametrize("rule", ["roc", "diagnostics"])
def test_nothing_is_made_of_scores_that_are_no_numbers(compared, tmp_path, rule, sample):
    where = {"replica": 0} if rule == "diagnostics" else {"member": "replica-00"}
    job = compared.job(rule, tmp_path, **where)
    scores = pd.read_parquet(job["input"]["scores"])
    first = scores[SAMPLE].eq(sample).idxmax()
    scores.loc[first, "score_background"] = np.nan
    path = tmp_path / "nan.parquet"
    job["input"]["scores"] = str(path)
    scores.to_parquet(path)
    named = scores.loc[first, ["source", "row"]]
    compared.refuses(
        rule,
        job,
        f"{path}, column 'score_background': 1 of {len(scores)} events have the score NaN, the "
        f"first is row {named['row']} of the source '{named['source']}'",
    )


def test_diagnostics_tabulates_and_draws_history_scores_and_confusion(compared, tmp_path):
    outputs = outputs_of(compared, "diagnostics")
    history = pd.read_parquet(compared.path("train", "history.parquet", replica=0, fold=0))
    scores = pd.read_parquet(compared.scores("replica-00"))
    seed = compared.job("diagnostics", replica=0)["params"]["seed"]
    tested = overtraining_table(scores, CLASSES, "signal", np.random.default_rng(seed))
    histograms, matrix = (
        score_histograms(scores, CLASSES, asked=PlotAxis(**AXES["score"])),
        confusion(scores, CLASSES),
    )
    assert_same_table(outputs["history"], history)
    assert_same_table(outputs["overtraining"], tested)
    assert_same_table(outputs["confusion"], matrix)
    pd.testing.assert_frame_equal(
        pd.read_parquet(outputs["histograms"]), histograms, check_dtype=False
    )
    for name, figure in (
        ("history", draw_history(history, *NAMED[:2])),
        ("scores", draw_scores(histograms, tested, "signal", *NAMED)),
        ("confusion", draw_confusion(matrix, "test", *NAMED)),
    ):
        assert_same_figure(outputs, name, figure, tmp_path)
    assert "training against validation:" in log(compared.folder / "diagnostics", "diagnostics")


def test_inputs_tabulates_and_draws_what_networks_are_given(compared, tmp_path):
    outputs = outputs_of(compared, "inputs")
    events = parts_of(compared.events)
    tables = {
        "histograms": input_histograms(events, compared.names, CLASSES),
        "correlations": correlations(events, compared.names, CLASSES),
    }
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(outputs[name]), table, check_dtype=False)
    named = (compared.job("inputs")["params"]["labels"], *NAMED)
    for name, figure in (
        ("inputs", draw_inputs(tables["histograms"], *named)),
        ("correlations", draw_correlations(tables["correlations"], *named)),
    ):
        assert_same_figure(outputs, name, figure, tmp_path)
    assert f"3 features of {len(CLASSES)} classes" in log(compared.folder / "inputs", "inputs")


def test_compare_ranks_by_validation_and_knows_whose_numbers_are_whose(compared, tmp_path):
    outputs = outputs_of(compared, "compare", networks=NETWORKS, others=MEMBERS[2:])
    runs, points = (pd.read_csv(outputs[name]) for name in ("runs", "points"))
    assert sorted(runs["member"]) == sorted(MEMBERS)
    by = runs.set_index("member")
    for number, member in enumerate(MEMBERS):
        row = by.loc[member]
        areas = pd.read_csv(compared.path("roc", "summary.csv", member=member, fold=0))
        area = areas[(areas["signal"] == "signal") & (areas["sample"] == "validation")]["auc"]
        assert row["validation_auc"] == area.item()
        best = pd.read_csv(compared.path("fom", "best.csv", member=member, fold=0))
        leading = best[best["headline"]].iloc[0]
        assert (row["cut"], row["test_fom"]) == (leading["cut"], leading["fom_test"])
        if member in NETWORKS:
            model = compared.job("checkpoint_model", replica=number)["output"]
            facts = read_json(model["passport"])
            timing = pd.read_parquet(
                compared.path("train", "timing.parquet", replica=number, fold=0)
            )
            assert (row["best_epoch"], row["epochs"]) == (facts["epoch"], len(timing))
            assert row["cpu_seconds"] == pytest.approx(timing["cpu_seconds"].sum())
        else:
            assert np.isnan(row["best_epoch"])
    ranked = by.loc[list(NETWORKS)].sort_values("rank")
    assert ranked["validation_fom"].is_monotonic_decreasing
    assert ranked["chosen"].tolist() == [True, False]
    assert points["kind"].tolist() == ["network", "baseline"]
    assert points["validation_fom"][0] == pytest.approx(ranked["validation_fom"].mean())
    assert "scan points, ranked:" in log(compared.folder / "compare", "compare")
    assert "runs, ranked:" in log(compared.folder / "compare", "compare")
    typed = runs.astype({"rank": "Int64", "best_epoch": "Int64", "epochs": "Int64", "fold": str})
    whole = points.astype({"rank": "Int64"})
    (name,) = set(
        pd.read_csv(compared.path("fom", "best.csv", member=NETWORKS[0], fold=0)).query("headline")[
            "label"
        ]
    )
    drawn = runs_figure(typed, whole, name, label="a label")
    assert_same_figure(outputs, "runs", drawn, tmp_path)
    drawn = points_figure(whole, {"base": {}}, name, label="a label")
    assert_same_figure(outputs, "points", drawn, tmp_path)


def test_compare_joins_folds_by_the_groups_of_their_backgrounds(compared, tmp_path):
    whole = pd.read_csv(compared.path("compare", "points.csv"))["test_fom"][0]
    job = compared.job("compare", tmp_path, networks=NETWORKS)
    outputs = job["output"]
    for number, path in enumerate(job["input"]["groups"]):
        groups = pd.read_csv(path)
        groups["b"] *= 4
        groups.to_csv(tmp_path / f"groups-{number}.csv", index=False)
        job["input"]["groups"][number] = str(tmp_path / f"groups-{number}.csv")
    assert compared.run("compare", job).returncode == 0
    assert pd.read_csv(outputs["points"])["test_fom"][0] < 0.9 * whole
    job["input"] |= {"groups": [], "foms": []}
    job["params"]["scanned"] = {"base": {"training.decay": 0.1}}
    assert compared.run("compare", job).returncode == 0
    points = pd.read_csv(outputs["points"])
    assert "test_fom" not in points
    assert points["training.decay"].tolist() == [0.1]
    drawn = points_figure(points, job["params"]["scanned"], label="a label")
    paths = {name: Path(path) for name, path in outputs.items()}
    assert_same_figure(paths, "points", drawn, tmp_path)


def report_job(study, folder):
    """The report's job; both networks have the first one's diagnostics, which took time."""
    job = study.job("report", folder, networks=NETWORKS, others=MEMBERS[2:])
    for name in ("overtraining", "score_figures", "confusion_figures", "history_figures"):
        job["input"][name] = job["input"][name][:1] * 2
    return job


def test_the_report_shows_every_table_and_figure(compared, tmp_path):
    job = report_job(compared, tmp_path)
    assert compared.run("report", job).returncode == 0
    page, headline = (Path(job["output"][name]).read_text() for name in ("html", "headline"))
    runs = pd.read_csv(compared.path("compare", "runs.csv"))
    points = pd.read_csv(compared.path("compare", "points.csv"))
    assert headline.startswith("study toy: 2 runs\n")
    assert f"test AUC {points['test_auc'][0]:.4f}" in headline
    assert f"asimov {points['test_fom'][0]:.3f}" in headline
    assert headline.splitlines()[0] in page
    assert headline in log(tmp_path, "report")
    # of the study 3, without one of a scan; of the best network 6, of which the other one shares 3
    assert page.count("data:image/png;base64,") == 3 + 6 + 3
    # the rest lies beside the page: of the other network 3, of a reference classifier 3
    linked = re.findall(r'src="([^"]+\.png)"', page)
    assert len(linked) == 3 + 3
    for name in linked:
        assert Path(job["output"]["html"]).parent.joinpath(name).is_file()
    for member in runs["member"]:
        assert f"/{member}/fold-0" in page
    for title in ("Rows read, kept, cut and rejected", "Ledger: roles of the events", "Cutflow"):
        assert title in page
    luminosity = compared.config["yields"]["luminosity"]
    cutflow = pd.read_parquet(compared.job("ingest", source="events-0")["output"]["cutflow"])
    assert f'data-number="{cutflow["sum_of_weights"][0] * luminosity}"' in page


def shown_rows(page, title):
    """Return the rows of the table of a page that stands below a title, header first."""
    table = page[page.index(title) :].partition("</table>")[0]
    rows = re.findall(r"<tr.*?>(.*?)</tr>", table, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row) for row in rows]
    return [[re.sub(r"<.*?>", "", cell) for cell in row] for row in cells]


def test_the_pages_cutflow_is_each_files_sums_of_weights_times_the_luminosity(compared, tmp_path):
    """By hand, at 36 inverse units: 2.5 · 36 = 90, −0.5 · 36 = −18, 0.125 · 36 = 4.5.

    Where all passes the efficiency is above Φ(−1)^(1/n*), n* 1 for one event, 2.5²/2 for the four.
    """
    job = report_job(compared, tmp_path)
    job["params"]["luminosity"], job["input"]["cutflows"] = 36.0, []
    columns = ["process", "step", "cut", "entries", "sum_of_weights"]
    for source, rows in {
        "one": [("tt", 0, "all", 4, 2.5, 2.0), ("tt", 1, "window", 2, -0.5, 0.5)],
        "two": [("H", 0, "all", 1, 0.125, 0.125**2)],
    }.items():
        path = tmp_path / source / "cutflow.parquet"
        path.parent.mkdir()
        pd.DataFrame(rows, columns=[*columns, "sum_of_squared_weights"]).to_parquet(path)
        job["input"]["cutflows"].append(str(path))
    assert compared.run("report", job).returncode == 0
    page = Path(job["output"]["html"]).read_text()
    assert shown_rows(page, "Cutflow (yields before") == [
        [
            *("source", "process", "cut", "raw events", "yield (events)"),
            *("efficiency", "efficiency of this cut", "step", "Σ weights"),
        ],
        ["one", "tt", "all", "4", "90", *["1 [0.555, 1]"] * 2, "0", "2.5"],
        ["one", "tt", "window", "2", "-18", "-0.2", "-0.2", "1", "-0.5"],
        ["two", "H", "all", "1", "4.5", *["1 [0.159, 1]"] * 2, "0", "0.125"],
    ]


def test_the_pages_training_weights_are_those_of_the_table(compared, tmp_path):
    job = report_job(compared, tmp_path)
    assert compared.run("report", job).returncode == 0
    page = Path(job["output"]["html"]).read_text()
    (path,) = job["input"]["balances"]
    table = pd.read_csv(path)
    header, *rows = shown_rows(page, "Training weights (")
    assert header == list(map(heading, table))
    shown = pd.read_csv(StringIO("\n".join(map(",".join, [list(table), *rows]))))
    # four digits, and of a larger number the whole
    pd.testing.assert_frame_equal(shown, table, rtol=5e-4, check_dtype=False)


def test_a_report_without_one_of_its_tables_is_not_written(compared, tmp_path):
    job = report_job(compared, tmp_path)
    job["input"]["counts"] = [str(tmp_path / "none.json")]
    compared.refuses("report", job, "none.json: cannot be read as JSON")


def test_export_scores_writes_validation_and_test_signal_first(compared, tmp_path):
    outputs = made(compared, "export_scores", tmp_path, replica=1)
    scores = pd.read_parquet(compared.scores("replica-01"))
    for sample in SAMPLES[1:]:
        found = pd.read_csv(outputs[sample], header=None)
        own = scores[scores[SAMPLE] == sample].sort_values(CLASS, ascending=False, kind="stable")
        np.testing.assert_allclose(found[0], own["score_signal"], rtol=1e-7)
        assert found[1].tolist() == own[WEIGHT].tolist()
        assert found[2].tolist() == own["process"].tolist()
        assert f"{outputs[sample]}: {len(own)} events" in log(tmp_path, "export_scores")
    passport = read_json(compared.job("checkpoint_model", replica=1)["output"]["passport"])
    assert outputs["epoch"].read_text() == f"{passport['epoch']}\n"


def test_export_scores_without_a_signal_is_refused(compared, tmp_path):
    job = compared.job("export_scores", tmp_path)
    job["params"]["signal"] = None
    compared.refuses("export_scores", job, "config key `export.scores`: needs a `signal_class`")


def test_export_table_has_a_row_a_run(compared, tmp_path):
    job = compared.job("export_table", tmp_path, members=NETWORKS)
    job["params"]["settings"][1]["training"]["learning_rate"] = 0.5
    assert compared.run("export_table", job).returncode == 0
    found = pd.read_csv(job["output"]["table"], index_col=0)
    assert found["Learning Rate"].tolist() == [0.15, 0.5]
    for number, member in enumerate(NETWORKS):
        best = pd.read_csv(compared.path("fom", "best.csv", member=member, fold=0))
        row = best[best["headline"]].iloc[0]
        assert found.loc[number, "at x_cut"] == round(row["cut"], 4)
        assert found.loc[number, "Test FOM"] == pytest.approx(row["fom_test"], abs=1e-8)
    assert found["Loss Function"].tolist() == ["binary_crossentropy"] * 2
    assert "at x_cut" in log(tmp_path, "export_table")


def test_importance_summary_puts_replicas_together(compared, tmp_path):
    tables = []
    for replica in (0, 1):
        compared.make("importance", replica=replica)
        tables.append(pd.read_csv(compared.path("importance", "importance.csv", replica=replica)))
    outputs = made(compared, "importance_summary", tmp_path, replicas=(0, 1))
    found = pd.read_csv(outputs["table"])
    assert found["runs"].tolist() == [2] * len(tables[0])
    np.testing.assert_allclose(found["drop"], (tables[0]["drop"] + tables[1]["drop"]) / 2)
    assert_same_figure(outputs, "", importance(found, label="a label"), tmp_path)
    assert "importance:" in log(tmp_path, "importance_summary")


def test_cross_yields_are_the_means_over_folds(compared, tmp_path):
    outputs = made(compared, "cross_yields", tmp_path, members=MEMBERS)
    found = pd.read_csv(outputs["yields"]).set_index("process")
    job = compared.job("cross_yields", members=MEMBERS)
    parts = pd.concat(map(pd.read_csv, job["input"]["yields"]))
    own = parts[(parts["scan"] == "exact") & (parts["chosen_on"] == "validation")]
    own = own[own[SAMPLE] == "test"]
    for process, row in found.iterrows():
        inside = own[own["process"] == process]
        assert row["yield"] == pytest.approx(inside["yield"].sum() / 3)
        assert row["uncertainty"] == pytest.approx(np.hypot.reduce(inside["uncertainty"]) / 3)
    assert len(found) == 3
    assert "test yields of all folds" in log(tmp_path, "cross_yields")


def test_the_range_test_suggests_a_rate_for_each_decay(study, tmp_path):
    job = study.job("range_test", tmp_path)
    job["params"]["range_test"] |= {"steps": 40, "weight_decays": [0, 0.01], "stop": 10}
    ended = study.run("range_test", job)
    assert ended.returncode == 0, ended.stderr
    curves = pd.read_parquet(job["output"]["curves"])
    suggested = pd.read_csv(job["output"]["suggestions"])
    assert suggested["weight_decay"].tolist() == [0, 0.01]
    assert suggested["learning_rate"].between(1e-6, 10).all()
    assert curves["learning_rate"].min() == pytest.approx(1e-6)
    assert curves["weight_decay"].nunique() == 2
    text = log(tmp_path, "range_test")
    assert "training on the CPU, 1 thread(s), no GPU" in text
    assert "learning rates:" in text
    outputs = {name: Path(path) for name, path in job["output"].items()}
    assert_same_figure(outputs, "", range_test(curves, suggested, "", "a label"), tmp_path)
    assert " WARNING the loss" not in text


@pytest.mark.parametrize(
    ("start", "stop", "message"),
    [
        (1e-3, 0.01, "the loss still fell at the largest rate at weight decay 0.01: raise"),
        (1e3, 1e4, "the loss never fell at weight decays [0.0, 0.01]: give range_test a wider"),
    ],
)
def test_the_range_test_warns_of_a_range_that_is_no_good(study, tmp_path, start, stop, message):
    job = study.job("range_test", tmp_path)
    own = {"steps": 40, "weight_decays": [0, 0.01], "start": start, "stop": stop}
    job["params"]["range_test"] |= own
    assert study.run("range_test", job).returncode == 0
    assert f"WARNING {message}" in log(tmp_path, "range_test")
