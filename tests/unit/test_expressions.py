import numpy as np
import pytest

from winnow.errors import ConfigError
from winnow.expressions import FUNCTION_NAMES, parse

X = np.array([-2.0, 0.5, 3.0, 7.0])
Y = np.array([1.0, -4.0, 3.0, 2.0])
COLUMNS = {"x": X, "y": Y, "n": np.array([0, 1, 2, 3]), "jet.pt": X, "flag": X > 0}
N = COLUMNS["n"]
FUNCTIONS = (
    "abs, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, ceil, cos, cosh, exp, expm1, "
    "floor, log, log10, log1p, log2, max, min, pow, sin, sinh, sqrt, tan, tanh, where"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -(X**2)),
        ("2**-1*x", 2**-1 * X),
        ("2**3**2 + x", 2**3**2 + X),
        ("x - y - 1", X - Y - 1),
        ("x / y / 2", X / Y / 2),
        ("n / 2", N / 2),
        ("1 + x * y", 1 + X * Y),
        ("-x % 3", -X % 3),
        ("+x - -y", X + Y),
        ("x > 1 && y > 0 || n == 1", ((X > 1) & (Y > 0)) | (N == 1)),
        ("n == 1 || x > 1 && y > 0", (N == 1) | ((X > 1) & (Y > 0))),
        ("(x > 1) & (y > 0) | (n == 1)", ((X > 1) & (Y > 0)) | (N == 1)),
        ("!(x > 1) && n != 0", ~(X > 1) & (N != 0)),
        ("~(x > 1)", ~(X > 1)),
        ("x + 1 > y * 2", X + 1 > Y * 2),
        ("x + 1 >= y * 2 && x <= 3 && y < 3", (X + 1 >= Y * 2) & (X <= 3) & (Y < 3)),
        ("(n == 2) * 3 + flag", (N == 2) * 3 + (X > 0)),
        ("flag && !n", (X > 0) & (N == 0)),
        ("sqrt(abs(x))", np.sqrt(np.abs(X))),
        ("TMath::Sqrt(TMath::Abs(x))", np.sqrt(np.abs(X))),
        ("exp(x) + log(abs(y)) + ln(n + 1)", np.exp(X) + np.log(np.abs(Y)) + np.log(N + 1)),
        ("log10(n + 1) + log1p(n) + log2(n + 1)", np.log10(N + 1) + np.log1p(N) + np.log2(N + 1)),
        ("sin(x) + cos(x) + tan(x)", np.sin(X) + np.cos(X) + np.tan(X)),
        ("asin(n/4) + acos(n/4) + atan(x)", np.arcsin(N / 4) + np.arccos(N / 4) + np.arctan(X)),
        ("atan2(y, x) + arctan2(x, y)", np.arctan2(Y, X) + np.arctan2(X, Y)),
        ("sinh(x) + cosh(x) + tanh(x)", np.sinh(X) + np.cosh(X) + np.tanh(X)),
        (
            "asinh(x) + acosh(n + 1) + atanh(n / 4)",
            np.arcsinh(X) + np.arccosh(N + 1) + np.arctanh(N / 4),
        ),
        ("floor(x) + ceil(y) + expm1(n)", np.floor(X) + np.ceil(Y) + np.expm1(N)),
        ("min(x, y) + max(x, y, 1)", np.minimum(X, Y) + np.maximum(np.maximum(X, Y), 1)),
        ("TMath::Min(x, y) - TMath::Max(x, y)", np.minimum(X, Y) - np.maximum(X, Y)),
        ("pow(x, 2) + TMath::Power(y, 2)", X**2 + Y**2),
        ("where(x > y, x, -y)", np.where(X > Y, X, -Y)),
        ("2 * pi * x + TMath::Pi()", 2 * np.pi * X + np.pi),
        ("jet.pt * 1e-3", X * 1e-3),
        ("x == true", X == 1),
    ],
)
def test_values_agree_with_numpy(text: str, expected: np.ndarray) -> None:
    found = parse(text).evaluate(COLUMNS)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected.astype(float), rtol=1e-15)


def test_every_function_is_known_to_the_parser() -> None:
    assert ", ".join(FUNCTION_NAMES) == FUNCTIONS
    for name in FUNCTION_NAMES:
        arguments = {"where": "x > 0, x, y", "min": "x, y", "max": "x, y"}.get(name, "x")
        arguments = "x, y" if name in ("pow", "arctan2") else arguments
        assert parse(f"{name}({arguments})").evaluate(COLUMNS).shape == X.shape


def test_columns_are_listed_once_in_order_of_appearance() -> None:
    expression = parse("y + sqrt(x) * y > pi")
    assert expression.columns == ("y", "x")
    assert expression.text == "y + sqrt(x) * y > pi"
    assert expression == parse("y + sqrt(x) * y > pi")


NAN = np.nan
MISSING = {"x": np.array([NAN, 1.0, 5.0]), "y": np.array([1.0, NAN, 5.0])}


@pytest.mark.parametrize(
    ("text", "value", "passes"),
    [
        ("x + y", [NAN, NAN, 10], [False, False, True]),
        ("x > 3", [NAN, 0, 1], [False, False, True]),
        ("!(x > 3)", [NAN, 1, 0], [False, True, False]),
        ("!!(x > 3)", [NAN, 0, 1], [False, False, True]),
        ("x != 3", [NAN, 1, 1], [False, True, True]),
        ("x == x", [NAN, 1, 1], [False, True, True]),
        ("!(x != x)", [NAN, 1, 1], [False, True, True]),
        ("x > 3 && y > 0", [NAN, 0, 1], [False, False, True]),
        # decided by y alone, whatever x is
        ("x > 3 && y > 3", [0, 0, 1], [False, False, True]),
        ("x > 3 || y > 3", [NAN, NAN, 1], [False, False, True]),
        ("x > 3 || y < 3", [1, NAN, 1], [True, False, True]),
        ("!(x > 3 && y > 0)", [NAN, 1, 0], [False, True, False]),
        ("!(x > 3 && y > 3)", [1, 1, 0], [True, True, False]),
        ("!(x > 3 || y > 3)", [NAN, NAN, 0], [False, False, False]),
        ("x", [NAN, 1, 5], [False, True, True]),
        ("!x", [NAN, 0, 0], [False, False, False]),
        ("where(x > 3, y, 0)", [NAN, 0, 5], [False, False, True]),
        ("min(x, y)", [NAN, NAN, 5], [False, False, True]),
        ("(x > 3) * 2", [NAN, 0, 2], [False, False, True]),
        ("where(x > 3, 1, 0) != 1", [NAN, 1, 0], [False, True, False]),
    ],
)  # fmt: skip
def test_a_missing_value_makes_a_condition_unknown(
    text: str, value: list[float], passes: list[bool]
) -> None:
    expression = parse(text)
    np.testing.assert_array_equal(expression.evaluate(MISSING), value)
    np.testing.assert_array_equal(expression.passes(MISSING), passes)


def test_undefined_results_come_without_warnings() -> None:
    x = {"x": np.array([-1.0, 0.0])}
    np.testing.assert_array_equal(parse("sqrt(x)").evaluate(x), [NAN, 0])
    np.testing.assert_array_equal(parse("log(x)").evaluate(x), [NAN, -np.inf])
    np.testing.assert_array_equal(parse("1/x").evaluate(x), [-1, np.inf])


CHAIN = (
    "it compares the result of a comparison; write 1 < x && x < 3 for 1 < x < 3, "
    "and !(x > 3) for !x > 3."
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1 < x < 3", CHAIN),
        ("!x > 3", CHAIN),
        ("x == y == 1", CHAIN),
        ("(x > 1) == (y > 1)", CHAIN),
        ("sqr(x)", f"unknown function or constant 'sqr'; known are {FUNCTIONS}."),
        ("std::abs(x)", f"unknown namespace 'std'; known are {FUNCTIONS}."),
        ("sum(x)", f"function 'sum' is not known; known are {FUNCTIONS}."),
        ("erf(x)", f"function 'erf' is not known; known are {FUNCTIONS}."),
        ("sqrt(x, y)", "sqrt takes 1 argument(s), found 2."),
        ("max(x)", "max takes at least 2 argument(s), found 1."),
        ("x +", "it ends too early."),
        ("sqrt(x", "it ends too early."),
        ("", "it ends too early."),
        ("x = 3", "it cannot be read from '= 3' (character 3) on."),
        ("x > 3 and y", "it cannot be read from 'and y' (character 7) on."),
        ("x == 's'", "it cannot be read from \"'s'\" (character 6) on."),
        ("x > 0 ? x : y", "it cannot be read from '? x : y' (character 7) on."),
        (
            "x > 3 & y < 2",
            "it cannot be read from '< 2' (character 11) on; & and | bind tighter than a "
            "comparison: put each comparison in parentheses, or write && and ||.",
        ),
        (
            "x > 3 && y < 2 | y > 4",
            "'&&' and '|' do not go together; write either &&, || and ! (as ROOT) or &, | and ~ "
            "(as Python).",
        ),
        (
            "x^2",
            "'^' means power in ROOT and exclusive-or in Python; write ** for a power.",
        ),
        (
            "tau * x",
            "'tau' is the name of a constant; write its value as a number (a column of that name "
            "cannot stand in an expression).",
        ),
        ("x[0]", "[ ] is not supported: every column holds one number per event."),
        ("x:y", "':' would give several results, one is wanted."),
        ("2 > 1", "it uses no column, so that it is the same for every event."),
        ("__import__('os')", "it cannot be read from \"'os')\" (character 12) on."),
    ],
)
def test_refusals_name_the_text_and_the_problem(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value) == f"expression {text!r}: {problem}"
