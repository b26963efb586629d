"""ROOT files as they come: types, names, cycles, empty trees, and lists as ROOT has them."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from winnow.errors import DataError
from winnow.events.readers import column_names, identity_columns, read_chunks
from winnow.study.expressions import parse
from winnow.study.files import InputFile

# made by ROOT 6.40 and make_types.py beside it
TYPES = InputFile(
    "types", str(Path(__file__).resolve().parents[2] / "data/root/types.root"), "root"
)
ENTRY = np.arange(40)


NUMBERS = {
    "u4": 2**32 - 1 - ENTRY,
    "u2": 2**16 - 1 - ENTRY,
    "u1": 255 - ENTRY,
    "s2": -100 * ENTRY,
    "s1": -ENTRY,
    "flag": ENTRY % 3 == 0,
    "d32": (0.1 * ENTRY).astype(np.float32),
    "with.dot": -100 * ENTRY,
    "with/slash": -100 * ENTRY,
    "lep.pt": 100 - ENTRY,
    "lep/eta": 0.25 * ENTRY,
    "charge": np.where(ENTRY % 2, 1, -1),
    "lep.tight": ENTRY % 2,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_branch_of_any_type_and_name_is_a_number(name: str) -> None:
    (chunk,) = read_chunks(TYPES, [name])
    np.testing.assert_array_equal(chunk.numbers[name], NUMBERS[name])


@pytest.mark.parametrize(
    ("name", "values", "step"),
    [
        ("d32_range", 2.3 * ENTRY, 100 / 2**16),
        ("f16_range", 2.3 * ENTRY, 100 / 2**12),
        ("f16", 0.1 * ENTRY, 4 / 2**12),
    ],
)
def test_a_number_of_few_bits_is_the_next_that_they_hold(
    name: str, values: np.ndarray, step: float
) -> None:
    (chunk,) = read_chunks(TYPES, [name])
    np.testing.assert_allclose(chunk.numbers[name], values, rtol=0, atol=step)
    assert np.ptp(chunk.numbers[name]) > 3


def test_ids_beyond_a_float64_are_exact() -> None:
    (chunk,) = read_chunks(TYPES, [], ["event", "id", "text"])
    assert chunk.others["event"].to_pylist() == [2**53 + i for i in range(40)]
    assert chunk.others["id"].to_pylist() == [2**64 - 1 - i for i in range(40)]
    assert chunk.others["text"].to_pylist() == ["background", "signal"] * 20


def test_the_columns_are_those_of_leaves_and_branches() -> None:
    names = column_names(TYPES)
    assert {"lep.pt", "lep.eta", "charge", "lep.tight", "with.dot", "pair", "deep"} <= {*names}
    lists = {"pt", "eta", "d32_jets", "fixed", "matrix", "pair", "mass", "tight", "ids", "deep"}
    assert {*names} - {*identity_columns(TYPES)} == lists


@pytest.mark.parametrize(
    ("name", "kind"),
    [("matrix", "float[2][2]"), ("deep", "std::vector<std::vector<float>>")],
)
def test_lists_of_lists_are_refused_by_name(name: str, kind: str) -> None:
    with pytest.raises(DataError) as caught:
        list(read_chunks(TYPES, ["d32"], [], [name]))
    assert f"column {name!r} holds several values per event ({kind}), expected one." in str(
        caught.value
    )


# What TTreeFormula of ROOT 6.40 (EvalInstance) gives for six entries of types.root; None where it
# has no value (GetNdata is 0), or 0 for the largest of none.
ROWS = [0, 1, 2, 3, 17, 30]
NONE = None
ROOT_VALUES = {
    "Sum$(pt)": [0, 118, 158.66666603, 77, 98.66666603, 0],
    "Max$(pt)": [NONE, 79, 78, 77, 63, NONE],
    "Min$(pt)": [NONE, 39, 18, 77, 3, NONE],
    "Length$(pt)": [0, 2, 4, 1, 4, 0],
    "Sum$(pt > 30)": [0, 2, 2, 1, 1, 0],
    "Sum$(pt > 30 && abs(eta) < 0.6)": [0, 2, 2, 1, 0, 0],
    "Max$(pt*(abs(eta)<0.6))": [NONE, 79, 78, 77, 0, NONE],
    "pt[0]": [NONE, 79, 78, 77, 63, NONE],
    "pt[2]": [NONE, NONE, 24.66666603, NONE, 9.66666603, NONE],
    "fixed[1]": [0.25, 1.25, 2.25, 3.25, 17.25, 30.25],
    "Sum$(fixed)": [0.75, 3.75, 6.75, 9.75, 51.75, 90.75],
    "Max$(fixed)-Min$(fixed)": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    "Sum$(pt*(pt==Max$(pt)))": [0, 79, 78, 77, 63, 0],
    "Sum$(pt > fixed[2])": [0, 2, 4, 1, 2, 0],
    "Length$(mass)": [0, 2, 4, 1, 4, 0],
    "Sum$(mass)": [0, 14.75, 19.83333325, 9.625, 12.33333325, 0],
    "Sum$(pt)/n": [NONE, 59, 39.66666651, 77, 24.66666651, NONE],
    "Sum$(d32_jets)": [0, 1.20000003, 6.80000015, 0.30000001, 12.79999995, 0],
    "Sum$(n)": [0, 2, 4, 1, 4, 0],
    "Length$(pt > 30)": [0, 2, 4, 1, 4, 0],
    "lep.pt[0]": [100, 99, 98, 97, 83, 70],
    "Sum$(pt > lep.pt/2)": [0, 1, 1, 1, 1, 0],
    "Max$(abs(eta))": [NONE, 0.375, 1.25, 0.375, 2.125, NONE],
    "pair.pt[1]": [0, -1, -2, -3, -17, -30],
    "Sum$(pt > 30 ? pt : 0)": [0, 118, 116, 77, 63, 0],
    "Min$(pt) > 5": [NONE, 1, 1, 1, 0, NONE],
    "Sum$(pt) > 50 && pt[0] > 40": [0, 1, 1, 1, 1, 0],
    "Sum$(lep.pt)": [100, 99, 98, 97, 83, 70],
    "Length$(n)": [1, 1, 1, 1, 1, 1],
}


@pytest.mark.parametrize(("text", "expected"), ROOT_VALUES.items())
def test_lists_have_the_values_of_root_or_none(text: str, expected: list[float | None]) -> None:
    expression = parse(text)
    single = [name for name in expression.columns if name not in expression.lists]
    (chunk,) = read_chunks(TYPES, single, [], expression.lists)
    found = expression.evaluate({**chunk.numbers, **chunk.lists})[ROWS]
    for value, wanted in zip(found, expected, strict=True):
        assert np.isnan(value) if wanted is NONE else value == pytest.approx(wanted, rel=1e-8)


FORMULAS = """
import json, sys, ROOT
file = ROOT.TFile(sys.argv[1])
tree, found = file.Get("events"), {}
for text in json.loads(sys.argv[2]):
    formula, found[text] = ROOT.TTreeFormula("formula", text, tree), []
    for entry in range(tree.GetEntries()):
        tree.LoadTree(entry)
        found[text].append(formula.EvalInstance(0) if formula.GetNdata() else None)
print(json.dumps(found))
"""


@pytest.mark.skipif(find_spec("ROOT") is None, reason="the wheel `root` is not installed")
def test_lists_have_the_values_that_root_gives_here() -> None:
    """In all entries, but for the largest and smallest of no values and what is made of them."""
    command = [sys.executable, "-c", FORMULAS, TYPES.path, json.dumps([*ROOT_VALUES])]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for text, expected in json.loads(told.splitlines()[-1]).items():
        expression = parse(text)
        single = [name for name in expression.columns if name not in expression.lists]
        (chunk,) = read_chunks(TYPES, single, [], expression.lists)
        columns = {**chunk.numbers, **chunk.lists}
        wanted = np.array([np.nan if value is None else value for value in expected])
        found = expression.evaluate(columns)
        defined = ~expression.lacks(columns) & np.isfinite(found)
        np.testing.assert_allclose(found[defined], wanted[defined], rtol=1e-7)
        assert defined.sum() >= 16


def test_a_flag_of_each_value_counts_once() -> None:
    """TTreeFormula of ROOT 6.40 does not: of vector<bool> it sums something else."""
    (chunk,) = read_chunks(TYPES, [], [], ["tight", "pt"])
    found = parse("Sum$(tight)").evaluate(chunk.lists)
    np.testing.assert_array_equal(found, parse("Sum$(pt > 20)").evaluate(chunk.lists))
    assert found.sum() > 20


def test_a_cycle_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    with uproot.recreate(path) as out:
        for name, value in (("one", 1.0), ("dir/two", 2.0), ("dir/two", 3.0)):
            out.mktree(name, {"x": np.float64}).extend({"x": np.array([value])})
    found = {}
    for tree in ("dir/two", "dir/two;1", "dir/two;2", "one;1"):
        (chunk,) = read_chunks(InputFile("s", str(path), "root", tree=tree), ["x"])
        found[tree] = chunk.numbers["x"].tolist()
    assert found == {"dir/two": [3], "dir/two;1": [2], "dir/two;2": [3], "one;1": [1]}
    with pytest.raises(DataError) as caught:
        list(read_chunks(InputFile("s", str(path), "root", tree="one;2"), ["x"]))
    assert str(caught.value) == (
        f"{path}: there is no tree 'one;2'; it has: one;1, dir/two;1, dir/two;2. Correct "
        "`input.files[].tree`."
    )


@pytest.mark.parametrize("kind", ["tree", "ntuple"])
def test_an_empty_tree_has_lists_of_no_events(kind: str, tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as out:
        if kind == "tree":
            out.mktree("t", {"x": "f8", "pt": "var * float64"})
        else:
            out["t"] = {"x": np.zeros(0), "pt": ak.Array([[1.0]])[:0]}
    (chunk,) = read_chunks(InputFile("s", str(tmp_path / "a.root"), "root"), ["x"], [], ["pt"])
    assert len(chunk.rows) == 0
    columns = {**chunk.numbers, **chunk.lists}
    for text in ("pt[0]", "Sum$(pt > x)", "Max$(pt) / x", "Length$(pt)"):
        assert parse(text).evaluate(columns).shape == (0,)


def test_branches_that_nobody_asks_for_are_not_read(tmp_path: Path) -> None:
    """One whose bytes are damaged is no fault beside others."""
    path = tmp_path / "a.root"
    pt = ak.Array([np.random.default_rng(1).normal(size=300), []])
    with uproot.recreate(path) as out:
        out.mktree("t", {"x": "f8", "pt": "var * float64", "eta": "var * float64"}).extend(
            {"x": np.zeros(2), "pt": pt, "eta": pt}
        )
    with uproot.open(path) as out:
        place = int(out["t"]["eta"].member("fBasketSeek")[0])
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"damaged" * 40)
    file = InputFile("s", str(path), "root")
    (chunk,) = read_chunks(file, ["x"], [], ["pt"])
    assert chunk.lists["pt"].counts.tolist() == [300, 0]
    with pytest.raises(DataError, match="cannot be read as ROOT"):
        list(read_chunks(file, ["x"], [], ["pt", "eta"]))
