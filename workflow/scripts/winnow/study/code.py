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
# what shows how a training goes, and cannot change what comes out of it: an edit reruns nothing
NEUTRAL = frozenset({"winnow.training.bar", "winnow.training.tensorboard"})


def modules(
    script: Path, without: frozenset[str] = frozenset(), chosen: tuple[str, ...] = ()
) -> tuple[Path, ...]:
    """List the library's files that a script imports, directly or through others, sorted.

    The `__init__.py` of each package on the way is one of them.

    Args:
        script: a Python file whose folder holds the package `winnow`.
        without: dotted names of modules that are left out, with what they alone import.
        chosen: dotted names of modules that it imports too, because the config names them.

    Raises:
        FileNotFoundError: an imported module does not exist.
    """
    found: set[Path] = set()
    waiting = [*_imports(script, ""), *chosen]
    while waiting:
        for path in _files(script.parent, waiting.pop()):
            if path not in found and _dotted(path, script) not in without:
                found.add(path)
                waiting.extend(_imports(path, _dotted(path.parent, script)))
    return tuple(sorted(found))


@cache
def code_hash(script: Path, *templates: Path, chosen: tuple[str, ...] = ()) -> str:
    """Hash what a script runs, apart from itself.

    Args:
        script: a Python file; the syntax trees of its library modules enter but those of NEUTRAL,
            without docstrings and comments, as every version of Python has them.
        templates: files it reads that belong to the code; their bytes enter.
        chosen: as of `modules`.
    """
    digest = hashlib.sha256()
    for path in templates:
        digest.update(path.name.encode() + path.read_bytes())
    for path in modules(script, NEUTRAL, chosen):
        digest.update(_dotted(path, script).encode() + _syntax(path))
    return digest.hexdigest()[:16]


@cache
def _imports(path: Path, package: str) -> tuple[str, ...]:
    return tuple(_imported(_tree(path), package))


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield dotted names inside the library, of modules or of what stands in one.

    package: the dotted name of the module's own, which relative imports start from.
    """
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            if _is_ours(module):
                yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_ours(alias.name))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the dotted name that something is imported from."""
    if not node.level:
        return node.module or ""
    base = package.split(".")
    return ".".join([*base[: len(base) - node.level + 1], *filter(None, [node.module])])


def _dotted(path: Path, script: Path) -> str:
    return ".".join(path.relative_to(script.parent).with_suffix("").parts)


def _is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


@cache
def _files(folder: Path, name: str) -> tuple[Path, ...]:
    """Return the files that Python runs to import a dotted name, whose last part may be no module.

    Raises:
        FileNotFoundError: the name is of no module, nor of anything in one.
    """
    place, found = folder, list[Path]()
    for part in name.split("."):
        package, module = place / part / "__init__.py", place / f"{part}.py"
        if module.exists():
            return (*found, module)
        if not package.exists():
            raise FileNotFoundError(f"{name}: neither {package} nor {module} exists")
        found.append(package)
        place = package.parent
    return tuple(found)


@cache
def _syntax(path: Path) -> bytes:
    return _written(_without_docstrings(_tree(path))).encode()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _written(node: object) -> str:
    """Write a syntax tree without empty fields, which come and go with Python's versions."""
    if isinstance(node, ast.AST):
        fields = ((name, getattr(node, name, None)) for name in node._fields)
        told = (f"{name}={_written(v)}" for name, v in fields if v is not None and v != [])
        return f"{type(node).__name__}({','.join(told)})"
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    return repr(node)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """Return a syntax tree without texts that stand alone, which tell and do nothing."""
    for node in _statements(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [line for line in node.body if not _is_text(line)]
    return tree


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and the statements in it, at any depth; expressions, which are most, are not."""
    yield node
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, block, ()):
            yield from _statements(inner)


def _is_text(line: ast.stmt) -> bool:
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )
