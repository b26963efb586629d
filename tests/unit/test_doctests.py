"""The examples in docstrings, the formulas' numbers of record among them."""

import doctest
import importlib
from pathlib import Path

import pytest

import winnow

ROOM = Path(winnow.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(["winnow", *path.relative_to(ROOM).with_suffix("").parts])
    for path in ROOM.rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_say_what_happens(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_formulas_have_examples():
    for module in ("significance", "merit", "likelihood"):
        assert f"winnow.statistics.{module}" in WITH_EXAMPLES
