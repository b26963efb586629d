"""What a format has to tell of its files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from winnow.events.chunks import RawChunk
from winnow.study.files import InputFile


def _no_aliases(file: InputFile) -> frozenset[str]:
    return frozenset()


def _not_bare(file: InputFile) -> bool:
    return False


def _no_hint(file: InputFile, names: Sequence[str]) -> str:
    return ""


def _entry(file: InputFile, row: int) -> str:
    return f"entry {row} (counted from 0)"


@dataclass(frozen=True)
class Reader:
    """How files of a format are read. All functions may raise whatever a decoder raises.

    Attributes:
        title: the format's name in messages.
        count: how many events a file has, exact or about.
        names: names of its columns, in its order; a name may stand twice.
        read: chunks of the columns asked for, in order, those of the set as text where the file
            does not say itself what they are; of columns with several values a row, Arrow's lists.
        aliases: what its columns may be called beside their names.
        is_bare: whether a file has neither events nor columns, which is no fault.
        hint: what a file that lacks a column has instead, for a message.
        place: how a message names a row.
        layout: names of its columns, in its order, and those of them that hold other things than
            one value a row; None: `names` has them all, and none of them does.
    """

    title: str
    count: Callable[[InputFile], int]
    names: Callable[[InputFile], tuple[str, ...]]
    read: Callable[[InputFile, Sequence[str], frozenset[str]], Iterator[RawChunk]]
    aliases: Callable[[InputFile], frozenset[str]] = _no_aliases
    is_bare: Callable[[InputFile], bool] = _not_bare
    hint: Callable[[InputFile, Sequence[str]], str] = _no_hint
    place: Callable[[InputFile, int], str] = _entry
    layout: Callable[[InputFile], tuple[tuple[str, ...], frozenset[str]]] | None = None

    def columns(self, file: InputFile) -> tuple[tuple[str, ...], frozenset[str]]:
        """Return what `layout` does, of any format; a file is opened once."""
        return (self.names(file), frozenset()) if self.layout is None else self.layout(file)
