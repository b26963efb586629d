"""Cuts and derived columns: arithmetic expressions on columns.

The syntax is that of C++ and ROOT's TTreeFormula: its operators, with C++'s precedence, and `**`
for a power. `&`, `|` and `~` between conditions are those of NumExpr and pandas: logical. Where a
value would differ from TTreeFormula's, the expression is refused, or the value is undefined (NaN or
infinite): TTreeFormula takes sqrt(-4) for 2, log(-1) and x/0 for 0, `2**3**2` for 64, and the bits
of negative numbers for huge ones. The parsed tree is walked with the tables below: no text is ever
executed.

An event may have any number of values of a column, such as a branch of variable length. `x[0]` is
its first value, and `Sum$`, `Max$`, `Min$` and `Length$` make one value an event of an expression
that is computed value by value, as in TTree::Draw; outside of these, each column has one value an
event, where TTree::Draw would draw them all. What an event does not have is missing: `x[0]`, `Max$`
and `Min$` of no values are NaN, where TTreeFormula gives 0. Lists that differ in length in one
event have no value together, where TTreeFormula leaves out the end of the longer one.

Missing values (NaN) propagate. A comparison with a missing value is neither true nor false but
unknown, as in SQL: `!unknown` stays unknown, `unknown && false` is false, `unknown || true` is
true. An event passes a cut only where it is true, so that no event with a missing value passes
by negation: neither `x > 3` nor `!(x > 3)` nor `x != 3` is passed where x is missing.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import lark
import numpy as np
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.study.expression_syntax import parsed, refusal
from winnow.study.lists import (
    REDUCTIONS,
    UNDEFINED_OF_NONE,
    Lists,
    Values,
    as_lists,
    elementwise,
    unequal,
)
from winnow.study.operations import (
    ARITHMETIC,
    BITS,
    COMPARISONS,
    FUNCTIONS,
    LOGIC,
    Array,
    NotWholeError,
    where,
)

_ALIASES: Mapping[str, str] = {
    "ln": "log",
    "fabs": "abs",
    "trunc": "int",
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
    **{
        f"TMath::{name}": own
        for name, own in {
            **{n: n.lower() for n in ("Sqrt", "Abs", "Exp", "Log", "Log10", "Log2", "Floor")},
            **{n: n.lower() for n in ("Ceil", "Sin", "Cos", "Tan", "SinH", "CosH", "TanH")},
            **{f"A{n}": f"arc{n.lower()}" for n in ("Sin", "Cos", "Tan", "SinH", "CosH", "TanH")},
            **{"ATan2": "arctan2", "Power": "pow", "Min": "min", "Max": "max"},
        }.items()
    },
}
_CONSTANTS: Mapping[str, float] = {"pi": np.pi, "true": 1.0, "false": 0.0}

FUNCTION_NAMES = tuple(sorted({*FUNCTIONS, *REDUCTIONS}))
"""The functions an expression may use; asin, atan2, ln, fabs and TMath::Sqrt are known as well."""


@dataclass(frozen=True)
class _Node:
    """A number, a column, one of its values or an operation on other nodes."""

    kind: str
    operands: tuple["_Node", ...] = ()
    value: float = 0.0
    name: str = ""

    def walk(self, ends: Container[str] = ()) -> Iterator["_Node"]:
        """Yield it and what is below it, but below nodes of some kinds."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            if node.kind not in ends:
                waiting += reversed(node.operands)

    @property
    def together(self) -> Iterator["_Node"]:
        """It and what is below it, where that is computed value by value with it."""
        return self.walk(ends=REDUCTIONS)

    @property
    def is_condition(self) -> bool:
        return self.kind in COMPARISONS or self.kind in LOGIC


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as written in the config.
        columns: names of the columns it reads, in order of appearance.
        lists: those of them that may have any number of values an event.
    """

    text: str
    columns: tuple[str, ...]
    lists: tuple[str, ...]
    _tree: _Node = field(repr=False, compare=False)

    def evaluate(self, columns: Mapping[str, Values]) -> NDArray[np.float64]:
        """Return the value for every event: float64 of shape (events,), NaN where unknown.

        A condition is 1 where true, 0 where false, NaN where it depends on a missing value.
        Undefined results (`sqrt(-1)`, `1/0`, `3 % 0`) are NaN or infinite, without a warning; what
        is made of lists that differ in length is NaN.

        Args:
            columns: at least the expression's columns, each of shape (events,), numbers or
                booleans, those of `lists` may be Lists; integers beyond 2**53 are rounded.

        Raises:
            DataError: `%`, a shift or a bit operation meets a number that is not whole, or beyond
                2**53.
        """
        values = self._values(columns)
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(_evaluate(self._tree, values), dtype=np.float64)
        except NotWholeError as error:
            raise DataError(
                f"expression {self.text!r}: found {error}, expected whole numbers up to 2**53 for "
                "&, |, ~, <<, >> and %. Write && and || between conditions, fmod(x, y) for the "
                "remainder of fractions, and int(x) to cut fractions off."
            ) from error
        for _, differing in self.unequal(columns):
            found = np.where(differing, np.nan, found)
        return found

    def unequal(
        self, columns: Mapping[str, Values]
    ) -> Iterator[tuple[tuple[str, ...], NDArray[np.bool_]]]:
        """Yield the lists that are computed value by value, and the events where they differ.

        Args:
            columns: as in `evaluate`.

        Yields:
            Names of the lists, and a mask of shape (events,) that is true where their lengths
            differ, for each group of lists in which they do.
        """
        for node in self._tree.walk():
            if node.kind not in REDUCTIONS:
                continue
            inside = [n.name for n in node.operands[0].together if n.kind == "column"]
            names = [n for n in dict.fromkeys(inside) if isinstance(columns[n], Lists)]
            differing = unequal([columns[name] for name in names])
            if differing is not None and differing.any():
                yield tuple(names), differing

    def lacks(self, columns: Mapping[str, Values]) -> NDArray[np.bool_]:
        """Return the events in which something that it reads is missing, shape (events,).

        A value of a column is, or a list is too short for `x[0]`, or empty for `Max$` and `Min$`.

        Args:
            columns: as in `evaluate`.
        """
        values = self._values(columns)
        found = [_unknown(value) for value in values.values()]
        with np.errstate(all="ignore"):
            for node in self._tree.walk():
                if node.kind == "element":
                    found.append(_unknown(_evaluate(node, values)))
                elif node.kind in UNDEFINED_OF_NONE:
                    inside = _evaluate(node.operands[0], values)
                    found.append(as_lists(inside, len(found[0])).counts == 0)
        missing: NDArray[np.bool_] = np.any(found, axis=0)
        return missing

    def _values(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for name in self.columns:
            column = columns[name]
            is_list = isinstance(column, Lists) and name in self.lists
            found[name] = column if is_list else np.asarray(column, dtype=np.float64)
        return found

    def passes(self, columns: Mapping[str, Values]) -> NDArray[np.bool_]:
        """Return which events pass the cut: true, neither false (zero) nor unknown (NaN)."""
        value = self.evaluate(columns)
        return np.asarray((value != 0) & ~np.isnan(value))


def parse(text: str) -> Expression:
    """Parse an expression on columns.

    Raises:
        ConfigError: the text is no expression, uses an unknown function, compares the result of
            a comparison (`1 < x < 3`), mixes bits and conditions, is nested deeper than
            `_DEEPEST`, or reads no column.
    """
    tree = _node(parsed(text), text)
    if tree.kind == "bit_not":
        raise refusal(text, _BITS_AS_TRUTH)
    columns = tuple(dict.fromkeys(n.name for n in tree.walk() if n.kind in ("column", "element")))
    if not columns:
        raise refusal(text, "it uses no column, so that it is the same for every event")
    single = {node.name for node in tree.together if node.kind == "column"}
    return Expression(text, columns, tuple(n for n in columns if n not in single), tree)


_DEEPEST = 60
"""Of parentheses, calls and choices within each other; far from where Python's own calls end."""

_LEAVES = ("number", "name", "quoted", "element", "call")

_BITS_AS_TRUTH = (
    "'~' turns the bits of a number around, so that nearly every number becomes true; write !x"
    " for not, and (~x & 4) != 0 for a bit"
)


def _node(tree: lark.Tree[Any] | lark.Token, text: str, depth: int = 0) -> _Node:
    """Return the checked tree of what was parsed.

    Long sums lean to the left: their first operands are gone through without a call for each.
    """
    if depth > _DEEPEST:
        raise refusal(text, f"it is nested deeper than {_DEEPEST} times; derive columns in steps")
    leaning = []
    while isinstance(tree, lark.Tree) and str(tree.data) not in _LEAVES:
        leaning.append(tree)
        tree = tree.children[0]
    node = _leaf(tree, text, depth)
    for own in reversed(leaning):
        others = (_node(child, text, depth + 1) for child in own.children[1:])
        node = _checked(str(own.data), (node, *others), text)
    return node


def _leaf(tree: lark.Tree[Any] | lark.Token, text: str, depth: int) -> _Node:
    if not isinstance(tree, lark.Tree):
        raise TypeError(f"unexpected token {tree!r}")
    kind = str(tree.data)
    if kind == "number":
        literal = str(tree.children[0])
        return _Node(kind, value=float(int(literal, 16) if "x" in literal.lower() else literal))
    if kind in ("name", "quoted"):
        name = str(tree.children[0]).strip("`")
        if kind == "name" and name in _CONSTANTS:
            return _Node("number", value=_CONSTANTS[name])
        return _Node("column", name=name)
    if kind == "call":
        operands = tuple(_node(child, text, depth + 1) for child in tree.children[1:])
        return _call(str(tree.children[0]).rstrip("( \t\n"), operands, text)
    column = _leaf(tree.children[0], text, depth)
    if column.kind != "column":
        raise refusal(text, f"{tree.children[0].children[0]} is a number, which has no values")
    return _Node(kind, value=float(str(tree.children[1])), name=column.name)


def _checked(kind: str, operands: tuple[_Node, ...], text: str) -> _Node:
    """Return an operation, unless it mixes what does not go together."""
    conditions = [operand.is_condition for operand in operands]
    if kind in COMPARISONS and any(conditions):
        raise refusal(
            text,
            "it compares the result of a comparison; write 1 < x && x < 3 for 1 < x < 3,"
            " and !(x > 3) for !x > 3",
        )
    if kind in BITS:
        symbol, logical, _ = BITS[kind]
        if all(conditions):
            return _Node(logical, operands)
        if any(conditions):
            raise refusal(
                text,
                f"{symbol!r} stands between a condition and a number; write && or || between"
                " conditions, and (x & 4) != 0 for a bit of x",
            )
    elif any(operand.kind == "bit_not" for operand in operands) and (
        kind in LOGIC or (kind == "where" and operands[0].kind == "bit_not")
    ):
        raise refusal(text, _BITS_AS_TRUTH)
    return _Node(kind, operands)


def _call(written: str, operands: tuple[_Node, ...], text: str) -> _Node:
    if written == "TMath::Pi" and not operands:
        return _Node("number", value=np.pi)
    function = _ALIASES.get(written, written)
    if function in REDUCTIONS:
        if len(operands) != 1:
            raise refusal(text, f"{written} takes 1 argument(s), found {len(operands)}")
        return _Node(function, operands)
    if function not in FUNCTIONS:
        raise refusal(
            text, f"function {written!r} is not known; known are {', '.join(FUNCTION_NAMES)}"
        )
    allowed = FUNCTIONS[function][1]
    if len(operands) not in allowed:
        wanted = f"{allowed.start}" if len(allowed) == 1 else f"at least {allowed.start}"
        raise refusal(text, f"{written} takes {wanted} argument(s), found {len(operands)}")
    return _Node(function, operands, name="call")


def _operation(node: _Node) -> Callable[..., Array]:
    if node.name == "call":
        return FUNCTIONS[node.kind][0]
    if node.kind in BITS:
        return BITS[node.kind][2]
    table: Mapping[str, Callable[..., Array]] = {**COMPARISONS, **LOGIC, **ARITHMETIC}
    return where if node.kind == "where" else table[node.kind]


def _unknown(values: Values) -> NDArray[np.bool_]:
    """Return the events with a value that is NaN, shape (events,)."""
    found = values.any(np.isnan(values.content)) if isinstance(values, Lists) else np.isnan(values)
    return np.asarray(found)


def _evaluate(node: _Node, values: Mapping[str, Values]) -> Values:
    """Return a node's value; first operands are gone through without a call for each."""
    events = next(len(v.counts if isinstance(v, Lists) else v) for v in values.values())
    leaning = []
    while node.operands:
        leaning.append(node)
        node = node.operands[0]
    found = _read(node, values, events)
    for own in reversed(leaning):
        if own.kind in REDUCTIONS:
            found = REDUCTIONS[own.kind](as_lists(found, events))
        else:
            others = [_evaluate(operand, values) for operand in own.operands[1:]]
            found = elementwise(_operation(own), [found, *others])
    return found


def _read(node: _Node, values: Mapping[str, Values], events: int) -> Values:
    """Return the value of a number, a column or one of its values."""
    if node.kind == "number":
        return np.array(node.value, dtype=np.float64)
    if node.kind == "column":
        return values[node.name]
    return as_lists(values[node.name], events).element(int(node.value))
