"""What a schema cannot say about the section `model`: keys of a family, a file of one's own."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from winnow.study.choices import FAMILIES, foreign_keys
from winnow.study.keys.model import family_keys, model
from winnow.study.schema import Config
from winnow.study.typed import key_names


def model_faults(config: Config) -> Iterator[str]:
    """List what is wrong with the section `model` of a complete config, one line a fault."""
    signal = config.get("signal_class")
    own = model(config["model"])
    if own.target != "class" and signal is not None:
        yield (
            f"config key `signal_class`: the family `{own.family}` gives no score of a class that "
            "could be signal; remove it, or take another family."
        )
    if own.module is None:
        yield from own.faults()
    elif not Path(own.module).is_file():
        yield (
            f"config key `model.module`: there is no file {own.module!r}; give the path of "
            "the Python file that builds the network, relative to the folder in which snakemake "
            "runs."
        )
    else:
        yield from _module_faults(Path(own.module))


def family_faults(family: str, given: Collection[str]) -> Iterator[str]:
    """List keys of `model` that are another family's, or idle, one line a fault.

    Args:
        family: the family.
        given: keys that are set.
    """
    if "module" in given and "family" in given:
        yield (
            "config key `model.family`: does nothing beside `model.module`, which takes its place; "
            "remove one of the two."
        )
    if "function" in given and "module" not in given:
        yield (
            "config key `model.function`: names a function of `model.module`, which is missing; "
            "give it, or remove the function."
        )
    for name, owners in foreign_keys(FAMILIES, family, given, model_keys):
        yield (
            f"config key `model.{name}`: goes with the family {owners}, found `{family}`; remove "
            "it, or give it in the points of a scan that list their family."
        )


def model_keys(family: str) -> set[str]:
    """Return the keys of a family."""
    return key_names(family_keys(family))


def _module_faults(path: Path) -> Iterator[str]:
    """List files beside a user's module that it imports: a change of them would not be seen."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return  # whoever loads the file says so
    imported = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    for folder in dict.fromkeys([path.resolve().parent, Path.cwd()]):
        for name in sorted(imported - {""}):
            if (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file():
                yield (
                    f"config key `model.module`: {path} imports {name!r} from {folder}, whose "
                    "changes would not be seen. Put all that builds the network into one file, or "
                    "install the other as a package."
                )
