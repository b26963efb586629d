"""The section `plots`: what stands on the figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from winnow.study.keys.plot_axes import PlotAxis
from winnow.study.typed import says

Label = Annotated[str, says(minLength=1, description="Matplotlib mathtext.")]
Colour = Annotated[str, says(description="A name (`tab:blue`) or `'#24518f'`, quoted.")]


@dataclass(frozen=True)
class Spectator:
    """How axes name a spectator."""

    label: str = ""
    """Axis label, matplotlib mathtext; default the name."""
    unit: str = ""
    """Unit on axes."""


@dataclass(frozen=True)
class Titles:
    """Title of a figure."""

    history: str = ""
    """Of the loss and accuracy curves."""
    scores: str = ""
    """Of the score distributions."""
    confusion: str = ""
    """Of the confusion matrix."""
    roc: str = ""
    """Of the ROC curves."""
    fom: str = ""
    """Of the figure of merit."""
    inputs: str = ""
    """Of the input variables."""
    correlations: str = ""
    """Of the correlation matrices."""
    data: str = ""
    """Of data over simulation."""
    sculpting: str = ""
    """Of spectators in slices of the score."""


@dataclass(frozen=True)
class Plots:
    """What stands on the figures."""

    label: str = ""
    """Text above every figure, such as the experiment."""
    energy: str = ""
    """Energy of the collisions with its unit (`13 TeV`), written beside the label."""
    luminosity_unit: str = ""
    """Unit of `yields.luminosity` (`fb$^{-1}$`); where it is given, figures say the luminosity
    beside the label."""
    labels: Mapping[str, Label] = field(default_factory=dict)
    r"""Class or process → how figures and the report name it (`ttbar: $t\bar{t}$`); default its
    name."""
    colours: Mapping[str, Colour] = field(default_factory=dict)
    """Class or process → its colour, as matplotlib knows it; default one of six that differ in grey
    and to the colour-blind."""
    spectators: Mapping[str, Spectator] = field(default_factory=dict)
    """Spectator → how axes name it."""
    axes: Mapping[str, PlotAxis] = field(default_factory=dict)
    """Feature, spectator of `apply.draw` or `sculpting`, or `score` → its axis in histograms, and
    of what is in `calibration.columns`. What lies beyond is in the outer bins of scores and of what
    is drawn over data; of features its share is written below the axis."""
    titles: Titles = field(default_factory=Titles)
    """Title of a figure."""
