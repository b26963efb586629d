"""The syntax of cuts and derived columns, and what is told where a text does not follow it."""

import functools
import re
from typing import Any

import lark

from winnow.errors import ConfigError

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
    | column
    | column "[" INDEX "]" -> element
?column: NAME -> name
    | QUOTED -> quoted
FUNCTION: /(?!\d)\w+(::\w+)*\$?\s*\(/
NAME: /(?!\d)\w+(\.\w+)*/
QUOTED: /`[^`]+`/
INDEX: /\d+/
NUMBER: /0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/
%ignore /\s+/
"""


@functools.cache
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def refusal(text: str, problem: str) -> ConfigError:
    """Return the error that refuses an expression."""
    return ConfigError(f"expression {text!r}: {problem}.")


def parsed(text: str) -> lark.Tree[Any] | lark.Token:
    """Return the tree of an expression.

    Raises:
        ConfigError: the text is none.
    """
    if "^" in text:
        raise refusal(text, "'^' means power in ROOT and exclusive-or in C++; write ** for a power")
    try:
        return _parser().parse(text)
    except lark.exceptions.UnexpectedInput as error:
        raise refusal(text, _syntax_problem(text, error)) from error


def _syntax_problem(text: str, error: lark.exceptions.UnexpectedInput) -> str:
    position: int | None = getattr(error, "pos_in_stream", None)
    at_end = getattr(getattr(error, "token", None), "type", "") == "$END"
    if at_end or position is None or not 0 <= position < len(text):
        return "it ends too early"
    hint = ""
    if text[position] == "[":
        hint = "; a column alone has values to choose from, by one number"
    elif text[:position].rfind("[") > text[:position].rfind("]"):
        hint = "; the number between [ ] is whole and counts from 0"
    elif text[position:].startswith("**"):
        hint = "; 2**3**2 is 64 in ROOT and 512 in Python: put parentheses"
    elif text[position:].startswith(":"):
        hint = "; ':' would give several results, one is wanted"
    elif re.match(r"(and|or|not)\b", text[position:]) or re.search(r"\bnot\s*$", text[:position]):
        hint = "; write &&, || and !"
    return f"it cannot be read from {text[position:]!r} (character {position + 1}) on{hint}"
