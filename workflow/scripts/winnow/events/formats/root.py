"""ROOT: trees, whose branches may have leaves and other branches, and RNTuples."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import uproot
from numpy.typing import NDArray

from winnow.errors import DataError
from winnow.events.chunks import CHUNK_ROWS, RawChunk, several_values
from winnow.events.reader import Reader
from winnow.remote import is_remote, size_of
from winnow.study.files import InputFile

ENDINGS = (".root",)
KEYS = ("tree",)

_TREE_CLASSES = ("TTree", "TNtuple", "TNtupleD", "TNtupleF")
_NTUPLE_CLASSES = ("ROOT::RNTuple", "ROOT::Experimental::RNTuple")
_NTUPLE_NUMBER = r"(std::)?(u?int(8|16|32|64)_t|float|double|bool|char|byte)|(long|short|int) ?\w*"


def _count(file: InputFile) -> int:
    with uproot.open(file.path) as directory:
        return int(_tree(file, directory).num_entries)


def _names(file: InputFile) -> tuple[str, ...]:
    with uproot.open(file.path) as directory:
        return tuple(column.name for column in _columns(_tree(file, directory)))


def _read(file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]) -> Iterator[RawChunk]:
    with uproot.open(file.path) as directory:
        tree = _tree(file, directory)
        known = _columns(tree)
        columns = {name: column for name in wanted if (column := _resolved(known, name))}
        for name, column in columns.items():
            if column.kind is not None:
                raise several_values(file, name, column.kind)
            if column.entries != tree.num_entries:
                raise DataError(
                    f"{file.path}: branch {name!r} has {column.entries} entries, but its tree "
                    f"{tree.name!r} has {tree.num_entries}, so that it cannot be known which value "
                    "belongs to which event. Make the file again, filling the branch for every "
                    "event, or remove it from the config."
                )
        first_row = 0
        for arrays in _arrays(tree, columns):
            length = len(next(iter(arrays.values())))
            rows = np.arange(first_row, first_row + length)
            first_row += length
            values = {name: pa.array(array.reshape(length)) for name, array in arrays.items()}
            yield RawChunk(rows, values)


def _aliases(file: InputFile) -> frozenset[str]:
    """Return the names, beside their own, that columns may be called."""
    with uproot.open(file.path) as directory:
        columns = _columns(_tree(file, directory))
        names = frozenset().union(*(column.names for column in columns))
        return frozenset(name for name in names if _resolved(columns, name) is not None)


def _is_bare(file: InputFile) -> bool:
    """Return whether the tree has neither entries nor branches, as an empty skim may have."""
    if not is_remote(file.path) and not (Path(file.path).is_file() and size_of(file.path)):
        return False
    with uproot.open(file.path) as directory:
        tree = _tree(file, directory)
        return not tree.num_entries and not len(tree.keys())


def _is_tree(kind: str) -> bool:
    return kind in _TREE_CLASSES or kind in _NTUPLE_CLASSES


def _tree(file: InputFile, directory: Any) -> Any:
    """Return the tree or RNTuple of the file, of several cycles the latest."""
    size = size_of(file.path)
    if size < directory.file.fEND:
        raise EOFError(f"{size} of {directory.file.fEND} bytes are there")
    trees = [name for name, kind in directory.classnames(cycle=False).items() if _is_tree(kind)]
    trees = list(dict.fromkeys(trees))
    if file.tree is not None and file.tree not in trees:
        raise DataError(
            f"{file.path}: there is no tree {file.tree!r}; it has: {', '.join(trees) or 'none'}. "
            "Correct `input.files[].tree`."
        )
    if file.tree is None and len(trees) != 1:
        raise DataError(
            f"{file.path}: the file has {len(trees)} trees ({', '.join(trees) or 'none'}), expected"
            " one. Name it in `input.files[].tree`."
        )
    return directory[file.tree or trees[0]]


@dataclass(frozen=True)
class _Column:
    """A number or text an entry: a branch, a leaf of one, or a field of an RNTuple.

    Attributes:
        name: its own name where no other column has it, else its path.
        path: names of the branches above it and its own, `/` between them.
        branch: the branch or field that is read.
        leaf: which leaf of the branch, None: the branch has one.
        entries: entries of the branch.
        kind: type, for a message, None: one value an entry.
    """

    name: str
    path: str
    branch: Any
    leaf: str | None
    entries: int
    kind: str | None

    @property
    def names(self) -> set[str]:
        """What it may be called, its name apart."""
        return {self.path, self.path.replace("/", "."), self.path.rsplit("/", 1)[-1]}


def _columns(tree: Any) -> list[_Column]:
    found = list(_ntuple_columns(tree) if _is_ntuple(tree) else _tree_columns(tree))
    own = [column.path.rsplit("/", 1)[-1] for column in found]
    return [
        replace(column, name=name if own.count(name) == 1 else column.path.replace("/", "."))
        for column, name in zip(found, own, strict=True)
    ]


def _is_ntuple(tree: Any) -> bool:
    return not hasattr(tree, "branches")


def _ntuple_columns(tree: Any) -> Iterator[_Column]:
    fields = dict(tree.items())  # to ask for one takes a slash in its name for a folder
    for path, found in fields.items():
        if any(other.startswith(f"{path}.") for other in fields):
            continue
        kind = found.typename
        single = kind == "std::string" or re.fullmatch(_NTUPLE_NUMBER, kind)
        yield _Column(path, path, found, None, int(tree.num_entries), None if single else str(kind))


def _tree_columns(tree: Any) -> Iterator[_Column]:
    for path, branch in tree.iteritems(recursive=True):
        if len(branch.branches):
            continue
        path, entries = path.replace("./", "/"), int(branch.num_entries)
        own = path.rsplit("/", 1)[-1]
        if "/" in path and own.startswith(f"{path.split('/')[-2]}."):
            path = f"{path.rsplit('/', 1)[0]}/{own.split('.', 1)[1]}"
        interpretation = branch.interpretation
        leaves = getattr(getattr(interpretation, "to_dtype", None), "names", None)
        if leaves is not None and isinstance(interpretation, uproot.AsDtype):
            for leaf in leaves:
                single = interpretation.to_dtype[leaf].shape in ((), (1,))
                kind = None if single else str(interpretation.to_dtype[leaf])
                name = f"{path}/{leaf}"
                yield _Column(name, name, branch, leaf, entries, kind)
            continue
        kind = None if _holds_one_value(interpretation) else str(branch.typename)
        yield _Column(path, path, branch, None, entries, kind)


def _holds_one_value(interpretation: Any) -> bool:
    if isinstance(interpretation, uproot.AsStrings):
        return True
    return (
        isinstance(interpretation, uproot.AsDtype)
        and interpretation.to_dtype.names is None
        and interpretation.to_dtype.shape in ((), (1,))
    )


def _resolved(columns: Sequence[_Column], name: str) -> _Column | None:
    """Return the column that a name is of: its own, or one that no other column has."""
    own = [column for column in columns if column.name == name]
    alike = own or [column for column in columns if name in column.names]
    return alike[0] if len(alike) == 1 or own else None


def _arrays(tree: Any, columns: Mapping[str, _Column]) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the arrays of the columns, a chunk at a time.

    A branch inside another one is read by itself: uproot finds branches by the last part of their
    names, and would take that of another one for it.
    """
    outer = {
        name: column.branch.name for name, column in columns.items() if column.branch.parent is tree
    }
    inner = {name: column.branch for name, column in columns.items() if name not in outer}
    steps = range(0, int(tree.num_entries), CHUNK_ROWS)
    wanted = set(outer.values())
    together = (
        tree.iterate(filter_name=lambda name: name in wanted, step_size=CHUNK_ROWS, library="np")
        if outer
        else itertools.repeat({})
    )
    for start, arrays in zip(steps, together, strict=False):
        stop = min(start + CHUNK_ROWS, int(tree.num_entries))
        found = {name: arrays[branch] for name, branch in outer.items()}
        for name, branch in inner.items():
            found[name] = branch.array(entry_start=start, entry_stop=stop, library="np")
        yield {
            name: array if columns[name].leaf is None else array[columns[name].leaf]
            for name, array in found.items()
        }


READER = Reader("ROOT", _count, _names, _read, _aliases, _is_bare)
