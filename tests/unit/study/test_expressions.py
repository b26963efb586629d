import numpy as np
import pytest

from winnow.errors import ConfigError, DataError
from winnow.study.expressions import FUNCTION_NAMES, parse
from winnow.study.lists import Lists

X = np.array([-2.0, 0.5, 3.0, 7.0])
Y = np.array([1.0, -4.0, 3.0, 2.0])
COLUMNS = {"x": X, "y": Y, "n": np.array([0, 1, 2, 3]), "jet.pt": X, "flag": X > 0, "a b/c": Y}
N = COLUMNS["n"]
NAN = np.nan
FUNCTIONS = (
    "Length$, Max$, Min$, Sum$, "
    "abs, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, ceil, cos, cosh, exp, expm1, "
    "floor, fmod, int, log, log10, log1p, log2, max, min, pow, sin, sinh, sqrt, tan, tanh, where"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -(X**2)),
        ("2**-1*x", 2**-1 * X),
        ("2**(3**2) + x", 2**3**2 + X),
        ("x - y - 1", X - Y - 1),
        ("x / y / 2", X / Y / 2),
        ("n / 2", N / 2),
        ("1 + x * y", 1 + X * Y),
        ("x > 0 ? x : y > 0 ? y : 0", np.where(X > 0, X, np.where(Y > 0, Y, 0))),
        ("x > 1 & y > 0 | n == 1", ((X > 1) & (Y > 0)) | (N == 1)),
        ("`jet.pt` + `a b/c`", X + Y),
        ("fmod(x, 2) + int(x) + fabs(x)", np.fmod(X, 2) + np.trunc(X) + np.abs(X)),
        ("0x10 + n", 16 + N),
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
        arguments = "x, y" if name in ("pow", "arctan2", "fmod") else arguments
        assert parse(f"{name}({arguments})").evaluate(COLUMNS).shape == X.shape


LISTS = {
    "pt": Lists(np.array([2, 0, 3]), np.array([50.0, 20, 31, 40, 10])),
    "eta": Lists(np.array([2, 0, 3]), np.array([1.0, NAN, -2.5, 0, 2])),
    "odd": Lists(np.array([2, 1, 3]), np.array([1.0, 1, 1, 1, 1, 1])),
    "met": np.array([10.0, 20, 35]),
}


@pytest.mark.parametrize(
    ("text", "expected", "lacks"),
    [
        ("pt[1] / met", [2, NAN, 40 / 35], [0, 1, 0]),
        ("met[0] + met[1]", [NAN, NAN, NAN], [1, 1, 1]),
        ("Sum$(pt > met) >= 1", [1, 0, 1], [0, 0, 0]),
        ("Length$(pt && met)", [2, 0, 3], [0, 0, 0]),
        ("Sum$(pt * (eta > 0))", [NAN, 0, 10], [1, 0, 0]),
        ("Sum$(met > 15 ? pt : met)", [20, 0, 81], [0, 0, 0]),
        ("Max$(pt) - Min$(pt)", [30, NAN, 30], [0, 1, 0]),
        ("Sum$(pt == Max$(pt))", [1, 0, 1], [0, 1, 0]),
        ("Max$(met)", [10, 20, 35], [0, 0, 0]),
        ("Sum$(2) * met", [20, 40, 70], [0, 0, 0]),
        ("Sum$(pt + odd)", [72, NAN, 84], [0, 0, 0]),
        ("Sum$(pt & 16)", [32, 0, 16], [0, 0, 0]),
    ],
)
def test_values_of_lists(text: str, expected: list[float], lacks: list[int]) -> None:
    expression = parse(text)
    np.testing.assert_allclose(expression.evaluate(LISTS), expected, rtol=1e-15)
    assert expression.lacks(LISTS).astype(int).tolist() == lacks


def test_columns_of_lists_are_those_that_are_never_used_as_one_value() -> None:
    expression = parse("Sum$(pt > cut && eta[0] < met) / cut + eta[1]")
    assert expression.columns == ("pt", "cut", "eta", "met")
    assert expression.lists == ("pt", "eta", "met")
    assert parse("Length$(x) > x").lists == ()


def test_lists_that_differ_in_length_are_told_where_they_meet() -> None:
    ((names, where),) = parse("Sum$(pt * odd) + Sum$(eta) + odd[0]").unequal(LISTS)
    assert names == ("pt", "odd")
    assert where.tolist() == [False, True, False]
    assert not list(parse("Sum$(pt) + Sum$(odd) + Sum$(pt > odd[0])").unequal(LISTS))


def test_columns_are_listed_once_in_order_of_appearance() -> None:
    expression = parse("y + sqrt(x) * y > pi")
    assert expression.columns == ("y", "x")
    assert expression.text == "y + sqrt(x) * y > pi"
    assert expression == parse("y + sqrt(x) * y > pi")


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


MIXED = (
    "'&' stands between a condition and a number; write && or || between conditions, and "
    "(x & 4) != 0 for a bit of x."
)
BITS = (
    "'~' turns the bits of a number around, so that nearly every number becomes true; write !x for "
    "not, and (~x & 4) != 0 for a bit."
)
CHAIN = (
    "it compares the result of a comparison; write 1 < x && x < 3 for 1 < x < 3, "
    "and !(x > 3) for !x > 3."
)


WHOLE = "the number between [ ] is whole and counts from 0"
ELEMENTS = "a column alone has values to choose from, by one number"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1 < x < 3", CHAIN),
        ("!x > 3", CHAIN),
        ("x == y == 1", CHAIN),
        ("(x > 1) == (y > 1)", CHAIN),
        ("sqr(x)", f"function 'sqr' is not known; known are {FUNCTIONS}."),
        ("std::abs(x)", f"function 'std::abs' is not known; known are {FUNCTIONS}."),
        ("sum(x)", f"function 'sum' is not known; known are {FUNCTIONS}."),
        ("erf(x)", f"function 'erf' is not known; known are {FUNCTIONS}."),
        ("sqrt(x, y)", "sqrt takes 1 argument(s), found 2."),
        ("max(x)", "max takes at least 2 argument(s), found 1."),
        ("x +", "it ends too early."),
        ("sqrt(x", "it ends too early."),
        ("", "it ends too early."),
        ("x = 3", "it cannot be read from '= 3' (character 3) on."),
        ("x > 3 and y", "it cannot be read from 'and y' (character 7) on; write &&, || and !."),
        ("x == 's'", "it cannot be read from \"'s'\" (character 6) on."),
        ("x^2", "'^' means power in ROOT and exclusive-or in C++; write ** for a power."),
        (
            "2**3**2 * x",
            "it cannot be read from '**2 * x' (character 5) on; 2**3**2 is 64 in ROOT and 512 in "
            "Python: put parentheses.",
        ),
        ("n & 4 == 4", MIXED),
        ("(n & 4) & (x > 0)", MIXED),
        ("x > 0 | n", MIXED.replace("'&'", "'|'")),
        ("~n", BITS),
        ("!~n", BITS),
        ("x > 0 && ~n", BITS),
        ("~n ? x : y", BITS),
        ("x[-1]", f"it cannot be read from '-1]' (character 3) on; {WHOLE}."),
        ("x[n] + 1", f"it cannot be read from 'n] + 1' (character 3) on; {WHOLE}."),
        ("x[0.5]", f"it cannot be read from '.5]' (character 4) on; {WHOLE}."),
        ("x[0][1]", f"it cannot be read from '[1]' (character 5) on; {ELEMENTS}."),
        ("(x + y)[0]", f"it cannot be read from '[0]' (character 8) on; {ELEMENTS}."),
        ("pi[0] * x", "pi is a number, which has no values."),
        ("Sum$(x, y)", "Sum$ takes 1 argument(s), found 2."),
        ("Alt$(x[0], 1)", f"function 'Alt$' is not known; known are {FUNCTIONS}."),
        (
            "x:y",
            "it cannot be read from ':y' (character 2) on; ':' would give several results, one is "
            "wanted.",
        ),
        ("2 > 1", "it uses no column, so that it is the same for every event."),
        ("__import__('os')", "it cannot be read from \"'os')\" (character 12) on."),
    ],
)
def test_refusals_name_the_text_and_the_problem(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value) == f"expression {text!r}: {problem}"


# What TTreeFormula of ROOT 6.40 (EvalInstance) gives for a tree of these branches, x and y double,
# n and m int; 0 for what is undefined here.
TREE = {
    "x": np.array([-7.0, -2.5, 0.0, 3.0, 7.5]),
    "y": np.array([3.0, 2.0, 0.0, -2.0, 2.0]),
    "n": np.array([0, 1, 2, 6, -5]),
    "m": np.array([4, 3, 0, 2, 3]),
}
UNDEFINED = None
ROOT_VALUES = {
    "n & 4": [0, 0, 0, 4, 0],
    "m & 2": [0, 2, 0, 2, 2],
    "(n & 4) != 0": [0, 0, 0, 1, 0],
    "n & 2 && x > 0": [0, 0, 0, 1, 1],
    "n & m": [0, 1, 0, 2, 3],
    "m | 1": [5, 3, 1, 3, 3],
    "m << 2": [16, 12, 0, 8, 12],
    "m >> 1": [2, 1, 0, 1, 1],
    "1 << 2 & n": [0, 0, 0, 4, 0],
    "2 + n & 3": [2, 3, 0, 0, 1],
    "n & 3 << 1": [0, 0, 2, 6, 2],
    "n % 3": [0, 1, 2, 0, -2],
    "-n % 3": [0, -1, -2, 0, 2],
    "n / m": [0, 1 / 3, UNDEFINED, 3, -5 / 3],
    "n / 2": [0, 0.5, 1, 3, -2.5],
    "x**2": [49, 6.25, 0, 9, 56.25],
    "-x**2": [-49, -6.25, 0, -9, -56.25],
    "!n": [1, 0, 0, 0, 0],
    "x > 0 ? x : y": [3, 2, 0, 3, 7.5],
    "abs(x)": [7, 2.5, 0, 3, 7.5],
    "fabs(x)": [7, 2.5, 0, 3, 7.5],
    "int(x)": [-7, -2, 0, 3, 7],
    "floor(x)": [-7, -3, 0, 3, 7],
    "ceil(x)": [-7, -2, 0, 3, 8],
    "log(x)": [UNDEFINED, UNDEFINED, UNDEFINED, 1.09861228867, 2.01490302054],
    "log10(x)": [UNDEFINED, UNDEFINED, UNDEFINED, 0.47712125472, 0.875061263392],
    "log2(x)": [UNDEFINED, UNDEFINED, UNDEFINED, 1.58496250072, 2.90689059561],
    "exp(x/10)": [0.496585303791, 0.778800783071, 1, 1.34985880758, 2.11700001661],
    "sqrt(x)": [UNDEFINED, UNDEFINED, 0, 1.73205080757, 2.73861278753],
    "pow(x,2)": [49, 6.25, 0, 9, 56.25],
    "min(x,y)": [-7, -2.5, 0, -2, 2],
    "max(x,y)": [3, 2, 0, 3, 7.5],
    "atan2(y,x)": [2.7367008673, 2.46685171137, 0, -0.588002603548, 0.260602391747],
    "asin(x/8)": [-1.06543581651, -0.317823703928, 0, 0.384396774496, 1.2153751251],
    "acos(x/8)": [2.63623214331, 1.88862003072, 1.57079632679, 1.1863995523, 0.35542120169],
    "atan(x)": [-1.42889927219, -1.19028994968, 0, 1.2490457724, 1.4382447945],
    "sinh(x/8)": [-0.991006637144, -0.317611156114, 0, 0.383851067914, 1.08099191569],
    "cosh(x/8)": [1.40786865682, 1.04922678506, 1, 1.0711403467, 1.47259754237],
    "tanh(x)": [-0.999998336944, -0.986614298151, 0, 0.995054753687, 0.999999388196],
    "asinh(x)": [-2.64412076106, -1.64723114637, 0, 1.81844645923, 2.71246530518],
    "acosh(n+1)": [0, 1.31695789692, 1.76274717404, 2.63391579385, UNDEFINED],
    "atanh(x/8)": [-1.35402510055, -0.323313582463, 0, 0.394228680182, 1.71699360224],
    "x > 0 & y > 0": [0, 0, 0, 0, 1],
    "x > 0 | y > 0": [1, 1, 0, 1, 1],
    "x == 3 || y == 2 && n == 1": [0, 1, 0, 1, 0],
    "x - y - 1": [-11, -5.5, -1, 4, 4.5],
    "x / y / 2": [-7 / 6, -0.625, UNDEFINED, -0.75, 1.875],
    "pi*x": [-21.9911485751, -7.85398163397, 0, 9.42477796077, 23.5619449019],
    "TMath::Abs(x)": [7, 2.5, 0, 3, 7.5],
    "1e3*x": [-7000, -2500, 0, 3000, 7500],
    "0x10+n": [16, 17, 18, 22, 11],
    "fmod(x,2)": [-1, -0.5, 0, 1, 1.5],
    "trunc(x)": [-7, -2, 0, 3, 7],
    "expm1(x/10)": [-0.503414696209, -0.221199216929, 0, 0.349858807576, 1.11700001661],
    "log1p(n)": [0, 0.69314718056, 1.09861228867, 1.94591014906, UNDEFINED],
}


def test_thousands_of_terms_are_summed_from_the_left():
    terms = ["x", *(f"+ {n} * y" for n in range(1, 3000))]
    expected = X + sum(n * Y for n in range(1, 3000))
    expression = parse(" ".join(terms))
    assert expression.columns == ("x", "y")
    np.testing.assert_allclose(expression.evaluate(COLUMNS), expected)
    np.testing.assert_array_equal(expression.lacks(COLUMNS), np.zeros(4, bool))
    cuts = parse(" && ".join(f"x > {-n}" for n in range(3000)))
    np.testing.assert_array_equal(cuts.passes(COLUMNS), X > 0)
    in_parentheses = "(" * 2000 + "x" + " + y)" * 2000
    np.testing.assert_allclose(parse(in_parentheses).evaluate(COLUMNS), X + 2000 * Y)


@pytest.mark.parametrize(
    "text",
    ["x + (" * 61 + "y" + ")" * 61, "abs(" * 61 + "x" + ")" * 61, "x > 1 ? 0 : " * 3000 + "y"],
)
def test_what_is_nested_too_deep_is_refused(text):
    with pytest.raises(ConfigError, match="nested deeper than 60 times; derive columns in steps"):
        parse(text)
    parse("x + (" * 60 + "y" + ")" * 60)


@pytest.mark.parametrize(("text", "expected"), ROOT_VALUES.items())
def test_values_are_those_of_root_or_undefined(text: str, expected: list[float | None]) -> None:
    found = parse(text).evaluate(TREE)
    for value, wanted in zip(found, expected, strict=True):
        if wanted is UNDEFINED:
            assert not np.isfinite(value)
        else:
            assert value == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x & 4", "-2.5"),
        ("x | 1", "-2.5"),
        ("x % 2", "-2.5"),
        ("n | 1", "-5, which is negative,"),
        ("n << 2", "-5, which is negative,"),
        ("n >> 1", "-5, which is negative,"),
        ("m << 60", "a shift by 60"),
        ("m * 1e16 & 4", "40000000000000000"),
    ],
)
def test_bits_of_what_has_none_are_refused(text: str, told: str) -> None:
    """TTreeFormula cuts fractions off and takes negative numbers for huge ones, silently."""
    with pytest.raises(DataError) as caught:
        parse(text).evaluate(TREE)
    assert str(caught.value).startswith(
        f"expression {text!r}: found {told}, expected whole numbers up to 2**53 for"
    )


def test_bits_of_a_missing_value_are_missing() -> None:
    x = {"x": np.array([NAN, 6.0])}
    np.testing.assert_array_equal(parse("x & 4").evaluate(x), [NAN, 4])
    np.testing.assert_array_equal(parse("(~x & 1) != 0").evaluate(x), [NAN, 1])
    np.testing.assert_array_equal(parse("x % 4").evaluate(x), [NAN, 2])
    np.testing.assert_array_equal(parse("x % 0").evaluate(x), [NAN, NAN])
