"""ROOT: trees, whose branches may have leaves and other branches, and RNTuples."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.csv
import uproot

from winnow.errors import DataError
from winnow.events.chunks import CHUNK_ROWS, RawChunk, fixed_lists, several_values
from winnow.events.reader import Reader
from winnow.remote import is_remote, size_of
from winnow.study.files import InputFile

ENDINGS = (".root",)
KEYS = ("tree",)

_TREE_CLASSES = ("TTree", "TNtuple", "TNtupleD", "TNtupleF")
_NTUPLE_CLASSES = ("ROOT::RNTuple", "ROOT::Experimental::RNTuple")
_NUMBER = r"((std::)?(u?int(8|16|32|64)_t|float|double|bool|char|byte)|(long|short|int) ?\w*)"
_NTUPLE_NUMBER = rf"{_NUMBER}|std::optional<{_NUMBER}>"
_NTUPLE_LIST = rf"(std::vector|ROOT::(VecOps::)?RVec)<{_NUMBER}>|std::array<{_NUMBER}, ?\d+>"


def _count(file: InputFile) -> int:
    with uproot.open(file.path) as directory:
        return int(_tree(file, directory).num_entries)


def _names(file: InputFile) -> tuple[str, ...]:
    with uproot.open(file.path) as directory:
        return tuple(column.name for column in _columns(_tree(file, directory)))


def _layout(file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
    with uproot.open(file.path) as directory:
        columns = _columns(_tree(file, directory))
    several = frozenset(column.name for column in columns if column.kind is not None)
    return tuple(column.name for column in columns), several


def _read(file: InputFile, wanted: Sequence[str], _as_text: frozenset[str]) -> Iterator[RawChunk]:
    with uproot.open(file.path) as directory:
        tree = _tree(file, directory)
        known = _columns(tree)
        columns = {name: column for name in wanted if (column := _resolved(known, name))}
        for name, column in columns.items():
            if column.kind is not None and not column.is_list:
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
            yield RawChunk(rows, {n: _arrow(array, columns[n]) for n, array in arrays.items()})
        if first_row != tree.num_entries:
            raise ValueError(f"{first_row} of {tree.num_entries} entries are there")


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
        if tree.num_entries or len(tree.keys()):
            return False
        if not _is_ntuple(tree) and not tree.member("fMaxEntries"):  # ROOT's is 10^12 at first
            raise ValueError("what should say what the tree holds is zeros")
        return True


def _is_tree(kind: str) -> bool:
    return kind in _TREE_CLASSES or kind in _NTUPLE_CLASSES


def tree_names(path: str) -> list[str]:
    """Return the names of a file's trees and RNTuples, in its order."""
    with uproot.open(path) as directory:
        return _tree_names(directory)


def _tree_names(directory: Any) -> list[str]:
    kinds = directory.classnames(cycle=False).items()
    return list(dict.fromkeys(name for name, kind in kinds if _is_tree(kind)))


def _tree(file: InputFile, directory: Any) -> Any:
    """Return the tree or RNTuple of the file, of several cycles the latest or the one asked for."""
    size = size_of(file.path)
    if size < directory.file.fEND:
        raise EOFError(f"{size} of {directory.file.fEND} bytes are there")
    trees = _tree_names(directory)
    cycles = [name for name in directory if name.partition(";")[0] in trees]
    if file.tree is not None and file.tree not in trees + cycles:
        raise DataError(
            f"{file.path}: there is no tree {file.tree!r}; it has: "
            f"{', '.join(cycles if ';' in file.tree else trees) or 'none'}. "
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
    """A branch, a leaf of one, or a field of an RNTuple: a number or text an entry, or several.

    Attributes:
        name: its own name where no other column has it, else its path.
        path: names of the branches above it and its own, `/` between them.
        branch: the branch or field that is read.
        leaf: which leaf of the branch, None: the branch has one.
        entries: entries of the branch.
        kind: type, for a message, None: one value an entry.
        is_list: whether an entry has a list of numbers.
        of_leaf: path of its only leaf, where that has another name than the branch.
    """

    name: str
    path: str
    branch: Any
    leaf: str | None
    entries: int
    kind: str | None
    is_list: bool = False
    of_leaf: str | None = None

    @property
    def names(self) -> set[str]:
        """What it may be called, its name apart."""
        paths = {self.path, *([] if self.of_leaf is None else [self.of_leaf])}
        return {name for p in paths for name in (p, p.replace("/", "."), p.rsplit("/", 1)[-1])}


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
        kind, values = _ntuple_kind(path, found, fields)
        yield _Column(path, path, found, None, int(tree.num_entries), kind, values)


def _ntuple_kind(path: str, found: Any, fields: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return a field's type, None where an entry has one of it, and whether it has a list of it."""
    kind = str(found.typename)
    if any(path.startswith(f"{other}.") for other in fields) and re.fullmatch(_NUMBER, kind):
        # of an object, or of a list of them: no entries are read
        of_entry = found.array(entry_stop=0).type.content
        depth = str(of_entry).count("*")
        return (f"{kind}{'[]' * depth}" if depth else None), depth == 1
    if kind == "std::string" or re.fullmatch(_NTUPLE_NUMBER, kind):
        return None, False
    return kind, re.fullmatch(_NTUPLE_LIST, kind) is not None


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
                shape = interpretation.to_dtype[leaf].shape
                kind = None if shape in ((), (1,)) else str(interpretation.to_dtype[leaf])
                name = f"{path}/{leaf}"
                yield _Column(name, name, branch, leaf, entries, kind, len(shape) == 1)
            continue
        dimensions = _dimensions(interpretation)
        kind = None if dimensions == 0 else str(branch.typename)
        leaf = str(branch.member("fLeaves")[0].member("fName")) if branch.top_level else own
        of_leaf = None if leaf == own else f"{path}/{leaf}"
        yield _Column(path, path, branch, None, entries, kind, dimensions == 1, of_leaf)


def _dimensions(interpretation: Any) -> int | None:
    """Return 0 for one number or text an entry, 1 for a list of numbers, None for all else."""
    if isinstance(interpretation, uproot.AsStrings):
        return 0
    own = interpretation.content if isinstance(interpretation, uproot.AsJagged) else interpretation
    if not isinstance(own, uproot.interpretation.numerical.Numerical):
        return None
    if own.to_dtype.names is not None:
        return None
    shape = own.to_dtype.shape
    if own is not interpretation:
        return 1 if shape in ((), (1,)) else None
    return 0 if shape in ((), (1,)) else 1 if len(shape) == 1 else None


def _resolved(columns: Sequence[_Column], name: str) -> _Column | None:
    """Return the column that a name is of: its own, or one that no other column has."""
    own = [column for column in columns if column.name == name]
    alike = own or [column for column in columns if name in column.names]
    return alike[0] if len(alike) == 1 or own else None


def _arrays(tree: Any, columns: Mapping[str, _Column]) -> Iterator[dict[str, Any]]:
    """Yield the arrays of the columns, a chunk at a time.

    A branch inside another one is read by itself: uproot finds branches by the last part of their
    names, and would take that of another one for it.
    """
    outer = {name: column for name, column in columns.items() if column.branch.parent is tree}
    for column in columns.values():
        _check_baskets(column)
    steps = range(0, int(tree.num_entries), CHUNK_ROWS)
    streams = {library: _stream(tree, outer, library) for library in ("np", "ak")}
    for start, *parts in zip(steps, *streams.values(), strict=False):
        stop = min(start + CHUNK_ROWS, int(tree.num_entries))
        own = dict(zip(streams, parts, strict=True))
        found = {}
        for name, column in columns.items():
            if name in outer:
                array = own[_library(column)][column.branch.name]
            else:
                array = column.branch.array(
                    entry_start=start, entry_stop=stop, library=_library(column)
                )
            found[name] = array if column.leaf is None else array[column.leaf]
            if len(array) != stop - start:
                raise ValueError(f"{len(array)} of {stop - start} entries of {name!r} are there")
        yield found


def _check_baskets(column: _Column) -> None:
    """Have uproot look at the borders of lists and texts, behind which it takes any memory."""

    def check(output: Any, basket: Any, **_: Any) -> None:
        offsets, length = output.offsets, len(output.content)
        if offsets[0] != 0 or offsets[-1] != length or np.any(np.diff(offsets) < 0):
            raise ValueError(
                f"basket {basket.basket_num} of branch {column.path!r} has {length} values, but its"
                f" lists have other borders, up to {offsets.max()}"
            )

    own = getattr(column.branch, "interpretation", None)
    if isinstance(own, uproot.AsJagged | uproot.AsStrings):
        own.hook_after_basket_array = check


def _stream(tree: Any, columns: Mapping[str, _Column], library: str) -> Iterator[Any]:
    """Return an iterator over what one library holds of the columns, of branches in no other."""
    wanted = {c.branch.name for c in columns.values() if _library(c) == library}
    if not wanted:
        return itertools.repeat({})
    chunks: Iterator[Any] = tree.iterate(
        filter_name=lambda name: name in wanted, step_size=CHUNK_ROWS, library=library
    )
    return chunks


def _library(column: _Column) -> str:
    """Return which library holds a column: awkward lists of any length, NumPy all else."""
    return "ak" if column.is_list and column.leaf is None else "np"


def _arrow(array: Any, column: _Column) -> pa.Array:
    """Return the array of a column as Arrow's, of shape (entries,)."""
    if not column.is_list:
        return pa.array(array.reshape(len(array)))
    if not isinstance(array, np.ndarray) and (told := ak.validity_error(array)):
        raise ValueError(told)
    if isinstance(array, np.ndarray) or isinstance(array.type.content, ak.types.RegularType):
        return fixed_lists(ak.to_numpy(array))
    counts = ak.to_numpy(ak.num(array))
    content = ak.to_numpy(ak.flatten(array)).ravel()
    return pa.LargeListArray.from_arrays(np.append(0, np.cumsum(counts)), pa.array(content))


READER = Reader("ROOT", _count, _names, _read, _aliases, _is_bare, layout=_layout)
