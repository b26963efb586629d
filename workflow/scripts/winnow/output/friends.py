"""Scores that leave: a table with a row an entry, and a ROOT tree that befriends the original.

A friend is matched by position, so that it has one entry for each of the original's, in its order.
What is not scored is NaN there, and its status says why.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot
from numpy.typing import NDArray

from winnow.columns import (
    EVENT_ID,
    FOLD,
    ROLE,
    ROLES,
    ROW,
    SAMPLES,
    SCORED,
    SOURCE,
    STATUS,
    STATUSES,
    UNSEEN,
)
from winnow.study.files import InputFile

ROLE_NAMES = (UNSEEN, *SAMPLES)
"""The roles, in the order of their codes in a ROOT tree."""

RESHUFFLED = 1 << 19
"""The bit `kEntriesReshuffled` of a ROOT tree, which forbids friends by position (TTree.h)."""


@dataclass(frozen=True)
class Scored:
    """The scored events among some entries.

    Attributes:
        scores: column → (n,) float32.
        role: (n,) int8, index into SAMPLES, -1: no network knows the event.
        fold: (n,) int8, the fold whose network scored it, -1: all of them did.
        carried: column → (n,) values that are carried along, the event's id among them.
    """

    scores: Mapping[str, NDArray[np.float32]]
    role: NDArray[np.int8]
    fold: NDArray[np.int8]
    carried: Mapping[str, pa.Array]


def friend_arrays(status: NDArray[np.int8], scored: Scored) -> dict[str, NDArray[Any]]:
    """Return the columns of a friend tree, one value an entry.

    Args:
        status: (entries,) int8, an index into STATUSES.
        scored: the events among them.

    Returns:
        The scores, float32, NaN where there is none; status; role, an index into ROLE_NAMES;
        fold, int8.
    """
    arrays: dict[str, NDArray[Any]] = {}
    kept = status == STATUSES.index(SCORED)
    for name, score in scored.scores.items():
        arrays[name] = np.full(len(status), np.nan, dtype=np.float32)
        arrays[name][kept] = score
    arrays[STATUS] = status
    arrays[ROLE], arrays[FOLD] = np.zeros_like(status), np.full_like(status, -1)
    arrays[ROLE][kept], arrays[FOLD][kept] = scored.role + 1, scored.fold
    return arrays


def friend_table(
    source: str, first_row: int, arrays: Mapping[str, NDArray[Any]], scored: Scored
) -> pa.Table:
    """Return the same as a table, roles and status by name, with what is carried along.

    Args:
        source: the file's name in all tables.
        first_row: the entry of the file that comes first.
        arrays: as of `friend_arrays`.
        scored: the events among the entries.
    """
    length = len(arrays[STATUS])
    names = {STATUS: STATUSES, ROLE: ROLE_NAMES}
    place = np.full(length, -1)
    kept = arrays[STATUS] == STATUSES.index(SCORED)
    place[kept] = np.arange(np.count_nonzero(kept))
    rows = pa.array(place, mask=place < 0)
    columns: dict[str, Any] = {
        SOURCE: pa.DictionaryArray.from_arrays(np.zeros(length, np.int32), [source]),
        ROW: np.arange(first_row, first_row + length),
        EVENT_ID: scored.carried[EVENT_ID].take(rows),
    }
    for name, values in arrays.items():
        columns[name] = (
            pa.DictionaryArray.from_arrays(values.astype(np.int32), list(names[name]))
            if name in names
            else values
        )
    for name, values in scored.carried.items():
        columns.setdefault(name, values.take(rows))
    return pa.table(columns)


class FriendWriter:
    """Writes the table and the ROOT tree of one file, some entries at a time."""

    def __init__(self, table: Path, root: Path, tree: str, branches: Mapping[str, str]) -> None:
        """Begin both files.

        Args:
            table: the Parquet file.
            root: the ROOT file.
            tree: the name of its tree.
            branches: column → name of its branch.
        """
        self.entries = 0
        self._table_path, self._tree_name, self._branches = table, tree, branches
        self._table: pq.ParquetWriter | None = None
        self._root = uproot.recreate(root)
        self._tree: Any = None

    def __enter__(self) -> "FriendWriter":
        """Return the writer."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close both files."""
        if self._table is not None:
            self._table.close()
        self._root.close()

    def write(self, source: str, status: NDArray[np.int8], scored: Scored) -> None:
        """Append entries.

        Args:
            source: the file's name in all tables.
            status: (entries,) int8, an index into STATUSES.
            scored: the events among them.
        """
        arrays = friend_arrays(status, scored)
        table = friend_table(source, self.entries, arrays, scored)
        named = {self._branches.get(name, name): values for name, values in arrays.items()}
        if self._table is None:
            self._table = pq.ParquetWriter(self._table_path, table.schema, compression="zstd")
            # a TTree: an RNTuple cannot be befriended by one
            kinds = {name: values.dtype for name, values in named.items()}
            self._tree = self._root.mktree(self._tree_name, kinds)
        self._table.write_table(table)
        if len(status):
            self._tree.extend(named)
        self.entries += len(status)


def counted(status: NDArray[np.int8], scored: Scored) -> Counter[str]:
    """Return how many entries there are of each status, and of the scored ones of each role."""
    found = Counter({name: int((status == code).sum()) for code, name in enumerate(STATUSES)})
    for code, name in enumerate(ROLE_NAMES, -1):
        found[f"{SCORED}_{name}"] = int((scored.role == code).sum())
    return found


def advice(file: InputFile, friend: str, tree: str, known: int) -> Iterator[str]:
    """Yield what is to be known of a file's scores and friend before they are used.

    Args:
        file: the file.
        friend: the ROOT file written.
        tree: the name of its tree.
        known: how many events the networks are known to have been made with.
    """
    if not known:
        yield (
            f"no {ROLES} lies beside the networks: events that they were trained on cannot be "
            "told, and count as unseen"
        )
    if file.format != "root":
        return
    with uproot.open(file.path) as opened:
        names = [n for n, kind in opened.classnames(cycle=False).items() if _is_tree(kind)]
        if not (file.tree or names):
            yield f"{file.path} has no TTree, which alone takes friends; use the table"
            return
        own = file.tree or names[0]
        bits = opened[own].all_members.get("@fBits", 0)
    name = own.rsplit("/", 1)[-1]
    yield f'in ROOT: {name}->AddFriend("{tree}", "{Path(friend).resolve()}"), by position'
    if bits & RESHUFFLED:
        yield (
            f"{file.path}: its entries were written by several threads, so that ROOT refuses "
            f"friends until {name}->ResetBit(TTree::kEntriesReshuffled) is called; the friend has "
            "the order of this file, not of the one that it was made from"
        )


def _is_tree(kind: str) -> bool:
    return kind.startswith(("TTree", "TNtuple"))
