"""The page: what stands in it, what is linked, and where that lies."""

import struct
from dataclasses import replace

import pandas as pd
import pytest

from winnow.output.page import RunPart, Study
from winnow.output.page_html import embedded


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


def test_other_runs_add_nothing(study):
    many = replace(study, parts=[study.parts[0], *[study.parts[1]] * 200])
    assert embedded(many) == embedded(study)
