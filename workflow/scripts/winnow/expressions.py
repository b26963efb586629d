"""Cuts and derived columns: arithmetic expressions on columns, parsed by formulate.

An expression is written as ROOT's TTreeFormula (`&&`, `||`, `!`, C++ precedence) or as NumExpr
(`&`, `|`, `~`, Python precedence). The parsed tree is walked with the tables below: no text is
ever executed.

Missing values (NaN) propagate. A comparison with a missing value is neither true nor false but
unknown, as in SQL: `!unknown` stays unknown, `unknown && false` is false, `unknown || true` is
true. An event passes a cut only where it is true, so that no event with a missing value passes
by negation: neither `x > 3` nor `!(x > 3)` nor `x != 3` is passed where x is missing.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import formulate
import numpy as np
from formulate import AST
from numpy.typing import NDArray

from winnow.errors import ConfigError

Array = NDArray[np.float64]


def _known(*operands: Array) -> NDArray[np.bool_]:
    return ~functools.reduce(np.logical_or, map(np.isnan, operands))


def _comparison(compare: Callable[..., Any]) -> Callable[[Array, Array], Array]:
    return lambda left, right: np.where(_known(left, right), compare(left, right), np.nan)


def _truth(value: Array) -> Array:
    return np.where(np.isnan(value), np.nan, value != 0)


def _not(value: Array) -> Array:
    return 1.0 - _truth(value)


def _and(left: Array, right: Array) -> Array:
    one, other = _truth(left), _truth(right)
    return np.where((one == 0) | (other == 0), 0.0, one * other)


def _or(left: Array, right: Array) -> Array:
    one, other = _truth(left), _truth(right)
    return np.where((one == 1) | (other == 1), 1.0, one + other)


def _where(condition: Array, if_true: Array, if_false: Array) -> Array:
    truth = _truth(condition)
    return np.where(np.isnan(truth), np.nan, np.where(truth == 1, if_true, if_false))


def _minimum(*values: Array) -> Array:
    return functools.reduce(np.minimum, values)


def _maximum(*values: Array) -> Array:
    return functools.reduce(np.maximum, values)


_COMPARISONS: Mapping[str, Callable[[Array, Array], Array]] = {
    "lt": _comparison(np.less),
    "lte": _comparison(np.less_equal),
    "gt": _comparison(np.greater),
    "gte": _comparison(np.greater_equal),
    "eq": _comparison(np.equal),
    "neq": _comparison(np.not_equal),
}
_LOGIC: Mapping[str, Callable[[Array, Array], Array]] = {"and": _and, "or": _or}
_ARITHMETIC: Mapping[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "mod": np.mod,
    "pow": np.power,
}
_BINARY = {**_COMPARISONS, **_LOGIC, **_ARITHMETIC}
_UNARY: Mapping[str, Callable[[Array], Array]] = {
    "neg": np.negative,
    "pos": np.positive,
    "inv": _not,
}
_ONE_ARGUMENT: Mapping[str, Callable[..., Array]] = {
    name: getattr(np, name)
    for name in (
        *("sqrt", "abs", "exp", "expm1", "log", "log10", "log1p", "log2", "floor", "ceil"),
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
        *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    )
}
_FUNCTIONS: Mapping[str, tuple[Callable[..., Array], range]] = {
    **{name: (function, range(1, 2)) for name, function in _ONE_ARGUMENT.items()},
    "arctan2": (np.arctan2, range(2, 3)),
    "pow": (np.power, range(2, 3)),
    "where": (_where, range(3, 4)),
    "min": (_minimum, range(2, 100)),
    "max": (_maximum, range(2, 100)),
    "tmath_min": (_minimum, range(2, 3)),
    "tmath_max": (_maximum, range(2, 3)),
}
_CONSTANTS: Mapping[str, float] = {"pi": np.pi, "true": 1.0, "false": 0.0}

FUNCTION_NAMES = tuple(sorted(name for name in _FUNCTIONS if not name.startswith("tmath_")))
"""The functions an expression may use; asin, atan2, ln and TMath::Sqrt are understood as well."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as written in the config.
        columns: names of the columns it reads, in order of appearance.
    """

    text: str
    columns: tuple[str, ...]
    _tree: AST.AST = field(repr=False, compare=False)

    def evaluate(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return the value for every event: float64 of shape (events,), NaN where unknown.

        A condition is 1 where true, 0 where false, NaN where it depends on a missing value.
        Undefined results (`sqrt(-1)`, `1/0`) are NaN or infinite, without a warning.

        Args:
            columns: at least the expression's columns, each of shape (events,), numbers or
                booleans; integers beyond 2**53 are rounded.
        """
        values = {name: np.asarray(columns[name], dtype=np.float64) for name in self.columns}
        with np.errstate(all="ignore"):
            return np.asarray(_evaluate(self._tree, values), dtype=np.float64)

    def passes(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Return which events pass the cut: true, neither false (zero) nor unknown (NaN)."""
        value = self.evaluate(columns)
        return np.asarray((value != 0) & ~np.isnan(value))


def parse(text: str) -> Expression:
    """Parse an expression on columns.

    Raises:
        ConfigError: the text is no expression, uses an unknown function, compares the result of
            a comparison (`1 < x < 3`), or reads no column.
    """
    tree = _parse_tree(text)
    _check(tree, text)
    columns = tuple(tree.variables)
    if not columns:
        raise _refusal(text, "it uses no column, so that it is the same for every event")
    return Expression(text, columns, tree)


def _refusal(text: str, problem: str) -> ConfigError:
    return ConfigError(f"expression {text!r}: {problem}.")


def _parse_tree(text: str) -> AST.AST:
    if "^" in text:
        raise _refusal(
            text, "'^' means power in ROOT and exclusive-or in Python; write ** for a power"
        )
    root_style = re.search(r"&&|\|\||!(?!=)", text)
    python_style = re.search(r"(?<!&)&(?!&)|(?<!\|)\|(?!\|)|~", text)
    if root_style and python_style:
        raise _refusal(
            text,
            f"{root_style[0]!r} and {python_style[0]!r} do not go together;"
            " write either &&, || and ! (as ROOT) or &, | and ~ (as Python)",
        )
    try:
        return formulate.from_numexpr(text) if python_style else formulate.from_root(text)
    except formulate.ParseError as error:
        raise _refusal(text, _syntax_problem(text, error, bool(python_style))) from error
    except (ValueError, SyntaxError) as error:
        problem = str(error).rstrip(".").replace('"', "'")
        problem = problem[:1].lower() + problem[1:]
        raise _refusal(text, f"{problem}; known are {', '.join(FUNCTION_NAMES)}") from error


def _syntax_problem(text: str, error: formulate.ParseError, python_style: bool) -> str:
    position = getattr(error.lark_error, "pos_in_stream", None)
    at_end = getattr(getattr(error.lark_error, "token", None), "type", "") == "$END"
    if at_end or not isinstance(position, int) or not 0 <= position < len(text):
        place = "it ends too early"
    else:
        place = f"it cannot be read from {text[position:]!r} (character {position + 1}) on"
    if python_style and re.search(r"[<>=]", text):
        place += (
            "; & and | bind tighter than a comparison: put each comparison in parentheses,"
            " or write && and ||"
        )
    return place


def _is_condition(node: AST.AST) -> bool:
    match node:
        case AST.BinaryOperator(operator=operator):
            return operator in _COMPARISONS or operator in _LOGIC
        case AST.UnaryOperator(operator=operator):
            return bool(operator == "inv")
        case _:
            return False


def _check(node: AST.AST, text: str) -> None:
    """Raise ConfigError for anything that the tables cannot evaluate or that is ambiguous."""
    match node:
        case AST.Literal():
            return
        case AST.Symbol(name=name):
            if name in node.named_constants and name not in _CONSTANTS:
                raise _refusal(
                    text,
                    f"{name!r} is the name of a constant; write its value as a number"
                    " (a column of that name cannot stand in an expression)",
                )
            return
        case AST.UnaryOperator(operand=operand):
            _check(operand, text)
            return
        case AST.BinaryOperator(operator=operator, left=left, right=right):
            if operator not in _BINARY:
                raise _refusal(text, "':' would give several results, one is wanted")
            if operator in _COMPARISONS and (_is_condition(left) or _is_condition(right)):
                raise _refusal(
                    text,
                    "it compares the result of a comparison; write 1 < x && x < 3 for 1 < x < 3,"
                    " and !(x > 3) for !x > 3",
                )
            _check(left, text)
            _check(right, text)
            return
        case AST.Call(function=function, arguments=arguments):
            _check_call(function, len(arguments), text)
            for argument in arguments:
                _check(argument, text)
            return
        case _:
            raise _refusal(text, "[ ] is not supported: every column holds one number per event")


def _check_call(function: str, given: int, text: str) -> None:
    if function not in _FUNCTIONS:
        raise _refusal(
            text, f"function {function!r} is not known; known are {', '.join(FUNCTION_NAMES)}"
        )
    allowed = _FUNCTIONS[function][1]
    if given not in allowed:
        wanted = f"{allowed.start}" if len(allowed) == 1 else f"at least {allowed.start}"
        raise _refusal(text, f"{function} takes {wanted} argument(s), found {given}")


def _evaluate(node: AST.AST, values: Mapping[str, Array]) -> Array:
    match node:
        case AST.Literal(value=value):
            return np.array(value, dtype=np.float64)
        case AST.Symbol(name=name):
            return values[name] if name in values else np.array(_CONSTANTS[name])
        case AST.UnaryOperator(operator=operator, operand=operand):
            return _UNARY[operator](_evaluate(operand, values))
        case AST.BinaryOperator(operator=operator, left=left, right=right):
            return _BINARY[operator](_evaluate(left, values), _evaluate(right, values))
        case AST.Call(function=function, arguments=arguments):
            return _FUNCTIONS[function][0](*(_evaluate(item, values) for item in arguments))
        case _:
            raise TypeError(f"unchecked expression node {node!r}")
