"""What code a script runs: a hash over its imports inside the library.

Snakemake reruns a rule when its script changes, but does not see what the script imports. Each rule
therefore carries this hash as a parameter.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "winnow"


def modules(script: Path) -> tuple[Path, ...]:
    """List the library's modules that a script imports, directly or through others, sorted.

    Args:
        script: a Python file whose folder holds the package `winnow`.

    Raises:
        FileNotFoundError: an imported module does not exist.
    """
    package = script.parent / PACKAGE
    found: set[Path] = set()
    waiting = list(_imports(script))
    while waiting:
        path = package / f"{waiting.pop()}.py"
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path))
    return tuple(sorted(found))


@cache
def code_hash(script: Path, *templates: Path) -> str:
    """Hash what a script runs, apart from itself.

    Args:
        script: a Python file; the syntax trees of its library modules enter, without docstrings and
            comments.
        templates: files it reads that belong to the code; their bytes enter.
    """
    digest = hashlib.sha256()
    for path in templates:
        digest.update(path.name.encode() + path.read_bytes())
    for path in modules(script):
        digest.update(path.name.encode() + _syntax(path))
    return digest.hexdigest()[:16]


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_imported(_tree(path)))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(f"{PACKAGE}."):
                    yield alias.name.split(".")[1]


@cache
def _syntax(path: Path) -> bytes:
    return ast.dump(_without_docstrings(_tree(path))).encode()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree
