"""The figure of a search: the validation loss of all trials against every searched key."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from winnow.figures import style
from winnow.figures.parts import hide
from winnow.figures.scales import Keys, scale_of, scanned_keys, show
from winnow.statistics.search import FINISHED, STOPPED

_ACROSS = 2
_RING: Mapping[str, Any] = {
    "marker": "o",
    "markerfacecolor": "none",
    "linestyle": "none",
    "color": style.INK,
}


@style.context()
def search_figure(trials: pd.DataFrame, title: str = "", label: str = "") -> Figure:
    """Draw the lowest validation loss of every trial, against each key in a panel of its own.

    Trials that stopped early are open marks: they had fewer epochs. Those that diverged have no
    loss, and are not drawn.

    Args:
        trials: the table of trials: trial, the searched keys between rung and outcome, outcome,
            validation_loss; the chosen one first.
        title: Title of the figure.
        label: The study's label.
    """
    keys = _keys(trials)
    # where all trials agree in all keys there is one panel all the same
    names = scanned_keys(keys) or list(next(iter(keys.values())))[:1]
    rows = -(-len(names) // _ACROSS)
    figure = style.new_figure(style.PAGE_WIDTH, 1.4 + 2.4 * rows)
    grid = figure.subplots(rows, _ACROSS, squeeze=False, sharey=True)
    for axes, key in zip(grid.flat, names, strict=False):
        _draw_key(axes, trials, keys, key)
    hide(grid.ravel()[len(names) :])
    for axes in grid[:, 0]:
        axes.set_ylabel("validation loss", loc="center")
    handles = [_handle(outcome) for outcome in (FINISHED, STOPPED)]
    style.legend_below(figure, [*handles, Line2D([], [], **_RING, markersize=9, label="chosen")])
    style.header(figure, title, label)
    return figure


def _keys(trials: pd.DataFrame) -> Keys:
    """Return of every trial the value of each searched key, lists again where cells are texts."""
    names = list(trials.columns)
    searched = names[names.index("rung") + 1 : names.index("outcome")]
    rows = zip(*(trials[name].tolist() for name in searched), strict=True)
    return {
        trial: {name: _value(cell) for name, cell in zip(searched, cells, strict=True)}
        for trial, cells in zip(trials["trial"], rows, strict=True)
    }


def _value(cell: Any) -> Any:
    return json.loads(cell) if isinstance(cell, str) and cell.startswith("[") else cell


def _draw_key(axes: Axes, trials: pd.DataFrame, keys: Keys, key: str) -> None:
    scale = scale_of(keys, key)
    for outcome in (STOPPED, FINISHED):
        own = trials[trials["outcome"] == outcome]
        axes.plot(own["trial"].map(scale.places), own["validation_loss"], **_look(outcome))
    best = trials.iloc[0]
    axes.plot(scale.places[best["trial"]], best["validation_loss"], **_RING, markersize=11)
    show(axes, scale)
    axes.set_xlabel(key, loc="center")
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.margins(x=0.05, y=0.1)


def _look(outcome: str) -> dict[str, Any]:
    look = style.class_style(0 if outcome == FINISHED else 1)
    face = look.colour if outcome == FINISHED else "none"
    return {
        "marker": "o",
        "linestyle": "none",
        "color": look.colour,
        "markerfacecolor": face,
        "markersize": 5,
    }


def _handle(outcome: str) -> Line2D:
    words = {FINISHED: "trained to the end", STOPPED: "stopped early"}
    return Line2D([], [], **_look(outcome), label=words[outcome])
