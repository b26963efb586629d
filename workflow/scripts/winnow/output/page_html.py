"""The study as one HTML page that opens without a network: the chosen embedded, the rest linked."""

import base64
import math
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import jinja2

from winnow.columns import EXACT
from winnow.output import cut_slider
from winnow.output.cut_slider import CutScan, cut_scan
from winnow.output.page import CHOSEN_FOM, JOINED_FOM, Study
from winnow.output.page_tables import columns
from winnow.output.page_words import without_mathematics
from winnow.output.provenance import Provenance
from winnow.output.verdict import Verdict
from winnow.tables import read_frame

# Where a PNG says its width and height, in pixels.
_SIZE = slice(16, 24)
# Bytes of figures that stand in the page itself: base64 adds a third to them.
_ROOM = 7_500_000
# So many runs beside the chosen one show their figures and tables; those of the others are linked.
_TABLED = 30
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Told:
    """What the page says beside a study's tables and figures; no cut to move without a signal."""

    headline: str
    verdict: Verdict
    cut: CutScan | None
    provenance: Provenance


def movable_cut(study: Study, definition: str | None) -> CutScan | None:
    """Return the scan of the chosen run's cut, of its folds together; None where no cut is chosen.

    Args:
        study: the study.
        definition: the figure of merit; None without a signal class.
    """
    part, title = (study.joined[0], JOINED_FOM) if study.joined else (study.parts[0], CHOSEN_FOM)
    if definition is None or part.curves is None:
        return None
    best = part.tables[title]
    exact = best[(best["scan"] == EXACT) & (best["definition"] == definition)].iloc[0]
    if math.isnan(exact["cut"]):
        return None
    return cut_scan(read_frame(part.curves), definition, float(exact["cut"]))


def page(
    study: Study, told: Told, templates: Path, folder: Path, labels: Mapping[str, str] = _NONE
) -> str:
    """Render the page.

    Args:
        study: the study.
        told: what is said beside its tables and figures.
        templates: folder of `page.html.j2` and what it includes.
        folder: where the page will lie; what is not in the page is linked from there.
        labels: class or process → what figures call it.
    """
    named = {name: without_mathematics(label) for name, label in labels.items()}
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(templates),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["columns"] = partial(columns, labels=named)
    environment.filters["figure"] = _figure_address(folder, embedded(study))
    environment.filters["beside"] = _beside(folder)
    environment.filters["size"] = _size
    return environment.get_template("page.html.j2").render(
        study=study, told=told, drawing=cut_slider, tabled=_TABLED
    )


def embedded(study: Study, room: int = _ROOM) -> frozenset[Path]:
    """Return the figures that stand in the page, those that matter most first, while there is room.

    They are those of the study, of the chosen run, of a contest and a search; never of another run.
    """
    found: set[Path] = set()
    for path in _in_order(study):
        size = path.stat().st_size
        if path not in found and size <= room:
            found.add(path)
            room -= size
    return frozenset(found)


def _in_order(study: Study) -> Iterator[Path]:
    chosen = [*study.joined[:1], study.parts[0], *filter(None, (study.contest, study.search))]
    for part in chosen:
        yield from (*part.figures.values(), *part.wide.values())
    yield from study.figures.values()


def _figure_address(folder: Path, inside: frozenset[Path]) -> Callable[[Path], str]:
    """Return a filter: a figure as what an image shows, itself or where it lies."""

    def address(path: Path) -> str:
        if path not in inside:
            return _relative(path, folder)
        return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")

    return address


def _size(path: Path) -> tuple[int, int]:
    """Return width and height of a PNG in pixels."""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(_SIZE.stop)[_SIZE])
    return width, height


def _beside(folder: Path) -> Callable[[Path, str], str]:
    """Return a filter: the address of a file with another ending, empty where there is none."""

    def address(path: Path, ending: str) -> str:
        other = path.with_suffix(ending)
        return _relative(other, folder) if other.exists() else ""

    return address


def _relative(path: Path, folder: Path) -> str:
    """Return a file's address as a page in a folder links it.

    >>> _relative(Path("results/toy/roc/base/decay=1e-4/roc.png"), Path("results/toy/report"))
    '../roc/base/decay%3D1e-4/roc.png'
    """
    return quote(Path(os.path.relpath(path, folder)).as_posix())
