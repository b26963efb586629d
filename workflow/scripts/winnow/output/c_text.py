"""Arrays, texts and comments as C99 writes them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def array(kind: str, name: str, values: NDArray[np.generic] | Sequence[float]) -> str:
    """Return a constant table of `float` or `double`, to the last bit."""
    numbers = [number(kind, float(value)) for value in np.ravel(np.asarray(values))]
    lines = [", ".join(numbers[start : start + 8]) for start in range(0, len(numbers), 8)]
    body = ",\n    ".join(lines)
    return f"static const {kind} {name}[{len(numbers)}] = {{\n    {body}\n}};"


def number(kind: str, value: float) -> str:
    """Return a finite number; nine digits tell a float, seventeen a double."""
    digits = f"{value:.9g}" if kind == "float" else f"{value:.17g}"
    if "." not in digits and "e" not in digits:
        digits += ".0"
    return digits + ("f" if kind == "float" else "")


def text(value: str) -> str:
    """Return a string literal; what is not plain ASCII is escaped byte by byte."""
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in value.encode()
    )
    return f'"{escaped}"'


def comment(value: str) -> str:
    """Return a text that neither ends nor begins a comment."""
    return value.replace("*/", "* /").replace("/*", "/ *").replace("\n", " ").replace("\\", "/")
