"""The page of figures and tables: each figure of the rules, with what its script draws it from."""

import ast
import re

import pytest

from rules import all_rules
from toy import ROOT

PAGE = (ROOT / "docs/figures.md").read_text()
ALL_RULES = "\n".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
SCRIPTS = ROOT / "workflow/scripts"
# how the page says what a rule fills in
WORDS = {
    "CLASSIFIER_RUN": "<run>",
    "RUN": "<run>",
    "{classifier}": "<classifier>",
    "TRANSFORMED": "transform/<transform>/fold-<i>",
    "contest.file_name(variable)": "<key>",
    "name": "<class>",
}
# inputs that a rule names by a function or by a text of its own
GIVEN = {
    "curves": "contest/<contestant>/<setting>/repeat-<i>/curve.parquet",
    "events": "ingest/<file>/events.parquet",
}
# of these a figure takes the name of an axis alone
TEXTS = {"input.foms"}


def words(path):
    """Return a path of a rule as the page says it."""
    for name, word in WORDS.items():
        path = path.replace("{" + name + "}", word)
    return path


def rows():
    """Return figure → (its tables, the module that draws it), of the page."""
    found = {}
    for line in re.findall(r"^\| (`.*) \|$", PAGE, re.MULTILINE):
        figure, tables, module = line.split(" | ")
        found[figure.strip("`")] = (re.findall("`(.*?)`", tables), re.search(r"\[(\w+)", module)[1])
    return found


def paths(rule, section):
    """Return name → path below the study's folder, of a rule's outputs or inputs."""
    text = all_rules()[rule]
    block = re.search(rf"^    {section}:\n((?:        .*\n)*)", text, re.MULTILINE)[1]
    for name in re.findall(r"\*\*([A-Z_]+),", block):
        # what only some studies have stands in a mapping before the rule
        mapping = re.search(
            rf"^    {name} = \{{\n(.*?)^    \}}", ALL_RULES, re.MULTILINE | re.DOTALL
        )
        block += re.sub(r'^ *"(\w+)": ', r"        \1=", mapping[1], flags=re.MULTILINE)
    pattern = r'^        (\w+)=(?:\[?\s*(?:report\()?\s*)f"results/\{STUDY\}/(.*?)"'
    return {name: words(path) for name, path in re.findall(pattern, block, re.MULTILINE)}


def figures():
    """Return figure → rule, of all rules that draw."""
    return {
        path.removesuffix(".png"): rule
        for rule in all_rules()
        if re.search(r"^    output:", all_rules()[rule], re.MULTILINE)
        for path in paths(rule, "output").values()
        if path.endswith(".png")
    }


FIGURES = figures()


def test_the_page_has_each_figure_and_no_other():
    assert sorted(rows()) == sorted(FIGURES)
    assert len(FIGURES) > 30


def script_of(rule):
    """Return the tree of the script that a rule, or the rule that it takes over, runs."""
    taken = {"cross_roc": "roc", "cross_fom": "fom", "cross_sculpting": "sculpting"}
    return ast.parse((SCRIPTS / f"{taken.get(rule, rule)}.py").read_text())


def named(node):
    """Return the variable that an expression is, or the name that it chooses; None of others."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value
    return node.id if isinstance(node, ast.Name) else None


def used(node):
    """Return the variables and the inputs, as `input.x`, that stand in an expression."""
    found = {own.id for own in ast.walk(node) if isinstance(own, ast.Name)}
    read = [own for own in ast.walk(node) if isinstance(own, ast.Attribute)]
    return found | {f"input.{own.attr}" for own in read if "input" in ast.unparse(own.value)}


def drawn_from(tree, module, outputs):
    """Return the tables that a call which draws a module's figure takes, a set a call.

    `output.x` is a table that is written, `input.x` one that is read, however many steps before.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    written, made = {name: f"output.{name}" for name in outputs}, {}
    for call in calls:
        if ast.unparse(call.func) in ("write_csv", "write_parquet"):
            table, place = call.args
            if named(table) and isinstance(place, ast.Attribute):
                written[named(table)] = f"output.{place.attr}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for name in used(node.targets[0]):
                made[name] = made.get(name, set()) | used(node.value)
    places = [
        (node.module, alias)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    imported = {
        alias.asname or alias.name
        for place, alias in places
        if f"winnow.figures.{module}" in (place, f"{place}.{alias.name}")
    }
    found = []
    for call in calls:
        if ast.unparse(call.func).split(".")[0] not in imported:
            continue
        # a text that chooses one of several tables, not one of several titles
        given = [own for own in call.args if isinstance(own, ast.Name) or named(own) in outputs]
        tables, left, seen = set(), [*map(named, given)], set()
        while left:
            name = left.pop()
            if name in seen:
                continue
            seen.add(name)
            if name.startswith("input."):
                tables.add(name)
            elif name in written:
                tables.add(written[name])
            else:
                left += made.get(name, ())
        found.append(tables)
    return found


@pytest.mark.parametrize("figure", sorted(FIGURES))
def test_a_figure_is_drawn_from_the_tables_beside_it(figure):
    (tables, module), rule = rows()[figure], FIGURES[figure]
    outputs, inputs = paths(rule, "output"), paths(rule, "input") | GIVEN
    places = {f"output.{name}": path for name, path in outputs.items()}
    places |= {f"input.{name}": path for name, path in inputs.items()}
    taken = drawn_from(script_of(rule), module, outputs)
    assert set(tables) in [{places[name] for name in own - TEXTS} for own in taken]
