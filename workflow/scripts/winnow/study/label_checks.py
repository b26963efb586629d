"""Texts of a config that stand on figures: what matplotlib cannot draw is told when it is read."""

from collections.abc import Iterator

from winnow.study.classes import listed
from winnow.study.keys.plots import Plots
from winnow.study.keys.yields import Yields
from winnow.study.looks import plot_label
from winnow.study.process_checks import fits_any, is_open
from winnow.study.schema import Config, closest
from winnow.study.typed import made


def label_faults(config: Config) -> Iterator[str]:
    """List what a complete config says of figures and they cannot show, one line a fault."""
    yield from _name_faults(config)
    yield from _colour_faults(config)
    yield from _luminosity_faults(config)
    yield from _axis_faults(config)
    yield from _text_faults(config)


def _text_faults(config: Config) -> Iterator[str]:
    """List the texts that mathtext cannot draw."""
    texts = [(key, text) for key, text in figure_texts(config) if "$" in text]
    if not texts:
        return
    # a tenth of a second, which only plans with mathematics take
    from matplotlib.cbook import is_math_text
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for key, text in texts:
        for line in text.splitlines():
            try:
                # an odd number of dollars is no mathematics to matplotlib
                if is_math_text(line):
                    parser.parse(line)
            except ValueError as error:
                yield (
                    f"config key `{key}`: found {text!r}, which matplotlib's mathtext cannot draw "
                    f"({_told(error)}). Use commands that it knows, such as `\\mathrm{{}}` and "
                    "`\\sqrt{}`; a dollar sign that begins no mathematics is written `\\$`."
                )


def figure_texts(config: Config) -> Iterator[tuple[str, str]]:
    """List (config key, text) of every text that a figure shows."""
    for name in ("label", "energy", "luminosity_unit"):
        yield f"plots.{name}", config["plots"][name]
    # what is plain in each text may be mathematics where they stand side by side
    sections = made(Plots, config["plots"]), made(Yields, config["yields"])
    yield "plots", plot_label(sections[0], sections[1].luminosity)
    for name, text in config["plots"]["labels"].items():
        yield f"plots.labels.{name}", text
    for name, text in config["plots"]["titles"].items():
        yield f"plots.titles.{name}", text
    for name, own in config["plots"]["spectators"].items():
        yield f"plots.spectators.{name}", f"{own['label']} [{own['unit']}]"
    for index, feature in enumerate(config["columns"]["features"]):
        text = f"{feature['label']} [{feature['unit']}]" if feature["unit"] else feature["label"]
        yield f"columns.features[{index}].label", text
    # features have labels of their own
    for name in set(config.get("calibration", {}).get("columns", ())) & {
        *config["columns"]["spectators"]
    }:
        yield "calibration.columns", name
    for name in config["importance"]["groups"]:
        yield f"importance.groups.{name}", name


def _name_faults(config: Config) -> Iterator[str]:
    """List the names that are given a look and that nothing is called by."""
    classes, files = config["classes"], config["input"]["files"]
    known = {
        *classes,
        *(file[key] for file in files for key in ("class", "process") if key in file),
        *config.get("images", {}).get("classes", ()),
    }
    for key in ("labels", "colours"):
        for name in config["plots"][key]:
            if name not in known and not fits_any(name, classes) and not is_open(config):
                yield (
                    f"config key `plots.{key}.{name}`: no class or process is called so; "
                    f"{closest(name, sorted({*known, *listed(classes)}))}"
                )


def _colour_faults(config: Config) -> Iterator[str]:
    """List the colours that matplotlib does not know, or that would not be seen."""
    if not config["plots"]["colours"]:
        return
    from matplotlib.colors import is_color_like, to_rgba

    for name, colour in config["plots"]["colours"].items():
        if not is_color_like(colour) or to_rgba(colour)[3] == 0:
            yield (
                f"config key `plots.colours.{name}`: found {colour!r}, which is no colour; "
                "expected a name such as `navy`, or red, green and blue as '#24518f', in "
                "quotes."
            )


def _axis_faults(config: Config) -> Iterator[str]:
    """List axes of what is drawn in no histogram, and ranges that hold nothing."""
    known = {"score", *(feature["name"] for feature in config["columns"]["features"])}
    known |= {*config["apply"]["draw"], *config["sculpting"]}
    known |= {*config.get("calibration", {}).get("columns", ())}
    for name, axis in config["plots"]["axes"].items():
        key = f"config key `plots.axes.{name}"
        if name not in known:
            yield (
                f"{key}`: is no feature, none of `apply.draw`, `sculpting` and "
                f"`calibration.columns`, and not `score`; "
                f"{closest(name, sorted(known))}"
            )
        low, high = axis.get("range", (1, 2))
        if low >= high:
            yield f"{key}.range`: found {[low, high]}, expected the second above the first."
        elif axis.get("log") and low <= 0:
            yield (
                f"{key}.range`: found {[low, high]}, while a logarithmic axis begins above 0; "
                "raise the first, or leave `log` out."
            )
        elif name == "score" and axis.get("log") and "range" not in axis:
            yield f"{key}.log`: needs a `range` that begins above 0, such as [0.001, 1]."


def _luminosity_faults(config: Config) -> Iterator[str]:
    if config["plots"]["luminosity_unit"] and any(
        "luminosity" in file for file in config["input"]["files"]
    ):
        yield (
            "config key `plots.luminosity_unit`: is that of `yields.luminosity`, while "
            "`input.files[].luminosity` gives files their own; write the luminosity in "
            "`plots.label`."
        )


def _told(error: ValueError) -> str:
    """Return what the parser says of it, without its long list of all that it knows."""
    text = str(error).strip().splitlines()[-1].partition(": ")[2]
    told, _, place = text.partition("  (at char ")
    expected = told.rpartition(", found ")[0]
    if expected.startswith("Expected {"):
        return f"not understood from character {place.split(')')[0]} of the mathematics on"
    return expected
