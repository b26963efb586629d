"""The page in a browser: nothing missing, nothing wider than the screen, and what can be moved."""

import json
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from winnow.output.page import CHOSEN_FOM, OVERTRAINING, RunPart, Study
from winnow.output.page_html import Told, movable_cut, page
from winnow.output.provenance import Provenance
from winnow.output.verdict import Verdict

CHROMIUM = shutil.which("chromium")
TEMPLATES = Path(__file__).resolve().parents[3] / "workflow" / "report"
WIDTHS = (1280, 390)
LONG = "learning_rate=0.0001," * 12
CUTS = np.linspace(0.0, 1.0, 21)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

HARNESS = Path(__file__).with_name("look.html")


def png(path, width=900, height=700):
    """Write a grey picture."""
    rows = zlib.compress((b"\0" + b"\x99" * width) * height)
    parts = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", rows)
    text = b"\x89PNG\r\n\x1a\n"
    for kind, body in (*parts, (b"IEND", b"")):
        crc = struct.pack(">I", zlib.crc32(kind + body))
        text += struct.pack(">I", len(body)) + kind + body + crc
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return path


def curves(path):
    parts = []
    for sample in ("validation", "test"):
        table = pd.DataFrame({"sample": sample, "cut": CUTS, "s": 100 * (1 - CUTS)})
        table = table.assign(s_uncertainty=1.0, b=1000 * (1 - CUTS), b_uncertainty=10.0)
        table = table.assign(s_efficiency=1 - CUTS, b_efficiency=1 - CUTS, eligible=CUTS < 0.9)
        parts.append(table.assign(ams=CUTS, ams_lower=CUTS - 0.1, ams_upper=CUTS + 0.1))
    pd.concat(parts).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What a browser finds on a page with long names, wide tables, and linked figures."""
    results = tmp_path_factory.mktemp("results")
    folder = results / "report"
    folder.mkdir()
    best = pd.DataFrame({"scan": ["exact"], "definition": ["ams"], "cut": [0.5]})
    wide = pd.DataFrame({f"a_long_name_of_column_{n}": [n + 0.5] for n in range(30)})
    tables = {CHOSEN_FOM: best, OVERTRAINING: wide}
    parts = [
        RunPart(
            f"{name}{LONG}", tables, {"ROC": png(results / f"roc/{name}%=/roc.png", 1500, 700)},
            {"Distributions": png(results / f"roc/{name}%=/wide.png")},
            curves=curves(results / "curves.parquet"),
        )
        for name in "ab"
    ]  # fmt: skip
    points = pd.DataFrame(
        {"rank": [1, 2], "kind": "network", "name": [f"a{LONG}", "b"], "point": ["a", "b"]}
        | {"replicas": 1, "test_fom": [2.0, 1.0]}
    )
    runs = pd.DataFrame(
        {"rank": [1, 2, 3], "point": ["a", "b", "a"], "member": "replica-00", "extra": 1.0}
        | {"test_fom": [2.0, 10.0, 9.0], "test_fom_uncertainty": 0.5}
    )
    figures = {name: png(results / f"{name}.png") for name in ("Runs", "Metrics", "Inputs")}
    study = Study("toy", points, runs, parts, {"Wide": wide}, figures, heavy=pd.DataFrame())
    told = Told(
        LONG, Verdict((LONG,), (LONG,)), movable_cut(study, "ams"), Provenance({LONG: LONG}, LONG)
    )
    (folder / "report.html").write_text(page(study, told, TEMPLATES, folder))
    shutil.copy(HARNESS, folder)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    flags += ["--virtual-time-budget=5000", "--enable-logging=stderr", "--dump-dom"]
    profile = f"--user-data-dir={results / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *flags, profile, (folder / "look.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    told_by_page = re.search(r'<pre id="found">(.+?)</pre>', done.stdout)
    assert told_by_page, done.stderr
    return json.loads(told_by_page[1]) | {"console": re.findall(r"CONSOLE.*", done.stderr)}


def test_nothing_is_complained_of_and_every_figure_is_there(found):
    assert found["console"] == []
    assert found["broken"] == [0, 0]


def test_the_page_is_no_wider_than_a_laptop_or_a_phone(found):
    assert dict(zip(WIDTHS, found["over"], strict=True)) == dict.fromkeys(WIDTHS, 0)


def test_the_slider_moves_the_numbers_and_comes_back(found):
    assert found["before"][0] == [
        *("test", "50.0 ± 1.0", "500 ± 10", "0.5", "0.5"),
        *("0.5 [0.4, 0.6]", "yes"),
    ]
    moved = found["moved"]
    assert (moved["cut"], moved["said"]) == ("0.2000", "0.2000")
    assert moved["numbers"][0][1:4] == ["80.0 ± 1.0", "800 ± 10", "0.8"]
    assert found["back"] == found["before"]


def test_tables_are_sorted_filtered_and_unfolded(found):
    # by their size, not as texts: 2, 9, 10
    assert (found["rising"], found["falling"]) == (["a", "a", "b"], ["b", "a", "a"])
    assert found["filtered"] == ["b"]
    assert found["folded"] == ["none", "table-cell"]


def test_a_figure_is_shown_at_its_full_size(found):
    assert found["zoomed"]
