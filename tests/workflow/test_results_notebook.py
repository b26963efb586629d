"""The notebook that opens a finished study: as it is shipped, and on the toy study."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from toy import ROOT

NOTEBOOK = json.loads((ROOT / "docs/results.ipynb").read_text())
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def test_it_is_shipped_with_ten_cells_and_without_what_they_once_gave():
    assert len(CELLS) == 10
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CELLS)
    # each is told of before
    kinds = [cell["cell_type"] for cell in NOTEBOOK["cells"]]
    assert kinds == ["markdown", "code"] * 10


@pytest.fixture(scope="module")
def results(finished):
    """The notebook's variables, after its cells ran one after the other in a finished study."""
    own = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(finished)
        patch.setenv("STUDY", "toy")
        for number, cell in enumerate(CELLS):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), own)
    plt.close("all")
    return own


def test_its_numbers_are_those_of_the_study(results):
    assert results["area"] == pytest.approx(results["summary"].loc["test", "auc"], abs=1e-12)
    table = results["table"]
    assert len(table) == 3
    np.testing.assert_allclose(table["redone"], table["yield"], rtol=1e-9)
    np.testing.assert_allclose(table["redone_uncertainty"], table["uncertainty"], rtol=1e-9)
    stacked = results["bins"]["yield"].sum()
    assert results["low"].sum() == pytest.approx(stacked)


def test_it_draws_and_writes(results, finished):
    assert (finished / "score.pdf").stat().st_size > 1000
    assert (finished / "yields.csv").read_text().startswith("process,class,yield,uncertainty\n")
    labels = {text.get_text() for text in results["axes"].get_legend().get_texts()}
    assert labels == {"higgs", "top", "zjets"}
