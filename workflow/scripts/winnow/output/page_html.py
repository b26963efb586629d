"""The study as one HTML page that opens without a network: the chosen embedded, the rest linked."""

import base64
import math
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import jinja2
import pandas as pd

from winnow.output.page import Study
from winnow.statistics.choice import ASKED

Table = TypeVar("Table", pd.DataFrame, pd.Series)

# Metrics of the ranked points, mean ± spread in one column each.
_METRICS = (
    "validation_fom",
    "test_fom",
    "validation_auc",
    "test_auc",
    *ASKED,
    "best_epoch",
    "wall_seconds",
    "cpu_seconds",
)
# Where a PNG says its width and height, in pixels.
_SIZE = slice(16, 24)
# Bytes of figures that stand in the page itself: base64 adds a third to them.
_ROOM = 9_000_000
# So many runs beside the chosen one show their tables; those of the others are files to follow.
_TABLED = 30


def page(study: Study, text: str, templates: Path, folder: Path) -> str:
    """Render the page.

    Args:
        study: the study.
        text: the headline.
        templates: folder of `page.html.j2` and what it includes.
        folder: where the page will lie; what is not in the page is linked from there.
    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(templates),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["table"] = _table
    environment.filters["figure"] = _figure_address(folder, embedded(study))
    environment.filters["beside"] = _beside(folder)
    environment.filters["size"] = _size
    runs = study.runs.assign(rank=_dashed(study.runs["rank"]))  # what is no network has none
    return environment.get_template("page.html.j2").render(
        study=study,
        points=ranked_points(study.points),
        runs=runs,
        headline=text,
        tabled=_TABLED,
    )


def embedded(study: Study, room: int = _ROOM) -> frozenset[Path]:
    """Return the figures that stand in the page, those that matter most first, while there is room.

    They are those of the study, of the chosen run and of a contest; never of another run.
    """
    found: set[Path] = set()
    for path in _in_order(study):
        size = path.stat().st_size
        if path not in found and size <= room:
            found.add(path)
            room -= size
    return frozenset(found)


def _in_order(study: Study) -> Iterator[Path]:
    chosen = [*study.joined[:1], study.parts[0], *([study.contest] if study.contest else [])]
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


def ranked_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the table of scan points as a page shows it: mean ± spread in one column."""
    names = list(points.columns)
    leading = names[: names.index("folds") + 1]
    view = points[[name for name in leading if name not in ("kind", "point")]].copy()
    verdicts = ("best_minus_this", "p_value_corrected", "best_is")
    for name in verdicts:
        view[name] = points[name]
    for metric in (name for name in _METRICS if name in points):
        pairs = zip(points[metric], points[f"{metric}_spread"], strict=True)
        view[metric] = [_mean_and_spread(mean, spread) for mean, spread in pairs]
    return _dashed(view)


def _dashed(values: Table) -> Table:
    """Return a table or a column with a dash for what is missing."""
    return values.astype(object).where(values.notna(), "–")


def _mean_and_spread(mean: float, spread: float) -> str:
    if math.isnan(mean):
        return "–"
    return f"{mean:.5g}" if math.isnan(spread) else f"{mean:.5g} ± {spread:.2g}"


def _table(frame: pd.DataFrame) -> str:
    return str(
        frame.to_html(index=False, float_format="{:.6g}".format, na_rep="undefined", border=0)
    )
