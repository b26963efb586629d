"""The scripts of the rules fom and roc, run as Snakemake runs them, on scores worth a warning."""

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toy import fom_of
from winnow.figures.binned import binned
from winnow.figures.fom import fom as fom_figure
from winnow.figures.style import save
from winnow.statistics.binned import binned_tables
from winnow.statistics.diagnostics import accuracies
from winnow.statistics.fom import beside_one_cut
from winnow.statistics.fom_groups import group_table
from winnow.statistics.fom_settings import fom_settings
from winnow.statistics.heavy import heavy_events
from winnow.statistics.roc import roc_tables
from winnow.statistics.selection import select_events
from winnow.study.keys.fom import Fom
from winnow.study.typed import made

NAMES = ["background", "signal"]
LOOKS = {"labels": {}, "colours": {}}

SECTION = {
    "definition": "asimov",
    "systematic": 0.1,
    "selection": "score",
    "min_background_entries": 20,
    "bootstrap": {"replicas": 20},
    "bins": {"count": 4, "kind": "equal_signal", "simulation_statistics": True},
}
YIELDS = {
    "class_names": NAMES,
    "signal": "signal",
    "luminosity": 2.0,
    "split_factors": {"train": 2.0, "validation": 4.0, "test": 4.0},
}


def scores(heavy=True):
    """Return scores: an event with most of the weight of its class, a process without test."""
    generator = np.random.default_rng(31)
    size = 1500
    label = (generator.random(size) < 0.4).astype(np.int8)
    score = 1 / (1 + np.exp(-generator.normal(size=size) - np.where(label == 1, 1.0, -1.0)))
    sample = generator.choice(["train", "validation", "test"], size)
    process = np.where(label == 1, "H", np.where(generator.random(size) < 0.5, "tt", "Z"))
    table = pd.DataFrame(
        {
            "source": pd.Categorical(["a.csv"] * size),
            "row": np.arange(size),
            "sample": pd.Categorical(sample),
            "class": label,
            "process": process,
            "weight": np.where(label == 1, 0.1, 1.0),
            "score_background": (1 - score).astype(np.float32),
            "score_signal": score.astype(np.float32),
        }
    )
    if heavy:
        own = table.index[(table["sample"] == "test") & (table["process"] == "tt")][0]
        table.loc[own, "weight"] = 5000.0
        few = table.index[(table["sample"] == "train") & (table["process"] == "Z")][:3]
        table.loc[few, "process"] = "WW"
    return table.assign(process=pd.Categorical(table["process"]))


FOM_TABLES = ("best", "yields", "heavy", "binned", "bins", "bin_yields", "groups")
FIGURES = ("png", "pdf", "binned_png", "binned_pdf")


def fom(runner, folder, table, **section):
    table.to_parquet(folder / "scores.parquet")
    outputs = {name: str(folder / f"{name}.csv") for name in FOM_TABLES}
    outputs |= {name: str(folder / f"{name}.{name.split('_')[-1]}") for name in FIGURES}
    outputs["curves"] = str(folder / "curves.parquet")
    params = {
        "fom": SECTION | section,
        "yields": YIELDS,
        "seed": 5,
        "title": "t",
        "label": "l",
        "looks": LOOKS,
    }
    ended = runner(
        "fom",
        input={"scores": str(folder / "scores.parquet")},
        output=outputs,
        params=params,
        log=str(folder / "fom.log"),
    )
    return ended, {name: Path(path) for name, path in outputs.items()}


def same(path, expected):
    found = pd.read_csv(path, keep_default_na=True)
    wanted = pd.read_csv(StringIO(expected.to_csv(index=False)))
    pd.testing.assert_frame_equal(found, wanted)


def test_fom_writes_what_the_library_says_and_warns(runner, tmp_path):
    table = scores()
    ended, outputs = fom(runner, tmp_path, table)
    assert ended.returncode == 0, ended.stderr
    asked, binning = fom_settings(made(Fom, SECTION), YIELDS, 5)
    curves, best, yields = fom_of(table, asked)
    selected = select_events(table, asked)
    bin_yields, bins, summary = binned_tables(selected, binning)
    expected = {
        "best": best,
        "yields": yields,
        "heavy": heavy_events(table, selected.kinds),
        "binned": beside_one_cut(summary, best),
        "bins": bins,
        "bin_yields": bin_yields,
        "groups": group_table(selected, best, asked),
    }
    for name, wanted in expected.items():
        same(outputs[name], wanted)
    assert len(expected["heavy"]) == 1
    assert len(pd.read_parquet(outputs["curves"])) == len(curves)
    named = {"title": "t", "label": "l"}
    for prefix, figure in (
        ("", fom_figure(curves, best, asked.headline, **named)),
        ("binned_", binned(bin_yields, bins, expected["binned"], asked.headline, **named)),
    ):
        drawn = [tmp_path / f"expected.{ending}" for ending in ("png", "pdf")]
        save(figure, *drawn)
        for path in drawn:
            assert outputs[f"{prefix}{path.suffix[1:]}"].read_bytes() == path.read_bytes()
    log = (tmp_path / "fom.log").read_text()
    assert "at the best cuts:" in log
    assert "in bins:" in log
    assert "single events hold more than 10%" in log
    assert "test: 'WW' of class 'background'" in log


def test_a_plain_sample_is_worth_no_warning(runner, tmp_path):
    ended, _ = fom(runner, tmp_path, scores(heavy=False))
    assert ended.returncode == 0, ended.stderr
    assert "WARNING" not in (tmp_path / "fom.log").read_text()
    assert "heavy" not in ended.stderr


def test_a_cut_that_nothing_leaves_enough_background_for_is_told_with_the_number(runner, tmp_path):
    ended, _ = fom(runner, tmp_path, scores(heavy=False), min_background_entries=4321)
    assert ended.returncode == 0, ended.stderr
    assert "fewer than 4321 background events" in (tmp_path / "fom.log").read_text()


def test_nothing_is_written_of_scores_that_are_no_numbers(runner, tmp_path):
    table = scores()
    table.loc[3, "score_signal"] = np.nan
    ended, outputs = fom(runner, tmp_path, table)
    assert ended.returncode == 1
    assert "1 of 1500 events have the score NaN" in ended.stderr
    assert not any(path.exists() for path in outputs.values())


@pytest.mark.parametrize("heavy", [True, False])
def test_roc_writes_what_the_library_says_and_warns(runner, tmp_path, heavy):
    table = scores(heavy)
    table.to_parquet(tmp_path / "scores.parquet")
    outputs = {name: str(tmp_path / f"roc.{name}") for name in ("png", "pdf")}
    outputs |= {"curves": str(tmp_path / "c.parquet"), "summary": str(tmp_path / "summary.csv")}
    ended = runner(
        "roc",
        input={"scores": str(tmp_path / "scores.parquet")},
        output=outputs,
        params={"classes": NAMES, "signal": "signal", "title": "t", "label": "l", "looks": LOOKS},
        log=str(tmp_path / "roc.log"),
    )
    assert ended.returncode == 0, ended.stderr
    curves, summary = roc_tables(table, tuple(NAMES), "signal")
    same(outputs["summary"], summary.merge(accuracies(table, tuple(NAMES)), on="sample"))
    pd.testing.assert_frame_equal(pd.read_parquet(outputs["curves"]), curves)
    assert all(Path(outputs[name]).stat().st_size > 1000 for name in ("png", "pdf"))
    log = (tmp_path / "roc.log").read_text()
    assert "areas:" in log
    assert ("covers less than 68 %" in log) == heavy
