"""What a config says of how figures look."""

from collections.abc import Mapping

from winnow.study.schema import Config


def plot_label(config: Config) -> str:
    """Return what stands above every figure: label, energy and luminosity, those that are given.

    Args:
        config: complete config.
    """
    plots = config["plots"]
    energy, unit = plots["energy"], plots["luminosity_unit"]
    luminosity = f"{config['yields']['luminosity']:.6g} {unit}" if unit else ""
    given = (plots["label"], f"√s = {energy}" if energy else "", luminosity)
    return ", ".join(text for text in given if text)


def class_looks(config: Config) -> dict[str, Mapping[str, str]]:
    """Return labels and colours of classes and processes, by name.

    Args:
        config: complete config.
    """
    return {name: config["plots"][name] for name in ("labels", "colours")}
