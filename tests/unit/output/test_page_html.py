"""The page: what stands in it, what is linked, and where that lies."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winnow.output.page import RunPart, Study
from winnow.output.page_html import Told, embedded, page
from winnow.output.provenance import Provenance
from winnow.output.verdict import Verdict

TEMPLATES = Path(__file__).resolve().parents[3] / "workflow" / "report"


def png(folder, name, size):
    path = folder / f"{name}.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 4, 3) + bytes(size))
    return path


@pytest.fixture
def study(tmp_path):
    """Two runs and a study with a figure each, of 1,000 bytes and a header of 24."""
    figures = {name: png(tmp_path, name, 1000) for name in ("chosen", "other", "inputs")}
    parts = [RunPart(name, {}, {"ROC": figures[name]}) for name in ("chosen", "other")]
    return Study(
        name="toy",
        points=pd.DataFrame(),
        runs=pd.DataFrame(),
        parts=parts,
        tables={},
        figures={"Inputs": figures["inputs"]},
        heavy=pd.DataFrame(),
    )


def test_figures_of_the_study_and_the_chosen_run_stand_in_the_page(study):
    assert {path.stem for path in embedded(study)} == {"chosen", "inputs"}


def test_where_there_is_room_for_one_it_is_the_chosen_runs(study):
    assert {path.stem for path in embedded(study, room=2047)} == {"chosen"}
    assert len(embedded(study, room=2048)) == 2


def test_a_page_of_a_thousand_runs_stays_below_15_megabytes(study, tmp_path):
    """Each figure is large, each run has one of its own; the page is as any other one."""
    figures = {name: png(tmp_path, f"large-{name}", 4_000_000) for name in ("Metrics", "Runs")}
    table = pd.DataFrame({f"column {n}": [0.123456] * 6 for n in range(20)})
    one = study.parts[1]
    own = dict.fromkeys("abcdefg", one.figures["ROC"])
    part = replace(one, tables={"Table": table}, figures=own, sources={"Table": tmp_path / "t.csv"})
    count = 1000
    runs = {"rank": range(count), "point": [f"learning_rate={n}" for n in range(count)]}
    columns = {f"metric_{n}": np.linspace(0.0, 1.0, count) for n in range(28)}
    large = replace(
        study,
        points=pd.DataFrame({"kind": ["network"] * 2, "name": "a", "point": "a", "replicas": 1}),
        runs=pd.DataFrame(runs | columns),
        parts=[study.parts[0], *[part] * count],
        figures=figures,
    )
    told = Told("", Verdict(("told",), ()), None, Provenance({}, ""))
    html = page(large, told, TEMPLATES, tmp_path / "report")
    assert 2_000_000 < len(html.encode()) < 15_000_000
    assert html.count('href="../other.png"') == 7 * (count - 30)
    assert 'id="cut"' not in html


def test_other_runs_add_nothing(study):
    many = replace(study, parts=[study.parts[0], *[study.parts[1]] * 200])
    assert embedded(many) == embedded(study)
