"""Cuts and derived columns: arithmetic expressions on columns.

The syntax is that of C++ and ROOT's TTreeFormula: its operators, with C++'s precedence, and `**`
for a power. `&`, `|` and `~` between conditions are those of NumExpr and pandas: logical. Where a
value would differ from TTreeFormula's, the expression is refused, or the value is undefined (NaN or
infinite): TTreeFormula takes sqrt(-4) for 2, log(-1) and x/0 for 0, `2**3**2` for 64, and the bits
of negative numbers for huge ones. The parsed tree is walked with the tables below: no text is ever
executed.

Missing values (NaN) propagate. A comparison with a missing value is neither true nor false but
unknown, as in SQL: `!unknown` stays unknown, `unknown && false` is false, `unknown || true` is
true. An event passes a cut only where it is true, so that no event with a missing value passes
by negation: neither `x > 3` nor `!(x > 3)` nor `x != 3` is passed where x is missing.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import lark
import numpy as np
from numpy.typing import NDArray

from winnow.errors import ConfigError, DataError
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

_GRAMMAR = r"""
?start: ternary
?ternary: or_ | or_ "?" ternary ":" ternary -> where
?or_: and_ | or_ "||" and_ -> or
?and_: bit_or | and_ "&&" bit_or -> and
?bit_or: bit_and | bit_or "|" bit_and -> bit_or
?bit_and: equality | bit_and "&" equality -> bit_and
?equality: comparison | equality "==" comparison -> eq | equality "!=" comparison -> neq
?comparison: shift
    | comparison "<" shift -> lt | comparison "<=" shift -> lte
    | comparison ">" shift -> gt | comparison ">=" shift -> gte
?shift: sum | shift "<<" sum -> shift_left | shift ">>" sum -> shift_right
?sum: term | sum "+" term -> add | sum "-" term -> sub
?term: factor | term "*" factor -> mul | term "/" factor -> div | term "%" factor -> mod
?factor: power | "+" factor -> pos | "-" factor -> neg | "!" factor -> not | "~" factor -> bit_not
?power: atom | atom "**" exponent -> pow
?exponent: atom | "+" exponent -> pos | "-" exponent -> neg
?atom: "(" ternary ")"
    | FUNCTION [ternary ("," ternary)*] ")" -> call
    | NUMBER -> number
    | NAME -> name
    | QUOTED -> quoted
FUNCTION: /(?!\d)\w+(::\w+)*\s*\(/
NAME: /(?!\d)\w+(\.\w+)*/
QUOTED: /`[^`]+`/
NUMBER: /0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/
%ignore /\s+/
"""


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

FUNCTION_NAMES = tuple(sorted(FUNCTIONS))
"""The functions an expression may use; asin, atan2, ln, fabs and TMath::Sqrt are known as well."""


@dataclass(frozen=True)
class _Node:
    """A number, a column or an operation on other nodes."""

    kind: str
    operands: tuple["_Node", ...] = ()
    value: float = 0.0
    name: str = ""

    @property
    def is_condition(self) -> bool:
        return self.kind in COMPARISONS or self.kind in LOGIC


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as written in the config.
        columns: names of the columns it reads, in order of appearance.
    """

    text: str
    columns: tuple[str, ...]
    _tree: _Node = field(repr=False, compare=False)

    def evaluate(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return the value for every event: float64 of shape (events,), NaN where unknown.

        A condition is 1 where true, 0 where false, NaN where it depends on a missing value.
        Undefined results (`sqrt(-1)`, `1/0`, `3 % 0`) are NaN or infinite, without a warning.

        Args:
            columns: at least the expression's columns, each of shape (events,), numbers or
                booleans; integers beyond 2**53 are rounded.

        Raises:
            DataError: `%`, a shift or a bit operation meets a number that is not whole, or beyond
                2**53.
        """
        values = {name: np.asarray(columns[name], dtype=np.float64) for name in self.columns}
        try:
            with np.errstate(all="ignore"):
                return np.asarray(_evaluate(self._tree, values), dtype=np.float64)
        except NotWholeError as error:
            raise DataError(
                f"expression {self.text!r}: found {error}, expected whole numbers up to 2**53 for "
                "&, |, ~, <<, >> and %. Write && and || between conditions, fmod(x, y) for the "
                "remainder of fractions, and int(x) to cut fractions off."
            ) from error

    def passes(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Return which events pass the cut: true, neither false (zero) nor unknown (NaN)."""
        value = self.evaluate(columns)
        return np.asarray((value != 0) & ~np.isnan(value))


def parse(text: str) -> Expression:
    """Parse an expression on columns.

    Raises:
        ConfigError: the text is no expression, uses an unknown function, compares the result of
            a comparison (`1 < x < 3`), mixes bits and conditions, or reads no column.
    """
    tree = _node(_parsed(text), text)
    if tree.kind == "bit_not":
        raise _refusal(text, _BITS_AS_TRUTH)
    columns = tuple(dict.fromkeys(_columns(tree)))
    if not columns:
        raise _refusal(text, "it uses no column, so that it is the same for every event")
    return Expression(text, columns, tree)


_BITS_AS_TRUTH = (
    "'~' turns the bits of a number around, so that nearly every number becomes true; write !x"
    " for not, and (~x & 4) != 0 for a bit"
)


@functools.cache
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def _refusal(text: str, problem: str) -> ConfigError:
    return ConfigError(f"expression {text!r}: {problem}.")


def _parsed(text: str) -> lark.Tree[Any] | lark.Token:
    if "^" in text:
        raise _refusal(
            text, "'^' means power in ROOT and exclusive-or in C++; write ** for a power"
        )
    if "[" in text:
        raise _refusal(text, "[ ] is not supported: every column holds one number per event")
    try:
        return _parser().parse(text)
    except lark.exceptions.UnexpectedInput as error:
        raise _refusal(text, _syntax_problem(text, error)) from error


def _syntax_problem(text: str, error: lark.exceptions.UnexpectedInput) -> str:
    position: int | None = getattr(error, "pos_in_stream", None)
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    if at_end or position is None or not 0 <= position < len(text):
        return "it ends too early"
    hint = ""
    if text[position:].startswith("**"):
        hint = "; 2**3**2 is 64 in ROOT and 512 in Python: put parentheses"
    elif text[position:].startswith(":"):
        hint = "; ':' would give several results, one is wanted"
    elif re.match(r"(and|or|not)\b", text[position:]) or re.search(r"\bnot\s*$", text[:position]):
        hint = "; write &&, || and !"
    return f"it cannot be read from {text[position:]!r} (character {position + 1}) on{hint}"


def _node(tree: lark.Tree[Any] | lark.Token, text: str) -> _Node:
    """Return the checked tree of what was parsed."""
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
        return _call(str(tree.children[0]).rstrip("( \t\n"), tree.children[1:], text)
    operands = tuple(_node(child, text) for child in tree.children)
    conditions = [operand.is_condition for operand in operands]
    if kind in COMPARISONS and any(conditions):
        raise _refusal(
            text,
            "it compares the result of a comparison; write 1 < x && x < 3 for 1 < x < 3,"
            " and !(x > 3) for !x > 3",
        )
    if kind in BITS:
        symbol, logical, _ = BITS[kind]
        if all(conditions):
            return _Node(logical, operands)
        if any(conditions):
            raise _refusal(
                text,
                f"{symbol!r} stands between a condition and a number; write && or || between"
                " conditions, and (x & 4) != 0 for a bit of x",
            )
    elif any(operand.kind == "bit_not" for operand in operands) and (
        kind in LOGIC or (kind == "where" and operands[0].kind == "bit_not")
    ):
        raise _refusal(text, _BITS_AS_TRUTH)
    return _Node(kind, operands)


def _call(written: str, arguments: list[Any], text: str) -> _Node:
    operands = tuple(_node(argument, text) for argument in arguments)
    if written == "TMath::Pi" and not operands:
        return _Node("number", value=np.pi)
    function = _ALIASES.get(written, written)
    if function not in FUNCTIONS:
        raise _refusal(
            text, f"function {written!r} is not known; known are {', '.join(FUNCTION_NAMES)}"
        )
    allowed = FUNCTIONS[function][1]
    if len(operands) not in allowed:
        wanted = f"{allowed.start}" if len(allowed) == 1 else f"at least {allowed.start}"
        raise _refusal(text, f"{written} takes {wanted} argument(s), found {len(operands)}")
    return _Node(function, operands, name="call")


def _columns(node: _Node) -> Iterator[str]:
    if node.kind == "column":
        yield node.name
    for operand in node.operands:
        yield from _columns(operand)


def _operation(node: _Node) -> Callable[..., Array]:
    if node.name == "call":
        return FUNCTIONS[node.kind][0]
    if node.kind in BITS:
        return BITS[node.kind][2]
    table: Mapping[str, Callable[..., Array]] = {**COMPARISONS, **LOGIC, **ARITHMETIC}
    return where if node.kind == "where" else table[node.kind]


def _evaluate(node: _Node, values: Mapping[str, Array]) -> Array:
    if node.kind == "number":
        return np.array(node.value, dtype=np.float64)
    if node.kind == "column":
        return values[node.name]
    return _operation(node)(*(_evaluate(operand, values) for operand in node.operands))
