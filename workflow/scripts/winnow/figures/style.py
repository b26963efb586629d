"""The one home of plot style: fonts, colours, lines, markers, labels, and how figures are saved.

Everything that tells two curves apart by colour also tells them apart in grey: the colours have
distinct luminances, and line styles, markers or hatches go with them.
"""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import mplhep
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from winnow.columns import TEST, TRAIN, VALIDATION
from winnow.storage import atomic

# The ATLAS style of mplhep (ticks inside, on all sides; its shipped Helvetica), with glyphs and
# mathematics that need no other font, and sizes for figures in a page.
_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        **mplhep.style.ATLAS,
        "axes.autolimit_mode": "data",
        "axes.formatter.limits": (-4, 5),
        "axes.labelpad": 4,
        "axes.labelsize": "large",
        "axes.linewidth": 0.8,
        "axes.titlesize": "medium",
        "figure.dpi": 150,
        "font.family": ["TeX Gyre Heros", "DejaVu Sans"],
        "font.size": 11,
        "hatch.linewidth": 0.6,
        "legend.borderpad": 0.3,
        "legend.fontsize": "small",
        "legend.title_fontsize": "small",
        "lines.linewidth": 1.5,
        "lines.markersize": 4,
        "mathtext.fontset": "stixsans",
        "pdf.fonttype": 3,
        "savefig.dpi": 150,
        "xtick.labelsize": "medium",
        "xtick.major.pad": 6,
        "ytick.labelsize": "medium",
        "ytick.major.pad": 5,
        "ytick.major.size": 5,
        "ytick.minor.size": 3,
    }
)

PAGE_WIDTH = 7.0
"""Inches: as wide as a page's text; a figure that is no wider keeps the size of its letters."""
_EM = 0.52
"""Width of a letter, a share of its height, on average."""

GREY = "#808080"
LIGHT_GREY = "#dddddd"
INK = "#111111"

# Lightness L* 34, 69, 15, 58, 81, 44: of the first two 35 apart, of any two 9 or more.
COLOURS = ("#24518f", "#f0932b", "#3b0f4f", "#3a9b8f", "#bcd35f", "#c0304a")
_LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_HATCHES = ("////", "\\\\\\\\", "....", "xxxx", "----", "++++", "oooo")


@dataclass(frozen=True)
class Style:
    """How one class or sample is drawn: colour, line style, marker and hatch."""

    colour: str
    line: Any
    marker: str
    hatch: str

    @property
    def points(self) -> dict[str, Any]:
        """How points are drawn, without what joins them."""
        edge = {"markeredgecolor": INK, "markeredgewidth": 0.5}
        return {"marker": self.marker, "color": self.colour, "markersize": 3.5, **edge}


SAMPLE_STYLES: Mapping[str, Style] = MappingProxyType(
    {
        TRAIN: Style("#7d7d7d", (0, (1.5, 1)), "v", "...."),
        VALIDATION: Style("#f0932b", (0, (5, 1.5)), "s", "\\\\\\\\"),
        TEST: Style("#24318f", "-", "o", "////"),
    }
)

SAMPLE_NAMES: Mapping[str, str] = MappingProxyType({TRAIN: "training"})


def class_style(index: int) -> Style:
    """Return the style of the class at a position of the config; no two of the first 30 agree."""
    return Style(
        COLOURS[index % len(COLOURS)],
        _LINES[index % len(_LINES)],
        _MARKERS[index % len(_MARKERS)],
        _HATCHES[index % len(_HATCHES)],
    )


def class_points(index: int) -> dict[str, Any]:
    """Return how points of the class at a position of the config are drawn."""
    return class_style(index).points


@dataclass(frozen=True)
class Looks:
    """How a study wants its classes and processes to look, where it says so.

    Attributes:
        labels: name → what figures call it.
        colours: name → its colour.
    """

    labels: Mapping[str, str]
    colours: Mapping[str, str]

    def name(self, name: str) -> str:
        """Return what figures call a class or process."""
        return self.labels.get(name, name)

    def style(self, name: str, index: int) -> Style:
        """Return the style of a class or process, which stands at a position."""
        own = class_style(index)
        return replace(own, colour=to_hex(self.colours[name])) if name in self.colours else own

    def points(self, name: str, index: int) -> dict[str, Any]:
        """Return how points of a class or process are drawn, which stands at a position."""
        return self.style(name, index).points


PLAIN = Looks(MappingProxyType({}), MappingProxyType({}))
"""The looks of a study that says nothing of them."""


def short(name: str, most: int) -> str:
    """Return a name of no more letters than so many, its middle left out; mathematics stays whole.

    >>> short("TTToSemiLeptonic_powheg_pythia8", 16)
    'TTToSem…_pythia8'
    """
    if len(name) <= most or "$" in name:
        return name
    kept = most - 1
    return f"{name[: kept // 2]}…{name[len(name) - kept + kept // 2 :]}"


def wrapped(name: str, most: int) -> str:
    """Return a name on lines of no more letters than so many; mathematics stays whole.

    >>> wrapped("TTToSemiLeptonic_powheg", 16).splitlines()
    ['TTToSemiLeptonic', '_powheg']
    """
    return name if "$" in name else "\n".join(textwrap.wrap(name, most))


def legend_below(
    figure: Figure, handles: Sequence[Any], names: Sequence[str] = (), **how: Any
) -> None:
    """Draw a legend below all axes in as many columns as fit, and make room for it.

    Args:
        figure: What is drawn on.
        handles: What the legend shows.
        names: What it says; default the handles' labels.
        how: What `matplotlib.figure.Figure.legend` takes.
    """
    told = [*names] or [str(handle.get_label()) for handle in handles]
    if not told:
        return
    size = FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points() / 72
    widest = max(map(len, told)) * _EM * size + 4 * size
    columns = int(min(len(told), max(1, figure.get_figwidth() // widest)))
    rows = -(-len(told) // columns) + bool(how.get("title"))
    figure.set_figheight(figure.get_figheight() + 1.35 * size * (rows - 1))
    figure.legend(handles, told, loc="outside lower center", ncols=columns, **how)


def sample_name(sample: str) -> str:
    """Return a sample's name in prose."""
    return SAMPLE_NAMES.get(sample, sample)


def axis_label(name: str, unit: str) -> str:
    """Return `name [unit]`, or the name alone where there is no unit."""
    return f"{name} [{unit}]" if unit else name


def with_uncertainty(value: float, uncertainty: float) -> str:
    """Return a value with its uncertainty, both to the uncertainty's second digit.

    >>> with_uncertainty(3.23456, 0.2199)
    '3.23 ± 0.22'
    """
    if not uncertainty > 0 or not math.isfinite(uncertainty):
        return f"{value:.3g}"
    decimals = max(0, 1 - math.floor(math.log10(uncertainty)))
    return f"{value:.{decimals}f} ± {uncertainty:.{decimals}f}"


def feature_label(feature: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    """Return the axis label of a feature.

    Args:
        feature: Its name.
        labels: For a feature that has them, `label` (the name without) and `unit`.
    """
    known = labels.get(feature, {})
    return axis_label(known.get("label") or feature, known.get("unit", ""))


@contextmanager
def context() -> Iterator[None]:
    """Apply the style inside a block, or to a function as a decorator; nothing stays behind."""
    settings: Any = dict(_SETTINGS)
    with mpl.rc_context(settings):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, inches wide and high, that keeps its parts from overlapping."""
    return Figure(figsize=(width, height), layout="constrained")


def write_instead(figure: Figure, text: str) -> Figure:
    """Write why there is nothing to draw, and return the figure."""
    axes = figure.subplots()
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
    return figure


def header(figure: Figure, title: str, label: str) -> None:
    """Write the study's label and the figure's title above the axes."""
    lines = [text for text in (label, title) if text]
    if lines:
        figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize="medium")


def save(figure: Figure, png: str | Path, pdf: str | Path) -> None:
    """Save a figure as PNG and PDF, each whole or not at all, and clear it.

    The same figure gives the same bytes: neither date nor program version is written.
    """
    # The canvases are called directly: Figure.savefig draws twice for each file.
    with context():
        raster: Any = FigureCanvasAgg(figure)
        with atomic(png) as temporary:
            raster.print_png(temporary, metadata={"Software": None})
        figure.set_layout_engine("none")
        vector: Any = FigureCanvasPdf(figure)
        nothing = {"CreationDate": None, "Creator": None, "Producer": None}
        with atomic(pdf) as temporary:
            vector.print_pdf(temporary, metadata=nothing)
    figure.clear()
