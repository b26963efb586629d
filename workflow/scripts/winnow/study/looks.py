"""What a config says of how figures look."""

from collections.abc import Mapping

from winnow.study.keys.plots import Plots


def plot_label(plots: Plots, luminosity: float) -> str:
    """Return what stands above every figure: label, energy and luminosity, those that are given.

    Args:
        plots: the section.
        luminosity: the study's, in the unit that the section says.
    """
    energy, unit = plots.energy, plots.luminosity_unit
    of_luminosity = f"{luminosity:.6g} {unit}" if unit else ""
    given = (plots.label, f"√s = {energy}" if energy else "", of_luminosity)
    return ", ".join(text for text in given if text)


def class_looks(plots: Plots) -> dict[str, Mapping[str, str]]:
    """Return labels and colours of classes and processes, by name."""
    return {"labels": plots.labels, "colours": plots.colours}
