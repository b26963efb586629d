"""What the operators and functions of expressions compute: those of C++, with missing values."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.identity import LARGEST_WHOLE

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


def where(condition: Array, if_true: Array, if_false: Array) -> Array:
    """Return C++'s conditional expression, NaN where the condition is unknown."""
    truth = _truth(condition)
    return np.where(np.isnan(truth), np.nan, np.where(truth == 1, if_true, if_false))


def _minimum(*values: Array) -> Array:
    return functools.reduce(np.minimum, values)


def _maximum(*values: Array) -> Array:
    return functools.reduce(np.maximum, values)


class NotWholeError(ValueError):
    """A value that has no bits or remainder: a fraction, or beyond what a float64 holds exactly."""


def _on_integers(operation: Callable[..., Any]) -> Callable[..., Array]:
    """Return an operation on whole numbers, which gives NaN where an operand is missing."""

    def apply(*operands: Array) -> Array:
        known = _known(*operands)
        whole = []
        for values in operands:
            wrong = known & ((values != np.floor(values)) | (np.abs(values) > LARGEST_WHOLE))
            if wrong.any():
                raise NotWholeError(f"{np.broadcast_to(values, wrong.shape)[wrong].flat[0]:.17g}")
            whole.append(np.where(known, values, 0).astype(np.int64))
        return np.where(known, operation(*whole).astype(np.float64), np.nan)

    return apply


def _shifted(shift: Callable[..., Any]) -> Callable[..., Any]:
    def apply(values: NDArray[np.int64], bits: NDArray[np.int64]) -> Any:
        outside = bits > 52
        if np.any(outside):
            raise NotWholeError(
                f"a shift by {np.broadcast_to(bits, outside.shape)[outside].flat[0]}"
            )
        return shift(values, bits)

    return apply


def _of_positive(operation: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*operands: NDArray[np.int64]) -> Any:
        for values in operands:
            if np.any(values < 0):
                raise NotWholeError(f"{values.min()}, which is negative,")
        return operation(*operands)

    return apply


def _remainder(left: NDArray[np.int64], right: NDArray[np.int64]) -> Any:
    """Return C++'s remainder, which has the sign of the dividend; of a division by 0 none."""
    remainder = np.fmod(left, np.where(right == 0, 1, right)).astype(np.float64)
    return np.where(right == 0, np.nan, remainder)


COMPARISONS: Mapping[str, Callable[[Array, Array], Array]] = {
    "lt": _comparison(np.less),
    "lte": _comparison(np.less_equal),
    "gt": _comparison(np.greater),
    "gte": _comparison(np.greater_equal),
    "eq": _comparison(np.equal),
    "neq": _comparison(np.not_equal),
}


LOGIC: Mapping[str, Callable[..., Array]] = {"and": _and, "or": _or, "not": _not}


# between conditions they are logical, between numbers bit by bit
BITS: Mapping[str, tuple[str, str, Callable[..., Array]]] = {
    "bit_and": ("&", "and", _on_integers(np.bitwise_and)),
    "bit_or": ("|", "or", _on_integers(_of_positive(np.bitwise_or))),
    "bit_not": ("~", "not", _on_integers(np.invert)),
}


ARITHMETIC: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "mod": _on_integers(_remainder),
    "pow": np.power,
    "neg": np.negative,
    "pos": np.positive,
    "shift_left": _on_integers(_of_positive(_shifted(np.left_shift))),
    "shift_right": _on_integers(_of_positive(_shifted(np.right_shift))),
}


_ONE_ARGUMENT: Mapping[str, Callable[..., Array]] = {
    name: getattr(np, name)
    for name in (
        *("sqrt", "abs", "exp", "expm1", "log", "log10", "log1p", "log2", "floor", "ceil"),
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
        *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    )
}


FUNCTIONS: Mapping[str, tuple[Callable[..., Array], range]] = {
    **{name: (function, range(1, 2)) for name, function in _ONE_ARGUMENT.items()},
    "int": (np.trunc, range(1, 2)),
    "arctan2": (np.arctan2, range(2, 3)),
    "fmod": (np.fmod, range(2, 3)),
    "pow": (np.power, range(2, 3)),
    "where": (where, range(3, 4)),
    "min": (_minimum, range(2, 100)),
    "max": (_maximum, range(2, 100)),
}
